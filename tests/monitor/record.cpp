// SPDX-License-Identifier: Apache-2.0
// What a store may give the Monitor that it must not go on from, and what memory that runs out may
// not hide.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <new>
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
Enable line(const char* threshold) {
  return {Threshold::parse(threshold).value(), at("2026-03-01T00:00:00Z")};
}

const Instant day1 = at("2026-03-01T00:00:00Z");
const Instant day2 = at("2026-03-02T08:00:00Z");
const Instant day3 = at("2026-03-03T08:00:00Z");

BalanceObservation credit(const char* value) { return {amount(value), day2, std::nullopt}; }

}  // namespace

TEST_CASE(
    "a stored account that cannot be gone on from is told by name and value, and keeps no other waiting") {
  struct Row {
    std::function<void(AccountRecord&)> spoil;
    std::string error;
  };
  const Row rows[] = {
      {[](AccountRecord& r) { r.alerts[0].name = "a\nb"; },
       "alert: must not contain a control character: 'a?b'"},
      {[](AccountRecord& r) { r.alerts[0].name = "\xED\xA0\x80"; },
       "alert: must be UTF-8: '\xED\xA0\x80'"},
      {[](AccountRecord& r) { r.alerts[0].name = ""; }, "alert: must have 1 to 255 bytes: ''"},
      {[](AccountRecord& r) { r.alerts[0].name = std::string(256, 'x'); },
       "alert: must have 1 to 255 bytes: '" + std::string(255, 'x') + "...'"},
      {[](AccountRecord& r) { r.alerts[1].name = r.alerts[0].name; },
       "alert 'critical': is stored twice"},
      {[](AccountRecord& r) { r.revision = -1; }, "revision: must be 0 to 9223372036854775806: -1"},
      {[](AccountRecord& r) { r.revision = std::numeric_limits<std::int64_t>::max(); },
       "revision: must be 0 to 9223372036854775806: 9223372036854775807"},
      {[](AccountRecord& r) { r.revision = std::numeric_limits<std::int64_t>::min(); },
       "revision: must be 0 to 9223372036854775806: -9223372036854775808"},
      {[](AccountRecord& r) { r.damage = "contact: is not UTF-8"; }, "contact: is not UTF-8"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.error);
    MemoryStore store;
    StubCourier courier;
    Monitor monitor(store, courier);
    for (const char* const account : {"acme", "umbra"}) {
      REQUIRE(monitor.enable(account, "critical", line("10"), day1).status ==
              EventStatus::committed);
      REQUIRE(monitor.enable(account, "low_balance", line("1000"), day1).status ==
              EventStatus::committed);
    }
    row.spoil(store.accounts.at("acme"));
    const std::array changes = {AccountEvent{"acme", credit("5")},
                                AccountEvent{"umbra", credit("5")},
                                AccountEvent{"acme", AlertEnable{"third", line("1")}}};
    const std::vector<EventReport> reports = monitor.apply(changes, day2);
    for (const std::size_t i : {0U, 2U}) {
      CHECK(reports[i].status == EventStatus::failed);
      CHECK(reports[i].error == "account 'acme': " + row.error);
    }
    CHECK(reports[1].status == EventStatus::committed);
    CHECK(store.notices.size() == 2);
    CHECK(store.log.back() == "commit umbra");
  }
  exercised("stored accounts that are wrong in themselves", std::size(rows), "accounts", 9);
}

TEST_CASE("the last revision that has room for the next is gone on from") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  REQUIRE(monitor.observe("acme", credit("5"), day2).status == EventStatus::committed);
  store.accounts.at("acme").revision = std::numeric_limits<std::int64_t>::max() - 1;
  CHECK(monitor.observe("acme", credit("6"), day2).status == EventStatus::committed);
  CHECK(store.accounts.at("acme").revision == std::numeric_limits<std::int64_t>::max());
  CHECK(monitor.observe("acme", credit("7"), day2).status == EventStatus::failed);
}

namespace {

// A store that gives its records otherwise than they are.
class TwistedStore final : public Store {
 public:
  MemoryStore inner;
  std::function<void(std::vector<AccountRecord>&)> twist;
  std::int64_t circle = 0;  // so many cursors come again and again, if any
  int walks = 0;

