# SPDX-License-Identifier: Apache-2.0
"""Columns of a batch: who may own them, and the error for each mistake."""

from __future__ import annotations

import ctypes
from array import array
from decimal import Decimal
from typing import Any, Callable, Dict, Tuple

import duckdb
import numpy
import polars
import pyarrow
import pytest
from column_values import (
    AMOUNTS,
    AT,
    BYTES,
    CREDITS,
    DECIMAL,
    NOW,
    PAIRS,
    STRUCT,
    WHY,
    armed,
    refused,
    spread,
    whys,
)

import lowtide
from lowtide._ffi import abi
from lowtide._ffi.column import AMOUNT
from lowtide._ffi.column import place as column_place

# For each kind of object: a column, and the address of its first value (None if it is unknown).
AMOUNT_COLUMNS: Dict[str, Callable[[], Tuple[Any, Any]]] = {
    "pyarrow": lambda: (AMOUNTS, AMOUNTS.buffers()[1].address),
    "pyarrow, with an offset": lambda: (pyarrow.array([Decimal(7), *CREDITS], DECIMAL)[1:], None),
    "pyarrow, a slice of what has nulls elsewhere": lambda: (
        pyarrow.array([None, *CREDITS, None], DECIMAL)[1:5],
        None,
    ),
    "pyarrow, one chunk": lambda: (pyarrow.chunked_array([AMOUNTS]), AMOUNTS.buffers()[1].address),
    "pyarrow, one chunk and empty ones": lambda: (
        pyarrow.chunked_array([AMOUNTS[:0], AMOUNTS, AMOUNTS[:0]]),
        AMOUNTS.buffers()[1].address,
    ),
    "pyarrow, a buffer": lambda: (AMOUNTS.buffers()[1], AMOUNTS.buffers()[1].address),
    "polars": lambda: (polars.Series(CREDITS, dtype=polars.Decimal(38, 18)), None),
    "DuckDB": lambda: (
        duckdb.sql("SELECT unnest($1)::DECIMAL(38, 18) AS c", params=[CREDITS]).to_arrow_table()[
            "c"
        ],
        None,
    ),
    "NumPy, V16": lambda: addressed(numpy.frombuffer(BYTES, "V16")),
    "NumPy, low and high": lambda: addressed(numpy.frombuffer(BYTES, STRUCT)),
    "NumPy, pairs": lambda: addressed(PAIRS),
    "NumPy, pairs of int64": lambda: addressed(PAIRS.view("i8")),
    "NumPy, a field": lambda: addressed(spread(numpy.frombuffer(BYTES, STRUCT))),
    "NumPy, every second": lambda: addressed(numpy.repeat(numpy.frombuffer(BYTES, "V16"), 2)[::2]),
    "ctypes": lambda: ((abi.Amount * 4).from_buffer_copy(BYTES), None),
    "bytes": lambda: addressed(BYTES),
    "bytearray": lambda: addressed(bytearray(BYTES)),
    "a list": lambda: (CREDITS, None),
    "a tuple": lambda: (tuple(CREDITS), None),
}


def addressed(value: Any) -> Tuple[Any, Any]:
    made = value if isinstance(value, numpy.ndarray) else numpy.frombuffer(value, "u1")
    return value, made.__array_interface__["data"][0]


@pytest.mark.parametrize("name", AMOUNT_COLUMNS)
def test_columns_of_amounts_may_be_of_any_library(name: str) -> None:
    column, address = AMOUNT_COLUMNS[name]()
    place = column_place(column, "c", AMOUNT, 4)
    if address is not None:
        assert place.address == address
    results = armed().observe_columns(available_credit=column, at=NOW)
    assert whys(results) == WHY
    assert [decision.outputs[0].available_credit for decision in results.decisions] == [
        CREDITS[0],
        CREDITS[2],
        CREDITS[3],
    ]


