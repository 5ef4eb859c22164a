# SPDX-License-Identifier: Apache-2.0
"""Prepared: a batch whose arguments were looked at once, to be run as often as is wanted."""

from __future__ import annotations

import ctypes
import functools
import threading
from ctypes import byref, c_int32, sizeof
from types import TracebackType
from typing import Any, List, NoReturn, Optional, Tuple, Type

from . import batch_abi, batch_sizes, buffers, column, numbers
from .batch_results import DECISION_SIZE, Results
from .library import check, check_sizes, declare, lib

declare(lib, batch_abi.PROTOTYPES)
check_sizes(lib._name, batch_sizes.size_probes(lib))

_MOST = 2**48


def _unchecked(name: str) -> Any:
    """A function of the library of our own, without its prototype's checks: these arguments are right, and a batch of 1,000 takes
    microseconds."""
    function: Any = lib[name]
    function.restype = c_int32
    return function


# Made once, as ctypes makes a cycle of each.
_FUNCTIONS = {name: _unchecked(name) for name in batch_abi.PROTOTYPES}


def _closed() -> NoReturn:
    raise ValueError("the prepared batch is closed")


class Prepared:
    """A batch on the same memory, run time after time: write new contents into the columns' arrays, and run it again.

    It holds the alerts, the columns and the index: none can be resized or unmapped before `close`, the end of a `with`, or of the last
    reference to it. Results and decisions are written over by the next run. A second thread waits until a run has ended. Other threads of
    Python go on meanwhile; they must not write to the same alerts or columns.
    """

    __slots__ = ("_batch", "_call", "_count", "_kept", "_lock", "_report", "results")

    results: Results
    """What became of the last run."""

    def __init__(
        self,
        function: str,
        alerts: Any,
        index: Any,
        count: int,
        capacity: Optional[int],
        arguments: Tuple[Any, ...],
        kept: List[Any],
    ) -> None:
        batch, self._kept = described(alerts, index, count)
        if capacity is None:
            capacity = min(count, 64 + count // 8)
        else:
            numbers.whole(capacity, "decision_capacity", 1, _MOST)
        self._report = batch_abi.BatchReport(sizeof(batch_abi.BatchReport))
        self.results = Results(count, capacity, self._report)
        batch.results = buffers.address(self.results._memory)
        batch.decisions = buffers.address(self.results._decisions)
        batch.decision_capacity = capacity
        batch.decision_stride = DECISION_SIZE
        self._batch, self._count, self._lock = batch, count, threading.RLock()
        self._kept += [*kept, *arguments]
        self._call = functools.partial(
            _FUNCTIONS[function], byref(self._report), byref(batch), *map(_passed, arguments)
        )

    def run(self) -> Results:
        """Decides every element, as often as it takes for all decisions to find room, and returns the results.

        Raises: OverlapError, if what is written lies within what is read; ValueError after `close`. What is wrong with an element is in the
        results.
        """
        with self._lock:
            status = self._call()
            if status or self._report.done != self._count:
                check(status)
                self._go_on()
        return self.results

    def close(self) -> None:
        """Lets go of the alerts, the columns and the index. The results stay."""
        with self._lock:
            self._call = functools.partial(_closed)
            self._kept = []

    def __enter__(self) -> Prepared:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _go_on(self) -> None:
        """The room for decisions was full: takes twice as much, until all elements are done. It stays for later runs."""
        batch, report, results = self._batch, self._report, self.results
        done, decided, failed = report.done, report.decision_count, report.failed_count
        try:
            while done != self._count:
                room = min(max(2 * batch.decision_capacity, 2 * decided, 64), self._count)
                decisions = buffers.fresh(room * DECISION_SIZE)
                decisions[: decided * DECISION_SIZE] = results._decisions[: decided * DECISION_SIZE]
                results._decisions = decisions
                batch.decisions = buffers.address(decisions) + decided * DECISION_SIZE
                batch.decision_capacity = room - decided
                batch.first = done
                check(self._call())
                done, decided, failed = (
                    report.done,
                    decided + report.decision_count,
                    failed + report.failed_count,
                )
        finally:
            report.decision_count, report.failed_count = decided, failed
            batch.decisions = buffers.address(results._decisions)
            batch.decision_capacity = results._decisions.nbytes // DECISION_SIZE
            batch.first = 0


def _passed(argument: Any) -> Any:
    return byref(argument) if isinstance(argument, ctypes.Structure) else argument


def described(alerts: Any, index: Any, count: int) -> Tuple[batch_abi.Batch, List[Any]]:
    """The part of a batch that is read, and what keeps it in place."""
    batch = batch_abi.Batch(sizeof(batch_abi.Batch))
    batch.count, batch.alert_count = count, len(alerts)
    batch.alerts = buffers.address(alerts.memory)
    kept: List[Any] = [alerts.memory, batch]
    if index is not None:
        place = column.place(index, "index", column.INDEX, count)
        if place.stride != column.INDEX.size:
            raise TypeError("index: must be without gaps")
        batch.flags = batch_abi.BATCH_HAS_INDEX
        batch.index = place.address
        kept.append(place.kept)
    return batch, kept


def columns(given: Any, count: int) -> Tuple[batch_abi.ObservationColumns, List[Any]]:
    """Columns of changes, by name, of which those that are None are not there."""
    made, kept = batch_abi.ObservationColumns(sizeof(batch_abi.ObservationColumns)), []
    for name, value in given.items():
        if value is None:
            continue
        kind = {"at": column.INSTANT, "sequence": column.SEQUENCE}.get(name, column.AMOUNT)
        place = column.place(value, name, kind, count)
        setattr(
            made,
            name,
            batch_abi.Column(place.address, place.stride or batch_abi.COLUMN_ONE_FOR_ALL),
        )
        kept.append(place.kept)
    return made, kept
