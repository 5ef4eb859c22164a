// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "memory_store.hpp"

namespace {

using namespace lowtide;
using host_test::Fault;
using host_test::MemoryStore;
using host_test::StubCourier;

Instant at(const char* text) { return Instant::parse(text).value(); }
Amount amount(const char* text) { return Amount::parse(text).value(); }
BalanceObservation credit(const char* value, Instant when, std::int64_t number) {
  return {amount(value), when, Sequence::from(number).value()};
}
Enable line(const char* threshold, Instant when) {
  return {Threshold::parse(threshold).value(), when};
}

const Instant day1 = at("2026-03-01T00:00:00Z");
const Instant day2 = at("2026-03-02T08:00:00Z");
const Instant day3 = at("2026-03-03T08:00:00Z");

// An account with an alert that has fired at day2.
void alerting(Monitor& monitor, const std::string& account) {
  const std::array changes = {
      AccountEvent{account, AlertEnable{default_alert_name, line("1000", day1)}},
      AccountEvent{account, credit("10", day2, 1)}};
  for (const EventReport& report : monitor.apply(changes, day2))
    REQUIRE(report.status == EventStatus::committed);
}

}  // namespace

TEST_CASE("a tick sends what is due, of more accounts than are taken in hand at once") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  constexpr std::size_t accounts = 700;
  for (std::size_t i = 0; i < accounts; ++i) alerting(monitor, "a" + std::to_string(i));
  CHECK(store.notices.size() == accounts);
  const Instant before = Instant::from_seconds(day3.seconds() - 1).value();
  CHECK(monitor.tick(before).accounts == 0);
  CHECK(monitor.tick(day3, day3, false).accounts == 0);
  const TickReport report = monitor.tick(day3);
  CHECK(report.accounts == accounts);
  CHECK(report.outputs == accounts);
  CHECK(report.errors.empty());
  CHECK(store.notices.size() == 2 * accounts);
  CHECK(store.notices.back().key.ends_with("/remind-1"));
  CHECK(monitor.tick(day3).accounts == 0);
  // Late by more than all five: only the stop.
  CHECK(monitor.tick(at("2026-03-20T00:00:00Z")).outputs == accounts);
  CHECK(store.notices.back().key.ends_with("/stop"));
  CHECK(store.repeated_keys == 0);
  exercised("ticked accounts", report.accounts, "accounts", accounts);
}

TEST_CASE("a tick for past time is decided at its own instant, up to an end that may be later") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  alerting(monitor, "acme");
  const Instant late = at("2026-03-03T20:00:00Z");
  CHECK(monitor.tick(late, day3, false).accounts == 0);
  CHECK(monitor.tick(late, day3, true).accounts == 1);
  CHECK(store.notices.back().output.at == late);
}

TEST_CASE("an account that cannot be ticked is told by name, and keeps no other waiting") {
  std::uint64_t failing = 0;
  for (const int damage : {0, 1, 2, 3, 4, 5}) {
    CAPTURE(damage);
    MemoryStore store;
    StubCourier courier;
    Monitor monitor(store, courier);
    constexpr std::size_t accounts = 600;
    for (std::size_t i = 0; i < accounts; ++i) alerting(monitor, "a" + std::to_string(1000 + i));
    std::set<std::string> broken;
    for (const char* const name : {"a1000", "a1255", "a1256", "a1300", "a1599"}) {
      AccountRecord& record = store.accounts.at(name);
      broken.insert(name);
      if (damage == 0) record.alerts[0].state[7] ^= std::byte{1};
      if (damage == 1) record.alerts[0].state.clear();
      if (damage == 2) record.available_credit = amount("11");
      if (damage == 3) record.sequence = Sequence::from(2).value();
    }
    if (damage == 5) {
      for (const std::string& name : broken)
        store.accounts.at(name).damage = "available_credit: 1,5";
    }
    if (damage == 4) {
      store.fault = [&](const AccountCommit& commit) {
        return broken.contains(commit.after.name) ? Fault::failed : Fault::none;
      };
    }
    const std::vector<std::byte> bytes_before = store.accounts.at("a1000").alerts[0].state;
    const TickReport report = monitor.tick(day3);
    CHECK(report.accounts == accounts - broken.size());
    REQUIRE(report.errors.size() == broken.size());
    for (const std::string& error : report.errors) {
      std::erase_if(broken, [&](const std::string& name) {
        return error.starts_with("account '" + name + "': ");
      });
      if (damage <= 1)
        CHECK_MESSAGE(error.find("alert 'low_balance': ") != std::string::npos, error);
      if (damage == 2 || damage == 3)
        CHECK_MESSAGE(error.find("differs from the account's") != std::string::npos, error);
    }
    CHECK(broken.empty());
    CHECK(store.accounts.at("a1000").alerts[0].state == bytes_before);
    CHECK(store.notices.size() == 2 * accounts - 5);
    // Its balance changes are refused alike, and nothing of it is overwritten.
    if (damage != 4)
      CHECK(monitor.observe("a1000", credit("9", day3, 9), day3).status == EventStatus::failed);
    CHECK(store.accounts.at("a1000").alerts[0].state == bytes_before);
    failing += report.errors.size();
  }
  exercised("accounts that cannot be ticked", failing, "accounts", 30);
}

