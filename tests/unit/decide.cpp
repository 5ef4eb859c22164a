// SPDX-License-Identifier: Apache-2.0
// decide: the table of phases and events in docs/semantics.md, row by row. Every check also
// compares decide() with step().
#include <lowtide/decide.hpp>

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;
using std::chrono::minutes;

Amount amount(const char* text) { return Amount::parse(text).value(); }
Threshold threshold(const char* text) { return Threshold::parse(text).value(); }
Sequence sequence(std::int64_t value) { return Sequence::from(value).value(); }

// In most tests the alert fires at hour 0.
Instant hour(std::int64_t hours) {
  return Instant::from_seconds(1772352000 + hours * 3600).value();
}

Observation credit(const char* text, std::int64_t hours = 0) { return {amount(text), hour(hours)}; }

Alert enabled(const char* line, int count = 5) {
  Alert alert;
  (void)step(alert, Enable{threshold(line), hour(-1), Schedule::make(count).value()});
  return alert;
}

// An alert at threshold 100 that fired at hour 0 with Available Credit 50.
Alert fired(int count = 5) {
  Alert alert = enabled("100", count);
  (void)step(alert, credit("150", -1));
  (void)step(alert, credit("50"));
  return alert;
}

// Decides, and describes the whole decision in one line: "why phase: outputs".
template <class E>
std::string decision_on(Alert& alert, const E& event) {
  const Decision pure = decide(alert, event);
  const InPlaceDecision in_place = step(alert, event);
  CHECK(pure.alert == alert);
  CHECK(pure.why == in_place.why);
  CHECK(pure.outputs == in_place.outputs);
  CHECK(Alert::restore(alert.fields()).value() == alert);
  std::string text = std::string(name(in_place.why)) + " " + std::string(name(alert.phase())) + ":";
  for (const Output& output : in_place.outputs) {
    text += " " + std::string(name(output.kind));
    if (output.kind == OutputKind::remind)
      text += "-" + std::to_string(output.reminder) + "/" + std::to_string(output.skipped);
    if (output.reason) text += "(" + std::string(name(*output.reason)) + ")";
  }
  return text;
}

TEST_CASE("observe: a credit equal to the threshold is not below, to the last of eighteen places") {
  Alert alert = enabled("100");
  CHECK(decision_on(alert, credit("100.000000000000000001")) == "not_below armed:");
  CHECK(decision_on(alert, credit("100")) == "not_below armed:");
  CHECK(decision_on(alert, credit("99.999999999999999999")) == "fell_below alerting: fire");
}

TEST_CASE("observe: an account is overdue below zero, not at zero") {
  Alert alert = fired();
  CHECK(decision_on(alert, credit("0.000000000000000001", 1)) == "reminder_not_due alerting:");
  CHECK(decision_on(alert, credit("0", 1)) == "reminder_not_due alerting:");
  CHECK(decision_on(alert, credit("-0.000000000000000001", 1)) == "overdue quiet: stop(overdue)");
}

