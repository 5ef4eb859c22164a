// SPDX-License-Identifier: Apache-2.0
// What one run of the engine says about another: the same story told later, in other amounts, with
// other ticks, or twice.
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "chance.hpp"
#include "engine.hpp"
#include "event.hpp"
#include "exercised.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace): this file is one chapter of it
using lowtide::Alert;
using lowtide::InPlaceDecision;
using lowtide::Output;
using lowtide::OutputKind;

constexpr std::int64_t day = 86400;
constexpr std::int64_t start = 1772438400;  // 2026-03-02T08:00:00Z

struct Taste {
  std::int64_t least_credit = -30;  // 0: nothing is ever overdue
  bool numbered = true;
};

// A story of an account: settings now and then, changes around the threshold, and ticks around the
// reminder instants.
std::vector<Event> any_story(Chance& chance, std::size_t length, const Taste& taste = {}) {
  std::vector<Event> story;
  std::int64_t clock = start + chance.between(0, day);
  std::int64_t last = 0;
  const auto any_plan = [&] {
    return Plan{chance.between(0, 4), chance.one_in(2) ? -1 : chance.between(0, 1439),
                chance.between(-1439, 1439)};
  };
  story.push_back(enable(clock, units(chance.between(0, 30)), any_plan(), chance.one_in(4)));
  while (story.size() < length) {
    clock += chance.one_in(3) ? day : chance.between(-3600, 32400);
    const bool recovery_first = chance.one_in(3);
    switch (chance.below(14)) {
      case 0:
        story.push_back(enable(clock, units(chance.between(0, 30)), any_plan(), recovery_first));
        break;
      case 1:
        story.push_back(set_threshold(clock, units(chance.between(0, 30)), recovery_first));
        break;
      case 2:
        story.push_back(chance.one_in(3)
                            ? disable(clock)
                            : enable(clock, units(chance.between(0, 30)), recovery_first));
        break;
      case 3:
      case 4:
      case 5:
      case 6: story.push_back(tick(clock)); break;
      default: {
        std::int64_t place = 0;
        if (taste.numbered && chance.one_in(2))
          place = last = std::max<std::int64_t>(1, last + chance.between(-1, 2));
        story.push_back(balance(clock, units(chance.between(taste.least_credit, 40)), place));
        break;
      }
    }
  }
  return story;
}

struct Run {
  Alert alert;
  std::vector<InPlaceDecision> outcomes;
};

Run run(const std::vector<Event>& story) {
  Run run;
  for (const Event& event : story) run.outcomes.push_back(*happen(run.alert, event));
  return run;
}

// The run with `change` applied to what its outputs and its fields show.
template <class Change>
void check_same_after(const Run& told, const Run& retold, const Change& change) {
  for (std::size_t i = 0; i < told.outcomes.size(); ++i) {
    const InPlaceDecision& a = told.outcomes[i];
    const InPlaceDecision& b = retold.outcomes[i];
    bool same = a.why == b.why && a.outputs.size() == b.outputs.size();
    for (std::size_t n = 0; same && n < a.outputs.size(); ++n) {
      Output changed = a.outputs[n];
      change(changed);
      same = changed == b.outputs[n];
    }
    if (!same)
      FAIL("event " << i << " of the story means " << name(a.why) << ", and " << name(b.why)
                    << " when told otherwise");
  }
  CHECK(told.outcomes.size() == retold.outcomes.size());
}

TEST_CASE("the same amounts above 0 by a constant mean the same") {
  Chance chance(1);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t outputs = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    const std::int64_t more = chance.between(1, 1000000);
    const std::vector<Event> story = any_story(chance, 40, {.least_credit = 0});
    std::vector<Event> richer = story;
    for (Event& event : richer) event.amount = moved(event.amount, more);
    const Run told = run(story);
    check_same_after(told, run(richer), [&](Output& output) {
      output.available_credit = amount(moved(units(output.available_credit), more));
      output.threshold = amount(moved(units(output.threshold), more));
    });
    for (const InPlaceDecision& outcome : told.outcomes) outputs += outcome.outputs.size();
  }
  exercised(at_scale("amounts moved by a constant").c_str(), stories, "stories of 40 events",
            scaled(20000));
  exercised(at_scale("amounts moved by a constant").c_str(), outputs, "outputs compared",
            scaled(100000));
}

