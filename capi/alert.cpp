// SPDX-License-Identifier: Apache-2.0
// Alerts of lowtide.h: made, read, restored, stored and loaded. Called through the C headers only.
// Decides nothing about an alert: the engine checks and encodes it.
#include <lowtide/alert.hpp>

#include <algorithm>

#include "arguments.hpp"
#include "convert.hpp"

using namespace lowtide;
using namespace lowtide::capi;

namespace {

static_assert(sizeof(lowtide_last_observed) == 32 && sizeof(lowtide_alert_fields) == 104);

constexpr std::uint32_t observed_flags =
    LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT | LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE;
constexpr std::uint32_t field_flags = LOWTIDE_FIELDS_HAS_TIME_OF_DAY |
                                      LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT |
                                      LOWTIDE_FIELDS_HAS_SEQUENCE | LOWTIDE_FIELDS_HAS_FIRED_AT |
                                      LOWTIDE_FIELDS_HAS_FIRE_DAY | LOWTIDE_FIELDS_HAS_STOP_REASON;

// Returns what is outside the ranges that the types of AlertFields can hold. Alert::restore checks
// the rest.
std::optional<Error> from_c(AlertFields& to, const lowtide_alert_fields& from) noexcept {
  const auto has = [&](std::uint32_t flag) { return (from.flags & flag) != 0; };
  to.threshold = capi::from_c(from.threshold);
  to.count = from.count;
  if (has(LOWTIDE_FIELDS_HAS_TIME_OF_DAY)) to.time_of_day = std::chrono::minutes(from.time_of_day);
  to.utc_offset = std::chrono::minutes(from.utc_offset);
  if (has(LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT))
    to.available_credit = capi::from_c(from.available_credit);
  if (has(LOWTIDE_FIELDS_HAS_SEQUENCE)) {
    const Result<Sequence> sequence = Sequence::from(from.sequence);
    if (!sequence) return sequence.error();
    to.sequence = *sequence;
  }
  if (from.phase < code(Phase::off) || from.phase > code(Phase::quiet))
    return detail::out_of_range("phase", "");
  to.phase = static_cast<Phase>(from.phase);
  to.episode = from.episode;
  if (has(LOWTIDE_FIELDS_HAS_FIRED_AT)) {
    const Result<Instant> fired_at = Instant::from_seconds(from.fired_at);
    if (!fired_at) return detail::out_of_range("fired_at", "");
    to.fired_at = *fired_at;
  }
  if (has(LOWTIDE_FIELDS_HAS_FIRE_DAY)) {
    // C++ counts days in an int. This limit fits, and is beyond every day that an alert may have.
    constexpr std::int64_t limit = 4'000'000;
    if (from.fire_day < -limit || from.fire_day > limit)
      return detail::out_of_range("fire_day", "");
    to.fire_day = std::chrono::local_days(std::chrono::days(from.fire_day));
  }
  to.last_reminder = from.last_reminder;
  to.reminders_sent = from.reminders_sent;
  if (has(LOWTIDE_FIELDS_HAS_STOP_REASON)) {
    if (from.stop_reason < code(StopReason::recovered) ||
        from.stop_reason > code(StopReason::disabled)) {
      return detail::out_of_range("stop_reason", "");
    }
    to.stop_reason = static_cast<StopReason>(from.stop_reason);
  }
  if (from.reserved != 0) return detail::out_of_range("reserved", "");
  return std::nullopt;
}

}  // namespace

