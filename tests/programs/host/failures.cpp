// SPDX-License-Identifier: Apache-2.0
// lowtide-host with a locked, foreign or damaged database, and with input that ends early. It must
// report what is wrong and must not change what it does not understand.
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <lowtide/instant.hpp>

#include "exercised.hpp"
#include "prepared.hpp"

TEST_CASE("database: a lock is reported after the given patience, and nothing is lost") {
  const Prepared prepared;
  const std::string more = prepared.folder.file("more.jsonl", events(5));
  {
    Database database(prepared.folder.db(), Database::Missing::refuse, std::chrono::seconds(5));
    const lowtide::host::Transaction transaction(database);
    for (const Words& words : {Words{"ingest", more}, tick, prepared.deliver(),
                               Words{"profile", "x", "--language", "en"}}) {
      Words without_patience = words;
      without_patience.insert(without_patience.end(), {"--patience", "0"});
      const HostRun run = prepared.folder.run(without_patience);
      CHECK(run.status == 1);
      CHECK_MESSAGE(reports(run, "is locked"), run.err);
    }
    // A view does not wait for a writer.
    CHECK(prepared.folder.run({"status", "--patience", "0"}).status == 0);
  }
  CHECK(prepared.folder.run({"ingest", more}).status == 0);
  CHECK(prepared.folder.run(tick).status == 0);
  CHECK(prepared.notices() == 10);
  CHECK(prepared.folder.run(prepared.deliver()).status == 1);  // two accounts have no contact
  CHECK(prepared.pending() == 0);
}

TEST_CASE("database: a newer schema, another database or another file is refused and not changed") {
  const std::vector<std::function<void(const Prepared&)>> spoil = {
      [](const Prepared& one) {
        Database(one.folder.db(), Database::Missing::refuse, {}).execute("PRAGMA user_version = 2");
      },
      [](const Prepared& one) {
        Database(one.folder.db(), Database::Missing::refuse, {}).execute("PRAGMA user_version = 0");
      },
      [](const Prepared& one) {
        Database(one.folder.db(), Database::Missing::refuse, {})
            .execute("PRAGMA application_id = 1");
      },
      [](const Prepared& one) { one.folder.file("host.db", std::string(5000, 'x')); },
      [](const Prepared& one) {
        one.folder.file("host.db", std::string("SQLite format 3\0", 16) + std::string(500, 'x'));
      },
  };
  const std::vector<const char*> messages = {"newer", "unknown version", "another program",
                                             "not a SQLite database", "not a SQLite database"};
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < spoil.size(); ++i) {
    CAPTURE(messages[i]);
    const Prepared prepared;
    spoil[i](prepared);
    const std::string before = read_whole(prepared.folder.db());
    for (const Words& words :
         {Words{"ingest", prepared.file}, tick, prepared.deliver(), Words{"status"},
          Words{"accounts"}, Words{"notices"}, Words{"show", "acme-0"}, Words{"inbox", "acme-0"},
          Words{"profile", "acme-0"}}) {
      CAPTURE(words.front());
      const HostRun run = prepared.folder.run(words);
      CHECK(run.status == 1);
      CHECK_MESSAGE(reports(run, messages[i]), run.err);
      CHECK(run.out.empty());
      ++runs;
    }
    const bool same = read_whole(prepared.folder.db()) == before;
    CHECK(same);
  }
  exercised("databases that are refused", runs, "runs", 45);
}

TEST_CASE("database: only the commands that ingest create it") {
  const HostFolder folder;
  for (const Words& words : {Words{"tick"}, Words{"deliver"}, Words{"status"}, Words{"accounts"},
                             Words{"notices"}, Words{"show", "a"}}) {
    const HostRun run = folder.run(words);
    CHECK(run.status == 1);
    CHECK_MESSAGE(reports(run, "No such file"), run.err);
    CHECK_FALSE(std::filesystem::exists(folder.db()));
  }
  CHECK(folder.run({"ingest", folder.path("none.jsonl")}).status == 1);
  CHECK(folder.run({"ingest", folder.file("empty.jsonl", "")}).status == 0);
  CHECK(folder.run({"status"}).status == 0);
}

