// SPDX-License-Identifier: Apache-2.0
// AccountTable: account records as rows of accounts and alerts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <lowtide/store.hpp>

#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

// An account's record and the key of its row.
struct AccountRow {
  std::int64_t id = 0;
  AccountRecord record;
};

class AccountTable {
 public:
  explicit AccountTable(Database& database);

  // None: not stored. A row that cannot be understood comes with AccountRecord::damage.
  std::optional<AccountRow> load(std::string_view name);
  std::optional<std::int64_t> find(std::string_view name);

  // Gives the new row's id. The alerts are written apart.
  std::int64_t insert(const AccountRecord& record);

  // False, and nothing written, if the stored revision is not `expected` any more.
  bool update(std::int64_t id, std::int64_t expected, const AccountRecord& record);
  // The same where the profile is known to be as it was.
  bool observe(std::int64_t id, std::int64_t expected, const AccountRecord& record);

  // The columns derived from an alert's state; the state itself is written with the account.
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
