// SPDX-License-Identifier: Apache-2.0
// The tables of a host's database, and the settings without which it is not used.
#pragma once

#include <string>
#include <vector>

#include "programs/host/sqlite/database.hpp"

namespace lowtide::host {

inline constexpr int schema_version = 1;           // PRAGMA user_version
inline constexpr int application_id = 0x6C6F7774;  // PRAGMA application_id: "lowt"

// Makes a connection fit for use: creates the tables in an empty file, refuses a file of something
// else and one with a newer schema, sets journal_mode = WAL, synchronous = FULL and foreign_keys =
// ON and insists on them. Throws DatabaseError.
void prepare(Database& database);

struct QueryPlan {
  std::string sql;
  std::vector<std::string> steps;
  bool searches = true;  // no step reads a whole table or sorts
};

// How SQLite runs each statement of sql::searches.
std::vector<QueryPlan> query_plans(Database& database);

}  // namespace lowtide::host
