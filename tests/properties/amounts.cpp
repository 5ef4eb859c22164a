// SPDX-License-Identifier: Apache-2.0
// Compares Amount with schoolbook arithmetic on strings of decimal digits, as on paper.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <lowtide/amount.hpp>
#include <lowtide/balance.hpp>

#include "chance.hpp"
#include "event.hpp"
#include "exercised.hpp"

namespace {

using namespace properties;  // NOLINT(google-build-using-namespace)
using lowtide::Amount;
using lowtide::ErrorCode;

// A signed integer as its decimal digits, the most significant first, without leading zeros; zero
// has none, and no sign.
struct Paper {
  std::string digits;
  bool negative = false;

  friend bool operator==(const Paper&, const Paper&) = default;
};

Paper tidy(std::string digits, bool negative) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return {digits, negative && !digits.empty()};
}

bool smaller(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string add_digits(std::string a, std::string b) {
  const std::size_t size = std::max(a.size(), b.size()) + 1;
  a.insert(0, size - a.size(), '0');
  b.insert(0, size - b.size(), '0');
  int carry = 0;
  for (std::size_t i = size; i-- > 0;) {
    const int sum = (a[i] - '0') + (b[i] - '0') + carry;
    a[i] = static_cast<char>('0' + sum % 10);
    carry = sum / 10;
  }
  return tidy(a, false).digits;
}

// a - b, where b is not greater than a.
std::string subtract_digits(std::string a, std::string b) {
  b.insert(0, a.size() - b.size(), '0');
  int borrow = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    const int difference = (a[i] - '0') - (b[i] - '0') - borrow;
    borrow = difference < 0 ? 1 : 0;
    a[i] = static_cast<char>('0' + difference + 10 * borrow);
  }
  return tidy(a, false).digits;
}

Paper sum(const Paper& a, const Paper& b) {
  if (a.negative == b.negative) return tidy(add_digits(a.digits, b.digits), a.negative);
  if (smaller(a.digits, b.digits)) return tidy(subtract_digits(b.digits, a.digits), b.negative);
  return tidy(subtract_digits(a.digits, b.digits), a.negative);
}
Paper negated(const Paper& a) { return tidy(a.digits, !a.negative); }

const Paper least{"170141183460469231731687303715884105728", true};
const Paper greatest{"170141183460469231731687303715884105727", false};
bool fits(const Paper& a) { return !smaller((a.negative ? least : greatest).digits, a.digits); }

// Converts the bits of an amount to digits, from the highest bit, by doubling on paper.
Paper on_paper(Amount amount) {
  std::string digits;
  for (int bit = 127; bit >= 0; --bit) {
    const std::uint64_t half = bit >= 64 ? static_cast<std::uint64_t>(amount.high) : amount.low;
    const bool set = ((half >> (bit % 64)) & 1U) != (amount.high < 0 ? 1U : 0U);
    digits = add_digits(digits, digits);
    if (set) digits = add_digits(digits, "1");
  }
  // The magnitude of a negative number is its complement plus one.
  return amount.high < 0 ? Paper{add_digits(digits, "1"), true} : tidy(digits, false);
}

std::string plain(const Paper& a) {
  std::string digits = a.digits;
  if (digits.size() < 19) digits.insert(0, 19 - digits.size(), '0');
  std::string fraction = digits.substr(digits.size() - 18);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return (a.negative ? "-" : "") + digits.substr(0, digits.size() - 18) +
         (fraction.empty() ? "" : "." + fraction);
}

Amount any_amount(Chance& chance) {
  const auto half = [&]() -> std::uint64_t {
    switch (chance.below(4)) {
      case 0: return 0;
      case 1: return UINT64_MAX;
      case 2: return (std::uint64_t{1} << chance.below(64)) - chance.below(2);
      default: return chance.bits() >> chance.below(64);
    }
  };
  const std::uint64_t low = half();
  return lowtide::Amount::from_halves(static_cast<std::int64_t>(half()), low);
}

