// SPDX-License-Identifier: Apache-2.0
// Private: the terms in which the rules are written, such as "is below". Only rules.cpp includes
// it.
#pragma once

#include <optional>

#include "engine.hpp"
#include "rules.hpp"

namespace properties {

using lowtide::AlertFields;
using lowtide::Output;
using lowtide::OutputKind;
using lowtide::Phase;
using lowtide::StopReason;
using lowtide::Why;

inline constexpr std::int64_t day = 86400;  // seconds

struct Rule {
  const char* claim;
  bool (*holds)(const Seen&);
};

inline bool within(std::int64_t value, std::int64_t low, std::int64_t high) {
  return low <= value && value <= high;
}

inline bool is_below(const AlertFields& fields) {
  return fields.available_credit && units(*fields.available_credit) < units(fields.threshold);
}
inline bool is_negative(const AlertFields& fields) {
  return fields.available_credit && units(*fields.available_credit) < Units{};
}

// The one output of this kind, if there is one.
inline const Output* sent(const Seen& seen, OutputKind kind) {
  for (const Output& output : seen.decision.outputs) {
    if (output.kind == kind) return &output;
  }
  return nullptr;
}
inline const Output* fire(const Seen& seen) { return sent(seen, OutputKind::fire); }
inline const Output* reminder(const Seen& seen) { return sent(seen, OutputKind::remind); }
inline const Output* stop(const Seen& seen) { return sent(seen, OutputKind::stop); }
inline bool stops_as(const Seen& seen, StopReason reason) {
  return stop(seen) != nullptr && stop(seen)->reason == reason;
}

inline bool is_stale(const Seen& seen) {
  return seen.event.kind == Kind::balance && seen.event.sequence != 0 && seen.before.sequence &&
         seen.event.sequence <= seen.before.sequence->value();
}
inline bool observes(const Seen& seen) {
  return seen.event.kind == Kind::balance && !is_stale(seen);
}
inline bool sets(const Seen& seen) {
  return seen.event.kind == Kind::enable || seen.event.kind == Kind::set_threshold;
}
inline bool was(const Seen& seen, Phase phase) { return seen.before.phase == phase; }
inline bool is(const Seen& seen, Phase phase) { return seen.after.phase == phase; }
inline bool is_change(const Seen& seen) {
  return observes(seen) && (!seen.before.available_credit ||
                            units(*seen.before.available_credit) != seen.event.amount);
}
inline bool may_remind(const Seen& seen) {
  return was(seen, Phase::alerting) &&
         (seen.event.kind == Kind::tick ||
          (observes(seen) && is_below(seen.after) && !is_negative(seen.after)));
}
inline bool known_not_below(const AlertFields& fields) {
  return fields.available_credit.has_value() && !is_below(fields);
}

inline bool same_plan(const AlertFields& a, const AlertFields& b) {
  return a.count == b.count && a.time_of_day == b.time_of_day && a.utc_offset == b.utc_offset;
}
inline bool same_episode(const AlertFields& a, const AlertFields& b) {
  return a.episode == b.episode && a.fired_at == b.fired_at && a.fire_day == b.fire_day;
}

}  // namespace properties
