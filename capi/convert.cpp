// SPDX-License-Identifier: Apache-2.0
// Converts outputs between C and C++, for the functions that give or take them. Decides nothing.
#include "convert.hpp"

namespace lowtide::capi {

void write(lowtide_output& to, const Output& output) noexcept {
  to.struct_size = sizeof to;
  to.kind = code(output.kind);
  to.available_credit = to_c(output.available_credit);
  to.threshold = to_c(output.threshold);
  to.at = output.at.seconds();
  to.fired_at = output.fired_at.seconds();
  to.episode = output.episode;
  to.stop_reason = output.reason ? code(*output.reason) : 0;
  to.reminder = output.reminder;
  to.skipped = output.skipped;
  to.reminders_sent = output.reminders_sent;
  to.reserved = 0;
}

lowtide_output to_c(const Output& output) noexcept {
  lowtide_output to{};
  write(to, output);
  return to;
}

std::optional<OutputError> from_c(Output& to, const lowtide_output& from) noexcept {
  const bool stop = from.kind == LOWTIDE_OUTPUT_STOP;
  const bool remind = from.kind == LOWTIDE_OUTPUT_REMIND;
  if (from.kind < LOWTIDE_OUTPUT_FIRE || from.kind > LOWTIDE_OUTPUT_STOP)
    return OutputError{LOWTIDE_CODE, "kind"};
  if (stop ? from.stop_reason < LOWTIDE_STOP_RECOVERED || from.stop_reason > LOWTIDE_STOP_DISABLED
           : from.stop_reason != 0) {
    return OutputError{LOWTIDE_CODE, "stop_reason"};
  }
  const Result<Instant> at = Instant::from_seconds(from.at);
  if (!at) return OutputError{LOWTIDE_TIME_RANGE, "at"};
  const Result<Instant> fired_at = Instant::from_seconds(from.fired_at);
  if (!fired_at) return OutputError{LOWTIDE_TIME_RANGE, "fired_at"};
  if (from.episode == 0) return OutputError{LOWTIDE_OUT_OF_RANGE, "episode"};
  if (remind ? from.reminder == 0 || from.reminder > UINT8_MAX : from.reminder != 0)
    return OutputError{LOWTIDE_OUT_OF_RANGE, "reminder"};
  if (remind ? from.skipped >= from.reminder : from.skipped != 0)
    return OutputError{LOWTIDE_OUT_OF_RANGE, "skipped"};
  if (from.reminders_sent > UINT8_MAX) return OutputError{LOWTIDE_OUT_OF_RANGE, "reminders_sent"};
  if (from.reserved != 0) return OutputError{LOWTIDE_OUT_OF_RANGE, "reserved"};
  to.available_credit = from_c(from.available_credit);
  to.threshold = from_c(from.threshold);
  to.at = *at;
  to.fired_at = *fired_at;
  to.episode = from.episode;
  to.kind = static_cast<OutputKind>(from.kind);
  if (stop) to.reason = static_cast<StopReason>(from.stop_reason);
  to.reminder = static_cast<std::uint8_t>(from.reminder);
  to.skipped = static_cast<std::uint8_t>(from.skipped);
  to.reminders_sent = static_cast<std::uint8_t>(from.reminders_sent);
  return std::nullopt;
}

}  // namespace lowtide::capi
