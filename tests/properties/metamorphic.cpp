// SPDX-License-Identifier: Apache-2.0
// Compares runs of the engine with each other: the same events later, with other amounts, with
// other ticks, or applied twice must have related results.
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "chance.hpp"
#include "engine.hpp"
#include "event.hpp"
#include "exercised.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)
using lowtide::Alert;
using lowtide::InPlaceDecision;
using lowtide::Output;
using lowtide::OutputKind;

constexpr std::int64_t day = 86400;
constexpr std::int64_t start = 1772438400;  // 2026-03-02T08:00:00Z

struct StoryOptions {
  std::int64_t least_credit = -30;  // with 0, nothing is ever overdue
  bool with_sequences = true;
};

// Random events of one account: settings now and then, observations around the threshold, and ticks
// around the reminder instants.
std::vector<Event> any_story(Chance& chance, std::size_t length, const StoryOptions& options = {}) {
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
        if (options.with_sequences && chance.one_in(2))
          place = last = std::max<std::int64_t>(1, last + chance.between(-1, 2));
        story.push_back(balance(clock, units(chance.between(options.least_credit, 40)), place));
        break;
      }
    }
  }
  return story;
}

struct Run {
  Alert alert;
  std::vector<InPlaceDecision> decisions;
};

Run run(const std::vector<Event>& story) {
  Run run;
  for (const Event& event : story) run.decisions.push_back(*apply(run.alert, event));
  return run;
}

// Checks that the decisions of `second` are those of `first` after `change` is applied to each
// output.
template <class Change>
void check_same_after(const Run& first, const Run& second, const Change& change) {
  for (std::size_t i = 0; i < first.decisions.size(); ++i) {
    const InPlaceDecision& a = first.decisions[i];
    const InPlaceDecision& b = second.decisions[i];
    bool same = a.why == b.why && a.outputs.size() == b.outputs.size();
    for (std::size_t n = 0; same && n < a.outputs.size(); ++n) {
      Output changed = a.outputs[n];
      change(changed);
      same = changed == b.outputs[n];
    }
    if (!same)
      FAIL("event " << i << " is decided as " << name(a.why) << " in the first run, and as "
                    << name(b.why) << " in the second");
  }
  CHECK(first.decisions.size() == second.decisions.size());
}

TEST_CASE("decide: adding a constant to all amounts changes no decision") {
  Chance chance(1);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t outputs = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    const std::int64_t more = chance.between(1, 1000000);
    const std::vector<Event> story = any_story(chance, 40, {.least_credit = 0});
    std::vector<Event> richer = story;
    for (Event& event : richer) event.amount = moved(event.amount, more);
    const Run first = run(story);
    check_same_after(first, run(richer), [&](Output& output) {
      output.available_credit = amount(moved(units(output.available_credit), more));
      output.threshold = amount(moved(units(output.threshold), more));
    });
    for (const InPlaceDecision& decision : first.decisions) outputs += decision.outputs.size();
  }
  exercised(at_scale("amounts moved by a constant").c_str(), stories, "stories of 40 events",
            scaled(20000));
  exercised(at_scale("amounts moved by a constant").c_str(), outputs, "outputs compared",
            scaled(100000));
}

TEST_CASE("decide: multiplying all amounts changes no decision") {
  Chance chance(2);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t outputs = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    // Large enough to use both halves of an amount.
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
    const Run first = run(story);
    check_same_after(first, run(other), [&](Output& output) {
      output.available_credit = amount(times(units(output.available_credit)));
      output.threshold = amount(times(units(output.threshold)));
    });
    for (const InPlaceDecision& decision : first.decisions) outputs += decision.outputs.size();
  }
  exercised(at_scale("amounts multiplied").c_str(), stories, "stories of 40 events", scaled(20000));
  exercised(at_scale("amounts multiplied").c_str(), outputs, "outputs compared", scaled(100000));
}

TEST_CASE("decide: moving all events by whole days changes no decision") {
  Chance chance(3);
  const std::uint64_t stories = scaled(50000);
  std::uint64_t outputs = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    const std::int64_t days = chance.between(-20000, 2900000);
    const std::vector<Event> story = any_story(chance, 40);
    std::vector<Event> later = story;
    for (Event& event : later) event.at += days * day;
    const Run first = run(story);
    const Run second = run(later);
    check_same_after(first, second, [&](Output& output) {
      output.at = instant(output.at.seconds() + days * day);
      output.fired_at = instant(output.fired_at.seconds() + days * day);
    });
    const auto next = first.alert.next_reminder_at();
    const auto next_later = second.alert.next_reminder_at();
    REQUIRE(next.has_value() == next_later.has_value());
    if (next) REQUIRE(next->seconds() + days * day == next_later->seconds());
    for (const InPlaceDecision& decision : first.decisions) outputs += decision.outputs.size();
  }
  exercised(at_scale("stories moved by days").c_str(), stories, "stories of 40 events",
            scaled(50000));
  exercised(at_scale("stories moved by days").c_str(), outputs, "outputs compared", scaled(250000));
}

// An alert in the middle of an episode.
Alert alerting(Chance& chance) {
  Alert alert;
  const Plan plan{chance.between(1, 8), chance.one_in(2) ? -1 : chance.between(0, 1439),
                  chance.between(-1439, 1439)};
  apply(alert, enable(start, units(10), plan));
  apply(alert, balance(start + chance.between(0, day), units(chance.between(0, 9))));
  return alert;
}

