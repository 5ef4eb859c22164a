// SPDX-License-Identifier: Apache-2.0
// AccountTable: reads and writes account records as rows of the tables accounts and alerts.
// SqliteStore and the views call it. It begins and ends no transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <lowtide/store.hpp>

#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

// The record of an account, and the id of its row.
struct AccountRow {
  std::int64_t id = 0;
  AccountRecord record;
};

class AccountTable {
 public:
  explicit AccountTable(Database& database);

  // None if the account is not stored. If a row is damaged, AccountRecord::damage says how.
  std::optional<AccountRow> load(std::string_view name);
  std::optional<std::int64_t> find(std::string_view name);

  // Returns the id of the new row. Write the alerts with write_alert.
  std::int64_t insert(const AccountRecord& record);

  // Returns false and writes nothing if the stored revision is not `expected`.
  bool update(std::int64_t id, std::int64_t expected, const AccountRecord& record);
  // The same without the profile, if that did not change.
  bool observe(std::int64_t id, std::int64_t expected, const AccountRecord& record);

  // Writes the columns that are derived from the state of an alert. The state itself is part of the
  // account's row.
  void write_alert(std::int64_t id, const StoredAlert& alert);

 private:
  Database& database_;
  Statement load_account_;
  Statement load_alerts_;
  Statement find_;
  Statement insert_;
  Statement update_;
  Statement observe_;
  Statement write_alert_;
};

}  // namespace lowtide::host
