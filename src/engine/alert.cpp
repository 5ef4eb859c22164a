// SPDX-License-Identifier: Apache-2.0
// Alert: its fields, its stored form, and the names of phases and stop reasons. Users of the C++
// API and the C ABI call it. It never makes an alert that breaks an invariant (invariants.hpp), and
// it never changes format 1: alerts stored by older versions must stay readable.
#include <lowtide/alert.hpp>

#include <array>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <limits>
#include <utility>

#include <gsl/util>

// Hides all symbols of Boost: a program that links lowtide may use another version of Boost. The
// system headers that Boost includes are included above, because the pragma must not hide those.
#pragma GCC visibility push(hidden)
#include <boost/crc.hpp>
#pragma GCC visibility pop

#include "engine/access.hpp"
#include "engine/invariants.hpp"

namespace lowtide {
namespace {

using detail::AlertState;
using detail::inconsistent;

static_assert(sizeof(AlertState) == 64);
static_assert(offsetof(AlertState, threshold) == 0);
static_assert(offsetof(AlertState, last_credit) == 16);
static_assert(offsetof(AlertState, sequence) == 32);
static_assert(offsetof(AlertState, fired_at) == 40);
static_assert(offsetof(AlertState, episode) == 48);
static_assert(offsetof(AlertState, time_of_day) == 52);
static_assert(offsetof(AlertState, utc_offset) == 54);
static_assert(offsetof(AlertState, recovery_margin) == 56);
static_assert(offsetof(AlertState, count) == 58);
static_assert(offsetof(AlertState, reminded) == 59);
static_assert(offsetof(AlertState, sent) == 60);
static_assert(offsetof(AlertState, phase) == 61);
static_assert(offsetof(AlertState, ended) == 62);
static_assert(offsetof(AlertState, flags) == 63);

std::chrono::local_days utc_day(std::int64_t seconds) noexcept {
  return std::chrono::local_days(
      std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds)));
}

constexpr std::uint8_t format = 1;
constexpr std::size_t header_size = 2;
constexpr std::size_t crc_size = 4;
constexpr std::size_t encoded_size = header_size + 62 + crc_size;
static_assert(encoded_size <= EncodedAlert::max_size);

std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

// Writes integers one after the other, in little-endian order. Reader reads them.
class Writer {
 public:
  explicit Writer(std::byte* out) noexcept : out_(out) {}
  template <class T>
  void put(T value) noexcept {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      *out_++ = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
  }

 private:
  std::byte* out_;
};

class Reader {
 public:
  explicit Reader(const std::byte* in) noexcept : in_(in) {}
  template <class T>
  void get(T& value) noexcept {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bits |= std::to_integer<std::uint64_t>(*in_++) << (8 * i);
    value = static_cast<T>(bits);
  }

 private:
  const std::byte* in_;
};

// Calls `visit` for each field of format 1, in the order in which they are stored.
template <class State, class Visit>
void for_each_field(State& s, Visit visit) {
  visit(s.threshold.low);
  visit(s.threshold.high);
  visit(s.last_credit.low);
  visit(s.last_credit.high);
  visit(s.sequence);
  visit(s.fired_at);
  visit(s.episode);
  visit(s.time_of_day);
  visit(s.utc_offset);
  visit(s.count);
  visit(s.reminded);
  visit(s.sent);
  visit(s.phase);
  visit(s.ended);
  visit(s.flags);
}

}  // namespace

std::chrono::local_days detail::fire_day(const AlertState& state) noexcept {
  const std::uint8_t code = detail::fire_day_code(state);
  return utc_day(state.fired_at) + std::chrono::days(code == day_before ? -1 : code);
}

