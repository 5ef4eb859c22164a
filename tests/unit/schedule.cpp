// SPDX-License-Identifier: Apache-2.0
// Schedule: when each reminder is due.
#include <lowtide/schedule.hpp>

#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;
using std::chrono::minutes;

Instant instant(const char* text) { return Instant::parse(text).value(); }
minutes clock(int hours, int mins) { return minutes(hours * 60 + mins); }

TEST_CASE("schedule: values out of range are refused, with the name of the field") {
  struct Row {
    std::int64_t count;
    int time_of_day;  // -1: none
    int utc_offset;
    const char* field;  // nullptr: allowed
  };
  static const Row rows[] = {
      {0, -1, 0, nullptr},           {255, 0, 0, nullptr},         {5, 1439, 1439, nullptr},
      {5, -1, -1439, nullptr},       {-1, -1, 0, "count"},         {256, -1, 0, "count"},
      {INT64_MIN, -1, 0, "count"},   {5, 1440, 0, "time_of_day"},  {5, -2, 0, "time_of_day"},
      {5, 0, 1440, "utc_offset"},    {5, -1, -1440, "utc_offset"}, {5, 0, 1 << 30, "utc_offset"},
      {5, 1 << 30, 0, "time_of_day"}};
  for (const Row& row : rows) {
    CAPTURE(row.count);
    CAPTURE(row.time_of_day);
    CAPTURE(row.utc_offset);
    const auto schedule = Schedule::make(
        row.count, row.time_of_day == -1 ? std::nullopt : std::optional(minutes(row.time_of_day)),
        minutes(row.utc_offset));
    REQUIRE(schedule.has_value() == (row.field == nullptr));
    if (row.field != nullptr) {
      CHECK(schedule.error().code == ErrorCode::out_of_range);
      CHECK(std::string(schedule.error().field) == row.field);
    }
  }
  exercised("schedules checked", std::size(rows), "schedules");
}

TEST_CASE("schedule: the default is five reminders, every 24 hours") {
  CHECK(Schedule().count() == 5);
  CHECK(!Schedule().time_of_day());
  CHECK(Schedule().utc_offset() == minutes(0));
  CHECK(Schedule() == Schedule::make(5).value());
}

TEST_CASE("schedule: each reminder is due at the right instant") {
  struct Row {
    const char* about;
    Schedule schedule;
    const char* fired_at;
    int k;
    const char* due;  // nullptr: never
  };
  const Schedule every = Schedule::make(5).value();
  const Schedule singapore = Schedule::make(5, clock(9, 0), clock(8, 0)).value();
  const Schedule west = Schedule::make(2, clock(9, 30), -clock(12, 0)).value();
  const Schedule midnight = Schedule::make(5, clock(0, 0), minutes(0)).value();
  const Schedule late = Schedule::make(255, clock(23, 59), -clock(23, 59)).value();
  const Row rows[] = {
      {"exactly one day later", every, "2026-03-01T23:50:07Z", 1, "2026-03-02T23:50:07Z"},
      {"the fifth", every, "2026-03-01T23:50:07Z", 5, "2026-03-06T23:50:07Z"},
      {"across a leap day", every, "2024-02-28T10:00:00Z", 1, "2024-02-29T10:00:00Z"},
      {"nine hours and ten minutes after 23:50 in Singapore", singapore, "2026-03-01T15:50:00Z", 1,
       "2026-03-02T01:00:00Z"},
      {"a fire after local midnight", singapore, "2026-03-01T16:00:00Z", 1, "2026-03-03T01:00:00Z"},
      {"west of the date line, before the hour", west, "2026-03-02T13:00:00Z", 1,
       "2026-03-03T21:30:00Z"},
      {"a fire at local midnight waits a whole day", midnight, "2026-03-02T00:00:00Z", 1,
       "2026-03-03T00:00:00Z"},
      {"a fire one second before midnight", midnight, "2026-03-01T23:59:59Z", 1,
       "2026-03-02T00:00:00Z"},
      {"a fire at the first instant", every, "1970-01-01T00:00:00Z", 1, "1970-01-02T00:00:00Z"},
      {"the local day may be in 1969", late, "1970-01-01T00:00:00Z", 1, "1970-01-02T23:58:00Z"},
      {"due at the last instant", every, "9999-12-30T23:59:59Z", 1, "9999-12-31T23:59:59Z"},
      {"never due, after the last instant", every, "9999-12-31T00:00:00Z", 1, nullptr},
      {"never due, with the largest count", late, "9999-12-31T23:59:59Z", 256, nullptr},
  };
  for (const Row& row : rows) {
    CAPTURE(row.about);
    const Instant fired = instant(row.fired_at);
    const auto day = row.schedule.local_day(fired);
    const auto due = row.schedule.reminder_at(row.k, fired, day);
    REQUIRE(due.has_value() == (row.due != nullptr));
    if (!due) continue;
    CHECK(to_text(*due) == row.due);
    CHECK(row.schedule.reminders_past(*due, fired, day) == row.k);
    if (due->seconds() > 0)
      CHECK(row.schedule.reminders_past(Instant::from_seconds(due->seconds() - 1).value(), fired,
                                        day) == row.k - 1);
  }
  exercised("reminder instants", std::size(rows), "instants");
}

TEST_CASE("schedule: a later offset moves the hour, never the day") {
  const Instant fired = instant("2026-03-01T23:50:00Z");
  const auto day = Schedule::make(5, clock(9, 0), minutes(0)).value().local_day(fired);
  const Schedule summer = Schedule::make(5, clock(9, 0), clock(1, 0)).value();
  CHECK(to_text(summer.reminder_at(1, fired, day).value()) == "2026-03-02T08:00:00Z");
}

TEST_CASE("schedule: a reminder that an offset moves before 1970 is due at once") {
  const Schedule west = Schedule::make(5, clock(0, 0), -clock(23, 59)).value();
  const Schedule east = Schedule::make(5, clock(0, 0), clock(23, 59)).value();
  const Instant fired;
  const auto day = west.local_day(fired);
  CHECK(east.reminder_at(1, fired, day).value() == Instant());
  CHECK(east.reminders_past(fired, fired, day) == 1);
}

TEST_CASE("schedule: there is no reminder 0, and none after the last day") {
  const Instant fired = instant("1970-01-01T00:00:00Z");
  const auto day = Schedule().local_day(fired);
  for (const std::int64_t k :
       {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{2932897}, INT64_MAX}) {
    CHECK(!Schedule().reminder_at(k, fired, day));
  }
  CHECK(Schedule().reminder_at(2932896, fired, day));
}

TEST_CASE("schedule: no reminder is past before the fire") {
  const Instant fired = instant("2026-03-01T12:00:00Z");
  for (const auto& schedule : {Schedule(), Schedule::make(5, clock(9, 0), clock(8, 0)).value()}) {
    CHECK(schedule.reminders_past(instant("1970-01-01T00:00:00Z"), fired,
                                  schedule.local_day(fired)) == 0);
    CHECK(schedule.reminders_past(fired, fired, schedule.local_day(fired)) == 0);
  }
}

}  // namespace
