// SPDX-License-Identifier: Apache-2.0
// Message: the text of a notice for its recipient. The channels call it. Amounts are exact: it
// never rounds.
#include "programs/host/common/message.hpp"

#include <string_view>

namespace lowtide::host {
namespace {

std::string_view in_words(StopReason reason) {
  switch (reason) {
    case StopReason::recovered: return "Available Credit is back at the threshold or above.";
    case StopReason::overdue: return "The account is overdue: Available Credit fell below 0.";
    case StopReason::completed: return "The last reminder was sent.";
    case StopReason::threshold_changed:
      return "The threshold was changed, and Available Credit is not below it.";
    case StopReason::disabled: return "The alert was turned off.";
  }
  return "";
}

}  // namespace

std::string money(Amount amount, const AccountProfile& profile) {
  std::string text = to_text(amount);
  const std::size_t point = text.find('.');
  const std::size_t places = point == std::string::npos ? 0 : text.size() - point - 1;
  if (places < profile.currency_digits) {
    if (point == std::string::npos) text += '.';
    text.append(profile.currency_digits - places, '0');
  }
  // Without a currency, the usual number of decimal places is not known.
  if (profile.currency.empty()) return to_text(amount);
  return text + " " + profile.currency;
}

std::string in_words(Instant instant) {
  std::string text = to_text(instant);
  return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

Message message(const Delivery& delivery) {
  const Notice& notice = delivery.notice;
  const Output& output = notice.output;
  const std::string credit = money(output.available_credit, delivery.profile);
  const std::string threshold = money(output.threshold, delivery.profile);
  Message text;
  switch (output.kind) {
    case OutputKind::fire:
      text.subject = "Low balance of " + notice.account + ": " + credit + " left";
      text.body = "Available Credit fell below the threshold that was set for this account.\n";
      break;
    case OutputKind::remind:
      text.subject = "Reminder " + std::to_string(output.reminder) + ": low balance of " +
                     notice.account + ", " + credit + " left";
      text.body = "Available Credit is still below the threshold that was set for this account.\n";
      break;
    case OutputKind::stop:
      text.subject = "Low balance of " + notice.account + ": the alert has ended";
      text.body.append(in_words(output.reason.value_or(StopReason::completed))).append("\n");
      break;
  }
  text.body += "\nAccount:           " + notice.account + "\nAlert:             " + notice.alert +
               "\nAvailable Credit:  " + credit + "\nThreshold:         " + threshold + "\n";
  if (output.kind != OutputKind::fire)
    text.body += "Low since:         " + in_words(output.fired_at) + "\n";
  text.body += "As of:             " + in_words(output.at) + "\n";
  if (output.kind == OutputKind::stop) return text;
  text.body +=
      "\nReminders end once Available Credit is back at the threshold or the account is overdue.\n"
      "To end them now, add funds, lower the threshold, or turn the alert off.\n";
  return text;
}

}  // namespace lowtide::host
