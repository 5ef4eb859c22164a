// SPDX-License-Identifier: Apache-2.0
// The rules of docs/semantics.md as independent predicates on one step. The tests of
// properties_rules call them. They must not call decide or step.
#include "rules.hpp"

#include <algorithm>
#include <array>

#include "rule_terms.hpp"
#include "transitions.hpp"

namespace properties {

namespace {

constexpr std::array order_rules = {
    Rule{"a step sends nothing, fire, fire and stop, remind, remind and stop, or stop",
         [](const Seen& seen) {
           const auto& sent = seen.decision.outputs;
           if (sent.size() < 2) return true;
           return sent.size() == 2 && sent[0].kind != OutputKind::stop &&
                  sent[1].kind == OutputKind::stop;
         }},
    Rule{"only a fire begins an episode, and only a stop ends it",
         [](const Seen& seen) {
           const int open = (was(seen, Phase::alerting) ? 1 : 0) + (fire(seen) != nullptr ? 1 : 0) -
                            (stop(seen) != nullptr ? 1 : 0);
           return open == (is(seen, Phase::alerting) ? 1 : 0);
         }},
    Rule{"an alert that was off sends nothing",
         [](const Seen& seen) { return !was(seen, Phase::off) || seen.decision.outputs.empty(); }},
    Rule{"disabling turns an alert off, enabling turns it on, and nothing else does",
         [](const Seen& seen) {
           if (seen.event.kind == Kind::disable) return is(seen, Phase::off);
           if (seen.event.kind == Kind::enable) return !is(seen, Phase::off);
           return was(seen, Phase::off) == is(seen, Phase::off);
         }},
    Rule{"a stale observation changes nothing",
         [](const Seen& seen) {
           if (!is_stale(seen)) return seen.decision.why != Why::stale;
           return seen.decision.why == Why::stale && seen.decision.outputs.empty() &&
                  seen.before == seen.after;
         }},
    Rule{"the transition is in the table",
         [](const Seen& seen) {
           static const TransitionSet allowed = allowed_transitions();
           return allowed.test(number({seen.before.phase, seen.after.phase, seen.decision.why}));
         }},
};

constexpr std::array fire_rules = {
    Rule{"an armed alert fires on every change that is below, and on nothing else",
         [](const Seen& seen) {
           return (fire(seen) != nullptr) ==
                  (was(seen, Phase::armed) && is_change(seen) && is_below(seen.after));
         }},
    Rule{"a fire begins a new episode without reminders",
         [](const Seen& seen) {
           if (fire(seen) == nullptr) return same_episode(seen.before, seen.after);
           const bool counted =
               seen.after.episode == seen.before.episode + 1 ||
               (seen.before.episode == UINT32_MAX && seen.after.episode == UINT32_MAX);
           return counted && seen.after.fired_at->seconds() == seen.event.at &&
                  seen.after.last_reminder == 0 && seen.after.reminders_sent == 0 &&
                  fire(seen)->reminders_sent == 0;
         }},
    Rule{"the day of a fire is the local day at the offset in force",
         [](const Seen& seen) {
           if (fire(seen) == nullptr) return true;
           const std::int64_t from_midnight = seen.event.at + seen.after.utc_offset.count() * 60 -
                                              seen.after.fire_day->time_since_epoch().count() * day;
           return within(from_midnight, 0, day - 1);
         }},
    Rule{"a fire stops at once if overdue or if the count is 0",
         [](const Seen& seen) {
           if (fire(seen) == nullptr) return true;
           if (is_negative(seen.after))
             return stops_as(seen, StopReason::overdue) && is(seen, Phase::quiet);
           if (seen.after.count == 0)
             return stops_as(seen, StopReason::completed) && is(seen, Phase::quiet);
           return stop(seen) == nullptr && is(seen, Phase::alerting);
         }},
    Rule{"the reason of a fire says whether the last observation was below too",
         [](const Seen& seen) {
           if (fire(seen) == nullptr)
             return seen.decision.why != Why::fell_below &&
                    seen.decision.why != Why::changed_while_below;
           return seen.decision.why ==
                  (is_below(seen.before) ? Why::changed_while_below : Why::fell_below);
         }},
};

constexpr std::array reminder_rules = {
    Rule{"a reminder needs an open episode, a tick or observation, and an account that is low "
         "but not overdue",
         [](const Seen& seen) { return reminder(seen) == nullptr || may_remind(seen); }},
    Rule{"a reminder is the last one due, is at most the count, and counts those it skips",
         [](const Seen& seen) {
           const Output* const output = reminder(seen);
           if (output == nullptr)
             return seen.before.last_reminder == seen.after.last_reminder || fire(seen) != nullptr;
           const std::int64_t k = output->reminder;
           return k > seen.before.last_reminder && k <= seen.after.count &&
                  due_at(seen.after, k) <= seen.event.at &&
                  due_at(seen.after, k + 1) > seen.event.at &&
                  output->skipped == k - seen.before.last_reminder - 1 &&
                  seen.after.last_reminder == k;
         }},
    Rule{"each reminder increases the number sent by one",
         [](const Seen& seen) {
           if (fire(seen) != nullptr) return true;
           const std::int64_t more = reminder(seen) != nullptr ? 1 : 0;
           return seen.after.reminders_sent == seen.before.reminders_sent + more &&
                  (more == 0 || reminder(seen)->reminders_sent == seen.after.reminders_sent);
         }},
    Rule{"a reminder that is due is sent, unless the last day has passed",
         [](const Seen& seen) {
           if (!may_remind(seen)) return true;
           const bool due = due_at(seen.before, seen.before.last_reminder + 1) <= seen.event.at;
           const bool over = due_at(seen.before, seen.before.count + 1) <= seen.event.at;
           if (over) return reminder(seen) == nullptr && stops_as(seen, StopReason::completed);
           return due == (reminder(seen) != nullptr);
         }},
    Rule{"only the last reminder completes the episode",
         [](const Seen& seen) {
           if (reminder(seen) == nullptr) return true;
           const bool last = reminder(seen)->reminder == seen.after.count;
           return last ? stops_as(seen, StopReason::completed) : stop(seen) == nullptr;
         }},
};

constexpr std::array stop_rules = {
    Rule{"an episode that ends by recovery or a new threshold leaves the alert armed",
         [](const Seen& seen) {
           const bool recovered = stops_as(seen, StopReason::recovered);
           const bool moved = stops_as(seen, StopReason::threshold_changed);
           const bool clear = was(seen, Phase::alerting) && !is_below(seen.after);
           if (recovered != (clear && observes(seen)) || moved != (clear && sets(seen)))
             return false;
           return !(recovered || moved) || is(seen, Phase::armed);
         }},
    Rule{"an episode ends as overdue exactly on an observation below 0",
         [](const Seen& seen) {
           const bool may = was(seen, Phase::alerting) || fire(seen) != nullptr;
           return stops_as(seen, StopReason::overdue) ==
                  (may && observes(seen) && is_negative(seen.after));
         }},
    Rule{"an episode ends as disabled exactly if the alert is disabled",
         [](const Seen& seen) {
           return stops_as(seen, StopReason::disabled) ==
                  (was(seen, Phase::alerting) && seen.event.kind == Kind::disable);
         }},
    Rule{"a new count that is already reached completes the episode",
         [](const Seen& seen) {
           if (!was(seen, Phase::alerting) || !sets(seen) || !is_below(seen.after)) return true;
           return stops_as(seen, StopReason::completed) ==
                  (seen.before.last_reminder >= seen.after.count);
         }},
    Rule{"the reason of the last stop stays until the next fire",
         [](const Seen& seen) {
           if (stop(seen) != nullptr)
             return stop(seen)->reason.has_value() && seen.after.stop_reason == stop(seen)->reason;
           return fire(seen) != nullptr ? !seen.after.stop_reason
                                        : seen.after.stop_reason == seen.before.stop_reason;
         }},
};

constexpr std::array keeping_rules = {
    Rule{"outputs show the alert after the event",
         [](const Seen& seen) {
           const auto& sent = seen.decision.outputs;
           return std::all_of(sent.begin(), sent.end(), [&](const Output& output) {
             return output.threshold == seen.after.threshold &&
                    output.available_credit == seen.after.available_credit &&
                    output.at.seconds() == seen.event.at && output.episode == seen.after.episode &&
                    output.fired_at == seen.after.fired_at &&
                    output.reminders_sent == seen.after.reminders_sent;
           });
         }},
    Rule{"only an observation that is not stale sets Available Credit",
         [](const Seen& seen) {
           if (!observes(seen)) return seen.after.available_credit == seen.before.available_credit;
           return seen.after.available_credit &&
                  units(*seen.after.available_credit) == seen.event.amount;
         }},
    Rule{"only an observation with a sequence changes the last sequence",
         [](const Seen& seen) {
           if (!observes(seen) || seen.event.sequence == 0)
             return seen.after.sequence == seen.before.sequence;
           return seen.after.sequence && seen.after.sequence->value() == seen.event.sequence;
         }},
    Rule{"only enable and set_threshold change the threshold, and only an enable with a schedule "
         "changes the schedule",
         [](const Seen& seen) {
           const bool line = sets(seen) ? units(seen.after.threshold) == seen.event.amount
                                        : seen.after.threshold == seen.before.threshold;
           if (seen.event.kind != Kind::enable || !seen.event.has_plan)
             return line && same_plan(seen.before, seen.after);
           const std::int64_t time = seen.after.time_of_day ? seen.after.time_of_day->count() : -1;
           return line &&
                  Plan{seen.after.count, time, seen.after.utc_offset.count()} == seen.event.plan;
         }},
    Rule{"recovery_first arms only if the account is known not to be below",
         [](const Seen& seen) {
           if (!sets(seen) || !seen.event.recovery_first || is(seen, Phase::off) ||
               was(seen, Phase::alerting))
             return true;
           return is(seen, Phase::armed) == known_not_below(seen.after);
         }},
    Rule{"next_change arms an alert that is off or has a new threshold, and makes none quiet",
         [](const Seen& seen) {
           if (!sets(seen) || seen.event.recovery_first || is(seen, Phase::off) ||
               was(seen, Phase::alerting))
             return true;
           return is(seen, Phase::quiet) ==
                  (was(seen, Phase::quiet) && seen.before.threshold == seen.after.threshold);
         }},
    Rule{"quiet ends by an observation at the threshold or above, by settings, or by disabling",
         [](const Seen& seen) {
           if (!was(seen, Phase::quiet) || sets(seen) || seen.event.kind == Kind::disable)
             return true;
           return is(seen, Phase::armed) == (observes(seen) && !is_below(seen.after));
         }},
    Rule{"a tick outside an episode changes nothing",
         [](const Seen& seen) {
           return seen.event.kind != Kind::tick || was(seen, Phase::alerting) ||
                  seen.before == seen.after;
         }},
    Rule{"settings_changed means that they differ, settings_unchanged that they do not",
         [](const Seen& seen) {
           const bool same =
               seen.before.threshold == seen.after.threshold && same_plan(seen.before, seen.after);
           if (seen.decision.why == Why::settings_changed)
             return sets(seen) && !same && was(seen, seen.after.phase);
           return seen.decision.why != Why::settings_unchanged ||
                  (sets(seen) && same && was(seen, seen.after.phase));
         }},
};

template <class Rules>
const char* first_broken(const Rules& rules, const Seen& seen) {
  for (const Rule& rule : rules) {
    if (!rule.holds(seen)) return rule.claim;
  }
  return nullptr;
}

const char* broken_range(const AlertFields& f) {
  if (units(f.threshold) < Units{}) return "threshold";
  if (!within(f.count, 0, 255)) return "count";
  if (f.time_of_day && !within(f.time_of_day->count(), 0, 1439)) return "time_of_day";
  if (!within(f.utc_offset.count(), -1439, 1439)) return "utc_offset";
  if (!within(static_cast<std::int64_t>(f.phase), 0, 3)) return "phase";
  if (!within(f.episode, 0, UINT32_MAX)) return "episode";
  if (!within(f.last_reminder, 0, 255)) return "last_reminder";
  if (!within(f.reminders_sent, 0, 255)) return "reminders_sent";
  if (f.stop_reason && !within(static_cast<std::int64_t>(*f.stop_reason), 1, 5))
    return "stop_reason";
  if (f.fire_day && f.fired_at) {
    const std::int64_t utc_day = f.fired_at->seconds() / day;
    if (!within(f.fire_day->time_since_epoch().count(), utc_day - 1, utc_day + 1))
      return "fire_day";
  }
  return nullptr;
}

}  // namespace

const char* broken_invariant(const AlertFields& f) {
  if (const char* const field = broken_range(f)) return field;
  const bool fired = f.episode != 0;
  const bool alerting = f.phase == Phase::alerting;
  if (fired != f.fired_at.has_value() || f.fired_at.has_value() != f.fire_day.has_value())
    return "fired_at";
  if (!fired && (f.last_reminder != 0 || f.reminders_sent != 0 || f.stop_reason || alerting))
    return "never fired";
  if (fired && !f.available_credit) return "fired, never observed";
  if (f.reminders_sent > f.last_reminder || (f.last_reminder == 0) != (f.reminders_sent == 0))
    return "sent and k";
  if (alerting && (!is_below(f) || is_negative(f) || f.last_reminder >= f.count || f.stop_reason))
    return "alerting";
  if (f.phase == Phase::quiet && known_not_below(f)) return "quiet";
  if (fired && !alerting && !f.stop_reason) return "ended without a reason";
  return nullptr;
}

std::int64_t due_at(const AlertFields& fields, std::int64_t k) {
  if (!fields.time_of_day) return fields.fired_at->seconds() + k * day;
  const std::int64_t local_midnight = (fields.fire_day->time_since_epoch().count() + k) * day;
  return local_midnight + (fields.time_of_day->count() - fields.utc_offset.count()) * 60;
}

const char* broken_rule(const Seen& seen) {
  const char* claim = first_broken(order_rules, seen);
  if (claim == nullptr) claim = first_broken(fire_rules, seen);
  if (claim == nullptr) claim = first_broken(reminder_rules, seen);
  if (claim == nullptr) claim = first_broken(stop_rules, seen);
  if (claim == nullptr) claim = first_broken(keeping_rules, seen);
  return claim;
}

}  // namespace properties
