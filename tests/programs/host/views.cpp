// SPDX-License-Identifier: Apache-2.0
// The views, help texts and query plans of lowtide-host.
#include <simdjson.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"
#include "host_process.hpp"

namespace {

const std::string odd_name = "Caf\xC3\xA9 \\ \"x\" <b>";

// Two accounts that fire, one with a name that needs escaping.
std::string events() {
  const std::string odd = R"("account":"Caf\u00e9 \\ \"x\" <b>")";
  return R"({"type":"enable","account":"acme","at":"2026-03-01T00:00:00Z","threshold":"1000"})"
         "\n"
         R"({"type":"enable",)" +
         odd + R"(,"alert":"a\"b","at":"2026-03-01T00:00:00Z","threshold":"10"})" +
         "\n"
         R"({"type":"balance","account":"acme","at":"2026-03-02T08:00:00Z","sequence":1,"balance":{"cash_balance":"1000","credit_limit":"0",)"
         R"("credit_refunds":"0","unsettled_current_month":"0.000000000000000001","unsettled_previous_months":"0"}})"
         "\n"
         R"({"type":"balance",)" +
         odd + R"(,"at":"2026-03-02T08:00:00Z","available_credit":"-1"})" + "\n";
}

struct Shown {
  HostFolder folder;
  Shown() {
    REQUIRE(
        folder.run({"profile", "acme", "--contact", "a@example.com", "--currency", "USD"}).status ==
        0);
    REQUIRE(folder
                .run({"ingest", folder.file("events.jsonl", events()), "--until",
                      "2026-03-04T09:00:00Z"})
                .status == 0);
    folder.run({"deliver", "--mail-dir", folder.mail()});
  }
};

}  // namespace

TEST_CASE("views: every view prints text, and with --json one valid object per line") {
  const Shown shown;
  const std::vector<Words> views = {{"accounts"},
                                    {"status"},
                                    {"notices"},
                                    {"notices", "--account", odd_name},
                                    {"notices", "--pending"},
                                    {"show", "acme"},
                                    {"show", odd_name},
                                    {"inbox", "acme"},
                                    {"inbox", odd_name}};
  std::uint64_t objects = 0;
  simdjson::dom::parser parser;
  for (const Words& view : views) {
    CAPTURE(view.front());
    const HostRun text = shown.folder.run(view);
    CHECK(text.status == 0);
    CHECK(text.err.empty());
    if (view.back() != "--pending") CHECK_FALSE(text.out.empty());
    Words json = view;
    json.emplace_back("--json");
    const HostRun run = shown.folder.run(json);
    CHECK(run.status == 0);
    CHECK(run.err.empty());
    for (const std::string& line : lines_of(run.out)) {
      simdjson::dom::object object;
      const auto error = parser.parse(line).get(object);
      CHECK_MESSAGE(error == simdjson::SUCCESS, line);
      ++objects;
    }
    if (!run.out.empty()) CHECK(run.out.back() == '\n');
  }
  exercised("JSON objects of views", objects, "objects", 12);
}

TEST_CASE("views: show phases, exact amounts and notices, and report an unknown account") {
  const Shown shown;
  const std::string account = shown.folder.run({"show", "acme"}).out;
  for (const char* const part :
       {"acme", "999.999999999999999999", "1000", "alerting", "low_balance"}) {
    CHECK_MESSAGE(account.find(part) != std::string::npos, part << " in " << account);
  }
  simdjson::dom::parser parser;
  simdjson::dom::element status;
  REQUIRE(parser.parse(shown.folder.run({"status", "--json"}).out).get(status) ==
          simdjson::SUCCESS);
  CHECK(std::uint64_t(status["accounts"]) == 2);
  CHECK(std::uint64_t(status["alerts"]) == 2);
  CHECK(std::uint64_t(status["pending"]) == 0);
  CHECK(std::uint64_t(status["failed"]) == 1);
  CHECK(std::string_view(status["next_due"]) == "2026-03-05T08:00:00Z");
  // One account has a fire and two reminders. The other has one fire; its stop is only recorded.
  CHECK(lines_of(shown.folder.run({"inbox", "acme", "--json"}).out).size() == 3);
  CHECK(lines_of(shown.folder.run({"inbox", odd_name, "--json"}).out).size() == 1);
  CHECK(lines_of(shown.folder.run({"notices", "--json"}).out).size() == 5);
  CHECK(lines_of(shown.folder.run({"notices", "--json", "--account", "acme"}).out).size() == 3);
  CHECK(shown.folder.run({"notices", "--json", "--pending"}).out.empty());
  for (const char* const view : {"show", "inbox"}) {
    const HostRun unknown = shown.folder.run({view, "nobody"});
    CHECK(unknown.status == 1);
    CHECK(unknown.out.empty());
    CHECK_MESSAGE(unknown.err.find("nobody") != std::string::npos, unknown.err);
  }
}

TEST_CASE("usage: every command has a help text, and wrong usage has status 2") {
  const HostFolder folder;
  const std::vector<std::string> commands = {"ingest",   "run",  "tick",  "deliver", "profile",
                                             "accounts", "show", "inbox", "notices", "status"};
  const std::string all = folder.run({"--help", "--db", "x"}).out;
  for (const std::string& command : commands) {
    CAPTURE(command);
    CHECK(all.find("\n  " + command) != std::string::npos);
    const HostRun help = folder.run({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.out.find("Usage: ") != std::string::npos);
    CHECK(help.out.find(command) != std::string::npos);
    CHECK(folder.run({command, "--no-such-option"}).status == 2);
  }
  CHECK(folder.run({"--version", "--db", "x"}).out.starts_with("lowtide-host "));
  CHECK(folder.run({"tick", "--now", "yesterday"}).status == 2);
  CHECK(folder.run({"no-such-command"}).status == 2);
  exercised("commands that explain themselves", commands.size(), "commands", 10);
}

TEST_CASE("plans: no statement of every event reads a whole table") {
  const Shown shown;
  const HostRun plans = shown.folder.run({"plans"});
  CHECK_MESSAGE(plans.status == 0, plans.out);
  CHECK(plans.out.find("SEARCH ") != std::string::npos);
}
