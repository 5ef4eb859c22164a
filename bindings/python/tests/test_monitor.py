# SPDX-License-Identifier: Apache-2.0
"""The Monitor over a store in memory: what it passes on, and what it reports."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Iterator, List

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


def test_monitor_loads_decides_commits_and_delivers(
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
    fired = lowtide.Fire(at, at, 1, Decimal("998.5"), Decimal(1000), 0)
    assert report.decisions == (
        lowtide.AlertDecision(
            "low_balance", lowtide.Why.FELL_BELOW, lowtide.Phase.ALERTING, (fired,)
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
    key = fired.key("acme")
    assert store.notices == {
        key: lowtide.Notice(key, "acme", "low_balance", fired, 2, ("email", "internal_message"))
    }
    assert store.audit[-1] == (
        "acme",
        lowtide.AuditLine(
            at, "balance", "low_balance", lowtide.Why.FELL_BELOW, lowtide.Phase.ALERTING
        ),
    )

    assert monitor.deliver(NOW) == lowtide.DeliveryReport(2, 0, 0)
    assert courier.handed == [
        lowtide.Delivery(key, "acme", "low_balance", channel, fired, 2, PROFILE)
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


def test_monitor_stores_and_audits_every_kind_of_event(
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


def test_tick_until_replays_the_past(monitor: lowtide.Monitor, store: MemoryStore) -> None:
    fire(monitor)
    assert monitor.tick_until(NOW + DAY, end=NOW + DAY) == lowtide.TickReport(0, 0)
    assert monitor.tick_until(NOW + 2 * DAY, end=NOW + DAY, inclusive=True) == lowtide.TickReport(
        1, 1
    )
    assert list(store.notices.values())[-1].output.at == NOW + 2 * DAY
    assert monitor.tick_until(NOW, end=NOW) == lowtide.TickReport(0, 0)


def test_store_gets_the_documented_arguments(store: MemoryStore, courier: ListCourier) -> None:
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


def test_walks_go_on_beyond_one_page(
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


def test_options_take_effect(store: MemoryStore, courier: ListCourier) -> None:
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


def test_handover_determines_the_state_of_the_delivery(store: MemoryStore) -> None:
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
        with pytest.raises(lowtide.IncompleteError) as caught:
            monitor.deliver(NOW)
    assert caught.value.report == lowtide.DeliveryReport(
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


def test_damaged_account_is_reported_and_does_not_hold_up_others(
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
    with lowtide.Monitor(other) as again, pytest.raises(lowtide.IncompleteError) as caught:
        again.tick(NOW + DAY)
    assert caught.value.report.accounts == 2
    assert [
        error.startswith("account 'b': alert 'low_balance': ")
        for error in caught.value.report.errors
    ] == [True]
    with pytest.raises(lowtide.CorruptError):
        _ = damaged.alert
