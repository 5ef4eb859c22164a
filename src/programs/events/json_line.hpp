// SPDX-License-Identifier: Apache-2.0
// Private: reads the JSON values of one line, and builds the message if a value is wrong. Only
// event_reader.cpp includes it; it keeps simdjson out of every other file. It knows JSON and field
// names, but not events. Everything is inline: this is the hot path of every program.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <lowtide/amount.hpp>
#include <lowtide/name.hpp>

#include "programs/events/event_keys.hpp"
#include "programs/events/excerpt.hpp"
#include "programs/events/line_reader.hpp"

namespace lowtide::events {

namespace json = simdjson::ondemand;

static_assert(LineReader::padding >= simdjson::SIMDJSON_PADDING);

// The name of a field, in two parts that are joined only for a message.
struct FieldName {
  // NOLINTBEGIN(google-explicit-constructor): a text can stand for a name
  FieldName(const char* name) noexcept : last(name) {}
  FieldName(std::string_view name) noexcept : last(name) {}
  // NOLINTEND(google-explicit-constructor)
  FieldName(std::string_view first_part, std::string_view last_part) noexcept
      : first(first_part), last(last_part) {}
  std::string_view first;
  std::string_view last;
};

inline std::string_view describe(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::UTF8_ERROR: return "the line is not UTF-8";
    case simdjson::EMPTY: return "the line is empty";
    case simdjson::UNCLOSED_STRING: return "a string is not closed";
    case simdjson::UNESCAPED_CHARS: return "a string contains a control character";
    case simdjson::STRING_ERROR: return "a string contains an invalid escape";
    case simdjson::INCORRECT_TYPE: return "the line is not a JSON object";
    default: return "the line is not valid JSON";
  }
}

// A function that returns false refuses the line and has set the message.
class JsonLine {
 public:
  JsonLine(std::string_view line, std::string& message) noexcept : line_(line), message_(message) {}

  std::string_view text() const noexcept { return line_; }

  // Starts to parse the line, which must be an object. LineReader::padding bytes behind the line
  // must be readable.
  bool begin(json::parser& parser, json::object& object) {
    auto error = parser.iterate(line_.data(), line_.size(), line_.size() + LineReader::padding)
                     .get(document_);
    if (error != simdjson::SUCCESS) return fail("", describe(error), line_);
    error = document_.get_object().get(object);
    if (error != simdjson::SUCCESS) return fail(error);
    has_escapes_ = line_.find('\\') != std::string_view::npos;
    return true;
  }

  // Checks that nothing follows the object, once all of its fields were read.
  bool end() {
    const auto place = document_.current_location();
    if (place.error() == simdjson::OUT_OF_BOUNDS) return true;
    if (place.error() != simdjson::SUCCESS) return fail(place.error());
    return fail("", "the object is followed by other text", rest(place.value_unsafe()));
  }

  // Calls visit(index in `keys`, value) for each field of an object. Refuses unknown keys, and keys
  // given twice, with escapes or without. `within` is put before the key in a message.
  template <std::size_t N, class Visit>
  bool for_each_field(json::object& object, const std::array<KeyText, N>& keys, Keys& seen,
                      std::string_view within, const Visit& visit) {
    unsigned expected = 0;
    for (auto result : object) {
      if (result.error() != simdjson::SUCCESS) return fail(result.error());
      json::field&& field = std::move(result).value_unsafe();
      const char* const raw = field.key().raw();
      unsigned key = find(raw, keys, expected);
      if (key == N) {
        std::string_view name;
        if (const auto error = field.unescaped_key().get(name)) return fail(error);
        key = find(name, keys);
        if (key == N) {
          const std::string shown = excerpt(std::string(within).append(name));
          return fail(FieldName(shown), "is not a known key", rest(raw - 1));
        }
      }
      if ((seen & bit(key)) != 0)
        return fail({within, keys[key].name()}, "is given twice", rest(raw - 1));
      seen |= bit(key);
      expected = key + 1;
      if (!visit(key, field.value())) return false;
    }
    return true;
  }

