// SPDX-License-Identifier: Apache-2.0
// decide: what one event means for one alert.
//
// Pure and total: no clock, no allocation, no exception, no state but the alert's own. Equal inputs
// give equal results on every machine.
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

// What to do with an account that is low already, when an alert is enabled or its threshold
// changes. Neither ever fires at once.
enum class IfBelow : std::uint8_t {
  next_change = 0,     // armed: the next change that leaves it below fires
  recovery_first = 1,  // armed only if known not to be below, else quiet: nothing is sent until it
                       // has recovered once
};

// An observation of the account's Available Credit. One whose sequence is not greater than the
// account's last one is stale and ignored whole. Without a sequence the host vouches for the order.
struct Observation {
  Amount available_credit;
  Instant at;
  std::optional<Sequence> sequence = std::nullopt;
};

// Time has come to `at`: send the reminder that is due, if one is.
struct Tick {
  Instant at;
};

struct Enable {
  Threshold threshold;
  Instant at;
  std::optional<Schedule> schedule = std::nullopt;  // none: as it is
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

// Why a decision is what it is. The values are pinned and never reused.
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

std::string_view name(Why why) noexcept;  // the code: "fell_below"
std::string_view sentence(
    Why why) noexcept;  // for people: "Available Credit fell below the threshold."

enum class OutputKind : std::uint8_t { fire = 1, remind = 2, stop = 3 };

std::string_view name(OutputKind kind) noexcept;

// What one event yields for one alert. Settings and amounts are those after the event.
struct Output {
  Amount available_credit;
  Amount threshold;
  Instant at;                 // the instant of the event
  Instant fired_at;           // of the episode
  std::uint32_t episode = 0;  // 1 or more; stays at 4294967295 once it is there
  OutputKind kind = OutputKind::fire;
  std::optional<StopReason> reason;  // of a stop
  std::uint8_t reminder = 0;         // of a remind: its k, 1 or more
  std::uint8_t skipped = 0;          // of a remind: how many before it came due and were never sent
  std::uint8_t reminders_sent = 0;   // in the episode, this one included

  friend bool operator==(const Output&, const Output&) noexcept = default;
};

// NOLINTBEGIN(cppcoreguidelines-pro-type-union-access): the union has one member, and is there to
// leave it unwritten.

// None, one or two outputs, in the order in which they are to be sent.
class Outputs {
 public:
  static constexpr std::size_t max_size = 2;

  // The slots stay unwritten until they are used: a silent decision must not pay for clearing them.
  Outputs() noexcept {
  }  // NOLINT(modernize-use-equals-default,cppcoreguidelines-pro-type-member-init)

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

// Why, and what to send.
struct [[nodiscard]] InPlaceDecision {
  Outputs outputs;
  Why why = Why::nothing_pending;

  friend bool operator==(const InPlaceDecision&, const InPlaceDecision&) noexcept = default;
};

// The alert afterwards, why, and what to send.
struct [[nodiscard]] Decision {
  Alert alert;
  Outputs outputs;
  Why why = Why::nothing_pending;

  friend bool operator==(const Decision&, const Decision&) noexcept = default;
};

namespace detail {
// The decision itself: changes the alert, writes the outputs where they are to stay, tells why.
// `outputs` comes in empty.
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

// What one event means for one alert.
template <AnyAlertEvent E>
Decision decide(const Alert& before, const E& event) noexcept {
  Decision decision{before, {}};
  decision.why = detail::step_into(decision.outputs, decision.alert, event);
  return decision;
}

// The same in place: `alert` is the alert afterwards. Saves a host with many alerts the copies.
template <AnyAlertEvent E>
InPlaceDecision step(Alert& alert, const E& event) noexcept {
  InPlaceDecision outcome;
  outcome.why = detail::step_into(outcome.outputs, alert, event);
  return outcome;
}

// The alert with its account's last sequence set, nothing else changed; none: no sequence yet. For
// a source whose numbering starts over. It is no decision, so it has no why.
[[nodiscard]] Alert rebase(const Alert& alert, std::optional<Sequence> sequence) noexcept;

}  // namespace lowtide
