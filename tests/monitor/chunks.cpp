// SPDX-License-Identifier: Apache-2.0
// Monitor::apply in chunks of accounts_per_commit: which accounts are loaded and committed
// together, and what an error in one chunk does to the others.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
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

const Instant day1 = at("2026-03-01T00:00:00Z");
const Instant day2 = at("2026-03-02T08:00:00Z");
const Instant day3 = at("2026-03-03T08:00:00Z");

MonitorEvent enable() {
  return AlertEnable{"low_balance", {Threshold::parse("1000").value(), day1}};
}
MonitorEvent credit(const char* value) {
  return BalanceObservation{Amount::parse(value).value(), day2, std::nullopt};
}

struct Host {
  MemoryStore store;
  StubCourier courier;
  Monitor monitor;

  explicit Host(std::size_t accounts_per_commit, unsigned attempts = 16)
      : monitor(store, courier, options(accounts_per_commit, attempts)) {}

  static MonitorOptions options(std::size_t accounts_per_commit, unsigned attempts) {
    MonitorOptions options;
    options.accounts_per_commit = accounts_per_commit;
    options.attempts = attempts;
    return options;
  }

  std::int64_t revision(const char* account) const {
    const auto found = store.accounts.find(account);
    return found == store.accounts.end() ? 0 : found->second.revision;
  }

  // The most accounts that were loaded or committed at once.
  std::size_t most_at_once() const {
    std::size_t most = 0;
    for (const std::string& line : store.log) {
      if (line.starts_with("load ") || line.starts_with("commit ")) {
        most = std::max(most, static_cast<std::size_t>(std::ranges::count(line, ' ')));
      }
    }
    return most;
  }
};

// One observation for each account.
std::vector<AccountEvent> observations(std::initializer_list<const char*> accounts) {
  std::vector<AccountEvent> events;
  for (const char* const account : accounts) events.push_back({account, credit("5")});
  return events;
}

std::vector<EventStatus> statuses(const std::vector<EventReport>& reports) {
  std::vector<EventStatus> found;
  for (const EventReport& report : reports) found.push_back(report.status);
  return found;
}

constexpr auto committed = EventStatus::committed;
constexpr auto unchanged = EventStatus::unchanged;
constexpr auto refused = EventStatus::refused;
constexpr auto conflict = EventStatus::conflict;
constexpr auto unknown = EventStatus::unknown;
constexpr auto failed = EventStatus::failed;
using Statuses = std::vector<EventStatus>;

}  // namespace

