// SPDX-License-Identifier: Apache-2.0
// Of two faults in one call the first in the order of the header's "Returns" is told: every pair
// that can occur together, of each function.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "allocation.hpp"
#include "calls.hpp"
#include "exercised.hpp"
#include "faulty_host.hpp"

namespace {

using namespace capi;

// One way to get a status. Two of one `slot` (but 0) cannot be in one call.
struct Fault {
  lowtide_status status;
  std::function<void()> commit;
  int slot = 0;
  bool of_another =
      false;  // the header names it once for two arguments, one of which comes after the other
};

struct Scene {
  std::string function;
  std::vector<Fault> faults;
  std::function<lowtide_status()> call;
};
using Make = std::function<Scene()>;

template <class T>
T* off(T* pointer) {
  return static_cast<T*>(static_cast<void*>(static_cast<char*>(static_cast<void*>(pointer)) + 1));
}
template <class To, class From>
To* over(From* pointer) {
  return static_cast<To*>(static_cast<void*>(pointer));
}

constexpr std::int64_t never = -1;

// What any call may be given, right at first; the pointers are what a fault changes.
struct State {
  lowtide_amount amounts[3] = {{1, 0}, {2, 0}, {3, 0}};
  lowtide_amount* out = &amounts[0];
  lowtide_amount* a = &amounts[1];
  lowtide_amount* b = &amounts[2];
  alignas(16) char text[64] = "12.5";
  char* characters = text;
  std::size_t length = 4;
  std::size_t written = 0;
  std::size_t* size = &written;
  std::int32_t number = 0;
  std::int32_t* order = &number;
  const char* word = "";
  const char** name = &word;
  std::int32_t code = 1;
  std::uint32_t flag = 0;
  std::uint32_t* present = &flag;
  std::int64_t instant = 0;
  std::int64_t* at_out = &instant;
  std::int64_t at = start + 2 * day;
  std::int64_t now = start + 2 * day;
  std::int64_t sequence = 7;

  lowtide_alert alerts[2] = {capi::alerting(), capi::alerting()};
  lowtide_alert* after = &alerts[0];
  lowtide_alert* before = &alerts[1];
  lowtide_balance balance_value = sized<lowtide_balance>();
  lowtide_balance* balance = &balance_value;
  lowtide_last_observed observed_value = sized<lowtide_last_observed>();
  lowtide_last_observed* observed = &observed_value;
  lowtide_alert_fields fields_value = sized<lowtide_alert_fields>();
  lowtide_alert_fields* fields = &fields_value;
  lowtide_decision decision_value = sized<lowtide_decision>();
  lowtide_decision* decision = &decision_value;
  lowtide_observation observation_value = Host::observation("950", start + day);
  lowtide_observation* observation = &observation_value;
  lowtide_enable enable_value = sized<lowtide_enable>();
  lowtide_enable* enable = &enable_value;
  lowtide_set_threshold set_value = sized<lowtide_set_threshold>();
  lowtide_set_threshold* set = &set_value;
  lowtide_output output_value = capi::fire();
  lowtide_output* output = &output_value;
  alignas(16) std::uint8_t bytes[LOWTIDE_ALERT_BYTES] = {};
  std::uint8_t* stored = bytes;
  std::size_t capacity = LOWTIDE_ALERT_BYTES;
  std::string account_name = "acme";
  std::string alert_name = "low_balance";
  const char* account = account_name.data();
  std::size_t account_size = 4;
  const char* alert = alert_name.data();
  std::size_t alert_size = 11;
  alignas(16) char key_room[LOWTIDE_KEY_SIZE] = {};
  char* key = key_room;
  std::size_t key_capacity = LOWTIDE_KEY_SIZE;

  bool no_memory = false;
  // Calls without memory if that is what is wrong.
  template <class Call>
  lowtide_status run(const Call& call) const {
    if (no_memory) allowed = 0;
    const lowtide_status status = call();
    allowed = capi::no_failure;
    return status;
  }