TEST_CASE("amount: is written as on paper, and parsed back unchanged") {
  Chance chance(11);
  const std::uint64_t amounts = scaled(300000);
  for (std::uint64_t i = 0; i < amounts; ++i) {
    const Amount amount = i == 0 ? Amount::min() : i == 1 ? Amount::max() : any_amount(chance);
    const std::string text = to_text(amount);
    if (text != plain(on_paper(amount)))
      FAIL("written as " << text << ", on paper " << plain(on_paper(amount)));
    const auto back = Amount::parse(text);
    if (!back || *back != amount) FAIL(text << " is parsed as another amount");
  }
  exercised(at_scale("amounts written and read").c_str(), amounts, "amounts", scaled(300000));
}

// Parses a text by the grammar, with digits only: the exponent moves the point by adding zeros.
struct Read {
  ErrorCode error{};
  bool refused = false;
  Paper value;
};

Read read(const std::string& text) {
  Read read;
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return text.substr(from, at - from);
  };
  const auto take = [&](const char* any) {
    const bool taken = at < text.size() && std::string(any).find(text[at]) != std::string::npos;
    at += taken ? 1 : 0;
    return taken;
  };
  const bool negative = text.starts_with('-');
  take("+-");
  std::string whole = digits();
  std::string fraction;
  bool good = !whole.empty();
  if (take(".")) {
    fraction = digits();
    good = good && !fraction.empty();
  }
  int exponent = 0;
  if (take("eE")) {
    const bool down = at < text.size() && text[at] == '-';
    take("+-");
    const std::string value = digits();
    good = good && !value.empty();
    for (const char c : value) exponent = std::min(exponent * 10 + (c - '0'), 300);
    if (down) exponent = -exponent;
  }
  if (!good || at != text.size())
    return {.error = ErrorCode::malformed, .refused = true, .value = {}};

  // The value is whole.fraction x 10^exponent. Moving the point 18 more places to the right gives
  // the count of 10^-18.
  const int shift = exponent + Amount::places;
  if (shift >= 0) {
    fraction.resize(std::max(fraction.size(), static_cast<std::size_t>(shift)), '0');
    whole += fraction.substr(0, static_cast<std::size_t>(shift));
    fraction.erase(0, static_cast<std::size_t>(shift));
  } else {
    whole.insert(0, static_cast<std::size_t>(-shift), '0');
    fraction.insert(0, whole.substr(whole.size() - static_cast<std::size_t>(-shift)));
    whole.erase(whole.size() - static_cast<std::size_t>(-shift));
  }
  read.value = tidy(whole, negative);
  const bool rest = fraction.find_first_not_of('0') != std::string::npos;
  // With a rest, the value is beyond its whole units, so the last amount in range is out of range
  // too.
  const bool too_far = !fits(tidy(whole, negative)) ||
                       (rest && tidy(whole, false).digits == (negative ? least : greatest).digits);
  read.refused = too_far || rest;
  read.error = too_far ? ErrorCode::overflow : ErrorCode::inexact;
  return read;
}

std::string any_text(Chance& chance) {
  if (chance.one_in(3)) {
    // Near an end of the range, with the point at any place and perhaps another digit.
    const Paper end = sum(chance.one_in(2) ? least : greatest,
                          tidy(std::to_string(chance.below(3)), chance.one_in(2)));
    const std::int64_t point = chance.between(1, 38);
    const std::int64_t exponent = 39 - point - Amount::places;
    std::string text = (end.negative ? "-" : "") +
                       end.digits.substr(0, static_cast<std::size_t>(point)) + "." +
                       end.digits.substr(static_cast<std::size_t>(point));
    if (chance.one_in(3)) text += std::to_string(chance.below(10));
    return text + "e" + std::to_string(exponent);
  }
  constexpr std::string_view letters = "0000001199.eE+-";
  std::string text;
  if (chance.one_in(2)) {
    for (std::uint64_t n = chance.below(10); n > 0; --n) text += chance.pick(letters);
    return text;
  }
  if (chance.one_in(3)) text += chance.one_in(2) ? '-' : '+';
  for (std::uint64_t n = 1 + chance.below(24); n > 0; --n)
    text += static_cast<char>('0' + chance.below(10));
  if (chance.one_in(2)) {
    text += '.';
    for (std::uint64_t n = 1 + chance.below(21); n > 0; --n)
      text += static_cast<char>('0' + (chance.one_in(3) ? chance.below(10) : 0));
  }
  if (chance.one_in(3)) text += (chance.one_in(2) ? "e" : "E-") + std::to_string(chance.below(45));
  if (chance.one_in(40))
    text.insert(chance.below(text.size() + 1), 1, chance.pick(std::string_view("\0 ,_x", 5)));
  return text;
}

