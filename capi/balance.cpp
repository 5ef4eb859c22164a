// SPDX-License-Identifier: Apache-2.0
// The Available Credit of a lowtide_balance. Called through the C headers only.
#include <lowtide/balance.hpp>

#include "arguments.hpp"
#include "convert.hpp"

using namespace lowtide;
using namespace lowtide::capi;

lowtide_status lowtide_balance_available_credit(lowtide_amount* available_credit,
                                                const lowtide_balance* balance) {
  static_assert(sizeof(lowtide_balance) == 88);
  if (const lowtide_status wrong = check_arguments(out(available_credit), in_struct(balance)))
    return wrong;
  if (balance->flags != 0) return LOWTIDE_FLAGS;
  const Result<Amount> credit = lowtide::available_credit(balance_from_c(*balance));
  if (!credit) return status(credit.error().code);
  *available_credit = to_c(*credit);
  return LOWTIDE_OK;
}
