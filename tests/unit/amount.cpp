// SPDX-License-Identifier: Apache-2.0
// Amount: parsing, writing and exact arithmetic, compared with an independent reading of the
// grammar and with integers of any size.
#include <lowtide/amount.hpp>

#include <array>
#include <random>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>
#include <boost/multiprecision/cpp_int.hpp>

#include "exercised.hpp"

namespace {

using namespace lowtide;
using Big = boost::multiprecision::cpp_int;

const Big two_to_64 = Big(1) << 64U;
const Big largest = (Big(1) << 127U) - 1;
const Big smallest = -(Big(1) << 127U);

Big units(Amount amount) { return Big(amount.high) * two_to_64 + Big(amount.low); }

// The meaning of a text, by an independent implementation of the grammar: one pass that splits the
// text, then integers of any size.
struct Reading {
  bool well_formed = false;
  ErrorCode code = ErrorCode::malformed;
  bool is_error = true;
  Big value;
};

Reading read_independently(const std::string& text) {
  Reading reading;
  std::string digits;
  long long scale = 0;
  std::size_t i = 0;
  const auto run_of_digits = [&](std::string& into) {
    const std::size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') into += text[i++];
    return i > start;
  };
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) ++i;
  if (!run_of_digits(digits)) return reading;
  if (i < text.size() && text[i] == '.') {
    ++i;
    const std::size_t before = digits.size();
    if (!run_of_digits(digits)) return reading;
    scale -= static_cast<long long>(digits.size() - before);
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    const bool down = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    std::string exponent;
    if (!run_of_digits(exponent)) return reading;
    scale += (down ? -1 : 1) * std::stoll(exponent);
  }
  if (i != text.size()) return reading;

  // A number that is out of range and inexact is an overflow, so the range is checked before the
  // remainder.
  Big numerator =
      minus ? -Big(std::string("0") == digits
                       ? "0"
                       : digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)))
            : Big(digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)));
  if (numerator == 0) return {true, {}, false, 0};
  const long long power = scale + 18;
  if (power >= 0) {
    if (power > 200) return {true, ErrorCode::overflow, true, 0};
    numerator *= boost::multiprecision::pow(Big(10), static_cast<unsigned>(power));
    if (numerator > largest || numerator < smallest) return {true, ErrorCode::overflow, true, 0};
    return {true, {}, false, numerator};
  }
  if (-power > 200) return {true, ErrorCode::inexact, true, 0};
  const Big denominator = boost::multiprecision::pow(Big(10), static_cast<unsigned>(-power));
  if (numerator > largest * denominator || numerator < smallest * denominator)
    return {true, ErrorCode::overflow, true, 0};
  if (numerator % denominator != 0) return {true, ErrorCode::inexact, true, 0};
  return {true, {}, false, numerator / denominator};
}

bool agrees(const std::string& text) {
  const Result<Amount> ours = Amount::parse(text);
  const Reading theirs = read_independently(text);
  if (theirs.is_error) return !ours && ours.error().code == theirs.code;
  return ours && units(*ours) == theirs.value;
}

