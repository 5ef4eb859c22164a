// SPDX-License-Identifier: Apache-2.0
// Alert: its fields, its invariants, and the names of phases and stop reasons.
#include <lowtide/alert.hpp>

#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "alert_fields.hpp"
#include "exercised.hpp"

namespace {

using namespace alert_fields;  // NOLINT(google-build-using-namespace)

TEST_CASE("restore: fields that break an invariant are refused, with the name of the field") {
  struct Row {
    const char* about;
    std::function<AlertFields()> base;
    std::function<void(AlertFields&)> change;
    const char* field;  // nullptr: allowed
    ErrorCode code;
  };
  const auto bad = ErrorCode::inconsistent;
  const auto range = ErrorCode::out_of_range;
  const Row rows[] = {
      {"unchanged", alerting, [](auto&) {}, nullptr, bad},
      {"negative threshold", armed, [](auto& f) { f.threshold = amount("-1"); }, "threshold",
       range},
      {"count", armed, [](auto& f) { f.count = 256; }, "count", range},
      {"negative count", armed, [](auto& f) { f.count = -1; }, "count", range},
      {"time of day", armed, [](auto& f) { f.time_of_day = minutes(1440); }, "time_of_day", range},
      {"offset", armed, [](auto& f) { f.utc_offset = minutes(-1440); }, "utc_offset", range},
      {"phase", armed, [](auto& f) { f.phase = static_cast<Phase>(4); }, "phase", range},
      {"episode", quiet, [](auto& f) { f.episode = 4294967296; }, "episode", range},
      {"negative episode", quiet, [](auto& f) { f.episode = -1; }, "episode", range},
      {"last reminder", quiet, [](auto& f) { f.last_reminder = 256; }, "last_reminder", range},
      {"reminders sent", quiet, [](auto& f) { f.reminders_sent = 256; }, "reminders_sent", range},
      {"unknown stop reason", quiet, [](auto& f) { f.stop_reason = static_cast<StopReason>(6); },
       "stop_reason", range},
      {"zero stop reason", quiet, [](auto& f) { f.stop_reason = static_cast<StopReason>(0); },
       "stop_reason", range},
      {"fire day two later", alerting, [](auto& f) { *f.fire_day += std::chrono::days(1); },
       "fire_day", range},
      {"fire day one earlier", alerting, [](auto& f) { *f.fire_day -= std::chrono::days(2); },
       nullptr, range},
      {"fire day two earlier", alerting, [](auto& f) { *f.fire_day -= std::chrono::days(3); },
       "fire_day", range},
      {"fire day far away", alerting, [](auto& f) { f.fire_day = day(-32767, 1, 1); }, "fire_day",
       range},
      {"the earliest possible fire day", alerting,
       [](auto& f) { f.fire_day = std::chrono::local_days::min(); }, "fire_day", range},
      {"the latest possible fire day", alerting,
       [](auto& f) { f.fire_day = std::chrono::local_days::max(); }, "fire_day", range},
      {"fired in episode 0", armed, [](auto& f) { f.fired_at = Instant(); }, "fired_at", bad},
      {"never fired in episode 3", alerting, [](auto& f) { f.fired_at.reset(); }, "fired_at", bad},
      {"fire day without a fire", armed, [](auto& f) { f.fire_day = day(2026, 3, 1); }, "fire_day",
       bad},
      {"fire without its day", alerting, [](auto& f) { f.fire_day.reset(); }, "fire_day", bad},
      {"alerting and never fired", armed, [](auto& f) { f.phase = Phase::alerting; }, "phase", bad},
      {"reminded and never fired", armed, [](auto& f) { f.last_reminder = 1; }, "last_reminder",
       bad},
      {"sent and never fired", armed, [](auto& f) { f.reminders_sent = 1; }, "reminders_sent", bad},
      {"stopped and never fired", armed, [](auto& f) { f.stop_reason = StopReason::recovered; },
       "stop_reason", bad},
      {"fired and never observed", off, [](auto& f) { f.available_credit.reset(); }, "episode",
       bad},
      {"more reminders sent than the number of the last", alerting,
       [](auto& f) { f.reminders_sent = 3; }, "reminders_sent", bad},
      {"a last reminder, but none sent", alerting, [](auto& f) { f.reminders_sent = 0; },
       "reminders_sent", bad},
      {"no last reminder, but one sent", alerting, [](auto& f) { f.last_reminder = 0; },
       "reminders_sent", bad},
      {"alerting at zero", alerting, [](auto& f) { f.available_credit = amount("0"); }, nullptr,
       bad},
      {"alerting while overdue", alerting, [](auto& f) { f.available_credit = amount("-1e-18"); },
       "available_credit", bad},
      {"alerting just below", alerting,
       [](auto& f) { f.available_credit = amount("999.999999999999999999"); }, nullptr, bad},
      {"alerting at the threshold", alerting, [](auto& f) { f.available_credit = amount("1000"); },
       "available_credit", bad},
      {"alerting with one reminder left", alerting, [](auto& f) { f.last_reminder = 4; }, nullptr,
       bad},
      {"alerting with no reminder left", alerting, [](auto& f) { f.last_reminder = 5; },
       "last_reminder", bad},
      {"alerting and stopped", alerting, [](auto& f) { f.stop_reason = StopReason::recovered; },
       "stop_reason", bad},
      {"fired and not stopped", quiet, [](auto& f) { f.stop_reason.reset(); }, "stop_reason", bad},
      {"quiet at the threshold", quiet,
       [](auto& f) { f.threshold = amount("0"), f.available_credit = amount("0"); },
       "available_credit", bad},
      {"quiet and never observed", fresh, [](auto& f) { f.phase = Phase::quiet; }, nullptr, bad},
      {"quiet, observed, never fired", armed,
       [](auto& f) { f.phase = Phase::quiet, f.available_credit = amount("999"); }, nullptr, bad},
      {"a sequence without an observation", fresh,
       [](auto& f) { f.sequence = Sequence::from(1).value(); }, nullptr, bad},
      {"more reminders than the count, after the episode", quiet, [](auto& f) { f.count = 1; },
       nullptr, bad},
  };
  for (const Row& row : rows) {
    CAPTURE(row.about);
    AlertFields fields = row.base();
    row.change(fields);
    const Result<Alert> alert = Alert::restore(fields);
    REQUIRE(alert.has_value() == (row.field == nullptr));
    if (alert) {
      CHECK(alert->fields() == fields);
      CHECK(Alert::decode(alert->encode().bytes()).value() == *alert);
    } else {
      CHECK(std::string(alert.error().field) == row.field);
      CHECK(alert.error().code == row.code);
      CHECK(std::string(alert.error().rule).size() > 5);
    }
  }
  exercised("invariants of an alert", std::size(rows), "sets of fields");
}

TEST_CASE("alert: a new one is off and has what was observed of its account") {
  CHECK(Alert().fields() == AlertFields{});
  const Alert known = Alert::on_account(amount("50"), Sequence::from(7).value());
  CHECK(known.available_credit() == amount("50"));
  CHECK(known.sequence() == Sequence::from(7).value());
  CHECK(known.phase() == Phase::off);
  CHECK(Alert::on_account(std::nullopt, std::nullopt) == Alert());
}

TEST_CASE("alert: has a next reminder only while alerting") {
  CHECK(to_text(Alert::restore(alerting()).value().next_reminder_at().value()) ==
        "2026-03-05T01:00:00Z");
  for (const auto& fields : {fresh(), armed(), quiet(), off()})
    CHECK(!Alert::restore(fields).value().next_reminder_at());
  AlertFields at_the_end = alerting();
  at_the_end.fired_at = instant("9999-12-31T00:00:00Z");
  at_the_end.fire_day = day(9999, 12, 31);
  CHECK(!Alert::restore(at_the_end).value().next_reminder_at());
}

TEST_CASE("alert: phases and stop reasons are found by name") {
  for (unsigned value = 0; value < 4; ++value)
    CHECK(phase_named(name(static_cast<Phase>(value))) == static_cast<Phase>(value));
  for (unsigned value = 1; value < 6; ++value) {
    CHECK(stop_reason_named(name(static_cast<StopReason>(value))) ==
          static_cast<StopReason>(value));
  }
  CHECK(!phase_named("Armed"));
  CHECK(!phase_named(""));
  CHECK(!stop_reason_named(""));
}

TEST_CASE("alert: a threshold is 0 or more, a sequence 1 or more") {
  CHECK(Threshold::parse("0"));
  CHECK(Threshold::parse("-0"));
  CHECK(Threshold::parse("-0.000000000000000001").error().code == ErrorCode::out_of_range);
  CHECK(Threshold::parse("1,5").error().code == ErrorCode::malformed);
  CHECK(std::string(Threshold::parse("1,5").error().field) == "threshold");
  CHECK(!Sequence::from(0));
  CHECK(!Sequence::from(-1));
  CHECK(Sequence::from(1));
  CHECK(Sequence::from(INT64_MAX));
}

}  // namespace
