# SPDX-License-Identifier: Apache-2.0
"""Converts Decimals to lowtide's amounts and back, exactly, whatever the decimal context is.

Private.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Union

from ..errors import AmountOverflowError, MalformedError
from . import abi
from .arguments import wrong_type
from .library import check, lib

# The types that an amount may be given as.
Exact = Union[Decimal, int]

_UNIT = 10**18
_MOST_WHOLE = (2**127 - 1) // _UNIT  # the same on both sides of 0
_LOW = 2**64 - 1


def write(target: abi.Amount, value: Exact, field: str) -> None:
    """Writes a Decimal or an int into an amount.

    Raises TypeError for other types, bool and float included; MalformedError for NaN and infinity;
    InexactError; AmountOverflowError.
    """
    if isinstance(value, Decimal):
        if not Decimal.is_finite(value):
            raise MalformedError.of(field, "must be a finite number", value)
        text = Decimal.__str__(value).encode("ascii")
        status = lib.lowtide_amount_parse(target, text, len(text))
        if status:
            check(status, field, value)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = int.__index__(value)
        if not -_MOST_WHOLE <= value <= _MOST_WHOLE:
            raise AmountOverflowError.of(
                field,
                f"must be from {-_MOST_WHOLE} to {_MOST_WHOLE} if it is whole",
                value,
            )
        count = value * _UNIT
        target.low = count & _LOW
        target.high = count >> 64
    else:
        raise wrong_type(field, "a decimal.Decimal or an int", value)


def read(amount: abi.Amount) -> Decimal:
    """An amount as a Decimal, without exponent and without trailing zeros."""
    count: int = amount.high << 64 | amount.low
    whole, rest = divmod(abs(count), _UNIT)
    if rest == 0:
        return Decimal(whole if count >= 0 else -whole)
    text = f"{whole}.{rest:018d}".rstrip("0")
    return Decimal(text if count >= 0 else "-" + text)


def parse(text: str, field: str) -> Decimal:
    """Reads `[+-]? digits [. digits]? ([eE] [+-]? digits)?`.

    Raises MalformedError, InexactError, AmountOverflowError.
    """
    amount, data = abi.Amount(), text.encode("utf-8", "surrogatepass")
    check(lib.lowtide_amount_parse(amount, data, len(data)), field, text)
    return read(amount)


def plain(value: Decimal) -> str:
    """An amount as text without exponent."""
    return format(value, "f")
