# SPDX-License-Identifier: Apache-2.0
"""The Monitor over a store in memory: what it hands out, what it tells, and what it refuses."""

from __future__ import annotations

import gc
import weakref
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List

import pytest
from memory_store import ListCourier, MemoryStore
from scale import Exercised

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)
PROFILE = lowtide.AccountProfile("ops@acme.example", "en", "USD", 3)


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


def test_a_change_is_loaded_decided_committed_and_delivered(
    monitor: lowtide.Monitor, store: MemoryStore, courier: ListCourier
) -> None:
    report = monitor.enable("acme", 1000, at=NOW, now=NOW)
    assert report == lowtide.EventReport(
        True, (lowtide.AlertDecision("low_balance", lowtide.Why.ENABLED, lowtide.Phase.ARMED, ()),)
    )
    store.accounts["acme"] = lowtide.Account(
        "acme", 1, profile=PROFILE, alerts=store.accounts["acme"].alerts
    )

    balance = lowtide.Balance(Decimal("999.5"), 0, 0, 1, 0)
    at = NOW + timedelta(hours=1)
    report = monitor.observe("acme", balance, at=at, sequence=7, now=NOW)
    told = lowtide.Fire(at, at, 1, Decimal("998.5"), Decimal(1000), 0)
    assert report.decisions == (
        lowtide.AlertDecision(
            "low_balance", lowtide.Why.FELL_BELOW, lowtide.Phase.ALERTING, (told,)
        ),
    )
    account = store.accounts["acme"]
    assert (account.revision, account.balance, account.available_credit, account.sequence) == (
        2,
        balance,
        Decimal("998.5"),
        7,
    )
    assert (account.first_cost_at, account.profile) == (at, PROFILE)
    key = told.key("acme")
    assert store.notices == {
        key: lowtide.Notice(key, "acme", "low_balance", told, 2, ("email", "internal_message"))
    }
    assert store.audit[-1] == (
        "acme",
        lowtide.AuditLine(
            at, "balance", "low_balance", lowtide.Why.FELL_BELOW, lowtide.Phase.ALERTING
        ),
    )

    assert monitor.deliver(NOW) == lowtide.DeliveryReport(2, 0, 0)
    assert courier.handed == [
        lowtide.Delivery(key, "acme", "low_balance", channel, told, 2, PROFILE)
        for channel in ("email", "internal_message")
    ]
    assert [row.state for row in store.deliveries] == [lowtide.DeliveryState.SENT] * 2
    assert monitor.tick(at + DAY) == lowtide.TickReport(1, 1)
    [remind] = list(store.notices.values())[1:]
    assert remind.output == lowtide.Remind(
        at + DAY, at, 1, Decimal("998.5"), Decimal(1000), 1, 1, 0
    )

    report = monitor.observe("acme", available_credit=2000, at=at + DAY, sequence=8, now=at + DAY)
    assert report.decisions[0].outputs == (
        lowtide.Stop(
            at + DAY, at, 1, Decimal(2000), Decimal(1000), 1, lowtide.StopReason.RECOVERED
        ),
    )
    assert store.accounts["acme"].balance is None
    stop = list(store.notices.values())[-1]
    assert stop.channels == ()
    assert len(store.deliveries) == 4


