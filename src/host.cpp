// SPDX-License-Identifier: Apache-2.0
#include <lowtide/host.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

#include <lowtide/key.hpp>

namespace lowtide {
namespace {

// As many accounts or deliveries are taken in hand at once; a bound on memory, and on what one failure holds up.
constexpr std::size_t chunk = 256;

// A name that was refused may hold anything, and an error is one line.
std::string quoted(std::string_view text) {
  std::string quote(text.substr(0, max_name_size));
  std::ranges::replace_if(
      quote, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return "'" + quote + (text.size() > max_name_size ? "...'" : "'");
}

std::string account_error(std::string_view account, std::string_view what) {
  return "account " + quoted(account) + ": " + std::string(what);
}

std::string describe(const Error& error) {
  const std::string_view field = error.field;
  return field.empty() ? error.rule : std::string(field) + ": " + error.rule;
}

// An account in work: the record, its alerts as values, and what came of the changes so far.
class Work {
 public:
  Work(AccountRecord record, const MonitorOptions& options, Instant now) : options_(options) {
    commit_.after = std::move(record);
    commit_.recorded_at = now;
  }

  // Reads the stored alerts. Gives what is wrong with them, if anything: then the account must not be touched.
  std::optional<std::string> open() {
    const AccountRecord& record = commit_.after;
    if (!record.damage.empty()) return record.damage;
    bearer_ = Alert::on_account(record.available_credit, record.sequence);
    for (const StoredAlert& stored : record.alerts) {
      const Result<Alert> alert = Alert::decode(stored.state);
      if (!alert) return "alert " + quoted(stored.name) + ": " + describe(alert.error());
      if (alert->available_credit() != record.available_credit || alert->sequence() != record.sequence) {
        return "alert " + quoted(stored.name) + ": its last Available Credit or sequence is not the account's";
      }
      alerts_.push_back(*alert);
    }
    return std::nullopt;
  }

  // Applies one change. Gives what is wrong with it, if anything: then nothing of it was applied.
  std::optional<std::string> apply(const AccountEvent& event, Report& report) {
    report = {};
    const bool touched_before = std::exchange(touched_, false);
    auto error = std::visit([&](const auto& one) { return on(one, report.decisions); }, event);
    report.status = touched_ ? Status::committed : Status::unchanged;
    touched_ |= touched_before;
    return error;
  }

  bool touched() const noexcept { return touched_; }

  // The commit, once all changes were applied.
  AccountCommit&& finish() {
    AccountRecord& record = commit_.after;
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      StoredAlert& stored = record.alerts[i];
      if (!stored.changed) continue;
      const EncodedAlert encoded = alerts_[i].encode();
      stored.state.assign(encoded.bytes().begin(), encoded.bytes().end());
      stored.phase = alerts_[i].phase();
      stored.threshold = alerts_[i].threshold().amount();
      stored.available_credit = alerts_[i].available_credit();
      stored.next_reminder_at = alerts_[i].next_reminder_at();
    }
    ++record.revision;
    for (Notice& notice : commit_.notices) notice.cause = record.revision;
    return std::move(commit_);
  }

 private:
  using Decisions = std::vector<AlertDecision>;

  std::optional<std::string> on(const Observation& observation, Decisions& decisions) {
    const Balance* const balance = std::get_if<Balance>(&observation.credit);
    const Result<Amount> credit = balance != nullptr ? available_credit(*balance) : Result<Amount>(std::get<Amount>(observation.credit));
    if (!credit) return describe(credit.error());
    const BalanceChanged change{*credit, observation.at, observation.sequence};
    const Alert bearer_before = bearer_;
    const bool stale = step(bearer_, change).why == Why::stale;
    for (std::size_t i = 0; i < alerts_.size(); ++i) decide_one(i, change, "balance", Record::when_not_silent, decisions);
    if (stale) return std::nullopt;

    AccountRecord& record = commit_.after;
    const std::optional<Balance> components = balance != nullptr ? std::optional(*balance) : std::nullopt;
    if (bearer_ == bearer_before && record.balance == components) return std::nullopt;
    touched_ = true;
    record.balance = components;
    record.available_credit = bearer_.available_credit();
    record.sequence = bearer_.sequence();
    const auto costs = [](Amount amount) { return Amount{} < amount; };
    if (!record.first_cost_at && balance != nullptr &&
        (costs(balance->unsettled_current_month) || costs(balance->unsettled_previous_months))) {
      record.first_cost_at = observation.at;
    }
    return std::nullopt;
  }

  std::optional<std::string> on(const AlertEnable& enable, Decisions& decisions) {
    auto at = find(enable.alert);
    if (!at) at = insert(enable.alert);
    decide_one(*at, enable.event, "enable", Record::always, decisions);
    return std::nullopt;
  }

  std::optional<std::string> on(const AlertSetThreshold& set, Decisions& decisions) {
    return settle(set.alert, set.event, "set_threshold", decisions);
  }

  std::optional<std::string> on(const AlertDisable& disable, Decisions& decisions) {
    return settle(disable.alert, disable.event, "disable", decisions);
  }

  std::optional<std::string> on(const Rebase& event, Decisions&) {
    AccountRecord& record = commit_.after;
    if (record.revision != 0 && record.sequence == event.sequence) return std::nullopt;
    touched_ = true;
    record.sequence = event.sequence;
    bearer_ = rebase(bearer_, event.sequence);
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      alerts_[i] = rebase(alerts_[i], event.sequence);
      record.alerts[i].changed = true;
    }
    commit_.audit.push_back({event.at, "rebase", "", std::nullopt, Phase::off});
    return std::nullopt;
  }