lowtide_status lowtide_alert_init(lowtide_alert* alert) {
  if (const lowtide_status wrong = check_arguments(out(alert))) return wrong;
  *alert = to_c(Alert());
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_init_observed(lowtide_alert* alert,
                                           const lowtide_last_observed* observed) {
  if (const lowtide_status wrong = check_arguments(out(alert), in_struct(observed))) return wrong;
  if ((observed->flags & ~observed_flags) != 0) return LOWTIDE_FLAGS;
  std::optional<Amount> credit;
  if ((observed->flags & LOWTIDE_LAST_OBSERVED_HAS_AVAILABLE_CREDIT) != 0)
    credit = capi::from_c(observed->available_credit);
  std::optional<Sequence> sequence;
  if ((observed->flags & LOWTIDE_LAST_OBSERVED_HAS_SEQUENCE) != 0) {
    const Result<Sequence> given = Sequence::from(observed->sequence);
    if (!given) return LOWTIDE_SEQUENCE_RANGE;
    sequence = *given;
  }
  *alert = to_c(Alert::on_account(credit, sequence));
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_read(lowtide_alert_fields* fields, const lowtide_alert* alert) {
  if (const lowtide_status wrong = check_arguments(out_struct(fields), in(alert))) return wrong;
  const Alert value = capi::from_c(*alert);
  if (!is_valid(value)) return LOWTIDE_CORRUPT_ALERT;
  const AlertFields from = value.fields();
  lowtide_alert_fields to{};
  to.struct_size = fields->struct_size;
  to.threshold = to_c(from.threshold);
  to.count = static_cast<std::int32_t>(from.count);
  to.utc_offset = static_cast<std::int32_t>(from.utc_offset.count());
  to.phase = code(from.phase);
  to.episode = from.episode;
  to.last_reminder = static_cast<std::int32_t>(from.last_reminder);
  to.reminders_sent = static_cast<std::int32_t>(from.reminders_sent);
  if (from.time_of_day) {
    to.flags |= LOWTIDE_FIELDS_HAS_TIME_OF_DAY;
    to.time_of_day = static_cast<std::int32_t>(from.time_of_day->count());
  }
  if (from.available_credit) {
    to.flags |= LOWTIDE_FIELDS_HAS_AVAILABLE_CREDIT;
    to.available_credit = to_c(*from.available_credit);
  }
  if (from.sequence) {
    to.flags |= LOWTIDE_FIELDS_HAS_SEQUENCE;
    to.sequence = from.sequence->value();
  }
  if (from.fired_at && from.fire_day) {
    to.flags |= LOWTIDE_FIELDS_HAS_FIRED_AT | LOWTIDE_FIELDS_HAS_FIRE_DAY;
    to.fired_at = from.fired_at->seconds();
    to.fire_day = from.fire_day->time_since_epoch().count();
  }
  if (from.stop_reason) {
    to.flags |= LOWTIDE_FIELDS_HAS_STOP_REASON;
    to.stop_reason = code(*from.stop_reason);
  }
  *fields = to;
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_restore(lowtide_alert* alert, const char** field,
                                     const lowtide_alert_fields* fields) {
  if (const lowtide_status wrong = check_arguments(out(alert), out(field), in_struct(fields)))
    return wrong;
  if ((fields->flags & ~field_flags) != 0) return LOWTIDE_FLAGS;
  AlertFields from;
  if (const auto error = ::from_c(from, *fields)) {
    *field = error->field;
    return status(error->code);
  }
  const Result<Alert> restored = Alert::restore(from);
  if (!restored) {
    *field = restored.error().field;
    return status(restored.error().code);
  }
  *alert = to_c(*restored);
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_check(const char** field, const lowtide_alert* alert) {
  if (const lowtide_status wrong = check_arguments(out(field), in(alert))) return wrong;
  const Alert value = capi::from_c(*alert);
  if (const auto error = AlertAccess::check(AlertAccess::state(value))) {
    *field = error->field;
    return LOWTIDE_CORRUPT_ALERT;
  }
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_encode(size_t* bytes_size, uint8_t* bytes, size_t capacity,
                                    const lowtide_alert* alert) {
  static_assert(LOWTIDE_ALERT_BYTES == EncodedAlert::max_size);
  if (const lowtide_status wrong =
          check_arguments(out(bytes_size), out_bytes(bytes, capacity), in(alert)))
    return wrong;
  const Alert value = capi::from_c(*alert);
  if (!is_valid(value)) return LOWTIDE_CORRUPT_ALERT;
  const EncodedAlert encoded = value.encode();
  *bytes_size = encoded.bytes().size();
  if (encoded.bytes().size() > capacity) return LOWTIDE_BUFFER_TOO_SMALL;
  std::ranges::transform(encoded.bytes(), bytes,
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_decode(lowtide_alert* alert, const char** field, const uint8_t* bytes,
                                    size_t bytes_size) {
  if (const lowtide_status wrong =
          check_arguments(out(alert), out(field), in_bytes(bytes, bytes_size)))
    return wrong;
  const Result<Alert> decoded = Alert::decode(std::as_bytes(std::span(bytes, bytes_size)));
  if (!decoded) {
    *field = decoded.error().field;
    return status(decoded.error().code);
  }
  *alert = to_c(*decoded);
  return LOWTIDE_OK;
}

lowtide_status lowtide_alert_next_reminder_at(uint32_t* present, int64_t* at,
                                              const lowtide_alert* alert) {
  if (const lowtide_status wrong = check_arguments(out(present), out(at), in(alert))) return wrong;
  const Alert value = capi::from_c(*alert);
  if (!is_valid(value)) return LOWTIDE_CORRUPT_ALERT;
  const std::optional<Instant> next = value.next_reminder_at();
  *present = next ? 1 : 0;
  if (next) *at = next->seconds();
  return LOWTIDE_OK;
}
