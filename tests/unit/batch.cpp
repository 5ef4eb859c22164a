// SPDX-License-Identifier: Apache-2.0
// Batch: the C++ entry points decide the same as single steps. How a batch handles memory and
// invalid arguments is tested through the C ABI.
#include <array>
#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <lowtide/batch.hpp>

#include "exercised.hpp"
#include "scale.hpp"

namespace {

using namespace lowtide;

constexpr std::int64_t start = 1772352000;
constexpr std::int64_t eight_days = 691200;

Amount whole(std::int64_t units) { return Amount::from_number(units, 0).value(); }

struct Chance {
  std::mt19937_64 engine;
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(n));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
};

Alert some_alert(Chance& chance) {
  const auto at = Instant::from_seconds(start).value();
  Alert alert;
  if (chance.one_in(8)) return alert;
  (void)step(alert, Enable{Threshold::from(whole(chance.below(5))).value(), at});
  const std::int64_t observations = chance.below(4);
  for (std::int64_t i = 0; i < observations; ++i) {
    (void)step(alert, Observation{whole(chance.below(7) - 1), at, Sequence::from(i + 1).value()});
  }
  return alert;
}

BatchObservation some_observation(Chance& chance) {
  BatchObservation observation;
  observation.at = chance.one_in(20) ? chance.below(3) - 2 : start + chance.below(eight_days);
  observation.sequence = chance.one_in(3) ? chance.below(6) - 1 : 10;
  observation.balance.cash_balance = whole(chance.below(7) - 1);
  if (chance.one_in(20)) observation.balance.credit_limit = Amount::max();
  if (chance.one_in(2))
    observation.balance.unsettled_current_month = observation.balance.credit_limit;
  return observation;
}

struct World {
  std::vector<Alert> alerts;
  std::vector<std::uint64_t> index;
  std::vector<BatchResult> results;
  std::vector<BatchDecision> decisions;

  Batch batch(std::span<BatchDecision> room) { return {alerts, index, results, room, 0}; }
};

World some_world(Chance& chance) {
  World world;
  world.results.resize(1 + static_cast<std::size_t>(chance.below(30)));
  world.alerts.resize(world.results.size());
  for (Alert& alert : world.alerts) alert = some_alert(chance);
  if (chance.one_in(2)) {
    for (std::size_t i = 0; i < world.results.size(); ++i) {
      world.index.push_back(static_cast<std::uint64_t>(
          chance.below(static_cast<std::int64_t>(world.alerts.size()) + 1)));
    }
  }
  return world;
}

// The same world after single steps. `event(i)` returns the event of element i with status ok, or
// the status that it must get.
template <class Event>
World one_by_one(const World& before, Event event) {
  World world = before;
  for (std::size_t i = 0; i < world.results.size(); ++i) {
    BatchResult& result = world.results[i];
    result = {};
    const std::size_t which = world.index.empty() ? i : world.index[i];
    if (which >= world.alerts.size()) {
      result.status = BatchStatus::no_such_alert;
      continue;
    }
    const auto [status, one] = event(i);
    result.status = status;
    if (status != BatchStatus::ok) continue;
    const InPlaceDecision decision = step(world.alerts[which], one);
    result.why = decision.why;
    result.phase = world.alerts[which].phase();
    result.output_count = static_cast<std::uint8_t>(decision.outputs.size());
    if (!decision.outputs.empty()) world.decisions.push_back({i, decision.why, decision.outputs});
  }
  return world;
}

template <class Call>
void play(World& world, std::size_t room, Call call) {
  std::vector<BatchDecision> decisions(room);
  Batch batch = world.batch(decisions);
  for (;;) {
    const BatchReport report = call(batch);
    world.decisions.insert(world.decisions.end(), decisions.begin(),
                           decisions.begin() + static_cast<std::ptrdiff_t>(report.decisions));
    if (report.done == world.results.size()) return;
    REQUIRE(report.done > batch.first);
    batch.first = report.done;
  }
}

bool same(const World& a, const World& b) {
  if (a.alerts != b.alerts || a.results != b.results || a.decisions.size() != b.decisions.size())
    return false;
  for (std::size_t i = 0; i < a.decisions.size(); ++i) {
    const BatchDecision& x = a.decisions[i];
    const BatchDecision& y = b.decisions[i];
    if (x.element != y.element || x.why != y.why || !(x.outputs == y.outputs)) return false;
  }
  return true;
}

