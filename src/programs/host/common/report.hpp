// SPDX-License-Identifier: Apache-2.0
// What is printed: tables for people, JSON objects for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lowtide/amount.hpp>
#include <lowtide/instant.hpp>

namespace lowtide::host {

// Rows in columns that are as wide as they must be, within reason. Printed some hundreds at a time,
// so that any number of rows takes little memory.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}
  ~Table() { flush(); }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  Table(Table&&) = delete;
  Table& operator=(Table&&) = delete;

  void add(std::vector<std::string> row);
  void flush();

 private:
  void widen(const std::vector<std::string>& row);
  void print(const std::vector<std::string>& row) const;

  std::vector<std::string> heads_;  // none: no line of heads
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

// One JSON object in one line. Keys are literals; values are escaped whole, whatever they hold.
class JsonObject {
 public:
  JsonObject& text(const char* key, std::string_view value);
  JsonObject& text(const char* key, const std::optional<Amount>& value);
  JsonObject& text(const char* key, const std::optional<Instant>& value);
  JsonObject& number(const char* key, std::int64_t value);
  JsonObject& raw(const char* key, std::string_view json);  // which is JSON already

  std::string str() const { return "{" + members_ + "}"; }

 private:
  void append_key(const char* key);

  std::string members_;
};

// "[a,b]" of JSON texts.
std::string json_array(const std::vector<std::string>& items);

void print(std::string_view text);  // to standard output

}  // namespace lowtide::host
