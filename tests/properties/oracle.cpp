// SPDX-License-Identifier: Apache-2.0
// The oracle: an independent model of an alert. The tests of properties_oracle compare the engine
// with it. It must not call decide or step.
#include "oracle.hpp"

#include <algorithm>

namespace properties {

using lowtide::OutputKind;
using lowtide::Phase;
using lowtide::StopReason;
using lowtide::Why;

namespace {

constexpr std::int64_t minutes_a_day = 1440;
constexpr std::int64_t last_instant = 253402300799;

bool is_settings(const Event& event) {
  return event.kind == Kind::enable || event.kind == Kind::set_threshold;
}
bool can_remind(const Event& event) {
  return event.kind == Kind::balance || event.kind == Kind::tick;
}

}  // namespace

const Answer& History::append(const Event& event) {
  Before before{.on = on(),
                .alerting = on() && in_episode(),
                .silent = silent(),
                .credit = credit(),
                .threshold = threshold(),
                .plan = plan()};
  before.last_reminder = last_reminder();
  const bool stale =
      event.kind == Kind::balance && event.sequence != 0 && event.sequence <= sequence();

  Moment moment;
  moment.event = event;
  moment.last = moments_.back().last;
  moment.fires = moments_.back().fires;
  moment.reminders = moments_.back().reminders;
  moments_.push_back(moment);
  if (stale) {
    moments_.back().answer.why = Why::stale;
    return moments_.back().answer;
  }

  // The values of the event come first, because its effects depend on the new settings and the new
  // amount.
  mark_values(event);
  mark_fire(event, before);
  const std::int64_t due = mark_reminder(event, before);
  mark_stop(event, before, due);
  mark_silence(event, before);

  Answer& answer = moments_.back().answer;
  switch (event.kind) {
    case Kind::balance: answer.why = why_balance(before, due); break;
    case Kind::tick:
      answer.why = before.alerting ? why_reminder(before, due) : Why::nothing_pending;
      break;
    case Kind::enable:
    case Kind::set_threshold: answer.why = why_settings(event, before); break;
    case Kind::disable: answer.why = before.on ? Why::disabled : Why::already_off; break;
    case Kind::rebase: break;
  }
  return answer;
}

void History::mark_values(const Event& event) {
  switch (event.kind) {
    case Kind::balance:
      mark(credit_set);
      if (event.sequence != 0) mark(sequence_set);
      break;
    case Kind::rebase: mark(sequence_set); break;
    case Kind::enable:
      mark(threshold_set);
      if (event.has_plan) mark(plan_set);
      mark(enabled);
      break;
    case Kind::set_threshold: mark(threshold_set); break;
    case Kind::disable: mark(disabled); break;
    case Kind::tick: break;
  }
}

// A change that leaves the account below the threshold fires, unless there is an open episode or
// the alert is silent.
void History::mark_fire(const Event& event, const Before& before) {
  const bool change = event.kind == Kind::balance && before.credit != credit();
  if (!before.on || before.alerting || before.silent || !change || !below()) return;
  mark(fired);
  ++moments_.back().fires;
  notice(event, OutputKind::fire);
}

std::int64_t History::mark_reminder(const Event& event, const Before& before) {
  if (!before.alerting || !can_remind(event)) return 0;
  const std::int64_t due = reminders_due(event.at);
  if (due <= before.last_reminder || due > plan().count || !below() || overdue()) return due;
  mark(reminded);
  ++moments_.back().reminders;
  Notice& reminder = notice(event, OutputKind::remind);
  reminder.reminder = due;
  reminder.skipped = due - before.last_reminder - 1;
  return due;
}

void History::mark_stop(const Event& event, const Before& before, std::int64_t due) {
  const bool fires = last(fired) == moments_.size() - 1;
  std::optional<StopReason> reason;
  if (before.alerting) {
    const bool compares = event.kind == Kind::balance || is_settings(event);
    if (event.kind == Kind::disable) {
      reason = StopReason::disabled;
    } else if (compares && !below()) {
      reason = event.kind == Kind::balance ? StopReason::recovered : StopReason::threshold_changed;
    } else if (event.kind == Kind::balance && overdue()) {
      reason = StopReason::overdue;
    } else if (is_settings(event) ? before.last_reminder >= plan().count
                                  : due > before.last_reminder && due >= plan().count) {
      reason = StopReason::completed;
    }
  } else if (fires && overdue()) {
    reason = StopReason::overdue;
  } else if (fires && plan().count == 0) {
    reason = StopReason::completed;
  }
  if (!reason) return;
  mark(stopped);
  notice(event, OutputKind::stop).reason = reason;
  const bool may_fire_again =
      *reason == StopReason::recovered || *reason == StopReason::threshold_changed;
  mark(may_fire_again ? released : silenced);
}

// Outside an episode, an observation at the threshold or above releases the alert, and settings
// silence or release it as they say.
void History::mark_silence(const Event& event, const Before& before) {
  if (event.kind == Kind::balance && !below()) mark(released);
  if (!is_settings(event) || before.alerting || !on()) return;
  const bool known_not_below = credit() && !below();
  if (event.recovery_first) {
    mark(known_not_below ? released : silenced);
  } else if (!before.on || before.threshold != threshold()) {
    mark(released);
  }
}

Why History::why_reminder(const Before& before, std::int64_t due) const {
  if (due <= before.last_reminder) return Why::reminder_not_due;
  return due > plan().count ? Why::reminder_days_over : Why::reminder_due;
}

Why History::why_balance(const Before& before, std::int64_t due) const {
  if (!before.on) return Why::off;
  if (before.alerting) {
    if (!below()) return Why::recovered;
    return overdue() ? Why::overdue : why_reminder(before, due);
  }
  if (before.silent) return below() ? Why::waiting_for_recovery : Why::rearmed;
  if (before.credit == credit()) return Why::unchanged;
  if (!below()) return Why::not_below;
  return before.credit && *before.credit < threshold() ? Why::changed_while_below : Why::fell_below;
}

Why History::why_settings(const Event& event, const Before& before) const {
  const bool threshold_differs = before.threshold != threshold();
  if (!before.on && event.kind == Kind::enable)
    return silent() ? Why::enabled_waiting : Why::enabled;
  if (before.alerting && !in_episode())
    return below() ? Why::reminders_reached : Why::threshold_changed;
  if (before.on && !before.alerting) {
    if (before.silent && threshold_differs)
      return silent() ? Why::waiting_for_recovery : Why::rearmed_by_threshold;
    if (!before.silent && silent()) return Why::waiting_for_recovery;
  }
  return threshold_differs || before.plan != plan() ? Why::settings_changed
                                                    : Why::settings_unchanged;
}

Notice& History::notice(const Event& event, OutputKind kind) {
  Answer& answer = moments_.back().answer;
  Notice& notice = answer.notices[answer.size++];
  notice.kind = kind;
  notice.credit = *credit();
  notice.threshold = threshold();
  notice.at = event.at;
  notice.fired_at = *fired_at();
  notice.episode = episode();
  notice.sent = reminders_sent();
  return notice;
}

Phase History::phase() const {
  if (!on()) return Phase::off;
  if (in_episode()) return Phase::alerting;
  return silent() ? Phase::quiet : Phase::armed;
}

Plan History::plan_at(std::size_t moment) const {
  const std::uint32_t from = moments_[moment].last[plan_set];
  return from == 0 ? Plan{} : moments_[from].event.plan;
}

std::optional<Units> History::credit() const {
  return last(credit_set) == 0 ? std::nullopt
                               : std::optional(moments_[last(credit_set)].event.amount);
}

std::optional<std::int64_t> History::fired_at() const {
  return last(fired) == 0 ? std::nullopt : std::optional(moments_[last(fired)].event.at);
}

// The local day at the UTC offset in force when the alert fired, even if the schedule has changed.
std::int64_t History::fire_day() const {
  const std::int64_t local_minute = *fired_at() / 60 + plan_at(last(fired)).utc_offset;
  return (local_minute + 2 * minutes_a_day) / minutes_a_day - 2;
}

std::int64_t History::last_reminder() const {
  return last(reminded) > last(fired) ? moments_[last(reminded)].answer.notices[0].reminder : 0;
}

std::optional<StopReason> History::stop_reason() const {
  if (last(stopped) == 0 || last(stopped) < last(fired)) return std::nullopt;
  const Answer& answer = moments_[last(stopped)].answer;
  return answer.notices[answer.size - 1].reason;
}

std::int64_t History::reminder_instant(std::int64_t k) const {
  const Plan now = plan();
  if (now.time_of_day < 0) return *fired_at() + k * minutes_a_day * 60;
  return ((fire_day() + k) * minutes_a_day + now.time_of_day - now.utc_offset) * 60;
}

std::int64_t History::reminders_due(std::int64_t now) const {
  std::int64_t k = last_reminder();
  while (k <= plan().count && reminder_instant(k + 1) <= now) ++k;
  return k;
}

std::optional<std::int64_t> History::next_reminder_at() const {
  if (phase() != Phase::alerting) return std::nullopt;
  const std::int64_t at = reminder_instant(last_reminder() + 1);
  if (at > last_instant) return std::nullopt;
  return std::max<std::int64_t>(at, 0);
}

}  // namespace properties