  std::optional<std::string> on(const AccountTick& tick, Decisions& decisions) {
    for (std::size_t i = 0; i < alerts_.size(); ++i) {
      const auto due = alerts_[i].next_reminder_at();
      if (due && (*due < tick.end || (tick.inclusive && *due == tick.end))) {
        decide_one(i, Tick{tick.at}, "tick", Record::when_not_silent, decisions);
      }
    }
    return std::nullopt;
  }

  template <class E>
  std::optional<std::string> settle(std::string_view alert, const E& event, const char* type, Decisions& decisions) {
    const auto at = find(alert);
    if (!at) return "alert: was never enabled: " + quoted(alert);
    decide_one(*at, event, type, Record::always, decisions);
    return std::nullopt;
  }

  enum class Record : std::uint8_t { always, when_not_silent };

  template <class E>
  void decide_one(std::size_t i, const E& event, const char* type, Record when, Decisions& decisions) {
    const Alert before = alerts_[i];
    const Outcome outcome = step(alerts_[i], event);
    StoredAlert& stored = commit_.after.alerts[i];
    if (alerts_[i] != before || stored.state.empty()) {
      stored.changed = true;
      touched_ = true;
    }
    const Phase phase = alerts_[i].phase();
    decisions.push_back({stored.name, outcome.why, phase, outcome.outputs});
    if (when == Record::always || !outcome.outputs.empty() || phase != before.phase()) {
      commit_.audit.push_back({event.at, type, stored.name, outcome.why, phase});
    }
    for (const Output& output : outcome.outputs) {
      const bool deliver = output.kind != OutputKind::stop || options_.deliver_stops;
      commit_.notices.push_back({output_key(commit_.after.name, stored.name, output).value(), commit_.after.name, stored.name, output, 0,
                                 deliver ? options_.channels : std::vector<std::string>{}});
    }
  }

  std::optional<std::size_t> find(std::string_view alert) const {
    const auto& alerts = commit_.after.alerts;
    const auto at = std::ranges::find(alerts, alert, &StoredAlert::name);
    if (at == alerts.end()) return std::nullopt;
    return static_cast<std::size_t>(at - alerts.begin());
  }

