// SPDX-License-Identifier: Apache-2.0
// Database: opens a SQLite file and turns the errors of SQLite into messages. Everything in this
// folder uses it.
#include "programs/host/sqlite/database.hpp"

#include <cstring>
#include <utility>

#include "programs/host/sqlite/statement.hpp"

namespace lowtide::host {
namespace {

std::string describe(sqlite3* handle, int code, std::chrono::milliseconds patience) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
      return "is locked: another process has been writing to it for more than " +
             std::to_string(patience.count()) + " ms";
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_READONLY: return "is read-only";
    case SQLITE_NOTADB: return "is not a SQLite database";
    case SQLITE_CORRUPT: return std::string("is damaged: ") + sqlite3_errmsg(handle);
    case SQLITE_CANTOPEN: {
      const int error = sqlite3_system_errno(handle);
      return std::string("cannot be opened: ") +
             (error != 0 ? std::strerror(error) : sqlite3_errmsg(handle));
    }
    case SQLITE_IOERR: {
      const int error = sqlite3_system_errno(handle);
      return std::string(sqlite3_errmsg(handle)) +
             (error != 0 ? std::string(": ") + std::strerror(error) : "");
    }
    default: return sqlite3_errmsg(handle);
  }
}

}  // namespace

Database::Database(std::string path, Missing missing, std::chrono::milliseconds patience)
    : path_(std::move(path)), patience_(patience) {
  sqlite3* handle = nullptr;
  // NOMUTEX: only one thread uses a connection, so SQLite need not lock it.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (missing == Missing::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path_.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(handle, static_cast<int>(patience.count()));
}

void Database::execute(const char* sql) const {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::integer(const char* sql) {
  Statement statement(*this, sql);
  auto rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  auto rows = statement.query();
  return rows.next() ? std::string(rows.text(0)) : std::string();
}

void Database::roll_back() const noexcept {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::fail(int code) const {
  throw DatabaseError(code, path_ + ": " + describe(handle(), code, patience_));
}

}  // namespace lowtide::host
