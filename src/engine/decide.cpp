// SPDX-License-Identifier: Apache-2.0
// decide: applies one event to one alert, as the table in docs/semantics.md says, and holds the
// names and sentences of the reasons. Users of the C++ API, the Monitor, batches and the C ABI
// call it. It reads no clock, allocates nothing and throws nothing.
#include <lowtide/decide.hpp>

#include <limits>
#include <memory>

#include <gsl/assert>
#include <gsl/util>

#include "engine/access.hpp"
#include "engine/observe.hpp"

namespace lowtide {
namespace {

using detail::AlertState;
using detail::is_below;
using detail::is_observed;
using detail::remind_if_due;
using detail::stop;

Output& emit(const AlertState& s, Instant at, Outputs& outputs, OutputKind kind) noexcept {
  Output& output = AlertAccess::append(outputs);
  output.available_credit = s.last_credit;
  output.threshold = s.threshold;
  output.at = at;
  output.fired_at = *Instant::from_seconds(s.fired_at);
  output.episode = s.episode;
  output.kind = kind;
  output.reminders_sent = s.sent;
  return output;
}

}  // namespace

Why detail::stop(AlertState& s, Instant at, Outputs& outputs, StopReason reason, Phase next,
                 Why why) noexcept {
  s.ended = static_cast<std::uint8_t>(reason);
  s.phase = next;
  emit(s, at, outputs, OutputKind::stop).reason = reason;
  return why;
}

Why detail::fire(AlertState& s, Instant at, Outputs& outputs, Why why) noexcept {
  // Once all 2^32 - 1 numbers are used up, the last one repeats; fired_at still distinguishes the
  // episodes.
  if (s.episode != std::numeric_limits<std::uint32_t>::max()) ++s.episode;
  detail::set_fire(s, at, AlertAccess::schedule(s).local_day(at));
  s.reminded = 0;
  s.sent = 0;
  s.ended = 0;
  s.phase = Phase::alerting;
  emit(s, at, outputs, OutputKind::fire);
  if (is_overdue(s)) return stop(s, at, outputs, StopReason::overdue, Phase::quiet, why);
  if (s.count == 0) return stop(s, at, outputs, StopReason::completed, Phase::quiet, why);
  return why;
}

Why detail::remind_if_due(AlertState& s, Instant at, Outputs& outputs) noexcept {
  const std::int64_t k = AlertAccess::schedule(s).reminders_past(
      at, *Instant::from_seconds(s.fired_at), detail::fire_day(s));
  if (k <= s.reminded) return Why::reminder_not_due;
  if (k > s.count)
    return stop(s, at, outputs, StopReason::completed, Phase::quiet, Why::reminder_days_over);
  const auto skipped = gsl::narrow_cast<std::uint8_t>(k - s.reminded - 1);
  s.reminded = gsl::narrow_cast<std::uint8_t>(k);
  ++s.sent;
  Output& output = emit(s, at, outputs, OutputKind::remind);
  output.reminder = s.reminded;
  output.skipped = skipped;
  if (s.reminded == s.count)
    return stop(s, at, outputs, StopReason::completed, Phase::quiet, Why::reminder_due);
  return Why::reminder_due;
}

namespace {

Why tick(AlertState& s, Instant at, Outputs& outputs) noexcept {
  return s.phase == Phase::alerting ? remind_if_due(s, at, outputs) : Why::nothing_pending;
}

// Arms the alert, or makes it quiet if it must wait for a recovery first. Returns whether it is
// armed now.
bool arm(AlertState& s, IfBelow if_below) noexcept {
  const bool known_clear = is_observed(s) && !is_below(s);
  s.phase = if_below == IfBelow::recovery_first && !known_clear ? Phase::quiet : Phase::armed;
  return s.phase == Phase::armed;
}

// Changes the settings. An alert that is off stays off: enable() turns it on afterwards.
Why change_settings(AlertState& s, Instant at, Outputs& outputs, Threshold threshold,
                    const Schedule& schedule, IfBelow if_below) noexcept {
  const bool threshold_differs = s.threshold != threshold.amount();
  const bool differs = threshold_differs || schedule != AlertAccess::schedule(s);
  s.threshold = threshold.amount();
  AlertAccess::set_schedule(s, schedule);

  switch (s.phase) {
    case Phase::off: break;
    case Phase::armed:
      if (!arm(s, if_below)) return Why::waiting_for_recovery;
      break;
    case Phase::alerting:
      if (!is_below(s))
        return stop(s, at, outputs, StopReason::threshold_changed, Phase::armed,
                    Why::threshold_changed);
      if (s.reminded >= s.count)
        return stop(s, at, outputs, StopReason::completed, Phase::quiet, Why::reminders_reached);
      break;
    case Phase::quiet:
      if (threshold_differs)
        return arm(s, if_below) ? Why::rearmed_by_threshold : Why::waiting_for_recovery;
      break;
  }
  return differs ? Why::settings_changed : Why::settings_unchanged;
}

Why enable(AlertState& s, const Enable& event, Outputs& outputs) noexcept {
  const Schedule schedule = event.schedule ? *event.schedule : AlertAccess::schedule(s);
  const bool was_off = s.phase == Phase::off;
  const Why why = change_settings(s, event.at, outputs, event.threshold, schedule, event.if_below);
  if (!was_off) return why;
  return arm(s, event.if_below) ? Why::enabled : Why::enabled_waiting;
}

Why disable(AlertState& s, Instant at, Outputs& outputs) noexcept {
  if (s.phase == Phase::off) return Why::already_off;
  if (s.phase == Phase::alerting)
    return stop(s, at, outputs, StopReason::disabled, Phase::off, Why::disabled);
  s.phase = Phase::off;
  return Why::disabled;
}

struct Text {
  std::string_view name;
  std::string_view sentence;
};

Text text(Why why) noexcept {
  switch (why) {
    case Why::stale:
      return {"stale",
              "The observation is not newer than the account's last one, so it is ignored."};
    case Why::off: return {"off", "The alert is off; the Available Credit is recorded."};
    case Why::unchanged: return {"unchanged", "Available Credit is the same as before."};
    case Why::not_below: return {"not_below", "Available Credit is not below the threshold."};
    case Why::fell_below: return {"fell_below", "Available Credit fell below the threshold."};
    case Why::changed_while_below:
      return {"changed_while_below",
              "Available Credit changed while it was already below the threshold."};
    case Why::recovered: return {"recovered", "Available Credit is no longer below the threshold."};
    case Why::overdue:
      return {"overdue", "Available Credit fell below zero, which ends the reminders."};
    case Why::reminder_not_due: return {"reminder_not_due", "The next reminder is not due yet."};
    case Why::reminder_days_over:
      return {"reminder_days_over", "The last day for a reminder has passed."};
    case Why::reminder_due: return {"reminder_due", "A reminder is due."};
    case Why::rearmed:
      return {"rearmed", "Available Credit recovered; the next fall below the threshold fires."};
    case Why::waiting_for_recovery:
      return {"waiting_for_recovery",
              "Nothing is sent until Available Credit recovers to the threshold."};
    case Why::nothing_pending: return {"nothing_pending", "No reminder is pending."};
    case Why::enabled:
      return {"enabled",
              "The alert is on; the next change that leaves Available Credit below the threshold "
              "fires."};
    case Why::enabled_waiting:
      return {"enabled_waiting",
              "The alert is on, but sends nothing until Available Credit is at the threshold or "
              "above."};
    case Why::threshold_changed:
      return {"threshold_changed", "Available Credit is not below the new threshold."};
    case Why::reminders_reached:
      return {"reminders_reached", "The new number of reminders has already been reached."};
    case Why::rearmed_by_threshold:
      return {"rearmed_by_threshold",
              "The threshold is new; the next change that leaves Available Credit below it fires."};
    case Why::settings_changed:
      return {"settings_changed", "The settings changed; nothing is sent."};
    case Why::settings_unchanged:
      return {"settings_unchanged", "The settings are the same as before."};
    case Why::already_off: return {"already_off", "The alert was already off."};
    case Why::disabled: return {"disabled", "The alert was turned off."};
  }
  return {};
}

}  // namespace

Output& AlertAccess::append(Outputs& outputs) noexcept {
  Expects(outputs.size_ < Outputs::max_size);
  // Constructed in its final place: copying it would stall, because it loads in large pieces what
  // was just stored in small ones.
  //
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-union-access): see Outputs
  return *std::construct_at(&outputs.slots_[outputs.size_++]);
}

