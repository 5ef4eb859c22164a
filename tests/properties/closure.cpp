// SPDX-License-Identifier: Apache-2.0
// Closure: compares engine and oracle on every transition between classes of alerts. The classes
// are finitely many, so this covers sequences of any length.
//
// Two alerts are in the same class if they have the same threshold, schedule, Available Credit,
// phase, k, reminders sent and stop reason, and also the same:
// - time of day (UTC) and local-day shift of the fire. The instants of all events are relative to
//   fired_at and to the reminders that follow from it. Moving a whole history by whole days moves
//   every output by as many days, and changes nothing else.
// - presence of a sequence. The events use sequences lower than, equal to and greater than the last
//   one, none, and rebases. Only the comparison matters, so two histories whose sequences compare
//   alike continue alike.
// - presence of an episode. Its number is counted and shown, but no decision depends on it.
//
// The classes are finitely many because thresholds, amounts, schedules and the times of day of
// fires come from the short lists below, k and the reminders sent are at most the largest count,
// and the rest is yes or no. The search starts from the new alert. It applies every event of the
// menu to one representative of each class, and ends when there is no new class. Then every
// sequence of such events, of any length, consists of transitions that were compared.
//
// The test also checks that the classes are not too coarse: a second representative of each class,
// reached on another path, must make the same transitions for the same reasons.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "chance.hpp"
#include "engine.hpp"
#include "event.hpp"
#include "exercised.hpp"
#include "oracle.hpp"
#include "transitions.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)
using lowtide::Alert;
using lowtide::AlertFields;
using lowtide::Phase;

constexpr std::int64_t day = 86400;
constexpr std::int64_t first_day = 20514 * day;  // 2026-03-02

