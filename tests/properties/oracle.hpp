// SPDX-License-Identifier: Apache-2.0
// The oracle: it keeps the history of one alert, and answers every question about the alert from
// what that history says.
//
// It has no state to step from. What the alert is now follows from which things happened last: a
// fire after the last stop means alerting, a hush after the last opening means quiet. Next to each
// event it notes the index of the last event that did each kind of thing, and how many did; both
// only ever grow with the history, and taking the last event back undoes them.
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
  // What one event can do; each event does any number of these.
  enum Deed : std::uint8_t {
    observed,
    numbered,
    drew_line,
    planned,
    turned_on,
    turned_off,
    fired,
    reminded,
    stopped,
    opened,
    hushed,
    deeds
  };

  History() : moments_(1) {}

  const Answer& append(const Event& event);
  void take_back() { moments_.pop_back(); }

  lowtide::Phase phase() const;
  Units threshold() const { return moments_[last(drew_line)].event.amount; }
  Plan plan() const { return plan_at(moments_.size() - 1); }
  std::optional<Units> credit() const;
  std::int64_t sequence() const { return moments_[last(numbered)].event.sequence; }
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
    std::array<std::uint32_t, deeds>
        last{};              // index of the last moment, this one included, that did it; 0: none
    std::int64_t fires = 0;  // so far, this one included
    std::int64_t reminders = 0;
  };

  std::uint32_t last(Deed deed) const { return moments_.back().last[deed]; }
  void mark(Deed deed) {
    moments_.back().last[deed] = static_cast<std::uint32_t>(moments_.size() - 1);
  }
  Plan plan_at(std::size_t moment) const;
  bool on() const { return last(turned_on) > last(turned_off); }
  bool in_episode() const { return last(fired) > last(stopped); }
  bool hush() const { return last(hushed) > last(opened); }
  bool below() const { return last(observed) != 0 && *credit() < threshold(); }
  bool overdue() const { return last(observed) != 0 && *credit() < Units{}; }
  std::int64_t reminder_instant(std::int64_t k) const;
  // The greatest k whose instant is not after `now`, looked for among those after the last one sent
  // and up to one past the count.
  std::int64_t reminders_due(std::int64_t now) const;

  // What was so just before the event that is being answered.
  struct Before {
    bool on = false;
    bool alerting = false;
    bool hush = false;
    std::optional<Units> credit;
    Units threshold;
    Plan plan;
    std::int64_t last_reminder = 0;
  };
  void note_what_it_says(const Event& event);
  void note_fire(const Event& event, const Before& before);
  std::int64_t note_reminder(const Event& event, const Before& before);
  void note_stop(const Event& event, const Before& before, std::int64_t due);
  void note_hush(const Event& event, const Before& before);
  lowtide::Why why_balance(const Before& before, std::int64_t due) const;
  lowtide::Why why_settings(const Event& event, const Before& before) const;
  lowtide::Why why_reminder(const Before& before, std::int64_t due) const;
  Notice& notice(const Event& event, lowtide::OutputKind kind);

  std::vector<Moment>
      moments_;  // the first is the birth of the alert, at which nothing had happened
};

}  // namespace properties
