// SPDX-License-Identifier: Apache-2.0
// Monitor::apply: which commits are attempted again, and how often.
#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("attempts: a conflict is tried again as often as the options say") {
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
      host.spoil_commits(Fault::conflict, times);
      const bool enough = times < std::max(attempts, 1U);
      const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
      CHECK(status_of(report) == (enough ? EventStatus::committed : EventStatus::conflict));
      if (!enough) CHECK(report.error == "account 'acme': others committed it first");
      CHECK(host.keys() == (enough ? Lines{fire_1} : Lines{}));
      const unsigned tried = enough ? times + 1 : std::max(attempts, 1U);
      CHECK(host.store.log.size() == std::size_t{2} * tried);
      commits += tried;
    }
  }
  exercised("conflicts", commits, "commits", 200);
}

TEST_CASE("attempts: 16 is the default") {
  Host host;
  host.spoil_commits(Fault::conflict, 15);
  CHECK(status_of(host.monitor.observe("acme", credit("1", day2, 1), day2)) ==
        EventStatus::committed);
  host.spoil_commits(Fault::conflict, 16);
  CHECK(status_of(host.monitor.observe("acme", credit("2", day2, 2), day2)) ==
        EventStatus::conflict);
}

TEST_CASE("attempts: a conflict is decided again from what the other worker stored") {
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
  CHECK(status_of(report) == EventStatus::unchanged);
  REQUIRE(report.decisions.size() == 1);
  CHECK(report.decisions[0].why == Why::stale);
  CHECK(host.keys() == Lines{fire_1});
  CHECK(host.store.accounts.at("acme").available_credit == amount("500"));
}

TEST_CASE("attempts: joined mode makes one, and a conflict goes to the caller") {
  for (const Fault fault :
       {Fault::conflict, Fault::unknown_stored, Fault::unknown_lost, Fault::failed}) {
    MonitorOptions options;
    options.mode = TransactionMode::joined;
    Host host(options);
    enable_acme(host);
    host.store.log.clear();
    host.spoil_commits(fault, 1);
    const EventStatus status =
        status_of(host.monitor.observe("acme", credit("999", day2, 1), day2));
    CHECK(status == (fault == Fault::conflict ? EventStatus::conflict
                     : fault == Fault::failed ? EventStatus::failed
                                              : EventStatus::unknown));
    CHECK(host.store.log == Lines{"load acme", "commit acme"});
  }
}

TEST_CASE("attempts: a failed commit or load is not tried again, and its reason is reported") {
  Host host;
  host.spoil_commits(Fault::failed, 1);
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(status_of(report) == EventStatus::failed);
  CHECK(report.error == "account 'acme': an account was not stored");
  CHECK(host.store.accounts.empty());
  CHECK(host.store.log == Lines{"load acme", "commit acme"});

  host.store.load_error = HostError{"no store"};
  const EventReport unread = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(status_of(unread) == EventStatus::failed);
  CHECK(unread.error == "account 'acme': no store");
}

TEST_CASE("attempts: an undefined commit result is not tried again") {
  Host host;
  host.spoil_commits(Fault::undefined, 1);
  const EventReport report = host.monitor.observe("acme", credit("999", day2, 1), day2);
  CHECK(status_of(report) == EventStatus::failed);
  CHECK(report.error == "account 'acme': the store returned an undefined commit result");
  CHECK(host.store.log == Lines{"load acme", "commit acme"});
}
