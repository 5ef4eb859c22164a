// SPDX-License-Identifier: Apache-2.0
// NoticeTable: reads and writes notices, their deliveries, and audit lines. SqliteStore calls it.
// It begins and ends no transaction.
#pragma once

#include <cstdint>
#include <vector>

#include <lowtide/store.hpp>

#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

class NoticeTable {
 public:
  explicit NoticeTable(Database& database);

  // Writes the notices and audit lines of a commit, and deliveries for the notices whose keys are
  // new.
  void insert(std::int64_t account_id, const AccountCommit& commit);

  // As in Store.
  void pending(std::size_t limit, WalkCursor& cursor, std::vector<Delivery>& deliveries);
  void record_delivery(const Delivery& delivery, DeliveryState state, std::string_view error,
                       Instant now);

 private:
  Database& database_;
  Statement insert_notice_;
  Statement insert_delivery_;
  Statement insert_audit_;
  Statement pending_;
  Statement record_delivery_;
};

}  // namespace lowtide::host