TEST_CASE("amounts in a smaller currency mean the same") {
  Chance chance(2);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t outputs = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    // The multiples take up both halves of an amount.
    const std::int64_t factor = chance.between(1, INT64_MAX / 100);
    const auto times = [&](Units value) {
      Units sum;
      const auto count = static_cast<std::int64_t>(value.low);
      for (std::int64_t n = 0; n < (count < 0 ? -count : count); ++n) {
        for (int eighths = 0; eighths < 8; ++eighths)
          sum = moved(sum, count < 0 ? -factor : factor);
      }
      return sum;
    };
    const std::vector<Event> story = any_story(chance, 40);
    std::vector<Event> other = story;
    for (Event& event : other) event.amount = times(event.amount);
    const Run told = run(story);
    check_same_after(told, run(other), [&](Output& output) {
      output.available_credit = amount(times(units(output.available_credit)));
      output.threshold = amount(times(units(output.threshold)));
    });
    for (const InPlaceDecision& outcome : told.outcomes) outputs += outcome.outputs.size();
  }
  exercised(at_scale("amounts multiplied").c_str(), stories, "stories of 40 events", scaled(20000));
  exercised(at_scale("amounts multiplied").c_str(), outputs, "outputs compared", scaled(100000));
}

TEST_CASE("the same story whole days later means the same, whole days later") {
  Chance chance(3);
  const std::uint64_t stories = scaled(50000);
  std::uint64_t outputs = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    const std::int64_t days = chance.between(-20000, 2900000);
    const std::vector<Event> story = any_story(chance, 40);
    std::vector<Event> later = story;
    for (Event& event : later) event.at += days * day;
    const Run told = run(story);
    const Run retold = run(later);
    check_same_after(told, retold, [&](Output& output) {
      output.at = instant(output.at.seconds() + days * day);
      output.fired_at = instant(output.fired_at.seconds() + days * day);
    });
    const auto next = told.alert.next_reminder_at();
    const auto next_later = retold.alert.next_reminder_at();
    REQUIRE(next.has_value() == next_later.has_value());
    if (next) REQUIRE(next->seconds() + days * day == next_later->seconds());
    for (const InPlaceDecision& outcome : told.outcomes) outputs += outcome.outputs.size();
  }
  exercised(at_scale("stories moved by days").c_str(), stories, "stories of 40 events",
            scaled(50000));
  exercised(at_scale("stories moved by days").c_str(), outputs, "outputs compared", scaled(250000));
}

// An alert in mid-episode, with some reminders sent.
Alert alerting(Chance& chance) {
  Alert alert;
  const Plan plan{chance.between(1, 8), chance.one_in(2) ? -1 : chance.between(0, 1439),
                  chance.between(-1439, 1439)};
  happen(alert, enable(start, units(10), plan));
  happen(alert, balance(start + chance.between(0, day), units(chance.between(0, 9))));
  return alert;
}

struct Ticked {
  Alert alert;
  std::int64_t reminders = 0;
  std::int64_t accounted = 0;  // sent and skipped
  std::vector<std::int64_t> ks;
};

Ticked tick_at(Alert alert, const std::vector<std::int64_t>& instants) {
  Ticked ticked;
  for (const std::int64_t at : instants) {
    const InPlaceDecision outcome = *happen(alert, tick(at));
    for (const Output& output : outcome.outputs) {
      if (output.kind != OutputKind::remind) continue;
      ++ticked.reminders;
      ticked.accounted += 1 + output.skipped;
      ticked.ks.push_back(output.reminder);
    }
  }
  ticked.alert = alert;
  return ticked;
}

TEST_CASE("more ticks never send less, send what fewer ticks send, and leave the same phase") {
  Chance chance(4);
  const std::uint64_t episodes = scaled(300000);
  std::uint64_t split_more = 0;
  for (std::uint64_t i = 0; i < episodes; ++i) {
    const Alert alert = alerting(chance);
    std::vector<std::int64_t> all(8);
    for (std::int64_t& at : all) at = start + chance.between(0, 12 * day);
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> few;
    for (const std::int64_t at : all) {
      if (chance.one_in(2)) few.push_back(at);
    }
    few.push_back(all.back());
    const Ticked often = tick_at(alert, all);
    const Ticked rarely = tick_at(alert, few);
    CHECK_UNARY(often.reminders >= rarely.reminders);
    CHECK_UNARY(
        std::includes(often.ks.begin(), often.ks.end(), rarely.ks.begin(), rarely.ks.end()));
    CHECK_UNARY(often.alert.phase() == rarely.alert.phase());
    CHECK_UNARY(often.accounted >= rarely.accounted);
    CHECK_UNARY(often.accounted == (often.ks.empty() ? 0 : often.ks.back()));
    CHECK_UNARY(rarely.accounted == (rarely.ks.empty() ? 0 : rarely.ks.back()));
    // Ticks that are told again in between, late or early, change nothing.
    std::vector<std::int64_t> again;
    for (std::size_t n = 0; n < all.size(); ++n) {
      for (std::size_t m = 0; m <= n; ++m) again.push_back(all[m]);
      again.push_back(all[n]);
    }
    CHECK_UNARY(tick_at(alert, again).alert == often.alert);
    split_more += often.reminders > rarely.reminders ? 1 : 0;
  }
  exercised(at_scale("ticks joined and split").c_str(), episodes, "episodes", scaled(300000));
  exercised(at_scale("ticks joined and split").c_str(), split_more, "episodes in which it mattered",
            scaled(20000));
}

