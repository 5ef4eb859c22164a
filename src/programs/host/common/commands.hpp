// SPDX-License-Identifier: Apache-2.0
// The commands of lowtide-host that change the database. main.cpp calls them. Each prints its
// errors and returns the exit status.
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

void print_error(const std::string& message);  // one line on standard error
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

// Ingests events as they arrive, and ticks and delivers at intervals of `every`, until the input
// ends or SIGTERM or SIGINT is received. Ticks and deliveries use the connection `timer`: the store
// of the ingest notices only what other connections write.
int follow(Database& database, Database& timer, const std::string& file, IngestOptions options,
           const DeliverOptions& deliver_options, std::chrono::seconds every);

}  // namespace lowtide::host
