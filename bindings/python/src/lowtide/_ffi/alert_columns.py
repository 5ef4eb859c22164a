# SPDX-License-Identifier: Apache-2.0
"""AlertColumns: the fields of many alerts, as columns. Public, as lowtide.batch.AlertColumns."""

from __future__ import annotations

import importlib
from ctypes import byref, sizeof
from typing import Any, Dict, Iterator, Mapping, Tuple

from ..errors import MalformedError, MisalignedError, OutOfRangeError
from . import batch_abi, batch_input, buffers, column
from .arguments import wrong_type
from .library import check, lib
from .results import Results

# For each column: the size of a value, its format for memoryview, and the flag in `present` that
# says whether an element has the value.
COLUMNS: Dict[str, Tuple[int, str, int]] = {
    "present": (4, "I", 0),
    "threshold": (16, "Q", 0),
    "available_credit": (16, "Q", batch_abi.ALERT_COLUMN_HAS_AVAILABLE_CREDIT),
    "sequence": (8, "q", batch_abi.ALERT_COLUMN_HAS_SEQUENCE),
    "fired_at": (8, "q", batch_abi.ALERT_COLUMN_HAS_FIRED_AT),
    "next_reminder_at": (8, "q", batch_abi.ALERT_COLUMN_HAS_NEXT_REMINDER_AT),
    "episode": (4, "I", 0),
    "phase": (1, "B", 0),
}


class AlertColumns(Mapping[str, memoryview]):
    """The fields of each element's alert, by column: `columns["threshold"]` is a view.

    present           uint32, flags that say which of the optional fields an element has:
                      HAS_AVAILABLE_CREDIT, HAS_SEQUENCE, HAS_FIRED_AT and HAS_NEXT_REMINDER_AT of
                      lowtide.batch. A missing field is 0
    threshold         pairs of uint64, low and high: the bytes of decimal128(38, 18)
    available_credit  the same, last observed
    sequence          int64, the account's last
    fired_at          int64, seconds since 1970-01-01T00:00:00Z, of the last episode
    next_reminder_at  int64, seconds, when to tick
    episode           uint32, 0: never fired
    phase             uint8, the value of a Phase

    `numpy.asarray` uses each column without copying, and `to_arrow` uses all of them. If the status
    of an element in `results` is not 0, all its fields are 0. One such status is OVERFLOW: an
    amount has more than 38 digits, which is more than a column of decimal128 can hold.
    """

    __slots__ = ("_views", "results")

    results: Results
    """The status and the phase of each element."""

    def __init__(self, views: Dict[str, memoryview], results: Results) -> None:
        self._views = views
        self.results = results

    def __getitem__(self, name: str) -> memoryview:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def to_arrow(self) -> Any:
        """A pyarrow.RecordBatch over the same memory, with null for missing fields.

        Amounts are decimal128(38, 18), instants timestamp('s', 'UTC').

        Needs pyarrow (`pip install lowtide[arrow]`), and the column `present`. Raises ImportError,
        MalformedError.
        """
        if "present" not in self._views:
            raise MalformedError(
                "columns: must include present, which says what is null", "columns"
            )
        arrow: Any = importlib.import_module("pyarrow")
        compute: Any = importlib.import_module("pyarrow.compute")
        count, amount, instant = (
            len(self.results),
            arrow.decimal128(38, 18),
            arrow.timestamp("s", "UTC"),
        )
        kinds = {
            "threshold": amount,
            "available_credit": amount,
            "sequence": arrow.int64(),
            "fired_at": instant,
            "next_reminder_at": instant,
        }
        kinds.update(present=arrow.uint32(), episode=arrow.uint32(), phase=arrow.uint8())

        def array(kind: Any, view: memoryview, valid: Any = None) -> Any:
            return arrow.Array.from_buffers(kind, count, [valid, arrow.py_buffer(view)])

        def bits(values: Any, of: Any) -> Any:
            return compute.not_equal(
                compute.bit_wise_and(values, of), arrow.scalar(0, values.type)
            ).buffers()[1]

        present = array(arrow.uint32(), self._views["present"])
        good = None
        if self.results._report.failed_count:
            # A result is a uint64 whose lower half is the status.
            whole = array(arrow.uint64(), self.results._memory)
            status = compute.bit_wise_and(whole, arrow.scalar(2**32 - 1, arrow.uint64()))
            good = compute.equal(status, arrow.scalar(0, arrow.uint64())).buffers()[1]
        arrays = []
        for name, view in self._views.items():
            flag = COLUMNS[name][2]
            arrays.append(
                array(
                    kinds[name],
                    view,
                    bits(present, arrow.scalar(flag, arrow.uint32())) if flag else good,
                )
            )
        return arrow.RecordBatch.from_arrays(arrays, list(self._views))


def read(
    alerts: Any, index: Any, count: int, wanted: Tuple[str, ...], into: Mapping[str, Any]
) -> AlertColumns:
    """Reads columns into new memory, or into the caller's."""
    names = column.names(wanted, tuple(COLUMNS), "columns")
    column.names(tuple(into), names, "into")
    batch, kept = batch_input.batch(alerts, index, count)
    report = batch_abi.BatchReport(sizeof(batch_abi.BatchReport))
    results = Results(count, 0, report)
    batch.results, batch.decision_stride = (
        buffers.address(results._memory),
        sizeof(batch_abi.BatchDecision),
    )
    columns, views = batch_abi.AlertColumns(sizeof(batch_abi.AlertColumns)), {}
    for name in names:
        size, format, _ = COLUMNS[name]
        memory = (
            _given(into[name], name, count * size) if name in into else buffers.fresh(count * size)
        )
        setattr(columns, name, buffers.address(memory))
        views[name] = _shaped(memory, size, format, count)
    check(lib.lowtide_batch_read(byref(report), byref(batch), byref(columns)))
    del kept
    return AlertColumns(views, results)


def _shaped(memory: memoryview, size: int, format: Any, count: int) -> memoryview:
    if size != 16:
        shaped: memoryview = memory.cast(format)
    else:
        # memoryview.cast refuses a shape with 0 rows.
        shaped = memory.cast(format, [count, 2]) if count else memory.cast(format)
    return shaped


def _given(value: Any, name: str, size: int) -> memoryview:
    """The caller's memory for a column, as bytes."""
    view = writable(value, f"into[{name!r}]")
    if view.nbytes != size:
        raise OutOfRangeError(
            f"into[{name!r}]: must have {size} bytes, not {view.nbytes}",
            f"into[{name!r}]",
            view.nbytes,
        )
    return view


def writable(value: Any, field: str) -> memoryview:
    """Memory as bytes, if it can be written, has no gaps, and lies at a multiple of 8."""
    try:
        view = memoryview(value)
    except (TypeError, ValueError, BufferError):
        raise wrong_type(field, "a buffer", value) from None
    if view.readonly:
        raise TypeError(f"{field}: must be a buffer that can be written")
    if not view.c_contiguous:
        raise TypeError(f"{field}: must be a buffer without gaps")
    if not view.nbytes:
        return buffers.fresh(0)
    if buffers.address(view) % 8:
        raise MisalignedError(
            f"{field}: must lie at a multiple of 8 bytes, "
            f"not at one plus {buffers.address(view) % 8}",
            field,
        )
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")