std::string_view name(Why why) noexcept { return text(why).name; }
std::string_view sentence(Why why) noexcept { return text(why).sentence; }

std::string_view name(OutputKind kind) noexcept {
  switch (kind) {
    case OutputKind::fire: return "fire";
    case OutputKind::remind: return "remind";
    case OutputKind::stop: return "stop";
  }
  return "";
}

Why detail::step_into(Outputs& outputs, Alert& alert, const Observation& event) noexcept {
  return detail::observe(AlertAccess::state(alert), event, outputs);
}

Why detail::step_into(Outputs& outputs, Alert& alert, const Tick& event) noexcept {
  return tick(AlertAccess::state(alert), event.at, outputs);
}

Why detail::step_into(Outputs& outputs, Alert& alert, const Enable& event) noexcept {
  return enable(AlertAccess::state(alert), event, outputs);
}

Why detail::step_into(Outputs& outputs, Alert& alert, const SetThreshold& event) noexcept {
  return change_settings(AlertAccess::state(alert), event.at, outputs, event.threshold,
                         alert.schedule(), event.if_below);
}

Why detail::step_into(Outputs& outputs, Alert& alert, const Disable& event) noexcept {
  return disable(AlertAccess::state(alert), event.at, outputs);
}

Why detail::step_into(Outputs& outputs, Alert& alert, const AlertEvent& event) noexcept {
  return std::visit([&](const auto& one) { return step_into(outputs, alert, one); }, event);
}

Alert rebase(const Alert& alert, std::optional<Sequence> sequence) noexcept {
  Alert after = alert;
  AlertAccess::state(after).sequence = sequence ? sequence->value() : 0;
  return after;
}

}  // namespace lowtide
