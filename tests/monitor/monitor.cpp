// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "memory_store.hpp"

namespace {

using namespace lowtide;
using host_test::Fault;
using host_test::MemoryStore;
using host_test::StubCourier;
using Lines = std::vector<std::string>;

Instant at(const char* text) { return Instant::parse(text).value(); }
Amount amount(const char* text) { return Amount::parse(text).value(); }
Sequence sequence(std::int64_t value) { return Sequence::from(value).value(); }

const Instant day1 = at("2026-03-01T00:00:00Z");
const Instant day2 = at("2026-03-02T08:00:00Z");
const Instant day3 = at("2026-03-03T08:00:00Z");

BalanceObservation credit(const char* value, Instant when, std::int64_t number) {
  return {amount(value), when, sequence(number)};
}
Threshold threshold(const char* value) { return Threshold::parse(value).value(); }
Enable line(const char* value, Instant when = day1) { return {threshold(value), when}; }

// Which of the seam's answers occurred in this program; the last test case looks.
std::set<EventStatus> statuses;         // NOLINT(cert-err58-cpp)
std::set<CommitResult> commit_results;  // NOLINT(cert-err58-cpp)
std::set<Handover> handovers;           // NOLINT(cert-err58-cpp)

EventStatus seen(const EventReport& report) {
  statuses.insert(report.status);
  CHECK(report.error.empty() ==
        (report.status == EventStatus::committed || report.status == EventStatus::unchanged));
  if (!report.error.empty()) CHECK(report.decisions.empty());
  return report.status;
}

struct Host {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor;

  explicit Host(MonitorOptions options = {}) : monitor(store, courier, std::move(options)) {}
  ~Host() {
    CHECK(store.repeated_keys == 0);
    CHECK(store.broken == 0);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Host(Host&&) = delete;
  Host& operator=(Host&&) = delete;

  // The fault hits the first `times` commits of any account.
  void meddle(Fault fault, unsigned times) {
    store.fault = [fault, times](const AccountCommit&) mutable {
      if (times == 0) return Fault::none;
      --times;
      switch (fault) {
        case Fault::conflict: commit_results.insert(CommitResult::conflict); break;
        case Fault::failed: commit_results.insert(CommitResult::failed); break;
        case Fault::unknown_stored:
        case Fault::unknown_lost: commit_results.insert(CommitResult::unknown); break;
        case Fault::none: break;
      }
      return fault;
    };
  }
  Lines keys() const {
    Lines found;
    for (const Notice& notice : store.notices) found.push_back(notice.key);
    return found;
  }
};

const char* const fire_1 = "lowtide/1/acme/low_balance/1/1772438400/fire";
const char* const stop_1 = "lowtide/1/acme/low_balance/1/1772438400/stop";

void enable_acme(Host& host) {
  REQUIRE(seen(host.monitor.enable("acme", default_alert_name, line("1000"), day1)) ==
          EventStatus::committed);
}

}  // namespace

TEST_CASE("a change is loaded, decided, committed with its notice, and delivered only afterwards") {
  Host host;
  enable_acme(host);
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  REQUIRE(seen(report) == EventStatus::committed);
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
  commit_results.insert(CommitResult::committed);
  handovers.insert(Handover::sent);

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

TEST_CASE("a conflict is tried again, as often as the options say and no oftener") {
  unsigned commits = 0;
  for (const unsigned attempts : {0U, 1U, 2U, 16U}) {
    for (unsigned times = 0; times <= 17; ++times) {
      CAPTURE(attempts);
      CAPTURE(times);
      MonitorOptions options;
      options.attempts = attempts;
      Host host(options);
      enable_acme(host);
      host.store.log.clear();
      host.meddle(Fault::conflict, times);
      const bool enough = times < std::max(attempts, 1U);
      const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
      CHECK(seen(report) == (enough ? EventStatus::committed : EventStatus::conflict));
      if (!enough) CHECK_MESSAGE(report.error.starts_with("account 'acme': "), report.error);
      CHECK(host.keys() == (enough ? Lines{fire_1} : Lines{}));
      const unsigned tried = enough ? times + 1 : std::max(attempts, 1U);
      CHECK(host.store.log.size() == std::size_t{2} * tried);
      commits += tried;
    }
  }
  exercised("conflicts", commits, "commits", 200);
}

TEST_CASE("16 attempts are the default") {
  Host host;
  host.meddle(Fault::conflict, 15);
  CHECK(seen(host.monitor.observe("acme", credit("1", day2, 1), day2)) == EventStatus::committed);
  host.meddle(Fault::conflict, 16);
  CHECK(seen(host.monitor.observe("acme", credit("2", day2, 2), day2)) == EventStatus::conflict);
}

TEST_CASE("a conflict with another worker is decided anew from what the other one stored") {
  Host host;
  enable_acme(host);
  StubCourier courier;
  Monitor other(host.store, courier);
  bool once = true;
  host.store.before_commit = [&] {
    if (std::exchange(once, false))
      CHECK(other.observe("acme", credit("500", day2, 2), day2).status == EventStatus::committed);
  };
  const EventReport report = host.monitor.observe("acme", credit("400", day2, 1), day2);
  CHECK(seen(report) == EventStatus::unchanged);
  REQUIRE(report.decisions.size() == 1);
  CHECK(report.decisions[0].why == Why::stale);
  CHECK(host.keys() == Lines{fire_1});
  CHECK(host.store.accounts.at("acme").available_credit == amount("500"));
}

TEST_CASE("an unknown commit, stored or lost, is looked at again and doubles nothing") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    for (const unsigned times : {1U, 5U, 15U}) {
      CAPTURE(times);
      Host host;
      enable_acme(host);
      host.meddle(fault, times);
      const EventStatus status = seen(host.monitor.observe("acme", credit("999", day2, 1), day2));
      CHECK(status == EventStatus::committed);
      CHECK(host.keys() == Lines{fire_1});
      CHECK(host.store.accounts.at("acme").revision == 2);
      host.monitor.deliver(day2);
      CHECK(host.courier.handed.size() == 2);
    }
    Host host;
    enable_acme(host);
    host.meddle(fault, 16);
    const bool stored = fault == Fault::unknown_stored;
    CHECK(seen(host.monitor.observe("acme", credit("999", day2, 1), day2)) ==
          (stored ? EventStatus::committed : EventStatus::unknown));
    CHECK(host.store.notices.size() == (stored ? 1 : 0));
  }
}