  std::size_t insert(std::string_view alert) {
    auto& alerts = commit_.after.alerts;
    const auto at = std::ranges::lower_bound(alerts, alert, {}, &StoredAlert::name);
    const auto index = at - alerts.begin();
    StoredAlert stored;
    stored.name = alert;
    alerts.insert(at, std::move(stored));
    const AccountRecord& record = commit_.after;
    alerts_.insert(alerts_.begin() + index, Alert::on_account(record.available_credit, record.sequence));
    return static_cast<std::size_t>(index);
  }

  const MonitorOptions& options_;
  AccountCommit commit_;
  Alert bearer_;               // an alert that is off: it takes the account's observations by the rules, and tells what is stale
  std::vector<Alert> alerts_;  // as in commit_.after.alerts
  bool touched_ = false;
};

// A commit of which the store could not tell what became of it, and what is to be reported should it have been stored.
struct Unsettled {
  AccountRecord after;
  std::vector<Report> reports;
};

// The changes of one account, by their places.
struct Group {
  std::string_view account;
  std::vector<std::size_t> changes;
  std::optional<Unsettled> unsettled;
};

struct Facts {
  Instant at;
  std::optional<std::string_view> alert;
};

Facts facts(const AccountEvent& event) {
  struct Visitor {
    Facts operator()(const Observation& one) const { return {one.at, std::nullopt}; }
    Facts operator()(const AlertEnable& one) const { return {one.event.at, one.alert}; }
    Facts operator()(const AlertSetThreshold& one) const { return {one.event.at, one.alert}; }
    Facts operator()(const AlertDisable& one) const { return {one.event.at, one.alert}; }
    Facts operator()(const Rebase& one) const { return {one.at, std::nullopt}; }
    Facts operator()(const AccountTick& one) const { return {one.at, std::nullopt}; }
  };
  return std::visit(Visitor(), event);
}

// What is wrong with a change that can be told without the store.
std::optional<std::string> refusal(const AccountChange& change, std::chrono::seconds skew, Instant now) {
  if (const auto error = check_name(change.account, "account")) return describe(*error) + ": " + quoted(change.account);
  const auto [at, alert] = facts(change.event);
  if (alert) {
    if (const auto error = check_name(*alert, "alert")) return describe(*error) + ": " + quoted(*alert);
  }
  if (at.time() > now.time() + skew) {
    return "at: is later than now (" + to_text(now) + ") by more than the allowed skew of " + std::to_string(skew.count()) +
           " s: " + to_text(at);
  }
  return std::nullopt;
}

std::vector<Group> group(std::span<const AccountChange> changes, const std::vector<Report>& reports) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (reports[i].status != Status::refused) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return changes[i].account; });
  std::vector<Group> groups;
  for (const std::size_t i : order) {
    if (groups.empty() || groups.back().account != changes[i].account) groups.push_back({changes[i].account, {}, std::nullopt});
    groups.back().changes.push_back(i);
  }
  return groups;
}

// Whether changes may be decided again on top of themselves: an observation without a sequence is neither stale nor without effect then.
bool is_repeatable(const Group& of, std::span<const AccountChange> changes) {
  return std::ranges::all_of(of.changes, [&](std::size_t i) {
    const auto* const observation = std::get_if<Observation>(&changes[i].event);
    return observation == nullptr || observation->sequence.has_value();
  });
}

// Whether what is stored is what a commit was to store. A commit of others that made the very same of the account counts as well: its
// notices have the same keys.
bool is_stored(const AccountRecord& stored, const AccountRecord& after) {
  const auto same = [](const StoredAlert& a, const StoredAlert& b) { return a.name == b.name && a.state == b.state; };
  return stored.revision == after.revision && stored.balance == after.balance && stored.available_credit == after.available_credit &&
         stored.sequence == after.sequence && stored.first_cost_at == after.first_cost_at &&
         std::ranges::equal(stored.alerts, after.alerts, same);
}

