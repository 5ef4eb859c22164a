# SPDX-License-Identifier: Apache-2.0
"""Amounts are converted exactly, whatever the decimal context is."""

from __future__ import annotations

import decimal
import random
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Optional

import pytest
from scale import Exercised

import lowtide
from lowtide import errors
from lowtide._ffi import abi, amounts

NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)

UNIT = 10**18
MOST, LEAST = 2**127 - 1, -(2**127)
MOST_TEXT = "170141183460469231731.687303715884105727"
LEAST_TEXT = "-170141183460469231731.687303715884105728"

# A value, and the text of the amount, or the error if it is refused.
ROWS = [
    (Decimal("9200"), "9200", None),
    (Decimal("9.2E+3"), "9200", None),
    (Decimal("0.000000000000000001"), "0.000000000000000001", None),
    (Decimal("-3.50"), "-3.5", None),
    (Decimal("-0"), "0", None),
    (Decimal("0E+999999"), "0", None),
    (Decimal("0E-999999"), "0", None),
    (Decimal("1.000000000000000000000000"), "1", None),
    (Decimal(MOST_TEXT), MOST_TEXT, None),
    (Decimal(LEAST_TEXT), LEAST_TEXT, None),
    (0, "0", None),
    (-7, "-7", None),
    (170141183460469231731, "170141183460469231731", None),
    (-170141183460469231731, "-170141183460469231731", None),
    (Decimal("170141183460469231731.687303715884105728"), None, lowtide.AmountOverflowError),
    (Decimal("-170141183460469231731.687303715884105729"), None, lowtide.AmountOverflowError),
    (Decimal("1E+999999"), None, lowtide.AmountOverflowError),
    (170141183460469231732, None, lowtide.AmountOverflowError),
    (-170141183460469231732, None, lowtide.AmountOverflowError),
    (10**100000, None, lowtide.AmountOverflowError),
    (Decimal("1E-19"), None, lowtide.InexactError),
    (Decimal("1E-999999"), None, lowtide.InexactError),
    (Decimal("NaN"), None, lowtide.MalformedError),
    (Decimal("sNaN"), None, lowtide.MalformedError),
    (Decimal("Infinity"), None, lowtide.MalformedError),
    (Decimal("-Infinity"), None, lowtide.MalformedError),
    (1.0, None, TypeError),
    (float("nan"), None, TypeError),
    (True, None, TypeError),
    (False, None, TypeError),
    ("5", None, TypeError),
    (None, None, TypeError),
    (1j, None, TypeError),
]


@pytest.fixture(params=["as it is", "hostile"])
def context(request: pytest.FixtureRequest) -> Any:
    """Runs each test in the default context, and in one that rounds to one digit and traps
    everything.
    """
    hostile = decimal.Context(
        prec=1,
        rounding=decimal.ROUND_UP,
        Emin=-1,
        Emax=1,
        capitals=0,
        clamp=1,
        traps=list(decimal.Context().flags),
    )
    with decimal.localcontext(hostile if request.param == "hostile" else None) as context:
        yield context


@pytest.mark.parametrize(("value", "text", "error"), ROWS, ids=errors.shown)
@pytest.mark.usefixtures("context")
def test_amount_is_written_exactly_or_refused(
    value: Any, text: Optional[str], error: Optional[type]
) -> None:
    amount = abi.Amount(1, 2)
    if error is not None:
        with pytest.raises(error) as raised:
            amounts.write(amount, value, "cash_balance")
        assert str(raised.value).startswith("cash_balance: ")
        assert issubclass(error, (TypeError, ValueError))
        assert error is not lowtide.MalformedError or "must be a finite number" in str(raised.value)
        assert (amount.low, amount.high) == (1, 2)
    else:
        amounts.write(amount, value, "cash_balance")
        assert amounts.plain(amounts.read(amount)) == text


def test_amount_survives_reading_and_writing(
    context: decimal.Context, exercised: Exercised
) -> None:
    counts = [at + by for at in (LEAST, -UNIT, 0, UNIT, 2**64, -(2**64), MOST) for by in (-1, 0, 1)]
    chance = random.Random(20260301)
    counts += [chance.randrange(-(2**bits), 2**bits) for bits in range(1, 128) for _ in range(40)]
    counts += [
        chance.randrange(-(10**21), 10**21) // 10**zeros * 10**zeros
        for zeros in range(19)
        for _ in range(40)
    ]
    counts = [count for count in counts if LEAST <= count <= MOST]
    for count in counts:
        low, high = count % 2**64, count >> 64
        value = amounts.read(abi.Amount(low, high))
        sign, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int) and -18 <= exponent <= 0
        whole = int("".join(map(str, digits))) * (-1 if sign else 1)
        assert whole * 10 ** (18 + exponent) == count
        assert exponent == 0 or digits[-1] != 0
        back = abi.Amount()
        amounts.write(back, value, "amount")
        assert (back.low, back.high) == (low, high)
    exercised(f"amounts out and back in, precision {context.prec}", len(counts), "amounts", 5000)


@pytest.mark.usefixtures("context")
def test_available_credit_is_exact_and_overflows_only_if_the_sum_does() -> None:
    most, least = Decimal(MOST_TEXT), Decimal(LEAST_TEXT)
    tiny = Decimal("0.000000000000000001")
    assert lowtide.Balance(most, most, 0, most, 0).available_credit() == most
    assert str(lowtide.Balance(1, tiny, 0, 0, 0).available_credit()) == "1.000000000000000001"
    with pytest.raises(lowtide.AmountOverflowError, match=r"^balance: .*Balance\("):
        lowtide.Balance(most, tiny, 0, 0, 0).available_credit()
    with pytest.raises(lowtide.AmountOverflowError):
        lowtide.Balance(least, 0, 0, tiny, 0).available_credit()


def test_amount_of_a_decimal_subclass_is_its_value() -> None:
    class Money(Decimal):
        def __str__(self) -> str:
            return "1000000"

    assert lowtide.Balance(Money("5"), 0, 0, 0, 0).available_credit() == 5


def test_amount_text_is_read_as_the_library_does() -> None:
    for text, value in (("-0.00", "0"), ("1.050", "1.05"), ("007.50", "7.5"), ("1e3", "1000")):
        assert amounts.plain(amounts.parse(text, "amount")) == value
    for text in ("", ".5", "5.", "0x10", "1,5", "NaN", "1\0", "\ud800", " 1"):
        with pytest.raises(lowtide.MalformedError, match="^amount: "):
            amounts.parse(text, "amount")


class Lying(int):
    """A number whose methods lie about its value."""

    def __mul__(self, other: int) -> int:
        return 3

    def __le__(self, other: object) -> bool:
        return True

    __ge__ = __lt__ = __gt__ = __le__


class LyingDecimal(Decimal):
    def __str__(self) -> str:
        return "7"

    def is_finite(self) -> bool:
        return True


def test_amount_ignores_what_a_subclass_overrides() -> None:
    alert = lowtide.Alert()
    for value in (Lying(5), LyingDecimal(5)):
        assert alert.set_threshold(value, at=NOW).alert.fields.threshold == Decimal(5)
    with pytest.raises(lowtide.AmountOverflowError):
        alert.set_threshold(Lying(10**30), at=NOW)
    with pytest.raises(lowtide.MalformedError):
        alert.set_threshold(LyingDecimal("NaN"), at=NOW)
    balance = lowtide.Balance(Lying(5), LyingDecimal(5), 0, 0, 0)
    assert balance.available_credit() == 10
    assert (type(balance.cash_balance), type(balance.credit_limit)) == (Decimal, Decimal)
