# SPDX-License-Identifier: Apache-2.0
"""What a store or courier returns: every wrong value is an error that names the method."""

from __future__ import annotations

import itertools
from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, Iterator, List, Tuple, Type

import pytest
from faulty_store import NOW, FaultyStore, low_accounts, notes, qualified, run
from memory_store import MemoryStore

import lowtide


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def monitor(store: FaultyStore) -> Iterator[lowtide.Monitor]:
    with low_accounts(store) as made:
        yield made


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
def test_return_value_of_a_wrong_type_is_an_error(
    monitor: lowtide.Monitor, store: FaultyStore, method: str, answer: object, message: str
) -> None:
    store.instead[method] = lambda real, *_: answer
    before = store.snapshot()
    with pytest.raises(TypeError) as caught:
        run(monitor, method)
    assert str(caught.value).startswith(f"{qualified(method)} {message}")
    assert repr(answer[-1] if isinstance(answer, list) else answer)[:40] in str(caught.value)
    assert store.snapshot() == before
    store.instead.clear()
    run(monitor, method)
    assert store.snapshot() != before or method == "load"


def test_results_that_are_valid_count_beside_a_wrong_one(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    store.instead["commit"] = lambda real, commits: [*real(commits[:2]), None]
    with pytest.raises(
        TypeError, match=r"^FaultyStore.commit must return a sequence of CommitResult, not of None"
    ) as caught:
        run(monitor, "commit")
    assert notes(caught.value) == ["lowtide: events: 2 stored, 1 not stored"]
    store.instead["commit"] = lambda real, commits: real(commits[1:])
    with pytest.raises(
        ValueError,
        match=r"^FaultyStore.commit must return a CommitResult for each of 3 commits, not 2",
    ):
        monitor.apply([lowtide.Observe(one, NOW, available_credit=3000) for one in "abc"], now=NOW)


ACCOUNT = lowtide.Account("a", 1)


untyped: Any = lowtide  # hides wrong types from mypy
FIELDS: List[Tuple[str, Any, Type[Exception], str]] = [
    (
        "load",
        untyped.Account("z", 1),
        ValueError,
        "Account.name: was not asked for, or came before: 'z'",
    ),
    ("load", untyped.Account(7, 1), TypeError, "Account.name: must be a str"),
    (
        "load",
        untyped.Account("a", -1),
        lowtide.OutOfRangeError,
        "Account 'a': revision: must be from 0",
    ),
    ("load", untyped.Account("a", 2**63 - 1), lowtide.OutOfRangeError, "Account 'a': revision: "),
    ("load", untyped.Account("a", "1"), TypeError, "Account 'a': revision: "),
    (
        "load",
        untyped.Account("a", 1, balance=5),
        TypeError,
        "Account 'a': balance: must be a lowtide.Balance, not int",
    ),
    (
        "load",
        untyped.Account("a", 1, available_credit=1.5),
        TypeError,
        "Account 'a': available_credit: ",
    ),
    (
        "load",
        untyped.Account("a", 1, available_credit=Decimal("1e21")),
        lowtide.AmountOverflowError,
        "Account 'a': available_credit: ",
    ),
    (
        "load",
        untyped.Account("a", 1, sequence=0),
        lowtide.SequenceRangeError,
        "Account 'a': sequence: ",
    ),
    (
        "load",
        untyped.Account("a", 1, first_cost_at=datetime(2026, 1, 1)),
        lowtide.MalformedError,
        "Account 'a': first_cost_at: ",
    ),
    (
        "load",
        untyped.Account("a", 1, profile=None),
        TypeError,
        "Account 'a': profile: must be a lowtide.AccountProfile, not None",
    ),
    (
        "load",
        untyped.Account("a", 1, profile=untyped.AccountProfile(contact=b"x")),
        TypeError,
        "Account 'a': contact: ",
    ),
    (
        "load",
        untyped.Account("a", 1, profile=untyped.AccountProfile(language="\udc80")),
        lowtide.MalformedError,
        "Account 'a': language: ",
    ),
    (
        "load",
        untyped.Account("a", 1, profile=untyped.AccountProfile(currency=None)),
        TypeError,
        "Account 'a': currency: ",
    ),
    (
        "load",
        untyped.Account("a", 1, profile=untyped.AccountProfile(currency_digits=19)),
        lowtide.OutOfRangeError,
        "Account 'a': currency_d",
    ),
    (
        "load",
        untyped.Account("a", 1, alerts=None),
        TypeError,
        "Account 'a': alerts: must be a tuple, not None",
    ),
    (
        "load",
        untyped.Account("a", 1, alerts=(5,)),
        TypeError,
        "Account 'a': alerts: must be a lowtide.StoredAlert, not int",
    ),
    (
        "load",
        untyped.Account("a", 1, alerts=(untyped.StoredAlert("x", "state"),)),
        TypeError,
        "Account 'a': StoredAlert.state: must be bytes, not str",
    ),
    ("due", untyped.Due(7, untyped.WalkCursor()), TypeError, "Due.account: "),
    (
        "due",
        untyped.Due("a", None),
        TypeError,
        "Due 'a': cursor: must be a lowtide.WalkCursor, not None",
    ),
    (
        "due",
        untyped.Due("a", untyped.WalkCursor(2**63)),
        lowtide.OutOfRangeError,
        "Due 'a': WalkCursor.at: ",
    ),
    ("due", untyped.Due("a", untyped.WalkCursor(0, b"")), TypeError, "Due 'a': WalkCursor.text: "),
    (
        "pending",
        untyped.Pending(None, untyped.WalkCursor()),
        TypeError,
        "delivery: must be a lowtide.Delivery, not None",
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
        "Delivery 'k': output: must be a lowtide.Fire, Remind or Stop, not None",
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
def test_field_that_is_wrong_is_named_with_its_method(
    monitor: lowtide.Monitor,
    store: FaultyStore,
    method: str,
    item: object,
    error: Type[Exception],
    message: str,
) -> None:
    store.instead[method] = lambda real, *_: [item]
    before = store.snapshot()
    with pytest.raises(error) as caught:
        run(monitor, method)
    assert str(caught.value).startswith(f"{qualified(method)}: {message}")
    assert store.snapshot() == before


def test_return_value_of_too_many_items_is_an_error(
    monitor: lowtide.Monitor, store: FaultyStore
) -> None:
    store.instead["load"] = lambda real, names: list(real(names)) * 2
    with pytest.raises(
        ValueError, match=r"^FaultyStore.load: Account.name: was not asked for, or came before: 'a'"
    ):
        run(monitor, "load")
    store.instead["due"] = lambda real, *_: (
        lowtide.Due("a", lowtide.WalkCursor(place)) for place in range(257)
    )
    with pytest.raises(
        ValueError, match=r"^FaultyStore.due must return at most 256 Due, the limit"
    ):
        run(monitor, "due")
    store.instead["pending"] = lambda real, *_: (
        lowtide.Pending(GOOD, lowtide.WalkCursor(place)) for place in itertools.count()
    )
    with pytest.raises(ValueError, match=r"^FaultyStore.pending must return at most 256 Pending"):
        run(monitor, "pending")


def test_cursor_that_repeats_is_reported(monitor: lowtide.Monitor, store: FaultyStore) -> None:
    store.instead["due"] = lambda real, *_: [lowtide.Due("a", lowtide.WalkCursor(5, "x"))]
    with pytest.raises(lowtide.IncompleteError, match="due: the cursor came again"):
        monitor.tick(NOW)