TEST_CASE("damage: a damaged account is reported by name, not changed, and delays no other") {
  const std::vector<std::string> damages = {
      "UPDATE accounts SET alert_states = x'00' WHERE id = 2",
      "UPDATE accounts SET alert_states = x'' WHERE id = 2",
      "UPDATE accounts SET alert_states = CAST(alert_states || x'0100' AS BLOB) WHERE id = 2",
      ("UPDATE accounts SET alert_states = CAST(substr(alert_states, 1, 20) || x'FF' || "
       "substr(alert_states, 22) AS BLOB) WHERE id = 2"),
      "UPDATE accounts SET available_credit = '1,5' WHERE id = 2",
      "UPDATE accounts SET available_credit = '901' WHERE id = 2",
      "UPDATE accounts SET sequence = 7 WHERE id = 2",
  };
  std::uint64_t runs = 0;
  for (const std::string& damage : damages) {
    CAPTURE(damage);
    const Prepared prepared;
    Database(prepared.folder.db(), Database::Missing::refuse, std::chrono::seconds(5))
        .execute(damage.c_str());
    const std::int64_t revision = prepared.integer("SELECT revision FROM accounts WHERE id = 2");
    const HostRun ticked = prepared.folder.run(tick);
    CHECK(ticked.status == 1);
    CHECK_MESSAGE(reports(ticked, "account 'acme-1': "), ticked.err);
    CHECK_FALSE(reports(ticked, "acme-0'"));
    CHECK(prepared.notices() == 5);

    const std::string more = prepared.folder.file(
        "more.jsonl",
        R"({"type":"balance","account":"acme-1","at":"2026-03-03T09:00:00Z","sequence":9,"available_credit":"5000"})"
        "\n"
        R"({"type":"balance","account":"acme-2","at":"2026-03-03T09:00:00Z","sequence":9,"available_credit":"5000"})"
        "\n");
    const HostRun ingested = prepared.folder.run({"ingest", more, "--keep-going"});
    CHECK(ingested.status == 1);
    CHECK_MESSAGE(reports(ingested, "more.jsonl:1: account 'acme-1': "), ingested.err);
    CHECK(prepared.notices() == 6);
    CHECK(prepared.integer("SELECT revision FROM accounts WHERE id = 2") == revision);
    // Notices that were pending before are still delivered.
    CHECK(prepared.folder.run(prepared.deliver()).status == 0);
    CHECK(prepared.pending() == 0);
    const HostRun shown = prepared.folder.run({"show", "acme-1"});
    CHECK(shown.out.find("acme-1") != std::string::npos);
    CHECK(prepared.folder.run({"accounts", "--json"}).status <= 1);
    ++runs;
  }
  exercised("damaged rows", runs, "rows", 5);
}

TEST_CASE("run: with events still to be read, no reminder is sent") {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto at = [&](std::chrono::hours before) {
    return lowtide::to_text(*lowtide::Instant::from(now - before));
  };
  const auto balance = [](const std::string& account, const std::string& instant,
                          const std::string& credit) {
    return R"({"type":"balance","account":")" + account + R"(","at":")" + instant +
           R"(","available_credit":")" + credit + "\"}\n";
  };
  std::string events = R"({"type":"enable","account":"acme","at":")" + at(std::chrono::hours(60)) +
                       "\",\"threshold\":\"1000\"}\n";
  events += balance("acme", at(std::chrono::hours(50)), "900");
  for (int i = 0; i < 1500; ++i) events += balance("other", at(std::chrono::hours(50)), number(i));
  events += balance("acme", at(std::chrono::hours(49)), "5000");
  const Prepared prepared;
  const std::int64_t before = prepared.notices();
  const HostRun run = prepared.folder.run(
      {"run", "--follow", prepared.folder.file("backlog.jsonl", events + "{oops\n")});
  CHECK(run.status == 1);
  CHECK_MESSAGE(reports(run, "backlog.jsonl:1504: "), run.err);
  CHECK(prepared.notices() == before + 2);
  CHECK(prepared.integer("SELECT count(*) FROM notices WHERE kind = 'remind'") == 0);
  CHECK(
      prepared.integer("SELECT count(*) FROM deliveries JOIN notices ON notices.id = notice_id "
                       "WHERE cause > 0 AND deliveries.state = 'pending' AND notices.account_id = "
                       "(SELECT id FROM accounts WHERE name = 'acme')") == 0);
}

TEST_CASE("ingest: an incomplete last line is refused, and ingested once it is complete") {
  const HostFolder folder;
  const std::string whole = events(1);
  const std::string file = folder.file("half.jsonl", whole.substr(0, whole.size() - 20));
  CHECK(folder.run({"ingest", "--keep-going", file}).status == 1);
  CHECK(folder.run({"notices"}).out.find("FIRE") == std::string::npos);
  folder.file("half.jsonl", whole);
  CHECK(folder.run({"ingest", "--keep-going", file}).status == 0);
  CHECK(folder.run({"notices"}).out.find("FIRE") != std::string::npos);
}
