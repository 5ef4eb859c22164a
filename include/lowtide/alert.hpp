// SPDX-License-Identifier: Apache-2.0
// Alert: the settings and the state of one low-balance alert, in one 64-byte value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include <lowtide/amount.hpp>
#include <lowtide/instant.hpp>
#include <lowtide/result.hpp>
#include <lowtide/schedule.hpp>

namespace lowtide {

// Available Credit below this amount is low. It is 0 or more; the default is 0.
class Threshold {
 public:
  constexpr Threshold() noexcept = default;

  // Error: out_of_range, for a negative amount.
  static constexpr Result<Threshold> from(Amount amount) noexcept {
    if (amount.negative()) return Error{ErrorCode::out_of_range, "threshold", "must be 0 or more"};
    return Threshold(amount);
  }
  // Errors: those of Amount::parse, and out_of_range for a negative amount.
  static Result<Threshold> parse(std::string_view text) noexcept;

  constexpr Amount amount() const noexcept { return amount_; }
  friend constexpr bool operator==(Threshold, Threshold) noexcept = default;

 private:
  friend class Alert;
  constexpr explicit Threshold(Amount amount) noexcept : amount_(amount) {}
  Amount amount_;
};

// The position of an observation among all observations of its account: 1 to 2^63 - 1, greater for
// each newer one.
class Sequence {
 public:
  // Error: out_of_range.
  static constexpr Result<Sequence> from(std::int64_t value) noexcept {
    if (value < 1)
      return Error{ErrorCode::out_of_range, "sequence", "must be from 1 to 9223372036854775807"};
    return Sequence(value);
  }
  constexpr std::int64_t value() const noexcept { return value_; }
  friend constexpr auto operator<=>(Sequence, Sequence) noexcept = default;

 private:
  friend class Alert;
  constexpr explicit Sequence(std::int64_t value) noexcept : value_(value) {}
  std::int64_t value_;
};

enum class Phase : std::uint8_t {
  off = 0,       // disabled, or never enabled
  armed = 1,     // the next change that leaves Available Credit below the threshold fires
  alerting = 2,  // has fired, and reminders are left
  quiet = 3,     // nothing is sent until Available Credit is known to be at the threshold or above
};

enum class StopReason : std::uint8_t {
  recovered = 1,          // Available Credit is at the threshold or above again
  overdue = 2,            // Available Credit fell below 0
  completed = 3,          // no reminder is left
  threshold_changed = 4,  // the new threshold is not above Available Credit
  disabled = 5,           // the owner turned the alert off
};

// The names in docs/semantics.md, such as "armed" and "threshold_changed".
std::string_view name(Phase phase) noexcept;
std::string_view name(StopReason reason) noexcept;

// The value with that name; none if no value has it.
std::optional<Phase> phase_named(std::string_view text) noexcept;
std::optional<StopReason> stop_reason_named(std::string_view text) noexcept;

// The settings and the state of an alert as separate fields: to read them, to store them in
// columns, and to move in an alert from another system. restore(alert.fields()) equals the alert.
struct AlertFields {
  Amount threshold;                                 // 0 or more
  std::int64_t count = 5;                           // reminders per episode, 0 to 255
  std::optional<std::chrono::minutes> time_of_day;  // 00:00 to 23:59; none: every 24 hours
  std::chrono::minutes utc_offset{0};               // -23:59 to +23:59
  std::optional<Amount> available_credit;           // last observed; none: never observed
  std::optional<Sequence> sequence;  // last sequence of the account; none: no sequence yet
  Phase phase = Phase::off;
  std::int64_t episode = 0;         // 0 (never fired) to 4294967295
  std::optional<Instant> fired_at;  // of the last episode; none: never fired
  // The local day of fired_at, at the UTC offset in force then; within one day of the UTC day.
  std::optional<std::chrono::local_days> fire_day;
  // The number k of the last reminder sent in this episode, 0 (none) to 255. It counts days, not
  // messages: if only one was sent, on the third day, it is 3. If you move in an alert and know
  // only when the last reminder was sent, use Schedule::reminders_past(then, fired_at, fire_day).
  std::int64_t last_reminder = 0;
  std::int64_t reminders_sent = 0;        // in this episode, 0 to last_reminder
  std::optional<StopReason> stop_reason;  // of the last episode; none: never fired, or alerting

