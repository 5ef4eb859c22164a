// SPDX-License-Identifier: Apache-2.0
// Runs last, as files are run in the order of their names: every status of the header was met by
// then.
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"

TEST_CASE("every status has a name and a sentence of its own, and occurred in a test") {
  std::ifstream file("../include/lowtide.h");
  std::stringstream header;
  header << file.rdbuf();
  const std::string text = header.str();
  std::set<std::string> names;
  std::set<std::string> sentences;
  std::uint64_t count = 0;
  // From the type to the functions on it, every macro is a status.
  std::stringstream block(text.substr(text.find("typedef int32_t lowtide_status;")));
  for (std::string line; std::getline(block, line) && !line.starts_with("LOWTIDE_API");) {
    std::stringstream words(line);
    std::string define;
    std::string macro;
    lowtide_status status = -1;
    words >> define >> macro >> status;
    if (define != "#define") continue;
    REQUIRE(macro.starts_with("LOWTIDE_"));
    macro.erase(0, std::string("LOWTIDE_").size());
    CAPTURE(macro);
    std::string lower = macro;
    for (char& c : lower) c = static_cast<char>(c == '_' ? c : c - 'A' + 'a');
    CHECK(lowtide_status_name(status) == lower);
    CHECK(std::string(lowtide_status_sentence(status)).ends_with('.'));
    names.insert(lowtide_status_name(status));
    sentences.insert(lowtide_status_sentence(status));
    CHECK(capi::was_met(status));
    ++count;
  }
  CHECK(names.size() == count);
  CHECK(sentences.size() == count);
  for (const lowtide_status status :
       {-1, 1, 100, 112, 200, 212, 300, 305, 400, 403, INT32_MIN, INT32_MAX}) {
    CHECK(std::string(lowtide_status_name(status)) == "unknown");
    CHECK(std::string(lowtide_status_sentence(status)) == "No status of this version of lowtide.");
  }
  exercised("statuses of lowtide.h that occurred", count, "statuses", 29);
}
