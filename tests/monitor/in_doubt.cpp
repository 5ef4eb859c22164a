// SPDX-License-Identifier: Apache-2.0
// Monitor::apply after a commit with an unknown result: nothing has its effect twice, and nothing
// is reported that nobody can know.
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("in doubt: a commit that was stored or lost has its effect once") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    for (const unsigned times : {1U, 5U, 15U}) {
      CAPTURE(times);
      Host host;
      enable_acme(host);
      host.spoil_commits(fault, times);
      const EventStatus status =
          status_of(host.monitor.observe("acme", credit("999", day2, 1), day2));
      CHECK(status == EventStatus::committed);
      CHECK(host.keys() == Lines{fire_1});
      CHECK(host.revision("acme") == 2);
      host.monitor.deliver(day2);
      CHECK(host.courier.handed.size() == 2);
    }
    Host host;
    enable_acme(host);
    host.spoil_commits(fault, 16);
    const bool stored = fault == Fault::unknown_stored;
    CHECK(status_of(host.monitor.observe("acme", credit("999", day2, 1), day2)) ==
          (stored ? EventStatus::committed : EventStatus::unknown));
    CHECK(host.store.notices.size() == (stored ? 1 : 0));
  }
}

TEST_CASE("in doubt: a fall and a recovery without sequences have their effect once") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    Host host;
    enable_acme(host);
    host.spoil_commits(fault, 1);
    const std::array events = {
        AccountEvent{"acme", BalanceObservation{amount("999"), day2, std::nullopt}},
        AccountEvent{"acme", BalanceObservation{amount("1000"), day2, std::nullopt}}};
    const std::vector<EventReport> reports = host.monitor.apply(events, day2);
    CHECK(host.keys() == Lines{fire_1, stop_1});
    for (const EventReport& report : reports) {
      CHECK(status_of(report) == EventStatus::committed);
      CHECK(report.decisions.size() == 1);
    }
    CHECK(host.revision("acme") == 2);
  }
}

TEST_CASE(
    "in doubt: stays unknown after others committed, unless repeating is safe and has an effect") {
  for (const bool sequenced : {false, true}) {
    for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
      CAPTURE(sequenced);
      const bool lost = fault == Fault::unknown_lost;
      CAPTURE(lost);
      Host host;
      enable_acme(host);
      host.spoil_commits(fault, 1);
      int loads = 0;
      host.store.before_load = [&] {
        if (++loads == 2) host.store.accounts.at("acme").revision = 3;
      };
      const auto sequence = [&](std::int64_t value) {
        return sequenced ? std::optional(*Sequence::from(value)) : std::nullopt;
      };
      const std::array events = {
          AccountEvent{"acme", BalanceObservation{amount("999"), day2, sequence(1)}},
          AccountEvent{"acme", BalanceObservation{amount("1000"), day2, sequence(2)}}};
      const std::vector<EventReport> reports = host.monitor.apply(events, day2);
      const bool repeated = lost && sequenced;
      CHECK(host.keys() == (lost && !sequenced ? Lines{} : Lines{fire_1, stop_1}));
      for (const EventReport& report : reports)
        CHECK(status_of(report) == (repeated ? EventStatus::committed : EventStatus::unknown));
    }
  }
}

TEST_CASE("in doubt: a fire is not reported as stale after another worker committed") {
  Host host;
  enable_acme(host);
  StubCourier courier;
  Monitor other(host.store, courier);
  host.spoil_commits(Fault::unknown_stored, 1);
  int loads = 0;
  host.store.before_load = [&] {
    if (++loads == 2)
      CHECK(other.observe("acme", credit("910", day2, 2), day2).status == EventStatus::committed);
  };
  const EventReport report = host.monitor.observe("acme", credit("900", day2, 1), day2);
  CHECK(status_of(report) == EventStatus::unknown);
  CHECK(report.error == "account 'acme': an account was not stored");
  CHECK(host.keys() == Lines{fire_1});
}

