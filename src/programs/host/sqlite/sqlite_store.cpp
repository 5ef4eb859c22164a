// SPDX-License-Identifier: Apache-2.0
// SqliteStore: a Store in a SQLite file. The commands of lowtide-host use it. It decides nothing;
// it must report every commit as what it is: committed, conflict, failed or unknown.
#include "programs/host/sqlite/sqlite_store.hpp"

#include <algorithm>
#include <charconv>

#include "programs/events/excerpt.hpp"
#include "programs/host/sqlite/sql.hpp"

namespace lowtide::host {
namespace {

// The largest number of cached records: about 40 MB for accounts with one alert each.
constexpr std::size_t max_cached = std::size_t{1} << 16U;

std::string account_message(std::string_view account, const char* what) {
  return "account '" + events::excerpt(account, std::string_view::npos) + "': " + what;
}

// True if the columns that are derived from the state did not change.
bool has_same_columns(const StoredAlert& before, const StoredAlert& after) {
  return before.phase == after.phase && before.threshold == after.threshold &&
         before.next_reminder_at == after.next_reminder_at;
}

// True if a commit has no notices and no audit lines, and changes no reminder. Then it can be
// written at the end of the batch.
bool is_silent(const AccountRecord& before, const AccountCommit& commit) {
  const AccountRecord& after = commit.after;
  if (!commit.notices.empty() || !commit.audit.empty() ||
      before.alerts.size() != after.alerts.size() || before.profile != after.profile) {
    return false;
  }
  for (std::size_t i = 0; i < after.alerts.size(); ++i) {
    if (after.alerts[i].changed && !has_same_columns(before.alerts[i], after.alerts[i]))
      return false;
  }
  return true;
}

// A savepoint, rolled back unless released: all writes for one account are done, or none.
class Savepoint {
 public:
  explicit Savepoint(Database& database) : database_(database) {
    database_.execute("SAVEPOINT account");
  }
  ~Savepoint() {
    if (open_ && database_.in_transaction()) {
      sqlite3_exec(database_.handle(), "ROLLBACK TO account; RELEASE account", nullptr, nullptr,
                   nullptr);
    }
  }
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  Savepoint(Savepoint&&) = delete;
  Savepoint& operator=(Savepoint&&) = delete;