TEST_CASE(
    "changes without sequences that go down and up again are not played twice when their commit was stored unknown") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    Host host;
    enable_acme(host);
    host.meddle(fault, 1);
    const std::array changes = {
        AccountEvent{"acme", BalanceObservation{amount("999"), day2, std::nullopt}},
        AccountEvent{"acme", BalanceObservation{amount("1000"), day2, std::nullopt}}};
    const std::vector<EventReport> reports = host.monitor.apply(changes, day2);
    CHECK(host.keys() == Lines{fire_1, stop_1});
    for (const EventReport& report : reports) {
      CHECK(seen(report) == EventStatus::committed);
      CHECK(report.decisions.size() == 1);
    }
    CHECK(host.store.accounts.at("acme").revision == 2);
  }
}

TEST_CASE(
    "a commit of unknown end stays unknown when others committed on top, unless it is safe to repeat and has an effect") {
  for (const bool sequenced : {false, true}) {
    for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
      CAPTURE(sequenced);
      const bool lost = fault == Fault::unknown_lost;
      CAPTURE(lost);
      Host host;
      enable_acme(host);
      host.meddle(fault, 1);
      int loads = 0;
      host.store.before_load = [&] {
        if (++loads == 2) host.store.accounts.at("acme").revision = 3;
      };
      const auto sequence = [&](std::int64_t value) {
        return sequenced ? std::optional(*Sequence::from(value)) : std::nullopt;
      };
      const std::array changes = {
          AccountEvent{"acme", BalanceObservation{amount("999"), day2, sequence(1)}},
          AccountEvent{"acme", BalanceObservation{amount("1000"), day2, sequence(2)}}};
      const std::vector<EventReport> reports = host.monitor.apply(changes, day2);
      const bool repeated = lost && sequenced;
      CHECK(host.keys() == (lost && !sequenced ? Lines{} : Lines{fire_1, stop_1}));
      for (const EventReport& report : reports)
        CHECK(seen(report) == (repeated ? EventStatus::committed : EventStatus::unknown));
    }
  }
}

