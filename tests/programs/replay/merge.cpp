// SPDX-License-Identifier: Apache-2.0
// lowtide-replay with several files: the order of their events, and the place of a bad line.
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "process.hpp"

namespace {

std::string enable(const std::string& account, int hour) {
  return R"({"type":"enable","account":")" + account + R"(","at":"2026-03-01T0)" +
         std::to_string(hour) + R"(:00:00Z","threshold":"100"})" + "\n";
}

// The accounts in the order of the decisions. Each enable is one decision.
std::string order(const Run& run) {
  std::string accounts;
  for (const std::string& line : split_lines(run.out))
    accounts += line.at(std::string_view(R"({"account":")").size());
  return accounts;
}

}  // namespace

TEST_CASE("replay: files are merged by instant, ties in the order of the files") {
  struct Row {
    std::vector<std::string> files;
    const char* order;       // up to the first bad line
    const char* keep_going;  // with the bad line skipped
  };
  const std::vector<Row> rows = {
      {{enable("a", 1) + enable("b", 3), enable("c", 2) + enable("d", 4)}, "acbd", "acbd"},
      {{enable("a", 1) + enable("b", 1), enable("c", 1) + enable("d", 1)}, "abcd", "abcd"},
      {{enable("a", 2), enable("b", 1), enable("c", 2), enable("d", 1)}, "bdac", "bdac"},
      {{enable("a", 3) + enable("b", 1), enable("c", 2) + enable("d", 4)}, "cabd", "cabd"},
      {{enable("a", 1) + "bad\n" + enable("b", 2), enable("c", 1)}, "a", "acb"},
      {{enable("a", 2) + "bad\n", enable("b", 1) + enable("c", 3)}, "ba", "bac"},
      {{"bad\n" + enable("a", 2), enable("b", 1)}, "", "ba"},
      {{enable("a", 2), "bad\n" + enable("b", 1)}, "", "ba"},
      {{"", enable("a", 1), "\n\n"}, "a", "a"},
  };
  std::uint64_t count = 0;
  for (const Row& row : rows) {
    CAPTURE(count);
    std::vector<std::unique_ptr<TextFile>> files;
    std::vector<std::string> arguments = {"--explain"};
    for (const std::string& text : row.files)
      arguments.push_back(files.emplace_back(std::make_unique<TextFile>(text))->path());
    const Run stopping = replay(arguments);
    CHECK(order(stopping) == row.order);
    CHECK(stopping.status == (std::string(row.order) == row.keep_going ? 0 : 1));
    arguments.emplace_back("--keep-going");
    const Run going = replay(arguments);
    CHECK(order(going) == row.keep_going);
    CHECK(going.status == stopping.status);
    ++count;
  }
  const TextFile file(enable("a", 2) + enable("c", 2));
  CHECK(order(replay({"--explain", file.path(), "-"}, enable("b", 1) + enable("d", 2))) == "bacd");
  CHECK(order(replay({"--explain", file.path(), file.path()})) == "acac");
  exercised("merged files", count + 2, "sets of files", 9);
}

TEST_CASE("replay: the message of a bad line names its file and line") {
  const TextFile good(enable("a", 1) + enable("b", 2));
  const TextFile bad("\n" + enable("c", 1) + "\r\nbad\n");
  const Run run = replay({good.path(), bad.path()});
  CHECK(run.status == 1);
  CHECK_MESSAGE(run.err.starts_with(bad.path() + ":4: "), run.err);
  exercised("places of bad lines", 1, "places");
}
