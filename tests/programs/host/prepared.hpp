// SPDX-License-Identifier: Apache-2.0
// A host with some accounts that have fired: where the tests of failures begin.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "host_process.hpp"
#include "programs/host/sqlite/database.hpp"

using lowtide::host::Database;

inline std::string number(int i) { return std::to_string(i); }

// Events with which every account fires on 2 March.
inline std::string events(int accounts) {
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

inline const Words tick = {"tick", "--now", "2026-03-03T08:00:00Z"};

// A host with some accounts, each with a contact, that have fired.
struct Prepared {
  HostFolder folder;
  std::string file;

  explicit Prepared(int accounts = 3) : file(folder.file("events.jsonl", events(accounts))) {
    for (int i = 0; i < accounts; ++i)
      REQUIRE(folder.run({"profile", "acme-" + number(i), "--contact", "a@example.com"}).status ==
              0);
    const HostRun ingested = folder.run({"ingest", file});
    REQUIRE_MESSAGE(ingested.status == 0, ingested.err);
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

inline bool reports(const HostRun& run, const std::string& text) {
  return run.err.find(text) != std::string::npos;
}
