// SPDX-License-Identifier: Apache-2.0
// Precedence of errors: lowtide_monitor_apply, with an event of each kind.
#include "precedence_served.hpp"

namespace capi {
namespace {

// What lowtide_monitor_apply finds before it reads its events, and what an event has of its own.
std::vector<Fault> before_events(Served& s) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.monitor = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [&] { s.many = off(s.many); }, 2},
          {LOWTIDE_MISALIGNED, [&] { s.monitor = off(s.monitor); }, 1},
          {LOWTIDE_STRIDE, [&] { s.report_stride = 8; }, 4},
          {LOWTIDE_STRUCT_SIZE, [&] { s.report->struct_size = 0; }},
          {LOWTIDE_OVERLAP,
           [&] {
             // The events lie behind the first report, within its stride.
             static std::uint64_t room[32];
             std::memcpy(room, s.report, sizeof *s.report);
             std::memcpy(room + 8, s.many, sizeof *s.many);
             s.report_stride = 192;
             s.report = over<lowtide_event_report>(static_cast<std::uint64_t*>(room));
             s.many = over<lowtide_account_event>(room + 8);
           },
           2},
          {LOWTIDE_BUSY, [&] { s.busy = true; }},
          {LOWTIDE_TIME_RANGE, [&] { s.now = never; }},
          {LOWTIDE_FLAGS, [&] { s.many_value.flags = 1; }},
          {LOWTIDE_CODE, [&] { s.many_value.kind = 99; }},
          {LOWTIDE_CODE, [&] { s.many_value.reserved = 1; }}};
}
std::vector<Fault> names_of_event(Served& s) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.many_value.account.data = nullptr; }, 3},
          {LOWTIDE_STRIDE, [&] { s.many_value.account.size = SIZE_MAX; }, 3}};
}
std::vector<Fault> after_events(Served& s) {
  return {{LOWTIDE_OUT_OF_MEMORY, [&] { s.no_memory = true; }},
          {LOWTIDE_INCOMPLETE, [&] { s.many_value.account.size = 0; }, 3}};
}

// The faults of an event that points to the struct `*value`.
template <class Struct>
std::vector<Fault> event_faults(Served& s, Struct*& value,
                                const Struct* lowtide_account_event::*field,
                                std::vector<Fault> of_the_struct) {
  s.many_value.*field = value;
  std::vector<Fault> first = before_events(s);
  first.push_back({LOWTIDE_CODE, [&s] { s.many_value.at = 1; }});
  first.push_back({LOWTIDE_CODE, [&s] { s.many_value.sequence = 1; }});
  first.push_back({LOWTIDE_NULL_ARGUMENT, [&s, field] { s.many_value.*field = nullptr; }, 5});
  const std::vector<Fault> pointed = {
      {LOWTIDE_MISALIGNED, [&s, &value, field] { s.many_value.*field = off(value); }, 5},
      {LOWTIDE_STRUCT_SIZE, [&value] { value->struct_size = 0; }},
      {LOWTIDE_OVERLAP, [&s, &value, field] {
         // It lies behind the report, within its stride.
         static std::uint64_t room[32];
         std::memcpy(room, s.report, sizeof *s.report);
         std::memcpy(room + 8, value, sizeof *value);
         s.report_stride = 192;
         s.report = over<lowtide_event_report>(static_cast<std::uint64_t*>(room));
         s.many_value.*field = value = over<Struct>(room + 8);
       }}};
  return joined({first, names_of_event(s), pointed, std::move(of_the_struct), after_events(s)});
}