TEST_CASE("apply: each chunk of accounts is loaded and committed before the next one is loaded") {
  struct Row {
    std::size_t accounts_per_commit;
    Lines log;
  };
  const Lines one_by_one = {"load A",   "commit A", "load a",   "commit a", "load b",
                            "commit b", "load c",   "commit c", "load d",   "commit d"};
  const Row rows[] = {
      {0, one_by_one},
      {1, one_by_one},
      {2, {"load A a", "commit A a", "load b c", "commit b c", "load d", "commit d"}},
      {3, {"load A a b", "commit A a b", "load c d", "commit c d"}},
      {4, {"load A a b c", "commit A a b c", "load d", "commit d"}},
      {5, {"load A a b c d", "commit A a b c d"}},
      {6, {"load A a b c d", "commit A a b c d"}},
      {std::numeric_limits<std::size_t>::max(), {"load A a b c d", "commit A a b c d"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.accounts_per_commit);
    Host host(row.accounts_per_commit);
    const std::vector<AccountEvent> events = {
        {"d", enable()},       {"b", credit("5")},
        {"A", enable()},       {"d", credit("5")},
        {"\n", enable()},      {"c", credit("5")},
        {"d", credit("1000")}, {"a", AlertDisable{"never_enabled", {day2}}},
        {"a", credit("5")},    {"A", AccountTick{day2, day2}},
    };
    const std::vector<EventReport> reports = host.monitor.apply(events, day2);
    CHECK(host.store.log == row.log);
    CHECK(statuses(reports) == Statuses{committed, committed, committed, committed, refused,
                                        committed, committed, refused, committed, unchanged});
    CHECK(reports[3].decisions.at(0).why == Why::fell_below);
    CHECK(reports[6].decisions.at(0).why == Why::recovered);
    // The three events of "d" are one commit.
    CHECK(host.revision("d") == 1);
    CHECK(host.store.notices.size() == 2);
    CHECK(host.store.broken == 0);
  }
  exercised("chunk sizes", std::size(rows), "sizes", 8);
}

TEST_CASE("apply: no more accounts than the bound are in one commit, and 256 is the default") {
  CHECK(MonitorOptions().accounts_per_commit == 256);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 1500; ++i) names.push_back("account" + std::to_string(i));
  std::vector<AccountEvent> events;
  for (const std::string& name : names) events.push_back({name, enable()});
  for (const std::string& name : names) events.push_back({name, credit("5")});
  for (const std::size_t bound : {1U, 2U, 255U, 256U, 257U, 1499U, 1500U, 1501U}) {
    CAPTURE(bound);
    Host host(bound);
    for (const EventReport& report : host.monitor.apply(events, day2))
      REQUIRE(report.status == committed);
    CHECK(host.most_at_once() == std::min<std::size_t>(bound, 1500));
    CHECK(host.store.log.size() == 2 * ((1500 + bound - 1) / bound));
    CHECK(host.store.notices.size() == 1500);
  }
  Host host(256);
  Monitor monitor(host.store, host.courier);
  REQUIRE(monitor.apply(events, day2).size() == 3000);
  CHECK(host.most_at_once() == 256);
}

TEST_CASE("tick: no more accounts than the bound are loaded at once") {
  for (const std::size_t bound : {0U, 1U, 2U, 3U, 7U, 8U, 1000U}) {
    CAPTURE(bound);
    Host host(bound);
    for (const char* const account : {"a", "b", "c", "d", "e", "f", "g"}) {
      const std::vector<AccountEvent> events = {{account, enable()}, {account, credit("5")}};
      REQUIRE(statuses(host.monitor.apply(events, day2)) == Statuses{committed, committed});
    }
    host.store.log.clear();
    const TickReport report = host.monitor.tick(day3);
    CHECK(report.accounts == 7);
    CHECK(report.outputs == 7);
    CHECK(report.errors.empty());
    const std::size_t at_once = std::clamp<std::size_t>(bound, 1, 7);
    CHECK(host.most_at_once() == at_once);
    // The last of the calls of due finds nothing.
    const std::size_t pages = (7 + at_once - 1) / at_once;
    CHECK(host.store.log.size() == 3 * pages + 1);
  }
}

TEST_CASE("apply: the attempts of a chunk are made before the next chunk is loaded") {
  for (const Fault fault : {Fault::conflict, Fault::unknown_lost}) {
    Host host(2);
    // "b" meets the fault twice, "d" once.
    host.store.fault = [&, b = 2, d = 1](const AccountCommit& commit) mutable {
      if (commit.after.name == "b" && b-- > 0) return fault;
      if (commit.after.name == "d" && d-- > 0) return fault;
      return Fault::none;
    };
    const auto events = observations({"e", "d", "c", "b", "a"});
    CHECK(statuses(host.monitor.apply(events, day2)) == Statuses(5, committed));
    CHECK(host.store.log == Lines{"load a b", "commit a b", "load b", "commit b", "load b",
                                  "commit b", "load c d", "commit c d", "load d", "commit d",
                                  "load e", "commit e"});
  }
}

TEST_CASE("apply: each chunk has all its attempts") {
  Host host(1, 3);
  host.store.fault = [](const AccountCommit& commit) {
    return commit.after.name == "c" ? Fault::none : Fault::conflict;
  };
  const auto events = observations({"a", "b", "c"});
  CHECK(statuses(host.monitor.apply(events, day2)) == Statuses{conflict, conflict, committed});
  CHECK(host.store.log.size() == 2 * (3 + 3 + 1));
}

