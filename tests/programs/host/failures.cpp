// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <lowtide/instant.hpp>

#include "exercised.hpp"
#include "host_process.hpp"
#include "programs/host/sqlite/database.hpp"

namespace {

using lowtide::host::Database;

std::string number(int i) { return std::to_string(i); }

// Some accounts that fire on 2 March, and their contacts.
std::string events(int accounts) {
  std::string text;
  for (int i = 0; i < accounts; ++i) {
    const std::string account = R"("account":"acme-)" + number(i) + R"(")";
    text.append(R"({"type":"enable",)")
        .append(account)
        .append(R"(,"at":"2026-03-01T00:00:00Z","threshold":"1000"})")
        .append("\n");
    text.append(R"({"type":"balance",)")
        .append(account)
        .append(R"(,"at":"2026-03-02T08:00:00Z","sequence":1,"available_credit":"900"})")
        .append("\n");
  }
  return text;
}

const Words tick = {"tick", "--now", "2026-03-03T08:00:00Z"};

struct Prepared {
  HostFolder folder;
  std::string file;

  explicit Prepared(int accounts = 3) : file(folder.file("events.jsonl", events(accounts))) {
    for (int i = 0; i < accounts; ++i)
      REQUIRE(folder.run({"profile", "acme-" + number(i), "--contact", "a@example.com"}).status ==
              0);
    const HostRun taken = folder.run({"ingest", file});
    REQUIRE_MESSAGE(taken.status == 0, taken.err);
  }
  Words deliver() const { return {"deliver", "--mail-dir", folder.mail()}; }
  std::int64_t integer(const char* sql) const {
    return Database(folder.db(), Database::Missing::refuse, std::chrono::seconds(5)).integer(sql);
  }
  std::int64_t notices() const { return integer("SELECT count(*) FROM notices"); }
  std::int64_t pending() const {
    return integer("SELECT count(*) FROM deliveries WHERE state = 'pending'");
  }
  bool is_whole() const {
    return Database(folder.db(), Database::Missing::refuse, std::chrono::seconds(5))
               .text("PRAGMA integrity_check") == "ok";
  }
  std::size_t mails() const {
    std::size_t count = 0;
    if (!std::filesystem::exists(folder.mail())) return 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.mail()))
      count += entry.path().extension() == ".eml" ? 1 : 0;
    return count;
  }
};

bool tells(const HostRun& run, const std::string& text) {
  return run.err.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "a disk that is full or read-only is told, nothing half is stored, and the next run makes up for it") {
  struct Failure {
    int error;
    std::string kinds;
    std::string path;
    std::string says;
  };
  const std::vector<Failure> failures = {
      {ENOSPC, "write", "host.db-wal", "host.db: the disk is full"},
      {ENOSPC, "write", "host.db", "host.db: "},
      {EIO, "sync", "host.db", "host.db: "},
      {EIO, "write", "host.db", "host.db: "},
      {EROFS, "open,write,truncate,unlink", "host.db", "host.db: "},
      {EACCES, "open", "host.db", "host.db: "}};
  std::uint64_t runs = 0;
  for (const Failure& failure : failures) {
    CAPTURE(failure.kinds);
    CAPTURE(failure.error);
    const Prepared prepared;
    const std::string more = prepared.folder.file("more.jsonl", events(9));
    for (const Words& words : {Words{"ingest", more}, tick, prepared.deliver()}) {
      CAPTURE(words.front());
      const HostRun run =
          prepared.folder.run_failing(words, failure.error, failure.kinds, failure.path);
      CHECK(run.status == 1);
      CHECK_MESSAGE(tells(run, failure.says), run.err);
      CHECK(lines_of(run.err).size() < 20);
      ++runs;
    }
    CHECK(prepared.is_whole());
    CHECK(prepared.notices() >= 3);
    CHECK(prepared.folder.run({"ingest", more}).status == 0);
    CHECK(prepared.folder.run(tick).status == 0);
    CHECK(prepared.notices() == 18);
    prepared.folder.run(prepared.deliver());
    CHECK(prepared.pending() == 0);
    CHECK(prepared.integer("SELECT count(*) FROM messages") == 18);
  }
  exercised("failing disks", runs, "runs", 18);
}