std::vector<Fault> observation_faults(Served& s) {
  s.many_value.kind = LOWTIDE_EVENT_OBSERVATION;
  return event_faults(s, s.observation, &lowtide_account_event::observation,
                      {{LOWTIDE_FLAGS, [&] { s.observation->flags |= 8U; }},
                       {LOWTIDE_TIME_RANGE, [&] { s.observation->at = never; }},
                       {LOWTIDE_SEQUENCE_RANGE, [&] {
                          s.observation->flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE,
                              s.observation->sequence = 0;
                        }}});
}
std::vector<Fault> enable_faults(Served& s) {
  s.many_value.kind = LOWTIDE_EVENT_ENABLE;
  s.many_value.alert = text_of(s.alert_name);
  return event_faults(s, s.enable, &lowtide_account_event::enable,
                      {{LOWTIDE_FLAGS, [&] { s.enable->flags = 4; }},
                       {LOWTIDE_CODE, [&] { s.enable->if_below = 7; }},
                       {LOWTIDE_TIME_RANGE, [&] { s.enable->at = never; }},
                       {LOWTIDE_OUT_OF_RANGE, [&] { s.enable->threshold.high = -1; }}});
}
std::vector<Fault> set_threshold_faults(Served& s) {
  s.many_value.kind = LOWTIDE_EVENT_SET_THRESHOLD;
  s.many_value.alert = text_of(s.alert_name);
  return event_faults(s, s.set, &lowtide_account_event::set_threshold,
                      {{LOWTIDE_FLAGS, [&] { s.set->flags = 4; }},
                       {LOWTIDE_CODE, [&] { s.set->if_below = 7; }},
                       {LOWTIDE_CODE, [&] { s.set->reserved = 1; }},
                       {LOWTIDE_TIME_RANGE, [&] { s.set->at = never; }},
                       {LOWTIDE_OUT_OF_RANGE, [&] { s.set->threshold.high = -1; }}});
}
// The faults of an event without a pointer.
std::vector<Fault> plain_faults(Served& s, std::int32_t kind) {
  s.many_value.kind = kind;
  s.many_value.at = s.at;
  const std::vector<Fault> time = {{LOWTIDE_TIME_RANGE, [&] { s.many_value.at = never; }}};
  std::vector<Fault> own = {{LOWTIDE_CODE, [&] { s.many_value.observation = s.observation; }},
                            {LOWTIDE_CODE, [&] { s.many_value.enable = s.enable; }},
                            {LOWTIDE_CODE, [&] { s.many_value.set_threshold = s.set; }}};
  std::vector<Fault> sequence;
  if (kind == LOWTIDE_EVENT_REBASE) {
    sequence.push_back({LOWTIDE_SEQUENCE_RANGE, [&] { s.many_value.sequence = -1; }});
  } else {
    own.push_back({LOWTIDE_CODE, [&] { s.many_value.sequence = 1; }});
  }
  std::vector<Fault> names = names_of_event(s);
  if (kind == LOWTIDE_EVENT_DISABLE) {
    s.many_value.alert = text_of(s.alert_name);
    names = {{LOWTIDE_NULL_ARGUMENT, [&] { s.many_value.alert.data = nullptr; }, 6},
             names[0],
             {LOWTIDE_STRIDE, [&] { s.many_value.alert.size = SIZE_MAX; }, 6},
             names[1]};
  } else {
    own.push_back({LOWTIDE_CODE, [&] { s.many_value.alert = text_of(s.alert_name); }});
  }
  return joined({before_events(s), own, names, time, sequence, after_events(s)});
}

}  // namespace

std::vector<Make> apply_scenes() {
  using Faults = std::vector<Fault> (*)(Served&);
  const Faults kinds[] = {observation_faults,
                          enable_faults,
                          set_threshold_faults,
                          [](Served& s) { return plain_faults(s, LOWTIDE_EVENT_DISABLE); },
                          [](Served& s) { return plain_faults(s, LOWTIDE_EVENT_REBASE); },
                          [](Served& s) { return plain_faults(s, LOWTIDE_EVENT_TICK); }};
  std::vector<Make> all;
  for (const Faults faults : kinds) {
    all.emplace_back([faults] {
      const auto s = std::make_shared<Served>();
      const auto call = [s] {
        return lowtide_monitor_apply(s->report, s->report_stride, s->monitor, s->many,
                                     s->event_stride, 1, s->now);
      };
      return Scene{"lowtide_monitor_apply", faults(*s), [s, call] { return s->serve(call); }};
    });
  }
  return all;
}

}  // namespace capi