  State() {
    enable_value.at = set_value.at = start + 2 * day;
    REQUIRE(lowtide_alert_read(fields, before) == LOWTIDE_OK);
    REQUIRE(lowtide_alert_encode(size, bytes, sizeof bytes, before) == LOWTIDE_OK);
    capacity = written;
  }
  void corrupt() const { before->opaque[7] |= std::uint64_t{5} << 24U | std::uint64_t{5} << 32U; }
};

std::vector<Make> value_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<State>();
      return Scene{function, faults(*s), [s, call] { return s->run([&] { return call(*s); }); }};
    });
  };
  using Faults = std::vector<Fault>;
  add(
      "lowtide_amount_parse",
      [](State& s) {
        return Faults{
            {LOWTIDE_NULL_ARGUMENT, [&] { s.characters = nullptr; }, 2},
            {LOWTIDE_MISALIGNED, [&] { s.out = off(s.out); }, 1},
            {LOWTIDE_STRIDE, [&] { s.length = SIZE_MAX; }, 3},
            {LOWTIDE_OVERLAP, [&] { s.out = over<lowtide_amount>(s.text); }, 1},
            {LOWTIDE_OVERFLOW, [&] { s.length = std::strlen(std::strcpy(s.text, "1e999")); }, 3},
            {LOWTIDE_INEXACT, [&] { s.length = std::strlen(std::strcpy(s.text, "1e-19")); }, 3},
            {LOWTIDE_MALFORMED, [&] { s.length = std::strlen(std::strcpy(s.text, "x")); }, 3}};
      },
      [](State& s) { return lowtide_amount_parse(s.out, s.characters, s.length); });
  add(
      "lowtide_amount_format",
      [](State& s) {
        s.length = sizeof s.text;
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.characters = nullptr; }},
                      {LOWTIDE_MISALIGNED, [&] { s.size = off(s.size); }, 1},
                      {LOWTIDE_STRIDE, [&] { s.length = SIZE_MAX; }, 2},
                      {LOWTIDE_OVERLAP, [&] { s.size = over<std::size_t>(s.a); }, 1},
                      {LOWTIDE_BUFFER_TOO_SMALL, [&] { s.length = 0; }, 2}};
      },
      [](State& s) { return lowtide_amount_format(s.size, s.characters, s.length, s.a); });
  for (const bool sum : {true, false}) {
    add(
        sum ? "lowtide_amount_add" : "lowtide_amount_subtract",
        [sum](State& s) {
          return Faults{
              {LOWTIDE_NULL_ARGUMENT, [&] { s.a = nullptr; }, 1},
              {LOWTIDE_MISALIGNED, [&] { s.b = off(s.b); }},
              {LOWTIDE_OVERLAP, [&] { s.out = over<lowtide_amount>(&s.amounts[1].high); }},
              {LOWTIDE_OVERFLOW,
               [&s, sum] {
                 s.a->high = s.b->high = sum ? INT64_MAX : INT64_MIN, s.b->high = INT64_MAX;
               },
               1}};
        },
        [sum](State& s) {
          return sum ? lowtide_amount_add(s.out, s.a, s.b)
                     : lowtide_amount_subtract(s.out, s.a, s.b);
        });
  }
  add(
      "lowtide_amount_compare",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.a = nullptr; }},
                      {LOWTIDE_MISALIGNED, [&] { s.order = off(s.order); }, 1},
                      {LOWTIDE_OVERLAP, [&] { s.order = over<std::int32_t>(&s.b->high); }, 1}};
      },
      [](State& s) { return lowtide_amount_compare(s.order, s.a, s.b); });
  add(
      "lowtide_balance_available_credit",
      [](State& s) {
        return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.out = nullptr; }, 1},
                      {LOWTIDE_MISALIGNED, [&] { s.out = off(s.out); }, 1},
                      {LOWTIDE_STRUCT_SIZE, [&] { s.balance->struct_size = 8; }},
                      {LOWTIDE_OVERLAP, [&] { s.out = &s.balance->cash_balance; }, 1},
                      {LOWTIDE_FLAGS, [&] { s.balance->flags = 1; }},
                      {LOWTIDE_OVERFLOW, [&] {
                         s.balance->cash_balance.high = s.balance->credit_limit.high = INT64_MAX;
                       }}};
      },
      [](State& s) { return lowtide_balance_available_credit(s.out, s.balance); });
  using Name = lowtide_status (*)(const char**, std::int32_t);
  const std::pair<const char*, Name> names[] = {
      {"lowtide_phase_name", lowtide_phase_name},
      {"lowtide_stop_reason_name", lowtide_stop_reason_name},
      {"lowtide_why_name", lowtide_why_name},
      {"lowtide_why_sentence", lowtide_why_sentence},
      {"lowtide_output_kind_name", lowtide_output_kind_name}};
  for (const auto& [function, call] : names) {
    add(
        function,
        [](State& s) {
          return Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.name = nullptr; }, 1},
                        {LOWTIDE_MISALIGNED, [&] { s.name = off(s.name); }, 1},
                        {LOWTIDE_CODE, [&] { s.code = 99; }}};
        },
        [one = call](State& s) { return one(s.name, s.code); });
  }
  return all;
}

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

