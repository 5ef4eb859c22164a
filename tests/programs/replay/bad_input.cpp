// SPDX-License-Identifier: Apache-2.0
// lowtide-replay with unusual input: line ends, hostile lines, unreadable files, wrong usage. No
// input may crash it, and a refused line may change nothing.
#include <unistd.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "process.hpp"
#include "programs/replay/event_stream.hpp"

namespace {

// NOLINTBEGIN(performance-inefficient-string-concatenation): readable inputs matter more here

const std::string enable =
    R"({"type":"enable","account":"a","at":"2026-03-01T00:00:00Z","threshold":"100"})";
const std::string low =
    R"({"type":"balance","account":"a","at":"2026-03-02T00:00:00Z","available_credit":"50"})";
const std::string fired =
    R"({"account":"a","alert":"low_balance","at":"2026-03-02T00:00:00Z","output":"fire","episode":1,"available_credit":"50","threshold":"100"})"
    "\n";

}  // namespace

TEST_CASE("replay: line ends, blank lines and byte order marks change nothing") {
  const std::string mark = "\xEF\xBB\xBF";
  const std::vector<std::string> inputs = {
      enable + "\n" + low + "\n",          enable + "\n" + low,
      enable + "\r\n" + low + "\r\n",      mark + enable + "\n" + low,
      "\n \t\n" + enable + "\n\r\n" + low, mark + "\n" + enable + "\n" + low,
      enable + "\n  " + low + "  \n\n",    enable + "\r\n" + low + "\r"};
  for (const std::string& input : inputs) {
    CAPTURE(input);
    const Run run = replay({}, input);
    CHECK(run.status == 0);
    CHECK(run.out == fired);
  }
  for (const std::string& input :
       {enable + "\n" + mark + low, mark + mark + enable, enable + low, std::string("\r\r\n")}) {
    CAPTURE(input);
    CHECK(replay({}, input).status == 1);
  }
  const TextFile first(mark + enable);
  const TextFile second(mark + low);
  CHECK(replay({first.path(), second.path()}).out == fired);
  exercised("line ends", inputs.size() + 5, "inputs", 12);
}

TEST_CASE("replay: hostile lines are refused and never crash it") {
  const std::string nested(100000, '[');
  const std::string nul(1, '\0');
  std::string objects;
  for (int i = 0; i < 20000; ++i) objects += "{\"type\":";
  const std::vector<std::string> lines = {
      nested,
      "{\"type\":" + nested,
      "{\"balance\":" + nested + ",\"type\":\"balance\"}",
      objects,
      R"({"type":"tick","at":"2026-03-01T00:00:00Z"})" + nul,
      nul,
      R"({"type":"tick","account":"a)" + nul + R"(b","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":"a\u0000b","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","\u0061t":"2026-03-01T00:00:00Z","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","at":"2026-03-01T00:00:00Z","\u0061t":"2026-03-01T00:00:00Z"})",
      R"({"type":"enable","account":"a","at":"2026-03-01T00:00:00Z","threshold":"1","reminders":{"count":1,"\u0063ount":1}})",
      R"({"type":"tick","account":"\ud800","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":"\udc00","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":"\ud800\u0041","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":"\ud800\ud800","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":"\ud83d\ude00\ude00","at":"2026-03-01T00:00:00Z"})",
      "{\"type\":\"tick\",\"account\":\"\xED\xA0\x80\",\"at\":\"2026-03-01T00:00:00Z\"}",
      "{\"type\":\"tick\",\"account\":\"\xFF\",\"at\":\"2026-03-01T00:00:00Z\"}",
      R"({"type":"tick","account":")" + std::string(256, 'x') + R"(","at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":null,"at":"2026-03-01T00:00:00Z"})",
      R"({"type":"tick","account":["a"],"at":"2026-03-01T00:00:00Z"})",
      R"({"type":"rebase","account":"a","at":"2026-03-01T00:00:00Z","sequence":)" +
          std::string(100000, '9') + "}",
      R"({"type":"rebase","account":"a","at":"2026-03-01T00:00:00Z","sequence":-1})",
      R"({"type":"rebase","account":"a","at":"2026-03-01T00:00:00Z","sequence":1e3})",
      R"({"type":"rebase","account":"a","at":"2026-03-01T00:00:00Z","sequence":01})",
      R"({"type":"rebase","account":"a","at":"2026-03-01T00:00:00Z","sequence":"1"})",
      R"({"type":"balance","account":"a","at":"2026-03-01T00:00:00Z","available_credit":")" +
          std::string(1000000, '9') + "\"}",
      R"({"type":"balance","account":"a","alert":"low_balance","at":"2026-03-01T00:00:00Z","available_credit":"1"})",
      R"({"type":"disable","account":"a","at":"2026-03-01T00:00:00Z","threshold":"1"})",
      R"({"type":"tick","at":"2026-03-01T00:00:00Z",})",
      R"({"type":"tick","at":"2026-03-01T00:00:00Z"}{})",
      R"({"type":"tick","at":"2026-03-01T00:00:00Z"},)",
      R"({"type":"tick","at":"2026-03-01T00:00:00Z"}})",
      "{}",
      "\"tick\"",
  };
  for (const std::string& line : lines) {
    CAPTURE(line.substr(0, 120));
    const Run run = replay({"--keep-going"}, enable + "\n" + line + "\n" + low + "\n");
    CHECK(run.status == 1);
    CHECK(run.out == fired);
    CHECK(run.err.starts_with("-:2: "));
    CHECK(split_lines(run.err).front().size() < 400);
  }
  exercised("hostile lines", lines.size(), "lines", 30);
}

