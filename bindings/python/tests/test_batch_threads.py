# SPDX-License-Identifier: Apache-2.0
"""Batches and threads: other threads run during a call; a prepared batch serves one at a time."""

from __future__ import annotations

import sys
import threading
import time
from array import array
from datetime import datetime, timezone
from typing import Callable, Iterator, List

import pytest
from scale import Exercised, scaled

from lowtide import Alert, Alerts
from lowtide.batch import Prepared

NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
THREADS = 4


@pytest.fixture
def unhurried() -> Iterator[None]:
    """The interpreter never switches threads by itself, so a switch shows that the GIL is free."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(60)
    yield
    sys.setswitchinterval(usual)


def at_once(work: Callable[[int], None]) -> None:
    """Runs work(0), work(1) and so on, each on its own thread. Raises the first exception."""
    raised: List[BaseException] = []

    def run(place: int) -> None:
        try:
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


def test_batch_runs_without_the_gil(unhurried: None, exercised: Exercised) -> None:
    """The other thread sees the first element decided but not the last one, which is only possible
    in the middle of the call.
    """
    count = 300_000
    prepared = Alerts(count).prepare_columns(available_credit=1, at=0)
    results = prepared.results._memory
    seen, over = 0, threading.Event()

    def watch() -> None:
        nonlocal seen
        while not over.is_set():
            seen += (
                results[4] != 0 and results[-4] == 0
            )  # the reasons of the first and the last element
            time.sleep(0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(200):
        results[:] = bytes(8 * count)
        prepared.run()
        assert results[4] and results[-4]
        if seen:
            break
    over.set()
    watcher.join()
    exercised("looks of Python at a batch in the middle of its call", seen, "looks", 1)


def test_batch_parts_on_threads_decide_as_the_whole(exercised: Exercised) -> None:
    count = 4000
    armed = Alert().enable(1000, at=NOW).alert
    credits = [(7919 * i) % 1500 - 100 for i in range(count)]
    whole = Alerts.of([armed] * count)
    expected = whole.observe_columns(available_credit=credits, at=NOW)
    for _ in range(scaled(20)):
        parts = Alerts.of([armed] * count)
        whys: List[List[int]] = [[] for _ in range(THREADS)]

        def work(place: int, parts: Alerts = parts, whys: List[List[int]] = whys) -> None:
            begin, end = place * count // THREADS, (place + 1) * count // THREADS
            whys[place] = list(
                parts[begin:end]
                .observe_columns(available_credit=credits[begin:end], at=NOW, decision_capacity=1)
                .why
            )

        at_once(work)
        assert [why for part in whys for why in part] == list(expected.why)
        assert bytes(parts.memory) == bytes(whole.memory)
    exercised("elements decided by four threads", scaled(20) * count, "elements", scaled(80_000))


def test_prepared_batch_serves_one_call_at_a_time(exercised: Exercised) -> None:
    """Its room for decisions grows while other threads wait."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(scaled(100)):
            at = array("q", [int(NOW.timestamp())])
            prepared = Alerts.of([Alert().enable(1000, at=NOW).alert] * 200).prepare_columns(
                available_credit=-1, at=at * 200, decision_capacity=1
            )
            counts: List[int] = []

            def work(_: int, prepared: Prepared = prepared, counts: List[int] = counts) -> None:
                results = prepared.run()
                counts.append(len(results))

            at_once(work)
            assert counts == [200] * THREADS and prepared.results.failed == []
            assert len(prepared.run().decisions) == 0
    finally:
        sys.setswitchinterval(usual)
    exercised(
        "calls of prepared batches by four threads", scaled(100) * THREADS, "calls", scaled(400)
    )
