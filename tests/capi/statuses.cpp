// SPDX-License-Identifier: Apache-2.0
// Names and sentences of statuses, and whether the tests met every status. So this test must run
// last.
#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "exercised.hpp"

namespace {

struct Row {
  std::string_view name;
  lowtide_status status;
};
constexpr Row rows[] = {
#include "statuses.inc"
};

}  // namespace

// doctest runs the files in the order of their paths, and a cache of compiled objects may mix paths
// of several trees. This one comes after all of them.
#line 1 "~statuses.cpp"

TEST_CASE("statuses: each has a name and a sentence of its own, and occurred in the tests") {
  std::set<std::string> names;
  std::set<std::string> sentences;
  std::uint64_t count = 0;
  for (const Row& row : rows) {
    const lowtide_status status = row.status;
    CAPTURE(row.name);
    CHECK(lowtide_status_name(status) == row.name);
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
    CHECK(std::string(lowtide_status_sentence(status)) ==
          "This version of lowtide does not define this status.");
  }
  exercised("statuses of lowtide.h that occurred", count, "statuses", 29);
}
