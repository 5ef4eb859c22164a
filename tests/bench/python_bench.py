# SPDX-License-Identifier: Apache-2.0
"""Measures the Python package: a prepared call against an empty call, and a decision by Alert
against one written by hand with Decimal.

    python3 tests/bench/python_bench.py BUILD/bin

It uses the package of the checkout with the library of the build. Each turn measures all loops, so
that noise of the machine affects them alike; the result is the median of the ratios of the turns.
Times are processor time, so that other processes do not count.
"""

import ctypes
import os
import statistics
import sys
import time
from ctypes import byref, sizeof
from datetime import datetime, timezone
from decimal import Decimal

import replay_decimal
import rows

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.dirname(os.path.abspath(sys.argv[1]))
os.environ["LOWTIDE_LIBRARY"] = os.path.join(BUILD, "liblowtide.so")
sys.path.insert(0, os.path.join(HERE, "..", "..", "bindings", "python", "src"))

import lowtide  # noqa: E402
from lowtide._ffi import abi  # noqa: E402
from lowtide._ffi.library import lib  # noqa: E402

TURNS = 101
CALLS = 400
DECISIONS = 200

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
# Usage reduces the credit, as in a month: silent changes, a fire, silent changes, a payment.
CREDITS = [
    Decimal(cents) / 100
    for cents in (150025, 140050, 130075, 120000, 110025, 99950, 90075, 80000, 70025, 200050)
]


class ByHand(replay_decimal.Alert):
    """The reference of the replay, with its outputs in a list."""

    def __init__(self):
        super().__init__("acme", "low_balance", None, None)
        self.outputs = []

    def emit(self, at, output, **more):
        self.outputs.append(
            (at, output, self.episode, self.fired_at, self.credit, self.threshold, more)
        )


def prepared():
    """Loops of CALLS: an empty function, and lowtide_alert_observe, with the same arguments."""
    empty = ctypes.CDLL(os.path.join(BUILD, "lib", "empty_call.so")).empty_call
    observe = lib.lowtide_alert_observe
    empty.restype, empty.argtypes = observe.restype, observe.argtypes
    outcome = abi.Decision(struct_size=sizeof(abi.Decision))
    alert = abi.Alert.from_buffer_copy(lowtide.Alert().enable(1000, at=NOW).alert._raw)
    changes = []
    for credit in CREDITS:
        observation = abi.Observation.from_buffer_copy(
            lowtide.Balance(credit, 0, 0, 0, 0).__dict__["_change"]
        )
        observation.at = int(NOW.timestamp())
        changes.append(byref(observation))
    out, value = byref(outcome), byref(alert)
    rounds = changes * (CALLS // len(changes))

    def loop(function):
        start = time.thread_time()
        for change in rounds:
            function(out, value, value, change)
        return (time.thread_time() - start) / len(rounds)

    for change in changes:
        if observe(out, value, value, change) != 0:
            sys.exit("a prepared call failed")
    if lowtide.Phase(outcome.phase) is not lowtide.Phase.ARMED or outcome.output_count != 1:
        sys.exit("the prepared calls do not end with a stop")
    loops = [lambda: loop(empty), lambda: loop(observe)]
    return [[one() for one in loops] for _ in range(TURNS)]


def comfortable():
    """Two loops of DECISIONS decisions on five components: by hand, and by Alert."""
    rounds = CREDITS * (DECISIONS // len(CREDITS))
    parts = [(credit, Decimal(50), Decimal(0), Decimal(30), Decimal(20)) for credit in rounds]

    def by_hand():
        alert = ByHand()
        alert.enable(NOW, Decimal(1000), None, None)
        start = time.thread_time()
        for cash, limit, refunds, current, previous in parts:
            alert.balance(NOW, cash + limit + refunds - current - previous, None)
        taken = time.thread_time() - start
        return taken / len(parts), [
            (output, episode, credit) for _, output, episode, _, credit, *_ in alert.outputs
        ]

    def by_alert():
        alert = lowtide.Alert().enable(1000, at=NOW).alert
        told: list[lowtide.Output] = []
        start = time.thread_time()
        for components in parts:
            decision = alert.observe(lowtide.Balance(*components), at=NOW)
            alert = decision.alert
            if decision.outputs:
                told += decision.outputs
        taken = time.thread_time() - start
        return taken / len(parts), [
            (str(output.kind), output.episode, output.available_credit) for output in told
        ]

    turns = []
    for _ in range(TURNS):
        (hand, expected), (ours, told) = by_hand(), by_alert()
        if told != expected or len(told) < 20:
            sys.exit("the two do not decide alike")
        turns.append((hand, ours))
    return turns


def ratio(turns):
    return statistics.median(ours / theirs for theirs, ours in turns)


def main():
    good = rows.row(
        "a prepared call from Python",
        ratio(prepared()),
        "at most 1.1",
        "lowtide_alert_observe by ctypes, arguments made once; to an empty function with the same "
        "arguments",
    )
    rows.row(
        "a decision by Alert.observe, to Decimal by hand",
        ratio(comfortable()),
        "",
        "five Decimals in, outputs out, one at a time; to the same rules written in Python",
    )
    return 0 if good else rows.MISSED


if __name__ == "__main__":
    sys.exit(main())
