// SPDX-License-Identifier: Apache-2.0
// NaivePlayer: a simple implementation of the replay. Tests compare lowtide-replay with it. It
// shares only the engine and the JSON writer with the program.
#include "naive_player.hpp"

#include <algorithm>
#include <tuple>

#include "programs/events/json_writer.hpp"

using lowtide::Instant;
using lowtide::events::EventType;

template <class Event>
void NaivePlayer::decide(const std::string& account, const std::string& alert, const Event& event) {
  lowtide::Alert& state = accounts_[account].alerts[alert];
  const lowtide::Decision decision = lowtide::decide(state, event);
  state = decision.alert;
  if (explain_)
    lowtide::events::append_json(out_, account, alert, event.at, decision.why, state.phase());
  for (const lowtide::Output& output : decision.outputs)
    lowtide::events::append_json(out_, account, alert, output);
}

bool NaivePlayer::apply(const lowtide::events::InputEvent& event) {
  const std::string account(event.account);
  const std::string alert(event.alert);
  if (event.type == EventType::set_threshold || event.type == EventType::disable) {
    if (!accounts_.contains(account) || !accounts_[account].alerts.contains(alert)) return false;
  }
  if (!clock_) clock_ = event.at;
  const Instant after = std::max(*clock_, event.at);
  if (simulated_) play(after, false);
  clock_ = after;

  if (event.type == EventType::tick) {
    for (const auto& [name, state] : accounts_) {
      if (!account.empty() && account != name) continue;
      for (const auto& entry : state.alerts) decide(name, entry.first, lowtide::Tick{event.at});
    }
    return true;
  }
  Account& state = accounts_[account];
  switch (event.type) {
    case EventType::balance:
      for (const auto& entry : state.alerts) {
        decide(account, entry.first,
               lowtide::Observation{event.available_credit, event.at, event.sequence});
      }
      if (event.sequence && state.sequence && event.sequence->value() <= state.sequence->value())
        break;
      state.credit = event.available_credit;
      if (event.sequence) state.sequence = event.sequence;
      break;
    case EventType::enable:
      state.alerts.emplace(alert, lowtide::Alert::on_account(state.credit, state.sequence));
      decide(account, alert,
             lowtide::Enable{event.threshold, event.at, event.schedule, event.if_below});
      break;
    case EventType::set_threshold:
      decide(account, alert, lowtide::SetThreshold{event.threshold, event.at, event.if_below});
      break;
    case EventType::disable: decide(account, alert, lowtide::Disable{event.at}); break;
    case EventType::rebase:
      state.sequence = event.sequence;
      for (auto& entry : state.alerts) entry.second = lowtide::rebase(entry.second, event.sequence);
      break;
    case EventType::tick: break;
  }
  return true;
}

void NaivePlayer::finish(Instant until) {
  if (clock_ && until >= *clock_) play(until, true);
}

void NaivePlayer::play(Instant until, bool including) {
  while (true) {
    std::optional<std::tuple<Instant, std::string, std::string>> first;
    for (const auto& [name, account] : accounts_) {
      for (const auto& [alert_name, alert] : account.alerts) {
        const std::optional<Instant> due = alert.next_reminder_at();
        if (!due || !(including ? *due <= until : *due < until)) continue;
        auto candidate = std::make_tuple(std::max(*due, *clock_), name, alert_name);
        if (!first || candidate < *first) first = candidate;
      }
    }
    if (!first) return;
    decide(std::get<1>(*first), std::get<2>(*first), lowtide::Tick{std::get<0>(*first)});
  }
}
