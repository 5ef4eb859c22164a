// SPDX-License-Identifier: Apache-2.0
// Monitor::tick: who is ticked, at what instant, and what an error does to the others.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("tick: sends what is due, of more accounts than one page has") {
  Host host;
  constexpr std::size_t accounts = 700;
  for (std::size_t i = 0; i < accounts; ++i) make_alerting(host, "a" + std::to_string(i));
  CHECK(host.store.notices.size() == accounts);
  const Instant before = Instant::from_seconds(day3.seconds() - 1).value();
  CHECK(host.monitor.tick(before).accounts == 0);
  CHECK(host.monitor.tick(day3, day3, false).accounts == 0);
  const TickReport report = host.monitor.tick(day3);
  CHECK(report.accounts == accounts);
  CHECK(report.outputs == accounts);
  CHECK(report.errors.empty());
  CHECK(host.store.notices.size() == 2 * accounts);
  CHECK(host.store.notices.back().key.ends_with("/remind-1"));
  CHECK(host.monitor.tick(day3).accounts == 0);
  // Later than all five reminders: only the stop is sent.
  CHECK(host.monitor.tick(at("2026-03-20T00:00:00Z")).outputs == accounts);
  CHECK(host.store.notices.back().key.ends_with("/stop"));
  exercised("ticked accounts", report.accounts, "accounts", accounts);
}

TEST_CASE("tick: no more accounts than the bound are loaded at once") {
  for (const std::size_t bound : {0U, 1U, 2U, 3U, 7U, 8U, 1000U}) {
    CAPTURE(bound);
    Host host(chunks_of(bound));
    for (const char* const account : {"a", "b", "c", "d", "e", "f", "g"}) {
      const std::vector<AccountEvent> events = {
          {account, AlertEnable{"low_balance", enable_at("1000")}}, {account, credit("5")}};
      REQUIRE(statuses_of(host.monitor.apply(events, day2)) == Statuses{committed, committed});
    }
    host.store.log.clear();
    const TickReport report = host.monitor.tick(day3);
    CHECK(report.accounts == 7);
    CHECK(report.outputs == 7);
    CHECK(report.errors.empty());
    const std::size_t at_once = std::clamp<std::size_t>(bound, 1, 7);
    CHECK(host.most_at_once() == at_once);
    // Each page is a call of due, of load and of commit; the last call of due finds nothing.
    const std::size_t pages = (7 + at_once - 1) / at_once;
    CHECK(host.store.log.size() == 3 * pages + 1);
  }
}

TEST_CASE("tick: past time is decided at its own instant, up to an end that may be later") {
  Host host;
  make_alerting(host, "acme");
  const Instant late = at("2026-03-03T20:00:00Z");
  CHECK(host.monitor.tick(late, day3, false).accounts == 0);
  CHECK(host.monitor.tick(late, day3, true).accounts == 1);
  CHECK(host.store.notices.back().output.at == late);
}

TEST_CASE(
    "tick: an account that cannot be ticked is reported by name, and does not stop the others") {
  std::uint64_t failing = 0;
  for (const int damage : {0, 1, 2, 3, 4, 5}) {
    CAPTURE(damage);
    Host host;
    constexpr std::size_t accounts = 600;
    for (std::size_t i = 0; i < accounts; ++i) make_alerting(host, "a" + std::to_string(1000 + i));
    std::set<std::string> broken;
    for (const char* const name : {"a1000", "a1255", "a1256", "a1300", "a1599"}) {
      AccountRecord& record = host.store.accounts.at(name);
      broken.insert(name);
      if (damage == 0) record.alerts[0].state[7] ^= std::byte{1};
      if (damage == 1) record.alerts[0].state.clear();
      if (damage == 2) record.available_credit = amount("11");
      if (damage == 3) record.sequence = sequence(2);
    }
    if (damage == 5) {
      for (const std::string& name : broken)
        host.store.accounts.at(name).damage = "available_credit: 1,5";
    }
    if (damage == 4) {
      host.store.fault = [&](const AccountCommit& commit) {
        return broken.contains(commit.after.name) ? Fault::failed : Fault::none;
      };
    }
    const std::vector<std::byte> bytes_before = host.store.accounts.at("a1000").alerts[0].state;
    const TickReport report = host.monitor.tick(day3);
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
    CHECK(host.store.accounts.at("a1000").alerts[0].state == bytes_before);
    CHECK(host.store.notices.size() == 2 * accounts - 5);
    // An observation of it fails too, and nothing of it is overwritten.
    if (damage != 4)
      CHECK(host.monitor.observe("a1000", credit("9", day3, 9), day3).status ==
            EventStatus::failed);
    CHECK(host.store.accounts.at("a1000").alerts[0].state == bytes_before);
    failing += report.errors.size();
  }
  exercised("accounts that cannot be ticked", failing, "accounts", 30);
}

TEST_CASE("tick: an error of due ends it and is reported, as one of pending ends deliver") {
  Host host;
  make_alerting(host, "acme");
  host.store.due_error = HostError{"no index"};
  CHECK(host.monitor.tick(day3).errors == std::vector<std::string>{"no index"});
  host.store.pending_error = HostError{"no table"};
  CHECK(host.monitor.deliver(day3).errors == std::vector<std::string>{"no table"});
}
