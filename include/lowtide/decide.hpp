// SPDX-License-Identifier: Apache-2.0
// decide: applies one event to one alert, and returns what to send and why.
//
// These are pure functions that accept every input. They read no clock, allocate nothing, throw
// nothing, and use no state except the alert. Equal inputs give equal results on every machine.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/instant.hpp>
#include <lowtide/schedule.hpp>

namespace lowtide {

// What happens if the account is already low when its alert is enabled or its threshold changes.
// Neither choice fires at once.
enum class IfBelow : std::uint8_t {
  // Armed: the next change that leaves Available Credit below the threshold fires.
  next_change = 0,
  // Armed only if Available Credit is known not to be below the threshold. Otherwise quiet: nothing
  // is sent until it has recovered once.
  recovery_first = 1,
};

// An observation of the account's Available Credit. If its sequence is not greater than the
// account's last one, it is stale: it changes nothing. Without a sequence, the host is responsible
// for the order.
struct Observation {
  Amount available_credit;
  Instant at;
  std::optional<Sequence> sequence = std::nullopt;
};

// The time is now `at`: a reminder that is due is sent.
struct Tick {
  Instant at;
};

struct Enable {
  Threshold threshold;
  Instant at;
  std::optional<Schedule> schedule = std::nullopt;  // none: the schedule does not change
  IfBelow if_below = IfBelow::next_change;
};

struct SetThreshold {
  Threshold threshold;
  Instant at;
  IfBelow if_below = IfBelow::next_change;
};

struct Disable {
  Instant at;
};

using AlertEvent = std::variant<Observation, Tick, Enable, SetThreshold, Disable>;

// The reason for a decision. The values never change and are never reused.
enum class Why : std::uint8_t {
  stale = 1,
  off = 2,
  unchanged = 3,
  not_below = 4,
  fell_below = 5,
  changed_while_below = 6,
  recovered = 7,
  overdue = 8,
  reminder_not_due = 9,
  reminder_days_over = 10,
  reminder_due = 11,
  rearmed = 12,
  waiting_for_recovery = 13,
  nothing_pending = 14,
  enabled = 15,
  enabled_waiting = 16,
  threshold_changed = 17,
  reminders_reached = 18,
  rearmed_by_threshold = 19,
  settings_changed = 20,
  settings_unchanged = 21,
  already_off = 22,
  disabled = 23,
};

// The code, such as "fell_below".
std::string_view name(Why why) noexcept;
// A sentence for people, such as "Available Credit fell below the threshold."
std::string_view sentence(Why why) noexcept;

enum class OutputKind : std::uint8_t { fire = 1, remind = 2, stop = 3 };

std::string_view name(OutputKind kind) noexcept;

// A message to send, caused by one event for one alert. Settings and amounts are those after the
// event.
struct Output {
  Amount available_credit;
  Amount threshold;
  Instant at;                 // the instant of the event
  Instant fired_at;           // of the episode
  std::uint32_t episode = 0;  // 1 or more; it stops growing at 4294967295
  OutputKind kind = OutputKind::fire;
  std::optional<StopReason> reason;  // stop only
  std::uint8_t reminder = 0;         // remind only: the number k of the reminder, 1 or more
  std::uint8_t skipped =
      0;  // remind only: reminders since the last one that were due but never sent
  std::uint8_t reminders_sent = 0;  // in the episode, including this one

  friend bool operator==(const Output&, const Output&) noexcept = default;
};

// NOLINTBEGIN(cppcoreguidelines-pro-type-union-access): the union has one member; its only purpose
// is to leave that member uninitialised.

// Up to two outputs, in the order in which to send them.
class Outputs {
 public:
  static constexpr std::size_t max_size = 2;

  // The slots stay uninitialised until they are used, so that a decision without outputs does not
  // spend time on clearing them.
  // NOLINTNEXTLINE(modernize-use-equals-default,cppcoreguidelines-pro-type-member-init)
  Outputs() noexcept {}

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const Output* begin() const noexcept { return slots_; }
  const Output* end() const noexcept { return slots_ + size_; }
  // Precondition: index < size().
  const Output& operator[](std::size_t index) const noexcept { return slots_[index]; }

  friend bool operator==(const Outputs& a, const Outputs& b) noexcept {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (!(a[i] == b[i])) return false;
    }
    return true;
  }

 private:
  friend struct AlertAccess;
  union {
    Output slots_[max_size];
  };
  std::uint8_t size_ = 0;
};

// NOLINTEND(cppcoreguidelines-pro-type-union-access)

// The result of step(): the reason, and what to send.
struct [[nodiscard]] InPlaceDecision {
  Outputs outputs;
  Why why = Why::nothing_pending;

  friend bool operator==(const InPlaceDecision&, const InPlaceDecision&) noexcept = default;
};

// The result of decide(): the alert after the event, the reason, and what to send.
struct [[nodiscard]] Decision {
  Alert alert;
  Outputs outputs;
  Why why = Why::nothing_pending;

  friend bool operator==(const Decision&, const Decision&) noexcept = default;
};

namespace detail {
// Applies the event to `alert`, appends to `outputs`, and returns the reason. Precondition:
// `outputs` is empty. The caller provides `outputs`, so that they are never copied.
Why step_into(Outputs& outputs, Alert& alert, const Observation& event) noexcept;
Why step_into(Outputs& outputs, Alert& alert, const Tick& event) noexcept;
Why step_into(Outputs& outputs, Alert& alert, const Enable& event) noexcept;
Why step_into(Outputs& outputs, Alert& alert, const SetThreshold& event) noexcept;
Why step_into(Outputs& outputs, Alert& alert, const Disable& event) noexcept;
Why step_into(Outputs& outputs, Alert& alert, const AlertEvent& event) noexcept;
}  // namespace detail

template <class E>
concept AnyAlertEvent =
    std::same_as<E, Observation> || std::same_as<E, Tick> || std::same_as<E, Enable> ||
    std::same_as<E, SetThreshold> || std::same_as<E, Disable> || std::same_as<E, AlertEvent>;

// Returns the alert as it is after the event, with the reason and what to send.
template <AnyAlertEvent E>
Decision decide(const Alert& before, const E& event) noexcept {
  Decision decision{before, {}};
  decision.why = detail::step_into(decision.outputs, decision.alert, event);
  return decision;
}

// The same in place: changes `alert`. This saves a host with many alerts the copies.
template <AnyAlertEvent E>
InPlaceDecision step(Alert& alert, const E& event) noexcept {
  InPlaceDecision outcome;
  outcome.why = detail::step_into(outcome.outputs, alert, event);
  return outcome;
}

// Returns the alert with another last sequence, and nothing else changed. Without a sequence, the
// next one may be any. Use it when the source of the observations starts its numbering over. This
// is not a decision, so there is no reason.
[[nodiscard]] Alert rebase(const Alert& alert, std::optional<Sequence> sequence) noexcept;

}  // namespace lowtide
