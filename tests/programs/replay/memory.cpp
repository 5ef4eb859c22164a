// SPDX-License-Identifier: Apache-2.0
// lowtide-replay: its memory grows with the accounts, not with the events.
#include <string>

#include <doctest/doctest.h>

#include <lowtide/instant.hpp>

#include "exercised.hpp"
#include "process.hpp"

namespace {

// Plays many fires, reminders and recoveries on a hundred accounts. Memory that each of them left
// behind would add up.
Run play(int rounds) {
  return replay_piped(
      {"--until", "2040-01-01T00:00:00Z"},
      [rounds](int fd) {
        std::string text;
        for (int account = 0; account < 100; ++account) {
          text += R"({"type":"enable","account":"account-)";
          text.append(std::to_string(account))
              .append("\",\"at\":\"2026-03-01T00:00:00Z\",\"threshold\":\"100\"}\n");
        }
        // A round is six hours. Low for two days, with one or two reminders; then one round above
        // the threshold.
        for (int round = 0; round < rounds; ++round) {
          const std::string at =
              to_text(*lowtide::Instant::from_seconds(1772323200 + std::int64_t{21600} * round));
          const std::string credit = std::to_string(round % 9 == 8 ? 200 : 50 + round % 40);
          for (int account = 0; account < 100; ++account) {
            text += R"({"type":"balance","account":"account-)";
            text.append(std::to_string(account))
                .append(R"(","at":")")
                .append(at)
                .append(R"(","available_credit":")")
                .append(credit);
            text += "\"}\n";
          }
          write_all(fd, text);
          text.clear();
        }
      },
      Target::nothing);
}

}  // namespace

TEST_CASE("replay: memory grows with the accounts, not with the events") {
  const Run few = play(1000);
  const Run many = play(10000);
  REQUIRE(few.status == 0);
  REQUIRE(many.status == 0);
  CHECK_MESSAGE(many.err.starts_with("1000100 events of 100 accounts"), many.err);
  // 900,000 more events may take less than 5 bytes each.
  CHECK_MESSAGE(many.peak_kilobytes < few.peak_kilobytes + 4096,
                few.peak_kilobytes << " kB, then " << many.peak_kilobytes << " kB");
  exercised("memory", 1000100, "events", 1000000);
}