TEST_CASE(
    "a fire whose commit is of unknown end is not called stale when another worker committed on top") {
  Host host;
  enable_acme(host);
  StubCourier courier;
  Monitor other(host.store, courier);
  host.meddle(Fault::unknown_stored, 1);
  int loads = 0;
  host.store.before_load = [&] {
    if (++loads == 2)
      CHECK(other.observe("acme", credit("910", day2, 2), day2).status == EventStatus::committed);
  };
  const EventReport report = host.monitor.observe("acme", credit("900", day2, 1), day2);
  CHECK(seen(report) == EventStatus::unknown);
  CHECK(report.error == "account 'acme': the memory is not what it was");
  CHECK(host.keys() == Lines{fire_1});
}

TEST_CASE(
    "a tick whose commit is of unknown end sends nothing twice, and is told as unknown, when another worker committed on top") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    Host host;
    enable_acme(host);
    REQUIRE(seen(host.monitor.observe("acme", credit("999", day2, 1), day2)) ==
            EventStatus::committed);
    StubCourier courier;
    Monitor other(host.store, courier);
    host.meddle(fault, 1);
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

TEST_CASE("a rebase whose commit is of unknown end is not repeated on top of others' commits") {
  for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
    Host host;
    enable_acme(host);
    REQUIRE(seen(host.monitor.observe("acme", credit("2000", day1, 100), day1)) ==
            EventStatus::committed);
    StubCourier courier;
    Monitor other(host.store, courier);
    host.meddle(fault, 1);
    const bool stored = fault == Fault::unknown_stored;
    int loads = 0;
    host.store.before_load = [&] {
      // Two commits of another worker's, so that the revision is beyond the one that may have been
      // stored.
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
    // A new numbering, and the first fall under it.
    const std::array changes = {AccountEvent{"acme", Rebase{std::nullopt, day2}},
                                AccountEvent{"acme", credit("900", day2, 1)}};
    for (const EventReport& report : host.monitor.apply(changes, day2))
      CHECK(seen(report) == EventStatus::unknown);
    CHECK(host.keys() == (stored ? Lines{fire_1, stop_1} : Lines{}));
    const AccountRecord& record = host.store.accounts.at("acme");
    CHECK(record.available_credit == amount("6000"));
    CHECK(record.sequence == sequence(stored ? 3 : 103));
  }
}

TEST_CASE("a setting whose commit is of unknown end undoes no later one of another worker's") {
  const MonitorEvent settings[] = {AlertEnable{"low_balance", line("500", day2)},
                                   AlertSetThreshold{"low_balance", {threshold("500"), day2}},
                                   AlertDisable{"low_balance", {day2}}};
  for (const MonitorEvent& setting : settings) {
    for (const Fault fault : {Fault::unknown_stored, Fault::unknown_lost}) {
      CAPTURE(setting.index());
      Host host;
      enable_acme(host);
      StubCourier courier;
      Monitor other(host.store, courier);
      host.meddle(fault, 1);
      int loads = 0;
      host.store.before_load = [&] {
        if (++loads != 2) return;
        CHECK(other.disable("acme", "low_balance", {day2}, day2).status != EventStatus::failed);
        CHECK(other.enable("acme", "low_balance", line("70", day2), day2).status ==
              EventStatus::committed);
        CHECK(other.set_threshold("acme", "low_balance", {threshold("77"), day2}, day2).status ==
              EventStatus::committed);
      };
      const AccountEvent change{"acme", setting};
      CHECK(seen(host.monitor.apply({&change, 1}, day2).front()) == EventStatus::unknown);
      const StoredAlert& alert = host.store.accounts.at("acme").alerts.at(0);
      CHECK(alert.threshold == amount("77"));
      CHECK(alert.phase == Phase::armed);
    }
  }
}

TEST_CASE("what was stored unknown stays unknown when it cannot be loaded again") {
  Host host;
  enable_acme(host);
  host.meddle(Fault::unknown_stored, 1);
  host.store.before_commit = [&] { host.store.load_error = HostError{"the cable is out"}; };
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(seen(report) == EventStatus::unknown);
  CHECK_MESSAGE(report.error.starts_with("account 'acme': "), report.error);
}

