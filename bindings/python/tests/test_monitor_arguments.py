# SPDX-License-Identifier: Apache-2.0
"""The arguments and options of a Monitor: wrong ones are refused and change nothing."""

from __future__ import annotations

import gc
import weakref
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List

import pytest
from memory_store import ListCourier, MemoryStore
from scale import Exercised

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def courier() -> ListCourier:
    return ListCourier()


@pytest.fixture
def monitor(store: MemoryStore, courier: ListCourier) -> Iterator[lowtide.Monitor]:
    with lowtide.Monitor(store, courier) as made:
        yield made


def fire(
    monitor: lowtide.Monitor, account: str = "acme", alert: str = "low_balance"
) -> lowtide.EventReport:
    monitor.enable(account, 1000, alert=alert, at=NOW, now=NOW)
    return monitor.observe(account, available_credit=Decimal("999.5"), at=NOW, now=NOW)


def test_refused_events_name_the_account_and_store_nothing(
    monitor: lowtide.Monitor, store: MemoryStore, exercised: Exercised
) -> None:
    wide = lowtide.Balance(170141183460469231731, 170141183460469231731, 0, 0, 0)
    calls: List[Callable[[], Any]] = [
        lambda: monitor.set_threshold("acme", 1, at=NOW, now=NOW),
        lambda: monitor.disable("acme", alert="other", at=NOW, now=NOW),
        lambda: monitor.enable("acme", 1, alert="", at=NOW, now=NOW),
        lambda: monitor.enable("acme", 1, alert="a" * 256, at=NOW, now=NOW),
        lambda: monitor.observe("ac\nme", available_credit=1, at=NOW, now=NOW),
        lambda: monitor.observe("acme", wide, at=NOW, now=NOW),
        lambda: monitor.observe(
            "acme", available_credit=1, at=NOW + DAY + timedelta(seconds=1), now=NOW
        ),
    ]
    for call in calls:
        with pytest.raises(lowtide.RefusedError, match=r"^account 'ac.?me': "):
            call()
    assert store.snapshot() == MemoryStore().snapshot()
    exercised("events that the Monitor refuses", len(calls), "events", 7)


def test_wrong_arguments_never_reach_the_store(
    monitor: lowtide.Monitor, store: MemoryStore, exercised: Exercised
) -> None:
    naive = datetime(2026, 3, 1)
    late = datetime(1969, 12, 31, tzinfo=timezone.utc)
    one: Dict[str, Any] = {"at": NOW, "now": NOW}
    untyped: Any = monitor  # hides wrong types from mypy
    calls: List[Any] = [
        (
            TypeError,
            "account: must be a str",
            lambda: untyped.observe(7, available_credit=1, **one),
        ),
        (
            lowtide.MalformedError,
            "account: ",
            lambda: monitor.observe("\ud800", available_credit=1, **one),
        ),
        (TypeError, "balance: is missing", lambda: monitor.observe("acme", **one)),
        (
            TypeError,
            "available_credit: must not",
            lambda: monitor.observe(
                "acme", lowtide.Balance(1, 1, 1, 1, 1), available_credit=1, **one
            ),
        ),
        (
            TypeError,
            "balance: must be a lowtide.Balance, not int",
            lambda: untyped.observe("acme", 5, **one),
        ),
        (
            TypeError,
            "available_credit: ",
            lambda: untyped.observe("acme", available_credit=1.5, **one),
        ),
        (
            lowtide.InexactError,
            "available_credit: ",
            lambda: monitor.observe("acme", available_credit=Decimal("1e-19"), **one),
        ),
        (
            lowtide.MalformedError,
            "at: ",
            lambda: monitor.observe("acme", available_credit=1, at=naive, now=NOW),
        ),
        (
            lowtide.TimeRangeError,
            "now: ",
            lambda: monitor.observe("acme", available_credit=1, at=NOW, now=late),
        ),
        (
            lowtide.SequenceRangeError,
            "sequence: .*: 0",
            lambda: monitor.observe("acme", available_credit=1, sequence=0, **one),
        ),
        (lowtide.OutOfRangeError, "threshold: .*: -1", lambda: monitor.enable("acme", -1, **one)),
        (TypeError, "schedule: ", lambda: untyped.enable("acme", 1, schedule=5, **one)),
        (TypeError, "if_below: ", lambda: untyped.enable("acme", 1, if_below=0, **one)),
        (TypeError, "alert: ", lambda: untyped.enable("acme", 1, alert=None, **one)),
        (
            lowtide.OutOfRangeError,
            "threshold: ",
            lambda: monitor.set_threshold("acme", Decimal("-1e-18"), **one),
        ),
        (TypeError, "if_below: ", lambda: untyped.set_threshold("acme", 1, if_below=0, **one)),
        (TypeError, "at: ", lambda: untyped.disable("acme", at=5, now=NOW)),
        (lowtide.SequenceRangeError, "sequence: ", lambda: monitor.rebase("acme", -1, **one)),
        (TypeError, "now: ", lambda: untyped.tick(5)),
        (TypeError, "inclusive: ", lambda: untyped.tick_until(NOW, end=NOW, inclusive=1)),
        (lowtide.TimeRangeError, "now: ", lambda: monitor.deliver(late)),
        (
            TypeError,
            r"events\[0\]: must be a lowtide event \(Observe, Enable, .*Tick\), not str",
            lambda: untyped.apply("a", now=NOW),
        ),
        (
            TypeError,
            r"events\[0\].balance: ",
            lambda: monitor.apply([lowtide.Observe("a", NOW)], now=NOW),
        ),
        (
            lowtide.SequenceRangeError,
            r"events\[0\].sequence: ",
            lambda: monitor.apply(
                [lowtide.Observe("a", NOW, available_credit=1, sequence=-1)], now=NOW
            ),
        ),
    ]
    for error, message, call in calls:
        with pytest.raises(error, match="^" + message):
            call()
    assert store.calls == []
    exercised("wrong arguments of a Monitor", len(calls), "calls", 24)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"store": object()}, TypeError, "store: must be a lowtide.Store, not object"),
        ({"courier": object()}, TypeError, "courier: must be a lowtide.Courier, not object"),
        ({"joined": 1}, TypeError, "joined: must be a bool, not int"),
        ({"deliver_stops": None}, TypeError, "deliver_stops: must be a bool, not None"),
        ({"skew": 5}, TypeError, "skew: must be a datetime.timedelta, not int"),
        ({"skew": timedelta(seconds=-1)}, lowtide.OutOfRangeError, "skew: must be from 0"),
        (
            {"skew": timedelta(seconds=253402300800)},
            lowtide.OutOfRangeError,
            "skew: must be from 0",
        ),
        (
            {"skew": timedelta(milliseconds=1)},
            lowtide.MalformedError,
            "skew: must be whole seconds",
        ),
        ({"attempts": 0}, lowtide.OutOfRangeError, "attempts: must be from 1 to 4294967295: 0"),
        ({"attempts": 2**32}, lowtide.OutOfRangeError, "attempts: "),
        ({"attempts": True}, TypeError, "attempts: "),
        (
            {"accounts_per_commit": 0},
            lowtide.OutOfRangeError,
            "accounts_per_commit: must be from 1 to 4294967295: 0",
        ),
        ({"accounts_per_commit": 2**32}, lowtide.OutOfRangeError, "accounts_per_commit: "),
        ({"accounts_per_commit": 2.0}, TypeError, "accounts_per_commit: must be an int, not float"),
        (
            {"channels": "email"},
            TypeError,
            "channels: must be an iterable of str, not a single str",
        ),
        ({"channels": [5]}, TypeError, r"channels\[0\]: "),
        (
            {"channels": ["a", ""]},
            lowtide.OutOfRangeError,
            r"channels\[1\]: must have 1 to 255 bytes of UTF-8",
        ),
        (
            {"channels": ["a" * 256]},
            lowtide.OutOfRangeError,
            r"channels\[0\]: must have 1 to 255 bytes of UTF-8",
        ),
        (
            {"channels": ["a\0\n"]},
            lowtide.MalformedError,
            r"channels\[0\]: must have .* without control characters: 'a\\x00\\n'",
        ),
        (
            {"channels": ["email", "x", "email"]},
            lowtide.MalformedError,
            r"channels\[2\]: must not come twice: 'email'",
        ),
    ],
)
def test_wrong_options_are_refused(options: Dict[str, Any], error: Any, message: str) -> None:
    given: Dict[str, Any] = {"store": MemoryStore(), **options}
    with pytest.raises(error, match="^" + message):
        lowtide.Monitor(**given)


