// SPDX-License-Identifier: Apache-2.0
// Prints on standard output: tables for people, JSON objects for programs. The views of
// lowtide-host call it.
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

// A table whose columns are as wide as their widest entry, up to a limit. Rows are printed in
// groups of some hundreds, so that memory does not grow with their number.
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

  std::vector<std::string> heads_;  // empty if there are none, or they are printed already
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

// One JSON object in one line. Keys must be literals without special characters; values may be any
// UTF-8 and are escaped.
class JsonObject {
 public:
  JsonObject& text(const char* key, std::string_view value);
  JsonObject& text(const char* key, const std::optional<Amount>& value);
  JsonObject& text(const char* key, const std::optional<Instant>& value);
  JsonObject& number(const char* key, std::int64_t value);
  JsonObject& raw(const char* key, std::string_view json);  // `json` must be valid JSON

  std::string str() const { return "{" + members_ + "}"; }

 private:
  void append_key(const char* key);

  std::string members_;
};

// A JSON array, `[a,b]`. The items must be valid JSON.
std::string json_array(const std::vector<std::string>& items);

void print(std::string_view text);  // to standard output

}  // namespace lowtide::host