// The first faults of all that take an alert further; `with` is memory that `after` is laid over.
std::vector<Fault> transition_faults(State& s, std::uint32_t* struct_size, void* with) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.after = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [&] { s.after = off(s.after); }, 1},
          {LOWTIDE_STRUCT_SIZE, [struct_size] { *struct_size = 4; }},
          {LOWTIDE_OVERLAP, [&s, with] { s.after = static_cast<lowtide_alert*>(with); }, 1}};
}

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

std::vector<Fault> joined(std::initializer_list<std::vector<Fault>> parts) {
  std::vector<Fault> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A batch of one element. Its status is told if there is none of the whole.
struct Batch : State {
  std::uint64_t index = 1;
  lowtide_batch_result result = {};
  lowtide_batch_decision decision = {};
  lowtide_batch_report report_value = sized<lowtide_batch_report>();
  lowtide_batch_report* report = &report_value;
  lowtide_batch batch_value = sized<lowtide_batch>();
  lowtide_batch* batch = &batch_value;
  std::size_t stride = sizeof(lowtide_observation);
  lowtide_observation_columns from_value = sized<lowtide_observation_columns>();
  lowtide_observation_columns* from = &from_value;
  lowtide_amount balance_columns[5] = {};
  lowtide_alert_columns to_value = sized<lowtide_alert_columns>();
  lowtide_alert_columns* to = &to_value;
  std::uint32_t episode = 0;

  Batch() {
    batch->flags = LOWTIDE_BATCH_HAS_INDEX;
    batch->count = 1;
    batch->alerts = alerts;
    batch->alert_count = 2;
    batch->index = &index;
    batch->results = &result;
    batch->decisions = &decision;
    batch->decision_capacity = 1;
    batch->decision_stride = sizeof decision;
    observation->flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
    from->flags = LOWTIDE_OBSERVATION_HAS_BALANCE;
    from->at = {&at, sizeof at};
    from->sequence = {&sequence, sizeof sequence};
    from->cash_balance = {&balance_columns[0], sizeof(lowtide_amount)};
    from->credit_limit = {&balance_columns[1], sizeof(lowtide_amount)};
    from->credit_refunds = {&balance_columns[2], sizeof(lowtide_amount)};
    from->unsettled_current_month = {&balance_columns[3], sizeof(lowtide_amount)};
    from->unsettled_previous_months = {&balance_columns[4], sizeof(lowtide_amount)};
    to->threshold = amounts;
    to->episode = &episode;
  }
  // The alert that the element concerns, with a threshold of more than 38 digits.
  void widen() {
    fields->threshold = {UINT64_MAX, INT64_MAX};
    const char* field = "";
    REQUIRE(lowtide_alert_restore(before, &field, fields) == LOWTIDE_OK);
  }
};

// Of the structs of a batch: `in` is a pointer of the call, other than the report.
template <class T>
std::vector<Fault> batch_structs(Batch& s, T** in) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.report = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [in] { *in = off(*in); }},
          {LOWTIDE_STRUCT_SIZE, [&] { s.batch_value.struct_size = 0; }},
          {LOWTIDE_OVERLAP,
           [&] {
             // A report that lies in the batch. Its size is what counts as `first`, which is out of
             // range besides.
             s.batch_value.first = sizeof *s.report;
             s.report = over<lowtide_batch_report>(&s.batch_value.first);
           },
           1}};
}
// Of what all batches point to.
std::vector<Fault> batch_nulls(Batch& s) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.batch_value.results = nullptr; }, 2}};
}
std::vector<Fault> batch_misaligned(Batch& s) {
  return {{LOWTIDE_MISALIGNED, [&] { s.batch_value.index = off(&s.index); }}};
}
std::vector<Fault> batch_strides(Batch& s) {
  return {{LOWTIDE_STRIDE, [&] { s.batch_value.alert_count = SIZE_MAX; }, 3}};
}
std::vector<Fault> batch_overlaps(Batch& s) {
  return {
      {LOWTIDE_OVERLAP, [&] { s.batch_value.results = over<lowtide_batch_result>(&s.index); }, 2}};
}
std::vector<Fault> decision_strides(Batch& s) {
  return {{LOWTIDE_STRIDE, [&] { s.batch_value.decision_stride = 8; }}};
}
std::vector<Fault> decision_overlaps(Batch& s) {
  return {
      {LOWTIDE_OVERLAP, [&] { s.batch_value.decisions = over<lowtide_batch_decision>(s.alerts); }}};
}
std::vector<Fault> batch_flags(Batch& s) {
  return {{LOWTIDE_FLAGS, [&] { s.batch_value.flags |= 2U; }}};
}
std::vector<Fault> batch_ranges(Batch& s) {
  return {{LOWTIDE_OUT_OF_RANGE, [&] {
             if (s.batch_value.first == 0) s.batch_value.first = 2;
           }}};
}
// Of an element.
std::vector<Fault> element_ranges(Batch& s) {
  return {{LOWTIDE_OUT_OF_RANGE, [&] { s.index = 2; }}};
}
std::vector<Fault> element_alerts(Batch& s) {
  return {{LOWTIDE_CORRUPT_ALERT, [&] { s.corrupt(); }}};
}