INSTANT_COLUMNS: Dict[str, Any] = {
    "datetime": NOW,
    "int": AT,
    "a list of datetimes": [NOW] * 4,
    "a list of ints": [AT] * 4,
    "array": array("q", [AT] * 4),
    "NumPy, int64": numpy.full(4, AT),
    "NumPy, datetime64[s]": numpy.full(4, NOW.replace(tzinfo=None), "M8[s]"),
    "NumPy, one for all": numpy.broadcast_to(numpy.int64(AT), (4,)),
    "NumPy, no dimension": numpy.array(AT),
    "NumPy, a scalar": numpy.int64(AT),
    "NumPy, a field": spread(numpy.full(4, AT)),
    "pyarrow, int64": pyarrow.array([AT] * 4),
    "pyarrow, timestamp(s)": pyarrow.array([NOW] * 4, pyarrow.timestamp("s")),
    "pyarrow, timestamp(s) of a zone": pyarrow.array(
        [NOW] * 4, pyarrow.timestamp("s", "Asia/Singapore")
    ),
    "polars, int64": polars.Series([AT] * 4),
    "DuckDB, TIMESTAMP_S": duckdb.sql(
        "SELECT '2026-03-02 08:00:00'::TIMESTAMP_S AS t FROM range(4)"
    ).to_arrow_table()["t"],
    "ctypes": (ctypes.c_int64 * 4)(*[AT] * 4),
}


@pytest.mark.parametrize("name", INSTANT_COLUMNS)
def test_columns_of_instants_may_be_of_any_library(name: str) -> None:
    results = armed().observe_columns(available_credit=1, at=INSTANT_COLUMNS[name])
    assert [decision.outputs[0].at for decision in results.decisions] == [NOW] * 4


PLACES = [1, 0, 9, 1]


@pytest.mark.parametrize(
    "column",
    [
        PLACES,
        array("q", PLACES),
        numpy.array(PLACES),
        pyarrow.array(PLACES),
        numpy.array(PLACES, "u8"),
        pyarrow.array(PLACES, pyarrow.uint64()),
    ],
)
def test_index_selects_the_alerts(column: Any) -> None:
    alerts = armed(2)
    results = alerts.observe_columns(available_credit=CREDITS, at=NOW, index=column)
    assert whys(results)[:2] == ["fell_below", "not_below"] and results.failed == [2]
    assert isinstance(results.error(2), lowtide.OutOfRangeError)
    assert list(alerts.tick(NOW, index=column).status) == list(results.status)
    assert list(alerts.read(index=column)["phase"]) == [3, 1, 0, 3]


WANTED = "available_credit: must be a Decimal, an int, or a column of decimal128(38, 18), not "
WANTED_AT = (
    "at: must be a datetime, or seconds as an int or a column of int64 or timestamp(s), not "
)
CAST = ": cast it to decimal128(38, 18)"


