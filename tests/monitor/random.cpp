// SPDX-License-Identifier: Apache-2.0
// The Monitor over a store that fails at random, against decide() alone.
#include <array>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <lowtide/key.hpp>

#include "exercised.hpp"
#include "memory_store.hpp"
#include "properties/chance.hpp"

namespace {

using namespace lowtide;
using host_test::Fault;
using host_test::MemoryStore;
using host_test::StubCourier;
using properties::Chance;

constexpr std::array<const char*, 5> account_names = {"a", "b", "c\xC3\xA9", "d/e", "f"};
constexpr std::array<const char*, 3> alert_names = {"low_balance", "critical", "zero"};

// An account by decide() alone.
struct Model {
  std::map<std::string, Alert> alerts;
  Alert last_observed;    // an alert that is off: new alerts start from what it has observed
  bool is_known = false;  // whether the account is stored
};

// What an event must give.
struct Expected {
  bool refused = false;
  std::vector<AlertDecision> decisions;
  std::vector<std::string> keys;
};

template <class E>
void decide_alert(const std::string& account, const std::string& name, Alert& alert, const E& event,
                  Expected& expected) {
  const Decision decision = decide(alert, event);
  alert = decision.alert;
  expected.decisions.push_back({name, decision.why, alert.phase(), decision.outputs});
  for (const Output& output : decision.outputs)
    expected.keys.push_back(output_key(account, name, output).value());
}

Expected apply_to(Model& model, const std::string& account, const MonitorEvent& event) {
  Expected expected;
  if (const auto* const observation = std::get_if<BalanceObservation>(&event)) {
    const auto* const balance = std::get_if<Balance>(&observation->credit);
    const Result<Amount> amount = balance != nullptr
                                      ? available_credit(*balance)
                                      : Result<Amount>(std::get<Amount>(observation->credit));
    if (!amount) return {true, {}, {}};
    const Observation observed{*amount, observation->at, observation->sequence};
    for (auto& [name, alert] : model.alerts) decide_alert(account, name, alert, observed, expected);
    model.last_observed = decide(model.last_observed, observed).alert;
    model.is_known = true;
  } else if (const auto* const enable = std::get_if<AlertEnable>(&event)) {
    const auto alert = model.alerts
                           .try_emplace(std::string(enable->alert),
                                        Alert::on_account(model.last_observed.available_credit(),
                                                          model.last_observed.sequence()))
                           .first;
    decide_alert(account, alert->first, alert->second, enable->event, expected);
    model.is_known = true;
  } else if (const auto* const rebased = std::get_if<Rebase>(&event)) {
    for (auto& [name, alert] : model.alerts) alert = rebase(alert, rebased->sequence);
    model.last_observed = rebase(model.last_observed, rebased->sequence);
    model.is_known = true;
  } else if (const auto* const tick = std::get_if<AccountTick>(&event)) {
    for (auto& [name, alert] : model.alerts) {
      const auto due = alert.next_reminder_at();
      if (due && *due <= tick->end) decide_alert(account, name, alert, Tick{tick->at}, expected);
    }
  } else if (const auto* const set = std::get_if<AlertSetThreshold>(&event)) {
    const auto alert = model.alerts.find(std::string(set->alert));
    if (alert == model.alerts.end()) return {true, {}, {}};
    decide_alert(account, alert->first, alert->second, set->event, expected);
  } else {
    const auto& disable = std::get<AlertDisable>(event);
    const auto alert = model.alerts.find(std::string(disable.alert));
    if (alert == model.alerts.end()) return {true, {}, {}};
    decide_alert(account, alert->first, alert->second, disable.event, expected);
  }
  return expected;
}

class Events {
 public:
  explicit Events(Chance& chance) : chance_(chance) {}

  AccountEvent next() {
    seconds_ += chance_.between(0, 30000);
    const Instant at = Instant::from_seconds(1772000000 + seconds_).value();
    const std::size_t account = chance_.below(account_names.size());
    return {account_names[account], event(at, sequences_[account])};
  }
  Instant now() const { return Instant::from_seconds(1772000000 + seconds_).value(); }