def test_store_or_courier_without_a_method_cannot_be_created() -> None:
    class Half(lowtide.Store):
        def load(self, names: Any) -> Any:
            return []

    class Mute(lowtide.Courier):
        pass

    for kind in (Half, Mute):
        with pytest.raises(TypeError, match="abstract"):
            kind()  # type: ignore[abstract]


def test_closed_monitor_raises_value_error(store: MemoryStore, courier: ListCourier) -> None:
    monitor = lowtide.Monitor(store, courier)
    monitor.close()
    monitor.close()
    calls: List[Callable[[], Any]] = [
        lambda: fire(monitor),
        lambda: monitor.observe("acme", available_credit=1, at=NOW, now=NOW),
        lambda: monitor.set_threshold("acme", 1, at=NOW, now=NOW),
        lambda: monitor.disable("acme", at=NOW, now=NOW),
        lambda: monitor.rebase("acme", 1, at=NOW, now=NOW),
        lambda: monitor.apply([lowtide.Observe("a", NOW, available_credit=1)], now=NOW),
        lambda: monitor.apply([], now=NOW),
        lambda: monitor.tick(NOW),
        lambda: monitor.deliver(NOW),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="the Monitor is closed"):
            call()
    assert store.calls == []


def test_monitor_without_a_courier_does_not_deliver(store: MemoryStore) -> None:
    with lowtide.Monitor(store) as monitor:
        fire(monitor)
        with pytest.raises(ValueError, match="courier: this Monitor has none"):
            monitor.deliver(NOW)
    assert "pending" not in store.calls


def test_monitor_keeps_its_host_alive_and_makes_no_cycle() -> None:
    gc.disable()
    try:
        store, courier = MemoryStore(), ListCourier()
        alive: List[weakref.ref[Any]] = [weakref.ref(store), weakref.ref(courier)]
        monitor = lowtide.Monitor(store, courier)
        del store, courier
        gc.collect()
        fire(monitor)
        assert monitor.deliver(NOW).sent == 2
        alive.append(weakref.ref(monitor))
        del monitor
        assert [ref() for ref in alive] == [None, None, None]
    finally:
        gc.enable()
