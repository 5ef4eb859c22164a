// SPDX-License-Identifier: Apache-2.0
#include <lowtide/balance.hpp>

#include <string>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;

Amount amount(const char* text) { return Amount::parse(text).value(); }

constexpr const char* max_text = "170141183460469231731.687303715884105727";
constexpr const char* min_text = "-170141183460469231731.687303715884105728";

TEST_CASE("Available Credit is the sum of what is there less the sum of what is owed") {
  struct Row {
    const char* cash;
    const char* limit;
    const char* refunds;
    const char* current;
    const char* previous;
    const char* credit;  // nullptr: out of range
  };
  static const Row rows[] = {
      {"10000", "5000", "200", "3000", "3000", "9200"},
      {"0.1", "0.2", "0", "0", "0", "0.3"},
      {"0", "0", "0", "0", "0", "0"},
      {"-5", "0", "0", "0", "0", "-5"},
      {"0", "0", "0", "0.00000080000", "0.000000000000000001", "-0.000000800000000001"},
      // Only the result must fit: sums on the way leave the range and come back.
      {max_text, max_text, "99", max_text, max_text, "99"},
      {max_text, "1", "0", "1", "0", max_text},
      {min_text, "-1", "0", "-1", "0", min_text},
      {min_text, min_text, min_text, min_text, min_text, min_text},
      {max_text, max_text, "0.000000000000000001", max_text, "0.000000000000000001", max_text},
      {max_text, "0.000000000000000001", "0", "0", "0", nullptr},
      {max_text, max_text, max_text, min_text, min_text, nullptr},
      {min_text, "0", "0", "0.000000000000000001", "0", nullptr},
      {"0", "0", "0", min_text, "0", nullptr},
      {"-0.000000000000000001", "0", "0", min_text, "0", max_text},
      {min_text, min_text, min_text, max_text, max_text, nullptr},
  };
  for (const Row& row : rows) {
    const Balance balance{amount(row.cash), amount(row.limit), amount(row.refunds), amount(row.current), amount(row.previous)};
    CAPTURE(row.cash);
    CAPTURE(row.limit);
    const Result<Amount> credit = available_credit(balance);
    REQUIRE(credit.has_value() == (row.credit != nullptr));
    if (row.credit != nullptr) {
      CHECK(to_text(*credit) == row.credit);
    } else {
      CHECK(credit.error().code == ErrorCode::overflow);
      CHECK(std::string(credit.error().field) == "available_credit");
    }
  }
  exercised("balances added up", std::size(rows), "balances");
}

}  // namespace