 private:
  static Amount units(std::int64_t value) { return Amount::parse(std::to_string(value)).value(); }

  MonitorEvent event(Instant at, std::int64_t& last) {
    const char* const alert = alert_names[chance_.below(alert_names.size())];
    const Threshold threshold = Threshold::from(units(chance_.between(0, 3) * 10)).value();
    const IfBelow if_below = chance_.one_in(3) ? IfBelow::recovery_first : IfBelow::next_change;
    switch (chance_.below(12)) {
      case 0: {
        AlertEnable enable{alert, {threshold, at, std::nullopt, if_below}};
        if (chance_.one_in(2))
          enable.event.schedule = Schedule::make(chance_.between(0, 6)).value();
        return enable;
      }
      case 1: return AlertSetThreshold{alert, {threshold, at, if_below}};
      case 2: return AlertDisable{alert, {at}};
      case 3:
      case 4: return AccountTick{at, at};
      case 5:
        if (!chance_.one_in(4)) return AccountTick{at, at};
        last = chance_.between(0, 3);
        return Rebase{last == 0 ? std::nullopt : std::optional(Sequence::from(last).value()), at};
      default: break;
    }
    BalanceObservation observation{units(chance_.between(-2, 35)), at, std::nullopt};
    if (chance_.one_in(3)) {
      Balance balance;
      balance.cash_balance = units(chance_.between(-2, 35));
      balance.unsettled_current_month = units(chance_.between(0, 5));
      if (chance_.one_in(20)) balance.credit_limit = Amount::max();
      observation.credit = balance;
    }
    // Some have no sequence, some come late or twice.
    if (!chance_.one_in(4)) {
      observation.sequence =
          Sequence::from(std::max<std::int64_t>(1, last + chance_.between(-1, 2))).value();
      last = std::max(last, observation.sequence->value());
    }
    return observation;
  }

  Chance& chance_;
  std::int64_t seconds_ = 0;
  std::array<std::int64_t, account_names.size()> sequences_{};
};

struct Counts {
  std::uint64_t events = 0;
  std::uint64_t outputs = 0;
  std::uint64_t faults = 0;
  std::array<std::uint64_t, 7> statuses{};
};

class RandomRun {
 public:
  RandomRun(std::uint64_t seed, Counts& counts)
      : chance_(seed),
        events_(chance_),
        counts_(counts),
        options_(options(seed)),
        monitor_(store_, courier_, options_) {
    // Each call of the store has no more accounts than a chunk.
    store_.before_load = store_.before_commit = [this] {
      const auto accounts = std::ranges::count(store_.log.back(), ' ');
      REQUIRE(static_cast<std::size_t>(accounts) <= options_.accounts_per_commit);
      store_.log.clear();
    };
    store_.fault = [this](const AccountCommit& commit) {
      const auto fault = chance_.one_in(3) ? static_cast<Fault>(1 + chance_.below(4)) : Fault::none;
      counts_.faults += fault == Fault::none ? 0 : 1;
      if (fault == Fault::none || fault == Fault::unknown_stored) ++stored_[commit.after.name];
      return fault;
    };
  }

  void step() {
    std::vector<AccountEvent> events(1 + chance_.below(6));
    for (AccountEvent& event : events) event = events_.next();
    stored_.clear();
    const std::vector<EventReport> reports = monitor_.apply(events, events_.now());
    std::map<std::string, Model> after = models_;
    std::map<std::string, std::vector<std::string>> keys;
    std::vector<Expected> all_expected;
    for (const AccountEvent& event : events) {
      const std::string account(event.account);
      all_expected.push_back(apply_to(after[account], account, event.event));
      auto& all = keys[account];
      all.insert(all.end(), all_expected.back().keys.begin(), all_expected.back().keys.end());
    }
    for (std::size_t i = 0; i < events.size(); ++i)
      check(std::string(events[i].account), reports[i], all_expected[i]);
    // stored_ has what was stored, whatever result the store returned.
    for (const auto& [account, record] : after) {
      if (!keys.contains(account)) continue;
      REQUIRE(stored_[account] <= 1);
      if (stored_[account] == 0) {
        if (!failed_.contains(account)) REQUIRE(keys[account].empty());
        if (failed_.contains(account)) continue;
      }
      models_[account] = record;
      keys_.insert(keys_.end(), keys[account].begin(), keys[account].end());
    }
    failed_.clear();
    counts_.events += events.size();
    compare();
  }

