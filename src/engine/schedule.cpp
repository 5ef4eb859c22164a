// SPDX-License-Identifier: Apache-2.0
// Schedule: when the reminders of an episode are due. decide.cpp and Alert::next_reminder_at call
// it. It reads no clock and no time zone: all it knows is the UTC offset in the schedule.
#include <lowtide/schedule.hpp>

#include <algorithm>

#include <gsl/util>

namespace lowtide {
namespace {

constexpr std::int64_t day_seconds = std::int64_t{24} * 60 * 60;

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

Result<Schedule> Schedule::make(std::int64_t count, std::optional<std::chrono::minutes> time_of_day,
                                std::chrono::minutes utc_offset) noexcept {
  using std::chrono::minutes;
  if (count < 0 || count > max_count)
    return Error{ErrorCode::out_of_range, "count", "must be from 0 to 255"};
  if (time_of_day && (*time_of_day < minutes(0) || *time_of_day > max_time_of_day)) {
    return Error{ErrorCode::out_of_range, "time_of_day", "must be from 00:00 to 23:59"};
  }
  if (utc_offset < -max_utc_offset || utc_offset > max_utc_offset) {
    return Error{ErrorCode::out_of_range, "utc_offset", "must be from -23:59 to +23:59"};
  }
  return Schedule(gsl::narrow_cast<std::uint8_t>(count),
                  gsl::narrow_cast<std::int16_t>(time_of_day ? time_of_day->count() : -1),
                  gsl::narrow_cast<std::int16_t>(utc_offset.count()));
}

std::chrono::local_days Schedule::local_day(Instant instant) const noexcept {
  return std::chrono::local_days(std::chrono::days(
      floor_divide(instant.seconds() + std::int64_t{utc_offset_} * 60, day_seconds)));
}

std::int64_t Schedule::origin(Instant fired_at, std::chrono::local_days fire_day) const noexcept {
  if (time_of_day_ < 0) return fired_at.seconds();
  return std::int64_t{fire_day.time_since_epoch().count()} * day_seconds +
         std::int64_t{time_of_day_ - utc_offset_} * 60;
}

std::int64_t Schedule::reminders_past(Instant now, Instant fired_at,
                                      std::chrono::local_days fire_day) const noexcept {
  return std::max<std::int64_t>(
      floor_divide(now.seconds() - origin(fired_at, fire_day), day_seconds), 0);
}

std::optional<Instant> Schedule::reminder_at(std::int64_t k, Instant fired_at,
                                             std::chrono::local_days fire_day) const noexcept {
  // More days than there are between the first and the last Instant. A larger k is never due, and
  // its product could overflow.
  constexpr std::int64_t max_k = Instant::max_seconds / day_seconds + 3;
  if (k < 1 || k > max_k) return std::nullopt;
  const Result<Instant> at = Instant::from_seconds(
      std::max(origin(fired_at, fire_day) + k * day_seconds, Instant::min_seconds));
  if (!at) return std::nullopt;
  return *at;
}

}  // namespace lowtide