// 23:50 is on the next local day in the east, 02:00 on the local day before in the west.
constexpr std::array<std::int64_t, 2> times_of_fires = {85800, 7200};
// With threshold 0, every episode is overdue at once. Around the other two there is every amount.
constexpr std::array<std::int64_t, 3> thresholds = {0, 3, 6};
constexpr std::array<std::int64_t, 10> credits = {-2, -1, 0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::array<std::int64_t, 3> counts = {0, 1, 3};  // and the 5 of a new alert
constexpr std::array<Plan, 3> plans = {{
    {.count = 0, .time_of_day = -1, .utc_offset = 0},
    {.count = 0, .time_of_day = 540, .utc_offset = 480},
    {.count = 0, .time_of_day = 540, .utc_offset = -300},
}};

// A scaled run uses all instants, but fewer settings.
std::span<const std::int64_t> used_thresholds() {
  return std::span(thresholds).first(test_scale() == 1 ? 3 : 2);
}
std::span<const std::int64_t> used_credits() {
  return std::span(credits).first(test_scale() == 1 ? 10 : 7);
}
std::span<const std::int64_t> used_counts() {
  return std::span(counts).first(test_scale() == 1 ? 3 : 2);
}

// Packs small numbers into 64 bits.
class Packed {
 public:
  void put(std::int64_t value, unsigned bits) {
    if (value < 0 || value >= (std::int64_t{1} << bits))
      FAIL("a value of a class does not fit into its key");
    key_ = (key_ << bits) | static_cast<std::uint64_t>(value);
  }
  std::uint64_t key() const { return key_; }

 private:
  std::uint64_t key_ = 0;
};

std::uint64_t class_of(const Alert& alert) {
  const AlertFields fields = alert.fields();
  Packed packed;
  packed.put(static_cast<std::int64_t>(fields.threshold.low), 3);
  packed.put(
      fields.available_credit ? static_cast<std::int64_t>(fields.available_credit->low + 2) : 15,
      4);
  packed.put(static_cast<std::int64_t>(fields.phase), 2);
  packed.put(fields.count, 3);
  packed.put(fields.time_of_day ? 1 : 0, 1);
  packed.put(fields.utc_offset.count() + 1439, 12);
  packed.put(fields.last_reminder, 3);
  packed.put(fields.reminders_sent, 3);
  packed.put(fields.stop_reason ? static_cast<std::int64_t>(*fields.stop_reason) : 0, 3);
  packed.put(fields.sequence ? 1 : 0, 1);
  packed.put(fields.episode != 0 ? 1 : 0, 1);
  const std::int64_t fired_at = fields.fired_at ? fields.fired_at->seconds() : 0;
  packed.put(fired_at % day, 17);
  packed.put(fields.fire_day ? fields.fire_day->time_since_epoch().count() - fired_at / day + 1 : 0,
             2);
  return packed.key();
}

// The instants that matter to an open episode: around the fire, around each reminder, and long
// after the last day.
std::vector<std::int64_t> instants_in_episode(const Alert& alert) {
  const AlertFields fields = alert.fields();
  const std::int64_t fired_at = fields.fired_at->seconds();
  std::vector<std::int64_t> instants = {fired_at - 1, fired_at, fired_at + 1};
  for (std::int64_t k = 1; k <= fields.count + 1; ++k) {
    const std::int64_t at =
        alert.schedule().reminder_at(k, *fields.fired_at, *fields.fire_day)->seconds();
    instants.insert(instants.end(), {at - 1, at, at + 1});
  }
  instants.push_back(instants.back() + 100 * day);
  return instants;
}

void add_numbered(std::vector<Event>& menu, const Alert& alert, std::int64_t at) {
  const auto last = alert.sequence();
  for (const std::int64_t credit :
       {std::int64_t{-1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{7}}) {
    if (last) {
      for (const std::int64_t by : {-1, 0, 1})
        menu.push_back(balance(at, units(credit), last->value() + by));
    } else {
      menu.push_back(balance(at, units(credit), 2));
    }
  }
  menu.push_back(rebase(at, 0));
  menu.push_back(rebase(at, last ? last->value() + 10 : 2));
}

void add_settings(std::vector<Event>& menu, std::int64_t at) {
  for (const std::int64_t threshold : used_thresholds()) {
    for (const bool recovery_first : {false, true}) {
      menu.push_back(set_threshold(at, units(threshold), recovery_first));
      menu.push_back(enable(at, units(threshold), recovery_first));
      for (Plan plan : plans) {
        for (const std::int64_t count : used_counts()) {
          plan.count = count;
          menu.push_back(enable(at, units(threshold), plan, recovery_first));
        }
      }
    }
  }
  menu.push_back(disable(at));
}

// All events that are applied to an alert. They depend only on its class, apart from whole days and
// the size of sequences.
std::vector<Event> menu_of(const Alert& alert) {
  std::vector<Event> menu;
  const AlertFields fields = alert.fields();
  const std::int64_t base = fields.fired_at ? fields.fired_at->seconds() / day * day : first_day;
  std::vector<std::int64_t> instants;
  if (fields.phase == Phase::alerting) {
    instants = instants_in_episode(alert);
  } else {
    for (const std::int64_t time : times_of_fires) instants.push_back(base + 2 * day + time);
  }
  for (const std::int64_t at : instants) {
    menu.push_back(tick(at));
    for (const std::int64_t credit : used_credits()) menu.push_back(balance(at, units(credit)));
  }
  if (fields.phase != Phase::alerting) menu.push_back(tick(base));
  const std::int64_t next =
      fields.phase == Phase::alerting ? alert.next_reminder_at()->seconds() : instants.front();
  add_numbered(menu, alert, next);
  add_settings(menu, next);
  return menu;
}

struct Node {
  Alert alert;
  Event event;  // that first led to it
  std::uint32_t parent = 0;
  Alert second;  // another representative, reached on another path
};

struct Search {
  std::vector<Node> nodes;
  std::unordered_map<std::uint64_t, std::uint32_t> classes;
  TransitionSet seen;
  std::uint64_t compared = 0;
  std::size_t longest = 0;

  History history_of(std::uint32_t node) {
    std::vector<Event> path;
    for (; node != 0; node = nodes[node].parent) path.push_back(nodes[node].event);
    longest = std::max(longest, path.size());
    History history;
    std::reverse(path.begin(), path.end());
    for (const Event& event : path) history.append(event);
    return history;
  }

  void visit(std::uint32_t index) {
    History history = history_of(index);
    const Alert before = nodes[index].alert;
    for (const Event& event : menu_of(before)) {
      Alert after = before;
      const auto decision = apply(after, event);
      const Answer& answer = history.append(event);
      std::string what = difference(after, decision, history, answer);
      if (what.empty()) what = check_storage(after);
      if (!what.empty())
        FAIL(what << "\nbefore " << describe(before.fields()) << "\nevent " << describe(event));
      if (decision) seen.set(number({before.phase(), after.phase(), decision->why}));
      history.remove_last();
      ++compared;
      const auto [found, is_new] =
          classes.try_emplace(class_of(after), static_cast<std::uint32_t>(nodes.size()));
      if (is_new) {
        nodes.push_back({after, event, index, after});
      } else if (Node& node = nodes[found->second]; node.second == node.alert) {
        node.second = after;
      }
    }
  }
};

// A number for a decision, without the values that the classes ignore.
std::uint64_t summary(const std::optional<lowtide::InPlaceDecision>& decision) {
  if (!decision) return 0;
  auto bits = static_cast<std::uint64_t>(decision->why);
  for (const lowtide::Output& output : decision->outputs) {
    bits = bits * 4 + static_cast<std::uint64_t>(output.kind);
    bits = bits * 8 + (output.reason ? static_cast<std::uint64_t>(*output.reason) : 0);
    bits = (bits * 8 + output.reminder) * 8 + output.skipped;
  }
  return bits;
}

TEST_CASE("oracle: the engine agrees on every transition between classes of alerts") {
  Search search;
  search.nodes.push_back({});
  search.classes.emplace(class_of(Alert{}), 0);
  for (std::uint32_t next = 0; next < search.nodes.size(); ++next) search.visit(next);

  const bool whole = test_scale() == 1;
  exercised(at_scale("closure").c_str(), search.nodes.size(), "classes", whole ? 10000 : 1000);
  exercised(at_scale("closure").c_str(), search.compared, "transitions compared",
            whole ? 1000000 : 50000);
  exercised(at_scale("closure").c_str(), search.longest,
            "events, the longest of the shortest paths", 4);
  exercised(at_scale("closure").c_str(), menu_of(search.nodes.back().alert).size(),
            "events tried on one class", 25);

  // All transitions of the table occur, and no others. So every reason occurs.
  exercised(at_scale("closure").c_str(), search.seen.count(),
            "kinds of transition (phase, phase, why)", transitions.size());
  CHECK(search.seen == allowed_transitions());
  std::bitset<24> codes;
  for (const Transition& transition : transitions) {
    if (search.seen.test(number(transition))) codes.set(static_cast<std::size_t>(transition.why));
  }
  exercised(at_scale("closure").c_str(), codes.count(), "codes of why", 23);

  std::uint64_t alike = 0;
  for (const Node& node : search.nodes) {
    if (node.second == node.alert) continue;
    const std::vector<Event> menu = menu_of(node.alert);
    const std::vector<Event> other_menu = menu_of(node.second);
    REQUIRE(menu.size() == other_menu.size());
    for (std::size_t i = 0; i < menu.size(); ++i) {
      Alert one = node.alert;
      Alert other = node.second;
      const std::uint64_t expected = summary(apply(one, menu[i]));
      if (expected != summary(apply(other, other_menu[i])) || class_of(one) != class_of(other)) {
        FAIL("two alerts of one class differ\nfrom " << describe(node.alert.fields()) << "\nand "
                                                     << describe(node.second.fields()) << "\nat "
                                                     << describe(menu[i]));
      }
      ++alike;
    }
  }
  exercised(at_scale("closure").c_str(), alike, "transitions of second representatives",
            whole ? 500000 : 20000);
}

}  // namespace
