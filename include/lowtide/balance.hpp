// SPDX-License-Identifier: Apache-2.0
// Balance: the five components of an account's balance, and the Available Credit that they make.
#pragma once

#include <bit>
#include <cstdint>

#include <lowtide/amount.hpp>

namespace lowtide {

// All five in the account's one currency. Any of them may be negative.
struct Balance {
  Amount cash_balance;               // funds left in the account
  Amount credit_limit;               // the credit line approved for the account
  Amount credit_refunds;             // refunds of what had been paid with the credit line
  Amount unsettled_current_month;    // usage of the current month, not billed yet
  Amount unsettled_previous_months;  // billed for earlier months, not paid yet

  friend constexpr bool operator==(const Balance&, const Balance&) noexcept = default;
};
static_assert(sizeof(Balance) == 80);

namespace detail {
// The same through wider integers. Two functions, because a result that passes through memory makes
// the usual way slow as well.
bool available_credit_fits(const Balance& balance) noexcept;
Amount available_credit_exact(const Balance& balance) noexcept;  // precondition: it fits

#if LOWTIDE_HAS_INT128
// The same where every sum on the way is in range, as with all amounts that money has; false sends
// the rest to the exact form.
inline bool available_credit_fast(const Amount& cash_balance, const Amount& credit_limit,
                                  const Amount& credit_refunds,
                                  const Amount& unsettled_current_month,
                                  const Amount& unsettled_previous_months,
                                  Amount& credit) noexcept {
  // Amounts that lie in memory are taken as one integer each: put together from halves, compilers
  // spill them.
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
// The same in halves, for amounts below 2^124 units, five of which cannot leave the range. Nobody
// has more than 2 x 10^19 of any currency.
inline bool available_credit_fast(const Amount& cash_balance, const Amount& credit_limit,
                                  const Amount& credit_refunds,
                                  const Amount& unsettled_current_month,
                                  const Amount& unsettled_previous_months,
                                  Amount& credit) noexcept {
  constexpr std::uint64_t limit = std::uint64_t{1} << 60U;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool small = true;
  const auto take = [&](const Amount& amount) {
    small = small && static_cast<std::uint64_t>(amount.high) + limit < 2 * limit;
  };
  const auto plus = [&](const Amount& amount) {
    take(amount);
    low += amount.low;
    high += static_cast<std::uint64_t>(amount.high) + (low < amount.low ? 1 : 0);
  };
  const auto minus = [&](const Amount& amount) {
    take(amount);
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
// unsettled_previous_months. Error: overflow, only when the exact result is out of range; an
// intermediate sum may leave the range and come back.
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
