// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "engine.hpp"
#include "transitions.hpp"

namespace properties {

using lowtide::AlertFields;
using lowtide::Output;
using lowtide::OutputKind;
using lowtide::Phase;
using lowtide::StopReason;
using lowtide::Why;

namespace {

constexpr std::int64_t day = 86400;

struct Rule {
  const char* claim;
  bool (*holds)(const Seen&);
};

bool within(std::int64_t value, std::int64_t low, std::int64_t high) {
  return low <= value && value <= high;
}

bool is_below(const AlertFields& fields) {
  return fields.available_credit && units(*fields.available_credit) < units(fields.threshold);
}
bool is_negative(const AlertFields& fields) {
  return fields.available_credit && units(*fields.available_credit) < Units{};
}

// The one output of this kind, if there is one.
const Output* sent(const Seen& seen, OutputKind kind) {
  for (const Output& output : seen.outcome.outputs) {
    if (output.kind == kind) return &output;
  }
  return nullptr;
}
const Output* fire(const Seen& seen) { return sent(seen, OutputKind::fire); }
const Output* reminder(const Seen& seen) { return sent(seen, OutputKind::remind); }
const Output* stop(const Seen& seen) { return sent(seen, OutputKind::stop); }
bool stops_as(const Seen& seen, StopReason reason) {
  return stop(seen) != nullptr && stop(seen)->reason == reason;
}

bool is_stale(const Seen& seen) {
  return seen.event.kind == Kind::balance && seen.event.sequence != 0 && seen.before.sequence &&
         seen.event.sequence <= seen.before.sequence->value();
}
bool observes(const Seen& seen) { return seen.event.kind == Kind::balance && !is_stale(seen); }
bool sets(const Seen& seen) {
  return seen.event.kind == Kind::enable || seen.event.kind == Kind::set_threshold;
}
bool was(const Seen& seen, Phase phase) { return seen.before.phase == phase; }
bool is(const Seen& seen, Phase phase) { return seen.after.phase == phase; }
bool is_change(const Seen& seen) {
  return observes(seen) && (!seen.before.available_credit ||
                            units(*seen.before.available_credit) != seen.event.amount);
}
bool asks_for_reminder(const Seen& seen) {
  return was(seen, Phase::alerting) &&
         (seen.event.kind == Kind::tick ||
          (observes(seen) && is_below(seen.after) && !is_negative(seen.after)));
}
bool known_clear(const AlertFields& fields) {
  return fields.available_credit.has_value() && !is_below(fields);
}

bool same_plan(const AlertFields& a, const AlertFields& b) {
  return a.count == b.count && a.time_of_day == b.time_of_day && a.utc_offset == b.utc_offset;
}
bool same_episode(const AlertFields& a, const AlertFields& b) {
  return a.episode == b.episode && a.fired_at == b.fired_at && a.fire_day == b.fire_day;
}

constexpr std::array order_rules = {
    Rule{"a step sends nothing, fire, fire and stop, remind, remind and stop, or stop",
         [](const Seen& seen) {
           const auto& sent = seen.outcome.outputs;
           if (sent.size() < 2) return true;
           return sent.size() == 2 && sent[0].kind != OutputKind::stop &&
                  sent[1].kind == OutputKind::stop;
         }},
    Rule{"an episode is opened by a fire only, and closed by a stop only",
         [](const Seen& seen) {
           const int open = (was(seen, Phase::alerting) ? 1 : 0) + (fire(seen) != nullptr ? 1 : 0) -
                            (stop(seen) != nullptr ? 1 : 0);
           return open == (is(seen, Phase::alerting) ? 1 : 0);
         }},
    Rule{"what was off sends nothing",
         [](const Seen& seen) { return !was(seen, Phase::off) || seen.outcome.outputs.empty(); }},
    Rule{"only a disabled alert is off, and only an enabled one leaves that",
         [](const Seen& seen) {
           if (seen.event.kind == Kind::disable) return is(seen, Phase::off);
           if (seen.event.kind == Kind::enable) return !is(seen, Phase::off);
           return was(seen, Phase::off) == is(seen, Phase::off);
         }},
    Rule{"a stale change is ignored whole",
         [](const Seen& seen) {
           if (!is_stale(seen)) return seen.outcome.why != Why::stale;
           return seen.outcome.why == Why::stale && seen.outcome.outputs.empty() &&
                  seen.before == seen.after;
         }},
    Rule{"the transition is one of the table",
         [](const Seen& seen) {
           static const TransitionSet lawful = lawful_transitions();
           return lawful.test(number({seen.before.phase, seen.after.phase, seen.outcome.why}));
         }},
};

constexpr std::array fire_rules = {
    Rule{"a fire comes from armed, on a change that is below, and then always",
         [](const Seen& seen) {
           return (fire(seen) != nullptr) ==
                  (was(seen, Phase::armed) && is_change(seen) && is_below(seen.after));
         }},
    Rule{"a fire begins a new episode with nothing sent yet",
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
    Rule{"a fire stops at once when overdue or without reminders",
         [](const Seen& seen) {
           if (fire(seen) == nullptr) return true;
           if (is_negative(seen.after))
             return stops_as(seen, StopReason::overdue) && is(seen, Phase::quiet);
           if (seen.after.count == 0)
             return stops_as(seen, StopReason::completed) && is(seen, Phase::quiet);
           return stop(seen) == nullptr && is(seen, Phase::alerting);
         }},
    Rule{"a fire says whether the last observation was below too",
         [](const Seen& seen) {
           if (fire(seen) == nullptr)
             return seen.outcome.why != Why::fell_below &&
                    seen.outcome.why != Why::changed_while_below;
           return seen.outcome.why ==
                  (is_below(seen.before) ? Why::changed_while_below : Why::fell_below);
         }},
};

constexpr std::array reminder_rules = {
    Rule{"no reminder without an open episode, an event of time, and a low account that is not "
         "overdue",
         [](const Seen& seen) { return reminder(seen) == nullptr || asks_for_reminder(seen); }},
    Rule{"a reminder is the last one due, at most the count, and counts what it skips",
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
    Rule{"reminders sent grow by one with each",
         [](const Seen& seen) {
           if (fire(seen) != nullptr) return true;
           const std::int64_t more = reminder(seen) != nullptr ? 1 : 0;
           return seen.after.reminders_sent == seen.before.reminders_sent + more &&
                  (more == 0 || reminder(seen)->reminders_sent == seen.after.reminders_sent);
         }},
    Rule{"what is due is sent, unless the days are over",
         [](const Seen& seen) {
           if (!asks_for_reminder(seen)) return true;
           const bool due = due_at(seen.before, seen.before.last_reminder + 1) <= seen.event.at;
           const bool over = due_at(seen.before, seen.before.count + 1) <= seen.event.at;
           if (over) return reminder(seen) == nullptr && stops_as(seen, StopReason::completed);
           return due == (reminder(seen) != nullptr);
         }},
    Rule{"the last reminder completes the episode, and no earlier one does",
         [](const Seen& seen) {
           if (reminder(seen) == nullptr) return true;
           const bool last = reminder(seen)->reminder == seen.after.count;
           return last ? stops_as(seen, StopReason::completed) : stop(seen) == nullptr;
         }},
};

constexpr std::array stop_rules = {
    Rule{"a stop by recovery or a new threshold leaves the alert armed and the account clear",
         [](const Seen& seen) {
           const bool recovered = stops_as(seen, StopReason::recovered);
           const bool moved = stops_as(seen, StopReason::threshold_changed);
           const bool clear = was(seen, Phase::alerting) && !is_below(seen.after);
           if (recovered != (clear && observes(seen)) || moved != (clear && sets(seen)))
             return false;
           return !(recovered || moved) || is(seen, Phase::armed);
         }},
    Rule{"a stop as overdue needs an observation below 0",
         [](const Seen& seen) {
           const bool may = was(seen, Phase::alerting) || fire(seen) != nullptr;
           return stops_as(seen, StopReason::overdue) ==
                  (may && observes(seen) && is_negative(seen.after));
         }},
    Rule{"a stop by the owner comes from disabling in an episode",
         [](const Seen& seen) {
           return stops_as(seen, StopReason::disabled) ==
                  (was(seen, Phase::alerting) && seen.event.kind == Kind::disable);
         }},
    Rule{"a new count that was reached already completes the episode",
         [](const Seen& seen) {
           if (!was(seen, Phase::alerting) || !sets(seen) || !is_below(seen.after)) return true;
           return stops_as(seen, StopReason::completed) ==
                  (seen.before.last_reminder >= seen.after.count);
         }},
    Rule{"the reason of the last stop is kept until the next fire",
         [](const Seen& seen) {
           if (stop(seen) != nullptr)
             return stop(seen)->reason.has_value() && seen.after.stop_reason == stop(seen)->reason;
           return fire(seen) != nullptr ? !seen.after.stop_reason
                                        : seen.after.stop_reason == seen.before.stop_reason;
         }},
};

constexpr std::array keeping_rules = {
    Rule{"outputs show the alert afterwards",
         [](const Seen& seen) {
           const auto& sent = seen.outcome.outputs;
           return std::all_of(sent.begin(), sent.end(), [&](const Output& output) {
             return output.threshold == seen.after.threshold &&
                    output.available_credit == seen.after.available_credit &&
                    output.at.seconds() == seen.event.at && output.episode == seen.after.episode &&
                    output.fired_at == seen.after.fired_at &&
                    output.reminders_sent == seen.after.reminders_sent;
           });
         }},
    Rule{"only a balance that is not stale is observed",
         [](const Seen& seen) {
           if (!observes(seen)) return seen.after.available_credit == seen.before.available_credit;
           return seen.after.available_credit &&
                  units(*seen.after.available_credit) == seen.event.amount;
         }},
    Rule{"the last sequence follows the changes that carry one",
         [](const Seen& seen) {
           if (!observes(seen) || seen.event.sequence == 0)
             return seen.after.sequence == seen.before.sequence;
           return seen.after.sequence && seen.after.sequence->value() == seen.event.sequence;
         }},
    Rule{"only enable and set_threshold change the threshold, and only an enable with a schedule "
         "changes that",
         [](const Seen& seen) {
           const bool line = sets(seen) ? units(seen.after.threshold) == seen.event.amount
                                        : seen.after.threshold == seen.before.threshold;
           if (seen.event.kind != Kind::enable || !seen.event.plans)
             return line && same_plan(seen.before, seen.after);
           const std::int64_t time = seen.after.time_of_day ? seen.after.time_of_day->count() : -1;
           return line &&
                  Plan{seen.after.count, time, seen.after.utc_offset.count()} == seen.event.plan;
         }},
    Rule{"recovery_first leaves armed only what is known to be clear",
         [](const Seen& seen) {
           if (!sets(seen) || !seen.event.recovery_first || is(seen, Phase::off) ||
               was(seen, Phase::alerting))
             return true;
           return is(seen, Phase::armed) == known_clear(seen.after);
         }},
    Rule{"next_change arms what is off and what has a new threshold, and silences nothing",
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
    Rule{"settings_changed tells that they differ, settings_unchanged that they do not",
         [](const Seen& seen) {
           const bool same =
               seen.before.threshold == seen.after.threshold && same_plan(seen.before, seen.after);
           if (seen.outcome.why == Why::settings_changed)
             return sets(seen) && !same && was(seen, seen.after.phase);
           return seen.outcome.why != Why::settings_unchanged ||
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
  if (f.phase == Phase::quiet && known_clear(f)) return "quiet";
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
