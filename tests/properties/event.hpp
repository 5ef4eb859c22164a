// SPDX-License-Identifier: Apache-2.0
// The events of the property tests, in plain integers, so that the oracle and the rules share no
// code with the engine under test.
#pragma once

#include <compare>
#include <cstdint>

namespace properties {

// A count of 10^-18, as the two halves of its two's complement.
struct Units {
  std::int64_t high = 0;
  std::uint64_t low = 0;

  friend constexpr bool operator==(const Units&, const Units&) noexcept = default;
  friend constexpr std::strong_ordering operator<=>(const Units& a, const Units& b) noexcept {
    return a.high == b.high ? a.low <=> b.low : a.high <=> b.high;
  }
};
constexpr Units units(std::int64_t value) noexcept {
  return {value < 0 ? -1 : 0, static_cast<std::uint64_t>(value)};
}

struct Plan {
  std::int64_t count = 5;
  std::int64_t time_of_day = -1;  // minutes after local midnight; -1: every 24 hours
  std::int64_t utc_offset = 0;    // minutes

  friend constexpr bool operator==(const Plan&, const Plan&) noexcept = default;
};

enum class Kind : std::uint8_t { balance, tick, enable, set_threshold, disable, rebase };

struct Event {
  Kind kind = Kind::tick;
  bool has_plan = false;        // of enable: a schedule is given
  bool recovery_first = false;  // of enable and set_threshold
  std::int64_t at = 0;          // seconds since 1970
  Units amount;                 // of balance: Available Credit; of enable, set_threshold: threshold
  std::int64_t sequence = 0;    // of balance and rebase; 0: none
  Plan plan;
};

constexpr Event balance(std::int64_t at, Units credit, std::int64_t sequence = 0) noexcept {
  return {.kind = Kind::balance, .at = at, .amount = credit, .sequence = sequence, .plan = {}};
}
constexpr Event tick(std::int64_t at) noexcept {
  return {.kind = Kind::tick, .at = at, .amount = {}, .plan = {}};
}
constexpr Event enable(std::int64_t at, Units threshold, bool recovery_first = false) noexcept {
  return {.kind = Kind::enable,
          .recovery_first = recovery_first,
          .at = at,
          .amount = threshold,
          .plan = {}};
}
constexpr Event enable(std::int64_t at, Units threshold, Plan plan,
                       bool recovery_first = false) noexcept {
  return {.kind = Kind::enable,
          .has_plan = true,
          .recovery_first = recovery_first,
          .at = at,
          .amount = threshold,
          .plan = plan};
}
constexpr Event set_threshold(std::int64_t at, Units threshold,
                              bool recovery_first = false) noexcept {
  return {.kind = Kind::set_threshold,
          .recovery_first = recovery_first,
          .at = at,
          .amount = threshold,
          .plan = {}};
}
constexpr Event disable(std::int64_t at) noexcept {
  return {.kind = Kind::disable, .at = at, .amount = {}, .plan = {}};
}
constexpr Event rebase(std::int64_t at, std::int64_t sequence) noexcept {
  return {.kind = Kind::rebase, .at = at, .amount = {}, .sequence = sequence, .plan = {}};
}

}  // namespace properties
