// SPDX-License-Identifier: Apache-2.0
// Reads the scenarios with the reader of lowtide-replay, and passes them as structs of C to the
// player, which is written in C and includes lowtide.h alone.
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "player.h"
#include "programs/events/event_reader.hpp"
#include "programs/events/line_reader.hpp"

namespace {

lowtide_amount to_c(lowtide::Amount amount) { return {amount.low, amount.high}; }
lowtide_text to_c(std::string_view text) { return {text.data(), text.size()}; }

event to_c(const lowtide::events::InputEvent& from) {
  using lowtide::events::EventType;
  event to{};
  switch (from.type) {
    case EventType::balance: to.type = EVENT_OBSERVATION; break;
    case EventType::enable: to.type = EVENT_ENABLE; break;
    case EventType::set_threshold: to.type = EVENT_SET_THRESHOLD; break;
    case EventType::disable: to.type = EVENT_DISABLE; break;
    case EventType::rebase: to.type = EVENT_REBASE; break;
    case EventType::tick: to.type = EVENT_TICK; break;
  }
  to.at = to.observation.at = to.enable.at = to.set_threshold.at = from.at.seconds();
  to.account = to_c(from.account);
  to.alert = to_c(from.alert);
  to.sequence = to.observation.sequence = from.sequence ? from.sequence->value() : 0;

  to.observation.struct_size = sizeof to.observation;
  to.observation.flags =
      from.balance ? LOWTIDE_OBSERVATION_HAS_BALANCE : LOWTIDE_OBSERVATION_HAS_AVAILABLE_CREDIT;
  if (from.sequence) to.observation.flags |= LOWTIDE_OBSERVATION_HAS_SEQUENCE;
  if (from.balance) {
    to.observation.cash_balance = to_c(from.balance->cash_balance);
    to.observation.credit_limit = to_c(from.balance->credit_limit);
    to.observation.credit_refunds = to_c(from.balance->credit_refunds);
    to.observation.unsettled_current_month = to_c(from.balance->unsettled_current_month);
    to.observation.unsettled_previous_months = to_c(from.balance->unsettled_previous_months);
  } else {
    to.observation.available_credit = to_c(from.available_credit);
  }

  to.enable.struct_size = sizeof to.enable;
  to.enable.threshold = to.set_threshold.threshold = to_c(from.threshold.amount());
  to.enable.if_below = to.set_threshold.if_below = static_cast<std::int32_t>(from.if_below);
  to.set_threshold.struct_size = sizeof to.set_threshold;
  if (from.schedule) {
    to.enable.flags = LOWTIDE_ENABLE_HAS_SCHEDULE;
    to.enable.count = from.schedule->count();
    to.enable.utc_offset = static_cast<std::int32_t>(from.schedule->utc_offset().count());
    if (const auto time_of_day = from.schedule->time_of_day()) {
      to.enable.flags |= LOWTIDE_ENABLE_HAS_TIME_OF_DAY;
      to.enable.time_of_day = static_cast<std::int32_t>(time_of_day->count());
    }
  }
  return to;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The text of a key in a scenario's description; empty if it does not have the key.
std::string word(const std::string& text, const std::string& key) {
  const std::string before = '"' + key + "\": \"";
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return "";
  const std::size_t start = at + before.size();
  return text.substr(start, text.find('"', start) - start);
}

}  // namespace

TEST_CASE("scenarios: each gives through the C ABI what is written down") {
  std::uint64_t count = 0;
  std::uint64_t events = 0;
  std::uint64_t keys = 0;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".json") continue;
    const std::string base = "scenarios/" + entry.path().stem().string();
    CAPTURE(base);
    const std::string meta = read_file(entry.path().string());
    for (const bool explain : {false, true}) {
      const std::unique_ptr<player, decltype(&player_free)> played(
          player_new(word(meta, "timer") == "simulated" ? 1 : 0, explain ? 1 : 0), &player_free);
      REQUIRE(played);
      lowtide::events::EventReader reader;
      std::ifstream file(base + ".events.jsonl");
      for (std::string line; std::getline(file, line);) {
        const std::size_t size = line.size();
        line.append(1, '\n').append(lowtide::events::LineReader::padding, ' ');
        lowtide::events::InputEvent input;
        REQUIRE(!reader.read(std::string_view(line).substr(0, size), input));
        const event one = to_c(input);
        const char* const wrong = player_apply(played.get(), &one);
        REQUIRE_MESSAGE(wrong == nullptr, wrong);
        ++events;
      }
      if (const std::string until = word(meta, "until"); !until.empty()) {
        const char* const wrong =
            player_finish(played.get(), lowtide::Instant::parse(until).value().seconds());
        REQUIRE_MESSAGE(wrong == nullptr, wrong);
      }
      std::size_t size = 0;
      const char* const out = player_output(played.get(), &size);
      const bool equal = std::string_view(out, size) ==
                         read_file(base + (explain ? ".explained.jsonl" : ".outputs.jsonl"));
      CHECK_MESSAGE(equal, "explain " << explain);
      keys += player_keys(played.get());
    }
    ++count;
  }
  exercised("scenarios through the C ABI", count, "scenarios", 40);
  exercised("scenarios through the C ABI, events", events, "events", 3000);
  exercised("scenarios through the C ABI, keys that are unique", keys, "keys", 500);
}
