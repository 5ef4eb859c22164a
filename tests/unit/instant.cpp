// SPDX-License-Identifier: Apache-2.0
// Instant: its one form of text, the calendar, and its range.
#include <lowtide/instant.hpp>

#include <ctime>
#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;

TEST_CASE("instant: is parsed in one form only, within the calendar and the range") {
  struct Row {
    const char* text;
    std::int64_t seconds;  // -1: refused
  };
  static const Row rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:01Z", 1},
      {"2024-02-29T23:59:59Z", 1709251199},
      {"2026-03-02T08:00:00Z", 1772438400},
      {"9999-12-31T23:59:59Z", 253402300799},
      {"1969-12-31T23:59:59Z", -1},
      {"0000-01-01T00:00:00Z", -1},
      {"2026-02-30T00:00:00Z", -1},
      {"2025-02-29T00:00:00Z", -1},
      {"2026-00-01T00:00:00Z", -1},
      {"2026-13-01T00:00:00Z", -1},
      {"2026-01-00T00:00:00Z", -1},
      {"2026-01-01T24:00:00Z", -1},
      {"2026-01-01T00:60:00Z", -1},
      {"2026-12-31T23:59:60Z", -1},
      {"2026-03-01T00:00:00", -1},
      {"2026-03-01T00:00:00z", -1},
      {"2026-03-01t00:00:00Z", -1},
      {"2026-03-01 00:00:00Z", -1},
      {"2026-03-01T00:00:00+00:00", -1},
      {"2026-03-01T00:00:00.0Z", -1},
      {"2026-3-01T00:00:00Z", -1},
      {"+026-03-01T00:00:00Z", -1},
      {"", -1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Instant> instant = Instant::parse(row.text);
    REQUIRE(instant.has_value() == (row.seconds >= 0));
    if (instant) {
      CHECK(instant->seconds() == row.seconds);
      CHECK(to_text(*instant) == row.text);
    } else {
      CHECK(std::string(instant.error().field) == "at");
    }
  }
  exercised("instants read", std::size(rows), "texts");
}

TEST_CASE("instant: seconds outside 1970 to 9999 are refused") {
  CHECK(Instant::from_seconds(0));
  CHECK(!Instant::from_seconds(-1));
  CHECK(Instant::from_seconds(Instant::max_seconds));
  CHECK(!Instant::from_seconds(Instant::max_seconds + 1));
  CHECK(!Instant::from_seconds(INT64_MIN));
  CHECK(!Instant::from_seconds(INT64_MAX));
  CHECK(Instant::from_seconds(-1).error().code == ErrorCode::out_of_range);
}

TEST_CASE("instant: every day from 1970 to 9999 is written as by the C library, and parsed back") {
  std::uint64_t days = 0;
  for (std::int64_t seconds = 0; seconds <= Instant::max_seconds; seconds += 86399, ++days) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    REQUIRE(gmtime_r(&time, &parts) != nullptr);
    char text[32];
    REQUIRE(std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 20);
    const Instant instant = Instant::from_seconds(seconds).value();
    REQUIRE(to_text(instant) == text);
    REQUIRE(Instant::parse(text).value() == instant);
  }
  exercised("days of the calendar", days, "instants", 2'900'000);
}

}  // namespace
