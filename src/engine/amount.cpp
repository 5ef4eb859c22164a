// SPDX-License-Identifier: Apache-2.0
// Amount: text to number and back, and exact sums. Users of the C++ API, the C ABI and balance.cpp
// call it. It never rounds, and no input makes it slow, allocate (except to_text) or throw.
#include <lowtide/amount.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <exception>
#include <limits>

#include <gsl/assert>

// Hides all symbols of Boost: a program that links lowtide may use another version of Boost. The
// system headers that Boost includes are included above, because the pragma must not hide those.
#define BOOST_NO_EXCEPTIONS
#pragma GCC visibility push(hidden)
#include <boost/multiprecision/cpp_int.hpp>

// Boost calls these if a number is too large for its type. That cannot happen here; if it did,
// ending the process is better than a wrong amount.
namespace boost {
void throw_exception(const std::exception&) { std::abort(); }
void throw_exception(const std::exception&, const source_location&) { std::abort(); }
}  // namespace boost
#pragma GCC visibility pop

namespace lowtide {
namespace {

#if LOWTIDE_HAS_INT128
using Magnitude = detail::uint128;
#else
using Magnitude = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    128, 128, boost::multiprecision::unsigned_magnitude, boost::multiprecision::unchecked, void>>;
#endif
using Wide = boost::multiprecision::int256_t;

constexpr std::uint64_t ten_to_10 = 10'000'000'000U;
constexpr std::uint64_t ten_to_18 = 1'000'000'000'000'000'000U;

constexpr std::array<std::uint64_t, 20> powers_of_ten = [] {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

constexpr Error malformed{ErrorCode::malformed, "", "is not a decimal number such as 1200.50"};
constexpr Error inexact{ErrorCode::inexact, "",
                        "has a digit other than 0 beyond the 18th decimal place"};
constexpr Error overflow{ErrorCode::overflow, "", detail::range_rule};

Magnitude magnitude(Amount amount) noexcept {
  const Magnitude bits =
      (Magnitude(static_cast<std::uint64_t>(amount.high)) << 64U) | Magnitude(amount.low);
  return amount.negative() ? Magnitude(~bits + 1U) : bits;
}

// The amount +magnitude or -magnitude. Precondition: it is in range.
Amount from_magnitude(const Magnitude& magnitude, bool negative) noexcept {
  Expects(magnitude <= (Magnitude(1) << 127U) - (negative ? 0U : 1U));
  const Magnitude bits = negative ? Magnitude(~magnitude + 1U) : magnitude;
  return Amount::from_halves(static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 64U)),
                             static_cast<std::uint64_t>(bits & Magnitude(UINT64_MAX)));
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
unsigned digit(char c) noexcept { return static_cast<unsigned>(c - '0'); }

std::size_t skip_digits(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// The fast path: up to 19 digits, at most 18 of them after the point, no exponent. If it returns
// false, parse_general must parse the text.
bool parse_fast(std::string_view digits, bool negative, Amount& amount) noexcept {
  if (digits.size() > 20) return false;
  std::uint64_t value = 0;
  std::size_t point = digits.size();
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (is_digit(digits[i])) {
      value = value * 10 + digit(digits[i]);
    } else if (digits[i] == '.' && point == digits.size()) {
      point = i;
    } else {
      return false;
    }
  }
  const bool pointed = point != digits.size();
  const std::size_t after = pointed ? digits.size() - point - 1 : 0;
  if (point == 0 || (pointed && after == 0) || after > 18 || digits.size() - (pointed ? 1 : 0) > 19)
    return false;
  amount = from_magnitude(Magnitude(value) * Magnitude(powers_of_ten[18 - after]), negative);
  return true;
}

// The parts of a decimal number. Its digits are those of `whole`, then those of `fraction`. Its
// value is the integer of these digits times 10^(exponent - fraction.size()).
struct Parts {
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;

