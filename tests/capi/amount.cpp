// SPDX-License-Identifier: Apache-2.0
// Amounts and balances: text, sums, order, Available Credit.
#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "values.hpp"

using namespace capi;

TEST_CASE("amount_parse: a text is read, or refused for the documented reason") {
  struct Row {
    std::string text;
    lowtide_status status;
    std::string canonical;
  };
  const Row rows[] = {{"12.50", LOWTIDE_OK, "12.5"},
                      {"-0", LOWTIDE_OK, "0"},
                      {"1e3", LOWTIDE_OK, "1000"},
                      {most, LOWTIDE_OK, most},
                      {least, LOWTIDE_OK, least},
                      {"0e999999999", LOWTIDE_OK, "0"},
                      {"", LOWTIDE_MALFORMED, ""},
                      {"1,5", LOWTIDE_MALFORMED, ""},
                      {std::string("1\0", 2), LOWTIDE_MALFORMED, ""},
                      {std::string("\0", 1), LOWTIDE_MALFORMED, ""},
                      {"1e-19", LOWTIDE_INEXACT, ""},
                      {"170141183460469231731.687303715884105728", LOWTIDE_OVERFLOW, ""},
                      {"1e999999999", LOWTIDE_OVERFLOW, ""},
                      {std::string(10'000'000, '0') + "1", LOWTIDE_OK, "1"},
                      {std::string(10'000'000, '9'), LOWTIDE_OVERFLOW, ""},
                      {std::string(10'000'000, 'x'), LOWTIDE_MALFORMED, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 50));
    // Memory of exactly the stated size, so that sanitizers notice a byte read too many.
    const std::vector<char> exact(row.text.begin(), row.text.end());
    const char none = '1';
    lowtide_amount read{1, 2};
    CHECK(met(lowtide_amount_parse(&read, exact.empty() ? &none : exact.data(), exact.size())) ==
          row.status);
    if (row.status == LOWTIDE_OK) {
      CHECK(to_text(read) == row.canonical);
    } else {
      CHECK(same(read, lowtide_amount{1, 2}));
    }
  }
}

TEST_CASE("amount_parse: a length beyond all memory is refused before anything is read") {
  lowtide_amount read{};
  CHECK(met(lowtide_amount_parse(&read, "1", SIZE_MAX)) == LOWTIDE_STRIDE);
  CHECK(met(lowtide_amount_parse(&read, "1", SIZE_MAX / 2 + 1)) == LOWTIDE_STRIDE);
}

TEST_CASE("amount_parse: ten million characters are read, whatever the exponent") {
  const std::string many(10'000'000, '9');
  const std::string zeros(10'000'000, '0');
  struct Row {
    std::string text;
    lowtide_status status;
  };
  const Row rows[] = {{"1e" + many, LOWTIDE_OVERFLOW},
                      {"1e-" + many, LOWTIDE_INEXACT},
                      {"0e" + many, LOWTIDE_OK},
                      {"0e-" + many, LOWTIDE_OK},
                      {"0." + zeros + "1", LOWTIDE_INEXACT},
                      {"0." + zeros + "1e10000001", LOWTIDE_OK},
                      {"1" + zeros + "e-10000000", LOWTIDE_OK},
                      {"1" + zeros + "e-9999999", LOWTIDE_OK},
                      {"1" + zeros, LOWTIDE_OVERFLOW},
                      {"1e" + zeros + "3", LOWTIDE_OK},
                      {"1e" + many + "x", LOWTIDE_MALFORMED}};
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    lowtide_amount read{};
    CHECK(lowtide_amount_parse(&read, row.text.data(), row.text.size()) == row.status);
  }
}

TEST_CASE(
    "amount_format: LOWTIDE_AMOUNT_TEXT_SIZE is always enough, and the text reads back the same") {
  std::mt19937_64 random(3);
  std::uint64_t wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const lowtide_amount from{random() >> random() % 64U,
                              std::bit_cast<std::int64_t>(random()) >> random() % 64U};
    std::array<char, LOWTIDE_AMOUNT_TEXT_SIZE> text{};
    std::size_t size = 0;
    lowtide_amount back{};
    const bool right =
        lowtide_amount_format(&size, text.data(), text.size(), &from) == LOWTIDE_OK &&
        size <= text.size() && lowtide_amount_parse(&back, text.data(), size) == LOWTIDE_OK &&
        back.low == from.low && back.high == from.high;
    const std::string_view written(text.data(), size);
    const bool plain = written.find_first_not_of("-0123456789.") == std::string_view::npos &&
                       written != "-0" &&
                       (written.find('.') == std::string_view::npos ||
                        (written.back() != '0' && written.back() != '.'));
    wrong += right && plain ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("amount: has 128 bits of two's complement, in the order of the machine's bytes") {
  const auto bytes = [](const char* text) {
    const lowtide_amount value = amount(text);
    std::array<unsigned char, 16> image{};
    static_assert(sizeof value == sizeof image);
    std::memcpy(image.data(), &value, sizeof value);
    return image;
  };
  if constexpr (std::endian::native == std::endian::little) {
    std::array<unsigned char, 16> expected{};
    expected[0] = 1;
    CHECK(bytes("0.000000000000000001") == expected);
    expected.fill(0xFF);
    CHECK(bytes("-0.000000000000000001") == expected);
    expected.fill(0);
    expected[15] = 0x80;
    CHECK(bytes("-170141183460469231731.687303715884105728") == expected);
  }
  CHECK(amount("18.446744073709551616").low == 0);
  CHECK(amount("18.446744073709551616").high == 1);
}

TEST_CASE("amount: sums and differences are exact or an overflow, also in place") {
  lowtide_amount a = amount(most);
  const lowtide_amount one = amount("0.000000000000000001");
  CHECK(met(lowtide_amount_add(&a, &a, &one)) == LOWTIDE_OVERFLOW);
  CHECK(to_text(a) == most);
  CHECK(lowtide_amount_subtract(&a, &a, &one) == LOWTIDE_OK);
  CHECK(to_text(a) == "170141183460469231731.687303715884105726");
  CHECK(lowtide_amount_subtract(&a, &a, &a) == LOWTIDE_OK);
  CHECK(to_text(a) == "0");
  std::int32_t order = 9;
  CHECK(lowtide_amount_compare(&order, &a, &one) == LOWTIDE_OK);
  CHECK(order == -1);
  CHECK(lowtide_amount_compare(&order, &one, &a) == LOWTIDE_OK);
  CHECK(order == 1);
  CHECK(lowtide_amount_compare(&order, &a, &a) == LOWTIDE_OK);
  CHECK(order == 0);
}

TEST_CASE("available_credit: an overflow only if the exact result is out of range") {
  auto balance = sized<lowtide_balance>();
  lowtide_amount credit{1, 2};
  balance.cash_balance = balance.credit_limit = amount(most);
  CHECK(lowtide_balance_available_credit(&credit, &balance) == LOWTIDE_OVERFLOW);
  CHECK(same(credit, lowtide_amount{1, 2}));
  balance.unsettled_current_month = amount(most);
  CHECK(lowtide_balance_available_credit(&credit, &balance) == LOWTIDE_OK);
  CHECK(to_text(credit) == most);
  balance.flags = 1;
  CHECK(met(lowtide_balance_available_credit(&credit, &balance)) == LOWTIDE_FLAGS);
}