void detail::set_fire(AlertState& state, Instant fired_at,
                      std::chrono::local_days fire_day) noexcept {
  state.fired_at = fired_at.seconds();
  const auto shift = (fire_day - utc_day(state.fired_at)).count();
  const unsigned code = shift < 0 ? day_before : (shift > 0 ? day_after : 0);
  state.flags = static_cast<std::uint8_t>((state.flags & AlertState::observed) |
                                          (code << AlertState::fire_day_shift));
}

std::optional<Error> AlertAccess::check(const AlertState& s) noexcept {
  std::optional<Error> broken;
  detail::invariants(s, [&](bool holds, auto error) {
    if (!holds) broken = error();
    return holds;
  });
  return broken;
}

Result<Threshold> Threshold::parse(std::string_view text) noexcept {
  const Result<Amount> amount = Amount::parse(text);
  if (!amount) return Error{amount.error().code, "threshold", amount.error().rule};
  return from(*amount);
}

std::string_view name(Phase phase) noexcept {
  switch (phase) {
    case Phase::off: return "off";
    case Phase::armed: return "armed";
    case Phase::alerting: return "alerting";
    case Phase::quiet: return "quiet";
  }
  return "";
}

std::string_view name(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::recovered: return "recovered";
    case StopReason::overdue: return "overdue";
    case StopReason::completed: return "completed";
    case StopReason::threshold_changed: return "threshold_changed";
    case StopReason::disabled: return "disabled";
  }
  return "";
}

std::optional<Phase> phase_named(std::string_view text) noexcept {
  for (const Phase phase : {Phase::off, Phase::armed, Phase::alerting, Phase::quiet}) {
    if (name(phase) == text) return phase;
  }
  return std::nullopt;
}

std::optional<StopReason> stop_reason_named(std::string_view text) noexcept {
  for (const StopReason reason : {StopReason::recovered, StopReason::overdue, StopReason::completed,
                                  StopReason::threshold_changed, StopReason::disabled}) {
    if (name(reason) == text) return reason;
  }
  return std::nullopt;
}

Alert Alert::on_account(std::optional<Amount> available_credit,
                        std::optional<Sequence> sequence) noexcept {
  Alert alert;
  if (available_credit) {
    alert.state_.last_credit = *available_credit;
    alert.state_.flags = AlertState::observed;
  }
  if (sequence) alert.state_.sequence = sequence->value();
  return alert;
}

Result<Alert> Alert::restore(const AlertFields& fields) noexcept {
  const auto within = [](std::int64_t value, std::int64_t high) {
    return value >= 0 && value <= high;
  };
  const Result<Schedule> schedule =
      Schedule::make(fields.count, fields.time_of_day, fields.utc_offset);
  if (!schedule) return schedule.error();
  if (!within(fields.episode, std::numeric_limits<std::uint32_t>::max())) {
    return Error{ErrorCode::out_of_range, "episode", "must be from 0 to 4294967295"};
  }
  if (!within(fields.last_reminder, Schedule::max_count))
    return Error{ErrorCode::out_of_range, "last_reminder", "must be from 0 to 255"};
  if (!within(fields.reminders_sent, Schedule::max_count))
    return Error{ErrorCode::out_of_range, "reminders_sent", "must be from 0 to 255"};
  if (fields.fired_at.has_value() != (fields.episode != 0)) {
    return inconsistent("fired_at", fields.fired_at ? "must be absent while episode is 0"
                                                    : "must be present once fired");
  }
  if (fields.fire_day.has_value() != fields.fired_at.has_value()) {
    return inconsistent("fire_day", fields.fire_day ? "must be absent while episode is 0"
                                                    : "must be present once fired");
  }

  Alert alert = on_account(fields.available_credit, fields.sequence);
  AlertState& s = alert.state_;
  s.threshold = fields.threshold;
  AlertAccess::set_schedule(s, *schedule);
  s.phase = fields.phase;
  s.episode = gsl::narrow_cast<std::uint32_t>(fields.episode);
  if (fields.fired_at) {
    // Compares, because a subtraction could overflow: `fire_day` may be any number.
    const std::chrono::local_days day = utc_day(fields.fired_at->seconds());
    if (*fields.fire_day < day - std::chrono::days(1) ||
        *fields.fire_day > day + std::chrono::days(1)) {
      return Error{ErrorCode::out_of_range, "fire_day",
                   "must be within one day of the day of fired_at in UTC"};
    }
    detail::set_fire(s, *fields.fired_at, *fields.fire_day);
  }
  s.reminded = gsl::narrow_cast<std::uint8_t>(fields.last_reminder);
  s.sent = gsl::narrow_cast<std::uint8_t>(fields.reminders_sent);
  s.ended = fields.stop_reason ? static_cast<std::uint8_t>(*fields.stop_reason) : 0;
  if (fields.stop_reason && s.ended == 0) {
    return Error{ErrorCode::out_of_range, "stop_reason",
                 "must be recovered, overdue, completed, threshold_changed or disabled"};
  }
  if (const auto error = AlertAccess::check(s)) return *error;
  return alert;
}

