// SPDX-License-Identifier: Apache-2.0
// Player: applies events to a ledger, and plays the host's timer between them. main.cpp of
// lowtide-replay calls it. docs/events.md defines the order of the ticks; the output must follow
// it exactly.
#include "programs/replay/player.hpp"

#include <algorithm>

#include "programs/events/excerpt.hpp"

namespace lowtide::replay {

using events::EventType;

std::optional<std::string> Player::apply(const events::InputEvent& event) {
  AccountEntry* account = event.account.empty() ? nullptr : ledger_.find(event.account);
  AlertEntry* alert = nullptr;
  if (event.type == EventType::set_threshold || event.type == EventType::disable) {
    if (account != nullptr) alert = Ledger::find(*account, event.alert);
    if (alert == nullptr)
      return "alert: was never enabled on the account \"" + events::excerpt(event.account) +
             "\": \"" + events::excerpt(event.alert) + "\"";
  }

  if (!clock_) clock_ = event.at;
  if (event.at < *clock_) ++journal_.summary().out_of_order;
  const Instant next = std::max(*clock_, event.at);
  if (timer_ == Timer::simulated) play_timer(next, Including::no);
  clock_ = next;
  ++journal_.summary().events;

  if (account == nullptr && event.type != EventType::tick)
    account = &ledger_.find_or_add(event.account);
  switch (event.type) {
    case EventType::balance: balance(*account, event); break;
    case EventType::rebase: rebase(*account, event.sequence); break;
    case EventType::enable:
      decide(ledger_.find_or_add(*account, event.alert),
             Enable{event.threshold, event.at, event.schedule, event.if_below});
      break;
    case EventType::set_threshold:
      decide(*alert, SetThreshold{event.threshold, event.at, event.if_below});
      break;
    case EventType::disable: decide(*alert, Disable{event.at}); break;
    case EventType::tick: tick(event); break;
  }
  return std::nullopt;
}

bool Player::finish(Instant until) {
  if (clock_ && until < *clock_) return false;
  if (clock_) play_timer(until, Including::yes);
  return true;
}

// Ticks every reminder that is due before `until` (or at it), in order: at its due instant, or at
// the clock if the clock is later.
void Player::play_timer(Instant until, Including including) {
  const auto& pending = ledger_.pending();
  const auto in_time = [&](Instant due) {
    return including == Including::yes ? due <= until : due < until;
  };
  if (pending.empty() || !in_time(*(*pending.begin())->pending)) return;

  // All late reminders are ticked at the same instant, so they are ordered by name alone. One tick
  // at the clock for each is enough: afterwards none is due at the clock or before.
  if (*(*pending.begin())->pending <= *clock_) {
    due_.clear();
    for (AlertEntry* const alert : pending) {
      if (*alert->pending > *clock_ || !in_time(*alert->pending)) break;
      due_.push_back(alert);
    }
    std::sort(due_.begin(), due_.end(), ByName());
    for (AlertEntry* const alert : due_) decide(*alert, Tick{*clock_});
  }
  while (!pending.empty()) {
    AlertEntry* const first = *pending.begin();
    const Instant due = *first->pending;
    if (!in_time(due)) return;
    decide(*first, Tick{due});
  }
}

void Player::balance(AccountEntry& account, const events::InputEvent& event) {
  const Observation observation{event.available_credit, event.at, event.sequence};
  if (step(account.observed, observation).why == Why::stale) ++journal_.summary().stale;
  for (const auto& alert : account.alerts) decide(*alert, observation);
}

void Player::rebase(AccountEntry& account, std::optional<Sequence> sequence) {
  account.observed = lowtide::rebase(account.observed, sequence);
  for (const auto& alert : account.alerts) alert->alert = lowtide::rebase(alert->alert, sequence);
}

void Player::tick(const events::InputEvent& event) {
  if (!event.account.empty()) {
    AccountEntry* const account = ledger_.find(event.account);
    if (account == nullptr) return;
    for (const auto& alert : account->alerts) decide(*alert, Tick{event.at});
  } else if (journal_.explains()) {
    for (AccountEntry* const account : ledger_.in_order()) {
      for (const auto& alert : account->alerts) decide(*alert, Tick{event.at});
    }
  } else {
    // A tick changes only alerts with a reminder that is due. Only a run that explains every
    // decision must visit them all.
    due_.clear();
    for (AlertEntry* const alert : ledger_.pending()) {
      if (*alert->pending > event.at) break;
      due_.push_back(alert);
    }
    std::sort(due_.begin(), due_.end(), ByName());
    for (AlertEntry* const alert : due_) decide(*alert, Tick{event.at});
  }
}

template <class Event>
void Player::decide(AlertEntry& alert, const Event& event) {
  const InPlaceDecision decision = step(alert.alert, event);
  ledger_.reschedule(alert);
  journal_.record(alert, event.at, decision);
}

}  // namespace lowtide::replay
