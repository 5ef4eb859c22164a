// SPDX-License-Identifier: Apache-2.0
// Random alerts for batches, and what single calls make of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include <lowtide.h>

#include "arbitrary.hpp"
#include "calls.hpp"
#include "values.hpp"

namespace capi {

// The result of a single call, in the form that a batch gives.
struct Single {
  lowtide_batch_result result{};
  lowtide_batch_decision decision{};
};

inline Single single(lowtide_status status, const lowtide_decision& decision, std::size_t element) {
  Single s;
  s.result.status = status;
  if (status != LOWTIDE_OK) return s;
  s.result.why = static_cast<std::uint8_t>(decision.why);
  s.result.phase = static_cast<std::uint8_t>(decision.phase);
  s.result.output_count = static_cast<std::uint8_t>(decision.output_count);
  s.decision.element = element;
  s.decision.why = decision.why;
  s.decision.phase = decision.phase;
  s.decision.output_count = decision.output_count;
  std::copy_n(decision.outputs, decision.output_count, s.decision.outputs);
  return s;
}

inline bool same(const lowtide_batch_decision& a, const lowtide_batch_decision& b) {
  if (a.element != b.element || a.why != b.why || a.phase != b.phase ||
      a.output_count != b.output_count || a.reserved != 0)
    return false;
  return std::memcmp(a.outputs, b.outputs, a.output_count * sizeof(lowtide_output)) == 0;
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// Alerts, and room for the results of a batch.
struct World {
  std::vector<lowtide_alert> alerts;
  std::vector<std::uint64_t> index;  // may be empty
  std::vector<lowtide_batch_result> results;
  std::vector<lowtide_batch_decision> decisions;  // of all calls

  std::size_t alert_of(std::size_t i) const { return index.empty() ? i : index[i]; }
};

using BatchCall = std::function<lowtide_status(lowtide_batch_report*, const lowtide_batch*)>;

// Calls until the whole batch is done, with room for `room` decisions in each call. Returns the
// number of calls.
inline std::uint64_t play(World& world, std::size_t room, std::size_t stride,
                          const BatchCall& call) {
  std::vector<unsigned char> decisions(room * stride + 8, 0xAA);
  auto batch = sized<lowtide_batch>();
  batch.count = world.results.size();
  batch.alerts = world.alerts.data();
  batch.alert_count = world.alerts.size();
  if (!world.index.empty()) {
    batch.flags = LOWTIDE_BATCH_HAS_INDEX;
    batch.index = world.index.data();
  }
  batch.results = world.results.data();
  batch.decisions = as<lowtide_batch_decision>(decisions.data());
  batch.decision_capacity = room;
  batch.decision_stride = stride;
  std::uint64_t calls = 0;
  std::size_t failed = 0;
  for (;;) {
    auto report = sized<lowtide_batch_report>();
    const lowtide_status status = call(&report, &batch);
    REQUIRE(status == LOWTIDE_OK);
    ++calls;
    REQUIRE(report.decision_count <= room);
    for (std::size_t d = 0; d < report.decision_count; ++d) {
      lowtide_batch_decision decision{};
      std::memcpy(&decision, decisions.data() + d * stride, sizeof decision);
      world.decisions.push_back(decision);
    }
    failed += report.failed_count;
    if (report.done == batch.count) break;
    // It stopped because `decisions` was full.
    REQUIRE(report.decision_count == room);
    REQUIRE(room > 0);
    REQUIRE(report.done > batch.first);
    batch.first = report.done;
  }
  CHECK(failed == static_cast<std::size_t>(std::count_if(
                      world.results.begin(), world.results.end(),
                      [](const auto& result) { return result.status != LOWTIDE_OK; })));
  CHECK(std::all_of(decisions.end() - 8, decisions.end(),
                    [](unsigned char byte) { return byte == 0xAA; }));
  return calls;
}

struct Counts {
  std::uint64_t elements = 0;
  std::uint64_t outputs = 0;
  std::uint64_t failed = 0;
  std::uint64_t stops = 0;
  std::uint64_t disagreements = 0;
};

inline void compare(Counts& counts, const World& world, const World& expected,
                    std::uint64_t calls) {
  bool alike = same(world.alerts, expected.alerts) && same(world.results, expected.results) &&
               world.decisions.size() == expected.decisions.size();
  for (std::size_t d = 0; alike && d < world.decisions.size(); ++d)
    alike = same(world.decisions[d], expected.decisions[d]);
  if (!alike) ++counts.disagreements;
  counts.elements += world.results.size();
  counts.stops += calls - 1;
  for (const auto& result : expected.results) {
    counts.outputs += result.output_count;
    if (result.status != LOWTIDE_OK) ++counts.failed;
  }
}

inline World some_world(std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  World world;
  const std::size_t count = pick(40);
  world.results.resize(count, {-1, 9, 9, 9, 9});
  world.alerts.resize(pick(3) == 0 ? std::max<std::size_t>(count / 2, 1) : count + pick(3));
  for (lowtide_alert& alert : world.alerts) alert = some_alert(random);
  if (world.alerts.size() < count || pick(3) == 0) {
    for (std::size_t i = 0; i < count; ++i) {
      world.index.push_back(pick(20) == 0   ? world.alerts.size() + pick(2)
                            : pick(20) == 0 ? random()
                                            : pick(world.alerts.size()));
    }
  }
  return world;
}

// What single calls make of a world. `decide` decides element i for an alert, in place.
template <class Decide>
World one_by_one(const World& before, Decide decide) {
  World world = before;
  for (std::size_t i = 0; i < world.results.size(); ++i) {
    const std::size_t which = world.alert_of(i);
    auto decision = sized<lowtide_decision>();
    lowtide_status status = LOWTIDE_OUT_OF_RANGE;
    if (which < world.alerts.size()) status = decide(decision, world.alerts[which], i);
    const Single s = single(status, decision, i);
    world.results[i] = s.result;
    if (s.result.output_count > 0) world.decisions.push_back(s.decision);
  }
  return world;
}

inline std::size_t some_room(std::mt19937_64& random) {
  return random() % 3 == 0 ? 64 : 1 + random() % 3;
}
inline std::size_t some_stride(std::mt19937_64& random) {
  return sizeof(lowtide_batch_decision) + 8 * (random() % 3);
}

}  // namespace capi
