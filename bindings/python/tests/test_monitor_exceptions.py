# SPDX-License-Identifier: Apache-2.0
"""Exceptions of a store or courier: they leave the Monitor unchanged, with a note."""

from __future__ import annotations

import dataclasses
import itertools
import traceback
from typing import Any, Dict, Iterator, List, Sequence, Tuple, Type

import pytest
from faulty_store import DAY, METHODS, NOW, FaultyStore, low_accounts, notes, run

import lowtide

ERRORS: Tuple[Type[BaseException], ...] = (
    KeyError,
    MemoryError,
    lowtide.ConflictError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
)


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def monitor(store: FaultyStore) -> Iterator[lowtide.Monitor]:
    with low_accounts(store) as made:
        yield made


@pytest.mark.parametrize(("method", "error"), itertools.product(METHODS, ERRORS))
def test_exception_leaves_with_its_traceback_and_changes_nothing(
    monitor: lowtide.Monitor, store: FaultyStore, method: str, error: Type[BaseException]
) -> None:
    raised = error("the disk is full")

    def the_culprit(real: Any, *_: Any) -> Any:
        raise raised

    store.instead[method] = the_culprit
    before = store.snapshot()
    with pytest.raises(error) as caught:
        run(monitor, method)
    assert caught.value is raised
    assert "the_culprit" in [frame.name for frame in traceback.extract_tb(caught.tb)]
    assert run.__name__ in [frame.name for frame in traceback.extract_tb(caught.tb)]
    assert store.snapshot() == before
    # After a commit that raised, the accounts are loaded once to check it. Nothing else is called.
    checks = method == "commit" and issubclass(error, Exception)
    assert store.called[store.called.index(method) + 1 :] == (["load"] if checks else [])
    assert raised.__context__ is None

    # The Monitor works as before.
    store.instead.clear()
    run(monitor, method)
    assert store.snapshot() != before or method == "load"


def test_exception_of_a_courier_ends_the_deliveries(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    def fails(real: Any, delivery: lowtide.Delivery) -> Any:
        if len(store.courier.handed) == 3:
            raise KeyError(delivery.key)
        return real(delivery)

    store.instead["deliver"] = fails
    with pytest.raises(KeyError) as caught:
        monitor.deliver(NOW)
    # What was sent before is recorded. The following deliveries are unchanged.
    assert store.called == ["pending", *["deliver", "record_delivery"] * 3, "deliver"]
    assert [row.state is not None for row in store.deliveries] == [True] * 3 + [False] * 3
    assert notes(caught.value) == ["lowtide: deliveries: 3 sent, 0 failed"]


@pytest.mark.parametrize(
    ("stored", "options", "note"),
    [
        ("abc", {}, "3 stored"),
        ("ab", {}, "2 stored, 1 not stored"),
        ("", {}, "3 not stored"),
        ("ab", {"attempts": 1}, "3 not known (not checked)"),
        ("ab", {"joined": True}, "3 not known (not checked)"),
    ],
)
def test_commit_that_raised_is_checked_once(
    store: FaultyStore, stored: str, options: Dict[str, Any], note: str
) -> None:
    def gives_up(real: Any, commits: Sequence[lowtide.Commit]) -> Any:
        real([commit for commit in commits if commit.after.name in stored])
        raise OSError("the connection is gone")

    with lowtide.Monitor(store, **options) as monitor:
        store.instead["commit"] = gives_up
        with pytest.raises(OSError, match="connection") as caught:
            run(monitor, "commit")
        assert notes(caught.value) == [f"lowtide: events: {note}"]
    assert sorted(store.accounts) == sorted(stored)
    assert {account.revision for account in store.accounts.values()} <= {1}
    assert store.called == (["load", "commit"] if options else ["load", "commit", "load"])


def test_commit_whose_check_fails_stays_unknown(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    first = OSError("the connection is gone")

    def gives_up(real: Any, commits: Any) -> Any:
        store.instead["load"] = lambda real, names: 1 // 0
        raise first

    store.instead["commit"] = gives_up
    with pytest.raises(OSError) as caught:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert caught.value is first
    assert notes(caught.value) == ["lowtide: events: 1 not known (the check failed)"]


def test_note_of_a_tick_says_what_is_not_known(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    def interrupted(real: Any, commits: Any) -> Any:
        real(commits)
        raise KeyboardInterrupt

    store.instead["commit"] = interrupted
    with pytest.raises(KeyboardInterrupt) as caught:
        monitor.tick(NOW + DAY)
    assert notes(caught.value) == [
        "lowtide: accounts: 0 ticked and stored, those of the last commit not known (not checked)"
    ]


def test_note_replaces_that_of_an_earlier_call(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    shared = OSError("the disk is full")
    shared.__notes__ = ["mine"]  # type: ignore[attr-defined]

    def fails(real: Any, *_: Any) -> Any:
        raise shared

    store.instead["load"] = fails
    for _ in range(3):
        with pytest.raises(OSError):
            monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert notes(shared) == ["mine", "lowtide: events: 1 not stored"]


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    why: str


class Sealed(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise RuntimeError("sealed")


class Noteless(Exception):
    @property
    def __notes__(self) -> List[str]:
        raise RuntimeError("no notes")


@pytest.mark.parametrize("error", [Frozen("the disk is full"), Sealed(), Noteless()])
def test_exception_that_cannot_have_notes_is_raised_without(
    monitor: lowtide.Monitor, store: FaultyStore, error: Exception
) -> None:
    def fails(real: Any, *_: Any) -> Any:
        # pytest.raises would set the traceback of a frozen exception, which is an error.
        raise error

    store.instead["load"] = fails
    caught: List[BaseException] = []
    try:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    except Exception as raised:
        caught.append(raised)
    assert caught == [error]
    assert isinstance(error, Noteless) or notes(error) == ["lowtide: events: 1 not stored"]


def test_interrupt_of_the_check_replaces_the_exception_of_the_commit(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    first, second = OSError("the connection is gone"), KeyboardInterrupt()

    def interrupted(real: Any, names: Any) -> Any:
        raise second

    def gives_up(real: Any, commits: Any) -> Any:
        store.instead["load"] = interrupted
        raise first

    store.instead["commit"] = gives_up
    with pytest.raises(KeyboardInterrupt) as caught:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert caught.value is second
    assert second.__context__ is first


def accounts_and_more(
    store: FaultyStore, names: Sequence[str], more: Any, closed: List[str]
) -> Iterator[Any]:
    try:
        yield from [store.accounts[name] for name in names]
        yield more
        yield more
    finally:
        closed.append("load")


@pytest.mark.parametrize("more", ["no account", lowtide.Account("a", 1), lowtide.Account("a", -1)])
def test_generator_of_the_host_is_closed_before_the_error_is_raised(
    monitor: lowtide.Monitor, store: FaultyStore, more: Any
) -> None:
    closed: List[str] = []
    store.instead["load"] = lambda real, names: accounts_and_more(store, names, more, closed)
    with pytest.raises((TypeError, ValueError)):
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert closed == ["load"]
    store.instead.clear()
    endless = itertools.count()

    def walk() -> Iterator[lowtide.Due]:
        try:
            yield from (lowtide.Due("a", lowtide.WalkCursor(place)) for place in endless)
        finally:
            closed.append("due")

    given = walk()
    store.instead["due"] = lambda real, *_: given
    with pytest.raises(ValueError, match="at most"):
        monitor.tick(NOW)
    assert closed == ["load", "due"]
