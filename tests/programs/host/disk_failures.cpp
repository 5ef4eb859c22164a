// SPDX-License-Identifier: Apache-2.0
// lowtide-host on a failing disk: every failure is reported, nothing is stored half, and the next
// run completes the work.
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "exercised.hpp"
#include "prepared.hpp"

TEST_CASE("disk: a full or read-only disk is reported, and the next run completes the work") {
  struct Failure {
    int error;
    std::string kinds;
    std::string path;
    std::string message;
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
      CHECK_MESSAGE(reports(run, failure.message), run.err);
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

TEST_CASE("disk: a disk that fills up at any call loses nothing, and is reported each time") {
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

TEST_CASE("disk: a limit on the size of files is reported like a full disk") {
  const Prepared prepared;
  const std::string more = prepared.folder.file("more.jsonl", events(200));
  const HostRun run = prepared.folder.run({"ingest", more}, {}, 65536);
  CHECK(run.status == 1);
  CHECK_MESSAGE(reports(run, "host.db"), run.err);
  CHECK(prepared.notices() == 3);
  CHECK(prepared.folder.run({"ingest", more}).status == 0);
  CHECK(prepared.notices() == 200);
}

TEST_CASE("deliver: a mail that cannot be written stays pending and delays no other message") {
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
        CHECK_MESSAGE(reports(run, "account 'acme-" + number(i) + "': email: "), run.err);
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