TEST_CASE("joined mode makes one attempt, and hands a conflict to the caller") {
  for (const Fault fault :
       {Fault::conflict, Fault::unknown_stored, Fault::unknown_lost, Fault::failed}) {
    MonitorOptions options;
    options.mode = TransactionMode::joined;
    Host host(options);
    enable_acme(host);
    host.store.log.clear();
    host.meddle(fault, 1);
    const EventStatus status = seen(host.monitor.observe("acme", credit("999", day2, 1), day2));
    CHECK(status == (fault == Fault::conflict ? EventStatus::conflict
                     : fault == Fault::failed ? EventStatus::failed
                                              : EventStatus::unknown));
    CHECK(host.store.log == Lines{"load acme", "commit acme"});
  }
}

TEST_CASE("a failed commit is not tried again, and the reason is told") {
  Host host;
  host.meddle(Fault::failed, 1);
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(seen(report) == EventStatus::failed);
  CHECK(report.error == "account 'acme': the memory is not what it was");
  CHECK(host.store.accounts.empty());
  CHECK(host.store.log == Lines{"load acme", "commit acme"});

  host.store.load_error = HostError{"no store"};
  const EventReport unread = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(seen(unread) == EventStatus::failed);
  CHECK(unread.error == "account 'acme': no store");
}

TEST_CASE(
    "many changes are loaded and committed in the order of the accounts' names, those of one account in their own") {
  Host host;
  const std::array changes = {
      AccountEvent{"b", AlertEnable{"low_balance", line("10")}},
      AccountEvent{"a\xC3\xA9", credit("5", day2, 1)},
      AccountEvent{"Z", credit("5", day2, 1)},
      AccountEvent{"b", credit("9", day2, 1)},
      AccountEvent{"a", AlertSetThreshold{"x", {Threshold(), day2}}},
      AccountEvent{"b", credit("11", day2, 2)},
      AccountEvent{"a", credit("5", day2, 1)},
      AccountEvent{"b", credit("8", day2, 3)},
      AccountEvent{"a\x01", credit("5", day2, 1)},
  };
  const std::vector<EventReport> reports = host.monitor.apply(changes, day2);
  CHECK(host.store.log == Lines{"load Z a a\xC3\xA9 b", "commit Z a a\xC3\xA9 b"});
  REQUIRE(reports.size() == changes.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    CAPTURE(i);
    CHECK(seen(reports[i]) == (i == 4 || i == 8 ? EventStatus::refused : EventStatus::committed));
  }
  CHECK(reports[4].error == "account 'a': alert: was never enabled: 'x'");
  CHECK(host.store.accounts.at("b").revision == 1);
  CHECK(host.store.accounts.at("a").revision == 1);
  CHECK(host.keys() == Lines{"lowtide/1/b/low_balance/1/1772438400/fire",
                             "lowtide/1/b/low_balance/1/1772438400/stop",
                             "lowtide/1/b/low_balance/2/1772438400/fire"});
  exercised("many changes", changes.size(), "changes", 9);
}

TEST_CASE("one account's conflict, failure or damage keeps no other from being committed") {
  for (const Fault fault : {Fault::conflict, Fault::failed, Fault::unknown_lost}) {
    Host host;
    host.store.fault = [fault](const AccountCommit& commit) {
      return commit.after.name == "b" ? fault : Fault::none;
    };
    const std::array changes = {AccountEvent{"c", credit("5", day2, 1)},
                                AccountEvent{"b", credit("5", day2, 1)},
                                AccountEvent{"a", credit("5", day2, 1)}};
    const std::vector<EventReport> reports = host.monitor.apply(changes, day2);
    CHECK(seen(reports[0]) == EventStatus::committed);
    CHECK(seen(reports[1]) != EventStatus::committed);
    CHECK(seen(reports[2]) == EventStatus::committed);
    CHECK(host.store.accounts.at("a").revision == 1);
    CHECK(host.store.accounts.at("c").revision == 1);
  }
}

