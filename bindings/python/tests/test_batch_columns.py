# SPDX-License-Identifier: Apache-2.0
"""Columns of a batch: whose they may be, that none is copied, and how each mistake is told."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
from array import array
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, List, Tuple

import duckdb
import numpy
import polars
import pyarrow
import pytest
from scale import Exercised

import lowtide
from lowtide import Alert, Alerts, batch
from lowtide._ffi import abi, buffers, library
from lowtide._ffi.column import AMOUNT
from lowtide._ffi.column import place as column_place
from lowtide.batch import Results

NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
AT = int(NOW.timestamp())
CREDITS = [
    Decimal("999.999999999999999999"),
    Decimal(1000),
    Decimal(-5),
    Decimal("-0.000000000000000001"),
]
WHY = ["fell_below", "not_below", "fell_below", "fell_below"]
DECIMAL = pyarrow.decimal128(38, 18)
AMOUNTS = pyarrow.array(CREDITS, DECIMAL)
BYTES = AMOUNTS.buffers()[1].to_pybytes()
PAIRS = numpy.frombuffer(BYTES, "u8").reshape(4, 2)
STRUCT = numpy.dtype([("low", "<u8"), ("high", "<i8")])


def armed(count: int = 4) -> Alerts:
    return Alerts.of([Alert().enable(1000, at=NOW).alert] * count)


def whys(results: Results) -> List[str]:
    return [str(lowtide.Why(why)) if why else "" for why in results.why]


def spread(values: Any) -> Any:
    """The values as a field of an array of structs."""
    made = numpy.zeros(len(values), [("before", "u8"), ("value", values.dtype), ("after", "u8")])
    made["value"] = values
    return made["value"]


# Whoever has the amounts: the column, and the address of its first value, or None where there is no telling.
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
def test_amounts_are_taken_from_whoever_has_them(name: str) -> None:
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
def test_instants_are_taken_from_whoever_has_them(name: str) -> None:
    results = armed().observe_columns(available_credit=1, at=INSTANT_COLUMNS[name])
    assert [decision.outputs[0].at for decision in results.decisions] == [NOW] * 4


@pytest.mark.parametrize("column", [[1, 0, 9, 1], array("q", [1, 0, 9, 1]), numpy.array([1, 0, 9, 1]), pyarrow.array([1, 0, 9, 1]),
                                    numpy.array([1, 0, 9, 1], "u8"), pyarrow.array([1, 0, 9, 1], pyarrow.uint64())])  # fmt: skip
def test_an_index_says_which_alerts(column: Any) -> None:
    alerts = armed(2)
    results = alerts.observe_columns(available_credit=CREDITS, at=NOW, index=column)
    assert whys(results)[:2] == ["fell_below", "not_below"] and results.failed == [2]
    assert isinstance(results.error(2), lowtide.OutOfRangeError)
    assert list(alerts.tick(NOW, index=column).status) == list(results.status)
    assert list(alerts.read(index=column)["phase"]) == [3, 1, 0, 3]


def refused(kind: Any, message: str, **given: Any) -> None:
    alerts = armed()
    before = bytes(alerts.memory)
    with pytest.raises(kind) as raised:
        alerts.observe_columns(**{"available_credit": 1, "at": NOW, **given})
    assert str(raised.value) == message
    assert bytes(alerts.memory) == before


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
def test_what_is_no_column_of_amounts_is_refused(column: Any, given: str) -> None:
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
        (numpy.zeros(4, "M8[us]"), 'datetime64[us]: .astype("datetime64[s]") makes it so'),
        (numpy.zeros(4, "u8"), "a buffer of format 'L' and shape (4,)"),
        (numpy.zeros(4, "i4"), "a buffer of format 'i' and shape (4,)"),
        (numpy.zeros(4), "a buffer of format 'd' and shape (4,)"),
        (numpy.zeros(4, ">i8"), "a buffer of format '>q' and shape (4,)"),
        (numpy.zeros((4, 1), "i8"), "a buffer of format 'l' and shape (4, 1)"),
        (1.5, "float"),
    ],
)
def test_what_is_no_column_of_instants_is_refused(column: Any, given: str) -> None:
    refused(TypeError, WANTED_AT + given, at=column)


def test_lengths_nulls_chunks_gaps_and_places_are_told_by_the_columns_name() -> None:
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
        message = f"available_credit: must have no nulls, and value {place} is one"
        for nulls in (
            pyarrow.array(values, DECIMAL),
            pyarrow.array([None, *values], DECIMAL)[1:],
            polars.Series(values, dtype=polars.Decimal(38, 18)),
        ):
            refused(lowtide.MalformedError, message, available_credit=nulls)
    chunks = pyarrow.chunked_array([AMOUNTS[:1], AMOUNTS[1:2], AMOUNTS[2:]])
    message = "available_credit: must be of one chunk, not of 3: combine_chunks() or rechunk() makes it so"
    refused(lowtide.MalformedError, message, available_credit=chunks)
    assert whys(armed().observe_columns(available_credit=chunks.combine_chunks(), at=NOW)) == WHY
    gaps = "must have its values 0 bytes apart, or a multiple of 8 that is"
    refused(
        lowtide.StrideError,
        f"available_credit: {gaps} 16 or more, not -16",
        available_credit=PAIRS[::-1],
    )
    packed = numpy.zeros(4, [("value", "<i8"), ("other", "u1")])["value"]
    refused(lowtide.StrideError, f"at: {gaps} 8 or more, not 9", at=packed)
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


def test_scalars_are_looked_at_as_those_of_single_calls() -> None:
    refused(lowtide.InexactError, "available_credit: an amount has a digit other than 0 beyond the 18th decimal place: Decimal('1E-19')",
            available_credit=Decimal("1e-19"))  # fmt: skip
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


def test_memory_for_alerts_must_be_whole_and_writable() -> None:
    good = numpy.zeros(4, "V64")
    assert buffers.address(Alerts.over(good).memory) == good.__array_interface__["data"][0]
    wrong: List[Tuple[Any, Any, str]] = [
        (bytes(64), TypeError, "memory: must be a buffer that can be written"),
        (good[::2], TypeError, "memory: must be a buffer without gaps"),
        (
            bytearray(65),
            lowtide.OutOfRangeError,
            "memory: must have a multiple of 64 bytes, not 65",
        ),
        (
            memoryview(bytearray(72))[1:65],
            lowtide.MisalignedError,
            "memory: must lie at a multiple of 8 bytes, not at one plus 1",
        ),
        (7, TypeError, "memory: must be a buffer, not int"),
    ]
    for memory, kind, message in wrong:
        with pytest.raises(kind) as raised:
            Alerts.over(memory)
        assert str(raised.value) == message
    good.setflags(write=False)
    with pytest.raises(TypeError, match="can be written"):
        Alerts.over(good)
    with pytest.raises(TypeError, match="can be written"):
        Alerts.over(mmap.mmap(-1, 64, access=mmap.ACCESS_READ))
    for count, error in ((-1, lowtide.OutOfRangeError), (1.0, TypeError), (True, TypeError)):
        with pytest.raises(error, match="count: must be"):
            Alerts(count)  # type: ignore[arg-type]  # that is what is tried
    with pytest.raises(TypeError, match=r"alerts\[1\]: must be a lowtide.Alert, not int"):
        Alerts.of([Alert(), 1])  # type: ignore[list-item]  # that is what is tried
    with pytest.raises(TypeError, match="alert: must be a lowtide.Alert, not bytes"):
        Alerts(1)[0] = b""  # type: ignore[assignment]  # that is what is tried


def test_what_is_written_must_not_lie_in_what_is_read() -> None:
    alerts = armed()
    with pytest.raises(lowtide.OverlapError):
        alerts.observe_columns(
            available_credit=alerts.memory[:64], at=numpy.asarray(alerts).view("i8")[::8]
        )
    with pytest.raises(lowtide.OverlapError):
        alerts.read(["sequence"], into={"sequence": alerts.memory[:32]})
    for name, memory, kind in [
        ("phase", bytearray(3), lowtide.OutOfRangeError),
        ("phase", bytes(4), TypeError),
        ("why", bytearray(4), lowtide.MalformedError),
    ]:
        with pytest.raises(kind, match="into"):
            alerts.read(into={name: memory})
    with pytest.raises(lowtide.MalformedError, match="columns: must be of present, threshold"):
        alerts.read(["why"])


def test_numpy_shares_the_memory_of_alerts_results_and_decisions() -> None:
    alerts = armed()
    raw = numpy.asarray(alerts)
    assert raw.dtype == "V64" and raw.shape == (4,) and raw.flags.writeable
    assert raw.__array_interface__["data"][0] == buffers.address(alerts.memory)
    results = alerts.observe_columns(available_credit=AMOUNTS, at=NOW)
    table = numpy.asarray(results)
    assert table.dtype.names == ("status", "why", "phase", "output_count", "reserved")
    for name in ("status", "why", "phase", "output_count"):
        column = numpy.asarray(getattr(results, name))
        assert (
            column.dtype == table.dtype[name]
            and numpy.shares_memory(column, table)
            and (column == table[name]).all()
        )
        assert not column.flags.writeable
    decisions = numpy.asarray(results.decisions)
    assert decisions["element"].tolist() == [0, 2, 3] and decisions["outputs"]["kind"][
        :, 0
    ].tolist() == [1, 1, 1]
    assert numpy.shares_memory(numpy.asarray(results.decisions.elements), decisions)
    assert decisions["outputs"]["available_credit"]["high"][1, 0] == -1
    columns = alerts.read()
    assert numpy.asarray(columns["threshold"]).shape == (4, 2)
    mine = numpy.zeros(4, "i8")
    assert alerts.read(["sequence"], into={"sequence": mine})["sequence"].nbytes == 32
    assert (
        batch.Alerts.__buffer__(alerts, 0).obj is alerts.memory.obj
    )  # what memoryview(alerts) is from Python 3.12 on
    for empty in (Alerts(0), Alerts(0).tick(0), Alerts(0).tick(0).decisions):
        assert numpy.asarray(empty).shape == (0,)


def test_changes_may_be_an_array_of_numpy() -> None:
    changes = numpy.zeros(4, batch.OBSERVATION_DTYPE)
    assert changes.dtype.itemsize == 120
    changes["struct_size"], changes["flags"], changes["at"] = 120, 2 | 4, AT
    changes["sequence"] = [1, 2, 0, 4]
    changes["available_credit"] = numpy.frombuffer(BYTES, STRUCT)
    alerts = armed()
    with alerts.prepare(changes) as prepared:
        assert whys(prepared.run()) == ["fell_below", "not_below", "", "fell_below"]
        assert isinstance(prepared.results.error(2), lowtide.SequenceRangeError)
        changes["struct_size"], changes["flags"] = 8, 0
        assert {type(prepared.run().error(i)) for i in range(4)} == {lowtide.StructSizeError}
        changes["struct_size"] = 120
        assert {type(prepared.run().error(i)) for i in range(4)} == {lowtide.FlagsError}
    assert len(armed().observe(changes.tobytes()).failed) == 4
    for wrong, kind, message in [
        (
            changes[:3],
            lowtide.OutOfRangeError,
            "changes: must have 4 structs of 120 bytes, one for each element, not 3",
        ),
        (
            changes.tobytes()[:-1],
            lowtide.OutOfRangeError,
            "changes: must have 4 structs of 120 bytes, one for each element, not 3.99167",
        ),
        (
            changes[::-1],
            lowtide.StrideError,
            "changes: must have its values 0 bytes apart, or a multiple of 8 that is 120 or more, not -120",
        ),
        (
            numpy.zeros(4),
            TypeError,
            "changes: must be a list, or a buffer of structs of 120 bytes, not a buffer of format 'd' and shape (4,)",
        ),
        (5, TypeError, "changes: must be a list, or a buffer of structs of 120 bytes, not int"),
        ([1] * 4, TypeError, "changes[0]: must be a lowtide.batch.Observation, not int"),
        ([], lowtide.OutOfRangeError, "changes: must have 4 values, one for each element, not 0"),
    ]:
        with pytest.raises(kind) as raised:
            armed().observe(wrong)
        assert str(raised.value) == message


def test_columns_go_out_to_arrow_without_copying(exercised: Exercised) -> None:
    alerts = armed()
    alerts.observe_columns(available_credit=AMOUNTS, at=NOW, sequence=[1, 2, 3, 4])
    alerts[1] = Alert.on_account(available_credit=10**20)  # of 39 digits
    columns = alerts.read(index=[0, 1, 2, 3, 9])
    written = columns.to_arrow()
    written.validate(full=True)
    assert [str(field.type) for field in written.schema] == [
        "uint32", "decimal128(38, 18)", "decimal128(38, 18)", "int64", "timestamp[s, tz=UTC]", "timestamp[s, tz=UTC]", "uint32", "uint8"
    ]  # fmt: skip
    for name in columns:
        assert written[name].buffers()[1].address == buffers.address(columns[name])
    rows = written.to_pylist()
    assert set(rows[1].values()) == set(rows[4].values()) == {None}
    assert columns.results.failed == [1, 4]
    for place in (0, 2, 3):
        known, row = alerts[place].fields, rows[place]
        told = (
            row["threshold"],
            row["available_credit"],
            row["sequence"],
            row["fired_at"],
            row["episode"],
            row["phase"],
        )
        assert told == (
            known.threshold,
            known.available_credit,
            known.sequence,
            known.fired_at,
            known.episode,
            known.phase.value,
        )
        assert row["next_reminder_at"] == alerts[place].next_reminder_at
    assert polars.from_arrow(written)["threshold"].dtype == polars.Decimal(38, 18)
    assert duckdb.sql("SELECT sum(available_credit) FROM written").fetchall() == [
        (CREDITS[0] + CREDITS[2] + CREDITS[3],)
    ]
    assert Alerts(0).read().to_arrow().num_rows == 0
    with pytest.raises(lowtide.MalformedError, match="columns: must have present"):
        alerts.read(["phase"]).to_arrow()
    exercised("columns of Arrow written", len(columns), "columns", 8)


def test_memory_of_arrow_is_kept_and_let_go() -> None:
    before = pyarrow.total_allocated_bytes()
    column = pyarrow.array([Decimal(5)] * 100_000, DECIMAL)
    taken = pyarrow.total_allocated_bytes() - before
    assert taken >= 1_600_000
    for form in (column, pyarrow.chunked_array([column])):
        prepared = armed(100_000).prepare_columns(available_credit=form, at=NOW)
        del form
    del column
    assert pyarrow.total_allocated_bytes() - before >= 1_600_000
    assert len(prepared.run().decisions) == 100_000
    prepared.close()
    assert pyarrow.total_allocated_bytes() <= before
    for _ in range(50):
        with pytest.raises(lowtide.MalformedError):
            armed(4).observe_columns(
                available_credit=pyarrow.chunked_array([AMOUNTS[:2], AMOUNTS[2:]]), at=NOW
            )
    assert pyarrow.total_allocated_bytes() <= before


def test_a_stream_that_fails_is_an_error_with_its_words() -> None:
    def broken() -> Any:
        yield pyarrow.record_batch({"c": AMOUNTS})
        raise RuntimeError("the disk is gone")

    reader = pyarrow.RecordBatchReader.from_batches(pyarrow.schema([("c", DECIMAL)]), broken())
    with pytest.raises(
        lowtide.LowtideError,
        match=r"^available_credit: cannot be read from Arrow: .*the disk is gone",
    ):
        armed().observe_columns(available_credit=reader, at=NOW)


def test_neither_numpy_nor_pyarrow_is_needed() -> None:
    code = """
import sys
for name in ("numpy", "pyarrow", "polars", "duckdb"):
    sys.modules[name] = None
import array, lowtide
from datetime import datetime, timezone
alerts = lowtide.Alerts.of([lowtide.Alert().enable(1, at=datetime(2026, 1, 1, tzinfo=timezone.utc)).alert] * 2)
results = alerts.observe_columns(available_credit=bytes(32), at=array.array("q", [0, 0]), sequence=[1, 2], index=array.array("Q", [1, 0]))
assert list(results.why) == [5, 5] and list(results.decisions.elements) == [0, 1]
columns = alerts.read()
assert columns["sequence"].tolist() == [2, 1] and columns["threshold"].tolist() == [[10**18, 0]] * 2
try:
    columns.to_arrow()
except ImportError:
    print("good")
"""
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == "good\n"
    )


def test_a_prepared_batch_asks_for_functions_of_its_own() -> None:
    """So that the prototypes of others stay as they are."""
    before = library.lib.lowtide_batch_observe_columns.argtypes
    armed().prepare_columns(available_credit=1, at=NOW).run()
    assert library.lib.lowtide_batch_observe_columns.argtypes is before and before is not None
