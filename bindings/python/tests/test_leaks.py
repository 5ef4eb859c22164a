# SPDX-License-Identifier: Apache-2.0
"""A million calls leak no references, no Python memory and no process memory."""

from __future__ import annotations

import ctypes
import gc
import os
import pathlib
import sys
import tracemalloc
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

import pyarrow
import pytest
from scale import Exercised, scaled

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)
PAGE = os.sysconf("SC_PAGE_SIZE")

# Caches of the interpreter and of the allocators of Python and C may grow by this much.
MOST_RESIDENT = 1 << 20
MOST_TRACED = 16 << 10

BALANCE = lowtide.Balance(Decimal("900.5"), 0, 0, 1, 0)
ALERT = lowtide.Alert().enable(1000, at=NOW).alert
ARROW = pyarrow.array([Decimal(1), Decimal(2), Decimal(3)], pyarrow.decimal128(38, 18))
LOW = ALERT.observe(BALANCE, at=NOW, sequence=1).alert
EVENTS: List[lowtide.AccountEvent] = [
    lowtide.Observe("acme", NOW, BALANCE, sequence=2),
    lowtide.Enable("acme", 1000, NOW, schedule=lowtide.Schedule(3)),
    lowtide.SetThreshold("acme", Decimal("5.5"), NOW),
    lowtide.Disable("acme", NOW),
    lowtide.Rebase("acme", 0, NOW),
    lowtide.Tick("acme", NOW),
    lowtide.Observe("new", NOW, available_credit=5),
]


class Recurring(lowtide.Store):
    """Has one account and discards commits, so that every call finds the same state."""

    def __init__(self) -> None:
        stored = lowtide.StoredAlert("low_balance", LOW.to_bytes())
        profile = lowtide.AccountProfile("a@b.example", "en", "USD", 2)
        self.account = lowtide.Account(
            "acme", 5, BALANCE, Decimal("899.5"), 1, NOW, profile, (stored,)
        )
        self.fails = False

    def load(self, names: Sequence[str]) -> Iterable[lowtide.Account]:
        if self.fails:
            raise KeyError("the disk is full")
        return [self.account] if names == [self.account.name] else []

    def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
        return [lowtide.CommitResult.COMMITTED for _ in commits]

    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]
    ) -> Iterable[lowtide.Due]:
        if after is not None or not inclusive:
            return []
        return [lowtide.Due("acme", lowtide.WalkCursor(1, "é"))]

    def pending(self, limit: int, after: Optional[lowtide.WalkCursor]) -> Iterable[lowtide.Pending]:
        if after is None:
            delivery = lowtide.Delivery(
                "key",
                "acme",
                "low_balance",
                "email",
                lowtide.Fire(NOW, NOW, 1, Decimal(1), Decimal(2), 0),
            )
            yield lowtide.Pending(delivery, lowtide.WalkCursor(1))

    def record_delivery(
        self, delivery: lowtide.Delivery, state: lowtide.DeliveryState, error: str, now: datetime
    ) -> bool:
        return True


class Handing(lowtide.Courier):
    def deliver(self, delivery: lowtide.Delivery) -> lowtide.Handover:
        return lowtide.Handover.SENT


class Calls:
    """Calls of each kind, and the objects that they use."""

    def __init__(self) -> None:
        self.store, self.courier = Recurring(), Handing()
        self.monitor = lowtide.Monitor(self.store, self.courier)

    def decisions(self) -> None:
        """Six calls."""
        alert = ALERT.observe(BALANCE, at=NOW, sequence=1).alert
        alert.tick(at=NOW + DAY)
        alert.set_threshold(Decimal("5.5"), at=NOW)
        alert.fields  # noqa: B018
        lowtide.Alert.from_bytes(alert.to_bytes())

    def refused_decisions(self) -> None:
        """Two calls."""
        with suppress(lowtide.DataError):
            ALERT.set_threshold(-1, at=NOW)
        with suppress(lowtide.DataError):
            lowtide.Alert.from_bytes(b"damaged")

    def ticks(self) -> None:
        """One call, with one callback."""
        self.monitor.tick_until(NOW, end=NOW)

    def changes(self) -> None:
        """Three calls, with all callbacks."""
        self.monitor.observe("acme", available_credit=2000, at=NOW, sequence=2, now=NOW)
        self.monitor.tick(NOW + DAY)
        self.monitor.deliver(NOW)

    def events(self) -> None:
        """Two calls: an event of every kind, and events of which one is refused."""
        self.monitor.apply(EVENTS, now=NOW)
        with suppress(lowtide.IncompleteError):
            self.monitor.apply([*EVENTS, lowtide.Disable("acme", NOW, "none")], now=NOW)

    def failures(self) -> None:
        """Three calls: an exception in a callback, and two refusals."""
        self.store.fails = True
        with suppress(KeyError):
            self.monitor.rebase("acme", 0, at=NOW, now=NOW)
        self.store.fails = False
        with suppress(lowtide.RefusedError):
            self.monitor.disable("acme", alert="none", at=NOW, now=NOW)
        with suppress(lowtide.RefusedError):
            self.monitor.observe("", BALANCE, at=NOW, now=NOW)

    def batches(self) -> None:
        """Six calls: lists, a buffer, Arrow arrays, too little room for decisions, a refusal."""
        alerts = lowtide.Alerts.of([ALERT] * 3)
        alerts.observe_columns(available_credit=[1, 2, 3], at=NOW, decision_capacity=1).decisions[0]
        alerts.observe_columns(available_credit=ARROW, at=bytes(24), index=[0, 1, 2])
        with alerts.prepare_columns(
            available_credit=pyarrow.chunked_array([ARROW]), at=NOW
        ) as prepared:
            prepared.run()
        alerts.tick(NOW)
        alerts.read()
        with suppress(lowtide.DataError):
            alerts.observe_columns(available_credit=pyarrow.chunked_array([ARROW, ARROW]), at=NOW)

    def monitors(self) -> None:
        """Two calls: a Monitor is created, and freed."""
        lowtide.Monitor(self.store, self.courier).close()
        lowtide.Monitor(self.store)

    def kinds(self) -> Dict[Callable[[], None], int]:
        """Each kind, and how many calls it makes."""
        return {
            self.decisions: 6,
            self.refused_decisions: 2,
            self.ticks: 1,
            self.changes: 3,
            self.events: 2,
            self.failures: 3,
            self.batches: 6,
            self.monitors: 2,
        }

    def counted(self) -> List[int]:
        """The reference counts of the objects that go in and out."""
        watched: List[Any] = [
            self.store,
            self.courier,
            self.monitor,
            self.store.account,
            BALANCE,
            ALERT,
            LOW,
            NOW,
        ]
        watched += [
            None,
            True,
            lowtide.Handover.SENT,
            lowtide.CommitResult.COMMITTED,
            lowtide.Why.FELL_BELOW,
            lowtide.Monitor,
        ]
        return [sys.getrefcount(one) for one in watched]