std::vector<Report> reports_of(const Group& of, const std::vector<Report>& reports) {
  std::vector<Report> copies;
  for (const std::size_t i : of.changes) copies.push_back(reports[i]);
  return copies;
}

// Gives all changes of a group the same end, but for those that were refused.
void end_group(const Group& of, Status status, const std::string& error, std::vector<Report>& reports) {
  for (const std::size_t i : of.changes) {
    if (reports[i].status != Status::refused) reports[i] = {status, account_error(of.account, error), {}};
  }
}

}  // namespace

std::string_view name(DeliveryState state) noexcept {
  switch (state) {
    case DeliveryState::pending: return "pending";
    case DeliveryState::sent: return "sent";
    case DeliveryState::failed: return "failed";
  }
  return "";
}

std::string_view name(Status status) noexcept {
  switch (status) {
    case Status::committed: return "committed";
    case Status::unchanged: return "unchanged";
    case Status::refused: return "refused";
    case Status::conflict: return "conflict";
    case Status::unknown: return "unknown";
    case Status::failed: return "failed";
  }
  return "";
}

Monitor::Monitor(Store& store, Courier& courier, MonitorOptions options) : store_(store), courier_(courier), options_(std::move(options)) {}

Report Monitor::observe(std::string_view account, const Observation& observation, Instant now) {
  const AccountChange change{account, observation};
  return std::move(observe_many({&change, 1}, now).front());
}

Report Monitor::enable(std::string_view account, std::string_view alert, const Enable& event, Instant now) {
  const AccountChange change{account, AlertEnable{alert, event}};
  return std::move(observe_many({&change, 1}, now).front());
}

Report Monitor::set_threshold(std::string_view account, std::string_view alert, const SetThreshold& event, Instant now) {
  const AccountChange change{account, AlertSetThreshold{alert, event}};
  return std::move(observe_many({&change, 1}, now).front());
}

Report Monitor::disable(std::string_view account, std::string_view alert, const Disable& event, Instant now) {
  const AccountChange change{account, AlertDisable{alert, event}};
  return std::move(observe_many({&change, 1}, now).front());
}

Report Monitor::rebase(std::string_view account, const Rebase& event, Instant now) {
  const AccountChange change{account, event};
  return std::move(observe_many({&change, 1}, now).front());
}

std::vector<Report> Monitor::observe_many(std::span<const AccountChange> changes, Instant now) {
  std::vector<Report> reports(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (auto error = refusal(changes[i], options_.skew, now)) reports[i] = {Status::refused, account_error(changes[i].account, *error), {}};
  }
  std::vector<Group> groups = group(changes, reports);
  const unsigned attempts = options_.mode == Mode::joined ? 1 : std::max(options_.attempts, 1U);
  for (unsigned attempt = 0; attempt < attempts && !groups.empty(); ++attempt) {
    std::vector<std::string_view> names(groups.size());
    std::ranges::transform(groups, names.begin(), &Group::account);
    std::vector<AccountRecord> records;
    if (const auto error = store_.load(names, records)) {
      for (const Group& one : groups) end_group(one, one.unsettled ? Status::unknown : Status::failed, error->what, reports);
      return reports;
    }

    std::vector<AccountCommit> commits;
    std::vector<Group> committing;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      // Changes without a sequence, such as down and up again, would do it all over if they were decided on top of themselves.
      if (auto& unsettled = groups[g].unsettled; unsettled && is_stored(records[g], unsettled->after)) {
        for (std::size_t i = 0; i < groups[g].changes.size(); ++i) reports[groups[g].changes[i]] = std::move(unsettled->reports[i]);
        continue;
      }
      // Others committed since, so nobody can tell whether this was stored before: it stays unknown, unless repeating it is safe.
      if (const auto& unsettled = groups[g].unsettled;
          unsettled && records[g].revision > unsettled->after.revision && !is_repeatable(groups[g], changes)) {
        continue;
      }
      Work work(std::move(records[g]), options_, now);
      if (const auto error = work.open()) {
        end_group(groups[g], Status::failed, *error, reports);
        continue;
      }
      for (const std::size_t i : groups[g].changes) {
        if (auto error = work.apply(changes[i].event, reports[i])) {
          reports[i] = {Status::refused, account_error(groups[g].account, *error), {}};
        }
      }
      if (!work.touched()) continue;
      commits.push_back(work.finish());
      committing.push_back(std::move(groups[g]));
    }
    groups.clear();
    if (commits.empty()) break;

    std::vector<CommitResult> results(commits.size(), CommitResult::failed);
    const auto error = store_.commit(commits, results);
    const std::string why = error ? error->what : "the store could not commit it";
    for (std::size_t c = 0; c < commits.size(); ++c) {
      switch (results[c]) {
        case CommitResult::committed: continue;
        case CommitResult::conflict:
          end_group(committing[c], Status::conflict, "others committed it in between", reports);
          groups.push_back(std::move(committing[c]));
          continue;
        case CommitResult::unknown:
          // The next attempt looks whether it was stored, and decides again if not.
          committing[c].unsettled = Unsettled{commits[c].after, reports_of(committing[c], reports)};
          end_group(committing[c], Status::unknown, why, reports);
          groups.push_back(std::move(committing[c]));
          continue;
        case CommitResult::failed: end_group(committing[c], Status::failed, why, reports); continue;
      }
      end_group(committing[c], Status::failed, "the store answered with no result that there is", reports);
    }
  }
  return reports;
}

