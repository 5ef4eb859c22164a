// SPDX-License-Identifier: Apache-2.0
// Views: print accounts, one account, its inbox, notices, and the status of the host. main.cpp of
// lowtide-host calls them. They change nothing in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "programs/host/sqlite/database.hpp"

namespace lowtide::host {

enum class Format : std::uint8_t { text, json };

// Each prints on standard output. Those of one account return false if there is no such account.
void show_accounts(Database& database, Format format);
bool show_account(Database& database, const std::string& account, Format format);
bool show_inbox(Database& database, const std::string& account, Format format);
void show_status(Database& database, Format format);
// Prints how SQLite runs the statements of every event. Returns false if one of them reads a whole
// table.
bool show_plans(Database& database);

struct NoticeFilter {
  std::optional<std::string> account;
  bool pending = false;  // only notices with a pending delivery
};

// Prints notices in the order in which they were decided. The JSON lines are those of
// lowtide-replay.
void show_notices(Database& database, const NoticeFilter& filter, Format format);

// The query of show_notices, for any SQL tool.
const char* notices_query() noexcept;

}  // namespace lowtide::host