  void finish() {
    REQUIRE(store_.repeated_keys == 0);
    REQUIRE(store_.broken == 0);
    counts_.outputs += store_.notices.size();
  }

 private:
  static MonitorOptions options(std::uint64_t seed) {
    MonitorOptions options;
    options.attempts = seed % 3 == 0 ? 2 : 16;
    // A step has events for up to 5 accounts.
    options.accounts_per_commit = std::array{256U, 1U, 2U, 3U, 4U}[seed % 5];
    return options;
  }

  void check(const std::string& account, const EventReport& report, const Expected& expected) {
    ++counts_.statuses[static_cast<std::size_t>(report.status)];
    switch (report.status) {
      case EventStatus::refused: REQUIRE(expected.refused); return;
      case EventStatus::committed:
      case EventStatus::unchanged:
        REQUIRE_FALSE(expected.refused);
        REQUIRE(report.decisions.size() == expected.decisions.size());
        for (std::size_t i = 0; i < report.decisions.size(); ++i) {
          REQUIRE(report.decisions[i].alert == expected.decisions[i].alert);
          REQUIRE(report.decisions[i].why == expected.decisions[i].why);
          REQUIRE(report.decisions[i].phase == expected.decisions[i].phase);
          REQUIRE(report.decisions[i].outputs == expected.decisions[i].outputs);
        }
        return;
      case EventStatus::conflict:
      case EventStatus::failed: REQUIRE(stored_[account] == 0); break;
      case EventStatus::unknown: break;
    }
    failed_.insert(account);
    REQUIRE(report.error.starts_with("account '" + account + "': "));
  }

  // Compares the store with the models, and the notices with the keys of all decided outputs.
  void compare() {
    for (const auto& [account, model] : models_) {
      const auto stored = store_.accounts.find(account);
      if (stored == store_.accounts.end()) {
        REQUIRE_FALSE(model.is_known);
        continue;
      }
      REQUIRE(stored->second.alerts.size() == model.alerts.size());
      REQUIRE(stored->second.available_credit == model.last_observed.available_credit());
      REQUIRE(stored->second.sequence == model.last_observed.sequence());
      for (const StoredAlert& alert : stored->second.alerts)
        REQUIRE(Alert::decode(alert.state).value() == model.alerts.at(alert.name));
    }
    std::vector<std::string> keys = keys_;
    std::vector<std::string> notices;
    for (const Notice& notice : store_.notices) notices.push_back(notice.key);
    std::ranges::sort(keys);
    std::ranges::sort(notices);
    REQUIRE(notices == keys);
  }

  Chance chance_;
  Events events_;
  Counts& counts_;
  MemoryStore store_;
  StubCourier courier_;
  MonitorOptions options_;
  Monitor monitor_;
  std::map<std::string, Model> models_;
  std::map<std::string, int> stored_;  // how often each account was stored in this step
  std::set<std::string> failed_;       // accounts whose reports of this step have an error
  std::vector<std::string> keys_;
};

}  // namespace

TEST_CASE(
    "random: whatever commits fail, the Monitor stores what decide() gives, and no notice twice") {
  Counts counts;
  const std::uint64_t runs = std::max<std::uint64_t>(properties::scaled(500), 20);
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    CAPTURE(seed);
    RandomRun run(seed, counts);
    for (int i = 0; i < 60; ++i) run.step();
    run.finish();
  }
  for (const EventStatus status :
       {EventStatus::committed, EventStatus::unchanged, EventStatus::refused, EventStatus::conflict,
        EventStatus::unknown, EventStatus::failed}) {
    CAPTURE(name(status));
    CHECK(counts.statuses[static_cast<std::size_t>(status)] > 0);
  }
  exercised("random monitor: events", counts.events, "events", 200 * runs);
  exercised("random monitor: faults", counts.faults, "faults", 30 * runs);
  exercised("random monitor: outputs", counts.outputs, "outputs", 20 * runs);
}
