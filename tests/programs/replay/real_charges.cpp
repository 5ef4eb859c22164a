// SPDX-License-Identifier: Apache-2.0
// lowtide-replay with a month of real charges, if the data is there.
#include <cstdio>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "process.hpp"
#include "programs/by_account.hpp"

TEST_CASE("replay: a month of real charges gives the expected outputs") {
  const std::string folder = "../../shared/data/focus-2024-09/";
  if (!std::filesystem::exists(folder + "events.jsonl")) {
    std::puts("skipped: real charges: ../shared/data not found");
    return;
  }
  const Run run = replay({"--until", "2024-10-10T00:00:00Z", folder + "events.jsonl"});
  CHECK(run.status == 0);
  const std::string expected = read_file(folder + "outputs.jsonl");
  // The expected file is sorted by account.
  const bool equal = by_account(run.out) == by_account(expected);
  CHECK(equal);
  CHECK(split_lines(run.out).size() == split_lines(expected).size());
  exercised("real charges", split_lines(expected).size(), "outputs", 200);
}
