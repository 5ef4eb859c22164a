// SPDX-License-Identifier: Apache-2.0
// One account: what the Monitor accepts from Store::load, and what it puts into a commit.
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("load: an invalid account is reported by name and value, and does not stop the others") {
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
    Host host;
    for (const char* const account : {"acme", "umbra"}) {
      REQUIRE(host.monitor.enable(account, "critical", enable_at("10"), day1).status ==
              EventStatus::committed);
      REQUIRE(host.monitor.enable(account, "low_balance", enable_at("1000"), day1).status ==
              EventStatus::committed);
    }
    row.spoil(host.store.accounts.at("acme"));
    const std::array events = {AccountEvent{"acme", credit("5")},
                               AccountEvent{"umbra", credit("5")},
                               AccountEvent{"acme", AlertEnable{"third", enable_at("1")}}};
    const std::vector<EventReport> reports = host.monitor.apply(events, day2);
    for (const std::size_t i : {0U, 2U}) {
      CHECK(reports[i].status == EventStatus::failed);
      CHECK(reports[i].error == "account 'acme': " + row.error);
    }
    CHECK(reports[1].status == EventStatus::committed);
    CHECK(host.store.notices.size() == 2);
    CHECK(host.store.log.back() == "commit umbra");
  }
  exercised("invalid stored accounts", std::size(rows), "accounts", 9);
}

TEST_CASE("load: the last revision that has a next one is accepted") {
  Host host;
  REQUIRE(host.monitor.observe("acme", credit("5"), day2).status == EventStatus::committed);
  host.store.accounts.at("acme").revision = std::numeric_limits<std::int64_t>::max() - 1;
  CHECK(host.monitor.observe("acme", credit("6"), day2).status == EventStatus::committed);
  CHECK(host.store.accounts.at("acme").revision == std::numeric_limits<std::int64_t>::max());
  CHECK(host.monitor.observe("acme", credit("7"), day2).status == EventStatus::failed);
}

TEST_CASE("load: alerts in any order are decided and stored in the order of their names") {
  Host host;
  host.store.after_load = [](std::vector<AccountRecord>& records) {
    std::ranges::reverse(records.at(0).alerts);
  };
  for (const char* const alert : {"c", "a", "d", "b"}) {
    REQUIRE(host.monitor.enable("acme", alert, enable_at(alert[0] == 'a' ? "1" : "1000"), day1)
                .status == EventStatus::committed);
  }
  const EventReport report = host.monitor.observe("acme", credit("5"), day2);
  REQUIRE(report.status == EventStatus::committed);
  REQUIRE(report.decisions.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(report.decisions[i].alert == std::string(1, static_cast<char>('a' + i)));
    CHECK(report.decisions[i].why == (i == 0 ? Why::not_below : Why::fell_below));
  }
  // A commit in doubt is recognized as stored, in whatever order its alerts are loaded.
  host.store.fault = [once = true](const AccountCommit&) mutable {
    return std::exchange(once, false) ? Fault::unknown_stored : Fault::none;
  };
  CHECK(host.monitor.observe("acme", credit("6"), day2).status == EventStatus::committed);
  CHECK(host.store.accounts.at("acme").revision == 6);
}

TEST_CASE("load: other accounts than asked for are an error, and nothing is stored") {
  Host host;
  const std::array events = {AccountEvent{"acme", credit("5")}, AccountEvent{"umbra", credit("5")}};
  host.store.after_load = [](std::vector<AccountRecord>& records) { records.pop_back(); };
  for (const EventReport& report : host.monitor.apply(events, day2)) {
    CHECK(report.status == EventStatus::failed);
    CHECK(report.error.ends_with("': load returned 1 of 2 accounts"));
  }
  host.store.after_load = [](std::vector<AccountRecord>& records) {
    std::ranges::reverse(records);
  };
  const std::vector<EventReport> reports = host.monitor.apply(events, day2);
  CHECK(reports[0].error == "account 'acme': load returned 'umbra' instead");
  CHECK(reports[1].error == "account 'umbra': load returned 'acme' instead");
  CHECK(host.store.accounts.empty());
}

TEST_CASE("commit: every alert has its columns, even if it is not written") {
  Host host;
  REQUIRE(host.monitor.enable("acme", "low_balance", enable_at("1000"), day1).status ==
          EventStatus::committed);
  REQUIRE(host.monitor.observe("acme", credit("5"), day2).status == EventStatus::committed);
  const StoredAlert before = host.store.accounts.at("acme").alerts.at(0);
  REQUIRE(before.next_reminder_at == day3);
  // Another alert of the account is enabled: this one stays as it is.
  bool written = true;
  host.store.fault = [&](const AccountCommit& commit) {
    written = commit.after.alerts.at(1).changed;
    return Fault::none;
  };
  REQUIRE(host.monitor.enable("acme", "critical", enable_at("1"), day2).status ==
          EventStatus::committed);
  CHECK_FALSE(written);
  const StoredAlert& after = host.store.accounts.at("acme").alerts.at(1);
  CHECK(after.state == before.state);
  CHECK(after.phase == Phase::alerting);
  CHECK(after.threshold == before.threshold);
  CHECK(after.available_credit == before.available_credit);
  CHECK(after.next_reminder_at == day3);
  CHECK(host.monitor.tick(day3).outputs == 1);
}

