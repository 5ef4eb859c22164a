// SPDX-License-Identifier: Apache-2.0
// What can be looked at: accounts, one account, its inbox, notices, and how things stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "programs/host/sqlite/database.hpp"

namespace lowtide::host {

enum class Form : std::uint8_t { text, json };

// Each prints to standard output. Those of one account give false if it is not known.
void show_accounts(Database& database, Form form);
bool show_account(Database& database, const std::string& account, Form form);
bool show_inbox(Database& database, const std::string& account, Form form);
void show_status(Database& database, Form form);
void show_plans(Database& database, bool& all_search);

struct NoticeFilter {
  std::optional<std::string> account;
  bool pending = false;  // only those with a delivery that is pending
};

// As JSON: the lines that lowtide-replay writes, in the order in which they were decided.
void show_notices(Database& database, const NoticeFilter& filter, Form form);

// The query behind show_notices, to be run in any SQL tool.
const char* notices_query() noexcept;

}  // namespace lowtide::host