  bool string(json::value& value, const FieldName& field, std::string_view& text) {
    // Without escapes, a string is the bytes between its quotes; nothing needs to be copied. The
    // parser has already checked the line for invalid UTF-8 and control characters. (The raw token
    // includes the blanks behind it; token() removes them.)
    if (!has_escapes_) {
      const std::string_view raw = token(value);
      json::raw_json_string unused;
      if (raw.size() >= 2 && raw.back() == '"' &&
          value.get_raw_json_string().get(unused) == simdjson::SUCCESS) {
        text = raw.substr(1, raw.size() - 2);
        return true;
      }
    }
    const auto error = value.get_string().get(text);
    return error == simdjson::SUCCESS ? true
                                      : wrong_type(error, field, "must be a JSON string", value);
  }

  bool object(json::value& value, const FieldName& field, json::object& object) {
    const auto error = value.get_object().get(object);
    return error == simdjson::SUCCESS ? true
                                      : wrong_type(error, field, "must be a JSON object", value);
  }

  bool integer(json::value& value, const FieldName& field, std::string_view rule,
               std::int64_t& number) {
    const auto error = value.get_int64().get(number);
    return error == simdjson::SUCCESS ? true : fail(field, rule, token(value));
  }

  bool amount(json::value& value, const FieldName& field, Amount& amount) {
    std::string_view text;
    if (!string(value, field, text)) return false;
    const Result<Amount> parsed = Amount::parse(text);
    if (!parsed) return fail(field, parsed.error().rule, token(value));
    amount = *parsed;
    return true;
  }

  bool name(json::value& value, const char* field, std::string_view& text) {
    if (!string(value, field, text)) return false;
    const std::optional<Error> error = check_name(text, field);
    return error ? fail(field, error->rule, token(value)) : true;
  }

  // The raw text of the first token of a value.
  std::string_view token(json::value& value) const {
    std::string_view raw = value.raw_json_token();
    raw = raw.substr(0, std::min(raw.size(), rest(raw.data()).size()));
    while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
    return raw;
  }
  // The text of the line from the start of a value on.
  std::string_view rest(json::value& value) const { return rest(token(value).data()); }

  // Sets the message to `FIELD: RULE: TEXT`, with an excerpt of the text. Returns false.
  bool fail(const FieldName& field, std::string_view rule, std::string_view text) {
    message_.assign(field.first).append(field.last);
    message_.append(message_.empty() ? "" : ": ").append(rule).append(": ").append(excerpt(text));
    return false;
  }

 private:
  static constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  // The index in `keys` of the key whose raw bytes begin at `raw`. N if it is not one of them, or
  // is written with escapes. Fields usually come in the order of the table, so the search begins at
  // `expected`.
  template <std::size_t N>
  static unsigned find(const char* raw, const std::array<KeyText, N>& keys,
                       unsigned expected) noexcept {
    for (unsigned i = 0, key = expected; i < N; ++i, ++key) {
      if (key >= N) key = 0;
      if (keys[key].matches(raw)) return key;
    }
    return N;
  }

  // The index in `keys` of a key without escapes; N if it is not one of them.
  template <std::size_t N>
  static unsigned find(std::string_view name, const std::array<KeyText, N>& keys) noexcept {
    unsigned key = 0;
    while (key < N && name != keys[key].name()) ++key;
    return key;
  }

  std::string_view rest(const char* place) const {
    return line_.substr(static_cast<std::size_t>(place - line_.data()));
  }

  bool wrong_type(simdjson::error_code error, const FieldName& field, std::string_view rule,
                  json::value& value) {
    return fail(field, error == simdjson::STRING_ERROR ? describe(error) : rule, token(value));
  }

  // The JSON itself is wrong. Shows the line from where the parser stopped, if that is known.
  bool fail(simdjson::error_code error) {
    const auto place = document_.current_location();
    const bool is_known = place.error() == simdjson::SUCCESS &&
                          place.value_unsafe() > line_.data() && place.value_unsafe() < line_.end();
    return fail("", describe(error), is_known ? rest(place.value_unsafe()) : line_);
  }

  std::string_view line_;
  std::string& message_;
  json::document document_;
  bool has_escapes_ = false;  // the line contains a backslash
};

}  // namespace lowtide::events