TEST_CASE("amount: a text is parsed as on paper, or refused with the first error that applies") {
  Chance chance(12);
  const std::uint64_t texts = scaled(1000000);
  std::array<std::uint64_t, 4> counted{};  // read, malformed, inexact, overflow
  for (std::uint64_t i = 0; i < texts; ++i) {
    const std::string text = any_text(chance);
    const Read expected = read(text);
    const auto amount = Amount::parse(text);
    if (amount.has_value() == expected.refused)
      FAIL("'" << text << "' is " << std::string(expected.refused ? "accepted" : "refused"));
    if (amount && plain(expected.value) != to_text(*amount))
      FAIL("'" << text << "' is parsed as " << to_text(*amount));
    if (!amount && amount.error().code != expected.error)
      FAIL("'" << text << "' is refused as " << std::string(amount.error().rule));
    ++counted[amount ? 0 : static_cast<std::size_t>(expected.error)];
  }
  const std::string label = at_scale("amounts as text");
  exercised(label.c_str(), counted[0], "texts read", scaled(100000));
  exercised(label.c_str(), counted[static_cast<std::size_t>(ErrorCode::malformed)], "malformed",
            scaled(100000));
  exercised(label.c_str(), counted[static_cast<std::size_t>(ErrorCode::inexact)], "inexact",
            scaled(50000));
  exercised(label.c_str(), counted[static_cast<std::size_t>(ErrorCode::overflow)], "overflow",
            scaled(50000));
}

bool agree(const lowtide::Result<Amount>& result, const Paper& exact) {
  if (!fits(exact)) return !result && result.error().code == ErrorCode::overflow;
  return result && on_paper(*result) == exact;
}

TEST_CASE(
    "amount: sums and Available Credit are exact, and overflow only if the exact result does") {
  Chance chance(13);
  const std::uint64_t balances = scaled(60000);
  std::uint64_t overflowed = 0;
  std::uint64_t came_back = 0;
  for (std::uint64_t i = 0; i < balances; ++i) {
    std::array<Amount, 5> terms;
    std::array<Paper, 5> papers;
    for (std::size_t n = 0; n < 5; ++n) {
      terms[n] = chance.one_in(8) ? (chance.one_in(2) ? Amount::min() : Amount::max())
                                  : any_amount(chance);
      papers[n] = on_paper(terms[n]);
    }
    if (!agree(add(terms[0], terms[1]), sum(papers[0], papers[1])))
      FAIL(to_text(terms[0]) << " + " << to_text(terms[1]));
    if (!agree(subtract(terms[0], terms[1]), sum(papers[0], negated(papers[1]))))
      FAIL(to_text(terms[0]) << " - " << to_text(terms[1]));
    if ((terms[0] < terms[1]) != sum(papers[0], negated(papers[1])).negative)
      FAIL(to_text(terms[0]) << " < " << to_text(terms[1]));

    Paper exact = papers[0];
    bool wide = false;
    for (std::size_t n = 1; n < 5; ++n) {
      exact = sum(exact, n < 3 ? papers[n] : negated(papers[n]));
      wide = wide || (n < 4 && !fits(exact));
    }
    const auto credit =
        lowtide::available_credit({terms[0], terms[1], terms[2], terms[3], terms[4]});
    if (!agree(credit, exact))
      FAIL("Available Credit is " << (credit ? to_text(*credit) : "refused") << ", on paper "
                                  << plain(exact));
    overflowed += credit ? 0 : 1;
    came_back += credit && wide ? 1 : 0;
  }
  exercised(at_scale("balances summed").c_str(), balances, "balances", scaled(60000));
  exercised(at_scale("balances summed").c_str(), overflowed, "out of range", scaled(1000));
  exercised(at_scale("balances summed").c_str(), came_back, "out of range on the way only",
            scaled(500));
}

}  // namespace
