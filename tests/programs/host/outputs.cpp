// SPDX-License-Identifier: Apache-2.0
// Every scenario and a month of real charges through lowtide-host: the notices in the database must
// be the expected outputs.
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "host_process.hpp"
#include "programs/by_account.hpp"

namespace {

struct Scenario {
  std::string name;
  Words options;
};

std::vector<Scenario> scenarios() {
  std::vector<Scenario> found;
  simdjson::dom::parser parser;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".json") continue;
    const auto meta = parser.load(entry.path().string());
    Scenario scenario{entry.path().stem().string(),
                      {"--timer", std::string(std::string_view(meta["timer"]))}};
    if (!meta["until"].is_null())
      scenario.options.insert(scenario.options.end(),
                              {"--until", std::string(std::string_view(meta["until"]))});
    found.push_back(scenario);
  }
  std::ranges::sort(found, {}, &Scenario::name);
  return found;
}

// Ingests a file in batches of that size, and returns the notices in the database.
std::string outputs_of(const HostFolder& folder, const std::string& events, const Words& options,
                       const char* batch) {
  Words words = {"ingest", events, "--batch", batch, "--now", "9999-12-31T23:59:59Z"};
  words.insert(words.end(), options.begin(), options.end());
  const HostRun ingested = folder.run(words);
  REQUIRE_MESSAGE(ingested.status == 0, ingested.err);
  // Once more: everything is already ingested.
  const HostRun again = folder.run(words);
  CHECK(again.status == 0);
  CHECK_MESSAGE(again.err.starts_with("0 events in "), again.err);
  const HostRun notices = folder.run({"notices", "--json"});
  CHECK(notices.status == 0);
  return notices.out;
}

}  // namespace

TEST_CASE("scenarios: every scenario leaves the expected outputs in the database") {
  std::uint64_t count = 0;
  std::uint64_t outputs = 0;
  for (const Scenario& scenario : scenarios()) {
    CAPTURE(scenario.name);
    const std::string expected = read_whole("scenarios/" + scenario.name + ".outputs.jsonl");
    for (const char* const batch : {"1000", "7"}) {
      CAPTURE(batch);
      const HostFolder folder;
      const std::string found = outputs_of(folder, "scenarios/" + scenario.name + ".events.jsonl",
                                           scenario.options, batch);
      const bool equal = by_account(found) == by_account(expected);
      CHECK(equal);
      outputs += lines_of(found).size();
    }
    ++count;
  }
  exercised("scenarios through lowtide-host", count, "scenarios", 40);
  exercised("scenarios through lowtide-host, outputs", outputs, "outputs", 1000);
}

TEST_CASE("ingest: a month of real charges leaves the expected outputs in the database") {
  const std::string data = "../../shared/data/focus-2024-09/";
  if (!std::filesystem::exists(data + "events.jsonl")) {
    std::puts("skipped: real charges through lowtide-host: ../shared/data not found");
    return;
  }
  const HostFolder folder;
  const std::string found =
      outputs_of(folder, data + "events.jsonl", {"--until", "2024-10-10T00:00:00Z"}, "1000");
  const std::string expected = read_whole(data + "outputs.jsonl");
  const bool equal = by_account(found) == by_account(expected);
  CHECK(equal);
  CHECK(lines_of(found).size() == lines_of(expected).size());
  exercised("real charges through lowtide-host", lines_of(found).size(), "outputs", 200);
}
