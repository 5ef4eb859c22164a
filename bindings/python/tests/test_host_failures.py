# SPDX-License-Identifier: Apache-2.0
"""What a Monitor makes of a store and a courier that raise, forget to return, return something else, or call it back."""

from __future__ import annotations

import contextvars
import copy
import dataclasses
import gc
import itertools
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import traceback
import types
import weakref
from datetime import datetime, timedelta, timezone
from decimal import Decimal, getcontext, localcontext
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple, Type

import pytest
from memory_store import ListCourier, MemoryStore
from scale import Exercised, scaled

import lowtide
from lowtide import monitor as _monitor
from lowtide._ffi.callbacks import Callbacks

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)
METHODS = ("load", "commit", "due", "pending", "record_delivery", "deliver")
ERRORS: Tuple[Type[BaseException], ...] = (
    KeyError,
    MemoryError,
    lowtide.ConflictError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
)


class Troubled(MemoryStore):
    """A store and its courier, of which one method can be put under another."""

    def __init__(self) -> None:
        super().__init__()
        self.instead: Dict[str, Callable[..., Any]] = {}
        self.asked: List[str] = []
        self.courier = TroubledCourier(self)

    def answer(self, name: str, usual: Callable[..., Any], *arguments: Any) -> Any:
        self.asked.append(name)
        return self.instead[name](usual, *arguments) if name in self.instead else usual(*arguments)

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


class TroubledCourier(ListCourier):
    def __init__(self, store: Troubled) -> None:
        super().__init__()
        self.store = store

    def deliver(self, delivery: lowtide.Delivery) -> Any:
        return self.store.answer("deliver", super().deliver, delivery)


@pytest.fixture
def store() -> Troubled:
    return Troubled()


@pytest.fixture
def monitor(store: Troubled) -> Iterator[lowtide.Monitor]:
    """Of three accounts that are low, each with deliveries that are pending and a reminder that is due a day later."""
    with lowtide.Monitor(store, store.courier) as made:
        for account in ("a", "b", "c"):
            made.enable(account, 1000, at=NOW, now=NOW)
            made.observe(account, available_credit=900, at=NOW, now=NOW)
        store.asked.clear()
        yield made


def run(monitor: lowtide.Monitor, method: str) -> Any:
    """A call in which the method is called."""
    if method in ("load", "commit"):
        return monitor.apply(
            [lowtide.AccountEvent(one, NOW, available_credit=2000) for one in "abc"], now=NOW
        )
    if method == "due":
        return monitor.tick(NOW + DAY)
    return monitor.deliver(NOW)


def qualified(method: str) -> str:
    return f"TroubledCourier.{method}" if method == "deliver" else f"Troubled.{method}"


@pytest.mark.parametrize(("method", "error"), itertools.product(METHODS, ERRORS))
def test_an_exception_comes_out_with_its_traceback_and_changes_nothing(
    monitor: lowtide.Monitor, store: Troubled, method: str, error: Type[BaseException]
) -> None:
    raised = error("the disk is full")

    def the_culprit(usual: Any, *_: Any) -> Any:
        raise raised

    store.instead[method] = the_culprit
    before = store.snapshot()
    with pytest.raises(error) as told:
        run(monitor, method)
    assert told.value is raised
    assert "the_culprit" in [frame.name for frame in traceback.extract_tb(told.tb)]
    assert run.__name__ in [frame.name for frame in traceback.extract_tb(told.tb)]
    assert store.snapshot() == before
    # After a commit that raised the accounts are looked at; nothing else is called once something raised.
    looks = method == "commit" and issubclass(error, Exception)
    assert store.asked[store.asked.index(method) + 1 :] == (["load"] if looks else [])
    assert raised.__context__ is None

    # The Monitor is as good as before.
    store.instead.clear()
    run(monitor, method)
    assert store.snapshot() != before or method == "load"


