// SPDX-License-Identifier: Apache-2.0
// Monitor::apply and the calls built on it: what is loaded and committed in which order, and which
// events are refused.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("apply: an event is decided and committed with its notice, and only then delivered") {
  Host host;
  enable_acme(host);
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  REQUIRE(status_of(report) == EventStatus::committed);
  REQUIRE(report.decisions.size() == 1);
  CHECK(report.decisions[0].alert == "low_balance");
  CHECK(report.decisions[0].why == Why::fell_below);
  CHECK(report.decisions[0].phase == Phase::alerting);
  CHECK(host.courier.handed.empty());
  CHECK(host.keys() == Lines{fire_1});
  CHECK(host.store.notices[0].cause == 2);
  CHECK(host.store.notices[0].channels == Lines{"email", "internal_message"});
  const DeliveryReport delivered = host.monitor.deliver(day2);
  CHECK(delivered.sent == 2);
  CHECK(delivered.errors.empty());
  const std::string key = fire_1;
  CHECK(host.courier.handed == Lines{key + " email", key + " internal_message"});
  CHECK(host.store.log == Lines{"load acme", "commit acme", "load acme", "commit acme", "pending",
                                "record_delivery " + key + " email",
                                "record_delivery " + key + " internal_message", "pending"});
  CHECK(host.monitor.deliver(day2).sent == 0);
  seen_commit_results.insert(CommitResult::committed);

  const AccountRecord& record = host.store.accounts.at("acme");
  CHECK(record.revision == 2);
  CHECK(record.alerts[0].phase == Phase::alerting);
  CHECK(record.alerts[0].threshold == amount("1000"));
  CHECK(record.alerts[0].available_credit == amount("999"));
  CHECK(record.alerts[0].next_reminder_at == day3);
  REQUIRE(host.store.audit.size() == 2);
  CHECK(host.store.audit[0].second.event == "enable");
  CHECK(host.store.audit[1].second.event == "balance");
  exercised("monitor order", host.store.log.size(), "calls", 8);
}

TEST_CASE(
    "apply: accounts are loaded and committed in the order of their names, events in their own") {
  Host host;
  const std::array events = {
      AccountEvent{"b", AlertEnable{"low_balance", enable_at("10")}},
      AccountEvent{"a\xC3\xA9", credit("5", day2, 1)},
      AccountEvent{"Z", credit("5", day2, 1)},
      AccountEvent{"b", credit("9", day2, 1)},
      AccountEvent{"a", AlertSetThreshold{"x", {Threshold(), day2}}},
      AccountEvent{"b", credit("11", day2, 2)},
      AccountEvent{"a", credit("5", day2, 1)},
      AccountEvent{"b", credit("8", day2, 3)},
      AccountEvent{"a\x01", credit("5", day2, 1)},
  };
  const std::vector<EventReport> reports = host.monitor.apply(events, day2);
  CHECK(host.store.log == Lines{"load Z a a\xC3\xA9 b", "commit Z a a\xC3\xA9 b"});
  REQUIRE(reports.size() == events.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    CAPTURE(i);
    CHECK(status_of(reports[i]) ==
          (i == 4 || i == 8 ? EventStatus::refused : EventStatus::committed));
  }
  CHECK(reports[4].error == "account 'a': alert: was never enabled: 'x'");
  CHECK(host.revision("b") == 1);
  CHECK(host.revision("a") == 1);
  CHECK(host.keys() == Lines{"lowtide/1/b/low_balance/1/1772438400/fire",
                             "lowtide/1/b/low_balance/1/1772438400/stop",
                             "lowtide/1/b/low_balance/2/1772438400/fire"});
  exercised("events of several accounts", events.size(), "events", 9);
}

