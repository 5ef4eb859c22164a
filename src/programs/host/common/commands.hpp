// SPDX-License-Identifier: Apache-2.0
// What lowtide-host can do that changes the database. Each gives the exit status, and has told what
// went wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <lowtide/store.hpp>

#include "programs/host/common/ingest.hpp"
#include "programs/host/sqlite/database.hpp"

namespace lowtide::host {

inline constexpr int status_good = 0;
inline constexpr int status_bad = 1;

void complain(const std::string& message);  // a line on standard error
Instant system_now();

struct DeliverOptions {
  std::string mail_folder;
  std::string from;
  bool retry_failed = false;
};

struct ProfileChange {
  std::optional<std::string> contact;
  std::optional<std::string> language;
  std::optional<std::string> currency;
  std::optional<std::uint8_t> currency_digits;
};

int ingest(Database& database, const std::string& file, IngestOptions options);
int tick(Database& database, Instant now);
int deliver(Database& database, const DeliverOptions& options, Instant now);
int set_profile(Database& database, const std::string& account, const ProfileChange& change,
                Instant now);

// Takes in events as they come, ticks and delivers every now and then, until the input ends or the
// process is told to stop. Ticks and deliveries go over `timer`, a connection of their own, so that
// the ingest notices what they write.
int follow(Database& database, Database& timer, const std::string& file, IngestOptions options,
           const DeliverOptions& deliver_options, std::chrono::seconds every);

}  // namespace lowtide::host