std::vector<Make> batch_scenes() {
  std::vector<Make> all;
  const auto add = [&](const char* function, auto faults, auto call) {
    all.emplace_back([=] {
      const auto s = std::make_shared<Batch>();
      return Scene{function, faults(*s), [s, call] {
                     const lowtide_status whole = call(*s);
                     return whole == LOWTIDE_OK ? s->result.status : whole;
                   }};
    });
  };
  using Faults = std::vector<Fault>;
  add(
      "lowtide_batch_observe",
      [](Batch& s) {
        const Faults elements = {
            {LOWTIDE_STRUCT_SIZE, [&] { s.observation_value.struct_size = 0; }},
            {LOWTIDE_FLAGS, [&] { s.observation_value.flags |= 8U; }}};
        const Faults values = {{LOWTIDE_TIME_RANGE, [&] { s.observation_value.at = never; }},
                               {LOWTIDE_SEQUENCE_RANGE,
                                [&] {
                                  s.observation_value.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE,
                                      s.observation_value.sequence = 0;
                                }},
                               {LOWTIDE_OVERFLOW, [&] {
                                  s.observation_value.cash_balance.high =
                                      s.observation_value.credit_limit.high = INT64_MAX;
                                }}};
        return joined(
            {batch_structs(s, &s.observation), batch_nulls(s), batch_misaligned(s),
             batch_strides(s), decision_strides(s), Faults{{LOWTIDE_STRIDE, [&] { s.stride = 8; }}},
             batch_overlaps(s), decision_overlaps(s),
             Faults{{LOWTIDE_OVERLAP,
                     [&] {
                       s.batch_value.decisions = over<lowtide_batch_decision>(&s.observation_value);
                     }}},
             batch_flags(s), batch_ranges(s), element_ranges(s), elements, element_alerts(s),
             values});
      },
      [](Batch& s) { return lowtide_batch_observe(s.report, s.batch, s.observation, s.stride); });
  add(
      "lowtide_batch_observe_columns",
      [](Batch& s) {
        const Faults values = {
            {LOWTIDE_TIME_RANGE, [&] { s.at = never; }},
            {LOWTIDE_SEQUENCE_RANGE,
             [&] { s.from_value.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE, s.sequence = 0; }},
            {LOWTIDE_OVERFLOW,
             [&] { s.balance_columns[0].high = s.balance_columns[1].high = INT64_MAX; }}};
        return joined(
            {batch_structs(s, &s.from), batch_nulls(s),
             Faults{{LOWTIDE_NULL_ARGUMENT, [&] { s.from_value.at.data = nullptr; }, 4}},
             batch_misaligned(s),
             Faults{{LOWTIDE_MISALIGNED,
                     [&] { s.from_value.cash_balance.data = off(s.balance_columns); }}},
             batch_strides(s), decision_strides(s),
             Faults{{LOWTIDE_STRIDE, [&] { s.from_value.credit_limit.stride = 8; }}},
             batch_overlaps(s), decision_overlaps(s),
             Faults{{LOWTIDE_OVERLAP,
                     [&] {
                       s.from_value.at = {&s.alerts[0].opaque[1], LOWTIDE_COLUMN_ONE_FOR_ALL};
                     },
                     4}},
             batch_flags(s), Faults{{LOWTIDE_FLAGS, [&] { s.from_value.flags |= 8U; }}},
             batch_ranges(s), element_ranges(s), element_alerts(s), values});
      },
      [](Batch& s) { return lowtide_batch_observe_columns(s.report, s.batch, s.from); });
  add(
      "lowtide_batch_tick",
      [](Batch& s) {
        return joined({batch_structs(s, &s.batch), batch_nulls(s), batch_misaligned(s),
                       batch_strides(s), decision_strides(s), batch_overlaps(s),
                       decision_overlaps(s), batch_flags(s), batch_ranges(s),
                       Faults{{LOWTIDE_TIME_RANGE, [&] { s.at = never; }}}, element_ranges(s),
                       element_alerts(s)});
      },
      [](Batch& s) { return lowtide_batch_tick(s.report, s.batch, s.at); });
  add(
      "lowtide_batch_read",
      [](Batch& s) {
        return joined({batch_structs(s, &s.to), batch_nulls(s), batch_misaligned(s),
                       Faults{{LOWTIDE_MISALIGNED, [&] { s.to_value.threshold = off(s.amounts); }}},
                       batch_strides(s), batch_overlaps(s),
                       Faults{{LOWTIDE_OVERLAP,
                               [&] { s.to_value.episode = over<std::uint32_t>(&s.alerts[1]); }}},
                       batch_flags(s), Faults{{LOWTIDE_FLAGS, [&] { s.to_value.flags = 1; }}},
                       batch_ranges(s), element_ranges(s), element_alerts(s),
                       Faults{{LOWTIDE_OVERFLOW, [&] { s.widen(); }}}});
      },
      [](Batch& s) { return lowtide_batch_read(s.report, s.batch, s.to); });
  return all;
}

