# SPDX-License-Identifier: Apache-2.0
"""Balance: the five components of an account's balance."""

from __future__ import annotations

import ctypes
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any, Tuple

from ._ffi import abi, amounts
from ._ffi.library import check, lib

COMPONENTS = (
    "cash_balance",
    "credit_limit",
    "credit_refunds",
    "unsettled_current_month",
    "unsettled_previous_months",
)


@dataclass(frozen=True, init=False)
class Balance:
    """The five components, in the account's currency. All must be given. Each may be negative.

    Each is a decimal.Decimal or an int, from -170141183460469231731.687303715884105728 to
    170141183460469231731.687303715884105727, with at most 18 decimal places.

    Raises: TypeError (float, bool, str and so on), MalformedError (NaN, infinity), InexactError,
    AmountOverflowError.

    >>> from decimal import Decimal
    >>> balance = Balance(cash_balance=Decimal("10000"), credit_limit=5000, credit_refunds=200,
    ...                   unsettled_current_month=Decimal("3000.25"),
    ...                   unsettled_previous_months=3000)
    >>> balance.available_credit()
    Decimal('9199.75')
    """

    cash_balance: Decimal
    """Money left in the account."""
    credit_limit: Decimal
    """The credit line that was approved for the account."""
    credit_refunds: Decimal
    """Refunds of what had been paid with the credit line."""
    unsettled_current_month: Decimal
    """Usage of the current month, not billed yet."""
    unsettled_previous_months: Decimal
    """Billed for earlier months, not paid yet."""

    def __init__(
        self,
        cash_balance: amounts.Exact,
        credit_limit: amounts.Exact,
        credit_refunds: amounts.Exact,
        unsettled_current_month: amounts.Exact,
        unsettled_previous_months: amounts.Exact,
    ) -> None:
        observation = abi.Observation(ctypes.sizeof(abi.Observation), abi.OBSERVATION_HAS_BALANCE)
        given = (
            cash_balance,
            credit_limit,
            credit_refunds,
            unsettled_current_month,
            unsettled_previous_months,
        )
        for name, value in zip(COMPONENTS, given):
            amounts.write(getattr(observation, name), value, name)
            object.__setattr__(self, name, Decimal(value))
        # Every observation of this balance copies this struct, so that amounts are converted once.
        object.__setattr__(self, "_observation", observation)

    def available_credit(self) -> Decimal:
        """The exact sum: cash_balance + credit_limit + credit_refunds - unsettled_current_month -
        unsettled_previous_months.

        Raises: AmountOverflowError if it is out of range. Intermediate sums may be.
        """
        balance, result = abi.Balance(ctypes.sizeof(abi.Balance)), abi.Amount()
        observation: abi.Observation = self.__dict__["_observation"]
        for name in COMPONENTS:
            setattr(balance, name, getattr(observation, name))
        check(lib.lowtide_balance_available_credit(result, balance), "balance", self)
        return amounts.read(result)

    def __reduce__(self) -> Tuple[Any, ...]:
        return Balance, astuple(self)
