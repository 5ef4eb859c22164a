# SPDX-License-Identifier: Apache-2.0
"""Memory of batches: shared with NumPy and Arrow, never copied, and released."""

from __future__ import annotations

import mmap
import subprocess
import sys
from decimal import Decimal
from typing import Any, List, Tuple

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
    STRUCT,
    armed,
    whys,
)
from scale import Exercised

import lowtide
from lowtide import Alert, Alerts, batch
from lowtide._ffi import buffers, library


def test_alerts_over_unsuitable_memory_are_refused() -> None:
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


def test_batch_refuses_memory_that_is_both_read_and_written() -> None:
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
    )  # the same as memoryview(alerts) from Python 3.12 on
    for empty in (Alerts(0), Alerts(0).tick(0), Alerts(0).tick(0).decisions):
        assert numpy.asarray(empty).shape == (0,)


def test_observations_may_be_an_array_of_numpy() -> None:
    given = numpy.zeros(4, batch.OBSERVATION_DTYPE)
    assert given.dtype.itemsize == 120
    given["struct_size"], given["flags"], given["at"] = 120, 2 | 4, AT
    given["sequence"] = [1, 2, 0, 4]
    given["available_credit"] = numpy.frombuffer(BYTES, STRUCT)
    alerts = armed()
    with alerts.prepare(given) as prepared:
        assert whys(prepared.run()) == ["fell_below", "not_below", "", "fell_below"]
        assert isinstance(prepared.results.error(2), lowtide.SequenceRangeError)
        given["struct_size"], given["flags"] = 8, 0
        assert {type(prepared.run().error(i)) for i in range(4)} == {lowtide.StructSizeError}
        given["struct_size"] = 120
        assert {type(prepared.run().error(i)) for i in range(4)} == {lowtide.FlagsError}
    assert len(armed().observe(given.tobytes()).failed) == 4
    for wrong, kind, message in [
        (
            given[:3],
            lowtide.OutOfRangeError,
            "observations: must have 4 structs of 120 bytes, one for each element, not 3",
        ),
        (
            given.tobytes()[:-1],
            lowtide.OutOfRangeError,
            "observations: must have 4 structs of 120 bytes, one for each element, not 3.99167",
        ),
        (
            given[::-1],
            lowtide.StrideError,
            "observations: must have values that are 0 bytes apart, "
            "or a multiple of 8 from 120 on, not -120",
        ),
        (
            numpy.zeros(4),
            TypeError,
            "observations: must be a list, or a buffer of structs of 120 bytes, "
            "not a buffer of format 'd' and shape (4,)",
        ),
        (
            5,
            TypeError,
            "observations: must be a list, or a buffer of structs of 120 bytes, not int",
        ),
        ([1] * 4, TypeError, "observations[0]: must be a lowtide.batch.Observation, not int"),
        (
            [],
            lowtide.OutOfRangeError,
            "observations: must have 4 values, one for each element, not 0",
        ),
    ]:
        with pytest.raises(kind) as raised:
            armed().observe(wrong)
        assert str(raised.value) == message


def test_to_arrow_shares_the_memory(exercised: Exercised) -> None:
    alerts = armed()
    alerts.observe_columns(available_credit=AMOUNTS, at=NOW, sequence=[1, 2, 3, 4])
    alerts[1] = Alert.on_account(available_credit=10**20)  # it has 39 digits
    columns = alerts.read(index=[0, 1, 2, 3, 9])
    written = columns.to_arrow()
    written.validate(full=True)
    assert [str(field.type) for field in written.schema] == [
        "uint32",
        "decimal128(38, 18)",
        "decimal128(38, 18)",
        "int64",
        "timestamp[s, tz=UTC]",
        "timestamp[s, tz=UTC]",
        "uint32",
        "uint8",
    ]
    for name in columns:
        assert written[name].buffers()[1].address == buffers.address(columns[name])
    rows = written.to_pylist()
    assert set(rows[1].values()) == set(rows[4].values()) == {None}
    assert columns.results.failed == [1, 4]
    for place in (0, 2, 3):
        known, row = alerts[place].fields, rows[place]
        in_row = (
            row["threshold"],
            row["available_credit"],
            row["sequence"],
            row["fired_at"],
            row["episode"],
            row["phase"],
        )
        assert in_row == (
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
    with pytest.raises(lowtide.MalformedError, match="columns: must include present"):
        alerts.read(["phase"]).to_arrow()
    exercised("columns of Arrow written", len(columns), "columns", 8)


def test_columns_of_arrow_are_kept_and_released() -> None:
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


def test_arrow_stream_errors_are_raised_with_their_text() -> None:
    def broken() -> Any:
        yield pyarrow.record_batch({"c": AMOUNTS})
        raise RuntimeError("the disk is gone")

    reader = pyarrow.RecordBatchReader.from_batches(pyarrow.schema([("c", DECIMAL)]), broken())
    with pytest.raises(
        lowtide.LowtideError,
        match=r"^available_credit: cannot be read from Arrow: .*the disk is gone",
    ):
        armed().observe_columns(available_credit=reader, at=NOW)


def test_batch_needs_neither_numpy_nor_pyarrow() -> None:
    code = """
import sys
for name in ("numpy", "pyarrow", "polars", "duckdb"):
    sys.modules[name] = None
import array, lowtide
from datetime import datetime, timezone
armed = lowtide.Alert().enable(1, at=datetime(2026, 1, 1, tzinfo=timezone.utc)).alert
alerts = lowtide.Alerts.of([armed] * 2)
results = alerts.observe_columns(
    available_credit=bytes(32),
    at=array.array("q", [0, 0]),
    sequence=[1, 2],
    index=array.array("Q", [1, 0]),
)
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


def test_prepared_batch_leaves_shared_prototypes_alone() -> None:
    """Functions without a prototype are of its own, so that other code is not affected."""
    before = library.lib.lowtide_batch_observe_columns.argtypes
    armed().prepare_columns(available_credit=1, at=NOW).run()
    assert library.lib.lowtide_batch_observe_columns.argtypes is before and before is not None
