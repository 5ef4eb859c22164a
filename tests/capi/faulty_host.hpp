// SPDX-License-Identifier: Apache-2.0
// A host over the store of examples/c. A test can replace each of its callbacks.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

extern "C" {
#include "store.h"
}

#include "calls.hpp"
#include "values.hpp"

namespace capi {

// An event of one account, whose other fields the caller sets.
inline lowtide_account_event event_of(std::int32_t kind, std::string_view account) {
  auto event = sized<lowtide_account_event>();
  event.kind = kind;
  event.account = text_of(account);
  return event;
}
inline lowtide_account_event observation_of(std::string_view account,
                                            const lowtide_observation* observation) {
  lowtide_account_event event = event_of(LOWTIDE_EVENT_OBSERVATION, account);
  event.observation = observation;
  return event;
}

struct Host {
  // NOLINTBEGIN(cppcoreguidelines-no-malloc): as C makes it, apart from the operator new that fails
  std::unique_ptr<store, decltype(&std::free)> memory{
      static_cast<store*>(std::calloc(1, sizeof(store))), &std::free};
  // NOLINTEND(cppcoreguidelines-no-malloc)
  lowtide_monitor* monitor = nullptr;
  std::function<std::int32_t(lowtide_sink*, lowtide_sink*)> load;
  std::function<std::int32_t(std::int32_t*, lowtide_sink*, const lowtide_commit*, std::size_t)>
      commit;
  std::function<std::int32_t(lowtide_sink*, lowtide_sink*, const lowtide_walk*)> due;
  std::function<std::int32_t(lowtide_sink*, lowtide_sink*, const lowtide_walk*)> pending;
  std::function<std::int32_t(lowtide_sink*)> record_delivery;
  std::function<std::int32_t(lowtide_sink*, const lowtide_delivery*)> deliver;

  static Host& of(void* context) { return *static_cast<Host*>(context); }

  static lowtide_host callbacks(Host* context) {
    auto host = sized<lowtide_host>();
    host.context = context;
    host.load = [](void* c, lowtide_sink* accounts, lowtide_sink* error, const lowtide_text* names,
                   std::size_t count) {
      return of(c).load ? of(c).load(accounts, error)
                        : store_load(of(c).memory.get(), accounts, error, names, count);
    };
    host.commit = [](void* c, std::int32_t* results, lowtide_sink* error,
                     const lowtide_commit* commits, std::size_t count, std::size_t stride) {
      return of(c).commit
                 ? of(c).commit(results, error, commits, count)
                 : store_commit(of(c).memory.get(), results, error, commits, count, stride);
    };
    host.due = [](void* c, lowtide_sink* accounts, lowtide_sink* error, const lowtide_walk* walk) {
      return of(c).due ? of(c).due(accounts, error, walk)
                       : store_due(of(c).memory.get(), accounts, error, walk);
    };
    host.pending = [](void* c, lowtide_sink* deliveries, lowtide_sink* error,
                      const lowtide_walk* walk) {
      return of(c).pending ? of(c).pending(deliveries, error, walk)
                           : store_pending(of(c).memory.get(), deliveries, error, walk);
    };
    host.record_delivery = [](void* c, lowtide_sink* error, const lowtide_delivery_result* result) {
      return of(c).record_delivery ? of(c).record_delivery(error)
                                   : store_record_delivery(of(c).memory.get(), error, result);
    };
    host.deliver = [](void* c, lowtide_sink* error, const lowtide_delivery* delivery) {
      return of(c).deliver ? of(c).deliver(error, delivery) : LOWTIDE_HOST_SENT;
    };
    return host;
  }

  explicit Host(std::uint32_t flags = 0) {
    const lowtide_host host = callbacks(this);
    auto options = sized<lowtide_monitor_options>();
    options.flags = flags;
    REQUIRE(lowtide_monitor_create(&monitor, &host, &options) == LOWTIDE_OK);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Host(Host&&) = delete;
  Host& operator=(Host&&) = delete;
  ~Host() { lowtide_monitor_destroy(monitor); }

  lowtide_event_report report = sized<lowtide_event_report>();
  lowtide_tick_report ticked = sized<lowtide_tick_report>();
  lowtide_delivery_report delivered = sized<lowtide_delivery_report>();

  lowtide_status observe(const char* credit, std::int64_t at, std::int64_t sequence = 0) {
    const lowtide_observation one = an_observation(credit, at, sequence);
    return met(lowtide_monitor_observe(&report, monitor, "acme", 4, &one, at));
  }
  lowtide_status enable(const char* alert = "low_balance") {
    const lowtide_enable enable = an_enable();
    return met(lowtide_monitor_enable(&report, monitor, "acme", 4, alert, std::strlen(alert),
                                      &enable, start));
  }
  lowtide_status set_threshold(const char* alert = "low_balance") {
    auto set = sized<lowtide_set_threshold>();
    set.at = start;
    return met(lowtide_monitor_set_threshold(&report, monitor, "acme", 4, alert, std::strlen(alert),
                                             &set, start));
  }
  lowtide_status tick(std::int64_t now) { return met(lowtide_monitor_tick(&ticked, monitor, now)); }
  lowtide_status send(std::int64_t now) {
    return met(lowtide_monitor_deliver(&delivered, monitor, now));
  }

  std::int64_t revision() const {
    return memory->account_count == 0 ? 0 : memory->accounts[0].columns.revision;
  }
};

}  // namespace capi
