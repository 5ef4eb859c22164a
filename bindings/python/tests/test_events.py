# SPDX-License-Identifier: Apache-2.0
"""Events: the same wrong argument is the same error in every call that takes it.

A call of an Alert, of a Monitor, an event of `Monitor.apply` and an element of a batch raise the
same class of exception with the same message. `apply` and batches put the place of the element
before the field.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple
from zoneinfo import ZoneInfo

import pytest
from memory_store import MemoryStore
from scale import Exercised

import lowtide
from lowtide import Alert, Alerts, Daily, batch

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
BALANCE = lowtide.Balance(1, 2, 3, 4, 5)


class Silent(tzinfo):
    """A zone without an offset."""

    def utcoffset(self, _: Optional[datetime]) -> None:
        return None

    def dst(self, _: Optional[datetime]) -> None:
        return None

    def tzname(self, _: Optional[datetime]) -> None:
        return None

    def __repr__(self) -> str:
        return "Silent()"


Arguments = Dict[str, Any]

# For each kind of event its arguments, all of them valid.
VALID: Dict[str, Arguments] = {
    "observe": {"balance": None, "available_credit": 900, "at": NOW, "sequence": 7},
    "enable": {
        "threshold": 1000,
        "at": NOW,
        "schedule": Daily(time(9), ZoneInfo("Europe/Paris")),
        "if_below": lowtide.IfBelow.NEXT_CHANGE,
    },
    "set_threshold": {"threshold": 7, "at": NOW, "if_below": lowtide.IfBelow.NEXT_CHANGE},
    "disable": {"at": NOW},
    "rebase": {"sequence": 0},
    "tick": {"at": NOW},
}
AMOUNTS = [
    1.5,
    True,
    "1",
    b"1",
    Decimal("NaN"),
    Decimal("-Infinity"),
    Decimal("1e-19"),
    Decimal("1e21"),
    2**200,
]
INSTANTS = [
    5,
    None,
    "2026-03-01T08:00:00Z",
    date(2026, 3, 1),
    datetime(2026, 3, 1),
    NOW.replace(microsecond=1),
    datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-1))),
    datetime(2026, 3, 1, tzinfo=Silent()),
]
SEQUENCES = [-1, 2**63, 2**64 + 7, 1.0, True, "7"]
IF_BELOW = [0, 1, None, "next_change", lowtide.Phase.OFF]
WRONG: Dict[str, Dict[str, List[Any]]] = {
    "observe": {
        "balance": [5, 0, "balance", BALANCE],  # the last is given beside available_credit
        "available_credit": [*AMOUNTS, None],
        "at": INSTANTS,
        "sequence": [*SEQUENCES, 0],
    },
    "enable": {
        "threshold": [*AMOUNTS, None, -1, Decimal("-1e-18")],
        "at": INSTANTS,
        "schedule": [
            5,
            "daily",
            time(9),
            Daily(time(9), Silent()),
            Daily(time(9), timezone(timedelta(seconds=30))),
        ],
        "if_below": IF_BELOW,
    },
    "set_threshold": {
        "threshold": [*AMOUNTS, None, -1, Decimal("-1e-18")],
        "at": INSTANTS,
        "if_below": IF_BELOW,
    },
    "disable": {"at": INSTANTS},
    "rebase": {"sequence": [*SEQUENCES, None]},
    "tick": {"at": INSTANTS},
}


class Raised(NamedTuple):
    kind: type
    message: str
    field: str
    value: object


EVENTS: Dict[str, Callable[..., lowtide.AccountEvent]] = {
    "observe": lowtide.Observe,
    "enable": lowtide.Enable,
    "set_threshold": lowtide.SetThreshold,
    "disable": lowtide.Disable,
    "rebase": lowtide.Rebase,
    "tick": lowtide.Tick,
}


class Calls:
    """The calls that take an event of some kind, each with what it puts before a field."""

    def __init__(self, monitor: lowtide.Monitor) -> None:
        self.monitor = monitor

    def of(self, kind: str, given: Arguments) -> Iterator[Tuple[str, Callable[[], Any]]]:
        yield "", lambda: getattr(Alert().enable(1, at=NOW).alert, kind)(**given)
        named = {"account": "acme", **given}
        if kind == "rebase":
            named["at"] = NOW
        if kind != "tick":  # a Monitor's tick is for all accounts
            yield "", lambda: getattr(self.monitor, kind)(**named, now=NOW)
        yield "events[1].", lambda: self.apply(EVENTS[kind](**named))
        if kind == "observe":
            event = batch.Observation(**given)
            yield "observations[0].", lambda: Alerts(1).observe([event])
            if given["balance"] is None and self.are_single_values(given):
                columns = {name: given[name] for name in ("available_credit", "at", "sequence")}
                yield "", lambda: Alerts(1).observe_columns(**columns)
        if kind == "tick" and isinstance(given["at"], datetime):
            yield "", lambda: Alerts(1).tick(given["at"])

    def apply(self, event: lowtide.AccountEvent) -> Any:
        good = lowtide.Tick("zenith", NOW)
        return self.monitor.apply([good, event, good], now=NOW)

    @staticmethod
    def are_single_values(given: Arguments) -> bool:
        """Whether observe_columns takes all of them as single values, not as columns."""
        kinds = {"available_credit": (Decimal, int), "at": (datetime,), "sequence": (int,)}
        return all(isinstance(given[name], kind) for name, kind in kinds.items())


def error_of(call: Callable[[], Any], where: str) -> Raised:
    """The error of a call, without the place that it puts before the field."""
    with pytest.raises((TypeError, lowtide.DataError)) as caught:
        call()
    error, message = caught.value, str(caught.value)
    assert message.startswith(where), message
    field, value = getattr(error, "field", ""), getattr(error, "value", None)
    if isinstance(error, lowtide.DataError):
        assert field and message.startswith(f"{field}: ")
    return Raised(type(error), message[len(where) :], field[len(where) :], value)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def calls(store: MemoryStore) -> Iterator[Calls]:
    with lowtide.Monitor(store) as monitor:
        yield Calls(monitor)


CASES = [
    (kind, name, value)
    for kind, names in WRONG.items()
    for name, values in names.items()
    for value in values
]


@pytest.mark.parametrize(("kind", "name", "value"), CASES, ids=lambda value: ascii(value)[:30])
def test_events_have_the_same_error_in_every_call(
    calls: Calls, store: MemoryStore, kind: str, name: str, value: object
) -> None:
    given = {**VALID[kind], name: value}
    raised = [error_of(call, where) for where, call in calls.of(kind, given)]
    assert len(raised) >= 2 and len(set(raised)) == 1, raised
    other = {"balance": "available_credit", "available_credit": "balance"}.get(name, name)
    assert raised[0].message.split(":")[0] in (name, other, "zone")
    assert store.calls == []


def test_events_report_the_same_of_two_errors_in_every_call(
    calls: Calls, exercised: Exercised
) -> None:
    count = 0
    for kind, names in WRONG.items():
        for (one, ones), (other, others) in itertools.combinations(names.items(), 2):
            for first, second in itertools.product(ones, others):
                given = {**VALID[kind], one: first, other: second}
                if kind == "observe" and {one, other} == {"balance", "available_credit"}:
                    continue  # together they may be valid
                raised = [
                    error_of(call, where)
                    for where, call in calls.of(kind, given)
                    if where or "Alerts" not in call.__code__.co_names
                ]
                assert len(raised) >= 2 and len(set(raised)) == 1, (given, raised)
                count += 1
    exercised("events with two wrong arguments", count, "events", 600)


@pytest.mark.parametrize("kind", ["observe", "enable", "set_threshold", "disable", "rebase"])
@pytest.mark.parametrize("name", ["account", "alert"])
@pytest.mark.parametrize("value", [7, None, b"acme", "\ud800"])
def test_events_have_the_same_error_for_a_name(
    calls: Calls, store: MemoryStore, kind: str, name: str, value: object
) -> None:
    if name == "alert" and kind in ("observe", "rebase"):
        name = "account"
    given = {"account": "acme", "at": NOW, **VALID[kind], name: value}
    raised = [
        error_of(lambda: getattr(calls.monitor, kind)(**given, now=NOW), ""),
        error_of(lambda: calls.apply(EVENTS[kind](**given)), "events[1]."),
    ]
    assert raised[0] == raised[1] and raised[0].message.startswith(f"{name}: ")
    assert store.calls == []


@pytest.mark.parametrize(
    "event",
    [
        lowtide.Observe("ac\nme", NOW, available_credit=1),
        lowtide.Observe("acme", NOW, lowtide.Balance(2**67, 2**67, 0, 0, 0)),
        lowtide.Observe("acme", NOW + timedelta(days=2), available_credit=1),
        lowtide.Enable("acme", 1, NOW, alert=""),
        lowtide.SetThreshold("acme", 1, NOW),
        lowtide.Disable("acme", NOW, alert="other"),
        lowtide.Rebase("", 1, NOW),
    ],
    ids=lambda event: type(event).__name__,
)
def test_events_that_the_monitor_refuses_have_the_same_error_in_apply(
    calls: Calls, store: MemoryStore, event: lowtide.AccountEvent
) -> None:
    (kind,) = [kind for kind, made in EVENTS.items() if made is type(event)]
    with pytest.raises(lowtide.RefusedError) as refused:
        getattr(calls.monitor, kind)(**vars(event), now=NOW)
    with pytest.raises(lowtide.IncompleteError) as incomplete:
        calls.apply(event)
    reports = incomplete.value.report
    assert [report.error is None for report in reports] == [True, False, True]
    assert type(reports[1].error) is lowtide.RefusedError
    assert str(reports[1].error) == str(refused.value)
    assert str(incomplete.value) == f"1 of 3 events failed; the first: {refused.value}"
    assert store.accounts == {}


def test_apply_takes_events_only(calls: Calls, store: MemoryStore) -> None:
    wanted = "a lowtide event (Observe, Enable, SetThreshold, Disable, Rebase, Tick)"
    for wrong in (None, 5, "acme", batch.Observation(NOW, available_credit=1), lowtide.Tick):
        with pytest.raises(TypeError) as caught:
            calls.apply(wrong)  # type: ignore[arg-type]
        name = "None" if wrong is None else type(wrong).__name__
        assert str(caught.value) == f"events[1]: must be {wanted}, not {name}"
    with pytest.raises(TypeError):
        calls.monitor.apply(5, now=NOW)  # type: ignore[arg-type]
    assert store.calls == []
