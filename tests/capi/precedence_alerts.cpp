// SPDX-License-Identifier: Apache-2.0
// Precedence of errors: alerts, decisions, keys.
#include "precedence.hpp"

namespace capi {

std::vector<Make> alert_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<State>();
      return Scene{function, faults(*s), [s, call] { return s->run([&] { return call(*s); }); }};
    });
  };
  using Faults = std::vector<Fault>;
  add(
      "lowtide_alert_init",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1}};
      },
      [](State& s) { return lowtide_alert_init(s.after); });
  add(
      "lowtide_alert_init_observed",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1},
                      {LOWTIDE_STRUCT_SIZE, [&] { s.observed->struct_size = 0; }},
                      {LOWTIDE_OVERLAP,
                       [&] { s.after = over<lowtide_alert>(&s.observed->available_credit); }, 1},
                      {LOWTIDE_FLAGS, [&] { s.observed->flags |= 4U; }},
                      {LOWTIDE_SEQUENCE_RANGE, [&] {
                         s.observed->flags |= LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE,
                             s.observed->sequence = 0;
                       }}};
      },
      [](State& s) { return lowtide_alert_init_observed(s.after, s.observed); });
  add(
      "lowtide_alert_read",
      [](State& s) {
        return Faults{
            {LOWTIDE_NULL_ARGUMENT, [&] { s.before = nullptr; }, 1},
            {LOWTIDE_MISALIGNED, [&] { s.before = off(s.before); }, 1},
            {LOWTIDE_STRUCT_SIZE, [&] { s.fields->struct_size = 0; }},
            {LOWTIDE_OVERLAP, [&] { s.before = over<lowtide_alert>(&s.fields->threshold); }, 1},
            {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }, 1}};
      },
      [](State& s) { return lowtide_alert_read(s.fields, s.before); });
  add(
      "lowtide_alert_restore",
      [](State& s) {
        return Faults{
            {LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
            {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1},
            {LOWTIDE_STRUCT_SIZE, [&] { s.fields->struct_size = 0; }},
            {LOWTIDE_OVERLAP, [&] { s.after = over<lowtide_alert>(&s.fields->threshold); }, 1},
            {LOWTIDE_FLAGS, [&] { s.fields->flags |= 64U; }},
            {LOWTIDE_OUT_OF_RANGE, [&] { s.fields->count = 256; }, 2},
            {LOWTIDE_INCONSISTENT, [&] { s.fields->reminders_sent = 1; }, 2}};
      },
      [](State& s) { return lowtide_alert_restore(s.after, s.name, s.fields); });
  add(
      "lowtide_alert_check",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.name = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.name = off(s.name); }, 1},
                      {LOWTIDE_OVERLAP, [&] { s.name = over<const char*>(s.before); }, 1},
                      {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }}};
      },
      [](State& s) { return lowtide_alert_check(s.name, s.before); });
  add(
      "lowtide_alert_encode",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.stored = nullptr; }},
                      {LOWTIDE_MISALIGNED, [&] { s.size = off(s.size); }, 1},
                      {LOWTIDE_STRIDE, [&] { s.capacity = SIZE_MAX; }, 2},
                      {LOWTIDE_OVERLAP, [&] { s.size = over<std::size_t>(s.before); }, 1},
                      {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
                      {LOWTIDE_BUFFER_TOO_SMALL, [&] { s.capacity = 1; }, 2}};
      },
      [](State& s) { return lowtide_alert_encode(s.size, s.stored, s.capacity, s.before); });
  add(
      "lowtide_alert_decode",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1},
                      {LOWTIDE_STRIDE, [&] { s.capacity = SIZE_MAX; }, 2},
                      {LOWTIDE_OVERLAP, [&] { s.after = over<lowtide_alert>(s.bytes); }, 1},
                      {LOWTIDE_CORRUPT, [&] { s.bytes[9] ^= 1U; }, 3},
                      {LOWTIDE_NEWER_FORMAT,
                       [&] {
                         const std::uint8_t newer[] = {2, 6, 0xE9, 0xD1, 0x1C, 0x9A};
                         std::copy_n(newer, sizeof newer, s.bytes);
                         std::uint32_t crc = UINT32_MAX;
                         for (std::size_t i = 0; i < 2; ++i) {
                           crc ^= s.bytes[i];
                           for (int bit = 0; bit < 8; ++bit)
                             crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
                         }
                         for (unsigned i = 0; i < 4; ++i)
                           s.bytes[2 + i] = static_cast<std::uint8_t>(~crc >> (8 * i));
                         s.capacity = s.capacity == SIZE_MAX ? SIZE_MAX : 6;
                       },
                       3}};
      },
      [](State& s) { return lowtide_alert_decode(s.after, s.name, s.stored, s.capacity); });
  add(
      "lowtide_alert_next_reminder_at",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.present = nullptr; }},
                      {LOWTIDE_MISALIGNED, [&] { s.at_out = off(s.at_out); }, 1},
                      {LOWTIDE_OVERLAP, [&] { s.at_out = over<std::int64_t>(s.before); }, 1},
                      {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }}};
      },
      [](State& s) { return lowtide_alert_next_reminder_at(s.present, s.at_out, s.before); });
  return all;
}

namespace {

// The first faults of all functions that change an alert. `with` is memory that `after` is made to
// overlap.
std::vector<Fault> transition_faults(State& s, std::uint32_t* struct_size, void* with) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1},
          {LOWTIDE_STRUCT_SIZE, [struct_size] { *struct_size = 4; }},
          {LOWTIDE_OVERLAP, [&s, with] { s.after = static_cast<lowtide_alert*>(with); }, 1}};
}

}  // namespace

