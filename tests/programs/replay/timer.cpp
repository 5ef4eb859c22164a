// SPDX-License-Identifier: Apache-2.0
// Player: on random events, its timer gives the same outputs as the simple implementation.
#include <array>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "naive_player.hpp"
#include "programs/replay/journal.hpp"
#include "programs/replay/player.hpp"

namespace {

using lowtide::Instant;
using lowtide::events::EventType;
using lowtide::events::InputEvent;

// Random events from a few names, amounts and instants, so that ties and repetitions are frequent.
class Stream {
 public:
  explicit Stream(unsigned seed) : random_(seed) {}

  InputEvent next() {
    constexpr std::array<std::string_view, 4> accounts = {"b", "a", "ab", "B"};
    constexpr std::array<std::string_view, 3> alerts = {"low_balance", "critical", "z"};
    constexpr std::array<int, 7> credits = {-1, 0, 49, 50, 99, 100, 101};
    InputEvent event;
    event.at = instant();
    event.account = accounts.at(below(accounts.size()));
    event.alert = alerts.at(below(4) == 0 ? below(alerts.size()) : 0);
    event.available_credit =
        *lowtide::Amount::parse(std::to_string(credits.at(below(credits.size()))));
    event.threshold = *lowtide::Threshold::parse(std::to_string(50 * below(4)));
    event.if_below =
        below(4) == 0 ? lowtide::IfBelow::recovery_first : lowtide::IfBelow::next_change;
    const unsigned kind = below(20);
    event.type = kind < 9    ? EventType::balance
                 : kind < 13 ? EventType::enable
                 : kind < 15 ? EventType::set_threshold
                 : kind < 16 ? EventType::disable
                 : kind < 17 ? EventType::rebase
                             : EventType::tick;
    if (event.type == EventType::tick && below(3) != 0) event.account = "";
    if ((event.type == EventType::balance && below(2) == 0) ||
        (event.type == EventType::rebase && below(2) == 0)) {
      event.sequence = *lowtide::Sequence::from(1 + below(30));
    }
    if (event.type == EventType::enable && below(2) == 0) event.schedule = schedule();
    return event;
  }

  // Usually moves forward by whole hours or days. Sometimes it moves back, and afterwards continues
  // from the latest instant.
  Instant instant() {
    const unsigned kind = below(10);
    if (kind < 5) latest_ += 3600 * static_cast<std::int64_t>(below(12));
    if (kind == 5) latest_ += 86400 * static_cast<std::int64_t>(below(4));
    const std::int64_t back = kind < 8 ? 0 : 3600 * static_cast<std::int64_t>(below(100));
    return *Instant::from_seconds(std::max<std::int64_t>(latest_ - back, 0));
  }

  unsigned below(std::size_t limit) { return static_cast<unsigned>(random_() % limit); }

 private:
  lowtide::Schedule schedule() {
    std::optional<std::chrono::minutes> time_of_day;
    if (below(2) == 0) time_of_day = std::chrono::hours(below(24));
    const std::chrono::minutes offset = std::chrono::hours(static_cast<int>(below(27)) - 13);
    return *lowtide::Schedule::make(below(5), time_of_day, offset);
  }

  std::mt19937 random_;
  std::int64_t latest_ = 1772323200;
};

}  // namespace

TEST_CASE("replay: the timer agrees with a simple implementation") {
  std::uint64_t events = 0;
  std::uint64_t lines = 0;
  constexpr unsigned streams = 6000;
  for (unsigned seed = 0; seed < streams; ++seed) {
    const bool simulated = seed % 4 != 3;
    const bool explain = seed % 2 == 0;
    Stream stream(seed);
    NaivePlayer naive(simulated, explain);
    lowtide::replay::OutputFile out(lowtide::replay::OutputFile::memory_only);
    lowtide::replay::Journal journal(out, lowtide::replay::Format::json, explain);
    lowtide::replay::Player player(
        simulated ? lowtide::replay::Timer::simulated : lowtide::replay::Timer::explicit_, journal);
    for (unsigned i = 0; i < 60; ++i) {
      const InputEvent event = stream.next();
      const bool applied = naive.apply(event);
      REQUIRE(applied == !player.apply(event).has_value());
      events += applied ? 1 : 0;
    }
    if (simulated && stream.below(4) != 0) {
      const Instant until = stream.instant();
      naive.finish(until);
      player.finish(until);
    }
    const bool equal = naive.out() == out.text();
    REQUIRE_MESSAGE(equal, "seed " << seed << "\n"
                                   << naive.out() << "\nbut the player wrote\n"
                                   << out.text());
    for (const char c : out.text()) lines += c == '\n' ? 1 : 0;
  }
  exercised("timer against brute force", streams, "streams", 2000);
  exercised("timer against brute force, events", events, "events", 100000);
  exercised("timer against brute force, lines", lines, "lines", 100000);
}
