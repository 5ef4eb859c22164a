// SPDX-License-Identifier: Apache-2.0
// Amount: an exact decimal, a signed 128-bit count of 10^-18. Nothing is ever rounded.
// Range: -170141183460469231731.687303715884105728 to 170141183460469231731.687303715884105727.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <lowtide/result.hpp>

// LOWTIDE_PORTABLE builds without the compiler's 128-bit integer. The CMake package carries it to
// whoever links lowtide.
#if defined(__SIZEOF_INT128__) && !defined(LOWTIDE_PORTABLE)
#define LOWTIDE_HAS_INT128 1
#else
#define LOWTIDE_HAS_INT128 0
#endif

namespace lowtide {

#if LOWTIDE_HAS_INT128
namespace detail {
__extension__ typedef __int128 int128;  // NOLINT(modernize-use-using): __extension__ takes no alias
__extension__ typedef unsigned __int128 uint128;  // NOLINT(modernize-use-using)
}  // namespace detail
#endif

// 16 bytes, two's complement. On a little-endian machine these are the bytes of Arrow's
// decimal128(38, 18) and DuckDB's DECIMAL(38, 18); those stop at 38 digits, Amount goes on to the
// full 128 bits. The default value is zero.
struct Amount {
  std::uint64_t low = 0;  // the less significant half
  std::int64_t high = 0;  // the more significant half, with the sign

  // Zero. There is no constructor from numbers, so that Amount{1200} is an error and not 1200 times
  // 10^-18.
  constexpr Amount() noexcept = default;
  static constexpr Amount from_halves(std::int64_t high, std::uint64_t low) noexcept {
    Amount amount;
    amount.low = low;
    amount.high = high;
    return amount;
  }

  static constexpr int places = 18;  // digits after the decimal point
  static constexpr std::size_t text_size =
      41;  // the longest text: sign, 21 digits, point, 18 digits

  static constexpr Amount min() noexcept { return from_halves(INT64_MIN, 0); }
  static constexpr Amount max() noexcept { return from_halves(INT64_MAX, UINT64_MAX); }
  static constexpr Amount smallest() noexcept { return from_halves(0, 1); }  // 10^-18

  // Reads `[+-]? digits [. digits]? ([eE] [+-]? digits)?`, ASCII digits only, the whole text and
  // nothing but it. Errors: overflow (out of range; looked at first), inexact (a digit other than 0
  // beyond the 18th place), malformed (all else). Time is linear in the length of the text,
  // whatever its exponent says.
  static Result<Amount> parse(std::string_view text) noexcept;

  // number x 10^-decimals, decimals 0 to 18: cents are from_number(cents, 2), whole units
  // from_number(units, 0). Error: out_of_range, for the decimals; every such product is in range.
  static Result<Amount> from_number(std::int64_t number, int decimals) noexcept;

  constexpr bool negative() const noexcept { return high < 0; }

#if LOWTIDE_HAS_INT128
  // The count of 10^-18 as the compiler's own integer, and back.
  constexpr detail::int128 units() const noexcept {
    return static_cast<detail::int128>(
        (static_cast<detail::uint128>(static_cast<std::uint64_t>(high)) << 64U) | low);
  }
  static constexpr Amount from_units(detail::int128 units) noexcept {
    return from_halves(static_cast<std::int64_t>(units >> 64U), static_cast<std::uint64_t>(units));
  }
#endif

  friend constexpr bool operator==(Amount, Amount) noexcept = default;
  friend constexpr std::strong_ordering operator<=>(Amount a, Amount b) noexcept {
    if (a.high != b.high) return a.high <=> b.high;
    return a.low <=> b.low;
  }
#if LOWTIDE_HAS_INT128
  // One subtraction with borrow; the two steps above cost a branch that no processor can foretell.
  friend constexpr bool operator<(Amount a, Amount b) noexcept { return a.units() < b.units(); }
#endif
};
static_assert(sizeof(Amount) == 16 && alignof(Amount) == 8);

// The exact sum and difference. Error: overflow, when the exact result is out of range.
Result<Amount> add(Amount a, Amount b) noexcept;
Result<Amount> subtract(Amount a, Amount b) noexcept;

// The shortest plain form: no exponent, no trailing zeros, no "-0". Read back it gives the same
// Amount.
std::string to_text(Amount amount);

// The same without allocation: writes at most Amount::text_size characters at `out`, no NUL, and
// returns the end.
char* write_text(char* out, Amount amount) noexcept;

namespace detail {
inline constexpr const char* range_rule =
    "is outside -170141183460469231731.687303715884105728 to "
    "170141183460469231731.687303715884105727";

// The exact value of (sum of `plus`) - (sum of `minus`), through integers wide enough for any
// intermediate sum of fewer than 2^64 terms. Error: overflow, when the result is out of range.
Result<Amount> exact_sum(std::span<const Amount> plus, std::span<const Amount> minus) noexcept;
}  // namespace detail

}  // namespace lowtide