TEST_CASE("replay: binary noise is refused and never crashes it") {
  std::mt19937 random(7);
  constexpr std::uint64_t runs = 20;
  for (std::uint64_t i = 0; i < runs; ++i) {
    std::string noise;
    for (int j = 0; j < 50000; ++j)
      noise +=
          i % 2 == 0 ? static_cast<char>(random() & 0xFFU) : "{}[]\",:\\\n\r\t 0e-u"[random() % 16];
    const Run run = replay({"--keep-going"}, noise);
    CHECK(run.status == 1);
    CHECK(run.out.empty());
  }
  exercised("binary noise", runs * 50000, "bytes", 1000000);
}

TEST_CASE("replay: a file that cannot be opened ends the program before any output") {
  const TextFile good(enable + "\n" + low + "\n");
  for (const std::string bad : {"no/such/file", ".", "/"}) {
    CAPTURE(bad);
    const Run run = replay({good.path(), bad});
    CHECK(run.status == 1);
    CHECK(run.out.empty());
    CHECK_MESSAGE(run.err.starts_with(bad + ": cannot be opened: "), run.err);
  }
  exercised("files that cannot be opened", 3, "files", 3);
}

TEST_CASE("replay: a name in brackets is one file") {
  const TextFile plain(enable + "\n" + low + "\n");
  const std::string folder = plain.path().substr(0, plain.path().rfind('/') + 1);
  const std::string name = "[a,b]";
  std::rename(plain.path().c_str(), (folder + name).c_str());
  const Run run = replay({folder + name});
  CHECK(run.status == 0);
  CHECK(run.out == fired);
  const Run missing = replay({"[no,such]"});
  CHECK(missing.status == 1);
  CHECK_MESSAGE(missing.err.starts_with("./[no,such]: cannot be opened: "), missing.err);
  std::rename((folder + name).c_str(), plain.path().c_str());
}

TEST_CASE("replay: the output is flushed before every read, even after blank lines") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  write_all(ends[1], enable + "\n" + low + "\n\n \n");
  int reads = 0;
  lowtide::replay::EventStream stream(1000, [&] {
    // Closes the other end, so that the second read does not wait for ever.
    if (++reads == 2) ::close(ends[1]);
  });
  REQUIRE(stream.open("/dev/fd/" + std::to_string(ends[0])) == 0);
  using Event = const lowtide::events::InputEvent*;
  CHECK(std::holds_alternative<Event>(stream.next()));
  CHECK(std::holds_alternative<Event>(stream.next()));
  CHECK(reads == 1);
  CHECK(std::holds_alternative<lowtide::replay::EventStream::End>(stream.next()));
  CHECK(reads >= 2);
  ::close(ends[0]);
}

TEST_CASE("replay: invisible characters are escaped in text and unchanged in JSON") {
  const std::string name = "a\xC2\x9B\xE2\x80\x8B\xEF\xBB\xBFz";
  std::string input = enable + "\n" + low + "\n";
  for (std::size_t at = 0; (at = input.find("\"a\"", at)) != std::string::npos; at += name.size())
    input.replace(at + 1, 1, name);
  CHECK(
      replay({"--format", "text"}, input).out.find("a\\xc2\\x9b\\xe2\\x80\\x8b\\xef\\xbb\\xbfz") !=
      std::string::npos);
  CHECK(replay({}, input).out.find(name) != std::string::npos);
}

