// SPDX-License-Identifier: Apache-2.0
// Decisions about one alert: wrong events, and that C and C++ decide the same.
#include <optional>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include <lowtide/alert.hpp>
#include <lowtide/balance.hpp>
#include <lowtide/decide.hpp>
#include <lowtide/key.hpp>

#include "calls.hpp"
#include "exercised.hpp"
#include "scale.hpp"
#include "values.hpp"

namespace {

using namespace capi;

lowtide::Amount cpp(const lowtide_amount& amount) {
  return lowtide::Amount::from_halves(amount.high, amount.low);
}

// Whether an output of C has the fields of one of C++.
bool agree(const lowtide_output& c, const lowtide::Output& output) {
  return c.struct_size == sizeof c && c.kind == static_cast<std::int32_t>(output.kind) &&
         cpp(c.available_credit) == output.available_credit &&
         cpp(c.threshold) == output.threshold && c.at == output.at.seconds() &&
         c.fired_at == output.fired_at.seconds() && c.episode == output.episode &&
         c.stop_reason == (output.reason ? static_cast<std::int32_t>(*output.reason) : 0) &&
         c.reminder == output.reminder && c.skipped == output.skipped &&
         c.reminders_sent == output.reminders_sent && c.reserved == 0;
}

}  // namespace

TEST_CASE("decide: wrong events are refused in the documented order, and change nothing") {
  const lowtide_alert alert = capi::alerting();
  const auto untouched = sized<lowtide_decision>();
  auto decision = untouched;
  lowtide_alert after{};
  auto observation = sized<lowtide_observation>();
  observation.cash_balance = observation.credit_limit = amount(most);
  observation.at = last_instant + 1;
  observation.sequence = 0;
  const auto observe = [&](std::uint32_t flags) {
    observation.flags = flags;
    return met(lowtide_alert_observe(&decision, &after, &alert, &observation));
  };
  for (const std::uint32_t flags : {0U, 3U, 4U, 7U, 8U, 9U, 10U, UINT32_MAX})
    CHECK(observe(flags) == LOWTIDE_FLAGS);
  CHECK(observe(5) == LOWTIDE_TIME_RANGE);
  for (const std::int64_t at : {std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    observation.at = at;
    CHECK(observe(5) == LOWTIDE_TIME_RANGE);
  }
  observation.at = last_instant;
  CHECK(observe(5) == LOWTIDE_SEQUENCE_RANGE);
  CHECK(observe(1) == LOWTIDE_OVERFLOW);
  observation.sequence = 1;
  CHECK(observe(5) == LOWTIDE_OVERFLOW);

  auto enable = sized<lowtide_enable>();
  const char* field = "";
  const auto turn_on = [&] {
    return met(lowtide_alert_enable(&decision, &after, &field, &alert, &enable));
  };
  enable.at = -1;
  enable.if_below = 2;
  for (const std::uint32_t flags : {2U, 4U, UINT32_MAX}) {
    enable.flags = flags;
    CHECK(turn_on() == LOWTIDE_FLAGS);
  }
  enable.flags = LOWTIDE_ENABLE_HAS_SCHEDULE | LOWTIDE_ENABLE_HAS_TIME_OF_DAY;
  CHECK(turn_on() == LOWTIDE_CODE);
  enable.if_below = LOWTIDE_IF_BELOW_RECOVERY_FIRST;
  CHECK(turn_on() == LOWTIDE_TIME_RANGE);
  enable.at = 0;
  enable.threshold.high = -1;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "threshold");
  enable.threshold.high = 0;
  enable.count = -1;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "count");
  enable.count = 0;
  enable.time_of_day = 1440;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "time_of_day");
  enable.time_of_day = 1439;
  enable.utc_offset = -1440;
  CHECK(turn_on() == LOWTIDE_OUT_OF_RANGE);
  CHECK(std::string(field) == "utc_offset");

  auto set = sized<lowtide_set_threshold>();
  const auto set_threshold = [&] {
    return met(lowtide_alert_set_threshold(&decision, &after, &alert, &set));
  };
  set.flags = 1;
  set.if_below = -1;
  set.at = -1;
  CHECK(set_threshold() == LOWTIDE_FLAGS);
  set.flags = 0;
  CHECK(set_threshold() == LOWTIDE_CODE);
  set.if_below = 0;
  set.reserved = 1;
  CHECK(set_threshold() == LOWTIDE_CODE);
  set.reserved = 0;
  CHECK(set_threshold() == LOWTIDE_TIME_RANGE);
  set.at = 0;
  set.threshold.high = -1;
  CHECK(set_threshold() == LOWTIDE_OUT_OF_RANGE);

  CHECK(lowtide_alert_tick(&decision, &after, &alert, -1) == LOWTIDE_TIME_RANGE);
  CHECK(lowtide_alert_disable(&decision, &after, &alert, INT64_MAX) == LOWTIDE_TIME_RANGE);
  CHECK(lowtide_alert_rebase(&after, &alert, -1) == LOWTIDE_SEQUENCE_RANGE);
  CHECK(same(after, lowtide_alert{}));
  CHECK(same(decision, untouched));
}