std::pair<BatchStatus, Observation> event_of(const BatchObservation& observation) {
  const auto at = Instant::from_seconds(observation.at);
  if (!at) return {BatchStatus::time_range, {}};
  if (observation.sequence < 0) return {BatchStatus::sequence_range, {}};
  const auto credit = available_credit(observation.balance);
  if (!credit) return {BatchStatus::overflow, {}};
  Observation event{*credit, *at};
  if (observation.sequence > 0) event.sequence = Sequence::from(observation.sequence).value();
  return {BatchStatus::ok, event};
}

}  // namespace

TEST_CASE("batch: decides the same as single steps") {
  Chance chance{std::mt19937_64(1)};
  std::uint64_t disagreements = 0;
  std::uint64_t elements = 0;
  std::uint64_t outputs = 0;
  const std::uint64_t worlds = scaled(30'000);
  for (std::uint64_t w = 0; w < worlds; ++w) {
    const World before = some_world(chance);
    std::vector<BatchObservation> observations(before.results.size());
    for (BatchObservation& observation : observations) observation = some_observation(chance);
    const auto room = static_cast<std::size_t>(1 + chance.below(40));

    World spans = before;
    play(spans, room, [&](const Batch& batch) { return observe_batch(batch, observations); });
    const World expected =
        one_by_one(before, [&](std::size_t i) { return event_of(observations[i]); });
    if (!same(spans, expected)) ++disagreements;

    // The same as columns. A column of sequences has one for each element, so 0 is out of range
    // there.
    World columns = before;
    const auto column = []<class T>(const T& first) {
      return Column<T>{&first, sizeof(BatchObservation)};
    };
    const Balance& b = observations[0].balance;
    const BatchColumns by_columns = {column(observations[0].at),
                                     column(observations[0].sequence),
                                     column(b.cash_balance),
                                     column(b.credit_limit),
                                     column(b.credit_refunds),
                                     column(b.unsettled_current_month),
                                     column(b.unsettled_previous_months),
                                     {}};
    play(columns, room, [&](const Batch& batch) { return observe_batch(batch, by_columns); });
    const World expected_columns = one_by_one(before, [&](std::size_t i) {
      auto event = event_of(observations[i]);
      if (event.first != BatchStatus::time_range && observations[i].sequence == 0)
        event.first = BatchStatus::sequence_range;
      return event;
    });
    if (!same(columns, expected_columns)) ++disagreements;

    World ticks = before;
    const auto at = Instant::from_seconds(start + chance.below(eight_days)).value();
    play(ticks, room, [&](const Batch& batch) { return tick_batch(batch, at); });
    const World expected_ticks =
        one_by_one(before, [&](std::size_t) { return std::pair(BatchStatus::ok, Tick{at}); });
    if (!same(ticks, expected_ticks)) ++disagreements;

    elements += 3 * before.results.size();
    outputs += expected.decisions.size() + expected_columns.decisions.size() +
               expected_ticks.decisions.size();
  }
  CHECK(disagreements == 0);
  exercised("elements of C++ batches decided like single steps", elements, "elements",
            scaled(900'000));
  exercised("of these, with outputs", outputs, "elements", scaled(60'000));
}

TEST_CASE("batch: alerts are read into columns, and an amount of 39 digits is an overflow") {
  const Amount limit = Amount::parse("100000000000000000000").value();
  const auto at = Instant::from_seconds(start).value();
  struct Row {
    Amount threshold;
    BatchStatus status;
  };
  const Row rows[] = {{subtract(limit, Amount::smallest()).value(), BatchStatus::ok},
                      {limit, BatchStatus::overflow},
                      {Amount::max(), BatchStatus::overflow},
                      {Amount{}, BatchStatus::ok}};
  for (const Row& row : rows) {
    std::array<Alert, 1> alerts;
    (void)step(alerts[0], Enable{Threshold::from(row.threshold).value(), at});
    (void)step(alerts[0], Observation{subtract(Amount{}, Amount::smallest()).value(), at});
    std::array<BatchResult, 1> results;
    Amount threshold = Amount::smallest();
    std::uint32_t present = 9;
    AlertColumns columns;
    columns.threshold = &threshold;
    columns.present = &present;
    const BatchReport report = read_batch({alerts, {}, results, {}, 0}, columns);
    CHECK(results[0].status == row.status);
    CHECK(report.failed == (row.status == BatchStatus::ok ? 0 : 1));
    CHECK(threshold == (row.status == BatchStatus::ok ? row.threshold : Amount{}));
    CHECK(present == (row.status == BatchStatus::ok
                          ? AlertColumns::has_available_credit | AlertColumns::has_fired_at
                          : 0));
  }
}