TEST_CASE("replay: accounts without an alert and an --until in the past are reported") {
  const std::string other =
      R"({"type":"balance","account":"A","at":"2026-03-02T00:00:00Z","available_credit":"50"})";
  const Run run = replay({"--until", "2026-03-01T00:00:00Z"}, enable + "\n" + other + "\n");
  CHECK(run.status == 0);
  CHECK_MESSAGE(run.err.find("2 accounts (1 without an alert) with 1 alert") != std::string::npos,
                run.err);
  CHECK_MESSAGE(run.err.find("--until is before the last event") != std::string::npos, run.err);
}

TEST_CASE("replay: an output that cannot be written is reported, with status 1") {
  CHECK(replay({}, enable + "\n" + low + "\n").err.find("standard output") == std::string::npos);
  for (const Target target : {Target::closed_pipe, Target::full_device}) {
    const Run run = replay({}, enable + "\n" + low + "\n", target);
    CHECK(run.status == 1);
    CHECK_MESSAGE(run.err.find("standard output: cannot be written: ") != std::string::npos,
                  run.err);
  }
  exercised("outputs that cannot be written", 2, "outputs", 2);
}

TEST_CASE("replay: a line over the limit is refused without being held in memory") {
  constexpr std::size_t megabytes = 300;
  const Run run = replay_piped({"--keep-going"}, [](int fd) {
    write_all(fd, enable + "\n");
    const std::string part(1000000, 'x');
    for (std::size_t i = 0; i < megabytes; ++i) write_all(fd, part);
    write_all(fd, "\n" + low + "\n");
  });
  CHECK(run.status == 1);
  CHECK(run.out == fired);
  CHECK_MESSAGE(
      run.err.starts_with("-:2: the line is longer than 16777216 bytes (--max-line): xxx"),
      run.err);
  CHECK_MESSAGE(run.peak_kilobytes < 150000, run.peak_kilobytes << " kB");

  // The limit itself is accepted; the end of the line and a byte order mark do not count.
  const std::string limit = std::to_string(enable.size());
  CHECK(replay({"--max-line", limit}, enable + "\n").status == 0);
  CHECK(replay({"--max-line", limit}, enable).status == 0);
  CHECK(replay({"--max-line", limit}, "\xEF\xBB\xBF" + enable + "\r\n").status == 0);
  CHECK(replay({"--max-line", limit}, enable + " \n").status == 1);
  CHECK(replay({"--max-line", limit}, " " + enable).status == 1);
  // A line of blanks that is too long is refused like any other; a long good line is accepted.
  const std::string blanks(3000000, ' ');
  CHECK(replay({}, enable + blanks + "\n" + low + "\n").out == fired);
  CHECK(replay({"--max-line", "2000000"}, enable + "\n" + blanks + "\n" + low + "\n").status == 1);
  exercised("a line over the limit", megabytes, "megabytes", 100);
}

TEST_CASE("replay: wrong usage has status 2 and writes nothing to standard output") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--timer", "manual"},
      {"--timer", "0"},
      {"--until", "tomorrow"},
      {"--until", "2026-02-30T00:00:00Z"},
      {"--until"},
      {"--timer", "explicit", "--until", "2026-03-01T00:00:00Z"},
      {"--until", "2026-03-01T00:00:00Z", "--timer", "explicit"},
      {"--max-line", "0"},
      {"--max-line", "-1"},
      {"--max-line", "1.5"},
      {"--max-line", "many"},
      {"--format", "xml"},
      {"--no-such-option"},
      {"-", "-"},
  };
  for (const auto& arguments : wrong) {
    CAPTURE(arguments.front());
    const Run run = replay(arguments, enable + "\n" + low + "\n");
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(!run.err.empty());
  }
  CHECK(replay({"--help"}).status == 0);
  CHECK(replay({"--version"}).out.starts_with("lowtide-replay "));
  exercised("wrong usage", wrong.size(), "command lines", 10);
}

TEST_CASE("replay: --format text writes one line per output, and decisions with --explain") {
  const std::string input = enable + "\n" + low + "\n";
  CHECK(replay({"--format", "text"}, input).out ==
        "2026-03-02 00:00:00Z  a  low_balance  FIRE             available 50, threshold 100        "
        " fell below\n");
  const Run run =
      replay({"--format", "text", "--explain", "--until", "2026-03-08T00:00:00Z"}, input);
  CHECK(run.out.find("(alerting)       Available Credit fell below the threshold.\n") !=
        std::string::npos);
  CHECK(run.out.find("reminder 5/5     available 50, threshold 100         reminder due\n") !=
        std::string::npos);
  CHECK(run.out.find(
            "stop             available 50, threshold 100         completed, 5 reminders sent\n") !=
        std::string::npos);
  exercised("text", split_lines(run.out).size(), "lines", 10);
}

// NOLINTEND(performance-inefficient-string-concatenation)
