// SPDX-License-Identifier: Apache-2.0
// Balance: the five components of an account's balance, and the Available Credit computed from
// them.
#pragma once

#include <bit>
#include <cstdint>

#include <lowtide/amount.hpp>

namespace lowtide {

// All five components are in the account's one currency. Each may be negative.
struct Balance {
  Amount cash_balance;               // funds left in the account
  Amount credit_limit;               // the credit line approved for the account
  Amount credit_refunds;             // refunds of payments made with the credit line
  Amount unsettled_current_month;    // usage of the current month, not billed yet
  Amount unsettled_previous_months;  // billed for earlier months, not paid yet

  friend constexpr bool operator==(const Balance&, const Balance&) noexcept = default;
};
static_assert(sizeof(Balance) == 80);

namespace detail {
// The checked path: sums in wider integers. These are two functions, because one that returned a
// Result through memory made the fast path slower too.
bool available_credit_fits(const Balance& balance) noexcept;
Amount available_credit_exact(const Balance& balance) noexcept;  // precondition: it fits

#if LOWTIDE_HAS_INT128
// The fast path: true if every intermediate sum is in range, as it is for all realistic amounts of
// money. If false, `credit` is not valid: call available_credit_fits and available_credit_exact.
inline bool available_credit_fast(const Amount& cash_balance, const Amount& credit_limit,
                                  const Amount& credit_refunds,
                                  const Amount& unsettled_current_month,
                                  const Amount& unsettled_previous_months,
                                  Amount& credit) noexcept {
  // Loads each amount as one 128-bit integer. Assembled from its halves, compilers spill it to the
  // stack.
  const auto load = [](const Amount& amount) {
    if constexpr (std::endian::native == std::endian::little) return std::bit_cast<int128>(amount);
    return amount.units();
  };
  int128 sum = 0;
  if (__builtin_add_overflow(load(cash_balance), load(credit_limit), &sum)) [[unlikely]]
    return false;
  if (__builtin_add_overflow(sum, load(credit_refunds), &sum)) [[unlikely]]
    return false;
  if (__builtin_sub_overflow(sum, load(unsettled_current_month), &sum)) [[unlikely]]
    return false;
  if (__builtin_sub_overflow(sum, load(unsettled_previous_months), &sum)) [[unlikely]]
    return false;
  credit = Amount::from_units(sum);
  return true;
}
#else
// The same with 64-bit halves. True if every amount is below 2^124 units (about 2 x 10^19 of the
// currency) in size: five of these cannot leave the range.
inline bool available_credit_fast(const Amount& cash_balance, const Amount& credit_limit,
                                  const Amount& credit_refunds,
                                  const Amount& unsettled_current_month,
                                  const Amount& unsettled_previous_months,
                                  Amount& credit) noexcept {
  constexpr std::uint64_t limit = std::uint64_t{1} << 60U;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool small = true;
  const auto check_size = [&](const Amount& amount) {
    small = small && static_cast<std::uint64_t>(amount.high) + limit < 2 * limit;
  };
  const auto plus = [&](const Amount& amount) {
    check_size(amount);
    low += amount.low;
    high += static_cast<std::uint64_t>(amount.high) + (low < amount.low ? 1 : 0);
  };
  const auto minus = [&](const Amount& amount) {
    check_size(amount);
    high -= static_cast<std::uint64_t>(amount.high) + (low < amount.low ? 1 : 0);
    low -= amount.low;
  };
  plus(cash_balance);
  plus(credit_limit);
  plus(credit_refunds);
  minus(unsettled_current_month);
  minus(unsettled_previous_months);
  credit = Amount::from_halves(static_cast<std::int64_t>(high), low);
  return small;
}
#endif
inline bool available_credit_fast(const Balance& b, Amount& credit) noexcept {
  return available_credit_fast(b.cash_balance, b.credit_limit, b.credit_refunds,
                               b.unsettled_current_month, b.unsettled_previous_months, credit);
}
}  // namespace detail

// cash_balance + credit_limit + credit_refunds - unsettled_current_month -
// unsettled_previous_months. Error: overflow, only if the exact result is out of range;
// intermediate sums may be out of range.
inline Result<Amount> available_credit(const Balance& balance) noexcept {
  Amount credit;
  if (!detail::available_credit_fast(balance, credit)) [[unlikely]] {
    if (!detail::available_credit_fits(balance))
      return Error{ErrorCode::overflow, "available_credit", detail::range_rule};
    credit = detail::available_credit_exact(balance);
  }
  return credit;
}

}  // namespace lowtide
