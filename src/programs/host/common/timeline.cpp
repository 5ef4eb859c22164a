// SPDX-License-Identifier: Apache-2.0
// Timeline: applies events to a Monitor, and plays the host's timer between them. Ingest calls it
// for every event. docs/events.md defines the order of the ticks.
#include "programs/host/common/timeline.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "programs/events/excerpt.hpp"

namespace lowtide::host {

using events::EventType;
using events::InputEvent;

namespace {

constexpr std::size_t chunk = 256;  // accounts ticked with one call
constexpr std::chrono::seconds skew = std::chrono::days(1);

MonitorEvent account_event(const InputEvent& event) {
  switch (event.type) {
    case EventType::balance: {
      BalanceObservation observation{event.available_credit, event.at, event.sequence};
      if (event.balance) observation.credit = *event.balance;
      return observation;
    }
    case EventType::enable:
      return AlertEnable{event.alert, {event.threshold, event.at, event.schedule, event.if_below}};
    case EventType::set_threshold:
      return AlertSetThreshold{event.alert, {event.threshold, event.at, event.if_below}};
    case EventType::disable: return AlertDisable{event.alert, {event.at}};
    case EventType::rebase: return Rebase{event.sequence, event.at};
    case EventType::tick: break;
  }
  return AccountTick{event.at, event.at, true};
}

}  // namespace

std::optional<std::string> Timeline::apply(const InputEvent& event, Instant now) {
  // Checked before the timer is played, although the Monitor checks it too: a line with a wrong
  // year must not send a year of reminders.
  if (event.at.time() > now.time() + skew) {
    return "at: is later than now (" + to_text(now) + ") by more than a day: \"" +
           to_text(event.at) + "\"";
  }
  if (auto missing = missing_alert(event)) return missing;

  const Instant next = std::max(clock_.value_or(event.at), event.at);
  if (timer_ == Timer::simulated) {
    const auto due = store_.next_due();
    if (due && *due < next) {
      if (!clock_) clock_ = event.at;
      play(next, false, std::numeric_limits<std::size_t>::max());
    }
  }
  if (event.type == EventType::tick && event.account.empty()) {
    tick(event.at, event.at, true);
  } else {
    const AccountEvent one{event.account, account_event(event)};
    const EventReport report = std::move(monitor_.apply({&one, 1}, now).front());
    if (store_.failure()) throw DatabaseError(*store_.failure());
    if (!report.error.empty()) return report.error;
  }
  clock_ = next;
  return std::nullopt;
}

std::optional<std::string> Timeline::missing_alert(const InputEvent& event) {
  if (event.type != EventType::set_threshold && event.type != EventType::disable)
    return std::nullopt;
  std::vector<AccountRecord> records;
  const std::string_view account = event.account;
  if (const auto error = store_.load({&account, 1}, records))
    throw DatabaseError(*store_.failure());
  const auto& alerts = records.front().alerts;
  if (std::ranges::find(alerts, event.alert, &StoredAlert::name) != alerts.end())
    return std::nullopt;
  return "alert: was never enabled on this account: \"" + events::excerpt(event.alert) + "\"";
}

bool Timeline::finish(Instant until, std::size_t limit) {
  if (!clock_ || until < *clock_) return true;
  return play(until, true, limit) < limit;
}

// Ticks about `limit` of the reminders that are due before `until` (or at it), in order: at the due
// instant, or at the clock if the clock is later. A reminder that was ticked is no longer due, so
// the next call continues where this one ended. Returns how many accounts were ticked.
std::size_t Timeline::play(Instant until, bool inclusive, std::size_t limit) {
  const bool clock_inclusive = *clock_ < until || inclusive;
  std::size_t ticked = 0;
  if (const auto first = store_.next_due(); first && *first <= *clock_)
    ticked = tick(*clock_, *clock_, clock_inclusive);
  Instant at = *clock_;
  while (ticked < limit) {
    // Only after `at`: reminders that are still due before belong to accounts that cannot be
    // ticked.
    const auto next = store_.next_due(at);
    if (!next || until < *next || (until == *next && !inclusive)) break;
    at = *next;
    ticked += tick(at, at, true);
  }
  return ticked;
}

// Ticks all accounts that are due, in the order of their names. Returns how many.
std::size_t Timeline::tick(Instant at, Instant end, bool inclusive) {
  std::vector<std::string> accounts;
  WalkCursor cursor;
  for (std::size_t before = 1; before != accounts.size();) {
    before = accounts.size();
    if (store_.due(end, inclusive, chunk, cursor, accounts)) throw DatabaseError(*store_.failure());
  }
  std::ranges::sort(accounts);
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  std::erase_if(accounts, [this](const std::string& account) { return stuck_.contains(account); });

  std::vector<AccountEvent> events;
  for (std::size_t begin = 0; begin < accounts.size(); begin += chunk) {
    events.clear();
    for (std::size_t i = begin; i < std::min(begin + chunk, accounts.size()); ++i) {
      events.push_back({accounts[i], AccountTick{at, end, inclusive}});
    }
    const std::vector<EventReport> reports = monitor_.apply(events, at);
    if (store_.failure()) throw DatabaseError(*store_.failure());
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (reports[i].error.empty()) continue;
      stuck_.emplace(events[i].account);
      errors_.push_back(reports[i].error);
    }
  }
  return accounts.size();
}

std::vector<std::string> Timeline::take_errors() { return std::exchange(errors_, {}); }

}  // namespace lowtide::host
