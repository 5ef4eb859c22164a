// SPDX-License-Identifier: Apache-2.0
// Compares engine and oracle after each step of every sequence of eight events over an alphabet of
// nine.
#include <array>
#include <string>
#include <vector>

#include "chance.hpp"
#include "engine.hpp"
#include "event.hpp"
#include "exercised.hpp"
#include "oracle.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t hour = 3600;
constexpr std::int64_t start = 1772438400;  // 2026-03-02T08:00:00Z

// An event, and how far the clock moves before it. In one letter the clock moves back, as the
// clocks of hosts sometimes do.
struct Letter {
  std::int64_t later = 0;
  Event event;
};

// All steps are whole hours, so that their sums are exactly reminder instants, or between them.
constexpr std::array<Letter, 9> alphabet = {{
    {0, balance(0, units(90))},
    {hour, balance(0, units(100))},
    {0, balance(0, units(-1), 3)},
    {24 * hour, balance(0, units(50))},
    {24 * hour, tick(0)},
    {49 * hour, tick(0)},
    {-hour, enable(0, units(100), Plan{.count = 2, .time_of_day = 540, .utc_offset = 480})},
    {0, set_threshold(0, units(60), true)},
    {0, disable(0)},
}};

struct Tree {
  std::size_t depth;
  History history;
  std::vector<std::size_t> word;
  std::uint64_t leaves = 0;
  std::uint64_t steps = 0;

  void grow(const lowtide::Alert& alert, std::int64_t clock) {
    if (word.size() == depth) {
      ++leaves;
      return;
    }
    for (std::size_t letter = 0; letter < alphabet.size(); ++letter) {
      Event event = alphabet[letter].event;
      event.at = clock + alphabet[letter].later;
      lowtide::Alert after = alert;
      const auto decision = apply(after, event);
      const Answer& answer = history.append(event);
      word.push_back(letter);
      ++steps;
      if (const std::string what = difference(after, decision, history, answer); !what.empty()) {
        std::string letters;
        for (const std::size_t each : word) letters += std::to_string(each);
        FAIL(what << "\nafter the letters " << letters << ", of which the last is "
                  << describe(event));
      }
      grow(after, event.at);
      word.pop_back();
      history.remove_last();
    }
  }
};

TEST_CASE("oracle: the engine agrees on every short sequence of events") {
  const std::size_t depth = test_scale() == 1 ? 8 : 6;
  Tree tree{.depth = depth, .history = {}, .word = {}};
  lowtide::Alert alert;
  const Event first = enable(start, units(100), Plan{.count = 2});
  const auto decision = apply(alert, first);
  const Answer& answer = tree.history.append(first);
  REQUIRE(difference(alert, decision, tree.history, answer).empty());
  tree.grow(alert, start);

  std::uint64_t words = 1;
  for (std::size_t i = 0; i < depth; ++i) words *= alphabet.size();
  const std::string label =
      at_scale("every sequence over nine events") + ", length " + std::to_string(depth);
  exercised(label.c_str(), tree.leaves, "sequences", words);
  exercised(label.c_str(), tree.steps, "steps compared", words);
  CHECK(tree.leaves == words);
}

}  // namespace
