// SPDX-License-Identifier: Apache-2.0
// Monitor::apply when memory runs out: std::bad_alloc leaves it only if nothing was stored, and
// what was stored is reported.
#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("memory: running out before the first commit throws, and later it is reported") {
  for (const Fault fault :
       {Fault::none, Fault::conflict, Fault::unknown_lost, Fault::unknown_stored}) {
    for (const int failing : {1, 2}) {
      CAPTURE(failing);
      Host host;
      for (const char* const account : {"acme", "umbra"}) {
        REQUIRE(host.monitor.enable(account, "low_balance", enable_at("1000"), day1).status ==
                EventStatus::committed);
      }
      // Only one of the two accounts meets the fault, once.
      host.store.fault = [fault, once = true](const AccountCommit& commit) mutable {
        return commit.after.name == "acme" && std::exchange(once, false) ? fault : Fault::none;
      };
      const std::array events = {AccountEvent{"acme", credit("5")},
                                 AccountEvent{"umbra", credit("5")}};
      int calls = 0;
      std::vector<EventReport> reports;
      bool threw = false;
      try {
        const auto prepare = [&](std::span<const EventReport> shown,
                                 std::span<const std::size_t> decided) {
          CHECK(shown.size() == 2);
          CHECK(shown[1].decisions.size() == 1);
          // The second attempt is of acme alone.
          CHECK(decided.size() == (calls == 0 ? 2 : 1));
          if (++calls == failing) throw std::bad_alloc();
        };
        reports = host.monitor.apply(events, day2, prepare);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      CHECK(threw == (failing == 1));
      if (threw) {
        CHECK(host.revision("acme") == 1);
        CHECK(host.revision("umbra") == 1);
        continue;
      }
      CHECK(reports[1].status == EventStatus::committed);
      CHECK(host.revision("umbra") == 2);
      const bool second_attempt = fault == Fault::conflict || fault == Fault::unknown_lost;
      const EventStatus expected = fault == Fault::conflict ? EventStatus::conflict
                                   : second_attempt         ? EventStatus::unknown
                                                            : EventStatus::committed;
      CHECK(reports[0].status == expected);
      CHECK((host.revision("acme") == 2) == (expected == EventStatus::committed));
      if (second_attempt) CHECK(reports[0].error == "account 'acme': memory ran out");
    }
  }
}

TEST_CASE("memory: running out in a chunk throws only if no chunk stored anything") {
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
    Host host(chunks_of(1, row.attempts));
    if (row.is_known) REQUIRE(host.monitor.apply(observations({"a"}), day2).size() == 1);
    host.store.fault = [&](const AccountCommit& commit) {
      return commit.after.name == "a" ? row.fault : Fault::none;
    };
    const auto events = observations({"c", "b", "a"});
    int calls = 0;
    std::vector<EventReport> reports;
    try {
      reports = host.monitor.apply(events, day2,
                                   [&](std::span<const EventReport>, std::span<const std::size_t>) {
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
    CHECK(statuses_of(reports) == row.expected);
    for (std::size_t i = 0; i < reports.size(); ++i) {
      const std::string account(1, static_cast<char>('a' + i));
      CHECK(host.revision(account) ==
            (reports[i].status == committed || reports[i].status == unchanged ? 1 : 0));
      if (i != 0 && reports[i].status == failed)
        CHECK(reports[i].error == "account '" + account + "': memory ran out");
    }
  }
  exercised("memory that runs out in chunks", std::size(rows), "places", 14);
}

TEST_CASE("memory: running out in a later chunk is reported by what its accounts met") {
  // "c" met a conflict and "d" is in doubt when memory runs out for their second attempt.
  Host host(chunks_of(2));
  host.store.fault = [](const AccountCommit& commit) {
    if (commit.after.name == "c") return Fault::conflict;
    return commit.after.name == "d" ? Fault::unknown_lost : Fault::none;
  };
  int loads = 0;
  host.store.before_load = [&] {
    // The loads are of a and b, of c and d, and of c and d again.
    if (++loads == 3) throw std::bad_alloc();
  };
  const auto events = observations({"a", "b", "c", "d", "e"});
  const std::vector<EventReport> reports = host.monitor.apply(events, day2);
  CHECK(statuses_of(reports) == Statuses{committed, committed, conflict, unknown, committed});
  CHECK(reports[2].error == "account 'c': memory ran out");
  CHECK(reports[3].error == "account 'd': memory ran out");
  CHECK(reports[2].decisions.empty());
  CHECK(reports[3].decisions.empty());
}
