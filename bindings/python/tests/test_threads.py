# SPDX-License-Identifier: Apache-2.0
"""Eight threads at once: on their own alerts, one alert, Monitors over one file, one Monitor."""

from __future__ import annotations

import pathlib
import random
import sys
import threading
from contextlib import closing
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Callable, Iterator, List, Sequence, Tuple

import pytest
from memory_store import MemoryStore
from python_host import database
from python_host import store as sqlite_store
from scale import Exercised, scaled

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
THREADS = 8


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    """Makes the interpreter switch threads much more often."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def at_once(work: Callable[[int], None]) -> None:
    """Runs work(0) to work(7) at once, each on its own thread. Raises the first exception."""
    start = threading.Barrier(THREADS)
    raised: List[BaseException] = []

    def run(place: int) -> None:
        try:
            start.wait()
            work(place)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def played(seed: int, count: int) -> Tuple[bytes, List[str]]:
    """An alert after random events, and their decisions."""
    chance = random.Random(seed)
    alert = lowtide.Alert().enable(1000, at=NOW, schedule=lowtide.Schedule(3)).alert
    seen: List[str] = []
    at = NOW
    for place in range(count):
        at += timedelta(seconds=chance.choice([0, 60, 40000, 86400]))
        if chance.random() < 0.2:
            decision = alert.tick(at=at)
        else:
            balance = lowtide.Balance(
                Decimal(chance.randint(-5000, 200000)) / 100,
                chance.randint(0, 100),
                0,
                chance.randint(0, 100),
                0,
            )
            decision = alert.observe(balance, at=at, sequence=place + 1)
        alert = lowtide.Alert.from_bytes(decision.alert.to_bytes())
        seen.append(f"{decision.why} {[output.key('acme') for output in decision.outputs]}")
    return alert.to_bytes(), seen


def test_threads_on_their_own_alerts_decide_as_one_does(exercised: Exercised) -> None:
    count = scaled(20000) // 4
    expected = [played(seed, count) for seed in range(THREADS)]
    found: List[object] = [None] * THREADS

    def work(place: int) -> None:
        found[place] = played(place, count)

    at_once(work)
    assert found == expected
    assert len({one[0] for one in expected}) == THREADS
    exercised(
        "threads: decisions on alerts of their own", THREADS * count, "decisions", THREADS * count
    )


def test_threads_can_use_one_alert(exercised: Exercised) -> None:
    alert = lowtide.Alert().enable(1000, at=NOW).alert
    balance = lowtide.Balance(900, 0, 0, 1, 0)
    first = alert.observe(balance, at=NOW)
    count = scaled(2000)

    def work(place: int) -> None:
        for _ in range(count):
            decision = alert.observe(balance, at=NOW)
            assert decision == first
            assert decision.alert.fields == first.alert.fields

    at_once(work)
    exercised("threads: decisions on one alert", THREADS * count, "decisions", THREADS * count)


def test_workers_over_one_file_lose_nothing(tmp_path: pathlib.Path, exercised: Exercised) -> None:
    path = str(tmp_path / "host.db")
    count = scaled(60)
    with (
        closing(database.connect(path)) as db,
        lowtide.Monitor(sqlite_store.SqliteStore(db)) as monitor,
    ):
        monitor.enable("acme", 1000, at=NOW, now=NOW)
    stored: List[int] = [0] * THREADS

    def work(place: int) -> None:
        with (
            closing(database.connect(path)) as db,
            lowtide.Monitor(sqlite_store.SqliteStore(db), attempts=10000) as monitor,
        ):
            for step in range(count):
                # Up and down by turns. No other worker observes the same value.
                credit = Decimal(step % 2 * 2000) + Decimal(place * count + step) / 100000
                stored[place] += monitor.observe(
                    "acme", available_credit=credit, at=NOW, now=NOW
                ).stored

    at_once(work)
    with closing(database.connect(path)) as db:
        (revision,) = db.execute("SELECT revision FROM accounts").fetchone()
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM notices ORDER BY id")]
    assert stored == [count] * THREADS
    assert revision == 1 + THREADS * count
    # fire and stop alternate. An event that was lost, or decided on outdated state, breaks that.
    assert kinds == ["fire", "stop"] * (len(kinds) // 2) + ["fire"] * (len(kinds) % 2)
    exercised(
        "threads: changes of eight workers on one account",
        THREADS * count,
        "changes",
        THREADS * count,
    )


class WaitingStore(MemoryStore):
    """Its first load waits until another call found the Monitor busy, so that one surely does."""

    def __init__(self) -> None:
        super().__init__()
        self.was_busy = threading.Event()

    def load(self, names: Sequence[str]) -> Iterator[lowtide.Account]:
        assert self.was_busy.wait(60), "no other thread found the Monitor busy"
        return super().load(names)


def test_threads_on_one_monitor_are_served_or_busy(exercised: Exercised) -> None:
    store = WaitingStore()
    count = scaled(400)
    served = [0] * THREADS
    busy = [0] * THREADS
    with lowtide.Monitor(store) as monitor:

        def work(place: int) -> None:
            account = f"account {place}"
            while served[place] < count:
                try:
                    report = monitor.observe(
                        account, available_credit=served[place], at=NOW, now=NOW
                    )
                    assert report == lowtide.EventReport(True, ())
                    served[place] += 1
                except lowtide.BusyError:
                    busy[place] += 1
                    store.was_busy.set()

        at_once(work)
    assert {name: (one.revision, one.available_credit) for name, one in store.accounts.items()} == {
        f"account {place}": (count, count - 1) for place in range(THREADS)
    }
    exercised(
        "threads: calls on one Monitor that were served", sum(served), "calls", THREADS * count
    )
    exercised("threads: calls on one Monitor that were busy", sum(busy), "calls", 1)