TEST_CASE("amount: is parsed by its grammar and written in its shortest form") {
  struct Row {
    const char* text;
    const char* canonical;
  };
  static const Row rows[] = {
      {"0", "0"},
      {"-0.00", "0"},
      {"+0", "0"},
      {"-0.5", "-0.5"},
      {"1.050", "1.05"},
      {"007.50", "7.5"},
      {"1e3", "1000"},
      {"1E+3", "1000"},
      {"12.5e-1", "1.25"},
      {"+9200", "9200"},
      {"0.000000001", "0.000000001"},
      {"-3.5", "-3.5"},
      {"0.000000000000000001", "0.000000000000000001"},
      {"0.0000000000000000010", "0.000000000000000001"},
      {"1e-18", "0.000000000000000001"},
      {"10e-19", "0.000000000000000001"},
      {"0e999999999999999999999", "0"},
      {"0.000e-99999999999999999999", "0"},
      {"9999999999999999999", "9999999999999999999"},
      {"99999999999999999999", "99999999999999999999"},
      {"1.23456789012345678", "1.23456789012345678"},
      {"170141183460469231731.687303715884105727", "170141183460469231731.687303715884105727"},
      {"-170141183460469231731.687303715884105728", "-170141183460469231731.687303715884105728"},
      {"170141183460469231731687303715884105727e-18", "170141183460469231731.687303715884105727"},
      {"100000000000.5", "100000000000.5"},
      {"10000000000", "10000000000"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Amount> amount = Amount::parse(row.text);
    REQUIRE(amount);
    CHECK(to_text(*amount) == row.canonical);
    CHECK(Amount::parse(row.canonical).value() == *amount);
  }
  exercised("amounts read and written", std::size(rows), "texts");
}

TEST_CASE("amount: any other text is refused with the right error") {
  struct Row {
    std::string_view text;
    ErrorCode code;
  };
  using namespace std::string_view_literals;
  static const Row rows[] = {
      {"", ErrorCode::malformed},
      {" ", ErrorCode::malformed},
      {" 1", ErrorCode::malformed},
      {"1 ", ErrorCode::malformed},
      {"+", ErrorCode::malformed},
      {"-", ErrorCode::malformed},
      {".5", ErrorCode::malformed},
      {"5.", ErrorCode::malformed},
      {"-.5", ErrorCode::malformed},
      {"1.e1", ErrorCode::malformed},
      {"0x10", ErrorCode::malformed},
      {"1,5", ErrorCode::malformed},
      {"1_000", ErrorCode::malformed},
      {"NaN", ErrorCode::malformed},
      {"inf", ErrorCode::malformed},
      {"--1", ErrorCode::malformed},
      {"+-1", ErrorCode::malformed},
      {"1e", ErrorCode::malformed},
      {"1e+", ErrorCode::malformed},
      {"1e1.5", ErrorCode::malformed},
      {"1.2.3", ErrorCode::malformed},
      {"\xEF\xBC\x91", ErrorCode::malformed},
      {"1\0"sv, ErrorCode::malformed},
      {"\0"sv, ErrorCode::malformed},
      {"1e999999999x", ErrorCode::malformed},
      {"0.0000000000000000001", ErrorCode::inexact},
      {"1e-19", ErrorCode::inexact},
      {"1e-999999999", ErrorCode::inexact},
      {"1.0000000000000000005", ErrorCode::inexact},
      {"170141183460469231731.6873037158841057265", ErrorCode::inexact},
      {"-170141183460469231731.6873037158841057275", ErrorCode::inexact},
      {"170141183460469231731.687303715884105728", ErrorCode::overflow},
      {"-170141183460469231731.687303715884105729", ErrorCode::overflow},
      {"170141183460469231731.6873037158841057271", ErrorCode::overflow},
      {"-170141183460469231731.6873037158841057281", ErrorCode::overflow},
      {"1e21", ErrorCode::overflow},
      {"1e999999999", ErrorCode::overflow},
      {"-1e999999999999999999999", ErrorCode::overflow},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Amount> amount = Amount::parse(row.text);
    REQUIRE(!amount);
    CHECK(amount.error().code == row.code);
    CHECK(std::string_view(amount.error().rule).size() > 10);
  }
  exercised("amounts refused", std::size(rows), "texts");
}

TEST_CASE("amount: every text of up to six characters is parsed by the grammar") {
  static constexpr std::string_view alphabet = "015 9.-+eE,_\xC3\xFF";
  static_assert(alphabet.size() == 14);
  std::uint64_t texts = 0;
  std::uint64_t accepted = 0;
  std::uint64_t wrong = 0;
  for (std::size_t length = 0; length <= 6; ++length) {
    std::array<std::size_t, 6> digits{};
    std::string text(length, alphabet[0]);
    for (bool more = true; more;) {
      ++texts;
      accepted += Amount::parse(text).has_value() ? 1 : 0;
      if (!agrees(text)) {
        ++wrong;
        if (wrong < 10) MESSAGE("parsed wrongly: '" << text << "'");
      }
      more = false;
      for (std::size_t i = 0; i < length && !more; ++i) {
        digits[i] = (digits[i] + 1) % alphabet.size();
        text[i] = alphabet[digits[i]];
        more = digits[i] != 0;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(texts == 8'108'731);
  exercised("every short text through the number parser", texts, "texts");
  exercised("of these, amounts", accepted, "texts", 27'000);
}

TEST_CASE("amount: long texts at the end of the range are parsed by the grammar") {
  std::mt19937_64 random(7);
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  const auto digits = [&](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i)
      text += static_cast<char>('0' + (pick(3) == 0 ? 0 : pick(10)));
    return text;
  };
  std::uint64_t by_kind[3] = {};
  for (int i = 0; i < 200'000; ++i) {
    std::string text = pick(2) == 0 ? "-" : "";
    if (pick(3) == 0) {
      // A number near the largest one, with the point at any place and a matching exponent.
      Big edge = largest + static_cast<long long>(pick(5)) - 2;
      std::string whole = edge.str() + digits(pick(3));
      const std::size_t point = 1 + pick(whole.size());
      const long long exponent = 21 - static_cast<long long>(point);
      text += point < whole.size() ? whole.substr(0, point) + "." + whole.substr(point) : whole;
      text += "e" + std::to_string(exponent);
    } else {
      text += digits(1 + pick(45));
      if (pick(2) == 0) text += "." + digits(1 + pick(40));
      if (pick(2) == 0) text += "e" + std::to_string(static_cast<long long>(pick(80)) - 40);
    }
    CAPTURE(text);
    REQUIRE(agrees(text));
    const Result<Amount> amount = Amount::parse(text);
    ++by_kind[amount ? 0 : amount.error().code == ErrorCode::overflow ? 1 : 2];
  }
  exercised("long texts read", by_kind[0], "texts", 20'000);
  exercised("long texts out of range", by_kind[1], "texts", 20'000);
  exercised("long texts inexact", by_kind[2], "texts", 20'000);
}

TEST_CASE("amount: is made from a number of cents or of whole units") {
  struct Row {
    std::int64_t number;
    int decimals;
    const char* text;  // nullptr: refused
  };
  static const Row rows[] = {
      {1200, 2, "12"},
      {-1, 18, "-0.000000000000000001"},
      {INT64_MIN, 0, "-9223372036854775808"},
      {INT64_MAX, 0, "9223372036854775807"},
      {INT64_MAX, 18, "9.223372036854775807"},
      {0, 0, "0"},
      {1, -1, nullptr},
      {1, 19, nullptr},
  };
  for (const Row& row : rows) {
    CAPTURE(row.number);
    const Result<Amount> amount = Amount::from_number(row.number, row.decimals);
    REQUIRE(amount.has_value() == (row.text != nullptr));
    if (amount) CHECK(to_text(*amount) == row.text);
  }
  static_assert(!std::is_constructible_v<Amount, int> && !std::is_aggregate_v<Amount>);
}

TEST_CASE("amount: ten million digits are parsed to the end") {
  const std::string zeros(10'000'000, '0');
  CHECK(to_text(Amount::parse(zeros + "1." + zeros).value()) == "1");
  CHECK(Amount::parse("1" + zeros).error().code == ErrorCode::overflow);
  CHECK(Amount::parse("0." + zeros + "1").error().code == ErrorCode::inexact);
  CHECK(to_text(Amount::parse("0." + zeros + "1e10000001").value()) == "1");
  CHECK(to_text(Amount::parse("1" + zeros + "e-10000000").value()) == "1");
  CHECK(Amount::parse(zeros + "x").error().code == ErrorCode::malformed);
}

TEST_CASE("amount: sums, differences and order are exact, and overflow is an error") {
  std::mt19937_64 random(11);
  const auto make = [](std::uint64_t low, std::int64_t high) {
    return Amount::from_halves(high, low);
  };
  const Amount edges[] = {{},
                          Amount::smallest(),
                          Amount::min(),
                          Amount::max(),
                          make(UINT64_MAX, -1),
                          make(0, 1),
                          make(UINT64_MAX, 0),
                          make(0, -1),
                          make(1, INT64_MIN),
                          make(UINT64_MAX - 1, INT64_MAX)};
  const auto pick = [&] {
    if (random() % 4 == 0) return edges[random() % std::size(edges)];
    const std::uint64_t low = random();
    const auto high = static_cast<std::int64_t>(random());
    return make(low, high >> (random() % 64));
  };
  std::uint64_t fits = 0;
  std::uint64_t overflows = 0;
  for (int i = 0; i < 300'000; ++i) {
    const Amount a = pick();
    const Amount b = pick();
    for (const bool adding : {true, false}) {
      const Big exact = adding ? Big(units(a) + units(b)) : Big(units(a) - units(b));
      const Result<Amount> ours = adding ? add(a, b) : subtract(a, b);
      const bool in_range = exact <= largest && exact >= smallest;
      REQUIRE(ours.has_value() == in_range);
      if (in_range) REQUIRE(units(*ours) == exact);
      if (!in_range) REQUIRE(ours.error().code == ErrorCode::overflow);
      ++(in_range ? fits : overflows);
    }
    REQUIRE((a < b) == (units(a) < units(b)));
    REQUIRE((a == b) == (units(a) == units(b)));
    REQUIRE((a <=> b) == (units(a) < units(b)    ? std::strong_ordering::less
                          : units(a) == units(b) ? std::strong_ordering::equal
                                                 : std::strong_ordering::greater));
    REQUIRE(Amount::parse(to_text(a)).value() == a);
  }
  exercised("sums and differences in range", fits, "operations", 100'000);
  exercised("sums and differences out of range", overflows, "operations", 10'000);
}

}  // namespace