TEST_CASE("a stale change, and one that changes nothing, is not stored at all") {
  Host host;
  enable_acme(host);
  CHECK(seen(host.monitor.observe("acme", credit("2000", day2, 5), day2)) ==
        EventStatus::committed);
  host.store.log.clear();
  for (const std::int64_t number : {4, 5}) {
    const EventReport report = host.monitor.observe("acme", credit("1", day2, number), day2);
    CHECK(seen(report) == EventStatus::unchanged);
    CHECK(report.decisions.at(0).why == Why::stale);
  }
  CHECK(seen(host.monitor.observe("acme", {amount("2000"), day2, std::nullopt}, day2)) ==
        EventStatus::unchanged);
  CHECK(host.store.log == Lines{"load acme", "load acme", "load acme"});
  CHECK(seen(host.monitor.observe("acme", credit("1", day2, 6), day2)) == EventStatus::committed);
  CHECK(host.keys().size() == 1);
}

TEST_CASE("an Available Credit out of range is refused, even when the change is stale") {
  Host host;
  CHECK(seen(host.monitor.observe("acme", credit("1", day2, 5), day2)) == EventStatus::committed);
  Balance balance;
  balance.cash_balance = Amount::max();
  balance.credit_limit = Amount::smallest();
  for (const std::int64_t number : {4, 6}) {
    const EventReport report =
        host.monitor.observe("acme", {balance, day2, sequence(number)}, day2);
    CHECK(seen(report) == EventStatus::refused);
    CHECK_MESSAGE(report.error.starts_with("account 'acme': available_credit: "), report.error);
  }
  CHECK(host.store.accounts.at("acme").revision == 1);
  // A sum that leaves the range only on the way is none.
  balance.unsettled_current_month = Amount::smallest();
  CHECK(seen(host.monitor.observe("acme", {balance, day2, sequence(6)}, day2)) ==
        EventStatus::committed);
}

TEST_CASE(
    "a change later than now by more than the skew is refused: one event of the year 9999 must not silence an alert") {
  Host host;
  enable_acme(host);
  const Instant now = day2;
  const auto later = [&](std::int64_t seconds) {
    return Instant::from_seconds(now.seconds() + seconds).value();
  };
  CHECK(seen(host.monitor.observe("acme", credit("2000", later(86399), 1), now)) ==
        EventStatus::committed);
  CHECK(seen(host.monitor.observe("acme", credit("2001", later(86400), 2), now)) ==
        EventStatus::committed);
  const Instant last = Instant::from_seconds(Instant::max_seconds).value();
  for (const Instant late : {later(86401), last}) {
    const std::array changes = {
        AccountEvent{"acme", credit("1", late, INT64_MAX)},
        AccountEvent{"acme", AlertEnable{"low_balance", line("1", late)}},
        AccountEvent{"acme", AlertSetThreshold{"low_balance", {Threshold(), late}}},
        AccountEvent{"acme", AlertDisable{"low_balance", {late}}},
        AccountEvent{"acme", Rebase{std::nullopt, late}},
        AccountEvent{"acme", AccountTick{late, late}}};
    for (const EventReport& report : host.monitor.apply(changes, now)) {
      CHECK(seen(report) == EventStatus::refused);
      CHECK_MESSAGE(
          report.error.starts_with("account 'acme': at: is later than now (2026-03-02T08:00:00Z)"),
          report.error);
    }
  }
  // The alert still hears of the next fall, and its fire is not of another age.
  CHECK(seen(host.monitor.observe("acme", credit("1", day2, 3), now)) == EventStatus::committed);
  CHECK(host.keys() == Lines{fire_1});

  MonitorOptions options;
  options.skew = std::chrono::seconds(0);
  Host strict(options);
  CHECK(seen(strict.monitor.observe("acme", credit("1", now, 1), now)) == EventStatus::committed);
  CHECK(seen(strict.monitor.observe("acme", credit("1", later(1), 2), now)) ==
        EventStatus::refused);
}