TEST_CASE("a tick whose due accounts cannot be asked for says so") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  alerting(monitor, "acme");
  store.due_error = HostError{"no index"};
  CHECK(monitor.tick(day3).errors == std::vector<std::string>{"no index"});
  store.pending_error = HostError{"no table"};
  CHECK(monitor.deliver(day3).errors == std::vector<std::string>{"no table"});
}

TEST_CASE(
    "sent, failed and postponed deliveries are told apart, and the postponed ones come again") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  constexpr std::size_t accounts = 300;
  for (std::size_t i = 0; i < accounts; ++i) alerting(monitor, "a" + std::to_string(i));
  std::size_t turn = 0;
  std::set<Handover> seen;
  courier.answer = [&](const Delivery& delivery) -> HandoverResult {
    CHECK(delivery.notice.channels.empty());
    const auto handover = static_cast<Handover>(1 + turn++ % 3);
    seen.insert(handover);
    return {handover, handover == Handover::sent ? "" : "no such street"};
  };
  const DeliveryReport first = monitor.deliver(day2);
  CHECK(first.sent == 200);
  CHECK(first.failed == 200);
  CHECK(first.postponed == 200);
  CHECK(first.errors.size() == 400);
  CHECK_MESSAGE(first.errors[0].ends_with("no such street"), first.errors[0]);
  CHECK(courier.handed.size() == 600);
  std::size_t failed = 0;
  for (const auto& one : store.deliveries)
    failed += one.state == DeliveryState::failed && one.error == "no such street" ? 1 : 0;
  CHECK(failed == 200);
  courier.answer = nullptr;
  CHECK(monitor.deliver(day2).sent == 200);
  CHECK(monitor.deliver(day2).sent == 0);
  CHECK(courier.handed.size() == 800);
  exercised("handovers that occurred", seen.size(), "handovers", 3);
  exercised("deliveries", courier.handed.size(), "deliveries", 800);
}

TEST_CASE(
    "a delivery whose outcome could not be recorded is handed over again, under the same key") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  alerting(monitor, "acme");
  store.record_error = HostError{"read-only"};
  const DeliveryReport report = monitor.deliver(day2);
  CHECK(report.sent == 0);
  CHECK(report.postponed == 2);
  REQUIRE(report.errors.size() == 2);
  CHECK(report.errors[0] == "account 'acme': email: read-only");
  store.record_error.reset();
  CHECK(monitor.deliver(day2).sent == 2);
  REQUIRE(courier.handed.size() == 4);
  CHECK(courier.handed[0] == courier.handed[2]);
  CHECK(courier.handed[1] == courier.handed[3]);
}

TEST_CASE(
    "a notice that cannot be understood as it is stored is told, stays pending, and keeps no other waiting") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  for (const char* const account : {"a", "b", "c"}) alerting(monitor, account);
  store.deliveries.at(2).delivery.damage = "at: 9e99";
  const DeliveryReport report = monitor.deliver(day2);
  CHECK(report.sent == 5);
  CHECK(report.postponed == 1);
  CHECK(report.errors == std::vector<std::string>{"account 'b': email: at: 9e99"});
  CHECK(store.deliveries.at(2).state == DeliveryState::pending);
  CHECK(courier.handed.size() == 5);
}

