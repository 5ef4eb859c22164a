// SPDX-License-Identifier: Apache-2.0
// Precedence of errors: the functions of a Monitor, but for apply.
#include "precedence_served.hpp"

namespace capi {
namespace {

std::vector<Fault> before_served(Served& s) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.monitor = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [&] { s.monitor = off(s.monitor); }, 1},
          {LOWTIDE_STRUCT_SIZE, [&] { s.report->struct_size = 0; }},
          {LOWTIDE_STRIDE, [&] { s.account_size = SIZE_MAX; }, 2},
          {LOWTIDE_OVERLAP, [&] { s.account = over<const char>(s.report); }},
          {LOWTIDE_BUSY, [&] { s.busy = true; }}};
}
std::vector<Fault> after_served(Served& s) {
  return {{LOWTIDE_OUT_OF_MEMORY, [&] { s.no_memory = true; }},
          {LOWTIDE_REFUSED, [&] { s.now = s.now == never ? never : start - 2 * day; }},
          {LOWTIDE_HOST_FAILURE,
           [&] { s.host.load = [](lowtide_sink*, lowtide_sink*) { return LOWTIDE_HOST_FAILED; }; }},
          {LOWTIDE_CONFLICT, [&] { s.commit_says(LOWTIDE_HOST_CONFLICT); }, 3},
          {LOWTIDE_UNKNOWN_RESULT, [&] { s.commit_says(LOWTIDE_HOST_UNKNOWN); }, 3}};
}

}  // namespace

std::vector<Make> monitor_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<Served>();
      return Scene{function, faults(*s), [s, call] { return s->serve([&] { return call(*s); }); }};
    });
  };
  using Faults = std::vector<Fault>;
  add(
      "lowtide_monitor_observe",
      [](Served& s) {
        return joined({before_served(s),
                       {{LOWTIDE_FLAGS, [&] { s.observation->flags |= 8U; }},
                        {LOWTIDE_TIME_RANGE, [&] { s.now = never; }},
                        {LOWTIDE_TIME_RANGE, [&] { s.observation->at = never; }},
                        {LOWTIDE_SEQUENCE_RANGE,
                         [&] {
                           s.observation->flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE,
                               s.observation->sequence = 0;
                         }}},
                       after_served(s)});
      },
      [](Served& s) {
        return lowtide_monitor_observe(s.report, s.monitor, s.account, s.account_size,
                                       s.observation, s.now);
      });
  add(
      "lowtide_monitor_enable",
      [](Served& s) {
        return joined({before_served(s),
                       {{LOWTIDE_FLAGS, [&] { s.enable->flags = 4; }},
                        {LOWTIDE_CODE, [&] { s.enable->if_below = 7; }},
                        {LOWTIDE_TIME_RANGE, [&] { s.enable->at = never; }},
                        {LOWTIDE_OUT_OF_RANGE, [&] { s.enable->threshold.high = -1; }}},
                       after_served(s)});
      },
      [](Served& s) {
        return lowtide_monitor_enable(s.report, s.monitor, s.account, s.account_size, s.alert,
                                      s.alert_size, s.enable, s.now);
      });
  add(
      "lowtide_monitor_set_threshold",
      [](Served& s) {
        return joined({before_served(s),
                       {{LOWTIDE_FLAGS, [&] { s.set->flags = 4; }},
                        {LOWTIDE_CODE, [&] { s.set->if_below = 7; }},
                        {LOWTIDE_TIME_RANGE, [&] { s.set->at = never; }},
                        {LOWTIDE_OUT_OF_RANGE, [&] { s.set->threshold.high = -1; }}},
                       after_served(s)});
      },
      [](Served& s) {
        return lowtide_monitor_set_threshold(s.report, s.monitor, s.account, s.account_size,
                                             s.alert, s.alert_size, s.set, s.now);
      });
  add(
      "lowtide_monitor_disable",
      [](Served& s) {
        return joined(
            {before_served(s), {{LOWTIDE_TIME_RANGE, [&] { s.at = never; }}}, after_served(s)});
      },
      [](Served& s) {
        return lowtide_monitor_disable(s.report, s.monitor, s.account, s.account_size, s.alert,
                                       s.alert_size, s.at, s.now);
      });
  add(
      "lowtide_monitor_rebase",
      [](Served& s) {
        return joined({before_served(s),
                       {{LOWTIDE_TIME_RANGE, [&] { s.at = never; }},
                        {LOWTIDE_SEQUENCE_RANGE, [&] { s.sequence = -1; }}},
                       after_served(s)});
      },
      [](Served& s) {
        return lowtide_monitor_rebase(s.report, s.monitor, s.account, s.account_size, s.sequence,
                                      s.at, s.now);
      });
  for (const bool until : {false, true}) {
    add(
        until ? "lowtide_monitor_tick_until" : "lowtide_monitor_tick",
        [until](Served& s) {
          Faults faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.ticked = nullptr; }, 1},
                        {LOWTIDE_MISALIGNED, [&] { s.ticked = off(s.ticked); }, 1},
                        {LOWTIDE_STRUCT_SIZE, [&] { s.tick_value.struct_size = 0; }, 1},
                        {LOWTIDE_OVERLAP, [&] { s.monitor = over<lowtide_monitor>(s.ticked); }, 1},
                        {LOWTIDE_BUSY, [&] { s.busy = true; }},
                        {LOWTIDE_CODE, [&] { s.inclusive = 2; }},
                        {LOWTIDE_TIME_RANGE, [&] { s.at = never; }},
                        {LOWTIDE_OUT_OF_MEMORY, [&] { s.no_memory = true; }},
                        {LOWTIDE_INCOMPLETE, [&] {
                           s.host.due = [](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
                             return LOWTIDE_HOST_FAILED;
                           };
                         }}};
          if (!until)
            std::erase_if(faults, [](const Fault& fault) { return fault.status == LOWTIDE_CODE; });
          return faults;
        },
        [until](Served& s) {
          return until ? lowtide_monitor_tick_until(s.ticked, s.monitor, s.at, s.now, s.inclusive)
                       : lowtide_monitor_tick(s.ticked, s.monitor, s.at);
        });
  }
  add(
      "lowtide_monitor_deliver",
      [](Served& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.delivered = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.delivered = off(s.delivered); }, 1},
                      {LOWTIDE_STRUCT_SIZE, [&] { s.delivery_value.struct_size = 0; }, 1},
                      {LOWTIDE_OVERLAP, [&] { s.monitor = over<lowtide_monitor>(s.delivered); }, 1},
                      {LOWTIDE_BUSY, [&] { s.busy = true; }},
                      {LOWTIDE_TIME_RANGE, [&] { s.now = never; }},
                      {LOWTIDE_OUT_OF_MEMORY, [&] { s.no_memory = true; }},
                      {LOWTIDE_INCOMPLETE, [&] {
                         s.host.pending = [](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
                           return LOWTIDE_HOST_FAILED;
                         };
                       }}};
      },
      [](Served& s) { return lowtide_monitor_deliver(s.delivered, s.monitor, s.now); });
  add(
      "lowtide_monitor_destroy",
      [](Served& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.monitor = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.monitor = off(s.monitor); }, 1},
                      {LOWTIDE_BUSY, [&] { s.busy = true; }}};
      },
      [](Served& s) {
        const lowtide_status status = lowtide_monitor_destroy(s.monitor);
        if (status == LOWTIDE_OK) s.host.monitor = nullptr;
        return status;
      });
  return all;
}

