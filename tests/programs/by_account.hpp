// SPDX-License-Identifier: Apache-2.0
// Sorts output lines by account, for tests that do not depend on the order of accounts. The tests
// of both programs call it.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

// The lines of each account, in the order of the text.
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