TEST_CASE(
    "a disk that becomes full at any call loses nothing that was stored before, and tells it each time") {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  for (const std::string kinds : {"write", "sync"}) {
    CAPTURE(kinds);
    const Prepared prepared;
    const std::string more = prepared.folder.file("more.jsonl", events(6));
    for (int from = 1; from <= 60; ++from) {
      CAPTURE(from);
      const HostRun run = prepared.folder.run_failing(
          {"ingest", more}, kinds == "write" ? ENOSPC : EIO, kinds, "host.db", from);
      ++runs;
      if (run.status != 0) {
        ++failed;
        CHECK(run.status == 1);
        CHECK_FALSE(run.err.empty());
      }
      REQUIRE(prepared.is_whole());
      REQUIRE(prepared.notices() >= 3);
    }
    CHECK(prepared.folder.run({"ingest", more}).status == 0);
    CHECK(prepared.notices() == 6);
  }
  exercised("disks that become full", runs, "runs", 120);
  CHECK(failed > 5);
}

TEST_CASE("a limit on the size of files is told like a full disk") {
  const Prepared prepared;
  const std::string more = prepared.folder.file("more.jsonl", events(200));
  const HostRun run = prepared.folder.run({"ingest", more}, {}, 65536);
  CHECK(run.status == 1);
  CHECK_MESSAGE(tells(run, "host.db"), run.err);
  CHECK(prepared.notices() == 3);
  CHECK(prepared.folder.run({"ingest", more}).status == 0);
  CHECK(prepared.notices() == 200);
}

TEST_CASE(
    "mails that cannot be written stay pending, name their account, and keep no message waiting") {
  std::uint64_t runs = 0;
  for (const int error : {ENOSPC, EACCES, EROFS, EIO}) {
    for (const std::string kinds : {"write", "open", "sync", "rename"}) {
      CAPTURE(error);
      CAPTURE(kinds);
      const Prepared prepared;
      std::filesystem::create_directory(prepared.folder.mail());
      const HostRun run = prepared.folder.run_failing(prepared.deliver(), error, kinds, "/mail/");
      CHECK(run.status == 1);
      for (int i = 0; i < 3; ++i)
        CHECK_MESSAGE(tells(run, "account 'acme-" + number(i) + "': email: "), run.err);
      CHECK(prepared.mails() == 0);
      CHECK(prepared.pending() == 3);
      CHECK(prepared.integer("SELECT count(*) FROM messages") == 3);
      CHECK(prepared.folder.run(prepared.deliver()).status == 0);
      CHECK(prepared.mails() == 3);
      CHECK(prepared.pending() == 0);
      ++runs;
    }
  }
  exercised("mails that cannot be written", runs, "runs", 16);
}

TEST_CASE("a locked database is told after the patience given, and nothing is lost") {
  const Prepared prepared;
  const std::string more = prepared.folder.file("more.jsonl", events(5));
  {
    Database database(prepared.folder.db(), Database::Missing::refuse, std::chrono::seconds(5));
    const lowtide::host::Transaction transaction(database);
    for (const Words& words : {Words{"ingest", more}, tick, prepared.deliver(),
                               Words{"profile", "x", "--language", "en"}}) {
      Words impatient = words;
      impatient.insert(impatient.end(), {"--patience", "0"});
      const HostRun run = prepared.folder.run(impatient);
      CHECK(run.status == 1);
      CHECK_MESSAGE(tells(run, "is locked"), run.err);
    }
    // Who only looks waits for nobody.
    CHECK(prepared.folder.run({"status", "--patience", "0"}).status == 0);
  }
  CHECK(prepared.folder.run({"ingest", more}).status == 0);
  CHECK(prepared.folder.run(tick).status == 0);
  CHECK(prepared.notices() == 10);
  CHECK(prepared.folder.run(prepared.deliver()).status == 1);  // two accounts have no contact
  CHECK(prepared.pending() == 0);
}

TEST_CASE(
    "a newer schema, another program's database and what is none are refused and left alone") {
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
  const std::vector<const char*> says = {"newer", "unknown version", "another program",
                                         "not a SQLite database", "not a SQLite database"};
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < spoil.size(); ++i) {
    CAPTURE(says[i]);
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
      CHECK_MESSAGE(tells(run, says[i]), run.err);
      CHECK(run.out.empty());
      ++runs;
    }
    const bool same = read_whole(prepared.folder.db()) == before;
    CHECK(same);
  }
  exercised("databases that are refused", runs, "runs", 45);
}