def test_the_methods_of_host_that_raise_are_not_called_any_more(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    def fails(usual: Any, delivery: lowtide.Delivery) -> Any:
        if len(store.courier.handed) == 3:
            raise KeyError(delivery.key)
        return usual(delivery)

    store.instead["deliver"] = fails
    with pytest.raises(KeyError) as told:
        monitor.deliver(NOW)
    # What was sent before is recorded; what comes behind was not touched.
    assert store.asked == ["pending", *["deliver", "record_delivery"] * 3, "deliver"]
    assert [row.state is not None for row in store.deliveries] == [True] * 3 + [False] * 3
    assert notes(told.value) == ["lowtide: deliveries: 3 sent, 0 failed"]


def notes(error: BaseException) -> List[str]:
    found: List[str] = getattr(error, "__notes__", [])
    return found


@pytest.mark.parametrize(
    ("stored", "options", "note"),
    [
        ("abc", {}, "3 stored"),
        ("ab", {}, "2 stored, 1 not stored"),
        ("", {}, "3 not stored"),
        ("ab", {"attempts": 1}, "3 not known (nobody looked)"),
        ("ab", {"joined": True}, "3 not known (nobody looked)"),
    ],
)
def test_after_a_commit_that_raised_the_monitor_looks_what_was_stored(
    store: Troubled, stored: str, options: Dict[str, Any], note: str
) -> None:
    def gives_up(usual: Any, commits: Sequence[lowtide.Commit]) -> Any:
        usual([commit for commit in commits if commit.after.name in stored])
        raise OSError("the connection is gone")

    with lowtide.Monitor(store, **options) as monitor:
        store.instead["commit"] = gives_up
        with pytest.raises(OSError, match="connection") as told:
            run(monitor, "commit")
        assert notes(told.value) == [f"lowtide: changes: {note}"]
    assert sorted(store.accounts) == sorted(stored)
    assert {account.revision for account in store.accounts.values()} <= {1}
    assert store.asked == (["load", "commit"] if options else ["load", "commit", "load"])


def test_a_look_that_fails_too_leaves_it_unknown(monitor: lowtide.Monitor, store: Troubled) -> None:
    first = OSError("the connection is gone")

    def gives_up(usual: Any, commits: Any) -> Any:
        store.instead["load"] = lambda usual, names: 1 // 0
        raise first

    store.instead["commit"] = gives_up
    with pytest.raises(OSError) as told:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert told.value is first
    assert notes(told.value) == ["lowtide: changes: 1 not known (the look failed)"]


def test_the_note_of_a_tick_tells_what_is_not_known(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    def interrupted(usual: Any, commits: Any) -> Any:
        usual(commits)
        raise KeyboardInterrupt

    store.instead["commit"] = interrupted
    with pytest.raises(KeyboardInterrupt) as told:
        monitor.tick(NOW + DAY)
    assert notes(told.value) == [
        "lowtide: accounts: 0 ticked and stored, those of the last commit not known (nobody looked)"
    ]


def test_an_exception_that_is_raised_again_has_the_last_note_only(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    shared = OSError("the disk is full")
    shared.__notes__ = ["mine"]  # type: ignore[attr-defined]

    def fails(usual: Any, *_: Any) -> Any:
        raise shared

    store.instead["load"] = fails
    for _ in range(3):
        with pytest.raises(OSError):
            monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert notes(shared) == ["mine", "lowtide: changes: 1 not stored"]


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
def test_an_exception_that_takes_no_notes_comes_out_all_the_same(
    monitor: lowtide.Monitor, store: Troubled, error: Exception
) -> None:
    def fails(usual: Any, *_: Any) -> Any:
        # A frozen exception takes no traceback from a with statement.
        raise error

    store.instead["load"] = fails
    caught: List[BaseException] = []
    try:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    except Exception as raised:
        caught.append(raised)
    assert caught == [error]
    assert isinstance(error, Noteless) or notes(error) == ["lowtide: changes: 1 not stored"]


RESULT, HANDOVER = lowtide.CommitResult.COMMITTED, lowtide.Handover.SENT
WRONG: List[Tuple[str, object, str]] = [
    *(
        ("load", wrong, "must return an iterable of Account, not ")
        for wrong in (None, True, 0, 1 << 40, lowtide.Account("a", 1))
    ),
    *(("load", wrong, "must return an iterable of Account, not ") for wrong in ("a", b"a")),
    *(
        ("load", [wrong], "must return an iterable of Account, not of ")
        for wrong in (None, "a", MemoryStore)
    ),
    *(
        ("commit", wrong, "must return a sequence of CommitResult, not ")
        for wrong in (None, True, "abc", RESULT, {RESULT}, iter("abc"))
    ),
    *(
        ("commit", [RESULT, RESULT, wrong], "must return a sequence of CommitResult, not of ")
        for wrong in (None, 0x4C540011, HANDOVER)
    ),
    *(("due", wrong, "must return an iterable of Due, not ") for wrong in (None, 0x4C540001, "a")),
    *(("due", [wrong], "must return an iterable of Due, not of ") for wrong in (None, ("a", 1))),
    *(("pending", wrong, "must return an iterable of Pending, not ") for wrong in (None, False)),
    *(
        ("pending", [wrong], "must return an iterable of Pending, not of ")
        for wrong in (None, HANDOVER)
    ),
    *(
        ("record_delivery", wrong, "must return a bool, not ")
        for wrong in (None, 1, 0x4C540001, "done")
    ),
    *(
        ("deliver", wrong, "must return a Handover, or one with a reason, not ")
        for wrong in (
            None,
            True,
            0x4C540021,
            RESULT,
            (HANDOVER,),
            (HANDOVER, None),
            ("why", HANDOVER),
            (HANDOVER, "why", 1),
        )
    ),
]


@pytest.mark.parametrize(("method", "answer", "message"), WRONG)
def test_a_return_that_is_none_of_those_promised_is_an_error(
    monitor: lowtide.Monitor, store: Troubled, method: str, answer: object, message: str
) -> None:
    store.instead[method] = lambda usual, *_: answer
    before = store.snapshot()
    with pytest.raises(TypeError) as told:
        run(monitor, method)
    assert str(told.value).startswith(f"{qualified(method)} {message}")
    assert repr(answer[-1] if isinstance(answer, list) else answer)[:40] in str(told.value)
    assert store.snapshot() == before
    store.instead.clear()
    run(monitor, method)
    assert store.snapshot() != before or method == "load"


def test_results_that_are_results_hold_beside_one_that_is_none(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    store.instead["commit"] = lambda usual, commits: [*usual(commits[:2]), None]
    with pytest.raises(
        TypeError, match=r"^Troubled.commit must return a sequence of CommitResult, not of None"
    ) as told:
        run(monitor, "commit")
    assert notes(told.value) == ["lowtide: changes: 2 stored, 1 not stored"]
    store.instead["commit"] = lambda usual, commits: usual(commits[1:])
    with pytest.raises(
        ValueError,
        match=r"^Troubled.commit must return a CommitResult for each of 3 commits, not 2",
    ):
        monitor.apply(
            [lowtide.AccountEvent(one, NOW, available_credit=3000) for one in "abc"], now=NOW
        )


ACCOUNT = lowtide.Account("a", 1)
FIELDS: List[Tuple[str, Any, Type[Exception], str]] = [
    (
        "load",
        lowtide.Account("z", 1),
        ValueError,
        "Account.name: was not asked for, or came before: 'z'",
    ),
    ("load", lowtide.Account(7, 1), TypeError, "Account.name: must be a str"),  # type: ignore[arg-type]
    (
        "load",
        lowtide.Account("a", -1),
        lowtide.OutOfRangeError,
        "Account 'a': revision: must be from 0",
    ),
    ("load", lowtide.Account("a", 2**63 - 1), lowtide.OutOfRangeError, "Account 'a': revision: "),
    ("load", lowtide.Account("a", "1"), TypeError, "Account 'a': revision: "),  # type: ignore[arg-type]
    (
        "load",
        lowtide.Account("a", 1, balance=5),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': balance: must be of type Balance, not 5",
    ),
    (
        "load",
        lowtide.Account("a", 1, available_credit=1.5),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': available_credit: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, available_credit=Decimal("1e21")),
        lowtide.AmountOverflowError,
        "Account 'a': available_credit: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, sequence=0),
        lowtide.SequenceRangeError,
        "Account 'a': sequence: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, first_cost_at=datetime(2026, 1, 1)),
        lowtide.MalformedError,
        "Account 'a': first_cost_at: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, profile=None),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': profile: must be of type AccountProfile, not None",
    ),
    (
        "load",
        lowtide.Account("a", 1, profile=lowtide.AccountProfile(contact=b"x")),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': contact: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, profile=lowtide.AccountProfile(language="\udc80")),
        lowtide.MalformedError,
        "Account 'a': language: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, profile=lowtide.AccountProfile(currency=None)),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': currency: ",
    ),
    (
        "load",
        lowtide.Account("a", 1, profile=lowtide.AccountProfile(currency_digits=19)),
        lowtide.OutOfRangeError,
        "Account 'a': currency_d",
    ),
    (
        "load",
        lowtide.Account("a", 1, alerts=None),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': alerts: must be of type tuple, not None",
    ),
    (
        "load",
        lowtide.Account("a", 1, alerts=(5,)),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': alerts: must be of type StoredAlert",
    ),
    (
        "load",
        lowtide.Account("a", 1, alerts=(lowtide.StoredAlert("x", "state"),)),  # type: ignore[arg-type]
        TypeError,
        "Account 'a': StoredAlert.state: must be of type bytes, not 'state'",
    ),
    ("due", lowtide.Due(7, lowtide.WalkCursor()), TypeError, "Due.account: "),  # type: ignore[arg-type]
    (
        "due",
        lowtide.Due("a", None),  # type: ignore[arg-type]
        TypeError,
        "Due 'a': cursor: must be of type WalkCursor, not None",
    ),
    (
        "due",
        lowtide.Due("a", lowtide.WalkCursor(2**63)),
        lowtide.OutOfRangeError,
        "Due 'a': WalkCursor.at: ",
    ),
    ("due", lowtide.Due("a", lowtide.WalkCursor(0, b"")), TypeError, "Due 'a': WalkCursor.text: "),  # type: ignore[arg-type]
    (
        "pending",
        lowtide.Pending(None, lowtide.WalkCursor()),  # type: ignore[arg-type]
        TypeError,
        "delivery: must be of type Delivery, not None",
    ),
]
GOOD = lowtide.Delivery(
    "k", "a", "x", "email", lowtide.Fire(NOW, NOW, 1, Decimal(1), Decimal(2), 0)
)
WRONG_DELIVERIES: List[Tuple[Dict[str, Any], Type[Exception], str]] = [
    ({"key": None}, TypeError, "Delivery.key: "),
    ({"account": 5}, TypeError, "Delivery 'k': account: "),
    ({"alert": 5}, TypeError, "Delivery 'k': alert: "),
    ({"channel": 5}, TypeError, "Delivery 'k': channel: "),
    ({"cause": -1}, lowtide.OutOfRangeError, "Delivery 'k': cause: "),
    ({"profile": 5}, TypeError, "Delivery 'k': profile: "),
    (
        {"output": None},
        TypeError,
        "Delivery 'k': output: must be of type Fire or Remind or Stop, not None",
    ),
    (
        {"output": lowtide.Fire(5, NOW, 1, Decimal(1), Decimal(2), 0)},  # type: ignore[arg-type]
        TypeError,
        "Delivery 'k': output: at: ",
    ),
    (
        {"output": lowtide.Fire(NOW, NOW, 0, Decimal(1), Decimal(2), 0)},
        lowtide.OutOfRangeError,
        "Delivery 'k': output: episode: ",
    ),
]
for changed, error, message in WRONG_DELIVERIES:
    FIELDS.append(
        (
            "pending",
            lowtide.Pending(lowtide.Delivery(**{**GOOD.__dict__, **changed}), lowtide.WalkCursor()),
            error,
            message,
        )
    )


@pytest.mark.parametrize(("method", "item", "error", "message"), FIELDS)
def test_a_wrong_field_is_named_with_its_method(
    monitor: lowtide.Monitor,
    store: Troubled,
    method: str,
    item: object,
    error: Type[Exception],
    message: str,
) -> None:
    store.instead[method] = lambda usual, *_: [item]
    before = store.snapshot()
    with pytest.raises(error) as told:
        run(monitor, method)
    assert str(told.value).startswith(f"{qualified(method)}: {message}")
    assert store.snapshot() == before


def test_more_than_asked_for_is_an_error(monitor: lowtide.Monitor, store: Troubled) -> None:
    store.instead["load"] = lambda usual, names: list(usual(names)) * 2
    with pytest.raises(
        ValueError, match=r"^Troubled.load: Account.name: was not asked for, or came before: 'a'"
    ):
        run(monitor, "load")
    store.instead["due"] = lambda usual, *_: (
        lowtide.Due("a", lowtide.WalkCursor(place)) for place in range(257)
    )
    with pytest.raises(
        ValueError, match=r"^Troubled.due must return at most the 256 Due that were asked for"
    ):
        run(monitor, "due")
    store.instead["pending"] = lambda usual, *_: (
        lowtide.Pending(GOOD, lowtide.WalkCursor(place)) for place in itertools.count()
    )
    with pytest.raises(ValueError, match=r"^Troubled.pending must return at most the 256 Pending"):
        run(monitor, "pending")


def test_a_cursor_that_comes_again_is_told(monitor: lowtide.Monitor, store: Troubled) -> None:
    store.instead["due"] = lambda usual, *_: [lowtide.Due("a", lowtide.WalkCursor(5, "x"))]
    with pytest.raises(lowtide.IncompleteError, match="due: the cursor came again"):
        monitor.tick(NOW)


def test_within_its_own_host_a_monitor_is_busy(
    monitor: lowtide.Monitor, store: Troubled, exercised: Exercised
) -> None:
    calls: Dict[str, Callable[[], Any]] = {
        "observe": lambda: monitor.observe("a", available_credit=1, at=NOW, now=NOW),
        "enable": lambda: monitor.enable("a", 1, at=NOW, now=NOW),
        "set_threshold": lambda: monitor.set_threshold("a", 1, at=NOW, now=NOW),
        "disable": lambda: monitor.disable("a", at=NOW, now=NOW),
        "rebase": lambda: monitor.rebase("a", 1, at=NOW, now=NOW),
        "apply": lambda: monitor.apply(
            [lowtide.AccountEvent("a", NOW, available_credit=1)], now=NOW
        ),
        "tick": lambda: monitor.tick(NOW),
        "tick_until": lambda: monitor.tick_until(NOW, end=NOW),
        "deliver": lambda: monitor.deliver(NOW),
        "close": monitor.close,
    }
    busy = 0

    def reenter(usual: Any, *arguments: Any) -> Any:
        nonlocal busy
        for call in calls.values():
            with pytest.raises(lowtide.BusyError):
                call()
            busy += 1
        return usual(*arguments)

    store.instead = dict.fromkeys(METHODS, reenter)
    for method in ("due", "deliver", "commit"):
        run(monitor, method)
    assert set(store.asked) == set(METHODS)
    exercised("calls on a Monitor inside its own host, all busy", busy, "calls", 60)

    def through(usual: Any, names: Any) -> Any:
        monitor.tick(NOW)

    store.instead = {"load": through}
    with pytest.raises(lowtide.BusyError):
        run(monitor, "load")


def test_two_threads_at_once_on_one_monitor_are_busy(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    inside, leave = threading.Event(), threading.Event()

    def waits(usual: Any, names: Any) -> Any:
        inside.set()
        assert leave.wait(60)
        return usual(names)

    store.instead["load"] = waits
    reports: List[lowtide.EventReport] = []
    worker = threading.Thread(
        target=lambda: reports.append(monitor.observe("a", available_credit=1, at=NOW, now=NOW))
    )
    worker.start()
    try:
        assert inside.wait(60)
        with pytest.raises(lowtide.BusyError):
            monitor.tick(NOW)
        with pytest.raises(lowtide.BusyError):
            monitor.close()
    finally:
        leave.set()
        worker.join()
    assert reports[0].stored
    assert monitor.observe("a", available_credit=2, at=NOW, now=NOW).stored


def test_an_interrupt_within_a_method_comes_out_and_leaves_the_monitor_usable(
    monitor: lowtide.Monitor, store: Troubled, exercised: Exercised
) -> None:
    def interrupted(usual: Any, names: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return usual(names)

    store.instead["load"] = interrupted
    before = store.snapshot()
    # A shell that starts this in the background has interrupts ignored.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(100):
            with pytest.raises(KeyboardInterrupt):
                run(monitor, "load")
    finally:
        signal.signal(signal.SIGINT, usual)
    assert store.snapshot() == before
    store.instead.clear()
    run(monitor, "load")
    exercised("interrupts within a store", 100, "interrupts", 100)


def test_no_interrupt_at_any_instant_is_lost_or_leaves_the_monitor_busy(
    monkeypatch: pytest.MonkeyPatch, exercised: Exercised
) -> None:
    """Also between any two steps of the Monitor's own."""
    ignored: List[BaseException] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: ignored.append(told.exc_value))
    chance = random.Random(1)
    struck = interrupted = 0
    store = MemoryStore()
    count = scaled(20000)

    def interrupt(*_: object) -> None:
        nonlocal struck
        struck += 1
        raise KeyboardInterrupt

    usual = signal.signal(signal.SIGALRM, interrupt)
    try:
        with lowtide.Monitor(store) as monitor:
            for place in range(count):
                stored = False
                try:
                    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, 3e-4))
                    try:
                        stored = monitor.observe(
                            "acme", available_credit=place, at=NOW, now=NOW
                        ).stored
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
                assert struck == interrupted
                # What was told to be stored is; what was interrupted is stored whole or not at all.
                credit = store.accounts["acme"].available_credit if store.accounts else None
                assert credit == place or not stored
                assert credit is None or store.accounts["acme"].alerts == ()
            assert monitor.observe("acme", available_credit=-1, at=NOW, now=NOW).stored
    finally:
        signal.signal(signal.SIGALRM, usual)
    assert ignored == []
    exercised("interrupts at any instant", interrupted, "interrupts", count // 100)


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupt_as_a_callback_is_entered_comes_out(
    monitor: lowtide.Monitor, store: Troubled, method: str
) -> None:
    error = KeyboardInterrupt()
    code = getattr(Callbacks, f"_{method}").__code__

    def strike(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code is code:
            sys.setprofile(None)
            raise error

    before = store.snapshot()
    sys.setprofile(strike)
    try:
        with pytest.raises(KeyboardInterrupt) as told:
            run(monitor, method)
    finally:
        sys.setprofile(None)
    assert told.value is error
    assert method == "record_delivery" or store.snapshot() == before
    assert method not in store.asked
    assert method != "commit" or notes(error) == ["lowtide: changes: 3 not known (nobody looked)"]
    run(monitor, method)


def test_what_is_not_of_a_callback_goes_to_the_hook_that_was_there(
    monitor: lowtide.Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    for _ in range(3):
        monitor.tick(NOW)
    hook = sys.unraisablehook
    monitor.tick(NOW)
    assert sys.unraisablehook is hook is not told.append

    class Falling:
        def __del__(self) -> None:
            raise KeyError("fell")

    Falling()
    assert [type(one.exc_value) for one in told] == [KeyError]

    # Python 3.13 and later tell the text of the callback.
    callbacks = Callbacks()
    error = KeyboardInterrupt()
    message = f"Exception ignored on calling ctypes callback function {callbacks._load!r}"
    hook(types.SimpleNamespace(object=None, err_msg=message, exc_value=error))
    assert callbacks.raised is error
    assert callbacks.doubt == ""
    hook(
        types.SimpleNamespace(
            object=None, err_msg=message.replace("_load", "_commit"), exc_value=error
        )
    )
    assert callbacks.doubt == "nobody looked"
    other = types.SimpleNamespace(
        object=None, err_msg="Exception ignored in a thread", exc_value=error
    )
    hook(other)
    assert told[1:] == [other]


def test_an_interrupt_of_the_look_wins_over_what_the_commit_raised(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    first, second = OSError("the connection is gone"), KeyboardInterrupt()

    def interrupted(usual: Any, names: Any) -> Any:
        raise second

    def gives_up(usual: Any, commits: Any) -> Any:
        store.instead["load"] = interrupted
        raise first

    store.instead["commit"] = gives_up
    with pytest.raises(KeyboardInterrupt) as told:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
    assert told.value is second
    assert second.__context__ is first


def test_the_host_sees_the_context_variables_of_the_caller(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    variable: "contextvars.ContextVar[str]" = contextvars.ContextVar("variable")
    variable.set("the caller's")
    seen: List[Tuple[str, int]] = []

    def look(usual: Any, names: Any) -> Any:
        seen.append((variable.get(), getcontext().prec))
        return usual(names)

    store.instead["load"] = look
    with localcontext() as context:
        context.prec = 7
        run(monitor, "load")
    assert seen == [("the caller's", 7)]
    # A RuntimeError of the host's own is no sign that the Monitor is busy.
    store.instead["load"] = lambda usual, names: (_ for _ in ()).throw(RuntimeError("mine"))
    with pytest.raises(RuntimeError, match="mine"):
        run(monitor, "load")


def run_script(script: str) -> "subprocess.CompletedProcess[str]":
    """Runs a script in an interpreter of its own, with the modules of the tests."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.pathsep.join([here, *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120
    )


BEGIN = """
import gc, threading
from datetime import datetime, timezone
import lowtide
from memory_store import MemoryStore

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
"""


def test_an_interpreter_that_ends_while_a_thread_is_within_a_store_does_not_free_its_callbacks() -> (
    None
):
    # The thread leaves the store while the interpreter is at its end, where C goes on with further callbacks.
    told = run_script(
        BEGIN
        + """
import atexit

inside, leave, left = threading.Event(), threading.Event(), threading.Event()

def last():  # runs after what the package does at the end
    leave.set()
    print("left" if left.wait(60) else "stuck", flush=True)

atexit.register(last)

class Waiting(MemoryStore):
    def load(self, names):
        inside.set()
        leave.wait(60)
        return list(super().load(names))

    def commit(self, commits):
        return super().commit(commits)

def work():
    try:
        monitor = lowtide.Monitor(Waiting())
        monitor.enable("a", 1000, at=NOW, now=NOW)
        try:
            monitor.enable("a", 1000, at=NOW, now=NOW)
        except ValueError as error:
            print(error, flush=True)
    finally:
        left.set()

threading.Thread(target=work, daemon=True).start()
inside.wait(60)
"""
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "the Monitor is closed\nleft\n", "")


def test_callbacks_of_a_monitor_that_is_not_freed_are_kept(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    found = monitor._free.peek()
    assert found is not None
    _, _, (_, handle, host), _ = found
    kept: List[int] = []

    def within(usual: Any, names: Any) -> Any:
        before = sys.getrefcount(host)
        _monitor._destroy(handle, host)
        kept.append(sys.getrefcount(host) - before)
        return usual(names)

    store.instead["load"] = within
    assert monitor.observe("a", available_credit=1, at=NOW, now=NOW).stored
    assert kept == [1]


def test_a_monitor_is_not_copied(monitor: lowtide.Monitor) -> None:
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="^a Monitor cannot be copied or pickled"):
            copied(monitor)


def test_a_monitor_whose_last_reference_goes_within_its_store_ends_the_call_first() -> None:
    told = run_script(
        BEGIN
        + """
class Dropping(MemoryStore):
    def load(self, names):
        held.clear()
        gc.collect()
        return super().load(names)

store = Dropping()
first, second = lowtide.Monitor(store), object.__new__(lowtide.Monitor)
second.__dict__.update(first.__dict__)  # what a copy would be
held = [first]
del first
print(second.enable("a", 1000, at=NOW, now=NOW).stored)
"""
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "True\n", "")


def test_a_store_that_refers_to_its_monitor_is_freed() -> None:
    store = MemoryStore()
    gone = weakref.ref(store)
    store.monitor = lowtide.Monitor(store, ListCourier())  # type: ignore[attr-defined]
    store.monitor.enable("a", 1000, at=NOW, now=NOW)  # type: ignore[attr-defined]
    assert gone() is not None
    del store
    gc.collect()
    assert gone() is None


class LyingBytes(bytes):
    def __len__(self) -> int:
        return 130

    def __bytes__(self) -> bytes:
        return self


class LyingText(str):
    def encode(self, *_: Any, **__: Any) -> bytes:
        return LyingBytes(b"x")


class LyingList(List[Any]):
    def __len__(self) -> int:
        return 1


class LyingTuple(Tuple[Any, ...]):
    def __len__(self) -> int:
        return 0


def test_lengths_are_those_of_memory_whatever_a_class_says(
    monitor: lowtide.Monitor, store: Troubled
) -> None:
    state = store.accounts["a"].alerts[0].state
    alert = lowtide.StoredAlert("low_balance", LyingBytes(state))
    name, before = LyingText("a"), store.accounts["a"]
    store.instead["load"] = lambda usual, names: [
        dataclasses.replace(before, name=name, alerts=LyingTuple([alert]))
    ]
    assert (
        monitor.observe("a", available_credit=1, at=NOW, now=NOW).decisions[0].alert
        == "low_balance"
    )
    store.instead.clear()
    # More results than there is room for.
    store.instead["commit"] = lambda usual, commits: LyingList(
        [*usual(commits), *[lowtide.CommitResult.COMMITTED] * 4096]
    )
    with pytest.raises(
        ValueError,
        match=r"^Troubled.commit must return a CommitResult for each of 1 commits, not 4097",
    ):
        monitor.observe("a", available_credit=2, at=NOW, now=NOW)
    assert lowtide.Alert.from_bytes(LyingBytes(state)) == lowtide.Alert.from_bytes(state)


def accounts_and_more(
    store: Troubled, names: Sequence[str], more: Any, closed: List[str]
) -> Iterator[Any]:
    try:
        yield from [store.accounts[name] for name in names]
        yield more
        yield more
    finally:
        closed.append("load")


@pytest.mark.parametrize("more", ["no account", ACCOUNT, lowtide.Account("a", -1)])
def test_a_generator_of_the_hosts_is_closed_before_its_error_comes_out(
    monitor: lowtide.Monitor, store: Troubled, more: Any
) -> None:
    closed: List[str] = []
    store.instead["load"] = lambda usual, names: accounts_and_more(store, names, more, closed)
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
    store.instead["due"] = lambda usual, *_: given
    with pytest.raises(ValueError, match="at most"):
        monitor.tick(NOW)
    assert closed == ["load", "due"]