@pytest.mark.parametrize(
    ("column", "given"),
    [
        (pyarrow.array([1] * 4, pyarrow.decimal128(20, 2)), "decimal128(20, 2)" + CAST),
        (pyarrow.array([1] * 4, pyarrow.decimal128(38, 17)), "decimal128(38, 17)" + CAST),
        (pyarrow.array([1] * 4, pyarrow.decimal128(37, 18)), "decimal128(37, 18)" + CAST),
        (pyarrow.array([1] * 4, pyarrow.decimal256(38, 18)), "decimal256(38, 18)" + CAST),
        (pyarrow.array([1.5] * 4), "float64" + CAST),
        (pyarrow.array([1] * 4), "int64" + CAST),
        (pyarrow.array(["1"] * 4), "string" + CAST),
        (pyarrow.array([None] * 4), "null" + CAST),
        (AMOUNTS.dictionary_encode(), "dictionary" + CAST),
        (pyarrow.table({"c": AMOUNTS}), "struct: give one of its columns"),
        (polars.Series(CREDITS, dtype=polars.Decimal(30, 18)), "decimal128(30, 18)" + CAST),
        (numpy.zeros(4), "a buffer of format 'd' and shape (4,)"),
        (numpy.zeros(4, "c16"), "a buffer of format 'Zd' and shape (4,)"),
        (numpy.zeros(4, "g"), "a buffer of format 'g' and shape (4,)"),
        (numpy.zeros(4, "S16"), "a buffer of format '16s' and shape (4,)"),
        (numpy.zeros(4, "V8"), "a buffer of format '8x' and shape (4,)"),
        (numpy.zeros(4, "i8"), "a buffer of format 'l' and shape (4,)"),
        (numpy.zeros((4, 3), "u8"), "a buffer of format 'L' and shape (4, 3)"),
        (numpy.zeros((4, 4), "u8")[:, ::2], "a buffer of format 'L' and shape (4, 2)"),
        (numpy.zeros((4, 2)), "a buffer of format 'd' and shape (4, 2)"),
        (numpy.zeros((2, 4), "u8").T, "a buffer of format 'L' and shape (4, 2)"),
        (
            numpy.zeros(4, ">V16").view([("low", ">u8"), ("high", ">i8")]),
            "a buffer of format 'T{>Q:low:q:high:}' and shape (4,)",
        ),
        (numpy.array(CREDITS), "a buffer of format 'O' and shape (4,)"),
        (numpy.zeros(4, "M8[s]"), "datetime64[s]"),
        (NOW, "decimal.Decimal or an int"),
        (1.5, "float"),
        ("1", "str"),
        ({1, 2, 3, 4}, "set"),
    ],
)
def test_columns_of_amounts_refuse_other_types(column: Any, given: str) -> None:
    if column is NOW:
        refused(
            TypeError,
            "available_credit: must be a decimal.Decimal or an int, not datetime",
            available_credit=column,
        )
    else:
        refused(TypeError, WANTED + given, available_credit=column)


@pytest.mark.parametrize(
    ("column", "given"),
    [
        (
            pyarrow.array([NOW] * 4, pyarrow.timestamp("us")),
            "timestamp(us): cast it to timestamp('s') or int64",
        ),
        (
            pyarrow.array([NOW] * 4, pyarrow.timestamp("ms", "UTC")),
            "timestamp(ms, UTC): cast it to timestamp('s') or int64",
        ),
        (pyarrow.array([1] * 4, pyarrow.uint64()), "uint64: cast it to timestamp('s') or int64"),
        (pyarrow.array([NOW.date()] * 4), "date32: cast it to timestamp('s') or int64"),
        (polars.Series([NOW] * 4), "timestamp(us, UTC): cast it to timestamp('s') or int64"),
        (numpy.zeros(4, "M8[us]"), 'datetime64[us]: convert it with .astype("datetime64[s]")'),
        (numpy.zeros(4, "u8"), "a buffer of format 'L' and shape (4,)"),
        (numpy.zeros(4, "i4"), "a buffer of format 'i' and shape (4,)"),
        (numpy.zeros(4), "a buffer of format 'd' and shape (4,)"),
        (numpy.zeros(4, ">i8"), "a buffer of format '>q' and shape (4,)"),
        (numpy.zeros((4, 1), "i8"), "a buffer of format 'l' and shape (4, 1)"),
        (1.5, "float"),
    ],
)
def test_columns_of_instants_refuse_other_types(column: Any, given: str) -> None:
    refused(TypeError, WANTED_AT + given, at=column)