  friend bool operator==(const AlertFields&, const AlertFields&) noexcept = default;
};

namespace detail {
// The members of an Alert. Plain data, so that an array of alerts can be memory-mapped and copied.
struct AlertState {
  Amount threshold;
  Amount last_credit;         // zero while never observed
  std::int64_t sequence = 0;  // 0: none yet
  std::int64_t fired_at = 0;  // seconds since 1970; 0 while never fired
  std::uint32_t episode = 0;
  std::int16_t time_of_day = -1;      // minutes; -1: every 24 hours
  std::int16_t utc_offset = 0;        // minutes
  std::uint16_t recovery_margin = 0;  // reserved
  std::uint8_t count = 5;
  std::uint8_t reminded = 0;  // the last k sent in this episode
  std::uint8_t sent = 0;      // the number of reminders sent in this episode
  Phase phase = Phase::off;
  std::uint8_t ended = 0;  // a StopReason; 0: none
  // Bit 0: observed. Bits 1 and 2: the local day of the fire; 0: the UTC day, 1: the day after it,
  // 2: the day before it.
  std::uint8_t flags = 0;

  static constexpr std::uint8_t observed = 1;
  static constexpr unsigned fire_day_shift = 1;

  friend constexpr bool operator==(const AlertState&, const AlertState&) noexcept = default;
};
}  // namespace detail

// The stored form of an alert: a format byte, a length byte, the fields in little-endian order, and
// a CRC-32C of everything before it.
class EncodedAlert {
 public:
  static constexpr std::size_t max_size = 128;  // of this format and of every later one

  std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  friend class Alert;
  std::array<std::byte, max_size> bytes_{};
  std::size_t size_ = 0;
};

// A plain value: copy it, compare it, store it in arrays. An Alert is always valid: everything that
// makes one checks all invariants. Available Credit and sequence belong to the account, but each
// alert stores them, so that a decision needs nothing else. Therefore apply every observation of an
// account to every one of its alerts, even to those that are off.
class Alert {
 public:
  // Off, with threshold 0 and the default schedule, on an account that was never observed.
  constexpr Alert() noexcept = default;

  // The same on an account that was observed before, for example for its second alert. Pass the
  // account's last Available Credit and last sequence, from another alert or from your own records.
  static Alert on_account(std::optional<Amount> available_credit,
                          std::optional<Sequence> sequence) noexcept;

  // Makes an alert from its fields, even in the middle of an episode. Errors: out_of_range and
  // inconsistent, with the name of the wrong field.
  static Result<Alert> restore(const AlertFields& fields) noexcept;
  AlertFields fields() const noexcept;

  // Converts an alert to bytes for storage, and back. Errors: corrupt (damaged, of the wrong
  // length, or with fields that no alert can have), newer_format.
  EncodedAlert encode() const noexcept;
  static Result<Alert> decode(std::span<const std::byte> bytes) noexcept;

  constexpr Phase phase() const noexcept { return state_.phase; }
  constexpr Threshold threshold() const noexcept { return Threshold(state_.threshold); }
  constexpr Schedule schedule() const noexcept {
    return {state_.count, state_.time_of_day, state_.utc_offset};
  }
  constexpr std::optional<Amount> available_credit() const noexcept {
    if ((state_.flags & detail::AlertState::observed) == 0) return std::nullopt;
    return state_.last_credit;
  }
  constexpr std::optional<Sequence> sequence() const noexcept {
    if (state_.sequence == 0) return std::nullopt;
    return Sequence(state_.sequence);
  }
  constexpr std::uint32_t episode() const noexcept { return state_.episode; }

  // When the host should send the next tick: the instant of the reminder after the last one sent.
  // None unless alerting, and none if that reminder would be after 9999-12-31T23:59:59Z.
  std::optional<Instant> next_reminder_at() const noexcept;

  friend constexpr bool operator==(const Alert&, const Alert&) noexcept = default;

 private:
  friend struct AlertAccess;
  detail::AlertState state_;
};
static_assert(sizeof(Alert) == 64 && std::is_trivially_copyable_v<Alert> &&
              std::is_standard_layout_v<Alert>);

}  // namespace lowtide
