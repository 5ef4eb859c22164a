// SPDX-License-Identifier: Apache-2.0
// Statement: a prepared SQL statement and the rows of its result. The tables and the views use it.
// The Database must outlive it.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide/alert.hpp>
#include <lowtide/amount.hpp>
#include <lowtide/instant.hpp>

#include "programs/host/sqlite/database.hpp"

namespace lowtide::host {

class Statement {
 public:
  Statement(Database& database, const char* sql);

  // The rows of one execution. Only one may exist at a time; its destructor resets the statement.
  class Rows {
   public:
    explicit Rows(Statement& statement) noexcept : statement_(statement) {}
    ~Rows() { sqlite3_reset(statement_.handle()); }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    Rows(Rows&&) = delete;
    Rows& operator=(Rows&&) = delete;

    bool next() { return statement_.step(); }

    // The first column is 0. Text and bytes are valid until the next row.
    bool is_null(int column) const noexcept {
      return sqlite3_column_type(statement_.handle(), column) == SQLITE_NULL;
    }
    std::int64_t integer(int column) const noexcept {
      return sqlite3_column_int64(statement_.handle(), column);
    }
    std::string_view text(int column) const noexcept;
    std::span<const std::byte> blob(int column) const noexcept;

   private:
    Statement& statement_;
  };

  // Binds the parameters in their order and executes the statement. query() copies the values,
  // because the rows may outlive them.
  template <class... Values>
  Rows query(const Values&... values) {
    begin();
    (bind(values, SQLITE_TRANSIENT), ...);
    return Rows(*this);
  }
  template <class... Values>
  void run(const Values&... values) {
    begin();
    (bind(values, SQLITE_STATIC), ...);
    finish();
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
  };

  sqlite3_stmt* handle() const noexcept { return handle_.get(); }
  void begin() noexcept {
    sqlite3_reset(handle());
    parameter_ = 0;
    amount_ = 0;
  }
  bool step();
  void finish();
  void check(int code) const;

  void bind(std::nullopt_t, sqlite3_destructor_type) {
    check(sqlite3_bind_null(handle(), ++parameter_));
  }
  void bind(std::int64_t value, sqlite3_destructor_type) {
    check(sqlite3_bind_int64(handle(), ++parameter_, value));
  }
  void bind(Instant value, sqlite3_destructor_type how) { bind(value.seconds(), how); }
  void bind(Sequence value, sqlite3_destructor_type how) { bind(value.value(), how); }
  void bind(std::string_view value, sqlite3_destructor_type how) {
    // SQLite would read the null pointer of an empty view as NULL.
    check(sqlite3_bind_text(handle(), ++parameter_, value.empty() ? "" : value.data(),
                            static_cast<int>(value.size()), how));
  }
  void bind(const std::string& value, sqlite3_destructor_type how) {
    bind(std::string_view(value), how);
  }
  void bind(const char* value, sqlite3_destructor_type how) { bind(std::string_view(value), how); }
  void bind(std::span<const std::byte> value, sqlite3_destructor_type how) {
    // An empty value, and not NULL.
    const void* const bytes = value.empty() ? static_cast<const void*>("") : value.data();
    check(sqlite3_bind_blob(handle(), ++parameter_, bytes, static_cast<int>(value.size()), how));
  }
  void bind(const std::vector<std::byte>& value, sqlite3_destructor_type how) {
    bind(std::span<const std::byte>(value), how);
  }
  void bind(Amount value, sqlite3_destructor_type) {
    std::array<char, Amount::text_size>& text = amounts_.at(amount_++);
    const auto size = static_cast<std::size_t>(write_text(text.data(), value) - text.data());
    bind(std::string_view(text.data(), size), SQLITE_STATIC);
  }
  template <class T>
  void bind(const std::optional<T>& value, sqlite3_destructor_type how) {
    if (value) {
      bind(*value, how);
    } else {
      bind(std::nullopt, how);
    }
  }

  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int parameter_ = 0;
  // The texts of bound amounts, valid until the next execution, so that SQLite need not copy them.
  std::array<std::array<char, Amount::text_size>, 8> amounts_{};
  std::size_t amount_ = 0;
};

}  // namespace lowtide::host
