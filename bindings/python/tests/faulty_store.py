# SPDX-License-Identifier: Apache-2.0
"""FaultyStore and FaultyCourier, whose methods can be replaced, and calls that call them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Iterator, List

from memory_store import ListCourier, MemoryStore

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)
METHODS = ("load", "commit", "due", "pending", "record_delivery", "deliver")


class FaultyStore(MemoryStore):
    """A store with a courier. `instead` has functions to call instead of their methods.

    Such a function gets the real method and its arguments.
    """

    def __init__(self) -> None:
        super().__init__()
        self.instead: Dict[str, Callable[..., Any]] = {}
        self.called: List[str] = []
        self.courier = FaultyCourier(self)

    def answer(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        self.called.append(name)
        return self.instead[name](real, *arguments) if name in self.instead else real(*arguments)

    def load(self, names: Any) -> Any:
        return self.answer("load", super().load, names)

    def commit(self, commits: Any) -> Any:
        return self.answer("commit", super().commit, commits)

    def due(self, *arguments: Any) -> Any:
        return self.answer("due", super().due, *arguments)

    def pending(self, *arguments: Any) -> Any:
        return self.answer("pending", super().pending, *arguments)

    def record_delivery(self, *arguments: Any) -> Any:
        return self.answer("record_delivery", super().record_delivery, *arguments)


class FaultyCourier(ListCourier):
    def __init__(self, store: FaultyStore) -> None:
        super().__init__()
        self.store = store

    def deliver(self, delivery: lowtide.Delivery) -> Any:
        return self.store.answer("deliver", super().deliver, delivery)


@contextmanager
def low_accounts(store: FaultyStore) -> Iterator[lowtide.Monitor]:
    """A Monitor over three accounts, each with pending deliveries and a reminder due in a day."""
    with lowtide.Monitor(store, store.courier) as monitor:
        for account in ("a", "b", "c"):
            monitor.enable(account, 1000, at=NOW, now=NOW)
            monitor.observe(account, available_credit=900, at=NOW, now=NOW)
        store.called.clear()
        yield monitor


def run(monitor: lowtide.Monitor, method: str) -> Any:
    """Makes a call of the Monitor that calls this method of the host."""
    if method in ("load", "commit"):
        return monitor.apply(
            [lowtide.Observe(one, NOW, available_credit=2000) for one in "abc"], now=NOW
        )
    if method == "due":
        return monitor.tick(NOW + DAY)
    return monitor.deliver(NOW)


def qualified(method: str) -> str:
    """The method's name in messages."""
    return f"FaultyCourier.{method}" if method == "deliver" else f"FaultyStore.{method}"


def notes(error: BaseException) -> List[str]:
    """The notes on an exception."""
    found: List[str] = getattr(error, "__notes__", [])
    return found
