// SPDX-License-Identifier: Apache-2.0
// Available Credit, the checked path: for balances whose intermediate sums leave the range of an
// Amount. Only the inline functions of balance.hpp call it. It stays out of line, away from the
// fast path.
#include <lowtide/balance.hpp>

namespace lowtide {

namespace {

Result<Amount> exact(const Balance& balance) noexcept {
  const Amount plus[] = {balance.cash_balance, balance.credit_limit, balance.credit_refunds};
  const Amount minus[] = {balance.unsettled_current_month, balance.unsettled_previous_months};
  return detail::exact_sum(plus, minus);
}

}  // namespace

bool detail::available_credit_fits(const Balance& balance) noexcept {
  return exact(balance).has_value();
}

Amount detail::available_credit_exact(const Balance& balance) noexcept { return *exact(balance); }

}  // namespace lowtide
