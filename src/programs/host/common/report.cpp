// SPDX-License-Identifier: Apache-2.0
// Prints on standard output: tables for people, JSON objects for programs. The views of
// lowtide-host call it.
#include "programs/host/common/report.hpp"

#include <algorithm>

namespace lowtide::host {
namespace {

constexpr std::size_t rows_held = 500;
constexpr std::size_t widest = 40;  // a longer entry does not widen its column

// The number of characters: all bytes but the continuation bytes of UTF-8.
std::size_t character_count(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      json += "\\n";
    } else if (value < 0x20) {
      json.append("\\u00").append(1, digits[value / 16]).append(1, digits[value % 16]);
    } else {
      json += c;
    }
  }
  return json + "\"";
}

}  // namespace

void Table::add(std::vector<std::string> row) {
  widen(row);
  rows_.push_back(std::move(row));
  if (rows_.size() == rows_held) flush();
}

void Table::flush() {
  if (!heads_.empty() && !rows_.empty()) {
    widen(heads_);
    print(heads_);
    heads_.clear();
  }
  for (const auto& row : rows_) print(row);
  rows_.clear();
}

void Table::widen(const std::vector<std::string>& row) {
  widths_.resize(std::max(widths_.size(), row.size()));
  for (std::size_t i = 0; i < row.size(); ++i)
    widths_[i] = std::max(widths_[i], std::min(character_count(row[i]), widest));
}

void Table::print(const std::vector<std::string>& row) const {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    const std::size_t size = character_count(row[i]);
    if (i + 1 < row.size())
      line.append(widths_[i] > size ? widths_[i] - size : 0, ' ').append("  ");
  }
  line.erase(line.find_last_not_of(' ') + 1);
  host::print(line + "\n");
}

void JsonObject::append_key(const char* key) {
  if (!members_.empty()) members_ += ',';
  members_.append("\"").append(key).append("\":");
}

JsonObject& JsonObject::text(const char* key, std::string_view value) {
  return raw(key, json_string(value));
}

JsonObject& JsonObject::text(const char* key, const std::optional<Amount>& value) {
  return raw(key, value ? "\"" + to_text(*value) + "\"" : "null");
}

JsonObject& JsonObject::text(const char* key, const std::optional<Instant>& value) {
  return raw(key, value ? "\"" + to_text(*value) + "\"" : "null");
}

JsonObject& JsonObject::number(const char* key, std::int64_t value) {
  return raw(key, std::to_string(value));
}

JsonObject& JsonObject::raw(const char* key, std::string_view json) {
  append_key(key);
  members_ += json;
  return *this;
}

std::string json_array(const std::vector<std::string>& items) {
  std::string json = "[";
  for (const std::string& item : items) json.append(json.size() > 1 ? "," : "").append(item);
  return json + "]";
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace lowtide::host
