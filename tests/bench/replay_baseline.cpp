// SPDX-License-Identifier: Apache-2.0
// The reference for lowtide-replay: reads every key and every value of every line of standard
// input, and does nothing with them. replay_bench.py runs it.
#include <simdjson.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "programs/events/line_reader.hpp"

namespace {

namespace json = simdjson::ondemand;

struct Sizes {
  std::uint64_t lines = 0;
  std::uint64_t values = 0;
  std::uint64_t bytes = 0;
};

simdjson::error_code read(
    json::object object,
    Sizes& sizes) {  // NOLINT(performance-unnecessary-value-param): an iterator
  for (auto result : object) {
    json::field field;
    std::string_view text;
    json::json_type type{};
    std::int64_t number = 0;
    json::object inner;
    if (auto error = std::move(result).get(field)) return error;
    if (auto error = field.unescaped_key().get(text)) return error;
    sizes.bytes += text.size();
    if (auto error = field.value().type().get(type)) return error;
    ++sizes.values;
    if (type == json::json_type::string) {
      if (auto error = field.value().get_string().get(text)) return error;
      sizes.bytes += text.size();
    } else if (type == json::json_type::object) {
      if (auto error = field.value().get_object().get(inner)) return error;
      if (auto error = read(inner, sizes)) return error;
    } else if (auto error = field.value().get_int64().get(number)) {
      return error;
    }
  }
  return simdjson::SUCCESS;
}

}  // namespace

int main() {
  using lowtide::events::LineReader;
  LineReader lines(STDIN_FILENO, LineReader::default_max_line);
  json::parser parser;
  Sizes sizes;
  while (lines.next() == LineReader::ReadResult::line) {
    json::document document;
    json::object object;
    const std::string_view line = lines.line();
    auto error =
        parser.iterate(line.data(), line.size(), line.size() + LineReader::padding).get(document);
    if (error == simdjson::SUCCESS) error = document.get_object().get(object);
    if (error == simdjson::SUCCESS) error = read(object, sizes);
    if (error != simdjson::SUCCESS) {
      std::fprintf(stderr, "line %llu: %s\n", static_cast<unsigned long long>(lines.number()),
                   simdjson::error_message(error));
      return 1;
    }
    ++sizes.lines;
  }
  std::fprintf(
      stderr, "%llu lines, %llu values, %llu bytes\n", static_cast<unsigned long long>(sizes.lines),
      static_cast<unsigned long long>(sizes.values), static_cast<unsigned long long>(sizes.bytes));
  return 0;
}