TickReport Monitor::tick(Instant at, Instant end, bool inclusive) {
  TickReport report;
  Cursor cursor;
  for (std::vector<std::string> accounts(1); !accounts.empty();) {
    accounts.clear();
    if (const auto error = store_.due(end, inclusive, chunk, cursor, accounts)) {
      report.errors.push_back(error->what);
      return report;
    }
    // An account with two reminders due at different instants comes twice; once is enough.
    std::ranges::sort(accounts);
    accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
    std::vector<AccountChange> changes(accounts.size());
    std::ranges::transform(accounts, changes.begin(), [&](const std::string& account) {
      return AccountChange{account, AccountTick{at, end, inclusive}};
    });
    for (const Report& one : observe_many(changes, at)) {
      if (!one.error.empty()) report.errors.push_back(one.error);
      report.accounts += one.status == Status::committed ? 1 : 0;
      for (const AlertDecision& decision : one.decisions) report.outputs += decision.outputs.size();
    }
  }
  return report;
}

DeliveryReport Monitor::deliver(Instant now) {
  DeliveryReport report;
  Cursor cursor;
  for (std::vector<Delivery> deliveries(1); !deliveries.empty();) {
    deliveries.clear();
    if (const auto error = store_.pending(chunk, cursor, deliveries)) {
      report.errors.push_back(error->what);
      return report;
    }
    for (const Delivery& delivery : deliveries) {
      if (!delivery.damage.empty()) {
        report.errors.push_back(account_error(delivery.notice.account, delivery.channel + ": " + delivery.damage));
        ++report.postponed;
        continue;
      }
      const HandoverResult result = courier_.deliver(delivery);
      if (result.handover != Handover::sent) {
        report.errors.push_back(account_error(delivery.notice.account, delivery.channel + ": " + result.error));
      }
      if (result.handover != Handover::sent && result.handover != Handover::failed) {
        ++report.postponed;
        continue;
      }
      const bool sent = result.handover == Handover::sent;
      if (const auto error = store_.settle(delivery, sent ? DeliveryState::sent : DeliveryState::failed, result.error, now)) {
        report.errors.push_back(account_error(delivery.notice.account, delivery.channel + ": " + error->what));
        ++report.postponed;
        continue;
      }
      ++(sent ? report.sent : report.failed);
    }
  }
  return report;
}

}  // namespace lowtide
