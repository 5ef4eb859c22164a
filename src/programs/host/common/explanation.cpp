// SPDX-License-Identifier: Apache-2.0
// Explains in words why an alert is silent, or what it sends next. The views of lowtide-host call
// it.
#include "programs/host/common/explanation.hpp"

#include <cstdlib>

#include "programs/host/common/message.hpp"

namespace lowtide::host {
namespace {

std::string two_digits(std::int64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

std::string hours(std::chrono::minutes time) {
  return two_digits(time.count() / 60) + ":" + two_digits(time.count() % 60);
}

std::string explain_alerting(const Alert& alert) {
  const AlertFields fields = alert.fields();
  const std::string fired = "Fired " + in_words(fields.fired_at.value_or(Instant())) + "; ";
  const auto next = alert.next_reminder_at();
  if (!next) return fired + "no further reminder can be due.";
  return fired + "reminder " + std::to_string(fields.last_reminder + 1) + " of " +
         std::to_string(fields.count) + " is due " + in_words(*next) + ".";
}

std::string explain_quiet(const Alert& alert, const std::string& credit,
                          const std::string& threshold) {
  const AlertFields fields = alert.fields();
  if (!fields.available_credit)
    return "Silent: Available Credit was never observed; it must first be at the threshold or "
           "above.";
  const std::string below =
      "Silent: Available Credit " + credit + " is below the threshold " + threshold;
  if (fields.stop_reason == StopReason::overdue) {
    return below + ", but reminders ended when the account became overdue; it must first recover.";
  }
  if (fields.stop_reason == StopReason::completed)
    return below + ", but the last reminder was sent; it must first recover.";
  return below + ", as it was when the alert was set; it must first recover.";
}

}  // namespace

std::string explain(const Alert& alert, const AccountProfile& profile) {
  const auto available = alert.available_credit();
  const std::string credit = available ? money(*available, profile) : "";
  const std::string threshold = money(alert.threshold().amount(), profile);
  switch (alert.phase()) {
    case Phase::off: return "Silent: the alert is turned off.";
    case Phase::alerting: return explain_alerting(alert);
    case Phase::quiet: return explain_quiet(alert, credit, threshold);
    case Phase::armed: break;
  }
  if (!available) return "Silent: no balance was observed yet.";
  if (*available < alert.threshold().amount()) {
    return "Silent: Available Credit " + credit + " is below the threshold " + threshold +
           ", but has not changed since the alert was set; the next change fires.";
  }
  return "Silent: Available Credit " + credit + " is not below the threshold " + threshold + ".";
}

std::string settings_in_words(const Alert& alert, const AccountProfile& profile) {
  const Schedule schedule = alert.schedule();
  std::string text = "threshold " + money(alert.threshold().amount(), profile);
  if (schedule.count() == 0) return text + ", no reminders";
  text += ", up to " + std::to_string(schedule.count()) +
          (schedule.count() == 1 ? " reminder" : " reminders");
  const auto time = schedule.time_of_day();
  if (!time) return text + ", every 24 hours";
  const auto offset = schedule.utc_offset();
  return text + ", daily at " + hours(*time) + " (UTC" + (offset.count() < 0 ? "-" : "+") +
         hours(std::chrono::minutes(std::abs(offset.count()))) + ")";
}

}  // namespace lowtide::host
