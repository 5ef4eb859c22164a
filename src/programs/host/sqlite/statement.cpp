// SPDX-License-Identifier: Apache-2.0
// Statement: a prepared SQL statement and the rows of its result. The tables and the views use it.
// Every error becomes a DatabaseError.
#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {

Statement::Statement(Database& database, const char* sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) database_.fail(code);
  handle_.reset(handle);
}

bool Statement::step() {
  const int code = sqlite3_step(handle());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_.fail(code);
}

void Statement::finish() {
  const int code = sqlite3_step(handle());
  if (code == SQLITE_DONE || code == SQLITE_ROW) {
    sqlite3_reset(handle());
    return;
  }
  try {
    database_.fail(code);
  } catch (const DatabaseError&) {
    // After fail(), because a reset replaces the error message.
    sqlite3_reset(handle());
    throw;
  }
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail(code);
}

std::string_view Statement::Rows::text(int column) const noexcept {
  const unsigned char* const text = sqlite3_column_text(statement_.handle(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column));
  if (text == nullptr) return {};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): text in SQLite is bytes
  return {reinterpret_cast<const char*>(text), size};
}

std::span<const std::byte> Statement::Rows::blob(int column) const noexcept {
  const void* const bytes = sqlite3_column_blob(statement_.handle(), column);
  return {static_cast<const std::byte*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle(), column))};
}

}  // namespace lowtide::host