def resident() -> int:
    return int(pathlib.Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE


def check(calls: Calls, work: Callable[[], None], times: int) -> None:
    """Fails if the rounds leak anything. The first ones fill the caches of the interpreter, which
    keeps up to 2,000 freed tuples of each length, but frees them in gc.collect.
    """
    for _ in range(times // 10 + 1):
        work()
    gc.collect()
    gc.disable()
    try:
        for _ in range(1200):
            work()
        references, before = calls.counted(), resident()
        for _ in range(times):
            work()
        after, left = resident(), [now - was for now, was in zip(calls.counted(), references)]
        tracemalloc.start()
        work()
        traced = tracemalloc.get_traced_memory()[0]
        for _ in range(times // 20 + 100):
            work()
        grown = tracemalloc.get_traced_memory()[0] - traced
        tracemalloc.stop()
    finally:
        tracemalloc.stop()
        gc.enable()
    # Caches of the interpreter hold one or two references. A leak is one per round.
    assert max(left) < min(50, times // 2), f"{left} references are left of {times} rounds"
    assert grown < MOST_TRACED, f"{grown} bytes of Python's are left of {times // 20 + 100} rounds"
    assert after - before < MOST_RESIDENT, (
        f"the process grew by {after - before} bytes in {times} rounds"
    )


# How many ten thousands of calls each kind makes: more than a million in all.
PARTS = {
    "decisions": 58,
    "refused_decisions": 10,
    "ticks": 20,
    "changes": 6,
    "events": 2,
    "failures": 3,
    "batches": 2,
    "monitors": 1,
}


@pytest.mark.parametrize("kind", PARTS)
def test_calls_leak_nothing(kind: str, exercised: Exercised) -> None:
    calls = Calls()
    [(work, each)] = [(work, each) for work, each in calls.kinds().items() if work.__name__ == kind]
    times = scaled(10000 * PARTS[kind]) // each + 1
    check(calls, work, times)
    exercised(f"leaks: {kind}", times * each, "calls", scaled(10000 * PARTS[kind]))


def leak_a_reference(calls: Calls) -> None:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(calls.store))


def leak_an_object(calls: Calls) -> None:
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(object()))


def leak_memory_of_c(calls: Calls) -> None:
    size = 256
    malloc = ctypes.CDLL(None).malloc
    malloc.restype = ctypes.c_void_p
    ctypes.memset(malloc(ctypes.c_size_t(size)), 1, size)


def leak_a_cycle(calls: Calls) -> None:
    """Leaks a cycle, which only the garbage collector finds."""
    cycle: List[Any] = [bytes(100)]
    cycle.append(cycle)


def leak_into_a_list(calls: Calls) -> None:
    KEPT.append(bytes(100))


KEPT: List[bytes] = []


@pytest.mark.parametrize(
    "leak", [leak_a_reference, leak_an_object, leak_memory_of_c, leak_a_cycle, leak_into_a_list]
)
def test_leaks_are_noticed(leak: Callable[[Calls], None], exercised: Exercised) -> None:
    calls = Calls()

    def work() -> None:
        calls.ticks()
        leak(calls)

    try:
        with pytest.raises(AssertionError, match=r"are left of|the process grew"):
            check(calls, work, 20000)
    finally:
        KEPT.clear()
    exercised(f"leaks: noticed, {leak.__name__}", 1, "leaks", 1)
