// SPDX-License-Identifier: Apache-2.0
// What a balance change means, for lowtide's own sources: a header, so that those who hand in many
// changes one by one pay for no further call. Nearly every change is silent; what is to be sent
// stays out of line.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowtide/decide.hpp>

#include "engine/access.hpp"
#include "engine/invariants.hpp"

// What follows a silent look at the balance is kept out of line, so that the usual decision saves
// no registers for it.
#define LOWTIDE_COLD [[gnu::noinline, gnu::cold]]

namespace lowtide::detail {

inline bool is_overdue(const AlertState& s) noexcept { return s.last_credit.negative(); }

LOWTIDE_COLD Why stop(AlertState& s, Instant at, Outputs& outputs, StopReason reason, Phase next,
                      Why why) noexcept;
LOWTIDE_COLD Why fire(AlertState& s, Instant at, Outputs& outputs, Why why) noexcept;
LOWTIDE_COLD Why remind_if_due(AlertState& s, Instant at, Outputs& outputs) noexcept;

// What a change calls for once it was looked at.
enum class Send : std::uint8_t {
  nothing,
  rearm,
  fire,
  stop_recovered,
  stop_overdue,
  remind_if_due
};

struct Look {
  Why why;  // of remind_if_due: not known yet
  Send send = Send::nothing;
};

// Looks at a new balance, beside the last one that the state still holds.
[[gnu::always_inline]] inline Look look_at(const AlertState& s, Amount credit) noexcept {
  switch (s.phase) {
    case Phase::off: return {Why::off};
    case Phase::armed:
      if (is_observed(s) && s.last_credit == credit) return {Why::unchanged};
      if (!(credit < s.threshold)) return {Why::not_below};
      return {is_observed(s) && is_below(s) ? Why::changed_while_below : Why::fell_below,
              Send::fire};
    case Phase::alerting:
      // Recovery is settled before a due reminder, so that a customer who paid is never reminded in
      // the same breath.
      if (!(credit < s.threshold)) return {Why::recovered, Send::stop_recovered};
      if (credit.negative()) return {Why::overdue, Send::stop_overdue};
      return {Why::reminder_due, Send::remind_if_due};
    case Phase::quiet:
      if (credit < s.threshold) return {Why::waiting_for_recovery};
      return {Why::rearmed, Send::rearm};
  }
  return {Why::off};
}

// Looks at the change and takes it in. All of a decision that sends nothing is done then, but for a
// rearm. Sequence 0: none given.
[[gnu::always_inline]] inline Look look(AlertState& s, Amount credit,
                                        std::int64_t sequence) noexcept {
  if (sequence != 0) {
    if (sequence <= s.sequence) return {Why::stale};
    s.sequence = sequence;
  }
  const Look looked = look_at(s, credit);
  s.last_credit = credit;
  s.flags |= AlertState::observed;
  return looked;
}

inline Why act(AlertState& s, Instant at, Outputs& outputs, Look on) noexcept {
  switch (on.send) {
    case Send::nothing: break;
    case Send::rearm: s.phase = Phase::armed; break;
    case Send::fire: return fire(s, at, outputs, on.why);
    case Send::stop_recovered:
      return stop(s, at, outputs, StopReason::recovered, Phase::armed, on.why);
    case Send::stop_overdue: return stop(s, at, outputs, StopReason::overdue, Phase::quiet, on.why);
    case Send::remind_if_due: return remind_if_due(s, at, outputs);
  }
  return on.why;
}

inline Why observe(AlertState& s, const Observation& observation, Outputs& outputs) noexcept {
  const Look looked = look(s, observation.available_credit,
                           observation.sequence ? observation.sequence->value() : 0);
  return act(s, observation.at, outputs, looked);
}

// Most changes by far meet an alert that is armed and was observed before, and leave Available
// Credit at the threshold or above. What follows is the short way for these alone. It says no to
// all else, and to every state that is not valid; what it says yes to, is what is_valid() and
// observe() say, and a test compares them.

// Whether a state is armed, observed and valid.
[[gnu::always_inline]] inline bool is_armed_and_valid(const AlertState& s) noexcept {
  if constexpr (std::endian::native != std::endian::little) return false;
  // The last eight bytes as one number.
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

// Of such a state. False, and nothing done, unless the change is newer and sends nothing. Where the
// sequence may be left out, 0 is none.
template <bool may_be_left_out, class Done>
[[gnu::always_inline]] inline bool observe_silent(AlertState& s, Amount credit,
                                                  std::int64_t sequence, Done done) noexcept {
  const bool newer = sequence > s.sequence;
  if (!newer && !(may_be_left_out && sequence == 0)) return false;
  if (credit < s.threshold) return false;
  if (!may_be_left_out || newer) s.sequence = sequence;
  if (credit == s.last_credit) [[unlikely]] {
    done(Why::unchanged);
    return true;
  }
  s.last_credit = credit;
  done(Why::not_below);
  return true;
}

}  // namespace lowtide::detail
