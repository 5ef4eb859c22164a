// SPDX-License-Identifier: Apache-2.0
// NoticeTable: notices, their deliveries, and the audit lines that go with them.
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

  // Writes the notices and audit lines of a commit, and the deliveries of the notices whose keys
  // are new.
  void insert(std::int64_t account_id, const AccountCommit& commit);

  // See Store.
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