TEST_CASE(
    "stops are recorded, and delivered only if the host asks for it; channels are the host's") {
  for (const bool deliver_stops : {false, true}) {
    for (const std::vector<std::string>& channels :
         {std::vector<std::string>{}, {"pigeon"}, {"email", "pigeon", "fax"}}) {
      MemoryStore store;
      StubCourier courier;
      MonitorOptions options;
      options.channels = channels;
      options.deliver_stops = deliver_stops;
      Monitor monitor(store, courier, options);
      alerting(monitor, "acme");
      REQUIRE(monitor.observe("acme", credit("5000", day2, 2), day2).status ==
              EventStatus::committed);
      REQUIRE(store.notices.size() == 2);
      CHECK(store.notices[1].output.kind == OutputKind::stop);
      CHECK(store.notices[0].channels == channels);
      CHECK(store.notices[1].channels == (deliver_stops ? channels : std::vector<std::string>{}));
      CHECK(monitor.deliver(day2).sent == channels.size() * (deliver_stops ? 2 : 1));
    }
  }
}

TEST_CASE(
    "a notice's cause is the revision that it was committed with, and first_cost_at is when usage was first seen") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  alerting(monitor, "acme");
  CHECK(store.notices[0].cause == 1);
  CHECK_FALSE(store.accounts.at("acme").first_cost_at.has_value());
  CHECK_FALSE(store.accounts.at("acme").balance.has_value());
  Balance balance;
  balance.cash_balance = amount("5000");
  CHECK(monitor.observe("acme", {balance, day2, Sequence::from(2).value()}, day2).status ==
        EventStatus::committed);
  CHECK(store.notices.back().cause == 2);
  CHECK_FALSE(store.accounts.at("acme").first_cost_at.has_value());
  CHECK(store.accounts.at("acme").balance == balance);
  // Negative usage, such as a correction, is no cost.
  balance.unsettled_current_month = amount("-1");
  CHECK(monitor.observe("acme", {balance, day2, Sequence::from(3).value()}, day2).status ==
        EventStatus::committed);
  CHECK_FALSE(store.accounts.at("acme").first_cost_at.has_value());
  balance.unsettled_previous_months = Amount::smallest();
  CHECK(monitor.observe("acme", {balance, day3, Sequence::from(4).value()}, day3).status ==
        EventStatus::committed);
  CHECK(store.accounts.at("acme").first_cost_at == day3);
  balance.unsettled_current_month = amount("7");
  CHECK(monitor.observe("acme", {balance, day2, Sequence::from(5).value()}, day3).status ==
        EventStatus::committed);
  CHECK(store.accounts.at("acme").first_cost_at == day3);
  // The same Available Credit from other components is no change for the alerts, but one to
  // remember.
  balance.cash_balance = amount("4999");
  balance.unsettled_current_month = amount("6");
  CHECK(monitor.observe("acme", {balance, day3, std::nullopt}, day3).status ==
        EventStatus::committed);
  CHECK(store.accounts.at("acme").balance == balance);
  CHECK(store.broken == 0);
}

TEST_CASE(
    "several alerts of an account, enabled at any time, agree on Available Credit and sequence") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  std::uint64_t looked = 0;
  for (std::int64_t i = 1; i <= 30; ++i) {
    const std::string alert = "alert" + std::to_string(i * 7 % 30);
    REQUIRE(monitor.enable("acme", alert, line("100", day2), day2).status ==
            EventStatus::committed);
    REQUIRE(monitor.observe("acme", credit(std::to_string(i * 37 % 200).c_str(), day2, i), day2)
                .status == EventStatus::committed);
    const AccountRecord& record = store.accounts.at("acme");
    REQUIRE(record.alerts.size() == static_cast<std::size_t>(i));
    for (const StoredAlert& stored : record.alerts) {
      const Alert value = Alert::decode(stored.state).value();
      CHECK(value.available_credit() == record.available_credit);
      CHECK(value.sequence() == record.sequence);
      CHECK(value.phase() == stored.phase);
      CHECK(value.next_reminder_at() == stored.next_reminder_at);
      ++looked;
    }
  }
  CHECK(store.broken == 0);
  CHECK(store.repeated_keys == 0);
  exercised("alerts that agree", looked, "alerts", 400);
}