  std::optional<HostError> load(std::span<const std::string_view> names,
                                std::vector<AccountRecord>& records) override {
    auto error = inner.load(names, records);
    if (twist) twist(records);
    return error;
  }
  std::optional<HostError> commit(std::span<const AccountCommit> commits,
                                  std::span<CommitResult> results) override {
    return inner.commit(commits, results);
  }
  std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit, WalkCursor& cursor,
                               std::vector<std::string>& accounts) override {
    return walk(cursor, accounts, std::string("acme"),
                [&](WalkCursor& from) { return inner.due(end, inclusive, limit, from, accounts); });
  }
  std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                   std::vector<Delivery>& deliveries) override {
    return walk(cursor, deliveries, Delivery{},
                [&](WalkCursor& from) { return inner.pending(limit, from, deliveries); });
  }
  std::optional<HostError> record_delivery(const Delivery& delivery, DeliveryState state,
                                           std::string_view error, Instant now) override {
    return inner.record_delivery(delivery, state, error, now);
  }

 private:
  template <class Item, class Walk>
  std::optional<HostError> walk(WalkCursor& cursor, std::vector<Item>& items, const Item& some,
                                const Walk& one) {
    // Told by the cursor, whatever else is in it.
    CHECK(cursor.goes_on == (walks != 0));
    REQUIRE(++walks < 10'000);
    if (circle == 0) return one(cursor);
    // Something each time, as if nothing was ever done with it.
    auto error = one(cursor);
    items.assign(1, some);
    cursor = {walks % circle - 1, "", false};
    return error;
  }
};

}  // namespace

TEST_CASE(
    "a load may give the alerts of an account in any order, and they are decided and stored in that of their names") {
  TwistedStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  store.twist = [](std::vector<AccountRecord>& records) {
    std::ranges::reverse(records.at(0).alerts);
  };
  for (const char* const alert : {"c", "a", "d", "b"}) {
    REQUIRE(monitor.enable("acme", alert, line(alert[0] == 'a' ? "1" : "1000"), day1).status ==
            EventStatus::committed);
  }
  const EventReport report = monitor.observe("acme", credit("5"), day2);
  REQUIRE(report.status == EventStatus::committed);
  REQUIRE(report.decisions.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(report.decisions[i].alert == std::string(1, static_cast<char>('a' + i)));
    CHECK(report.decisions[i].why == (i == 0 ? Why::not_below : Why::fell_below));
  }
  CHECK(store.inner.broken == 0);
  // Stored, though nobody could tell: that is seen whatever the order in which it comes back.
  store.inner.fault = [once = true](const AccountCommit&) mutable {
    return std::exchange(once, false) ? Fault::unknown_stored : Fault::none;
  };
  CHECK(monitor.observe("acme", credit("6"), day2).status == EventStatus::committed);
  CHECK(store.inner.accounts.at("acme").revision == 6);
}

TEST_CASE("a commit has the columns of every alert, also of one that is not to be written") {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  REQUIRE(monitor.enable("acme", "low_balance", line("1000"), day1).status ==
          EventStatus::committed);
  REQUIRE(monitor.observe("acme", credit("5"), day2).status == EventStatus::committed);
  const StoredAlert before = store.accounts.at("acme").alerts.at(0);
  REQUIRE(before.next_reminder_at == day3);
  // Another alert of the account is enabled: this one stays as it is.
  bool written = true;
  store.fault = [&](const AccountCommit& commit) {
    written = commit.after.alerts.at(1).changed;
    return Fault::none;
  };
  REQUIRE(monitor.enable("acme", "critical", line("1"), day2).status == EventStatus::committed);
  CHECK_FALSE(written);
  const StoredAlert& after = store.accounts.at("acme").alerts.at(1);
  CHECK(after.state == before.state);
  CHECK(after.phase == Phase::alerting);
  CHECK(after.threshold == before.threshold);
  CHECK(after.available_credit == before.available_credit);
  CHECK(after.next_reminder_at == day3);
  CHECK(store.broken == 0);
  CHECK(monitor.tick(day3).outputs == 1);
}

TEST_CASE("a load that gives other accounts than it was asked for stores nothing") {
  TwistedStore store;
  StubCourier courier;
  Monitor monitor(store, courier);
  const std::array changes = {AccountEvent{"acme", credit("5")},
                              AccountEvent{"umbra", credit("5")}};
  store.twist = [](std::vector<AccountRecord>& records) { records.pop_back(); };
  for (const EventReport& report : monitor.apply(changes, day2)) {
    CHECK(report.status == EventStatus::failed);
    CHECK(report.error.ends_with("': load returned 1 of 2 accounts"));
  }
  store.twist = [](std::vector<AccountRecord>& records) { std::ranges::reverse(records); };
  const std::vector<EventReport> reports = monitor.apply(changes, day2);
  CHECK(reports[0].error == "account 'acme': load returned 'umbra' instead");
  CHECK(reports[1].error == "account 'umbra': load returned 'acme' instead");
  CHECK(store.inner.accounts.empty());
}

