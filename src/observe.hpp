// SPDX-License-Identifier: Apache-2.0
// What a balance change means, for lowtide's own sources: a header, so that those who hand in many changes one by one pay for no further
// call. Nearly every change is silent; what is to be sent stays out of line.
#pragma once

#include <lowtide/decide.hpp>

#include "access.hpp"

// What follows a silent look at the balance is kept out of line, so that the usual decision saves no registers for it.
#define LOWTIDE_COLD [[gnu::noinline, gnu::cold]]

namespace lowtide::detail {

inline bool is_overdue(const AlertState& s) noexcept { return s.last_credit.negative(); }

LOWTIDE_COLD Why stop(AlertState& s, Instant at, Outputs& outputs, StopReason reason, Phase next, Why why) noexcept;
LOWTIDE_COLD Why fire(AlertState& s, Instant at, Outputs& outputs, Why why) noexcept;
LOWTIDE_COLD Why remind_if_due(AlertState& s, Instant at, Outputs& outputs) noexcept;

// What a change calls for once it was looked at.
enum class Send : std::uint8_t { nothing, rearm, fire, stop_recovered, stop_overdue, remind_if_due };

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
      return {is_observed(s) && is_below(s) ? Why::changed_while_below : Why::fell_below, Send::fire};
    case Phase::alerting:
      // Recovery is settled before a due reminder, so that a customer who paid is never reminded in the same breath.
      if (!(credit < s.threshold)) return {Why::recovered, Send::stop_recovered};
      if (credit.negative()) return {Why::overdue, Send::stop_overdue};
      return {Why::reminder_due, Send::remind_if_due};
    case Phase::quiet:
      if (credit < s.threshold) return {Why::waiting_for_recovery};
      return {Why::rearmed, Send::rearm};
  }
  return {Why::off};
}

// Looks at the change and takes it in. All of a decision that sends nothing is done then, but for a rearm. Sequence 0: none given.
[[gnu::always_inline]] inline Look look(AlertState& s, Amount credit, std::int64_t sequence) noexcept {
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
    case Send::stop_recovered: return stop(s, at, outputs, StopReason::recovered, Phase::armed, on.why);
    case Send::stop_overdue: return stop(s, at, outputs, StopReason::overdue, Phase::quiet, on.why);
    case Send::remind_if_due: return remind_if_due(s, at, outputs);
  }
  return on.why;
}

inline Why observe(AlertState& s, const BalanceChanged& change, Outputs& outputs) noexcept {
  const Look looked = look(s, change.available_credit, change.sequence ? change.sequence->value() : 0);
  return act(s, change.at, outputs, looked);
}

}  // namespace lowtide::detail
