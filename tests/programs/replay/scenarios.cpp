// SPDX-License-Identifier: Apache-2.0
// Every scenario of tests/scenarios, through the C++ API and through lowtide-replay.
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "naive_player.hpp"
#include "process.hpp"
#include "programs/events/event_reader.hpp"
#include "programs/events/line_reader.hpp"

namespace {

struct Scenario {
  std::string name;
  bool simulated = true;
  std::optional<lowtide::Instant> until;

  std::string file(const char* kind) const { return "scenarios/" + name + "." + kind + ".jsonl"; }
  std::vector<std::string> arguments(bool explain) const {
    std::vector<std::string> words = {"--timer", simulated ? "simulated" : "explicit"};
    if (until) words.insert(words.end(), {"--until", lowtide::to_text(*until)});
    if (explain) words.emplace_back("--explain");
    words.push_back(file("events"));
    return words;
  }
};

std::vector<Scenario> scenarios() {
  std::vector<Scenario> found;
  simdjson::dom::parser parser;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".json") continue;
    Scenario scenario;
    scenario.name = entry.path().stem().string();
    const auto meta = parser.load(entry.path().string());
    scenario.simulated = std::string_view(meta["timer"]) == "simulated";
    if (!meta["until"].is_null())
      scenario.until = *lowtide::Instant::parse(std::string_view(meta["until"]));
    found.push_back(scenario);
  }
  std::sort(found.begin(), found.end(),
            [](const Scenario& a, const Scenario& b) { return a.name < b.name; });
  return found;
}

constexpr std::uint64_t min_scenarios = 40;

}  // namespace

TEST_CASE("scenarios: every scenario gives the expected outputs in C++") {
  std::uint64_t count = 0;
  std::uint64_t events = 0;
  for (const Scenario& scenario : scenarios()) {
    CAPTURE(scenario.name);
    for (const bool explain : {false, true}) {
      NaivePlayer player(scenario.simulated, explain);
      lowtide::events::EventReader reader;
      for (std::string line : split_lines(read_file(scenario.file("events")))) {
        const std::size_t size = line.size();
        line.append(1, '\n').append(lowtide::events::LineReader::padding, ' ');
        lowtide::events::InputEvent event;
        const auto message = reader.read(std::string_view(line).substr(0, size), event);
        REQUIRE_MESSAGE(!message.has_value(), *message);
        REQUIRE(player.apply(event));
        ++events;
      }
      if (scenario.until) player.finish(*scenario.until);
      const bool equal =
          player.out() == read_file(scenario.file(explain ? "explained" : "outputs"));
      CHECK_MESSAGE(equal, "explain " << explain);
    }
    ++count;
  }
  exercised("scenarios through the C++ API", count, "scenarios", min_scenarios);
  exercised("scenarios through the C++ API, events", events, "events", 3000);
}

TEST_CASE("scenarios: every scenario gives the expected outputs in lowtide-replay") {
  std::uint64_t count = 0;
  std::uint64_t lines = 0;
  for (const Scenario& scenario : scenarios()) {
    CAPTURE(scenario.name);
    for (const bool explain : {false, true}) {
      const Run run = replay(scenario.arguments(explain));
      const std::string expected = read_file(scenario.file(explain ? "explained" : "outputs"));
      CHECK(run.status == 0);
      const bool equal = run.out == expected;
      CHECK_MESSAGE(equal, "explain " << explain << ": " << run.err);
      lines += split_lines(expected).size();
    }
    ++count;
  }
  exercised("scenarios through lowtide-replay", count, "scenarios", min_scenarios);
  exercised("scenarios through lowtide-replay, lines", lines, "lines", 3000);
}