def test_every_kind_of_change_is_stored_and_audited(
    monitor: lowtide.Monitor, store: MemoryStore
) -> None:
    daily = lowtide.Schedule(3, time(9, 30), timedelta(hours=8))
    monitor.enable(
        "acme",
        Decimal("10.5"),
        alert="b",
        at=NOW,
        schedule=daily,
        if_below=lowtide.IfBelow.RECOVERY_FIRST,
        now=NOW,
    )
    monitor.enable(
        "acme",
        5,
        alert="a",
        at=NOW,
        schedule=lowtide.Daily(time(9), timezone(timedelta(hours=1))),
        now=NOW,
    )
    monitor.set_threshold(
        "acme", 6, alert="b", at=NOW, if_below=lowtide.IfBelow.RECOVERY_FIRST, now=NOW
    )
    monitor.rebase("acme", 9, at=NOW, now=NOW)
    sequences = [store.accounts["acme"].sequence]
    stale = monitor.observe("acme", available_credit=1, at=NOW, sequence=9, now=NOW)
    assert (stale.stored, {one.why for one in stale.decisions}) == (False, {lowtide.Why.STALE})
    monitor.rebase("acme", 0, at=NOW, now=NOW)
    assert [*sequences, store.accounts["acme"].sequence] == [9, None]
    monitor.disable("acme", alert="a", at=NOW, now=NOW)
    a, b = store.accounts["acme"].alerts
    assert (a.name, a.phase, a.alert.fields.schedule) == (
        "a",
        lowtide.Phase.OFF,
        lowtide.Schedule(5, time(9), timedelta(hours=1)),
    )
    assert (b.name, b.phase, b.threshold, b.alert.fields.schedule) == (
        "b",
        lowtide.Phase.QUIET,
        Decimal(6),
        daily,
    )
    assert [
        (line.event, line.alert, str(line.why), str(line.phase)) for _, line in store.audit
    ] == [
        ("enable", "b", "enabled_waiting", "quiet"),
        ("enable", "a", "enabled", "armed"),
        ("set_threshold", "b", "waiting_for_recovery", "quiet"),
        ("rebase", None, "None", "None"),
        ("rebase", None, "None", "None"),
        ("disable", "a", "disabled", "off"),
    ]
    assert store.accounts["acme"].revision == 6


def test_many_changes_each_have_their_report(monitor: lowtide.Monitor, store: MemoryStore) -> None:
    for account in ("b", "a"):
        monitor.enable(account, 1000, at=NOW, now=NOW)
    store.calls.clear()
    changes = [
        lowtide.AccountEvent("b", NOW, available_credit=900, sequence=1),
        lowtide.AccountEvent("a", NOW, balance=lowtide.Balance(0, 0, 0, 0, 0), sequence=1),
        lowtide.AccountEvent("b", NOW, available_credit=1100, sequence=2),
    ]
    whys = [
        [decision.why for decision in report.decisions]
        for report in monitor.apply(changes, now=NOW)
    ]
    assert whys == [[lowtide.Why.FELL_BELOW], [lowtide.Why.FELL_BELOW], [lowtide.Why.RECOVERED]]
    assert store.calls == ["load", "commit"]
    assert monitor.apply([], now=NOW) == ()

    far = lowtide.AccountEvent("a", NOW + 2 * DAY, available_credit=1, sequence=2)
    with pytest.raises(
        lowtide.IncompleteError,
        match=r"2 of 3|2 changes did not come to their end; the first: account 'a': at: ",
    ) as told:
        monitor.apply(
            [far, lowtide.AccountEvent("a", NOW, available_credit=7, sequence=3), far], now=NOW
        )
    reports = told.value.report
    assert [type(report.error) for report in reports] == [
        lowtide.RefusedError,
        type(None),
        lowtide.RefusedError,
    ]
    assert [report.stored for report in reports] == [False, True, False]
    assert store.accounts["a"].available_credit == 7


def test_tick_until_decides_past_time(monitor: lowtide.Monitor, store: MemoryStore) -> None:
    fire(monitor)
    assert monitor.tick_until(NOW + DAY, end=NOW + DAY) == lowtide.TickReport(0, 0)
    assert monitor.tick_until(NOW + 2 * DAY, end=NOW + DAY, inclusive=True) == lowtide.TickReport(
        1, 1
    )
    assert list(store.notices.values())[-1].output.at == NOW + 2 * DAY
    assert monitor.tick_until(NOW, end=NOW) == lowtide.TickReport(0, 0)