TEST_CASE("apply: a conflict, an unknown result or a failure ends one account, in any chunk") {
  std::uint64_t ends = 0;
  const std::pair<Fault, EventStatus> faults[] = {
      {Fault::conflict, conflict}, {Fault::unknown_lost, unknown}, {Fault::failed, failed}};
  for (const auto& [fault, status] : faults) {
    for (const std::size_t bound : {1U, 2U, 3U, 5U}) {
      for (const char* const spoilt : {"a", "b", "c", "d", "e"}) {
        CAPTURE(bound);
        CAPTURE(spoilt);
        Host host(bound);
        host.store.fault = [&, fault = fault](const AccountCommit& commit) {
          return commit.after.name == spoilt ? fault : Fault::none;
        };
        const auto events = observations({"e", "c", "a", "b", "d"});
        const std::vector<EventReport> reports = host.monitor.apply(events, day2);
        for (std::size_t i = 0; i < events.size(); ++i) {
          const bool is_spoilt = events[i].account == spoilt;
          CHECK(reports[i].status == (is_spoilt ? status : committed));
          CHECK(reports[i].error.empty() != is_spoilt);
        }
        CHECK(host.store.accounts.size() == 4);
        ++ends;
      }
    }
  }
  exercised("errors of one account in one chunk", ends, "errors", 60);
}

TEST_CASE("apply: an error of load ends the accounts of its chunk, and no others") {
  for (const int failing : {1, 2, 3}) {
    CAPTURE(failing);
    Host host(2);
    int loads = 0;
    host.store.before_load = [&] {
      host.store.load_error =
          ++loads == failing ? std::optional(HostError{"no connection"}) : std::nullopt;
    };
    const auto events = observations({"a", "b", "c", "d", "e"});
    const std::vector<EventReport> reports = host.monitor.apply(events, day2);
    for (std::size_t i = 0; i < events.size(); ++i) {
      const bool in_failing = static_cast<int>(i / 2) + 1 == failing;
      CHECK(reports[i].status == (in_failing ? failed : committed));
      const std::string error = "account '" + std::string(events[i].account) + "': no connection";
      CHECK(reports[i].error == (in_failing ? error : ""));
    }
  }
  // An error of the second load of a chunk ends what is still open: "a" is committed, "b" is not.
  Host host(2);
  int loads = 0;
  host.store.before_load = [&] {
    host.store.load_error = ++loads == 2 ? std::optional(HostError{"gone"}) : std::nullopt;
  };
  host.store.fault = [](const AccountCommit& commit) {
    return commit.after.name == "b" ? Fault::unknown_lost : Fault::none;
  };
  const auto events = observations({"a", "b", "c"});
  const std::vector<EventReport> reports = host.monitor.apply(events, day2);
  CHECK(statuses(reports) == Statuses{committed, unknown, committed});
  CHECK(reports[1].error == "account 'b': gone");
}

TEST_CASE(
    "apply: prepare is shown all reports before each commit, later chunks without decisions") {
  Host host(2);
  REQUIRE(
      host.monitor
          .apply(std::vector<AccountEvent>{{"a", enable()}, {"b", enable()}, {"c", enable()}}, day2)
          .size() == 3);
  host.store.log.clear();
  std::vector<Lines> shown;
  const auto events = observations({"c", "b", "a"});
  host.monitor.apply(events, day2, [&](std::span<const EventReport> reports) {
    Lines line = {host.store.log.back()};
    for (const EventReport& report : reports)
      line.push_back(std::to_string(report.decisions.size()));
    shown.push_back(line);
  });
  CHECK(shown == std::vector<Lines>{{"load a b", "0", "1", "1"}, {"load c", "1", "1", "1"}});
}