  std::size_t size() const noexcept { return whole.size() + fraction.size(); }
  char operator[](std::size_t i) const noexcept {
    return i < whole.size() ? whole[i] : fraction[i - whole.size()];
  }
};

// Splits a text that follows the grammar of Amount::parse; false if it does not. An exponent is
// clamped to +-10^17: no text in memory has enough digits for the difference to matter.
bool split(std::string_view text, Parts& parts) noexcept {
  constexpr std::int64_t exponent_limit = 100'000'000'000'000'000;
  std::size_t at = skip_digits(text, 0);
  if (at == 0) return false;
  parts.whole = text.substr(0, at);
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    if (end == at + 1) return false;
    parts.fraction = text.substr(at + 1, end - at - 1);
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool minus = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t end = skip_digits(text, at);
    if (end == at) return false;
    std::int64_t exponent = 0;
    for (; at < end; ++at)
      exponent =
          std::min(exponent * 10 + static_cast<std::int64_t>(digit(text[at])), exponent_limit);
    parts.exponent = minus ? -exponent : exponent;
  }
  return at == text.size();
}

Result<Amount> parse_general(std::string_view text, bool negative) noexcept {
  Parts parts;
  if (!split(text, parts)) return malformed;
  std::size_t first = 0;
  while (first < parts.size() && parts[first] == '0') ++first;
  if (first == parts.size()) return Amount{};
  std::size_t last = parts.size();
  while (parts[last - 1] == '0') --last;

  // The digits [first, last) begin and end with a digit other than 0. The first `whole_units` of
  // them give the count of 10^-18; `rest` says that more digits follow, which are smaller.
  const std::int64_t whole_units = static_cast<std::int64_t>(parts.whole.size()) -
                                   static_cast<std::int64_t>(first) + parts.exponent +
                                   Amount::places;
  const auto significant = static_cast<std::int64_t>(last - first);
  const bool rest = significant > std::max<std::int64_t>(whole_units, 0);
  if (whole_units > 39) return overflow;

  // 38 digits always fit. The 39th may overflow, so it is checked before it is added.
  const auto value_at = [&](std::int64_t i) {
    return i < significant ? digit(parts[first + static_cast<std::size_t>(i)]) : 0U;
  };
  Magnitude units = 0;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(whole_units, 38); ++i)
    units = units * 10U + value_at(i);
  const Magnitude limit =
      (Magnitude(1) << 127U) - (negative ? 0U : 1U);  // of the magnitude, inclusive
  if (whole_units == 39) {
    if (units > limit / 10U) return overflow;
    units = units * 10U + value_at(38);
  }
  if (units > limit || (units == limit && rest)) return overflow;
  if (rest) return inexact;
  return from_magnitude(units, negative);
}

}  // namespace

Result<Amount> Amount::parse(std::string_view text) noexcept {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  Amount amount;
  if (parse_fast(text, negative, amount)) return amount;
  return parse_general(text, negative);
}

Result<Amount> Amount::from_number(std::int64_t number, int decimals) noexcept {
  if (decimals < 0 || decimals > places)
    return Error{ErrorCode::out_of_range, "decimals", "must be from 0 to 18"};
  const bool negative = number < 0;
  const std::uint64_t size = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(number)
                                      : static_cast<std::uint64_t>(number);
  // In range: at most 2^63 times 10^18, which is below 2^123.
  return from_magnitude(
      Magnitude(size) * Magnitude(powers_of_ten[static_cast<std::size_t>(places - decimals)]),
      negative);
}

Result<Amount> add(Amount a, Amount b) noexcept {
#if LOWTIDE_HAS_INT128
  detail::int128 sum = 0;
  if (__builtin_add_overflow(a.units(), b.units(), &sum)) return overflow;
  return Amount::from_units(sum);
#else
  const Amount plus[] = {a, b};
  return detail::exact_sum(plus, {});
#endif
}

Result<Amount> subtract(Amount a, Amount b) noexcept {
#if LOWTIDE_HAS_INT128
  detail::int128 difference = 0;
  if (__builtin_sub_overflow(a.units(), b.units(), &difference)) return overflow;
  return Amount::from_units(difference);
#else
  const Amount plus[] = {a};
  const Amount minus[] = {b};
  return detail::exact_sum(plus, minus);
#endif
}

Result<Amount> detail::exact_sum(std::span<const Amount> plus,
                                 std::span<const Amount> minus) noexcept {
  const auto widen = [](Amount amount) { return Wide((Wide(amount.high) << 64U) + amount.low); };
  Wide sum = 0;
  for (const Amount amount : plus) sum += widen(amount);
  for (const Amount amount : minus) sum -= widen(amount);
  if (sum < widen(Amount::min()) || sum > widen(Amount::max())) return overflow;
  const bool negative = sum < 0;
  const Wide absolute = boost::multiprecision::abs(sum);
  const Magnitude units = (Magnitude(static_cast<std::uint64_t>(absolute >> 64U)) << 64U) |
                          Magnitude(static_cast<std::uint64_t>(absolute & Wide(UINT64_MAX)));
  return from_magnitude(units, negative);
}

char* write_text(char* out, Amount amount) noexcept {
  const Magnitude units = magnitude(amount);
  if (amount.negative()) *out++ = '-';

  // The whole part has up to 21 digits. That is too many for 64 bits, so it is written in two
  // pieces, the lower one of ten digits.
  const Magnitude whole = units / ten_to_18;
  auto fraction = static_cast<std::uint64_t>(units % ten_to_18);
  const auto upper = static_cast<std::uint64_t>(whole / ten_to_10);
  auto lower = static_cast<std::uint64_t>(whole % ten_to_10);
  if (upper == 0) {
    out = std::to_chars(out, out + 20, lower).ptr;
  } else {
    out = std::to_chars(out, out + 20, upper).ptr;
    for (int i = 9; i >= 0; --i, lower /= 10) out[i] = static_cast<char>('0' + lower % 10);
    out += 10;
  }
  if (fraction == 0) return out;
  *out++ = '.';
  int length = Amount::places;
  for (; fraction % 10 == 0; fraction /= 10) --length;
  for (int i = length - 1; i >= 0; --i, fraction /= 10)
    out[i] = static_cast<char>('0' + fraction % 10);
  return out + length;
}

std::string to_text(Amount amount) {
  std::array<char, Amount::text_size> text{};
  return {text.data(), write_text(text.data(), amount)};
}

}  // namespace lowtide