def test_a_store_is_asked_for_what_it_is_to_answer(
    store: MemoryStore, courier: ListCourier
) -> None:
    asked: List[Any] = []

    class Asked(MemoryStore):
        def due(self, *arguments: Any) -> List[lowtide.Due]:
            asked.append(arguments)
            return super().due(*arguments)

        def pending(self, *arguments: Any) -> Iterator[lowtide.Pending]:
            asked.append(arguments)
            return super().pending(*arguments)

        def record_delivery(self, *arguments: Any) -> bool:
            asked.append(arguments)
            return super().record_delivery(*arguments)

    with lowtide.Monitor(Asked(), courier, channels=["email"]) as monitor:
        fire(monitor)
        monitor.tick_until(NOW, end=NOW + DAY)
        monitor.tick_until(NOW, end=NOW + DAY, inclusive=True)
        monitor.deliver(NOW + DAY)
    at = lowtide.WalkCursor(int((NOW + DAY).timestamp()), "acme")
    assert asked[:3] == [
        (NOW + DAY, False, 256, None),
        (NOW + DAY, True, 256, None),
        (NOW + DAY, True, 256, at),
    ]
    [delivery] = courier.handed
    assert asked[3:] == [
        (256, None),
        (delivery, lowtide.DeliveryState.SENT, "", NOW + DAY),
        (256, lowtide.WalkCursor(0)),
    ]


def test_more_is_walked_than_one_step_of_the_walk(
    monitor: lowtide.Monitor, store: MemoryStore, courier: ListCourier, exercised: Exercised
) -> None:
    count = 600
    for place in range(count):
        fire(monitor, f"account {place:04}")
    assert monitor.tick(NOW + DAY) == lowtide.TickReport(count, count)
    assert monitor.deliver(NOW) == lowtide.DeliveryReport(4 * count, 0, 0)
    assert len({(one.key, one.channel) for one in courier.handed}) == 4 * count
    exercised(
        "walks over more than a step",
        store.calls.count("due") + store.calls.count("pending"),
        "steps",
        10,
    )


def test_options_are_heeded(store: MemoryStore, courier: ListCourier) -> None:
    with lowtide.Monitor(
        store, courier, deliver_stops=True, channels=["pager"], skew=timedelta(0)
    ) as monitor:
        fire(monitor)
        with pytest.raises(lowtide.RefusedError, match="skew of 0 s"):
            monitor.observe("acme", available_credit=1, at=NOW + timedelta(seconds=1), now=NOW)
        monitor.disable("acme", at=NOW, now=NOW)
    assert [row.delivery.channel for row in store.deliveries] == ["pager", "pager"]
    assert [type(row.delivery.output) for row in store.deliveries] == [lowtide.Fire, lowtide.Stop]
    with lowtide.Monitor(store, courier, channels=()) as monitor:
        monitor.enable("acme", 2000, at=NOW, now=NOW)
        monitor.observe("acme", available_credit=1, at=NOW, now=NOW)
    assert len(store.deliveries) == 2


class Contested(MemoryStore):
    """Answers the first commits as it is told, without storing anything."""

    def __init__(self, *answers: lowtide.CommitResult) -> None:
        super().__init__()
        self.answers = list(answers)

    def commit_one(self, commit: lowtide.Commit) -> lowtide.CommitResult:
        return self.answers.pop(0) if self.answers else super().commit_one(commit)


CONFLICT, UNKNOWN, NOT_STORED = (
    lowtide.CommitResult.CONFLICT,
    lowtide.CommitResult.UNKNOWN,
    lowtide.CommitResult.NOT_STORED,
)


@pytest.mark.parametrize(
    ("answers", "options", "error", "commits"),
    [
        ([CONFLICT] * 15, {}, None, 16),
        ([CONFLICT] * 16, {}, lowtide.ConflictError, 16),
        ([CONFLICT] * 3, {"attempts": 3}, lowtide.ConflictError, 3),
        ([CONFLICT], {"joined": True}, lowtide.ConflictError, 1),
        ([UNKNOWN] * 15, {}, None, 16),
        ([UNKNOWN] * 16, {}, lowtide.UnknownResultError, 16),
        ([UNKNOWN], {"joined": True}, lowtide.UnknownResultError, 1),
        ([NOT_STORED], {}, lowtide.HostFailureError, 1),
    ],
)
def test_conflicts_and_unknown_results_are_tried_again(
    answers: List[lowtide.CommitResult], options: Dict[str, Any], error: Any, commits: int
) -> None:
    store = Contested(*answers)
    with lowtide.Monitor(store, **options) as monitor:
        if error is None:
            assert monitor.observe("acme", available_credit=1, at=NOW, now=NOW).stored
        else:
            with pytest.raises(error, match="account 'acme': "):
                monitor.observe("acme", available_credit=1, at=NOW, now=NOW)
            assert store.accounts == {}
    assert store.calls.count("commit") == commits