TEST_CASE("observe: each phase follows the table of the semantics") {
  struct Row {
    const char* about;
    Alert alert;
    Observation event;
    const char* decision;
  };
  Alert observed = enabled("100");
  (void)step(observed, Observation{amount("150"), hour(0), sequence(7)});
  Alert off;
  Alert overdue = fired();
  (void)step(overdue, credit("-5", 1));
  Alert rearmed = overdue;
  (void)step(rearmed, SetThreshold{threshold("200"), hour(2)});
  Alert waiting;
  (void)step(waiting, Enable{threshold("100"), hour(0), std::nullopt, IfBelow::recovery_first});
  const Row rows[] = {
      {"an older sequence", observed, {amount("50"), hour(1), sequence(6)}, "stale armed:"},
      {"the same sequence", observed, {amount("50"), hour(1), sequence(7)}, "stale armed:"},
      {"the next sequence",
       observed,
       {amount("50"), hour(1), sequence(8)},
       "fell_below alerting: fire"},
      {"no sequence", observed, {amount("50"), hour(1)}, "fell_below alerting: fire"},
      {"off", off, credit("50"), "off off:"},
      {"armed, unchanged", observed, credit("150"), "unchanged armed:"},
      {"armed, still above", observed, credit("151"), "not_below armed:"},
      {"armed, below zero at once", observed, credit("-1"), "fell_below quiet: fire stop(overdue)"},
      {"armed, a count of 0", enabled("100", 0), credit("50"),
       "fell_below quiet: fire stop(completed)"},
      {"armed, overdue comes before the count", enabled("100", 0), credit("-50"),
       "fell_below quiet: fire stop(overdue)"},
      {"armed, first ever observed", enabled("100"), credit("50"), "fell_below alerting: fire"},
      {"armed, low before", rearmed, credit("-4", 3),
       "changed_while_below quiet: fire stop(overdue)"},
      {"armed, low before and rising", rearmed, credit("150", 3),
       "changed_while_below alerting: fire"},
      {"armed, low before and unchanged", rearmed, credit("-5", 3), "unchanged armed:"},
      {"alerting, at the threshold", fired(), credit("100", 1), "recovered armed: stop(recovered)"},
      {"alerting, recovered when a reminder is due", fired(), credit("100", 24),
       "recovered armed: stop(recovered)"},
      {"alerting, overdue when a reminder is due", fired(), credit("-1", 24),
       "overdue quiet: stop(overdue)"},
      {"alerting, a second before the reminder",
       fired(),
       {amount("40"), Instant::from_seconds(hour(24).seconds() - 1).value()},
       "reminder_not_due alerting:"},
      {"alerting, at the reminder", fired(), credit("40", 24), "reminder_due alerting: remind-1/0"},
      {"alerting, unchanged at the reminder", fired(), credit("50", 24),
       "reminder_due alerting: remind-1/0"},
      {"alerting, at the third", fired(), credit("40", 72), "reminder_due alerting: remind-3/2"},
      {"alerting, at the last", fired(), credit("40", 143),
       "reminder_due quiet: remind-5/4 stop(completed)"},
      {"alerting, after the last day", fired(), credit("40", 144),
       "reminder_days_over quiet: stop(completed)"},
      {"alerting, before the fire", fired(), credit("40", -500), "reminder_not_due alerting:"},
      {"quiet, still below", overdue, credit("99", 2), "waiting_for_recovery quiet:"},
      {"quiet, at the threshold", overdue, credit("100", 2), "rearmed armed:"},
      {"quiet, never observed, low", waiting, credit("99", 2), "waiting_for_recovery quiet:"},
      {"quiet, never observed, not below", waiting, credit("100", 2), "rearmed armed:"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.about);
    Alert alert = row.alert;
    CHECK(decision_on(alert, row.event) == row.decision);
  }
  exercised("decisions on a balance", std::size(rows), "decisions");
}

TEST_CASE("observe: a stale observation changes no bit of the alert") {
  Alert alert = fired();
  (void)step(alert, Observation{amount("50"), hour(1), sequence(3)});
  const Alert before = alert;
  CHECK(decision_on(alert, Observation{amount("-50"), hour(100), sequence(3)}) ==
        "stale alerting:");
  CHECK(alert == before);
}

TEST_CASE("tick: sends reminders while alerting, and changes nothing in other phases") {
  Alert alert = fired(3);
  CHECK(decision_on(alert, Tick{hour(23)}) == "reminder_not_due alerting:");
  CHECK(decision_on(alert, Tick{hour(24)}) == "reminder_due alerting: remind-1/0");
  CHECK(decision_on(alert, Tick{hour(24)}) == "reminder_not_due alerting:");
  CHECK(decision_on(alert, Tick{hour(0)}) == "reminder_not_due alerting:");
  CHECK(decision_on(alert, Tick{hour(72)}) == "reminder_due quiet: remind-3/1 stop(completed)");
  CHECK(decision_on(alert, Tick{hour(96)}) == "nothing_pending quiet:");
  Alert late = fired(3);
  CHECK(decision_on(late, Tick{hour(96)}) == "reminder_days_over quiet: stop(completed)");
  Alert armed = enabled("100");
  CHECK(decision_on(armed, Tick{hour(96)}) == "nothing_pending armed:");
  Alert off;
  CHECK(decision_on(off, Tick{hour(96)}) == "nothing_pending off:");
}