TEST_CASE("in doubt: a tick sends nothing twice after another worker committed") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    Host host;
    enable_acme(host);
    REQUIRE(status_of(host.monitor.observe("acme", credit("999", day2, 1), day2)) ==
            EventStatus::committed);
    StubCourier courier;
    Monitor other(host.store, courier);
    host.spoil_commits(fault, 1);
    int loads = 0;
    host.store.before_load = [&] {
      if (++loads != 2) return;
      for (const std::int64_t number : {2, 3}) {
        CHECK(
            other.observe("acme", credit(number == 2 ? "910" : "920", day2, number), day2).status ==
            EventStatus::committed);
      }
    };
    const TickReport report = host.monitor.tick(day3);
    const bool stored = fault == Fault::unknown_stored;
    CHECK(report.errors.size() == (stored ? 1 : 0));
    CHECK(report.outputs == (stored ? 0 : 1));
    CHECK(host.store.notices.size() == 2);
  }
}

TEST_CASE("in doubt: a rebase is not repeated after others committed") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    Host host;
    enable_acme(host);
    REQUIRE(status_of(host.monitor.observe("acme", credit("2000", day1, 100), day1)) ==
            EventStatus::committed);
    StubCourier courier;
    Monitor other(host.store, courier);
    host.spoil_commits(fault, 1);
    const bool stored = fault == Fault::unknown_stored;
    int loads = 0;
    host.store.before_load = [&] {
      // Two commits of another worker: the revision is then greater than that of the commit in
      // doubt, even if that one was lost.
      if (++loads != 2) return;
      for (const std::int64_t number : {2, 3}) {
        CHECK(other
                  .observe(
                      "acme",
                      credit(number == 2 ? "5000" : "6000", day2, stored ? number : 100 + number),
                      day2)
                  .status == EventStatus::committed);
      }
    };
    // The source starts its numbering over, and the balance falls.
    const std::array events = {AccountEvent{"acme", Rebase{std::nullopt, day2}},
                               AccountEvent{"acme", credit("900", day2, 1)}};
    for (const EventReport& report : host.monitor.apply(events, day2))
      CHECK(status_of(report) == EventStatus::unknown);
    CHECK(host.keys() == (stored ? Lines{fire_1, stop_1} : Lines{}));
    const AccountRecord& record = host.store.accounts.at("acme");
    CHECK(record.available_credit == amount("6000"));
    CHECK(record.sequence == sequence(stored ? 3 : 103));
  }
}

TEST_CASE("in doubt: a setting does not undo a later one of another worker") {
  const MonitorEvent settings[] = {AlertEnable{"low_balance", enable_at("500", day2)},
                                   AlertSetThreshold{"low_balance", {threshold("500"), day2}},
                                   AlertDisable{"low_balance", {day2}}};
  for (const MonitorEvent& setting : settings) {
    for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
      CAPTURE(setting.index());
      Host host;
      enable_acme(host);
      StubCourier courier;
      Monitor other(host.store, courier);
      host.spoil_commits(fault, 1);
      int loads = 0;
      host.store.before_load = [&] {
        if (++loads != 2) return;
        CHECK(other.disable("acme", "low_balance", {day2}, day2).status != EventStatus::failed);
        CHECK(other.enable("acme", "low_balance", enable_at("70", day2), day2).status ==
              EventStatus::committed);
        CHECK(other.set_threshold("acme", "low_balance", {threshold("77"), day2}, day2).status ==
              EventStatus::committed);
      };
      const AccountEvent event{"acme", setting};
      CHECK(status_of(host.monitor.apply({&event, 1}, day2).front()) == EventStatus::unknown);
      const StoredAlert& alert = host.store.accounts.at("acme").alerts.at(0);
      CHECK(alert.threshold == amount("77"));
      CHECK(alert.phase == Phase::armed);
    }
  }
}

TEST_CASE("in doubt: stays unknown if the account cannot be loaded again") {
  Host host;
  enable_acme(host);
  host.spoil_commits(Fault::unknown_stored, 1);
  host.store.before_commit = [&] { host.store.load_error = HostError{"no connection"}; };
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(status_of(report) == EventStatus::unknown);
  CHECK_MESSAGE(report.error.starts_with("account 'acme': "), report.error);
}

TEST_CASE("in doubt: stays unknown whatever the next attempt meets") {
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
    Host host;
    enable_acme(host);
    host.store.fault = [](const AccountCommit&) { return Fault::unknown_lost; };
    int loads = 0;
    host.store.before_load = [&] {
      if (++loads == 2) end(host.store);
    };
    const EventReport report = host.monitor.observe("acme", credit("5"), day2);
    CHECK(report.status == EventStatus::unknown);
    CHECK_MESSAGE(report.error.starts_with("account 'acme': "), report.error);
  }
}
