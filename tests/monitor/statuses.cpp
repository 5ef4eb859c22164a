// SPDX-License-Identifier: Apache-2.0
// Names of statuses, and whether the tests before this file met all of them: doctest runs the files
// in the order of their names.
#include <set>
#include <string_view>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "fixture.hpp"

using namespace lowtide;
using namespace host_test;

TEST_CASE("status: each has a name of its own") {
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

TEST_CASE("status: each status and commit result occurred in the tests") {
  exercised("statuses that occurred", seen_statuses.size(), "statuses", 6);
  exercised("commit results that occurred", seen_commit_results.size(), "results", 4);
}