TEST_CASE("settings: each phase follows the table of the semantics, and nothing fires") {
  const Schedule daily = Schedule::make(5, minutes(540), minutes(60)).value();
  struct Row {
    const char* about;
    Alert alert;
    AlertEvent event;
    const char* decision;
  };
  Alert low_off;
  (void)step(low_off, credit("50"));
  Alert above_off;
  (void)step(above_off, credit("100"));
  Alert low_armed = low_off;
  (void)step(low_armed, Enable{threshold("100"), hour(0)});
  Alert quiet = fired();
  (void)step(quiet, credit("-5", 1));
  Alert reminded = fired();
  (void)step(reminded, Tick{hour(48)});
  const auto keep = std::optional<Schedule>();
  const auto first = IfBelow::recovery_first;
  const auto count = [](int n) { return Schedule::make(n).value(); };
  const Row rows[] = {
      {"enable, never observed", Alert(), Enable{threshold("100"), hour(1)}, "enabled armed:"},
      {"enable, low", low_off, Enable{threshold("100"), hour(1)}, "enabled armed:"},
      {"enable, low, recovery first", low_off, Enable{threshold("100"), hour(1), keep, first},
       "enabled_waiting quiet:"},
      {"enable, at the threshold, recovery first", above_off,
       Enable{threshold("100"), hour(1), keep, first}, "enabled armed:"},
      {"enable, never observed, recovery first", Alert(),
       Enable{threshold("100"), hour(1), keep, first}, "enabled_waiting quiet:"},
      {"set while off", low_off, SetThreshold{threshold("7"), hour(1)}, "settings_changed off:"},
      {"set while off, the same", low_off, SetThreshold{threshold("0"), hour(1)},
       "settings_unchanged off:"},
      {"set while off, recovery first", low_off, SetThreshold{threshold("7"), hour(1), first},
       "settings_changed off:"},
      {"armed, another threshold", low_armed, SetThreshold{threshold("90"), hour(1)},
       "settings_changed armed:"},
      {"armed, the same", low_armed, SetThreshold{threshold("100"), hour(1)},
       "settings_unchanged armed:"},
      {"armed and low, recovery first", low_armed, SetThreshold{threshold("100"), hour(1), first},
       "waiting_for_recovery quiet:"},
      {"armed and not below, recovery first", low_armed,
       SetThreshold{threshold("50"), hour(1), first}, "settings_changed armed:"},
      {"armed, another count", low_armed, Enable{threshold("100"), hour(1), count(4)},
       "settings_changed armed:"},
      {"armed, another hour", low_armed, Enable{threshold("100"), hour(1), daily},
       "settings_changed armed:"},
      {"armed, another offset", low_armed,
       Enable{threshold("100"), hour(1), Schedule::make(5, std::nullopt, minutes(1)).value()},
       "settings_changed armed:"},
      {"armed, the same schedule", low_armed, Enable{threshold("100"), hour(1), count(5)},
       "settings_unchanged armed:"},
      {"alerting, still below", fired(), SetThreshold{threshold("51"), hour(1)},
       "settings_changed alerting:"},
      {"alerting, no longer below", fired(), SetThreshold{threshold("50"), hour(1)},
       "threshold_changed armed: stop(threshold_changed)"},
      {"alerting, no longer below, recovery first", fired(),
       SetThreshold{threshold("50"), hour(1), first},
       "threshold_changed armed: stop(threshold_changed)"},
      {"alerting, recovery first", fired(), SetThreshold{threshold("60"), hour(1), first},
       "settings_changed alerting:"},
      {"alerting, one more than sent", reminded, Enable{threshold("100"), hour(49), count(3)},
       "settings_changed alerting:"},
      {"alerting, as many as sent", reminded, Enable{threshold("100"), hour(49), count(2)},
       "reminders_reached quiet: stop(completed)"},
      {"alerting, fewer than sent", reminded, Enable{threshold("100"), hour(49), count(1)},
       "reminders_reached quiet: stop(completed)"},
      {"alerting, a count of 0", fired(), Enable{threshold("100"), hour(1), count(0)},
       "reminders_reached quiet: stop(completed)"},
      {"alerting, fewer and no longer below", reminded, Enable{threshold("50"), hour(49), count(1)},
       "threshold_changed armed: stop(threshold_changed)"},
      {"alerting, the same", fired(), Enable{threshold("100"), hour(1)},
       "settings_unchanged alerting:"},
      {"quiet, another threshold", quiet, SetThreshold{threshold("101"), hour(2)},
       "rearmed_by_threshold armed:"},
      {"quiet, another threshold, recovery first", quiet,
       SetThreshold{threshold("101"), hour(2), first}, "waiting_for_recovery quiet:"},
      {"quiet, the same", quiet, SetThreshold{threshold("100"), hour(2)},
       "settings_unchanged quiet:"},
      {"quiet, the same, recovery first", quiet, SetThreshold{threshold("100"), hour(2), first},
       "settings_unchanged quiet:"},
      {"quiet, another schedule", quiet, Enable{threshold("100"), hour(2), daily},
       "settings_changed quiet:"},
      {"disable, off", low_off, Disable{hour(2)}, "already_off off:"},
      {"disable, armed", low_armed, Disable{hour(2)}, "disabled off:"},
      {"disable, alerting", fired(), Disable{hour(2)}, "disabled off: stop(disabled)"},
      {"disable, quiet", quiet, Disable{hour(2)}, "disabled off:"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.about);
    Alert alert = row.alert;
    CHECK(decision_on(alert, row.event) == row.decision);
  }
  exercised("decisions on settings", std::size(rows), "decisions");
}

