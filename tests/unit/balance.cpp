// SPDX-License-Identifier: Apache-2.0
// Balance: Available Credit is exact, on the fast path and on the checked one.
#include <lowtide/balance.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exercised.hpp"

namespace {

using namespace lowtide;

Amount amount(const char* text) { return Amount::parse(text).value(); }

constexpr const char* max_text = "170141183460469231731.687303715884105727";
constexpr const char* min_text = "-170141183460469231731.687303715884105728";

TEST_CASE("balance: Available Credit is the exact sum of the components") {
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
      // Intermediate sums out of range; only the result must be in range.
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
    const Balance balance{amount(row.cash), amount(row.limit), amount(row.refunds),
                          amount(row.current), amount(row.previous)};
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

TEST_CASE("balance: the fast path agrees with the exact sum at the ends of its range") {
  // Around zero; around 2^124 units, the limit of the fast path in builds without 128-bit integers;
  // and at the ends of the range.
  constexpr std::int64_t edge = std::int64_t{1} << 60;
  std::vector<Amount> values = {Amount{}, Amount::smallest(), Amount::from_halves(-1, UINT64_MAX),
                                Amount::min(), Amount::max()};
  for (const std::int64_t high : {edge, -edge}) {
    values.push_back(Amount::from_halves(high, 0));
    values.push_back(Amount::from_halves(high - 1, UINT64_MAX));
  }
  std::uint64_t sums = 0;
  std::uint64_t disagreements = 0;
  for (const Amount cash : values) {
    for (const Amount limit : values) {
      for (const Amount refunds : values) {
        for (const Amount current : values) {
          for (const Amount previous : values) {
            const std::array plus = {cash, limit, refunds};
            const std::array minus = {current, previous};
            const Result<Amount> exact = detail::exact_sum(plus, minus);
            const Result<Amount> credit =
                available_credit({cash, limit, refunds, current, previous});
            if (credit.has_value() != exact.has_value() || (credit && *credit != *exact))
              ++disagreements;
            ++sums;
          }
        }
      }
    }
  }
  CHECK(disagreements == 0);
  exercised("sums at the ends of the fast path", sums, "sums", 59049);
}