def test_an_unknown_result_that_was_stored_is_found_and_not_decided_again() -> None:
    class Lost(MemoryStore):
        def commit_one(self, commit: lowtide.Commit) -> lowtide.CommitResult:
            super().commit_one(commit)
            return UNKNOWN

    store = Lost()
    with lowtide.Monitor(store) as monitor:
        assert fire(monitor).decisions[0].why is lowtide.Why.FELL_BELOW
    assert (len(store.notices), store.accounts["acme"].revision) == (1, 2)


def test_what_a_courier_answers_settles_the_delivery(store: MemoryStore) -> None:
    class Moody(lowtide.Courier):
        def deliver(self, delivery: lowtide.Delivery) -> Any:
            return answers[delivery.account]

    answers = {
        "a": lowtide.Handover.SENT,
        "b": (lowtide.Handover.REJECTED, "no such address"),
        "c": (lowtide.Handover.TRY_AGAIN, "the server is away"),
        "d": lowtide.Handover.REJECTED,
        "e": (lowtide.Handover.SENT, "queued as 7"),
    }
    with lowtide.Monitor(store, Moody(), channels=["email"]) as monitor:
        for account in answers:
            fire(monitor, account)
        with pytest.raises(lowtide.IncompleteError) as told:
            monitor.deliver(NOW)
    assert told.value.report == lowtide.DeliveryReport(
        2,
        2,
        1,
        (
            "account 'b': email: no such address",
            "account 'c': email: the server is away",
            "account 'd': email: deliver rejected it",
        ),
    )
    sent, failed = lowtide.DeliveryState.SENT, lowtide.DeliveryState.FAILED
    assert [(row.state, row.error) for row in store.deliveries] == [
        (sent, ""),
        (failed, "no such address"),
        (None, ""),
        (failed, "deliver rejected it"),
        (sent, ""),
    ]


def test_a_damaged_account_is_told_and_keeps_no_other_waiting(
    monitor: lowtide.Monitor, store: MemoryStore
) -> None:
    for account in ("a", "b", "c"):
        fire(monitor, account)
    [alert] = store.accounts["b"].alerts
    damaged = lowtide.StoredAlert(
        alert.name, alert.state[:-1] + b"x", next_reminder_at=alert.next_reminder_at
    )

    class Damaged(MemoryStore):
        def load(self, names: Any) -> Iterator[lowtide.Account]:
            for account in super().load(names):
                yield lowtide.Account("b", 2, alerts=(damaged,)) if account.name == "b" else account

    other = Damaged()
    other.accounts = store.accounts
    with lowtide.Monitor(other) as again, pytest.raises(lowtide.IncompleteError) as told:
        again.tick(NOW + DAY)
    assert told.value.report.accounts == 2
    assert [
        error.startswith("account 'b': alert 'low_balance': ") for error in told.value.report.errors
    ] == [True]
    with pytest.raises(lowtide.CorruptError):
        _ = damaged.alert


