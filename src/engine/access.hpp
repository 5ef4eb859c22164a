// SPDX-License-Identifier: Apache-2.0
// Private: access to the members of Alert and Outputs, for lowtide's own sources. It gives no
// protection: code that changes a state through it must keep the invariants (invariants.hpp).
#pragma once

#include <optional>

#include <lowtide/alert.hpp>
#include <lowtide/decide.hpp>

namespace lowtide {

struct AlertAccess {
  static detail::AlertState& state(Alert& alert) noexcept { return alert.state_; }
  static const detail::AlertState& state(const Alert& alert) noexcept { return alert.state_; }

  static Schedule schedule(const detail::AlertState& s) noexcept {
    return {s.count, s.time_of_day, s.utc_offset};
  }
  static void set_schedule(detail::AlertState& s, const Schedule& schedule) noexcept {
    s.count = schedule.count_;
    s.time_of_day = schedule.time_of_day_;
    s.utc_offset = schedule.utc_offset_;
  }

  // Appends an output and returns it, to be filled in. Precondition: there are fewer than
  // Outputs::max_size outputs.
  static Output& append(Outputs& outputs) noexcept;

  // Returns the first broken invariant of a state, or nothing if it is valid; see invariants.hpp.
  // Alert::restore() checks by itself only what an AlertState cannot represent.
  static std::optional<Error> check(const detail::AlertState& state) noexcept;
};

namespace detail {

constexpr bool is_observed(const AlertState& s) noexcept {
  return (s.flags & AlertState::observed) != 0;
}
constexpr bool is_below(const AlertState& s) noexcept { return s.last_credit < s.threshold; }

std::chrono::local_days fire_day(const AlertState& state) noexcept;
void set_fire(AlertState& state, Instant fired_at, std::chrono::local_days fire_day) noexcept;

}  // namespace detail
}  // namespace lowtide