TEST_CASE(
    "commit: a stop is delivered only if the options say so, on the channels of the options") {
  for (const bool deliver_stops : {false, true}) {
    for (const std::vector<std::string>& channels :
         {std::vector<std::string>{}, {"pigeon"}, {"email", "pigeon", "fax"}}) {
      MonitorOptions options;
      options.channels = channels;
      options.deliver_stops = deliver_stops;
      Host host(options);
      make_alerting(host, "acme");
      REQUIRE(host.monitor.observe("acme", credit("5000", day2, 2), day2).status ==
              EventStatus::committed);
      REQUIRE(host.store.notices.size() == 2);
      CHECK(host.store.notices[1].output.kind == OutputKind::stop);
      CHECK(host.store.notices[0].channels == channels);
      CHECK(host.store.notices[1].channels ==
            (deliver_stops ? channels : std::vector<std::string>{}));
      CHECK(host.monitor.deliver(day2).sent == channels.size() * (deliver_stops ? 2 : 1));
    }
  }
}

TEST_CASE(
    "commit: a notice's cause is its revision, and first_cost_at is when usage was first seen") {
  Host host;
  make_alerting(host, "acme");
  CHECK(host.store.notices[0].cause == 1);
  CHECK_FALSE(host.store.accounts.at("acme").first_cost_at.has_value());
  CHECK_FALSE(host.store.accounts.at("acme").balance.has_value());
  Balance balance;
  balance.cash_balance = amount("5000");
  CHECK(host.monitor.observe("acme", {balance, day2, sequence(2)}, day2).status ==
        EventStatus::committed);
  CHECK(host.store.notices.back().cause == 2);
  CHECK_FALSE(host.store.accounts.at("acme").first_cost_at.has_value());
  CHECK(host.store.accounts.at("acme").balance == balance);
  // Negative usage, such as a correction, is not a cost.
  balance.unsettled_current_month = amount("-1");
  CHECK(host.monitor.observe("acme", {balance, day2, sequence(3)}, day2).status ==
        EventStatus::committed);
  CHECK_FALSE(host.store.accounts.at("acme").first_cost_at.has_value());
  balance.unsettled_previous_months = Amount::smallest();
  CHECK(host.monitor.observe("acme", {balance, day3, sequence(4)}, day3).status ==
        EventStatus::committed);
  CHECK(host.store.accounts.at("acme").first_cost_at == day3);
  balance.unsettled_current_month = amount("7");
  CHECK(host.monitor.observe("acme", {balance, day2, sequence(5)}, day3).status ==
        EventStatus::committed);
  CHECK(host.store.accounts.at("acme").first_cost_at == day3);
  // The same Available Credit from other components changes no alert, but the components are
  // stored.
  balance.cash_balance = amount("4999");
  balance.unsettled_current_month = amount("6");
  CHECK(host.monitor.observe("acme", {balance, day3, std::nullopt}, day3).status ==
        EventStatus::committed);
  CHECK(host.store.accounts.at("acme").balance == balance);
}

TEST_CASE("commit: the alerts of an account agree on Available Credit and sequence") {
  Host host;
  std::uint64_t compared = 0;
  for (std::int64_t i = 1; i <= 30; ++i) {
    const std::string alert = "alert" + std::to_string(i * 7 % 30);
    REQUIRE(host.monitor.enable("acme", alert, enable_at("100", day2), day2).status ==
            EventStatus::committed);
    REQUIRE(
        host.monitor.observe("acme", credit(std::to_string(i * 37 % 200).c_str(), day2, i), day2)
            .status == EventStatus::committed);
    const AccountRecord& record = host.store.accounts.at("acme");
    REQUIRE(record.alerts.size() == static_cast<std::size_t>(i));
    for (const StoredAlert& stored : record.alerts) {
      const Alert value = Alert::decode(stored.state).value();
      CHECK(value.available_credit() == record.available_credit);
      CHECK(value.sequence() == record.sequence);
      CHECK(value.phase() == stored.phase);
      CHECK(value.next_reminder_at() == stored.next_reminder_at);
      ++compared;
    }
  }
  exercised("alerts that agree", compared, "alerts", 400);
}