struct Ticked {
  Alert alert;
  std::int64_t reminders = 0;
  std::int64_t accounted = 0;  // reminders sent or skipped
  std::vector<std::int64_t> ks;
};

Ticked tick_at(Alert alert, const std::vector<std::int64_t>& instants) {
  Ticked ticked;
  for (const std::int64_t at : instants) {
    const InPlaceDecision decision = *apply(alert, tick(at));
    for (const Output& output : decision.outputs) {
      if (output.kind != OutputKind::remind) continue;
      ++ticked.reminders;
      ticked.accounted += 1 + output.skipped;
      ticked.ks.push_back(output.reminder);
    }
  }
  ticked.alert = alert;
  return ticked;
}

TEST_CASE("tick: more ticks send all that fewer ticks send, and lead to the same phase") {
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
    // Repeating earlier ticks in between changes nothing.
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

TEST_CASE("tick: ticks at each next_reminder_at send every reminder") {
  Chance chance(5);
  const std::uint64_t episodes = scaled(100000);
  std::uint64_t reminders = 0;
  for (std::uint64_t i = 0; i < episodes; ++i) {
    Alert alert = alerting(chance);
    const std::int64_t count = alert.schedule().count();
    std::int64_t k = 0;
    while (const auto next = alert.next_reminder_at()) {
      Alert early = alert;
      CHECK_UNARY(apply(early, tick(next->seconds() - 1))->why == lowtide::Why::reminder_not_due);
      const auto decision = apply(alert, tick(next->seconds()));
      ++k;
      const Output& output = decision->outputs[0];
      const bool as_expected = output.kind == OutputKind::remind && output.reminder == k &&
                               output.skipped == 0 && output.reminders_sent == k;
      if (!as_expected) FAIL("reminder " << k << " of " << count << " is wrong");
    }
    CHECK_UNARY(k == count);
    CHECK_UNARY(alert.phase() == lowtide::Phase::quiet);
    reminders += static_cast<std::uint64_t>(k);
  }
  exercised(at_scale("ticks on time").c_str(), reminders, "reminders", scaled(400000));
}

TEST_CASE("decide: step, decide and AlertEvent give equal bits") {
  Chance chance(6);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t steps = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    Alert alert;
    for (const Event& event : any_story(chance, 40)) {
      if (event.kind != Kind::balance) {
        apply(alert, event);
        continue;
      }
      const lowtide::Observation observation{amount(event.amount), instant(event.at),
                                             sequence(event.sequence)};
      Alert one = alert;
      const InPlaceDecision decision = step(one, observation);
      Alert other;
      std::memcpy(&other, &alert, sizeof alert);
      const InPlaceDecision same = step(other, lowtide::AlertEvent(observation));
      const lowtide::Decision pure = decide(alert, observation);
      CHECK_UNARY(std::memcmp(&one, &other, sizeof one) == 0);
      CHECK_UNARY(std::memcmp(&one, &pure.alert, sizeof one) == 0);
      CHECK_UNARY(decision == same);
      CHECK_UNARY((pure.why == decision.why && pure.outputs == decision.outputs));
      alert = one;
      ++steps;
    }
  }
  exercised(at_scale("equal bits").c_str(), steps, "changes decided three times", scaled(300000));
}

TEST_CASE("decide: alerts of one account do not affect each other") {
  Chance chance(7);
  const std::uint64_t accounts = scaled(10000);
  std::uint64_t steps = 0;
  for (std::uint64_t i = 0; i < accounts; ++i) {
    std::array<std::vector<Event>, 3> stories;
    for (auto& story : stories) story = any_story(chance, 40);
    std::array<Alert, 3> together;
    std::array<std::vector<InPlaceDecision>, 3> decisions;
    // The events of the three alerts in random order, as a host gets them.
    std::array<std::size_t, 3> at{};
    while (at[0] + at[1] + at[2] < 120) {
      const std::size_t which = chance.below(3);
      if (at[which] == 40) continue;
      decisions[which].push_back(*apply(together[which], stories[which][at[which]++]));
      ++steps;
    }
    for (std::size_t which = 0; which < 3; ++which) {
      const Run alone = run(stories[which]);
      CHECK_UNARY(alone.alert == together[which]);
      CHECK_UNARY(alone.decisions == decisions[which]);
    }
  }
  exercised(at_scale("alerts side by side").c_str(), steps, "steps", scaled(1000000));
}

TEST_CASE("decide: only the order of sequences matters, not their size") {
  Chance chance(8);
  const std::uint64_t stories = scaled(20000);
  std::uint64_t stale = 0;
  for (std::uint64_t i = 0; i < stories; ++i) {
    const std::vector<Event> story = any_story(chance, 40);
    std::vector<Event> stretched = story;
    const std::int64_t factor = chance.between(1, INT64_MAX / 100);
    for (Event& event : stretched) event.sequence *= factor;
    const Run first = run(story);
    check_same_after(first, run(stretched), [](Output&) {});
    for (const InPlaceDecision& decision : first.decisions)
      stale += decision.why == lowtide::Why::stale ? 1 : 0;
  }
  exercised(at_scale("sequences stretched").c_str(), stories, "stories of 40 events",
            scaled(20000));
  exercised(at_scale("sequences stretched").c_str(), stale, "stale changes", scaled(40000));
}

}  // namespace
