// SPDX-License-Identifier: Apache-2.0
// The table of docs/semantics.md, reduced to (phase before, phase after, why): all transitions that
// a decision can make.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>

#include <lowtide/decide.hpp>

namespace properties {

struct Transition {
  lowtide::Phase from;
  lowtide::Phase to;
  lowtide::Why why;
};

// The number of a transition, less than `transition_numbers`.
constexpr std::size_t transition_numbers = std::size_t{4} * 4 * 24;
constexpr std::size_t number(const Transition& transition) noexcept {
  return (static_cast<std::size_t>(transition.from) * 4 + static_cast<std::size_t>(transition.to)) *
             24 +
         static_cast<std::size_t>(transition.why);
}

inline constexpr auto transitions = [] {
  using enum lowtide::Phase;
  using W = lowtide::Why;
  return std::array{
      Transition{off, off, W::stale},
      Transition{off, off, W::off},
      Transition{off, off, W::nothing_pending},
      Transition{off, off, W::settings_changed},
      Transition{off, off, W::settings_unchanged},
      Transition{off, off, W::already_off},
      Transition{off, armed, W::enabled},
      Transition{off, quiet, W::enabled_waiting},
      Transition{armed, off, W::disabled},
      Transition{armed, armed, W::stale},
      Transition{armed, armed, W::unchanged},
      Transition{armed, armed, W::not_below},
      Transition{armed, armed, W::nothing_pending},
      Transition{armed, armed, W::settings_changed},
      Transition{armed, armed, W::settings_unchanged},
      Transition{armed, alerting, W::fell_below},
      Transition{armed, alerting, W::changed_while_below},
      Transition{armed, quiet, W::fell_below},
      Transition{armed, quiet, W::changed_while_below},
      Transition{armed, quiet, W::waiting_for_recovery},
      Transition{alerting, off, W::disabled},
      Transition{alerting, armed, W::recovered},
      Transition{alerting, armed, W::threshold_changed},
      Transition{alerting, alerting, W::stale},
      Transition{alerting, alerting, W::reminder_not_due},
      Transition{alerting, alerting, W::reminder_due},
      Transition{alerting, alerting, W::settings_changed},
      Transition{alerting, alerting, W::settings_unchanged},
      Transition{alerting, quiet, W::overdue},
      Transition{alerting, quiet, W::reminder_days_over},
      Transition{alerting, quiet, W::reminder_due},
      Transition{alerting, quiet, W::reminders_reached},
      Transition{quiet, off, W::disabled},
      Transition{quiet, armed, W::rearmed},
      Transition{quiet, armed, W::rearmed_by_threshold},
      Transition{quiet, quiet, W::stale},
      Transition{quiet, quiet, W::waiting_for_recovery},
      Transition{quiet, quiet, W::nothing_pending},
      Transition{quiet, quiet, W::settings_changed},
      Transition{quiet, quiet, W::settings_unchanged},
  };
}();

using TransitionSet = std::bitset<transition_numbers>;

inline TransitionSet allowed_transitions() {
  TransitionSet set;
  for (const Transition& transition : transitions) set.set(number(transition));
  return set;
}

}  // namespace properties