TEST_CASE(
    "a database that is not there is made by those who write to it first, and by nobody else") {
  const HostFolder folder;
  for (const Words& words : {Words{"tick"}, Words{"deliver"}, Words{"status"}, Words{"accounts"},
                             Words{"notices"}, Words{"show", "a"}}) {
    const HostRun run = folder.run(words);
    CHECK(run.status == 1);
    CHECK_MESSAGE(tells(run, "No such file"), run.err);
    CHECK_FALSE(std::filesystem::exists(folder.db()));
  }
  CHECK(folder.run({"ingest", folder.path("none.jsonl")}).status == 1);
  CHECK(folder.run({"ingest", folder.file("empty.jsonl", "")}).status == 0);
  CHECK(folder.run({"status"}).status == 0);
}

TEST_CASE(
    "an account whose row is damaged is told by name, is left alone, and keeps no other waiting") {
  const std::vector<std::string> damages = {
      "UPDATE accounts SET alert_states = x'00' WHERE id = 2",
      "UPDATE accounts SET alert_states = x'' WHERE id = 2",
      "UPDATE accounts SET alert_states = CAST(alert_states || x'0100' AS BLOB) WHERE id = 2",
      "UPDATE accounts SET alert_states = CAST(substr(alert_states, 1, 20) || x'FF' || "
      "substr(alert_states, 22) AS BLOB) WHERE id = 2",
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
    CHECK_MESSAGE(tells(ticked, "account 'acme-1': "), ticked.err);
    CHECK_FALSE(tells(ticked, "acme-0'"));
    CHECK(prepared.notices() == 5);

    const std::string more = prepared.folder.file(
        "more.jsonl",
        R"({"type":"balance","account":"acme-1","at":"2026-03-03T09:00:00Z","sequence":9,"available_credit":"5000"})"
        "\n"
        R"({"type":"balance","account":"acme-2","at":"2026-03-03T09:00:00Z","sequence":9,"available_credit":"5000"})"
        "\n");
    const HostRun taken = prepared.folder.run({"ingest", more, "--keep-going"});
    CHECK(taken.status == 1);
    CHECK_MESSAGE(tells(taken, "more.jsonl:1: account 'acme-1': "), taken.err);
    CHECK(prepared.notices() == 6);
    CHECK(prepared.integer("SELECT revision FROM accounts WHERE id = 2") == revision);
    // What was to be told of it before is told all the same.
    CHECK(prepared.folder.run(prepared.deliver()).status == 0);
    CHECK(prepared.pending() == 0);
    const HostRun shown = prepared.folder.run({"show", "acme-1"});
    CHECK(shown.out.find("acme-1") != std::string::npos);
    CHECK(prepared.folder.run({"accounts", "--json"}).status <= 1);
    ++runs;
  }
  exercised("damaged rows", runs, "rows", 5);
}

TEST_CASE("a run that has not taken in all there is reminds nobody") {
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
  CHECK_MESSAGE(tells(run, "backlog.jsonl:1504: "), run.err);
  CHECK(prepared.notices() == before + 2);
  CHECK(prepared.integer("SELECT count(*) FROM notices WHERE kind = 'remind'") == 0);
  CHECK(
      prepared.integer("SELECT count(*) FROM deliveries JOIN notices ON notices.id = notice_id "
                       "WHERE cause > 0 AND deliveries.state = 'pending' AND notices.account_id = "
                       "(SELECT id FROM accounts WHERE name = 'acme')") == 0);
}

TEST_CASE("half a last line is refused, never skipped for good, and taken in once it is whole") {
  const HostFolder folder;
  const std::string whole = events(1);
  const std::string file = folder.file("half.jsonl", whole.substr(0, whole.size() - 20));
  CHECK(folder.run({"ingest", "--keep-going", file}).status == 1);
  CHECK(folder.run({"notices"}).out.find("FIRE") == std::string::npos);
  folder.file("half.jsonl", whole);
  CHECK(folder.run({"ingest", "--keep-going", file}).status == 0);
  CHECK(folder.run({"notices"}).out.find("FIRE") != std::string::npos);
}
