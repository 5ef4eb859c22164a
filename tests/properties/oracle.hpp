// SPDX-License-Identifier: Apache-2.0
// The oracle: an independent model of an alert. It stores the history of all events, and derives
// everything about the alert from it.
//
// Unlike the engine, it has no state that each event changes. The phase follows from the order of
// past events: if the last fire is after the last stop, the alert is alerting; if the last event
// that silenced it is after the last one that released it, it is quiet. With each event the oracle
// stores, for each kind of effect, the index of the last event that had it. Removing the last event
// therefore undoes it completely.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lowtide/decide.hpp>

#include "event.hpp"

namespace properties {

struct Notice {
  lowtide::OutputKind kind = lowtide::OutputKind::fire;
  Units credit;
  Units threshold;
  std::int64_t at = 0;
  std::int64_t fired_at = 0;
  std::int64_t episode = 0;
  std::optional<lowtide::StopReason> reason;
  std::int64_t reminder = 0;
  std::int64_t skipped = 0;
  std::int64_t sent = 0;
};

struct Answer {
  std::optional<lowtide::Why> why;  // none: a rebase, which is no decision
  std::size_t size = 0;
  std::array<Notice, 2> notices;
};

class History {
 public:
  // The effects of an event. One event can have several.
  enum Effect : std::uint8_t {
    credit_set,
    sequence_set,
    threshold_set,
    plan_set,
    enabled,
    disabled,
    fired,
    reminded,
    stopped,
    released,  // outside an episode: the next change below the threshold fires
    silenced,  // outside an episode: nothing is sent until released
    effect_count
  };

  History() : moments_(1) {}

  const Answer& append(const Event& event);
  void remove_last() { moments_.pop_back(); }

  lowtide::Phase phase() const;
  Units threshold() const { return moments_[last(threshold_set)].event.amount; }
  Plan plan() const { return plan_at(moments_.size() - 1); }
  std::optional<Units> credit() const;
  std::int64_t sequence() const { return moments_[last(sequence_set)].event.sequence; }
  std::int64_t episode() const { return moments_.back().fires; }
  std::optional<std::int64_t> fired_at() const;
  std::int64_t fire_day() const;       // days since 1970; only after a fire
  std::int64_t last_reminder() const;  // k
  std::int64_t reminders_sent() const {
    return moments_.back().reminders - moments_[last(fired)].reminders;
  }
  std::optional<lowtide::StopReason> stop_reason() const;
  std::optional<std::int64_t> next_reminder_at() const;

 private:
  struct Moment {
    Event event;
    Answer answer;
    // For each effect, the index of the last moment up to this one that had it; 0: none.
    std::array<std::uint32_t, effect_count> last{};
    std::int64_t fires = 0;  // up to this moment
    std::int64_t reminders = 0;
  };

  std::uint32_t last(Effect effect) const { return moments_.back().last[effect]; }
  void mark(Effect effect) {
    moments_.back().last[effect] = static_cast<std::uint32_t>(moments_.size() - 1);
  }
  Plan plan_at(std::size_t moment) const;
  bool on() const { return last(enabled) > last(disabled); }
  bool in_episode() const { return last(fired) > last(stopped); }
  bool silent() const { return last(silenced) > last(released); }
  bool below() const { return last(credit_set) != 0 && *credit() < threshold(); }
  bool overdue() const { return last(credit_set) != 0 && *credit() < Units{}; }
  std::int64_t reminder_instant(std::int64_t k) const;
  // The greatest k, from the last one sent to the count + 1, whose instant is not after `now`.
  std::int64_t reminders_due(std::int64_t now) const;

  // The alert just before the event.
  struct Before {
    bool on = false;
    bool alerting = false;
    bool silent = false;
    std::optional<Units> credit;
    Units threshold;
    Plan plan;
    std::int64_t last_reminder = 0;
  };
  void mark_values(const Event& event);
  void mark_fire(const Event& event, const Before& before);
  std::int64_t mark_reminder(const Event& event, const Before& before);
  void mark_stop(const Event& event, const Before& before, std::int64_t due);
  void mark_silence(const Event& event, const Before& before);
  lowtide::Why why_balance(const Before& before, std::int64_t due) const;
  lowtide::Why why_settings(const Event& event, const Before& before) const;
  lowtide::Why why_reminder(const Before& before, std::int64_t due) const;
  Notice& notice(const Event& event, lowtide::OutputKind kind);

  std::vector<Moment> moments_;  // the first is the new alert, before any event
};

}  // namespace properties