TEST_CASE("decide: outputs beyond output_count are not written") {
  auto decision = sized<lowtide_decision>();
  decision.outputs[0].kind = decision.outputs[1].kind = 77;
  lowtide_alert alert = alerting();
  lowtide_observation observation = an_observation("950", start + day);
  REQUIRE(lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK);
  CHECK(decision.output_count == 0);
  CHECK(decision.outputs[0].kind == 77);
  observation = an_observation("1000", start + day);
  REQUIRE(lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK);
  CHECK(decision.output_count == 1);
  CHECK(decision.outputs[0].kind == LOWTIDE_OUTPUT_STOP);
  CHECK(decision.outputs[0].struct_size == sizeof(lowtide_output));
  CHECK(decision.outputs[1].kind == 77);
  observation = an_observation("-1", start + day);
  REQUIRE(lowtide_alert_observe(&decision, &alert, &alert, &observation) == LOWTIDE_OK);
  CHECK(decision.output_count == 2);
  CHECK(decision.outputs[0].kind == LOWTIDE_OUTPUT_FIRE);
  CHECK(decision.outputs[1].kind == LOWTIDE_OUTPUT_STOP);
}

TEST_CASE("decide: C and C++ agree in long random lives, in place and aside") {
  using namespace lowtide;
  std::mt19937_64 random(11);
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  std::uint64_t outputs = 0;
  std::uint64_t disagreements = 0;
  const std::uint64_t lives = scaled(4'000);
  for (std::uint64_t life = 0; life < lives; ++life) {
    Alert expected;
    lowtide_alert alert{};
    lowtide_alert_init(&alert);
    std::int64_t now = start;
    for (int step_count = 0; step_count < 100; ++step_count) {
      now += static_cast<std::int64_t>(pick(144'000));
      const auto at = Instant::from_seconds(now).value();
      auto decision = sized<lowtide_decision>();
      lowtide_alert aside = alert;
      lowtide_alert* const after = pick(2) == 0 ? &alert : &aside;
      const char* field = "";
      const lowtide_amount value = amount(std::to_string(pick(8)));
      lowtide_status status = LOWTIDE_OK;
      InPlaceDecision expected_decision;
      switch (pick(8)) {
        case 0: {
          auto enable = sized<lowtide_enable>();
          enable.at = now;
          enable.threshold = value;
          enable.if_below = static_cast<std::int32_t>(pick(2));
          std::optional<Schedule> schedule;
          if (pick(2) == 0) {
            enable.flags = LOWTIDE_ENABLE_HAS_SCHEDULE;
            enable.count = static_cast<std::int32_t>(pick(7));
            enable.utc_offset = static_cast<std::int32_t>(pick(2879)) - 1439;
            std::optional<std::chrono::minutes> time_of_day;
            if (pick(2) == 0) {
              enable.flags |= LOWTIDE_ENABLE_HAS_TIME_OF_DAY;
              enable.time_of_day = static_cast<std::int32_t>(pick(1440));
              time_of_day = std::chrono::minutes(enable.time_of_day);
            }
            schedule =
                Schedule::make(enable.count, time_of_day, std::chrono::minutes(enable.utc_offset))
                    .value();
          }
          status = lowtide_alert_enable(&decision, after, &field, &alert, &enable);
          expected_decision =
              step(expected, Enable{Threshold::from(cpp(value)).value(), at, schedule,
                                    static_cast<IfBelow>(enable.if_below)});
          break;
        }
        case 1: {
          auto set = sized<lowtide_set_threshold>();
          set.at = now;
          set.threshold = value;
          set.if_below = static_cast<std::int32_t>(pick(2));
          status = lowtide_alert_set_threshold(&decision, after, &alert, &set);
          expected_decision = step(expected, SetThreshold{Threshold::from(cpp(value)).value(), at,
                                                          static_cast<IfBelow>(set.if_below)});
          break;
        }
        case 2:
          if (pick(4) != 0) continue;
          status = lowtide_alert_disable(&decision, after, &alert, now);
          expected_decision = step(expected, Disable{at});
          break;
        case 3:
          status = lowtide_alert_tick(&decision, after, &alert, now);
          expected_decision = step(expected, Tick{at});
          break;
        default: {
          auto observation = sized<lowtide_observation>();
          observation.at = now;
          Balance balance;
          // Sometimes an intermediate sum is out of range.
          if (pick(4) == 0) balance.cash_balance = balance.unsettled_current_month = Amount::max();
          balance.credit_limit = cpp(value);
          balance.unsettled_previous_months = Amount::from_halves(pick(16) == 0 ? 1 : 0, pick(3));
          observation.cash_balance = {balance.cash_balance.low, balance.cash_balance.high};
          observation.credit_limit = value;
          observation.unsettled_current_month = observation.cash_balance;
          observation.unsettled_previous_months = {balance.unsettled_previous_months.low,
                                                   balance.unsettled_previous_months.high};
          const Amount credit = available_credit(balance).value();
          observation.available_credit = {credit.low, credit.high};
          observation.flags = pick(2) == 0 ? LOWTIDE_OBSERVATION_HAS_BALANCE
                                           : LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
          std::optional<Sequence> sequence;
          if (pick(2) == 0) {
            observation.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE;
            observation.sequence = static_cast<std::int64_t>(1 + pick(100));
            sequence = Sequence::from(observation.sequence).value();
          }
          status = lowtide_alert_observe(&decision, after, &alert, &observation);
          expected_decision = step(expected, Observation{credit, at, sequence});
        }
      }
      alert = *after;
      bool alike = status == LOWTIDE_OK &&
                   decision.why == static_cast<std::int32_t>(expected_decision.why) &&
                   same(alert, std::bit_cast<lowtide_alert>(expected)) &&
                   decision.phase == static_cast<std::int32_t>(expected.phase()) &&
                   decision.output_count == expected_decision.outputs.size();
      for (std::size_t i = 0; alike && i < expected_decision.outputs.size(); ++i) {
        ++outputs;
        alike = agree(decision.outputs[i], expected_decision.outputs[i]);
        std::string key(LOWTIDE_KEY_SIZE, ' ');
        std::size_t size = 0;
        alike =
            alike &&
            lowtide_output_key(&size, key.data(), key.size(), &field, "a/b", 3, "low", 3,
                               &decision.outputs[i]) == LOWTIDE_OK &&
            key.substr(0, size) == output_key("a/b", "low", expected_decision.outputs[i]).value();
      }
      std::uint32_t present = 9;
      std::int64_t next = 0;
      alike = alike && lowtide_alert_next_reminder_at(&present, &next, &alert) == LOWTIDE_OK &&
              present == (expected.next_reminder_at() ? 1 : 0) &&
              (present == 0 || next == expected.next_reminder_at()->seconds());
      if (!alike) ++disagreements;
    }
  }
  CHECK(disagreements == 0);
  exercised("random lives on which C and C++ agree", lives, "lives", scaled(4'000));
  exercised("their outputs", outputs, "outputs", scaled(40'000));
}