// A call on a Monitor, perhaps one that is busy, or whose host will not do.
struct Served : State {
  Host host;
  lowtide_monitor* monitor = host.monitor;
  lowtide_event_report report_value = sized<lowtide_event_report>();
  lowtide_event_report* report = &report_value;
  lowtide_tick_report tick_value = sized<lowtide_tick_report>();
  lowtide_tick_report* ticked = &tick_value;
  lowtide_delivery_report delivery_value = sized<lowtide_delivery_report>();
  lowtide_delivery_report* delivered = &delivery_value;
  lowtide_account_event many_value = sized<lowtide_account_event>();
  lowtide_account_event* many = &many_value;
  std::size_t report_stride = sizeof(lowtide_event_report);
  std::size_t event_stride = sizeof(lowtide_account_event);
  std::uint32_t inclusive = 1;
  bool busy = false;

  Served() {
    REQUIRE(host.enable() == LOWTIDE_OK);
    REQUIRE(host.observe("2000", start) == LOWTIDE_OK);
    many_value.account = text_of(account_name);
  }
  template <class Call>
  lowtide_status serve(const Call& call) {
    if (!busy) return run(call);
    lowtide_status inner = LOWTIDE_OK;
    host.due = [&](lowtide_sink*, lowtide_sink*, const lowtide_walk*) {
      return inner = run(call), LOWTIDE_HOST_OK;
    };
    REQUIRE(lowtide_monitor_tick(&host.ticked, host.monitor, start) == LOWTIDE_OK);
    return inner;
  }
  void commit_says(std::int32_t result) {
    host.commit = [result](std::int32_t* results, lowtide_sink*, const lowtide_commit*,
                           std::size_t) {
      results[0] = result;
      return LOWTIDE_HOST_OK;
    };
  }
};

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