TEST_CASE("a tick at each next_reminder_at sends every reminder, none skipped") {
  Chance chance(5);
  const std::uint64_t episodes = scaled(100000);
  std::uint64_t reminders = 0;
  for (std::uint64_t i = 0; i < episodes; ++i) {
    Alert alert = alerting(chance);
    const std::int64_t count = alert.schedule().count();
    std::int64_t k = 0;
    while (const auto next = alert.next_reminder_at()) {
      Alert early = alert;
      CHECK_UNARY(happen(early, tick(next->seconds() - 1))->why == lowtide::Why::reminder_not_due);
      const auto outcome = happen(alert, tick(next->seconds()));
      ++k;
      const Output& output = outcome->outputs[0];
      const bool as_expected = output.kind == OutputKind::remind && output.reminder == k &&
                               output.skipped == 0 && output.reminders_sent == k;
      if (!as_expected) FAIL("reminder " << k << " of " << count << " went out wrong");
    }
    CHECK_UNARY(k == count);
    CHECK_UNARY(alert.phase() == lowtide::Phase::quiet);
    reminders += static_cast<std::uint64_t>(k);
  }
  exercised(at_scale("ticks on time").c_str(), reminders, "reminders", scaled(400000));
}

TEST_CASE("equal alerts and events give equal bits, by step, by decide and by an Event") {
  Chance chance(6);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t steps = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    Alert alert;
    for (const Event& event : any_story(chance, 40)) {
      if (event.kind != Kind::balance) {
        happen(alert, event);
        continue;
      }
      const lowtide::Observation change{amount(event.amount), instant(event.at),
                                        sequence(event.sequence)};
      Alert one = alert;
      const InPlaceDecision outcome = step(one, change);
      Alert other;
      std::memcpy(&other, &alert, sizeof alert);
      const InPlaceDecision same = step(other, lowtide::AlertEvent(change));
      const lowtide::Decision decision = decide(alert, change);
      CHECK_UNARY(std::memcmp(&one, &other, sizeof one) == 0);
      CHECK_UNARY(std::memcmp(&one, &decision.alert, sizeof one) == 0);
      CHECK_UNARY(outcome == same);
      CHECK_UNARY((decision.why == outcome.why && decision.outputs == outcome.outputs));
      alert = one;
      ++steps;
    }
  }
  exercised(at_scale("equal bits").c_str(), steps, "changes decided three times", scaled(300000));
}

TEST_CASE("alerts of one account do not mind each other") {
  Chance chance(7);
  const std::uint64_t accounts = scaled(10000);
  std::uint64_t steps = 0;
  for (std::uint64_t i = 0; i < accounts; ++i) {
    std::array<std::vector<Event>, 3> stories;
    for (auto& story : stories) story = any_story(chance, 40);
    std::array<Alert, 3> together;
    std::array<std::vector<InPlaceDecision>, 3> outcomes;
    // One after the other in random order, as a host meets them.
    std::array<std::size_t, 3> at{};
    while (at[0] + at[1] + at[2] < 120) {
      const std::size_t which = chance.below(3);
      if (at[which] == 40) continue;
      outcomes[which].push_back(*happen(together[which], stories[which][at[which]++]));
      ++steps;
    }
    for (std::size_t which = 0; which < 3; ++which) {
      const Run alone = run(stories[which]);
      CHECK_UNARY(alone.alert == together[which]);
      CHECK_UNARY(alone.outcomes == outcomes[which]);
    }
  }
  exercised(at_scale("alerts side by side").c_str(), steps, "steps", scaled(1000000));
}

TEST_CASE("the size of sequences does not matter, only their order") {
  Chance chance(8);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t stale = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    const std::vector<Event> story = any_story(chance, 40);
    std::vector<Event> stretched = story;
    const std::int64_t factor = chance.between(1, INT64_MAX / 100);
    for (Event& event : stretched) event.sequence *= factor;
    const Run told = run(story);
    check_same_after(told, run(stretched), [](Output&) {});
    for (const InPlaceDecision& outcome : told.outcomes)
      stale += outcome.why == lowtide::Why::stale ? 1 : 0;
  }
  exercised(at_scale("sequences stretched").c_str(), stories, "stories of 40 events",
            scaled(20000));
  exercised(at_scale("sequences stretched").c_str(), stale, "stale changes", scaled(40000));
}

}  // namespace