TEST_CASE("output: has all values that a message needs") {
  Alert alert = fired();
  (void)step(alert, Tick{hour(24)});
  const InPlaceDecision remind = step(alert, Tick{hour(72)});
  REQUIRE(remind.outputs.size() == 1);
  const Output& output = remind.outputs[0];
  CHECK(output.available_credit == amount("50"));
  CHECK(output.threshold == amount("100"));
  CHECK(output.at == hour(72));
  CHECK(output.fired_at == hour(0));
  CHECK(output.episode == 1);
  CHECK(output.kind == OutputKind::remind);
  CHECK(!output.reason);
  CHECK(output.reminder == 3);
  CHECK(output.skipped == 1);
  CHECK(output.reminders_sent == 2);

  const InPlaceDecision stop = step(alert, SetThreshold{threshold("40"), hour(73)});
  REQUIRE(stop.outputs.size() == 1);
  CHECK(stop.outputs[0].threshold == amount("40"));
  CHECK(stop.outputs[0].reason == StopReason::threshold_changed);
  CHECK(stop.outputs[0].reminders_sent == 2);
}

TEST_CASE("fire: begins a new episode without reminders") {
  Alert alert = fired();
  (void)step(alert, Tick{hour(24)});
  (void)step(alert, credit("100", 25));
  (void)step(alert, credit("70", 30));
  const AlertFields fields = alert.fields();
  CHECK(fields.episode == 2);
  CHECK(fields.fired_at == hour(30));
  CHECK(fields.last_reminder == 0);
  CHECK(fields.reminders_sent == 0);
  CHECK(!fields.stop_reason);
}

TEST_CASE("fire: the largest episode number stays") {
  Alert alert = fired();
  (void)step(alert, credit("100", 1));
  AlertFields fields = alert.fields();
  fields.episode = 4294967295;
  alert = Alert::restore(fields).value();
  CHECK(decision_on(alert, credit("50", 2)) == "fell_below alerting: fire");
  CHECK(alert.episode() == 4294967295U);
}

TEST_CASE("rebase: sets the last sequence and nothing else") {
  Alert alert = fired();
  (void)step(alert, Observation{amount("50"), hour(1), sequence(9)});
  AlertFields expected = alert.fields();
  expected.sequence = sequence(2);
  CHECK(rebase(alert, sequence(2)).fields() == expected);
  expected.sequence.reset();
  CHECK(rebase(alert, std::nullopt).fields() == expected);
}

TEST_CASE("why: every code has its own name and sentence") {
  std::set<std::string_view> names;
  std::set<std::string_view> sentences;
  for (unsigned value = 1; value <= 23; ++value) {
    const auto why = static_cast<Why>(value);
    CHECK(!name(why).empty());
    CHECK(sentence(why).size() > 10);
    CHECK(sentence(why).back() == '.');
    names.insert(name(why));
    sentences.insert(sentence(why));
  }
  CHECK(names.size() == 23);
  CHECK(sentences.size() == 23);
  CHECK(name(static_cast<Why>(0)).empty());
  CHECK(name(static_cast<Why>(24)).empty());
}

}  // namespace
