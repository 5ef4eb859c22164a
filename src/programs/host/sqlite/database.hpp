// SPDX-License-Identifier: Apache-2.0
// Database: one connection to a SQLite file, and the errors that it can end in.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace lowtide::host {

// What SQLite refused, in words that begin with the file's name.
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

  // Opens the file. Whoever waits for another writer gives up after `patience`. Throws
  // DatabaseError, as everything here does.
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

  // Ends a transaction without a trace, if one is open. Never throws: it is what errors lead to.
  void roll_back() const noexcept;

  // Throws what the last call on this connection failed with.
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };

  std::string path_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// BEGIN IMMEDIATE … COMMIT: the write lock is taken first, so that no transaction has to fail half
// way for want of it. What was not committed is rolled back.
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
