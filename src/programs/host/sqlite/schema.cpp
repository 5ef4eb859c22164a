// SPDX-License-Identifier: Apache-2.0
// The tables of the host's database, and the settings of a connection. main.cpp of lowtide-host
// calls prepare() for each connection. A schema that was released must never change.
#include "programs/host/sqlite/schema.hpp"

#include "programs/host/sqlite/sql.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {
namespace {

// Amounts are text in the shortest plain form; instants are seconds since 1970. Both are exact, and
// any SQL tool can read them.
constexpr const char* tables = R"sql(
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
  revision INTEGER NOT NULL CHECK (revision >= 1),
  available_credit TEXT,
  sequence INTEGER CHECK (sequence >= 1),
  cash_balance TEXT,
  credit_limit TEXT,
  credit_refunds TEXT,
  unsettled_current_month TEXT,
  unsettled_previous_months TEXT,
  first_cost_at INTEGER,
  -- The bytes of its alerts, one behind the other in the order of their names. They change with every observation, so they stand in the
  -- row that changes anyway; what is derived from them, and changes seldom, is in the table of alerts.
  alert_states BLOB NOT NULL,
  contact TEXT NOT NULL,
  language TEXT NOT NULL,
  currency TEXT NOT NULL,
  currency_digits INTEGER NOT NULL CHECK (currency_digits BETWEEN 0 AND 18),
  -- The five components are known together or not at all.
  CHECK ((cash_balance IS NULL) + (credit_limit IS NULL) + (credit_refunds IS NULL) + (unsettled_current_month IS NULL) +
         (unsettled_previous_months IS NULL) IN (0, 5)),
  CHECK (cash_balance IS NULL OR available_credit IS NOT NULL)
) STRICT;

CREATE TABLE alerts (
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
  phase TEXT NOT NULL CHECK (phase IN ('off', 'armed', 'alerting', 'quiet')),
  threshold TEXT NOT NULL,
  next_reminder_at INTEGER CHECK (next_reminder_at IS NULL OR phase = 'alerting'),
  PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_due ON alerts (next_reminder_at, account_id) WHERE next_reminder_at IS NOT NULL;

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  alert TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('fire', 'remind', 'stop')),
  episode INTEGER NOT NULL CHECK (episode >= 1),
  fired_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  reminder INTEGER NOT NULL CHECK ((reminder >= 1) = (kind = 'remind')),
  skipped INTEGER NOT NULL CHECK (skipped >= 0),
  reason TEXT CHECK ((reason IS NOT NULL) = (kind = 'stop')),
  reminders_sent INTEGER NOT NULL CHECK (reminders_sent >= 0),
  available_credit TEXT NOT NULL,
  threshold TEXT NOT NULL,
  cause INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_of_account ON notices (account_id);

CREATE TABLE deliveries (
  notice_id INTEGER NOT NULL REFERENCES notices (id),
  channel TEXT NOT NULL CHECK (channel <> ''),
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  error TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (notice_id, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (notice_id, channel) WHERE state = 'pending';
CREATE INDEX deliveries_failed ON deliveries (notice_id, channel) WHERE state = 'failed';

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  alert TEXT,
  why TEXT,
  phase TEXT,
  revision INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of_account ON audit (account_id);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_of_account ON messages (account_id);

-- How far each file of events has been taken in. It is written in the transaction that stores what the events meant.
CREATE TABLE sources (
  path TEXT PRIMARY KEY,
  offset INTEGER NOT NULL CHECK (offset >= 0),
  line INTEGER NOT NULL CHECK (line >= 0),
  last_size INTEGER NOT NULL CHECK (last_size BETWEEN 0 AND offset),
  checksum INTEGER NOT NULL,
  clock INTEGER,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

[[noreturn]] void refuse(const Database& database, const std::string& why) {
  throw DatabaseError(SQLITE_ERROR, database.path() + ": " + why);
}

// Returns true if the file is empty. Throws if it is not a database of lowtide-host.
bool is_empty(Database& database) {
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (application == 0 && version == 0 &&
      database.integer("SELECT count(*) FROM sqlite_schema") == 0)
    return true;
  if (application != application_id)
    refuse(database,
           "is a database of another program (application_id " + std::to_string(application) + ")");
  if (version > schema_version) {
    refuse(database, "was written by a newer lowtide-host: its schema is version " +
                         std::to_string(version) + ", this one supports up to " +
                         std::to_string(schema_version));
  }
  if (version != schema_version)
    refuse(database,
           "has a schema of an unknown version (user_version " + std::to_string(version) + ")");
  return false;
}

// Throws if a setting does not have the value that was set.
void insist(Database& database, const char* pragma, const std::string& wanted) {
  const std::string got = database.text((std::string("PRAGMA ") + pragma).c_str());
  if (got != wanted)
    refuse(database, std::string(pragma) + " is " + got + " and could not be set to " + wanted);
}

// Tries several times: if two processes set it at the same moment, one gets SQLITE_BUSY at once,
// without the busy timeout.
void set_write_ahead_log(Database& database) {
  constexpr int attempts = 20;
  constexpr int pause_ms = 50;
  for (int attempt = 1;; ++attempt) {
    try {
      database.text("PRAGMA journal_mode = WAL");
      return;
    } catch (const DatabaseError& error) {
      if (error.code() != SQLITE_BUSY || attempt == attempts) throw;
      sqlite3_sleep(pause_ms);
    }
  }
}

}  // namespace

void prepare(Database& database) {
  const bool empty = is_empty(database);
  // A read-only file can still be read. SQLite reports an error for the first attempt to write.
  if (!database.read_only()) set_write_ahead_log(database);
  database.execute(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA "
      "cache_size = -65536; PRAGMA "
      "wal_autocheckpoint = 8192");
  insist(database, "journal_mode", "wal");
  insist(database, "synchronous", "2");
  insist(database, "foreign_keys", "1");
  if (!empty) return;
  Transaction transaction(database);
  if (!is_empty(database)) return;  // another process has created the tables in the meantime
  database.execute(tables);
  database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  database.execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
  transaction.commit();
}

std::vector<QueryPlan> query_plans(Database& database) {
  std::vector<QueryPlan> plans;
  for (const char* const sql : sql::searches) {
    QueryPlan plan{sql, {}};
    Statement statement(database, (std::string("EXPLAIN QUERY PLAN ") + sql).c_str());
    auto rows = statement.query();
    while (rows.next()) {
      plan.steps.emplace_back(rows.text(3));
      const bool search = plan.steps.back().starts_with("SEARCH ") ||
                          plan.steps.back().starts_with("SCALAR SUBQUERY");
      plan.searches = plan.searches && search;
    }
    plan.searches = plan.searches && !plan.steps.empty();
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace lowtide::host
