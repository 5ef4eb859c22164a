// SPDX-License-Identifier: Apache-2.0
// Private: applies an observation to the state of an alert. decide.cpp, the batch kernel and the C
// ABI include it. It is a header so that this code is inlined into their loops: most observations
// send nothing, and a call would cost more than the decision. It must not allocate or throw.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowtide/decide.hpp>

#include "engine/access.hpp"
#include "engine/invariants.hpp"

// For functions that send something. They stay out of line, so that the fast path does not save
// registers for them.
#define LOWTIDE_COLD [[gnu::noinline, gnu::cold]]

namespace lowtide::detail {

inline bool is_overdue(const AlertState& s) noexcept { return s.last_credit.negative(); }

LOWTIDE_COLD Why stop(AlertState& s, Instant at, Outputs& outputs, StopReason reason, Phase next,
                      Why why) noexcept;
LOWTIDE_COLD Why fire(AlertState& s, Instant at, Outputs& outputs, Why why) noexcept;
LOWTIDE_COLD Why remind_if_due(AlertState& s, Instant at, Outputs& outputs) noexcept;

// What remains to be done once the observation is recorded in the state.
enum class Action : std::uint8_t { none, rearm, fire, stop_recovered, stop_overdue, remind_if_due };

// A row of the table of phases and events in docs/semantics.md.
struct Transition {
  Why why;  // provisional if the action is remind_if_due: perform() returns the final one
  Action action = Action::none;
};

// Finds the transition for a new Available Credit. Precondition: `s` still holds the previous one.
[[gnu::always_inline]] inline Transition find_transition(const AlertState& s,
                                                         Amount credit) noexcept {
  switch (s.phase) {
    case Phase::off: return {Why::off};
    case Phase::armed:
      if (is_observed(s) && s.last_credit == credit) return {Why::unchanged};
      if (!(credit < s.threshold)) return {Why::not_below};
      return {is_observed(s) && is_below(s) ? Why::changed_while_below : Why::fell_below,
              Action::fire};
    case Phase::alerting:
      // Recovery comes before a due reminder, so that a payment is never answered with a reminder.
      if (!(credit < s.threshold)) return {Why::recovered, Action::stop_recovered};
      if (credit.negative()) return {Why::overdue, Action::stop_overdue};
      return {Why::reminder_due, Action::remind_if_due};
    case Phase::quiet:
      if (credit < s.threshold) return {Why::waiting_for_recovery};
      return {Why::rearmed, Action::rearm};
  }
  return {Why::off};
}

// Records the observation in the state and returns the transition, whose action the caller must
// perform(). If the action is none, the decision is complete. Sequence 0 means none.
[[gnu::always_inline]] inline Transition record_observation(AlertState& s, Amount credit,
                                                            std::int64_t sequence) noexcept {
  if (sequence != 0) {
    if (sequence <= s.sequence) return {Why::stale};
    s.sequence = sequence;
  }
  const Transition transition = find_transition(s, credit);
  s.last_credit = credit;
  s.flags |= AlertState::observed;
  return transition;
}

// Performs the action of a transition and returns the final reason.
inline Why perform(AlertState& s, Instant at, Outputs& outputs, Transition transition) noexcept {
  const Why why = transition.why;
  switch (transition.action) {
    case Action::none: break;
    case Action::rearm: s.phase = Phase::armed; break;
    case Action::fire: return fire(s, at, outputs, why);
    case Action::stop_recovered:
      return stop(s, at, outputs, StopReason::recovered, Phase::armed, why);
    case Action::stop_overdue: return stop(s, at, outputs, StopReason::overdue, Phase::quiet, why);
    case Action::remind_if_due: return remind_if_due(s, at, outputs);
  }
  return why;
}

inline Why observe(AlertState& s, const Observation& observation, Outputs& outputs) noexcept {
  const Transition transition = record_observation(
      s, observation.available_credit, observation.sequence ? observation.sequence->value() : 0);
  return perform(s, observation.at, outputs, transition);
}

// ---- The fast path ----
//
// Nearly all observations find an alert that is armed and was observed before, and leave Available
// Credit at the threshold or above. The two functions below handle only these, together: all
// others, and every invalid state, take the checked path through is_valid() and observe(). Tests
// compare the two paths.

// True if the state is armed, observed and valid. May be false for such a state too (it always is
// on a big-endian machine); then take the checked path.
[[gnu::always_inline]] inline bool is_armed_and_valid(const AlertState& s) noexcept {
  if constexpr (std::endian::native != std::endian::little) return false;
  // Compares the last eight bytes of the state as one integer.
  constexpr auto place = [](std::size_t offset) {
    return 8 * (offset - offsetof(AlertState, recovery_margin));
  };
  constexpr std::uint64_t byte = 0xFF;
  constexpr std::uint64_t armed =
      (std::uint64_t{static_cast<std::uint8_t>(Phase::armed)}
       << place(offsetof(AlertState, phase))) |
      (std::uint64_t{AlertState::observed} << place(offsetof(AlertState, flags)));
  constexpr std::uint64_t of_episode =
      (byte << place(offsetof(AlertState, reminded))) |
      (byte << place(offsetof(AlertState, sent))) | (byte << place(offsetof(AlertState, ended))) |
      ((byte ^ AlertState::observed) << place(offsetof(AlertState, flags)));
  constexpr std::uint64_t count = byte << place(offsetof(AlertState, count));
  std::uint64_t tail = 0;
  static_assert(place(sizeof(AlertState)) == 64);
  std::memcpy(&tail, &s.recovery_margin, sizeof tail);

  if ((tail & ~count) == armed) [[likely]] {  // never fired
    if ((s.fired_at | s.episode) != 0) return false;
  } else if ((tail & ~(count | of_episode)) != armed || s.episode == 0 ||
             static_cast<std::uint8_t>(s.ended - 1) >=
                 static_cast<std::uint8_t>(StopReason::disabled) ||
             s.sent > s.reminded || (s.sent == 0 && s.reminded != 0) ||
             fire_day_code(s) > day_before ||
             static_cast<std::uint64_t>(s.fired_at) >
                 static_cast<std::uint64_t>(Instant::max_seconds)) {
    return false;
  }
  return (s.threshold.high | s.sequence) >= 0 && s.time_of_day >= -1 &&
         s.time_of_day <= Schedule::max_time_of_day.count() &&
         s.utc_offset >= -Schedule::max_utc_offset.count() &&
         s.utc_offset <= Schedule::max_utc_offset.count();
}

// Applies an observation that is newer than the last one and sends nothing, and calls `done(why)`.
// For every other observation it does nothing and returns false. Precondition:
// is_armed_and_valid(s). If `sequence_is_optional`, sequence 0 means none.
template <bool sequence_is_optional, class Done>
[[gnu::always_inline]] inline bool observe_silent(AlertState& s, Amount credit,
                                                  std::int64_t sequence, Done done) noexcept {
  const bool newer = sequence > s.sequence;
  if (!newer && !(sequence_is_optional && sequence == 0)) return false;
  if (credit < s.threshold) return false;
  if (!sequence_is_optional || newer) s.sequence = sequence;
  if (credit == s.last_credit) [[unlikely]] {
    done(Why::unchanged);
    return true;
  }
  s.last_credit = credit;
  done(Why::not_below);
  return true;
}

}  // namespace lowtide::detail