def test_refusals_name_the_account_and_store_nothing(
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
    exercised("changes that the Monitor refuses", len(calls), "changes", 7)


def test_wrong_arguments_never_reach_the_store(
    monitor: lowtide.Monitor, store: MemoryStore, exercised: Exercised
) -> None:
    naive = datetime(2026, 3, 1)
    late = datetime(1969, 12, 31, tzinfo=timezone.utc)
    one: Dict[str, Any] = {"at": NOW, "now": NOW}
    calls: List[Any] = [
        (
            TypeError,
            "account: must be a str",
            lambda: monitor.observe(7, available_credit=1, **one),  # type: ignore[arg-type]
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
            "balance: must be of type Balance, not 5",
            lambda: monitor.observe("acme", 5, **one),  # type: ignore[arg-type]
        ),
        (
            TypeError,
            "available_credit: ",
            lambda: monitor.observe("acme", available_credit=1.5, **one),  # type: ignore[arg-type]
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
        (TypeError, "schedule: ", lambda: monitor.enable("acme", 1, schedule=5, **one)),  # type: ignore[arg-type]
        (TypeError, "if_below: ", lambda: monitor.enable("acme", 1, if_below=0, **one)),  # type: ignore[arg-type]
        (TypeError, "alert: ", lambda: monitor.enable("acme", 1, alert=None, **one)),  # type: ignore[arg-type]
        (
            lowtide.OutOfRangeError,
            "threshold: ",
            lambda: monitor.set_threshold("acme", Decimal("-1e-18"), **one),
        ),
        (TypeError, "if_below: ", lambda: monitor.set_threshold("acme", 1, if_below=0, **one)),  # type: ignore[arg-type]
        (TypeError, "at: ", lambda: monitor.disable("acme", at=5, now=NOW)),  # type: ignore[arg-type]
        (lowtide.SequenceRangeError, "sequence: ", lambda: monitor.rebase("acme", -1, **one)),
        (TypeError, "now: ", lambda: monitor.tick(5)),  # type: ignore[arg-type]
        (TypeError, "inclusive: ", lambda: monitor.tick_until(NOW, end=NOW, inclusive=1)),  # type: ignore[arg-type]
        (lowtide.TimeRangeError, "now: ", lambda: monitor.deliver(late)),
        (
            TypeError,
            r"changes\[0\]: must be of type AccountEvent, not 'a'",
            lambda: monitor.apply("a", now=NOW),  # type: ignore[arg-type]
        ),
        (
            TypeError,
            r"changes\[0\].balance: ",
            lambda: monitor.apply([lowtide.AccountEvent("a", NOW)], now=NOW),
        ),
        (
            lowtide.SequenceRangeError,
            r"changes\[0\].sequence: ",
            lambda: monitor.apply(
                [lowtide.AccountEvent("a", NOW, available_credit=1, sequence=-1)], now=NOW
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
        ({"store": object()}, TypeError, "store: must be of type Store, not <object"),
        ({"courier": object()}, TypeError, "courier: must be of type Courier"),
        ({"joined": 1}, TypeError, "joined: must be of type bool, not 1"),
        ({"deliver_stops": None}, TypeError, "deliver_stops: must be of type bool, not None"),
        ({"skew": 5}, TypeError, "skew: must be of type timedelta, not 5"),
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
        ({"channels": "email"}, TypeError, "channels: must be an iterable of str, not 'email'"),
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
def test_wrong_options_make_no_monitor(options: Dict[str, Any], error: Any, message: str) -> None:
    given: Dict[str, Any] = {"store": MemoryStore(), **options}
    with pytest.raises(error, match="^" + message):
        lowtide.Monitor(**given)


def test_a_store_or_courier_that_lacks_a_method_cannot_be_made() -> None:
    class Half(lowtide.Store):
        def load(self, names: Any) -> Any:
            return []

    class Mute(lowtide.Courier):
        pass

    for kind in (Half, Mute):
        with pytest.raises(TypeError, match="abstract"):
            kind()  # type: ignore[abstract]


def test_a_closed_monitor_says_so(store: MemoryStore, courier: ListCourier) -> None:
    monitor = lowtide.Monitor(store, courier)
    monitor.close()
    monitor.close()
    calls: List[Callable[[], Any]] = [
        lambda: fire(monitor),
        lambda: monitor.observe("acme", available_credit=1, at=NOW, now=NOW),
        lambda: monitor.set_threshold("acme", 1, at=NOW, now=NOW),
        lambda: monitor.disable("acme", at=NOW, now=NOW),
        lambda: monitor.rebase("acme", 1, at=NOW, now=NOW),
        lambda: monitor.apply([lowtide.AccountEvent("a", NOW, available_credit=1)], now=NOW),
        lambda: monitor.apply([], now=NOW),
        lambda: monitor.tick(NOW),
        lambda: monitor.deliver(NOW),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="the Monitor is closed"):
            call()
    assert store.calls == []


def test_without_a_courier_nothing_is_delivered(store: MemoryStore) -> None:
    with lowtide.Monitor(store) as monitor:
        fire(monitor)
        with pytest.raises(ValueError, match="courier: this Monitor has none"):
            monitor.deliver(NOW)
    assert "pending" not in store.calls


def test_a_monitor_keeps_its_host_alive_and_no_cycle_keeps_the_monitor() -> None:
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
