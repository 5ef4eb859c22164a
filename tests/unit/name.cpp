// SPDX-License-Identifier: Apache-2.0
// The names of accounts and alerts: which are allowed.
#include <lowtide/name.hpp>

#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;
using namespace std::string_literals;

TEST_CASE("name: is UTF-8 of 1 to 255 bytes without control characters") {
  struct Row {
    std::string name;
    bool allowed;
  };
  const Row rows[] = {
      {"a", true},
      {std::string(255, 'a'), true},
      {"acme corp/\"\\", true},
      {" ", true},
      {"\x7E", true},
      {"\xC2\x80", true},  // U+0080 is not among the refused control characters
      {"\xC3\xA9", true},
      {"\xE0\xA0\x80", true},
      {"\xED\x9F\xBF", true},
      {"\xEE\x80\x80", true},
      {"\xF0\x90\x80\x80", true},
      {"\xF4\x8F\xBF\xBF", true},
      {"", false},
      {std::string(256, 'a'), false},
      {"a\0b"s, false},
      {"\x1F", false},
      {"\n", false},
      {"a\x7F", false},
      {"\x80", false},
      {"\xC0\xAF", false},  // a second form of '/'
      {"\xC1\xBF", false},
      {"\xC3", false},          // cut short
      {"\xE0\x9F\xBF", false},  // a second form of U+07FF
      {"\xE2\x82", false},
      {"\xED\xA0\x80", false},  // a surrogate
      {"\xED\xBF\xBF", false},
      {"\xF0\x8F\xBF\xBF", false},
      {"\xF4\x90\x80\x80", false},  // beyond U+10FFFF
      {"\xF5\x80\x80\x80", false},
      {"\xFF", false},
      {"\xC3\x28", false},
      {"\xE2\x28\xA1", false},
      {"\xF0\x9F\x98", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto error = check_name(row.name, "account");
    CHECK(error.has_value() != row.allowed);
    if (error) CHECK(std::string(error->field) == "account");
  }
  exercised("names checked", std::size(rows), "names");
}

TEST_CASE("name: the default name of an alert is allowed") {
  CHECK(!check_name(default_alert_name, "alert"));
}

}  // namespace
