// SPDX-License-Identifier: Apache-2.0
// Monitor::apply in chunks of accounts_per_commit: which accounts are loaded and committed
// together, and what an error in one chunk does to the others.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

namespace {

MonitorEvent enable() { return AlertEnable{"low_balance", enable_at("1000")}; }

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
    Host host(chunks_of(row.accounts_per_commit));
    const std::vector<AccountEvent> events = {
        {"d", enable()},       {"b", credit("5")},
        {"A", enable()},       {"d", credit("5")},
        {"\n", enable()},      {"c", credit("5")},
        {"d", credit("1000")}, {"a", AlertDisable{"never_enabled", {day2}}},
        {"a", credit("5")},    {"A", AccountTick{day2, day2}},
    };
    const std::vector<EventReport> reports = host.monitor.apply(events, day2);
    CHECK(host.store.log == row.log);
    CHECK(statuses_of(reports) == Statuses{committed, committed, committed, committed, refused,
                                           committed, committed, refused, committed, unchanged});
    CHECK(reports[3].decisions.at(0).why == Why::fell_below);
    CHECK(reports[6].decisions.at(0).why == Why::recovered);
    // The three events of "d" are one commit.
    CHECK(host.revision("d") == 1);
    CHECK(host.store.notices.size() == 2);
  }
  exercised("chunk sizes", std::size(rows), "sizes", 8);
}

TEST_CASE("apply: no more accounts than the bound are in one commit, and 256 is the default") {
  CHECK(MonitorOptions().accounts_per_commit == 256);
  std::vector<std::string> names;
  names.reserve(1500);
  for (std::size_t i = 0; i < 1500; ++i) names.push_back("account" + std::to_string(i));
  std::vector<AccountEvent> events;
  events.reserve(2 * names.size());
  for (const std::string& name : names) events.push_back({name, enable()});
  for (const std::string& name : names) events.push_back({name, credit("5")});
  for (const std::size_t bound : {1U, 2U, 255U, 256U, 257U, 1499U, 1500U, 1501U}) {
    CAPTURE(bound);
    Host host(chunks_of(bound));
    for (const EventReport& report : host.monitor.apply(events, day2))
      REQUIRE(report.status == committed);
    CHECK(host.most_at_once() == std::min<std::size_t>(bound, 1500));
    CHECK(host.store.log.size() == 2 * ((1500 + bound - 1) / bound));
    CHECK(host.store.notices.size() == 1500);
  }
  Host host(chunks_of(256));
  Monitor monitor(host.store, host.courier);
  REQUIRE(monitor.apply(events, day2).size() == 3000);
  CHECK(host.most_at_once() == 256);
}

TEST_CASE("apply: the attempts of a chunk are made before the next chunk is loaded") {
  for (const Fault fault : {Fault::conflict, Fault::unknown_lost}) {
    Host host(chunks_of(2));
    // "b" meets the fault twice, "d" once.
    host.store.fault = [&, b = 2, d = 1](const AccountCommit& commit) mutable {
      if (commit.after.name == "b" && b-- > 0) return fault;
      if (commit.after.name == "d" && d-- > 0) return fault;
      return Fault::none;
    };
    const auto events = observations({"e", "d", "c", "b", "a"});
    CHECK(statuses_of(host.monitor.apply(events, day2)) == Statuses(5, committed));
    CHECK(host.store.log == Lines{"load a b", "commit a b", "load b", "commit b", "load b",
                                  "commit b", "load c d", "commit c d", "load d", "commit d",
                                  "load e", "commit e"});
  }
}

TEST_CASE("apply: each chunk has all its attempts") {
  Host host(chunks_of(1, 3));
  host.store.fault = [](const AccountCommit& commit) {
    return commit.after.name == "c" ? Fault::none : Fault::conflict;
  };
  const auto events = observations({"a", "b", "c"});
  CHECK(statuses_of(host.monitor.apply(events, day2)) == Statuses{conflict, conflict, committed});
  CHECK(host.store.log.size() == 2 * (3 + 3 + 1));
}

TEST_CASE("apply: a conflict, an unknown result or a failure ends one account, in any chunk") {
  std::uint64_t ends = 0;
  const std::pair<Fault, EventStatus> faults[] = {
      {Fault::conflict, conflict}, {Fault::unknown_lost, unknown}, {Fault::failed, failed}};
  for (const auto& [injected, status] : faults) {
    for (const std::size_t bound : {1U, 2U, 3U, 5U}) {
      for (const char* const spoilt : {"a", "b", "c", "d", "e"}) {
        CAPTURE(bound);
        CAPTURE(spoilt);
        Host host(chunks_of(bound));
        host.store.fault = [&, fault = injected](const AccountCommit& commit) {
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
    Host host(chunks_of(2));
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
  Host host(chunks_of(2));
  int loads = 0;
  host.store.before_load = [&] {
    host.store.load_error = ++loads == 2 ? std::optional(HostError{"gone"}) : std::nullopt;
  };
  host.store.fault = [](const AccountCommit& commit) {
    return commit.after.name == "b" ? Fault::unknown_lost : Fault::none;
  };
  const auto events = observations({"a", "b", "c"});
  const std::vector<EventReport> reports = host.monitor.apply(events, day2);
  CHECK(statuses_of(reports) == Statuses{committed, unknown, committed});
  CHECK(reports[1].error == "account 'b': gone");
}

TEST_CASE(
    "apply: prepare is shown all reports before each commit, later chunks without decisions") {
  Host host(chunks_of(2));
  REQUIRE(
      host.monitor
          .apply(std::vector<AccountEvent>{{"a", enable()}, {"b", enable()}, {"c", enable()}}, day2)
          .size() == 3);
  host.store.log.clear();
  std::vector<Lines> shown;
  const auto events = observations({"c", "b", "a"});
  host.monitor.apply(
      events, day2,
      [&](std::span<const EventReport> reports, std::span<const std::size_t> decided) {
        Lines line = {host.store.log.back()};
        for (const EventReport& report : reports)
          line.push_back(std::to_string(report.decisions.size()));
        for (const std::size_t i : decided) line.push_back("decided " + std::to_string(i));
        shown.push_back(line);
      });
  CHECK(shown == std::vector<Lines>{{"load a b", "0", "1", "1", "decided 2", "decided 1"},
                                    {"load c", "1", "1", "1", "decided 0"}});
}

TEST_CASE(
    "apply: any other exception of prepare leaves apply and keeps its commit from being made") {
  for (const int failing : {1, 2, 3}) {
    Host host(chunks_of(1));
    const auto events = observations({"a", "b", "c"});
    int calls = 0;
    CHECK_THROWS_AS(
        host.monitor.apply(events, day2,
                           [&](std::span<const EventReport>, std::span<const std::size_t>) {
                             if (++calls == failing) throw std::runtime_error("no");
                           }),
        std::runtime_error);
    CHECK(host.store.accounts.size() == static_cast<std::size_t>(failing - 1));
  }
}
