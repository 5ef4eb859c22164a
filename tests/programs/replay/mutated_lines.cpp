// SPDX-License-Identifier: Apache-2.0
// EventReader with randomly damaged lines: what it accepts must be valid JSON, by a second parser.
#include <simdjson.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "programs/events/event_reader.hpp"
#include "programs/events/line_reader.hpp"

namespace {

const std::vector<std::string> seeds = {
    R"({"type":"enable","account":"acme","at":"2026-03-01T00:00:00Z","threshold":"1000","reminders":{"count":5,"at":"09:00","utc_offset":"+08:00"}})",
    R"({"type":"balance","account":"acme","at":"2026-03-02T08:00:00Z","sequence":2,"balance":{"cash_balance":"10000","credit_limit":"5000","credit_refunds":"200","unsettled_current_month":"3000","unsettled_previous_months":"3000"}})",
    R"( { "type" : "balance" , "account" : "a\"\\\u00e9\ud83d\ude00" , "at" : "2026-03-02T09:00:00Z" , "available_credit" : "-92.5e-1" } )",
    R"({"at":"2026-03-02T09:00:00Z","account":"é","threshold":"500","type":"set_threshold","alert":"critical","if_below":"recovery_first"})",
    R"({"type":"disable","account":"acme","at":"2026-03-02T09:00:00Z"})",
    R"({"type":"rebase","account":"acme","at":"2026-03-02T09:00:00Z","sequence":0})",
    R"({"\u0074ype":"tick","at":"2026-03-02T09:00:00Z"})",
};

// Bytes and words that a JSON parser treats specially.
const std::vector<std::string> words = {"\"",
                                        "\\",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "0",
                                        "1",
                                        "-",
                                        "+",
                                        ".",
                                        "e",
                                        "E",
                                        " ",
                                        "\t",
                                        "\r",
                                        "\x01",
                                        std::string(1, '\0'),
                                        "\x7f",
                                        "\x80",
                                        "\xC3",
                                        "\xED\xA0\x80",
                                        "\xEF\xBB\xBF",
                                        "\xF4\x90\x80\x80",
                                        "null",
                                        "true",
                                        "\\u0000",
                                        "\\ud800",
                                        "\\udc00",
                                        "\\u0041",
                                        "\\x",
                                        "\\u12",
                                        "\"at\":",
                                        "{}",
                                        "[[",
                                        "}}",
                                        "1e5",
                                        "00",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        ",\"type\":\"tick\"",
                                        "/",
                                        "'",
                                        "\f",
                                        "\v"};

std::string mutate(std::string line, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  const std::size_t changes = 1 + below(3);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = below(line.size() + 1);
    const std::size_t size = std::min(below(6), line.size() - at);
    switch (below(6)) {
      case 0: line.insert(at, words[below(words.size())]); break;
      case 1: line.replace(at, size, words[below(words.size())]); break;
      case 2: line.erase(at, size); break;
      case 3: line.insert(at, line.substr(below(line.size() + 1), below(40))); break;
      case 4: line.insert(at, 1, static_cast<char>(below(256))); break;
      case 5:
        if (below(4) == 0)
          line.resize(at);
        else
          line.insert(at, below(2) == 0 ? " " : "0");
        break;
      default: break;
    }
  }
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

// Checks an accepted line with a parser that validates the whole line first.
void check_accepted(const std::string& line, const lowtide::events::InputEvent& event) {
  static simdjson::dom::parser parser;
  simdjson::dom::object object;
  const auto error = parser.parse(line).get(object);
  REQUIRE_MESSAGE(error == simdjson::SUCCESS, simdjson::error_message(error) << ": " << line);
  std::set<std::string> keys;
  for (const auto field : object) {
    REQUIRE_MESSAGE(keys.insert(std::string(field.key)).second, "a key twice: " << line);
    REQUIRE_MESSAGE(!field.value.is_null(), line);
    simdjson::dom::object inner;
    if (field.value.get(inner) != simdjson::SUCCESS) continue;
    std::set<std::string> inner_keys;
    for (const auto part : inner)
      REQUIRE_MESSAGE(inner_keys.insert(std::string(part.key)).second, "a key twice: " << line);
    CHECK((field.key == "balance" ? inner_keys.size() == 5 : field.key == "reminders"));
  }
  std::string_view text;
  REQUIRE(object["at"].get(text) == simdjson::SUCCESS);
  CHECK(text == lowtide::to_text(event.at));
  const bool has_account = object["account"].get(text) == simdjson::SUCCESS;
  CHECK((has_account ? text : std::string_view()) == event.account);
}

}  // namespace

TEST_CASE("events: a mutated line is accepted only if it is valid JSON") {
  std::mt19937 random(20260301);
  lowtide::events::EventReader reader;
  constexpr std::uint64_t count = 400000;
  std::uint64_t accepted = 0;
  for (const std::string& seed : seeds) {
    lowtide::events::InputEvent event;
    const std::string padded = seed + "\n" + std::string(lowtide::events::LineReader::padding, ' ');
    const auto message = reader.read(std::string_view(padded).substr(0, seed.size()), event);
    REQUIRE_MESSAGE(!message.has_value(), *message << ": " << seed);
    check_accepted(seed, event);
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string line = mutate(seeds[i % seeds.size()], random);
    // The bytes behind the line look like its continuation. They must not be read as part of it.
    std::string padded = line + "\n";
    while (padded.size() < line.size() + lowtide::events::LineReader::padding)
      padded += words[random() % words.size()];
    padded.resize(line.size() + lowtide::events::LineReader::padding);
    lowtide::events::InputEvent event;
    const auto message = reader.read(std::string_view(padded).substr(0, line.size()), event);
    if (message) {
      REQUIRE(!message->empty());
      REQUIRE_MESSAGE(
          std::none_of(message->begin(), message->end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
          *message);
      continue;
    }
    ++accepted;
    check_accepted(line, event);
  }
  exercised("mutated lines", count, "lines", 100000);
  exercised("mutated lines that were accepted", accepted, "lines", 10000);
}