def test_columns_with_wrong_lengths_nulls_chunks_gaps_or_addresses_are_refused_by_name() -> None:
    for column in (
        AMOUNTS[:3],
        PAIRS[:3],
        CREDITS[:3],
        polars.Series(CREDITS[:3], dtype=polars.Decimal(38, 18)),
    ):
        refused(
            lowtide.OutOfRangeError,
            "available_credit: must have 4 values, one for each element, not 3",
            available_credit=column,
        )
    refused(
        lowtide.OutOfRangeError,
        "available_credit: must have 64 bytes, 16 for each element, not 63",
        available_credit=BYTES[:63],
    )
    for place in range(4):
        values = [*CREDITS[:place], None, *CREDITS[place + 1 :]]
        message = f"available_credit: must have no nulls, but value {place} is one"
        for nulls in (
            pyarrow.array(values, DECIMAL),
            pyarrow.array([None, *values], DECIMAL)[1:],
            polars.Series(values, dtype=polars.Decimal(38, 18)),
        ):
            refused(lowtide.MalformedError, message, available_credit=nulls)
    chunks = pyarrow.chunked_array([AMOUNTS[:1], AMOUNTS[1:2], AMOUNTS[2:]])
    message = (
        "available_credit: must have one chunk, not 3: "
        "convert it with combine_chunks() or rechunk()"
    )
    refused(lowtide.MalformedError, message, available_credit=chunks)
    assert whys(armed().observe_columns(available_credit=chunks.combine_chunks(), at=NOW)) == WHY
    gaps = "must have values that are 0 bytes apart, or a multiple of 8 from"
    refused(
        lowtide.StrideError,
        f"available_credit: {gaps} 16 on, not -16",
        available_credit=PAIRS[::-1],
    )
    packed = numpy.zeros(4, [("value", "<i8"), ("other", "u1")])["value"]
    refused(lowtide.StrideError, f"at: {gaps} 8 on, not 9", at=packed)
    moved = numpy.frombuffer(
        bytes(4) + BYTES + bytes(4), "V16", 4, numpy.frombuffer(bytes(4), "u1").size
    )
    off = moved.__array_interface__["data"][0] % 8
    refused(
        lowtide.MisalignedError,
        f"available_credit: must lie at a multiple of 8 bytes, not at one plus {off}",
        available_credit=moved,
    )
    refused(TypeError, "index: must be a column, not int", index=3)
    refused(
        TypeError,
        "index: must be a column of uint64 or int64, not a buffer of format 'd' and shape (4,)",
        index=numpy.zeros(4),
    )
    refused(TypeError, "index: must be without gaps", index=spread(numpy.zeros(4, "u8")))
    refused(
        lowtide.OutOfRangeError,
        "decision_capacity: must be from 1 to 281474976710656: 0",
        decision_capacity=0,
    )


def test_columns_check_single_values_as_single_calls_do() -> None:
    refused(
        lowtide.InexactError,
        "available_credit: an amount has a digit other than 0 after the 18th decimal place: "
        "Decimal('1E-19')",
        available_credit=Decimal("1e-19"),
    )
    refused(
        TypeError,
        "available_credit: must be a decimal.Decimal or an int, not bool",
        available_credit=True,
    )
    refused(
        TypeError,
        "available_credit[1]: must be a decimal.Decimal or an int, not float",
        available_credit=[1, 1.5, 1, 1],
    )
    with pytest.raises(lowtide.MalformedError, match="at: must have a time zone"):
        armed().observe_columns(available_credit=1, at=NOW.replace(tzinfo=None))
    for late in (-1, 253402300800):
        with pytest.raises(lowtide.TimeRangeError, match="at: "):
            armed().observe_columns(available_credit=1, at=late)
        with pytest.raises(lowtide.TimeRangeError, match="at: "):
            armed().tick(late)
    with pytest.raises(lowtide.SequenceRangeError, match="sequence: must be from 1 to"):
        armed().observe_columns(available_credit=1, at=NOW, sequence=0)
    five = dict.fromkeys(
        (
            "cash_balance",
            "credit_limit",
            "credit_refunds",
            "unsettled_current_month",
            "unsettled_previous_months",
        ),
        1,
    )
    assert whys(armed().observe_columns(**five, at=NOW)) == ["fell_below"] * 4
    refused(TypeError, "available_credit: must not be given beside a balance", **five)
    refused(
        TypeError, "cash_balance: is missing, and so is available_credit", available_credit=None
    )
    del five["credit_refunds"]
    refused(TypeError, "credit_refunds: is missing", **five, available_credit=None)
