// SPDX-License-Identifier: Apache-2.0
// SqliteStore: a Store in a SQLite file, for a Monitor of either transaction mode. The commands of
// lowtide-host use it. One thread may use it at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <lowtide/store.hpp>

#include "programs/host/sqlite/account_table.hpp"
#include "programs/host/sqlite/database.hpp"
#include "programs/host/sqlite/notice_table.hpp"

namespace lowtide::host {

// Without a Batch, each call is a transaction of its own. While a Batch exists, all calls are part
// of its transaction. Then the store caches records as long as no other connection writes, and
// writes the accounts with only silent decisions at the end of the batch, so that an account with
// many events is written once.
class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database& database);

  std::optional<HostError> load(std::span<const std::string_view> accounts,
                                std::vector<AccountRecord>& records) override;
  std::optional<HostError> commit(std::span<const AccountCommit> commits,
                                  std::span<CommitResult> results) override;
  std::optional<HostError> due(Instant end, bool inclusive, std::size_t limit, WalkCursor& cursor,
                               std::vector<std::string>& accounts) override;
  std::optional<HostError> pending(std::size_t limit, WalkCursor& cursor,
                                   std::vector<Delivery>& deliveries) override;
  std::optional<HostError> record_delivery(const Delivery& delivery, DeliveryState state,
                                           std::string_view error, Instant now) override;

  // The earliest reminder after `after`, or the earliest of all. Throws DatabaseError.
  std::optional<Instant> next_due(std::optional<Instant> after = std::nullopt);

  // The error of the database, if there was one in this batch: then the batch cannot be committed.
  // A damaged account is not such an error.
  const std::optional<DatabaseError>& failure() const noexcept { return failure_; }

 private:
  friend class Batch;

  struct Entry {
    AccountRow row;
    std::int64_t stored_revision = 0;  // in the table; less than the record's while `dirty`
    bool dirty = false;                // not written to the table yet
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>()(name);
    }
  };

  void begin();
  void write_back();
  void make_room();
  void drop_cache();
  void discard();

  Entry* entry(std::string_view account);
  CommitResult commit_joined(const AccountCommit& commit);
  CommitResult commit_own(const AccountCommit& commit);
  void write_through(Entry& entry, const AccountCommit& commit);

  template <class F>
  std::optional<HostError> guarded(F&& work);

  Database& database_;
  AccountTable accounts_;
  NoticeTable notices_;
  Statement due_;
  Statement next_due_;
  Statement data_version_;

  bool joined_ = false;
  std::int64_t seen_version_ = -1;
  std::optional<DatabaseError> failure_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> cache_;
  Entry* last_ = nullptr;  // the entry used last: a commit follows its load
  std::vector<Entry*> dirty_;
  // The earliest of all reminders. Not known after a write that may have changed it.
  std::optional<std::optional<Instant>> earliest_;
};

// A transaction for a Monitor in joined mode and its caller. Rolled back unless committed.
class Batch {
 public:
  explicit Batch(SqliteStore& store);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = delete;
  Batch& operator=(Batch&&) = delete;

  // Throws DatabaseError; then nothing was stored.
  void commit();

 private:
  SqliteStore& store_;
  Transaction transaction_;
  bool committed_ = false;
};

}  // namespace lowtide::host
