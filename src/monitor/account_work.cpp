// SPDX-License-Identifier: Apache-2.0
// Applies events to one loaded account and makes its commit, for Monitor::apply. Never calls the
// host: what is decided here takes effect only if the commit succeeds.
#include "monitor/account_work.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include <lowtide/key.hpp>
#include <lowtide/name.hpp>

#include "monitor/error_text.hpp"

namespace lowtide::detail {

std::optional<std::string> check_loaded(AccountRecord& record, std::string_view account) {
  if (!record.damage.empty()) return record.damage;
  if (record.name != account) return "load returned " + quoted(record.name) + " instead";
  // The commit will store the next revision.
  if (record.revision < 0 || record.revision == std::numeric_limits<std::int64_t>::max()) {
    return "revision: must be 0 to 9223372036854775806: " + std::to_string(record.revision);
  }
  for (const StoredAlert& stored : record.alerts) {
    if (const auto error = check_name(stored.name, "alert"))
      return describe(*error) + ": " + quoted(stored.name);
  }
  std::ranges::sort(record.alerts, {}, &StoredAlert::name);
  const auto twice = std::ranges::adjacent_find(record.alerts, {}, &StoredAlert::name);
  if (twice != record.alerts.end()) return "alert " + quoted(twice->name) + ": is stored twice";
  return std::nullopt;
}

bool matches_commit(const AccountRecord& stored, const AccountRecord& after) {
  const auto same = [](const StoredAlert& a, const StoredAlert& b) {
    return a.name == b.name && a.state == b.state;
  };
  return stored.revision == after.revision && stored.balance == after.balance &&
         stored.available_credit == after.available_credit && stored.sequence == after.sequence &&
         stored.first_cost_at == after.first_cost_at &&
         std::ranges::equal(stored.alerts, after.alerts, same);
}

AccountWork::AccountWork(AccountRecord record, const MonitorOptions& options, Instant now)
    : options_(options) {
  commit_.after = std::move(record);
  commit_.recorded_at = now;
}

std::optional<std::string> AccountWork::decode_alerts() {
  const AccountRecord& record = commit_.after;
  last_observed_ = Alert::on_account(record.available_credit, record.sequence);
  for (const StoredAlert& stored : record.alerts) {
    const Result<Alert> alert = Alert::decode(stored.state);
    if (!alert) return "alert " + quoted(stored.name) + ": " + describe(alert.error());
    if (alert->available_credit() != record.available_credit ||
        alert->sequence() != record.sequence) {
      return "alert " + quoted(stored.name) +
             ": its last Available Credit or sequence differs from the account's";
    }
    alerts_.push_back(*alert);
  }
  return std::nullopt;
}

std::optional<std::string> AccountWork::apply(const MonitorEvent& event, EventReport& report) {
  report = {};
  const bool needed_before = std::exchange(needs_commit_, false);
  auto error =
      std::visit([&](const auto& one) { return apply_event(one, report.decisions); }, event);
  report.status = needs_commit_ ? EventStatus::committed : EventStatus::unchanged;
  needs_commit_ |= needed_before;
  return error;
}

AccountCommit&& AccountWork::finish() {
  AccountRecord& record = commit_.after;
  for (std::size_t i = 0; i < alerts_.size(); ++i) {
    StoredAlert& stored = record.alerts[i];
    if (stored.changed) {
      const EncodedAlert encoded = alerts_[i].encode();
      stored.state.assign(encoded.bytes().begin(), encoded.bytes().end());
    }
    // Every alert needs its columns: load does not have to return them.
    stored.phase = alerts_[i].phase();
    stored.threshold = alerts_[i].threshold().amount();
    stored.available_credit = alerts_[i].available_credit();
    stored.next_reminder_at = alerts_[i].next_reminder_at();
  }
  ++record.revision;
  for (Notice& notice : commit_.notices) notice.cause = record.revision;
  return std::move(commit_);
}

std::optional<std::string> AccountWork::apply_event(const BalanceObservation& event,
                                                    Decisions& decisions) {
  const Balance* const balance = std::get_if<Balance>(&event.credit);
  const Result<Amount> credit = balance != nullptr ? available_credit(*balance)
                                                   : Result<Amount>(std::get<Amount>(event.credit));
  if (!credit) return describe(credit.error());
  const Observation observation{*credit, event.at, event.sequence};
  const Alert before = last_observed_;
  const bool stale = step(last_observed_, observation).why == Why::stale;
  for (std::size_t i = 0; i < alerts_.size(); ++i)
    decide_alert(i, observation, "balance", Audit::unless_silent, decisions);
  if (stale) return std::nullopt;

  const std::optional<Balance>& stored = commit_.after.balance;
  const bool same_components = balance != nullptr ? stored == *balance : !stored.has_value();
  if (last_observed_ != before || !same_components) store_observation(event, balance);
  return std::nullopt;
}

// `balance` points to the components of the observation, if it has them.
void AccountWork::store_observation(const BalanceObservation& observation, const Balance* balance) {
  needs_commit_ = true;
  AccountRecord& record = commit_.after;
  record.balance = balance != nullptr ? std::optional(*balance) : std::nullopt;
  record.available_credit = last_observed_.available_credit();
  record.sequence = last_observed_.sequence();
  const auto is_cost = [](Amount amount) { return Amount{} < amount; };
  if (!record.first_cost_at && balance != nullptr &&
      (is_cost(balance->unsettled_current_month) || is_cost(balance->unsettled_previous_months))) {
    record.first_cost_at = observation.at;
  }
}

std::optional<std::string> AccountWork::apply_event(const AlertEnable& event,
                                                    Decisions& decisions) {
  const auto found = find_alert(event.alert);
  const std::size_t i = found ? *found : insert_alert(event.alert);
  decide_alert(i, event.event, "enable", Audit::always, decisions);
  return std::nullopt;
}

std::optional<std::string> AccountWork::apply_event(const AlertSetThreshold& event,
                                                    Decisions& decisions) {
  return decide_existing(event.alert, event.event, "set_threshold", decisions);
}

std::optional<std::string> AccountWork::apply_event(const AlertDisable& event,
                                                    Decisions& decisions) {
  return decide_existing(event.alert, event.event, "disable", decisions);
}

std::optional<std::string> AccountWork::apply_event(const Rebase& event, Decisions& /*none*/) {
  AccountRecord& record = commit_.after;
  if (record.revision != 0 && record.sequence == event.sequence) return std::nullopt;
  needs_commit_ = true;
  record.sequence = event.sequence;
  last_observed_ = rebase(last_observed_, event.sequence);
  for (std::size_t i = 0; i < alerts_.size(); ++i) {
    alerts_[i] = rebase(alerts_[i], event.sequence);
    record.alerts[i].changed = true;
  }
  commit_.audit.push_back({event.at, "rebase", "", std::nullopt, Phase::off});
  return std::nullopt;
}

std::optional<std::string> AccountWork::apply_event(const AccountTick& event,
                                                    Decisions& decisions) {
  for (std::size_t i = 0; i < alerts_.size(); ++i) {
    const auto due = alerts_[i].next_reminder_at();
    if (due && (*due < event.end || (event.inclusive && *due == event.end)))
      decide_alert(i, Tick{event.at}, "tick", Audit::unless_silent, decisions);
  }
  return std::nullopt;
}

// Decides a setting of an alert that must have been enabled before.
template <class E>
std::optional<std::string> AccountWork::decide_existing(std::string_view alert, const E& event,
                                                        const char* type, Decisions& decisions) {
  const auto i = find_alert(alert);
  if (!i) return "alert: was never enabled: " + quoted(alert);
  decide_alert(*i, event, type, Audit::always, decisions);
  return std::nullopt;
}

template <class E>
void AccountWork::decide_alert(std::size_t i, const E& event, const char* type, Audit audit,
                               Decisions& decisions) {
  const Alert before = alerts_[i];
  const InPlaceDecision decision = step(alerts_[i], event);
  StoredAlert& stored = commit_.after.alerts[i];
  // An alert without bytes was just inserted.
  if (alerts_[i] != before || stored.state.empty()) {
    stored.changed = true;
    needs_commit_ = true;
  }
  const Phase phase = alerts_[i].phase();
  decisions.push_back({stored.name, decision.why, phase, decision.outputs});
  if (audit == Audit::always || !decision.outputs.empty() || phase != before.phase())
    commit_.audit.push_back({event.at, type, stored.name, decision.why, phase});
  for (const Output& output : decision.outputs) {
    // output_key fails on invalid names only, and both are valid: the account's name came with the
    // event, the alert's with the event or through check_loaded.
    const bool deliver = output.kind != OutputKind::stop || options_.deliver_stops;
    commit_.notices.push_back({output_key(commit_.after.name, stored.name, output).value(),
                               commit_.after.name, stored.name, output, 0,
                               deliver ? options_.channels : std::vector<std::string>{}});
  }
}

std::optional<std::size_t> AccountWork::find_alert(std::string_view alert) const {
  const auto& alerts = commit_.after.alerts;
  const auto found = std::ranges::find(alerts, alert, &StoredAlert::name);
  if (found == alerts.end()) return std::nullopt;
  return static_cast<std::size_t>(found - alerts.begin());
}

// Inserts a new alert at its place in the order of the names. Returns the place.
std::size_t AccountWork::insert_alert(std::string_view alert) {
  AccountRecord& record = commit_.after;
  const auto place = std::ranges::lower_bound(record.alerts, alert, {}, &StoredAlert::name);
  const auto i = place - record.alerts.begin();
  StoredAlert stored;
  stored.name = alert;
  record.alerts.insert(place, std::move(stored));
  alerts_.insert(alerts_.begin() + i, Alert::on_account(record.available_credit, record.sequence));
  return static_cast<std::size_t>(i);
}

}  // namespace lowtide::detail