AlertFields Alert::fields() const noexcept {
  AlertFields fields;
  fields.threshold = state_.threshold;
  fields.count = state_.count;
  fields.time_of_day = schedule().time_of_day();
  fields.utc_offset = schedule().utc_offset();
  fields.available_credit = available_credit();
  fields.sequence = sequence();
  fields.phase = state_.phase;
  fields.episode = state_.episode;
  if (state_.episode != 0) {
    fields.fired_at = *Instant::from_seconds(state_.fired_at);
    fields.fire_day = detail::fire_day(state_);
  }
  fields.last_reminder = state_.reminded;
  fields.reminders_sent = state_.sent;
  if (state_.ended != 0) fields.stop_reason = static_cast<StopReason>(state_.ended);
  return fields;
}

EncodedAlert Alert::encode() const noexcept {
  EncodedAlert encoded;
  encoded.size_ = encoded_size;
  Writer writer(encoded.bytes_.data());
  writer.put(format);
  writer.put(static_cast<std::uint8_t>(encoded_size));
  for_each_field(state_, [&](const auto& field) { writer.put(field); });
  writer.put(crc32c(encoded.bytes().first(encoded_size - crc_size)));
  return encoded;
}

Result<Alert> Alert::decode(std::span<const std::byte> bytes) noexcept {
  const auto corrupt = [](const char* rule) { return Error{ErrorCode::corrupt, "alert", rule}; };
  // Every format has this frame: a format byte, the length, and a checksum at the end. So damage is
  // detected before the format byte is used; a newer format is never mistaken for damage.
  if (bytes.size() < header_size + crc_size) return corrupt("is too short to be an encoded alert");
  if (std::to_integer<std::size_t>(bytes[1]) != bytes.size())
    return corrupt("does not have the length given in its second byte");
  std::uint32_t stated = 0;
  Reader(bytes.data() + bytes.size() - crc_size).get(stated);
  if (stated != crc32c(bytes.first(bytes.size() - crc_size)))
    return corrupt("does not match its checksum");
  const auto version = std::to_integer<std::uint8_t>(bytes[0]);
  if (version > format)
    return Error{ErrorCode::newer_format, "alert", "was stored by a newer lowtide"};
  if (version != format || bytes.size() != encoded_size) return corrupt("has an unknown format");

  Alert alert;
  Reader reader(bytes.data() + header_size);
  for_each_field(alert.state_, [&](auto& field) { reader.get(field); });
  if (const auto error = AlertAccess::check(alert.state_))
    return Error{ErrorCode::corrupt, error->field, error->rule};
  return alert;
}

std::optional<Instant> Alert::next_reminder_at() const noexcept {
  if (state_.phase != Phase::alerting) return std::nullopt;
  return schedule().reminder_at(state_.reminded + 1, *Instant::from_seconds(state_.fired_at),
                                detail::fire_day(state_));
}

}  // namespace lowtide