namespace {

struct Created : State {
  lowtide_host host_value = Host::callbacks(nullptr);
  lowtide_host* host = &host_value;
  lowtide_monitor_options options_value = sized<lowtide_monitor_options>();
  lowtide_monitor_options* options = &options_value;
  lowtide_text channels[2] = {text_of("a"), text_of("b")};
  lowtide_monitor* made = nullptr;
  lowtide_monitor** monitor = &made;

  Created() {
    options->flags = LOWTIDE_OPTIONS_HAS_CHANNELS;
    options->channels = channels;
    options->channel_count = 2;
  }
};

}  // namespace

Make create_scene() {
  return [] {
    const auto shared = std::make_shared<Created>();
    Created& s = *shared;
    return Scene{
        "lowtide_monitor_create",
        {{LOWTIDE_NULL_ARGUMENT, [&] { s.monitor = nullptr; }, 1},
         {LOWTIDE_MISALIGNED, [&] { s.monitor = off(s.monitor); }, 1},
         {LOWTIDE_STRUCT_SIZE, [&] { s.options->struct_size = 0; }},
         {LOWTIDE_OVERLAP, [&] { s.monitor = over<lowtide_monitor*>(&s.host->context); }, 1},
         {LOWTIDE_NULL_ARGUMENT, [&] { s.host->record_delivery = nullptr; }},
         {LOWTIDE_FLAGS, [&] { s.host->flags = 1; }},
         {LOWTIDE_FLAGS, [&] { s.options->flags |= 64U; }},
         {LOWTIDE_OUT_OF_RANGE,
          [&] { s.options->flags |= LOWTIDE_OPTIONS_HAS_ACCOUNTS_PER_COMMIT; }},
         {LOWTIDE_NULL_ARGUMENT, [&] { s.options->channels = nullptr; }, 2},
         {LOWTIDE_MISALIGNED, [&] { s.options->channels = off(s.channels); }, 2},
         {LOWTIDE_STRIDE, [&] { s.options->channel_count = SIZE_MAX; }, 3},
         {LOWTIDE_STRIDE, [&] { s.channels[1].size = SIZE_MAX; }},
         {LOWTIDE_OUT_OF_RANGE, [&] { s.channels[0] = {}; }},
         {LOWTIDE_OUT_OF_MEMORY, [&] { s.no_memory = true; }}},
        [shared] {
          Created& one = *shared;
          const lowtide_status status =
              one.run([&] { return lowtide_monitor_create(one.monitor, one.host, one.options); });
          if (status == LOWTIDE_OK) REQUIRE(lowtide_monitor_destroy(one.made) == LOWTIDE_OK);
          return status;
        }};
  };
}

}  // namespace capi