TEST_CASE("apply: events of every kind give what the single calls give") {
  const SetThreshold lower = {threshold("20"), day2};
  Host together;
  const std::vector<AccountEvent> events = {
      {"b", AlertEnable{"low_balance", enable_at("1000")}},
      {"a", AlertEnable{"critical", enable_at("10")}},
      {"b", credit("999", day2, 7)},
      {"a", credit("5", day2, 1)},
      {"b", AccountTick{day3, day3}},
      {"a", AlertSetThreshold{"critical", lower}},
      {"b", Rebase{std::nullopt, day3}},
      {"a", AlertDisable{"critical", {day3}}},
      {"b", credit("2000", day3, 1)},
  };
  const std::vector<EventReport> reports = together.monitor.apply(events, day3);

  Host apart;
  Monitor& monitor = apart.monitor;
  std::vector<EventReport> singly;
  singly.push_back(monitor.enable("b", "low_balance", enable_at("1000"), day3));
  singly.push_back(monitor.enable("a", "critical", enable_at("10"), day3));
  singly.push_back(monitor.observe("b", credit("999", day2, 7), day3));
  singly.push_back(monitor.observe("a", credit("5", day2, 1), day3));
  CHECK(monitor.tick(day3).accounts == 2);  // of "a" too: the events above tick "b" alone
  singly.emplace_back();
  singly.push_back(monitor.set_threshold("a", "critical", lower, day3));
  singly.push_back(monitor.rebase("b", {std::nullopt, day3}, day3));
  singly.push_back(monitor.disable("a", "critical", {day3}, day3));
  singly.push_back(monitor.observe("b", credit("2000", day3, 1), day3));

  REQUIRE(reports.size() == singly.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    CAPTURE(i);
    CHECK(status_of(reports[i]) == EventStatus::committed);
    if (i == 4) continue;  // the tick, which has another kind of report
    CHECK(status_of(singly[i]) == EventStatus::committed);
    REQUIRE(reports[i].decisions.size() == singly[i].decisions.size());
    for (std::size_t d = 0; d < reports[i].decisions.size(); ++d) {
      CHECK(reports[i].decisions[d].why == singly[i].decisions[d].why);
      CHECK(reports[i].decisions[d].phase == singly[i].decisions[d].phase);
    }
  }
  CHECK(together.store.accounts.at("b").alerts[0].state ==
        apart.store.accounts.at("b").alerts[0].state);
  CHECK(together.store.accounts.at("b").sequence == apart.store.accounts.at("b").sequence);
  // Together, each account is one commit.
  CHECK(together.revision("a") == 1);
  CHECK(together.revision("b") == 1);
  CHECK(apart.revision("b") == 5);
}

TEST_CASE("apply: a conflict, failure or unknown result of one account does not stop the others") {
  for (const Fault fault : {Fault::conflict, Fault::failed, Fault::unknown_lost}) {
    Host host;
    host.store.fault = [fault](const AccountCommit& commit) {
      return commit.after.name == "b" ? fault : Fault::none;
    };
    const std::array events = {AccountEvent{"c", credit("5", day2, 1)},
                               AccountEvent{"b", credit("5", day2, 1)},
                               AccountEvent{"a", credit("5", day2, 1)}};
    const std::vector<EventReport> reports = host.monitor.apply(events, day2);
    CHECK(status_of(reports[0]) == EventStatus::committed);
    CHECK(status_of(reports[1]) != EventStatus::committed);
    CHECK(status_of(reports[2]) == EventStatus::committed);
    CHECK(host.revision("a") == 1);
    CHECK(host.revision("c") == 1);
  }
}

TEST_CASE("apply: an event later than now by more than the skew is refused") {
  Host host;
  enable_acme(host);
  const Instant now = day2;
  const auto later = [&](std::int64_t seconds) {
    return Instant::from_seconds(now.seconds() + seconds).value();
  };
  CHECK(status_of(host.monitor.observe("acme", credit("2000", later(86399), 1), now)) ==
        EventStatus::committed);
  CHECK(status_of(host.monitor.observe("acme", credit("2001", later(86400), 2), now)) ==
        EventStatus::committed);
  const Instant last = Instant::from_seconds(Instant::max_seconds).value();
  for (const Instant late : {later(86401), last}) {
    const std::array events = {
        AccountEvent{"acme", credit("1", late, INT64_MAX)},
        AccountEvent{"acme", AlertEnable{"low_balance", enable_at("1", late)}},
        AccountEvent{"acme", AlertSetThreshold{"low_balance", {Threshold(), late}}},
        AccountEvent{"acme", AlertDisable{"low_balance", {late}}},
        AccountEvent{"acme", Rebase{std::nullopt, late}},
        AccountEvent{"acme", AccountTick{late, late}}};
    for (const EventReport& report : host.monitor.apply(events, now)) {
      CHECK(status_of(report) == EventStatus::refused);
      CHECK_MESSAGE(
          report.error.starts_with("account 'acme': at: is later than now (2026-03-02T08:00:00Z)"),
          report.error);
    }
  }
  // One event of the year 9999 must not silence an alert: the next fall still fires.
  CHECK(status_of(host.monitor.observe("acme", credit("1", day2, 3), now)) ==
        EventStatus::committed);
  CHECK(host.keys() == Lines{fire_1});

  MonitorOptions options;
  options.skew = std::chrono::seconds(0);
  Host strict(options);
  CHECK(status_of(strict.monitor.observe("acme", credit("1", now, 1), now)) ==
        EventStatus::committed);
  CHECK(status_of(strict.monitor.observe("acme", credit("1", later(1), 2), now)) ==
        EventStatus::refused);
}

TEST_CASE("apply: an invalid name is refused before the store is called") {
  Host host;
  const std::string long_name(256, 'x');
  const std::array<std::string_view, 6> bad = {"",     long_name, "a\nb",
                                               "\x7F", "\xFF",    "\xED\xA0\x80"};
  for (const std::string_view name : bad) {
    CHECK(status_of(host.monitor.observe(name, credit("1", day2, 1), day2)) ==
          EventStatus::refused);
    CHECK(status_of(host.monitor.enable("acme", name, enable_at("1"), day2)) ==
          EventStatus::refused);
    CHECK(status_of(host.monitor.set_threshold("acme", name, {Threshold(), day2}, day2)) ==
          EventStatus::refused);
    CHECK(status_of(host.monitor.disable("acme", name, {day2}, day2)) == EventStatus::refused);
    CHECK(status_of(host.monitor.rebase(name, {std::nullopt, day2}, day2)) == EventStatus::refused);
  }
  CHECK(host.store.log.empty());
  CHECK(status_of(host.monitor.observe(std::string(255, 'x'), credit("1", day2, 1), day2)) ==
        EventStatus::committed);
  exercised("bad names", bad.size() * 5, "calls", 30);
}

