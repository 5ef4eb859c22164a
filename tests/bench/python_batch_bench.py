# SPDX-License-Identifier: Apache-2.0
"""Measures batches in Python against the same batches in C, with the same arrays.

    python3 tests/bench/python_batch_bench.py BUILD/bin

It uses the package of the checkout with the library of the build. Two batches over the same alerts
alternate, so that each observation is a change; 1 % of the alerts fire in one batch and stop in the
other. Each turn measures all loops, so that noise of the machine affects them alike; the result is
the median of the ratios of the turns. Times are processor time: other processes do not count.
"""

import array
import ctypes
import os
import statistics
import sys
import time
from ctypes import POINTER, c_double, c_int, c_void_p, cast, pointer
from datetime import datetime, timezone

import rows

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.dirname(os.path.abspath(sys.argv[1]))
os.environ["LOWTIDE_LIBRARY"] = os.path.join(BUILD, "liblowtide.so")
sys.path.insert(0, os.path.join(HERE, "..", "..", "bindings", "python", "src"))

import lowtide  # noqa: E402
from lowtide import balance  # noqa: E402
from lowtide._ffi import batch_abi  # noqa: E402
from lowtide._ffi.library import lib  # noqa: E402

TURNS = 61
UNIT = 10**18
NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
AT = int(NOW.timestamp())


def amounts(values):
    """A column of amounts, each as its low and its high half."""
    made = array.array("Q")
    for value in values:
        made.extend((value & 2**64 - 1, value >> 64 & 2**64 - 1))
    return memoryview(made).cast("B")


def columns(count, cents):
    """Five components with a credit of about 2000.

    If `cents` is even, every hundredth element is below the threshold.
    """
    cash = amounts(
        (2000 * UNIT if i % 100 or cents % 2 else 800 * UNIT) + cents * UNIT // 100
        for i in range(count)
    )
    others = {
        name: amounts([UNIT * (10 + place)] * count)
        for place, name in enumerate(balance.COMPONENTS[1:])
    }
    return {"at": array.array("q", [AT + cents]) * count, "cash_balance": cash, **others}


class InC:
    """The structs of prepared batches, for the loop in C."""

    def __init__(self, prepared):
        function = ctypes.CDLL(os.path.join(BUILD, "lib", "batch_calls.so")).batch_calls
        function.restype, function.argtypes = (
            c_double,
            [c_void_p, POINTER(c_void_p), POINTER(c_void_p), POINTER(c_void_p), c_int],
        )
        self.function, self.observe = function, cast(lib.lowtide_batch_observe_columns, c_void_p)
        made = [
            next(kept for kept in one._kept if isinstance(kept, batch_abi.ObservationColumns))
            for one in prepared
        ]

        def pick(structs):
            return (c_void_p * 2)(*(cast(pointer(one), c_void_p).value for one in structs))

        self.reports, self.batches, self.columns = (
            pick([p._report for p in prepared]),
            pick([p._batch for p in prepared]),
            pick(made),
        )
        self.made = made

    def run(self, times):
        taken = self.function(self.observe, self.reports, self.batches, self.columns, times)
        if taken < 0:
            sys.exit("a batch in C did not come to its end")
        return taken


def in_python(prepared, times):
    runs = [one.run for one in prepared] * times
    start = time.thread_time()
    for run in runs:
        run()
    return time.thread_time() - start


def at_once(alerts, given, times):
    """Runs a batch with nothing prepared."""
    start = time.thread_time()
    for _ in range(times):
        for one in given:
            alerts.observe_columns(**one)
    return time.thread_time() - start


def measure(count, times):
    """The ratios to C of prepared runs, and of calls with nothing prepared."""
    alerts = lowtide.Alerts.of([lowtide.Alert().enable(1000, at=NOW).alert] * count)
    given = [columns(count, 1), columns(count, 2)]
    prepared = [alerts.prepare_columns(**one) for one in given]
    in_c = InC(prepared)
    for _ in range(2):
        for one in prepared:
            results = one.run()
    fired = all(isinstance(decision.outputs[0], lowtide.Fire) for decision in results.decisions)
    if results.failed or len(results.decisions) != count // 100 or not fired:
        sys.exit("the batches do not decide what they are made for")
    in_c.run(times)
    if [decision.element for decision in results.decisions] != list(range(0, count, 100)):
        sys.exit("the batch in C is another one")
    ran, called = [], []
    for _ in range(TURNS):
        c = in_c.run(times)
        ran.append(in_python(prepared, times) / c)
        called.append(at_once(alerts, given, max(times // 10, 1)) * times / max(times // 10, 1) / c)
    return statistics.median(ran), statistics.median(called)


def main():
    good = True
    for count, times, goal in ((1000, 300, "at most 1.25"), (100_000, 3, "at most 1.05")):
        ran, called = measure(count, times)
        good &= rows.row(
            f"Python: a prepared batch of {count:,}, to the same in C",
            ran,
            goal,
            "Prepared.run over columns of the five components, 99 % silent; to a loop in C over "
            "the same arrays",
        )
        rows.row(
            f"Python: observe_columns of {count:,}, to the same in C",
            called,
            "",
            "with nothing prepared: the columns looked at, and memory for results and decisions; "
            "to the same loop",
        )
    return 0 if good else rows.MISSED


if __name__ == "__main__":
    sys.exit(main())
