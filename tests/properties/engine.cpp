// SPDX-License-Identifier: Apache-2.0
// The engine under test: applies events to it, and compares it with the oracle. The property tests
// call it.
#include "engine.hpp"

#include <sstream>

namespace properties {

using lowtide::Alert;
using lowtide::AlertFields;
using lowtide::InPlaceDecision;
using lowtide::Output;

lowtide::Schedule schedule(const Plan& plan) {
  const auto time_of_day =
      plan.time_of_day < 0 ? std::nullopt : std::optional(std::chrono::minutes(plan.time_of_day));
  return *lowtide::Schedule::make(plan.count, time_of_day, std::chrono::minutes(plan.utc_offset));
}

std::optional<InPlaceDecision> apply(Alert& alert, const Event& event) {
  const lowtide::Instant at = instant(event.at);
  const auto if_below =
      event.recovery_first ? lowtide::IfBelow::recovery_first : lowtide::IfBelow::next_change;
  switch (event.kind) {
    case Kind::balance:
      return step(alert, lowtide::Observation{amount(event.amount), at, sequence(event.sequence)});
    case Kind::tick: return step(alert, lowtide::Tick{at});
    case Kind::enable: {
      const auto given = event.has_plan ? std::optional(schedule(event.plan)) : std::nullopt;
      return step(alert, lowtide::Enable{*lowtide::Threshold::from(amount(event.amount)), at, given,
                                         if_below});
    }
    case Kind::set_threshold:
      return step(alert, lowtide::SetThreshold{*lowtide::Threshold::from(amount(event.amount)), at,
                                               if_below});
    case Kind::disable: return step(alert, lowtide::Disable{at});
    case Kind::rebase:
      alert = lowtide::rebase(alert, sequence(event.sequence));
      return std::nullopt;
  }
  return std::nullopt;
}

AlertFields fields(const History& history) {
  AlertFields fields;
  const Plan plan = history.plan();
  fields.threshold = amount(history.threshold());
  fields.count = plan.count;
  if (plan.time_of_day >= 0) fields.time_of_day = std::chrono::minutes(plan.time_of_day);
  fields.utc_offset = std::chrono::minutes(plan.utc_offset);
  if (const auto credit = history.credit()) fields.available_credit = amount(*credit);
  fields.sequence = sequence(history.sequence());
  fields.phase = history.phase();
  fields.episode = history.episode();
  if (const auto fired_at = history.fired_at()) {
    fields.fired_at = instant(*fired_at);
    fields.fire_day = std::chrono::local_days(std::chrono::days(history.fire_day()));
  }
  fields.last_reminder = history.last_reminder();
  fields.reminders_sent = history.reminders_sent();
  fields.stop_reason = history.stop_reason();
  return fields;
}

namespace {

bool same(const Output& output, const Notice& notice) {
  return output.kind == notice.kind && units(output.available_credit) == notice.credit &&
         units(output.threshold) == notice.threshold && output.at.seconds() == notice.at &&
         output.fired_at.seconds() == notice.fired_at && output.episode == notice.episode &&
         output.reason == notice.reason && output.reminder == notice.reminder &&
         output.skipped == notice.skipped && output.reminders_sent == notice.sent;
}

const char* differs(const Alert& alert, const std::optional<InPlaceDecision>& decision,
                    const History& history, const Answer& answer) {
  if (decision.has_value() != answer.why.has_value()) return "whether there is a decision";
  if (decision) {
    if (decision->why != *answer.why) return "why";
    if (decision->outputs.size() != answer.size) return "the number of outputs";
    for (std::size_t i = 0; i < answer.size; ++i) {
      if (!same(decision->outputs[i], answer.notices[i]))
        return i == 0 ? "the first output" : "the second output";
    }
  }
  if (alert.phase() != history.phase()) return "the phase";
  if (alert.fields() != fields(history)) return "the fields";
  const auto next = alert.next_reminder_at();
  const auto expected = history.next_reminder_at();
  if (next.has_value() != expected.has_value() || (next && next->seconds() != *expected))
    return "the instant of the next reminder";
  return nullptr;
}

}  // namespace

std::string difference(const Alert& alert, const std::optional<InPlaceDecision>& decision,
                       const History& history, const Answer& answer) {
  const char* const what = differs(alert, decision, history, answer);
  if (what == nullptr) return {};
  std::ostringstream text;
  text << "engine and oracle differ in " << what;
  if (decision && answer.why)
    text << "; why: " << name(decision->why) << ", oracle " << name(*answer.why);
  text << "\nengine " << describe(alert.fields()) << "\noracle " << describe(fields(history));
  return text.str();
}

std::string check_storage(const Alert& alert) {
  const lowtide::Result<Alert> restored = Alert::restore(alert.fields());
  if (!restored)
    return std::string("restore refuses the fields of the alert: ") + restored.error().field + " " +
           restored.error().rule;
  if (*restored != alert)
    return "restored from its fields, it is another alert: " + describe(restored->fields());
  const lowtide::EncodedAlert encoded = alert.encode();
  const lowtide::Result<Alert> decoded = Alert::decode(encoded.bytes());
  if (!decoded)
    return std::string("decode refuses the bytes of the alert: ") + decoded.error().field + " " +
           decoded.error().rule;
  if (*decoded != alert)
    return "decoded from its bytes, it is another alert: " + describe(decoded->fields());
  return {};
}

std::string describe(const Event& event) {
  constexpr std::array<const char*, 6> kinds = {"balance",       "tick",    "enable",
                                                "set_threshold", "disable", "rebase"};
  std::ostringstream text;
  text << kinds[static_cast<std::size_t>(event.kind)] << " at " << event.at << ", amount "
       << to_text(amount(event.amount));
  if (event.sequence != 0) text << ", sequence " << event.sequence;
  if (event.has_plan)
    text << ", count " << event.plan.count << ", time " << event.plan.time_of_day << ", offset "
         << event.plan.utc_offset;
  if (event.recovery_first) text << ", recovery first";
  return text.str();
}

std::string describe(const AlertFields& fields) {
  std::ostringstream text;
  text << name(fields.phase) << ", threshold " << to_text(fields.threshold) << ", count "
       << fields.count << ", time " << (fields.time_of_day ? fields.time_of_day->count() : -1)
       << ", offset " << fields.utc_offset.count() << ", credit "
       << (fields.available_credit ? to_text(*fields.available_credit) : "none") << ", sequence "
       << (fields.sequence ? fields.sequence->value() : 0) << ", episode " << fields.episode;
  if (fields.fired_at) text << ", fired at " << fields.fired_at->seconds();
  if (fields.fire_day) text << " on day " << fields.fire_day->time_since_epoch().count();
  text << ", last reminder " << fields.last_reminder << ", sent " << fields.reminders_sent;
  if (fields.stop_reason) text << ", stopped: " << name(*fields.stop_reason);
  return text.str();
}

}  // namespace properties
