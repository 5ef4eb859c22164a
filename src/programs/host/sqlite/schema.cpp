// SPDX-License-Identifier: Apache-2.0
// The tables of the host's database, and the settings of a connection. main.cpp of lowtide-host
// calls prepare() for each connection. It must never change a database of another program.
#include "programs/host/sqlite/schema.hpp"

#include "programs/host/sqlite/sql.hpp"
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {
namespace {

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
  database.execute(schema_sql);
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
