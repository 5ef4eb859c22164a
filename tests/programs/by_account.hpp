// SPDX-License-Identifier: Apache-2.0
// Compares output lines account by account, for tests that must not depend on the order between
// accounts.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

// The lines of each account, in the order in which they stand in the text.
inline std::map<std::string, std::vector<std::string>> by_account(const std::string& text) {
  std::map<std::string, std::vector<std::string>> found;
  simdjson::dom::parser parser;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const simdjson::dom::element output = parser.parse(line);
    found[std::string(std::string_view(output["account"]))].push_back(line);
  }
  return found;
}
