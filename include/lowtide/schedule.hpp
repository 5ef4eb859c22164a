// SPDX-License-Identifier: Apache-2.0
// Schedule: how many reminders follow a fire, and when each of them is due.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <lowtide/instant.hpp>
#include <lowtide/result.hpp>

namespace lowtide {

// There are two kinds of schedule. Every 24 hours: reminder k is due at fired_at + k x 24 h. Daily
// at a local time: reminder k is due at that time on the k-th local calendar day after the day of
// the fire. The default is five reminders, one every 24 hours.
class Schedule {
 public:
  static constexpr std::int64_t max_count = 255;
  static constexpr std::chrono::minutes max_time_of_day{23 * 60 + 59};
  static constexpr std::chrono::minutes max_utc_offset{23 * 60 + 59};

  constexpr Schedule() noexcept = default;

  // `count` is 0 to 255. `time_of_day` is 00:00 to 23:59; without one, reminders come every 24
  // hours. `utc_offset` is -23:59 to +23:59, positive east of Greenwich. The offset matters without
  // a time of day too: it determines the local day of a fire, in case a time of day is set later.
  // Error: out_of_range, with the field "count", "time_of_day" or "utc_offset".
  static Result<Schedule> make(std::int64_t count,
                               std::optional<std::chrono::minutes> time_of_day = std::nullopt,
                               std::chrono::minutes utc_offset = std::chrono::minutes(0)) noexcept;

  constexpr std::uint8_t count() const noexcept { return count_; }
  constexpr std::optional<std::chrono::minutes> time_of_day() const noexcept {
    if (time_of_day_ < 0) return std::nullopt;
    return std::chrono::minutes(time_of_day_);
  }
  constexpr std::chrono::minutes utc_offset() const noexcept {
    return std::chrono::minutes(utc_offset_);
  }

  // The local calendar day of an instant, at this schedule's offset.
  std::chrono::local_days local_day(Instant instant) const noexcept;

  // How many reminder instants of an episode are at or before `now`: the greatest such k, or 0. The
  // result may exceed count().
  std::int64_t reminders_past(Instant now, Instant fired_at,
                              std::chrono::local_days fire_day) const noexcept;

  // The instant of reminder k. None if k is below 1, or if the instant is after
  // 9999-12-31T23:59:59Z: such a reminder is never due. A later change of the offset can move a
  // reminder before 1970; it is due at once, and 1970-01-01T00:00:00Z is returned.
  std::optional<Instant> reminder_at(std::int64_t k, Instant fired_at,
                                     std::chrono::local_days fire_day) const noexcept;

  friend constexpr bool operator==(const Schedule&, const Schedule&) noexcept = default;

 private:
  friend class Alert;
  friend struct AlertAccess;
  constexpr Schedule(std::uint8_t count, std::int16_t time_of_day, std::int16_t utc_offset) noexcept
      : time_of_day_(time_of_day), utc_offset_(utc_offset), count_(count) {}

  // The origin, in seconds since 1970: reminder k is due k x 24 h after it.
  std::int64_t origin(Instant fired_at, std::chrono::local_days fire_day) const noexcept;

  std::int16_t time_of_day_ = -1;  // minutes after local midnight; -1: every 24 hours
  std::int16_t utc_offset_ = 0;    // minutes
  std::uint8_t count_ = 5;
};

}  // namespace lowtide