TEST_CASE("apply: memory that runs out in a chunk leaves apply only if no chunk stored anything") {
  struct Row {
    Fault fault;    // of account "a", which is alone in the first chunk
    bool is_known;  // "a" is stored already as the event would make it
    int failing;    // the call of prepare in which memory runs out
    unsigned attempts;
    Statuses expected;  // empty: std::bad_alloc leaves apply
  };
  const Row rows[] = {
      {Fault::none, false, 1, 16, {}},
      {Fault::none, false, 2, 16, {committed, failed, committed}},
      {Fault::none, false, 3, 16, {committed, committed, failed}},
      {Fault::none, false, 4, 16, {committed, committed, committed}},
      // Nothing was stored for "a", so nothing is lost by throwing.
      {Fault::none, true, 2, 16, {}},
      {Fault::none, true, 3, 16, {unchanged, committed, failed}},
      {Fault::failed, false, 2, 16, {}},
      {Fault::failed, false, 3, 16, {failed, committed, failed}},
      {Fault::conflict, false, 2, 16, {}},
      {Fault::conflict, false, 3, 2, {}},
      {Fault::conflict, false, 4, 2, {conflict, committed, failed}},
      // The first commit may have been stored: no exception from then on.
      {Fault::unknown_lost, false, 1, 2, {}},
      {Fault::unknown_lost, false, 2, 2, {unknown, committed, committed}},
      {Fault::unknown_lost, false, 3, 2, {unknown, failed, committed}},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    Host host(1, row.attempts);
    if (row.is_known) REQUIRE(host.monitor.apply(observations({"a"}), day2).size() == 1);
    host.store.fault = [&](const AccountCommit& commit) {
      return commit.after.name == "a" ? row.fault : Fault::none;
    };
    const auto events = observations({"c", "b", "a"});
    int calls = 0;
    std::vector<EventReport> reports;
    try {
      reports = host.monitor.apply(events, day2, [&](std::span<const EventReport>) {
        if (++calls == row.failing) throw std::bad_alloc();
      });
    } catch (const std::bad_alloc&) {
      CHECK(row.expected.empty());
      CHECK(host.revision("a") == (row.is_known ? 1 : 0));
      CHECK(host.revision("b") == 0);
      CHECK(host.revision("c") == 0);
      continue;
    }
    std::ranges::reverse(reports);
    CHECK(statuses(reports) == row.expected);
    for (std::size_t i = 0; i < reports.size(); ++i) {
      const std::string account(1, static_cast<char>('a' + i));
      CHECK(host.revision(account.c_str()) ==
            (reports[i].status == committed || reports[i].status == unchanged ? 1 : 0));
      if (i != 0 && reports[i].status == failed)
        CHECK(reports[i].error == "account '" + account + "': memory ran out");
    }
  }
  exercised("memory that runs out in a chunk", std::size(rows), "places", 14);
}

TEST_CASE("apply: memory that runs out in a later chunk is reported by what its accounts met") {
  // "b" is committed and "c" met a conflict when memory runs out for the second attempt.
  Host host(2);
  host.store.fault = [](const AccountCommit& commit) {
    if (commit.after.name == "c") return Fault::conflict;
    return commit.after.name == "d" ? Fault::unknown_lost : Fault::none;
  };
  int loads = 0;
  host.store.before_load = [&] {
    // a b, c d, c d again
    if (++loads == 3) throw std::bad_alloc();
  };
  const auto events = observations({"a", "b", "c", "d", "e"});
  const std::vector<EventReport> reports = host.monitor.apply(events, day2);
  CHECK(statuses(reports) == Statuses{committed, committed, conflict, unknown, committed});
  CHECK(reports[2].error == "account 'c': memory ran out");
  CHECK(reports[3].error == "account 'd': memory ran out");
  CHECK(reports[2].decisions.empty());
  CHECK(reports[3].decisions.empty());
}

TEST_CASE(
    "apply: any other exception of prepare leaves apply and keeps its commit from being made") {
  for (const int failing : {1, 2, 3}) {
    Host host(1);
    const auto events = observations({"a", "b", "c"});
    int calls = 0;
    CHECK_THROWS_AS(host.monitor.apply(events, day2,
                                       [&](std::span<const EventReport>) {
                                         if (++calls == failing) throw std::runtime_error("no");
                                       }),
                    std::runtime_error);
    CHECK(host.store.accounts.size() == static_cast<std::size_t>(failing - 1));
  }
}