TEST_CASE(
    "a threshold or a disabling of an alert that was never enabled is refused, and makes nothing known") {
  Host host;
  const EventReport set =
      host.monitor.set_threshold("acme", "low_balance", {Threshold(), day1}, day1);
  CHECK(seen(set) == EventStatus::refused);
  CHECK(set.error == "account 'acme': alert: was never enabled: 'low_balance'");
  CHECK(seen(host.monitor.disable("acme", "low_balance", {day1}, day1)) == EventStatus::refused);
  CHECK(host.store.accounts.empty());
  enable_acme(host);
  CHECK(seen(host.monitor.set_threshold("acme", "low_balance", {Threshold(), day1}, day1)) ==
        EventStatus::committed);
  CHECK(seen(host.monitor.set_threshold("acme", "other", {Threshold(), day1}, day1)) ==
        EventStatus::refused);
  CHECK(seen(host.monitor.disable("acme", "low_balance", {day1}, day1)) == EventStatus::committed);
  CHECK(seen(host.monitor.disable("acme", "low_balance", {day1}, day1)) == EventStatus::unchanged);
}

TEST_CASE("names that are none are refused before the store is asked") {
  Host host;
  const std::string long_name(256, 'x');
  const std::array<std::string_view, 6> bad = {"",     long_name, "a\nb",
                                               "\x7F", "\xFF",    "\xED\xA0\x80"};
  for (const std::string_view name : bad) {
    CHECK(seen(host.monitor.observe(name, credit("1", day2, 1), day2)) == EventStatus::refused);
    CHECK(seen(host.monitor.enable("acme", name, line("1"), day2)) == EventStatus::refused);
    CHECK(seen(host.monitor.set_threshold("acme", name, {Threshold(), day2}, day2)) ==
          EventStatus::refused);
    CHECK(seen(host.monitor.disable("acme", name, {day2}, day2)) == EventStatus::refused);
    CHECK(seen(host.monitor.rebase(name, {std::nullopt, day2}, day2)) == EventStatus::refused);
  }
  CHECK(host.store.log.empty());
  CHECK(seen(host.monitor.observe(std::string(255, 'x'), credit("1", day2, 1), day2)) ==
        EventStatus::committed);
  exercised("bad names", bad.size() * 5, "calls", 30);
}

TEST_CASE("a rebase sets the sequence of the account and of all its alerts, and nothing else") {
  Host host;
  CHECK(seen(host.monitor.rebase("new", {std::nullopt, day1}, day1)) == EventStatus::committed);
  CHECK(host.store.accounts.at("new").revision == 1);
  CHECK(seen(host.monitor.rebase("new", {std::nullopt, day1}, day1)) == EventStatus::unchanged);

  enable_acme(host);
  CHECK(seen(host.monitor.enable("acme", "critical", line("10"), day1)) == EventStatus::committed);
  CHECK(seen(host.monitor.observe("acme", credit("999", day2, 9), day2)) == EventStatus::committed);
  CHECK(seen(host.monitor.observe("acme", credit("5", day2, 1), day2)) == EventStatus::unchanged);
  const EventReport report = host.monitor.rebase("acme", {std::nullopt, day2}, day2);
  CHECK(seen(report) == EventStatus::committed);
  CHECK(report.decisions.empty());
  CHECK(host.store.audit.back().second.event == "rebase");
  CHECK(host.keys() == Lines{fire_1});
  CHECK(seen(host.monitor.observe("acme", credit("5", day2, 1), day2)) == EventStatus::committed);
  CHECK(host.keys() == Lines{fire_1, "lowtide/1/acme/critical/1/1772438400/fire"});
}

TEST_CASE("every status, commit result and handover has a name of its own, or occurs") {
  std::set<std::string_view> names;
  for (const EventStatus status :
       {EventStatus::committed, EventStatus::unchanged, EventStatus::refused, EventStatus::conflict,
        EventStatus::unknown, EventStatus::failed}) {
    names.insert(name(status));
  }
  for (const DeliveryState state : {DeliveryState::pending, DeliveryState::sent})
    names.insert(name(state));
  CHECK(name(DeliveryState::failed) == "failed");
  CHECK(names == std::set<std::string_view>{"committed", "unchanged", "refused", "conflict",
                                            "unknown", "failed", "pending", "sent"});
}

TEST_CASE("zz: every status and every commit result occurred in the cases before this one") {
  exercised("statuses that occurred", statuses.size(), "statuses", 6);
  exercised("commit results that occurred", commit_results.size(), "results", 4);
}
