// SPDX-License-Identifier: Apache-2.0
// The tables of the host's database, and the settings of a connection. main.cpp of lowtide-host
// calls prepare() for each connection. It must never change a database of another program.
#pragma once

#include <string>
#include <vector>

#include "programs/host/sqlite/database.hpp"

namespace lowtide::host {

inline constexpr int schema_version = 1;           // PRAGMA user_version
inline constexpr int application_id = 0x6C6F7774;  // PRAGMA application_id: "lowt"

// The text of schema.sql, which is built in.
extern const char* const schema_sql;

// Prepares a connection. Creates the tables in an empty file, and refuses a database of another
// program or with a newer schema. Sets journal_mode = WAL, synchronous = FULL and foreign_keys =
// ON, and checks that they are set. Throws DatabaseError.
void prepare(Database& database);

struct QueryPlan {
  std::string sql;
  std::vector<std::string> steps;
  bool searches = true;  // true if no step reads a whole table or sorts
};

// Returns how SQLite runs each statement of sql::searches.
std::vector<QueryPlan> query_plans(Database& database);

}  // namespace lowtide::host
