// SPDX-License-Identifier: Apache-2.0
// Database: one connection to a SQLite file. Everything in this folder uses it. One thread may use
// a connection at a time.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace lowtide::host {

// An error of SQLite. The message begins with the name of the file.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(int extended_code, const std::string& what)
      : std::runtime_error(what), code_(extended_code) {}

  int code() const noexcept { return code_ & 0xFF; }  // such as SQLITE_FULL

 private:
  int code_;
};

class Database {
 public:
  enum class Missing : std::uint8_t { create, refuse };

  // Opens the file. A call that has to wait for another writer fails after `patience`. All
  // functions throw DatabaseError, unless they are noexcept.
  Database(std::string path, Missing missing, std::chrono::milliseconds patience);

  const std::string& path() const noexcept { return path_; }
  sqlite3* handle() const noexcept { return handle_.get(); }

  void execute(const char* sql) const;
  // The first column of the first row.
  std::int64_t integer(const char* sql);
  std::string text(const char* sql);

  bool read_only() const noexcept { return sqlite3_db_readonly(handle(), "main") == 1; }
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }
  std::int64_t changes() const noexcept { return sqlite3_changes64(handle()); }
  std::int64_t last_id() const noexcept { return sqlite3_last_insert_rowid(handle()); }

  // Rolls back the open transaction, if there is one.
  void roll_back() const noexcept;

  // Throws a DatabaseError for the last call on this connection, which returned `code`.
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };

  std::string path_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A transaction, rolled back unless committed. BEGIN IMMEDIATE takes the write lock at once, so
// that no transaction fails halfway because it cannot get the lock.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
  }
  ~Transaction() {
    if (open_) database_.roll_back();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction(Transaction&&) = delete;
  Transaction& operator=(Transaction&&) = delete;

  void commit() {
    database_.execute("COMMIT");
    open_ = false;
  }

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace lowtide::host