std::vector<Make> decision_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<State>();
      return Scene{function, faults(*s), [s, call] { return s->run([&] { return call(*s); }); }};
    });
  };
  const auto more = [](std::vector<Fault> first, std::initializer_list<Fault> rest) {
    first.insert(first.end(), rest);
    return first;
  };
  add(
      "lowtide_alert_observe",
      [more](State& s) {
        s.observation_value.flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
        return more(transition_faults(s, &s.observation->struct_size, &s.observation->cash_balance),
                    {{LOWTIDE_FLAGS, [&] { s.observation->flags |= 8U; }},
                     {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
                     {LOWTIDE_TIME_RANGE, [&] { s.observation->at = never; }},
                     {LOWTIDE_SEQUENCE_RANGE,
                      [&] {
                        s.observation->flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE,
                            s.observation->sequence = 0;
                      }},
                     {LOWTIDE_OVERFLOW, [&] {
                        s.observation->cash_balance.high = s.observation->credit_limit.high =
                            INT64_MAX;
                      }}});
      },
      [](State& s) { return lowtide_alert_observe(s.decision, s.after, s.before, s.observation); });
  add(
      "lowtide_alert_tick",
      [more](State& s) {
        return more(transition_faults(s, &s.decision->struct_size, &s.decision->outputs[1]),
                    {{LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
                     {LOWTIDE_TIME_RANGE, [&] { s.at = never; }}});
      },
      [](State& s) { return lowtide_alert_tick(s.decision, s.after, s.before, s.at); });
  add(
      "lowtide_alert_enable",
      [more](State& s) {
        return more(transition_faults(s, &s.enable->struct_size, &s.decision->outputs[1]),
                    {{LOWTIDE_FLAGS, [&] { s.enable->flags = LOWTIDE_ENABLE_HAS_TIME_OF_DAY; }},
                     {LOWTIDE_CODE, [&] { s.enable->if_below = 2; }},
                     {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
                     {LOWTIDE_TIME_RANGE, [&] { s.enable->at = never; }},
                     {LOWTIDE_OUT_OF_RANGE, [&] { s.enable->threshold.high = -1; }}});
      },
      [](State& s) {
        return lowtide_alert_enable(s.decision, s.after, s.name, s.before, s.enable);
      });
  add(
      "lowtide_alert_set_threshold",
      [more](State& s) {
        return more(transition_faults(s, &s.decision->struct_size, &s.decision->outputs[1]),
                    {{LOWTIDE_FLAGS, [&] { s.set->flags = 1; }},
                     {LOWTIDE_CODE, [&] { s.set->reserved = 1; }},
                     {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
                     {LOWTIDE_TIME_RANGE, [&] { s.set->at = never; }},
                     {LOWTIDE_OUT_OF_RANGE, [&] { s.set->threshold.high = -1; }}});
      },
      [](State& s) { return lowtide_alert_set_threshold(s.decision, s.after, s.before, s.set); });
  add(
      "lowtide_alert_disable",
      [more](State& s) {
        return more(transition_faults(s, &s.decision->struct_size, &s.decision->outputs[1]),
                    {{LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
                     {LOWTIDE_TIME_RANGE, [&] { s.at = never; }}});
      },
      [](State& s) { return lowtide_alert_disable(s.decision, s.after, s.before, s.at); });
  add(
      "lowtide_alert_rebase",
      [](State& s) {
        return std::vector<Fault>{
            {LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
            {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1},
            {LOWTIDE_OVERLAP, [&] { s.after = over<lowtide_alert>(&s.alerts[0].opaque[4]); }, 1},
            {LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }},
            {LOWTIDE_SEQUENCE_RANGE, [&] { s.sequence = -1; }}};
      },
      [](State& s) { return lowtide_alert_rebase(s.after, s.before, s.sequence); });
  add(
      "lowtide_output_key",
      [](State& s) {
        return std::vector<Fault>{
            {LOWTIDE_NULL_ARGUMENT, [&] { s.alert = nullptr; }},
            {LOWTIDE_MISALIGNED, [&] { s.size = off(s.size); }, 1},
            {LOWTIDE_STRUCT_SIZE, [&] { s.output->struct_size = 0; }},
            {LOWTIDE_STRIDE, [&] { s.account_size = SIZE_MAX; }, 2},
            {LOWTIDE_OVERLAP, [&] { s.size = over<std::size_t>(s.key_room); }, 1},
            {LOWTIDE_CODE, [&] { s.output->kind = 9; }},
            {LOWTIDE_TIME_RANGE, [&] { s.output->at = never; }},
            {LOWTIDE_OUT_OF_RANGE, [&] { s.output->episode = 0; }},
            {LOWTIDE_OUT_OF_RANGE, [&] { s.account_size = 0; }, 2},
            {LOWTIDE_MALFORMED, [&] { s.account_name[0] = '\n'; }},
            {LOWTIDE_OUT_OF_RANGE, [&] { s.alert_size = 0; }, 0, true},
            {LOWTIDE_OUT_OF_MEMORY, [&] { s.no_memory = true; }},
            {LOWTIDE_BUFFER_TOO_SMALL, [&] { s.key_capacity = 3; }}};
      },
      [](State& s) {
        return lowtide_output_key(s.size, s.key, s.key_capacity, s.name, s.account, s.account_size,
                                  s.alert, s.alert_size, s.output);
      });
  return all;
}

}  // namespace capi