TEST_CASE("observe: a stale observation, or one that changes nothing, is not stored") {
  Host host;
  enable_acme(host);
  CHECK(status_of(host.monitor.observe("acme", credit("2000", day2, 5), day2)) ==
        EventStatus::committed);
  host.store.log.clear();
  for (const std::int64_t number : {4, 5}) {
    const EventReport report = host.monitor.observe("acme", credit("1", day2, number), day2);
    CHECK(status_of(report) == EventStatus::unchanged);
    CHECK(report.decisions.at(0).why == Why::stale);
  }
  CHECK(status_of(host.monitor.observe("acme", {amount("2000"), day2, std::nullopt}, day2)) ==
        EventStatus::unchanged);
  CHECK(host.store.log == Lines{"load acme", "load acme", "load acme"});
  CHECK(status_of(host.monitor.observe("acme", credit("1", day2, 6), day2)) ==
        EventStatus::committed);
  CHECK(host.keys().size() == 1);
}

TEST_CASE(
    "observe: an Available Credit out of range is refused, even if the observation is stale") {
  Host host;
  CHECK(status_of(host.monitor.observe("acme", credit("1", day2, 5), day2)) ==
        EventStatus::committed);
  Balance balance;
  balance.cash_balance = Amount::max();
  balance.credit_limit = Amount::smallest();
  for (const std::int64_t number : {4, 6}) {
    const EventReport report =
        host.monitor.observe("acme", {balance, day2, sequence(number)}, day2);
    CHECK(status_of(report) == EventStatus::refused);
    CHECK_MESSAGE(report.error.starts_with("account 'acme': available_credit: "), report.error);
  }
  CHECK(host.revision("acme") == 1);
  // A sum that is out of range only before its last component is added is in range.
  balance.unsettled_current_month = Amount::smallest();
  CHECK(status_of(host.monitor.observe("acme", {balance, day2, sequence(6)}, day2)) ==
        EventStatus::committed);
}

TEST_CASE("set_threshold and disable: an alert that was never enabled is refused") {
  Host host;
  const EventReport set =
      host.monitor.set_threshold("acme", "low_balance", {Threshold(), day1}, day1);
  CHECK(status_of(set) == EventStatus::refused);
  CHECK(set.error == "account 'acme': alert: was never enabled: 'low_balance'");
  CHECK(status_of(host.monitor.disable("acme", "low_balance", {day1}, day1)) ==
        EventStatus::refused);
  CHECK(host.store.accounts.empty());
  enable_acme(host);
  CHECK(status_of(host.monitor.set_threshold("acme", "low_balance", {Threshold(), day1}, day1)) ==
        EventStatus::committed);
  CHECK(status_of(host.monitor.set_threshold("acme", "other", {Threshold(), day1}, day1)) ==
        EventStatus::refused);
  CHECK(status_of(host.monitor.disable("acme", "low_balance", {day1}, day1)) ==
        EventStatus::committed);
  CHECK(status_of(host.monitor.disable("acme", "low_balance", {day1}, day1)) ==
        EventStatus::unchanged);
}

TEST_CASE("rebase: sets the sequence of the account and of all its alerts, and nothing else") {
  Host host;
  CHECK(status_of(host.monitor.rebase("new", {std::nullopt, day1}, day1)) ==
        EventStatus::committed);
  CHECK(host.revision("new") == 1);
  CHECK(status_of(host.monitor.rebase("new", {std::nullopt, day1}, day1)) ==
        EventStatus::unchanged);

  enable_acme(host);
  CHECK(status_of(host.monitor.enable("acme", "critical", enable_at("10"), day1)) ==
        EventStatus::committed);
  CHECK(status_of(host.monitor.observe("acme", credit("999", day2, 9), day2)) ==
        EventStatus::committed);
  CHECK(status_of(host.monitor.observe("acme", credit("5", day2, 1), day2)) ==
        EventStatus::unchanged);
  const EventReport report = host.monitor.rebase("acme", {std::nullopt, day2}, day2);
  CHECK(status_of(report) == EventStatus::committed);
  CHECK(report.decisions.empty());
  CHECK(host.store.audit.back().second.event == "rebase");
  CHECK(host.keys() == Lines{fire_1});
  CHECK(status_of(host.monitor.observe("acme", credit("5", day2, 1), day2)) ==
        EventStatus::committed);
  CHECK(host.keys() == Lines{fire_1, "lowtide/1/acme/critical/1/1772438400/fire"});
}