  void release() {
    database_.execute("RELEASE account");
    open_ = false;
  }

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace

SqliteStore::SqliteStore(Database& database)
    : database_(database),
      accounts_(database),
      notices_(database),
      due_(database, sql::due),
      next_due_(database, sql::next_due),
      data_version_(database, "PRAGMA data_version") {}

template <class F>
std::optional<HostError> SqliteStore::guarded(F&& work) {
  try {
    work();
    return std::nullopt;
  } catch (const DatabaseError& error) {
    failure_ = error;
    return HostError{error.what()};
  }
}

std::optional<HostError> SqliteStore::load(std::span<const std::string_view> accounts,
                                           std::vector<AccountRecord>& records) {
  return guarded([&] {
    records.clear();
    for (const std::string_view account : accounts) {
      if (joined_) {
        if (const Entry* const cached = entry(account)) {
          records.push_back(cached->row.record);
          continue;
        }
      } else if (auto row = accounts_.load(account)) {
        records.push_back(std::move(row->record));
        continue;
      }
      records.emplace_back().name = account;
    }
  });
}

// The account as it is within the batch; nullptr if it is not stored.
SqliteStore::Entry* SqliteStore::entry(std::string_view account) {
  if (last_ != nullptr && last_->row.record.name == account) return last_;
  if (const auto found = cache_.find(account); found != cache_.end()) return last_ = &found->second;
  auto row = accounts_.load(account);
  if (!row) return nullptr;
  make_room();
  Entry entry;
  entry.stored_revision = row->record.revision;
  entry.row = std::move(*row);
  return last_ = &cache_.emplace(account, std::move(entry)).first->second;
}

std::optional<HostError> SqliteStore::commit(std::span<const AccountCommit> commits,
                                             std::span<CommitResult> results) {
  std::fill(results.begin(), results.end(), CommitResult::failed);
  std::optional<HostError> error;
  const auto commit_all = [&] {
    for (std::size_t i = 0; i < commits.size(); ++i) {
      try {
        results[i] = joined_ ? commit_joined(commits[i]) : commit_own(commits[i]);
      } catch (const DatabaseError& one) {
        failure_ = one;
        error = HostError{one.what()};
        // A full disk and some other errors roll back the whole transaction. A broken constraint
        // rolls back only the part of this account.
        if (!database_.in_transaction()) throw;
      }
    }
  };
  if (joined_) {
    if (auto failed = guarded(commit_all); failed && !error) error = failed;
    return error;
  }
  bool committing = false;
  try {
    Transaction transaction(database_);
    commit_all();
    committing = true;
    transaction.commit();
  } catch (const DatabaseError& one) {
    // After an I/O error of COMMIT, the transaction may or may not be on the disk.
    const bool unknown = committing && one.code() == SQLITE_IOERR;
    for (CommitResult& result : results) {
      if (result == CommitResult::committed)
        result = unknown ? CommitResult::unknown : CommitResult::failed;
    }
    if (!error) error = HostError{one.what()};
  }
  return error;
}

CommitResult SqliteStore::commit_own(const AccountCommit& commit) {
  // PRAGMA data_version changes only if another connection writes, so this write would leave stale
  // records in the cache.
  drop_cache();
  Savepoint savepoint(database_);
  const AccountRecord& after = commit.after;
  std::optional<std::int64_t> id = accounts_.find(after.name);
  if (id.has_value() != (after.revision > 1)) return CommitResult::conflict;
  if (!id) {
    id = accounts_.insert(after);
  } else if (!accounts_.update(*id, after.revision - 1, after)) {
    return CommitResult::conflict;
  }
  for (const StoredAlert& alert : after.alerts) {
    if (alert.changed) accounts_.write_alert(*id, alert);
  }
  notices_.insert(*id, commit);
  savepoint.release();
  return CommitResult::committed;
}

CommitResult SqliteStore::commit_joined(const AccountCommit& commit) {
  const AccountRecord& after = commit.after;
  Entry* const cached = entry(after.name);
  if ((cached != nullptr ? cached->row.record.revision : 0) != after.revision - 1)
    return CommitResult::conflict;
  if (cached == nullptr) {
    Savepoint savepoint(database_);
    Entry fresh;
    fresh.row.id = accounts_.insert(after);
    for (const StoredAlert& alert : after.alerts) accounts_.write_alert(fresh.row.id, alert);
    notices_.insert(fresh.row.id, commit);
    savepoint.release();
    fresh.row.record = after;
    fresh.stored_revision = after.revision;
    make_room();
    cache_.emplace(after.name, std::move(fresh));
    earliest_.reset();
    return CommitResult::committed;
  }
  if (is_silent(cached->row.record, commit)) {
    if (!cached->dirty) dirty_.push_back(cached);
    cached->dirty = true;
    cached->row.record = after;
    return CommitResult::committed;
  }
  write_through(*cached, commit);
  return CommitResult::committed;
}

void SqliteStore::write_through(Entry& entry, const AccountCommit& commit) {
  const AccountRecord& after = commit.after;
  Savepoint savepoint(database_);
  if (!accounts_.update(entry.row.id, entry.stored_revision, after))
    throw DatabaseError(SQLITE_ERROR, "its row no longer exists");
  for (const StoredAlert& alert : after.alerts) {
    if (alert.changed) accounts_.write_alert(entry.row.id, alert);
  }
  notices_.insert(entry.row.id, commit);
  savepoint.release();
  entry.row.record = after;
  entry.stored_revision = after.revision;
  if (entry.dirty) std::erase(dirty_, &entry);
  entry.dirty = false;
  earliest_.reset();
}

void SqliteStore::begin() {
  joined_ = true;
  failure_.reset();
  earliest_.reset();
  // Read within the transaction, so that no other connection can write after this.
  auto rows = data_version_.query();
  const std::int64_t version = rows.next() ? rows.integer(0) : -1;
  if (version != seen_version_) drop_cache();
  seen_version_ = version;
}

void SqliteStore::write_back() {
  // In the order of the rows, so that neighbours on the same page are written together.
  std::ranges::sort(dirty_, {}, [](const Entry* entry) { return entry->row.id; });
  for (Entry* const entry : dirty_) {
    const AccountRecord& record = entry->row.record;
    try {
      if (!accounts_.observe(entry->row.id, entry->stored_revision, record))
        throw DatabaseError(SQLITE_ERROR, "its row no longer exists");
    } catch (const DatabaseError& error) {
      throw DatabaseError(error.code(), account_message(record.name, error.what()));
    }
    entry->stored_revision = record.revision;
    entry->dirty = false;
  }
  dirty_.clear();
}

void SqliteStore::make_room() {
  if (cache_.size() < max_cached) return;
  write_back();
  drop_cache();
}

void SqliteStore::drop_cache() {
  last_ = nullptr;
  cache_.clear();
}

// After a rollback, the cached records are newer than the tables.
void SqliteStore::discard() {
  dirty_.clear();
  drop_cache();
  earliest_.reset();
}

std::optional<HostError> SqliteStore::due(Instant end, bool inclusive, std::size_t limit,
                                          WalkCursor& cursor, std::vector<std::string>& accounts) {
  return guarded([&] {
    std::int64_t account_id = -1;
    std::from_chars(cursor.text.data(), cursor.text.data() + cursor.text.size(), account_id);
    const std::int64_t last = end.seconds() - (inclusive ? 0 : 1);
    auto rows = due_.query(cursor.at, account_id, last, static_cast<std::int64_t>(limit));
    while (rows.next()) {
      cursor.at = rows.integer(0);
      cursor.text = rows.text(1);
      accounts.emplace_back(rows.text(2));
    }
  });
}

std::optional<HostError> SqliteStore::pending(std::size_t limit, WalkCursor& cursor,
                                              std::vector<Delivery>& deliveries) {
  return guarded([&] { notices_.pending(limit, cursor, deliveries); });
}

std::optional<HostError> SqliteStore::record_delivery(const Delivery& delivery, DeliveryState state,
                                                      std::string_view error, Instant now) {
  return guarded([&] { notices_.record_delivery(delivery, state, error, now); });
}

std::optional<Instant> SqliteStore::next_due(std::optional<Instant> after) {
  const bool of_all = !after.has_value();
  if (of_all && joined_ && earliest_) return *earliest_;
  auto rows = next_due_.query(after ? after->seconds() : std::int64_t{-1});
  std::optional<Instant> next;
  if (rows.next()) {
    if (const auto instant = Instant::from_seconds(rows.integer(0))) next = *instant;
  }
  if (of_all) earliest_ = next;
  return next;
}

Batch::Batch(SqliteStore& store) : store_(store), transaction_(store.database_) { store_.begin(); }

Batch::~Batch() {
  store_.joined_ = false;
  if (!committed_) store_.discard();
}

void Batch::commit() {
  if (store_.failure_) throw DatabaseError(*store_.failure_);
  store_.write_back();
  transaction_.commit();
  committed_ = true;
}

}  // namespace lowtide::host
