# SPDX-License-Identifier: Apache-2.0
"""Prepared: a batch whose arguments were checked once, to be run any number of times.

Loads the batches' part of the library. The class is public, as lowtide.batch.Prepared.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from ctypes import byref, c_int32, sizeof
from types import TracebackType
from typing import Any, List, NoReturn, Optional, Tuple, Type

from . import batch_abi, batch_input, buffers
from .arguments import whole
from .library import check, declare, lib
from .results import DECISION_SIZE, Results
from .struct_sizes import batch_probes, check_sizes

declare(lib, batch_abi.PROTOTYPES)
check_sizes(lib._name, batch_probes(lib))

_MOST = 2**48


def _unchecked(name: str) -> Any:
    """A function without a prototype.

    A batch of 1,000 alerts takes microseconds, and checking the types of arguments that are right
    anyway would add to that.
    """
    function: Any = lib[name]
    function.restype = c_int32
    return function


# Created once: ctypes makes a cycle of garbage for each.
_FUNCTIONS = {name: _unchecked(name) for name in batch_abi.PROTOTYPES}


def _closed() -> NoReturn:
    raise ValueError("the prepared batch is closed")


class Prepared:
    """A batch on the same memory, to be run any number of times.

    Write new contents into the arrays of the columns, and run it again. It holds the alerts, the
    columns and the index: none of them can be resized or unmapped before `close`, the end of a
    `with`, or the end of the last reference to it. Each run overwrites results and decisions.

    A second thread that calls `run` waits until the first has ended. Other Python threads run
    meanwhile; they must not write to the same alerts or columns.
    """

    __slots__ = ("_batch", "_call", "_count", "_kept", "_lock", "_report", "results")

    results: Results
    """The results of the last run."""

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
        batch, self._kept = batch_input.batch(alerts, index, count)
        if capacity is None:
            capacity = min(count, 64 + count // 8)
        else:
            whole(capacity, "decision_capacity", 1, _MOST)
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
        """Decides every element and returns the results. Makes room for all decisions.

        Raises: OverlapError if memory that is written overlaps memory that is read; ValueError
        after `close`. Errors of elements are in the results.
        """
        with self._lock:
            status = self._call()
            if status or self._report.done != self._count:
                check(status)
                self._go_on()
        return self.results

    def close(self) -> None:
        """Releases the alerts, the columns and the index. Keeps the results."""
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
        """Doubles the room for decisions, which was full, and goes on until all elements are done.
        Later runs keep the room.
        """
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
