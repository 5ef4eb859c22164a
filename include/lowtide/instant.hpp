// SPDX-License-Identifier: Apache-2.0
// Instant: a point in time within the range that the engine accepts. The caller passes the time in;
// the engine reads no clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <lowtide/result.hpp>

namespace lowtide {

// Whole seconds of UTC, from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z, both included. The
// default value is the first of them.
class Instant {
 public:
  static constexpr std::int64_t min_seconds = 0;
  static constexpr std::int64_t max_seconds = 253402300799;
  static constexpr std::size_t text_size = 20;

  constexpr Instant() noexcept = default;

  // Seconds since 1970-01-01T00:00:00Z. Error: out_of_range.
  static constexpr Result<Instant> from_seconds(std::int64_t seconds) noexcept {
    if (seconds < min_seconds || seconds > max_seconds) {
      return Error{ErrorCode::out_of_range, "at",
                   "must be from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z"};
    }
    return Instant(seconds);
  }
  static constexpr Result<Instant> from(std::chrono::sys_seconds time) noexcept {
    return from_seconds(time.time_since_epoch().count());
  }

  // Parses exactly `YYYY-MM-DDTHH:MM:SSZ`, a date of the Gregorian calendar, without leap seconds.
  // Errors: malformed, out_of_range.
  static Result<Instant> parse(std::string_view text) noexcept;

  constexpr std::int64_t seconds() const noexcept { return seconds_; }
  constexpr std::chrono::sys_seconds time() const noexcept {
    return std::chrono::sys_seconds(std::chrono::seconds(seconds_));
  }

  friend constexpr auto operator<=>(Instant, Instant) noexcept = default;

 private:
  constexpr explicit Instant(std::int64_t seconds) noexcept : seconds_(seconds) {}

  std::int64_t seconds_ = 0;
};

// `YYYY-MM-DDTHH:MM:SSZ`.
std::string to_text(Instant instant);

// The same without allocation. Writes Instant::text_size characters at `out`, without a NUL, and
// returns the end of the text.
char* write_text(char* out, Instant instant) noexcept;

}  // namespace lowtide