// What lowtide_monitor_apply finds before it reads its events, and what an event has of its own.
std::vector<Fault> before_events(Served& s) {
  return {{LOWTIDE_NULL_ARGUMENT, [&] { s.monitor = nullptr; }, 1},
          {LOWTIDE_MISALIGNED, [&] { s.many = off(s.many); }, 2},
          {LOWTIDE_MISALIGNED, [&] { s.monitor = off(s.monitor); }, 1},
          {LOWTIDE_STRIDE, [&] { s.report_stride = 8; }, 4},
          {LOWTIDE_STRUCT_SIZE, [&] { s.report->struct_size = 0; }},
          {LOWTIDE_OVERLAP,
           [&] {
             // The events lie behind the first report, in what its stride makes its own.
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

// The faults of an event that points to a struct, which is `*value` at first.
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
         // It lies behind the report, in what the report's stride makes its own.
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
// The faults of an event that points to nothing.
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

Make create_scene() {
  return [] {
    const auto kept = std::make_shared<Created>();
    Created& s = *kept;
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
        [kept] {
          Created& one = *kept;
          const lowtide_status status =
              one.run([&] { return lowtide_monitor_create(one.monitor, one.host, one.options); });
          if (status == LOWTIDE_OK) REQUIRE(lowtide_monitor_destroy(one.made) == LOWTIDE_OK);
          return status;
        }};
  };
}

std::vector<Make> scenes() {
  std::vector<Make> all = value_scenes();
  for (const auto& more :
       {alert_scenes(), decision_scenes(), batch_scenes(), monitor_scenes(), apply_scenes()})
    all.insert(all.end(), more.begin(), more.end());
  all.push_back(create_scene());
  return all;
}

// What the header promises of a function.
struct Contract {
  std::string function;
  std::string owner;                  // the first function behind the same comment
  std::vector<std::string> statuses;  // behind LOWTIDE_OK, in the order of "Returns"
};

const Contract& contract_of(const std::string& function) {
  static const std::vector<Contract> contracts = {
#include "contracts.inc"
  };
  const auto found = std::find_if(contracts.begin(), contracts.end(),
                                  [&](const Contract& one) { return one.function == function; });
  REQUIRE(found != contracts.end());
  return *found;
}

}  // namespace

TEST_CASE("precedence: of two errors in one call the first in the documented order is returned") {
  std::uint64_t pairs = 0;
  std::set<std::string> functions;
  // By the owner of the contract, whichever of its functions it was.
  std::map<std::string, std::set<std::string>> reached;
  std::map<std::string, std::set<std::string>> promised;
  for (const Make& make : scenes()) {
    const Scene right = make();
    CAPTURE(right.function);
    CHECK(met(right.call()) == LOWTIDE_OK);
    const Contract& contract = contract_of(right.function);
    const std::vector<std::string>& order = contract.statuses;
    std::size_t place = 0;
    for (std::size_t i = 0; i < right.faults.size(); ++i) {
      // What a fault gives is promised, and not before what the fault before it gives.
      const std::string name = lowtide_status_name(right.faults[i].status);
      const bool again = right.faults[i].of_another ||
                         (i != 0 && right.faults[i - 1].status == right.faults[i].status);
      if (!again) {
        while (place < order.size() && order[place] != name) ++place;
        CHECK_MESSAGE(place < order.size(), name << " is not promised at its place");
        ++place;
      }
      reached[contract.owner].insert(name);
      promised[contract.owner].insert(order.begin(), order.end());
      CAPTURE(i);
      const Scene one = make();
      one.faults[i].commit();
      CHECK(met(one.call()) == right.faults[i].status);
      for (std::size_t j = i + 1; j < right.faults.size(); ++j) {
        if (right.faults[i].slot != 0 && right.faults[i].slot == right.faults[j].slot) continue;
        CAPTURE(j);
        const Scene both = make();
        both.faults[j].commit();
        both.faults[i].commit();
        CHECK(both.call() == right.faults[i].status);
        ++pairs;
      }
    }
    functions.insert(right.function);
  }
  // Every status that a contract names can be had.
  for (const auto& [owner, names] : promised) CHECK(reached[owner] == names);
  exercised("functions whose statuses come in the order of the header", functions.size(),
            "functions", 41);
  exercised("pairs of faults in one call", pairs, "pairs", 400);
}