TEST_CASE(
    "a walk whose cursor comes again ends with an error that says which, also where many go in a circle") {
  std::uint64_t circles = 0;
  for (const std::int64_t circle : {1, 2, 3, 7, 8, 9, 100, 1000}) {
    CAPTURE(circle);
    TwistedStore store;
    StubCourier courier;
    Monitor monitor(store, courier);
    REQUIRE(monitor.enable("acme", "low_balance", line("1000"), day1).status ==
            EventStatus::committed);
    REQUIRE(monitor.observe("acme", credit("5"), day2).status == EventStatus::committed);
    store.circle = circle;
    store.walks = 0;
    const TickReport ticked = monitor.tick(day3);
    REQUIRE(ticked.errors.size() == 1);
    CHECK_MESSAGE(ticked.errors[0].starts_with("due: the cursor came again: ("), ticked.errors[0]);
    // Two rounds until the earlier one stands within the circle, at most, and one until it comes
    // again.
    CHECK(store.walks <= 3 * circle + 1);
    store.walks = 0;
    const DeliveryReport delivered = monitor.deliver(day3);
    REQUIRE(delivered.errors.size() == 1);
    CHECK_MESSAGE(delivered.errors[0].starts_with("pending: the cursor came again: ("),
                  delivered.errors[0]);
    CHECK(store.walks <= 3 * circle + 1);
    // No value of a cursor is that of the start: it is (-1, '') that comes again here.
    if (circle == 1) CHECK(ticked.errors[0] == "due: the cursor came again: (-1, '')");
    store.circle = 0;
    store.walks = 0;
    CHECK(monitor.tick(day3).errors.empty());
    store.walks = 0;
    CHECK(monitor.deliver(day3).errors.empty());
    ++circles;
  }
  exercised("circles of cursors", circles, "circles", 8);
}

TEST_CASE("an unsettled commit stays unknown whatever becomes of the next attempt") {
  const std::function<void(MemoryStore&)> ends[] = {
      [](MemoryStore& store) { store.accounts["acme"].damage = "is damaged"; },
      [](MemoryStore& store) { store.accounts["acme"].revision = -7; },
      [](MemoryStore& store) { store.accounts["acme"].alerts.at(0).state.clear(); },
      [](MemoryStore& store) { store.fault = [](const AccountCommit&) { return Fault::failed; }; },
      [](MemoryStore& store) {
        store.fault = [](const AccountCommit&) { return Fault::conflict; };
      },
  };
  for (const auto& end : ends) {
    CAPTURE(&end - ends);
    MemoryStore store;
    StubCourier courier;
    Monitor monitor(store, courier);
    REQUIRE(monitor.enable("acme", "low_balance", line("1000"), day1).status ==
            EventStatus::committed);
    store.fault = [](const AccountCommit&) { return Fault::unknown_lost; };
    int loads = 0;
    store.before_load = [&] {
      if (++loads == 2) end(store);
    };
    const EventReport report = monitor.observe("acme", credit("5"), day2);
    CHECK(report.status == EventStatus::unknown);
    CHECK_MESSAGE(report.error.starts_with("account 'acme': "), report.error);
  }
}

TEST_CASE(
    "what lacks memory before the first commit throws and stores nothing, and what lacks it later is told") {
  for (const Fault fault :
       {Fault::none, Fault::conflict, Fault::unknown_lost, Fault::unknown_stored}) {
    for (const int failing : {1, 2}) {
      CAPTURE(failing);
      MemoryStore store;
      StubCourier courier;
      Monitor monitor(store, courier);
      for (const char* const account : {"acme", "umbra"}) {
        REQUIRE(monitor.enable(account, "low_balance", line("1000"), day1).status ==
                EventStatus::committed);
      }
      // Only one of the two accounts meets the fault, once.
      store.fault = [fault, once = true](const AccountCommit& commit) mutable {
        return commit.after.name == "acme" && std::exchange(once, false) ? fault : Fault::none;
      };
      const std::array changes = {AccountEvent{"acme", credit("5")},
                                  AccountEvent{"umbra", credit("5")}};
      int asked = 0;
      std::vector<EventReport> reports;
      bool threw = false;
      try {
        reports = monitor.apply(changes, day2, [&](std::span<const EventReport> told) {
          CHECK(told.size() == 2);
          CHECK(told[1].decisions.size() == 1);
          if (++asked == failing) throw std::bad_alloc();
        });
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      CHECK(threw == (failing == 1));
      if (threw) {
        CHECK(store.accounts.at("acme").revision == 1);
        CHECK(store.accounts.at("umbra").revision == 1);
        continue;
      }
      CHECK(reports[1].status == EventStatus::committed);
      CHECK(store.accounts.at("umbra").revision == 2);
      const bool second = fault == Fault::conflict || fault == Fault::unknown_lost;
      const EventStatus expected = fault == Fault::conflict ? EventStatus::conflict
                                   : second                 ? EventStatus::unknown
                                                            : EventStatus::committed;
      CHECK(reports[0].status == expected);
      CHECK((store.accounts.at("acme").revision == 2) == (expected == EventStatus::committed));
      if (second) CHECK(reports[0].error == "account 'acme': memory ran out");
    }
  }
}
