// SPDX-License-Identifier: Apache-2.0
// Private: the invariants of an alert. restore, decode, the C ABI and batches check an alert with
// them before they use it. This is the only place that defines them.
#pragma once

#include <cstdint>

#include <lowtide/alert.hpp>

#include "engine/access.hpp"

namespace lowtide::detail {

inline constexpr std::uint8_t day_after = 1;
inline constexpr std::uint8_t day_before = 2;

constexpr std::uint8_t fire_day_code(const AlertState& s) noexcept {
  return static_cast<std::uint8_t>(s.flags >> AlertState::fire_day_shift);
}

constexpr Error out_of_range(const char* field, const char* rule) noexcept {
  return {ErrorCode::out_of_range, field, rule};
}
constexpr Error inconsistent(const char* field, const char* rule) noexcept {
  return {ErrorCode::inconsistent, field, rule};
}

// Calls `rule(holds, error)` for each invariant, in the order of precedence, and stops after the
// first call that returns false. `error()` makes the Error of that invariant.
// Two callers share this statement: AlertAccess::check, which needs the error, and is_valid, which
// does not. With a `rule` that only returns `holds`, compilers fold the comparisons and drop all
// texts.
template <class Rule>
[[gnu::always_inline]] constexpr bool invariants(const AlertState& s, Rule rule) noexcept {
  const bool observed = is_observed(s);
  const bool fired = s.episode != 0;
  const bool alerting = s.phase == Phase::alerting;
  const auto schedule_error = [&] {
    const bool daily = s.time_of_day != -1;
    return Schedule::make(s.count,
                          daily ? std::optional(std::chrono::minutes(s.time_of_day)) : std::nullopt,
                          std::chrono::minutes(s.utc_offset))
        .error();
  };
  const auto rule_or = [&](bool holds, ErrorCode code, const char* field, const char* text) {
    return rule(holds, [=] { return Error{code, field, text}; });
  };
  const auto in_range = [&](bool holds, const char* field, const char* text) {
    return rule_or(holds, ErrorCode::out_of_range, field, text);
  };
  const auto consistent = [&](bool holds, const char* field, const char* text) {
    return rule_or(holds, ErrorCode::inconsistent, field, text);
  };

  return rule(!s.threshold.negative(), [&] { return Threshold::from(s.threshold).error(); }) &&
         rule(s.time_of_day >= -1 && s.time_of_day <= Schedule::max_time_of_day.count(),
              schedule_error) &&
         rule(s.utc_offset >= -Schedule::max_utc_offset.count() &&
                  s.utc_offset <= Schedule::max_utc_offset.count(),
              schedule_error) &&
         in_range(s.sequence >= 0, "sequence", "must be from 1 to 9223372036854775807, or none") &&
         in_range(s.fired_at >= Instant::min_seconds && s.fired_at <= Instant::max_seconds,
                  "fired_at", "must be from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z") &&
         in_range(s.phase <= Phase::quiet, "phase", "must be off, armed, alerting or quiet") &&
         in_range(s.ended <= static_cast<std::uint8_t>(StopReason::disabled), "stop_reason",
                  "must be recovered, overdue, completed, threshold_changed or disabled") &&
         in_range(fire_day_code(s) <= day_before, "fire_day",
                  "must be within one day of the day of fired_at in UTC") &&
         in_range(s.recovery_margin == 0, "recovery_margin", "must be 0") &&

         consistent(observed || s.last_credit == Amount{}, "available_credit",
                    "must be 0 while never observed") &&
         (fired ||
          (consistent(!alerting, "phase", "cannot be alerting while episode is 0") &&
           consistent(s.fired_at == 0, "fired_at", "must be absent while episode is 0") &&
           consistent(fire_day_code(s) == 0, "fire_day", "must be absent while episode is 0") &&
           consistent(s.reminded == 0, "last_reminder", "must be 0 while episode is 0") &&
           consistent(s.sent == 0, "reminders_sent", "must be 0 while episode is 0") &&
           consistent(s.ended == 0, "stop_reason", "must be absent while episode is 0"))) &&
         consistent(!fired || observed, "episode", "must be 0 while never observed") &&
         consistent(s.sent <= s.reminded, "reminders_sent",
                    "must not be greater than last_reminder") &&
         consistent(s.reminded == 0 || s.sent != 0, "reminders_sent",
                    "must not be 0 when last_reminder is not") &&
         (!alerting ||
          (consistent(!s.last_credit.negative(), "available_credit",
                      "cannot be negative while alerting") &&
           consistent(is_below(s), "available_credit",
                      "must be below the threshold while alerting") &&
           consistent(s.reminded < s.count, "last_reminder",
                      "must be smaller than count while alerting") &&
           consistent(s.ended == 0, "stop_reason", "must be absent while alerting"))) &&
         (alerting || consistent(!fired || s.ended != 0, "stop_reason",
                                 "must be present once fired and no longer alerting")) &&
         (s.phase != Phase::quiet || consistent(!observed || is_below(s), "available_credit",
                                                "must be below the threshold while quiet"));
}

// True if all invariants hold: AlertAccess::check without the error.
[[gnu::always_inline]] constexpr bool is_valid(const AlertState& s) noexcept {
  return invariants(s, [](bool holds, auto) { return holds; });
}

}  // namespace lowtide::detail
