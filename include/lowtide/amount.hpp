// SPDX-License-Identifier: Apache-2.0
// Amount: an exact decimal number, stored as a signed 128-bit count of 10^-18. Nothing here rounds.
// Range: -170141183460469231731.687303715884105728 to 170141183460469231731.687303715884105727.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <lowtide/result.hpp>

// LOWTIDE_PORTABLE builds without the compiler's 128-bit integer. Programs that link lowtide must
// define it too; the CMake package does that for them.
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

// 16 bytes, two's complement. On a little-endian machine the bytes are those of Arrow's
// decimal128(38, 18) and DuckDB's DECIMAL(38, 18). These types hold 38 digits; Amount uses all 128
// bits, so its range is larger.
struct Amount {
  std::uint64_t low = 0;  // the less significant half
  std::int64_t high = 0;  // the more significant half, with the sign

  // Zero. No constructor takes a number: Amount{1200} would mean 1200 x 10^-18, so it does not
  // compile.
  constexpr Amount() noexcept = default;
  static constexpr Amount from_halves(std::int64_t high, std::uint64_t low) noexcept {
    Amount amount;
    amount.low = low;
    amount.high = high;
    return amount;
  }

  static constexpr int places = 18;  // digits after the decimal point
  // The longest text: a sign, 21 digits, a point, 18 digits.
  static constexpr std::size_t text_size = 41;

  static constexpr Amount min() noexcept { return from_halves(INT64_MIN, 0); }
  static constexpr Amount max() noexcept { return from_halves(INT64_MAX, UINT64_MAX); }
  static constexpr Amount smallest() noexcept { return from_halves(0, 1); }  // 10^-18

  // Parses `[+-]? digits [. digits]? ([eE] [+-]? digits)?`, ASCII digits only. The whole text must
  // match. Errors: overflow (out of range), inexact (a digit other than 0 beyond the 18th decimal
  // place), malformed (anything else). A text that is both out of range and inexact is an overflow.
  // Takes time linear in the length of the text, however large the exponent is.
  static Result<Amount> parse(std::string_view text) noexcept;

  // number x 10^-decimals: from_number(cents, 2), from_number(whole_units, 0). `decimals` is 0 to
  // 18; every such product is in range. Error: out_of_range, for `decimals` only.
  static Result<Amount> from_number(std::int64_t number, int decimals) noexcept;

  constexpr bool negative() const noexcept { return high < 0; }

#if LOWTIDE_HAS_INT128
  // Converts to and from the count of 10^-18 as the compiler's 128-bit integer.
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
  // Compiles to one subtraction with borrow. The two steps above cost a branch that processors
  // cannot predict.
  friend constexpr bool operator<(Amount a, Amount b) noexcept { return a.units() < b.units(); }
#endif
};
static_assert(sizeof(Amount) == 16 && alignof(Amount) == 8);

// The exact sum and the exact difference. Error: overflow, if the exact result is out of range.
Result<Amount> add(Amount a, Amount b) noexcept;
Result<Amount> subtract(Amount a, Amount b) noexcept;

// The shortest plain form: no exponent, no trailing zeros, no "-0". Parsing it gives the same
// Amount again.
std::string to_text(Amount amount);

// The same without allocation. Writes at most Amount::text_size characters at `out`, without a NUL,
// and returns the end of the text.
char* write_text(char* out, Amount amount) noexcept;

namespace detail {
inline constexpr const char* range_rule =
    "is outside -170141183460469231731.687303715884105728 to "
    "170141183460469231731.687303715884105727";

// The exact value of (sum of `plus`) - (sum of `minus`). It is computed in 256 bits, so no
// intermediate sum of fewer than 2^64 terms overflows. Error: overflow, if the result is out of
// range.
Result<Amount> exact_sum(std::span<const Amount> plus, std::span<const Amount> minus) noexcept;
}  // namespace detail

}  // namespace lowtide
