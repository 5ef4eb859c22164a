// SPDX-License-Identifier: Apache-2.0
// The functions of a Monitor as data, for calls.cpp.
#include <cstdlib>
#include <memory>

#include "calls.hpp"
#include "values.hpp"

namespace capi {
namespace {

// A host that has no accounts and accepts every commit.
lowtide_host host() {
  lowtide_host host{};
  host.struct_size = sizeof host;
  host.load = [](void*, lowtide_sink*, lowtide_sink*, const lowtide_text*, std::size_t) {
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  host.commit = [](void*, std::int32_t* results, lowtide_sink*, const lowtide_commit*,
                   std::size_t count, std::size_t) {
    for (std::size_t i = 0; i < count; ++i) results[i] = LOWTIDE_HOST_COMMITTED;
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  host.due = host.pending = [](void*, lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  host.record_delivery = [](void*, lowtide_sink*, const lowtide_delivery_result*) {
    return std::int32_t{LOWTIDE_HOST_OK};
  };
  host.deliver = [](void*, lowtide_sink*, const lowtide_delivery*) {
    return std::int32_t{LOWTIDE_HOST_SENT};
  };
  return host;
}

lowtide_monitor* monitor() {
  struct Destroy {
    void operator()(lowtide_monitor* made) const { lowtide_monitor_destroy(made); }
  };
  static const std::unique_ptr<lowtide_monitor, Destroy> one = [] {
    const lowtide_host from = host();
    lowtide_monitor_options options{};
    options.struct_size = sizeof options;
    lowtide_monitor* made = nullptr;
    if (lowtide_monitor_create(&made, &from, &options) != LOWTIDE_OK) std::abort();
    return std::unique_ptr<lowtide_monitor, Destroy>(made);
  }();
  return one.get();
}

// The host has no accounts, so events that need an alert are refused. That counts as success here.
lowtide_status ok_if_refused(lowtide_status status) {
  return status == LOWTIDE_REFUSED ? LOWTIDE_OK : status;
}

}  // namespace

std::vector<Call> monitor_calls() {
  lowtide_set_threshold set{};
  set.at = start;
  const Argument account = text("acme");
  const Argument alert = text("low");
  return {
      {"lowtide_monitor_create",
       {out<lowtide_monitor*>(), in_struct(host()), in_struct(lowtide_monitor_options{})},
       [](const auto& p) {
         auto** const made = as<lowtide_monitor*>(p[0]);
         const lowtide_status status = lowtide_monitor_create(made, as<lowtide_host>(p[1]),
                                                              as<lowtide_monitor_options>(p[2]));
         if (status == LOWTIDE_OK && lowtide_monitor_destroy(*made) != LOWTIDE_OK) std::abort();
         return status;
       }},
      {"lowtide_monitor_observe",
       {out_struct<lowtide_event_report>(), account, in_struct(an_observation("950", start))},
       [](const auto& p) {
         return lowtide_monitor_observe(as<lowtide_event_report>(p[0]), monitor(), as<char>(p[1]),
                                        4, as<lowtide_observation>(p[2]), start);
       }},
      {"lowtide_monitor_enable",
       {out_struct<lowtide_event_report>(), account, alert, in_struct(an_enable())},
       [](const auto& p) {
         return lowtide_monitor_enable(as<lowtide_event_report>(p[0]), monitor(), as<char>(p[1]), 4,
                                       as<char>(p[2]), 3, as<lowtide_enable>(p[3]), start);
       }},
      {"lowtide_monitor_set_threshold",
       {out_struct<lowtide_event_report>(), account, alert, in_struct(set)},
       [](const auto& p) {
         return ok_if_refused(lowtide_monitor_set_threshold(
             as<lowtide_event_report>(p[0]), monitor(), as<char>(p[1]), 4, as<char>(p[2]), 3,
             as<lowtide_set_threshold>(p[3]), start));
       }},
      {"lowtide_monitor_disable",
       {out_struct<lowtide_event_report>(), account, alert},
       [](const auto& p) {
         return ok_if_refused(lowtide_monitor_disable(as<lowtide_event_report>(p[0]), monitor(),
                                                      as<char>(p[1]), 4, as<char>(p[2]), 3, start,
                                                      start));
       }},
      {"lowtide_monitor_rebase",
       {out_struct<lowtide_event_report>(), account},
       [](const auto& p) {
         return lowtide_monitor_rebase(as<lowtide_event_report>(p[0]), monitor(), as<char>(p[1]), 4,
                                       7, start, start);
       }},
      {"lowtide_monitor_tick",
       {out_struct<lowtide_tick_report>()},
       [](const auto& p) {
         return lowtide_monitor_tick(as<lowtide_tick_report>(p[0]), monitor(), start);
       }},
      {"lowtide_monitor_tick_until",
       {out_struct<lowtide_tick_report>()},
       [](const auto& p) {
         return lowtide_monitor_tick_until(as<lowtide_tick_report>(p[0]), monitor(), start, start,
                                           0);
       }},
      {"lowtide_monitor_deliver",
       {out_struct<lowtide_delivery_report>()},
       [](const auto& p) {
         return lowtide_monitor_deliver(as<lowtide_delivery_report>(p[0]), monitor(), start);
       }},
  };
}

}  // namespace capi
