# SPDX-License-Identifier: Apache-2.0
"""Monitor.apply: events of any kind for any accounts, in one call."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta, timezone
from typing import Any, Dict, Iterator, List, Sequence

import pytest
from faulty_store import FaultyStore, notes
from memory_store import MemoryStore
from scale import Exercised, scaled

import lowtide

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def monitor(store: MemoryStore) -> Iterator[lowtide.Monitor]:
    with lowtide.Monitor(store) as made:
        yield made


def test_apply_returns_a_report_for_each_event(
    monitor: lowtide.Monitor, store: MemoryStore
) -> None:
    for account in ("b", "a"):
        monitor.enable(account, 1000, at=NOW, now=NOW)
    store.calls.clear()
    events = [
        lowtide.Observe("b", NOW, available_credit=900, sequence=1),
        lowtide.Observe("a", NOW, balance=lowtide.Balance(0, 0, 0, 0, 0), sequence=1),
        lowtide.Observe("b", NOW, available_credit=1100, sequence=2),
    ]
    whys = [
        [decision.why for decision in report.decisions] for report in monitor.apply(events, now=NOW)
    ]
    assert whys == [[lowtide.Why.FELL_BELOW], [lowtide.Why.FELL_BELOW], [lowtide.Why.RECOVERED]]
    assert store.calls == ["load", "commit"]
    assert monitor.apply([], now=NOW) == []

    far = lowtide.Observe("a", NOW + 2 * DAY, available_credit=1, sequence=2)
    with pytest.raises(
        lowtide.IncompleteError,
        match=r"2 of 3 events failed; the first: account 'a': at: ",
    ) as caught:
        monitor.apply(
            [far, lowtide.Observe("a", NOW, available_credit=7, sequence=3), far], now=NOW
        )
    reports = caught.value.report
    assert [type(report.error) for report in reports] == [
        lowtide.RefusedError,
        type(None),
        lowtide.RefusedError,
    ]
    assert [report.stored for report in reports] == [False, True, False]
    assert store.accounts["a"].available_credit == 7


def random_event(chance: random.Random, at: datetime) -> lowtide.AccountEvent:
    account, alert = chance.choice("abcdé"), chance.choice(("low_balance", "x"))
    if_below = chance.choice(list(lowtide.IfBelow))
    threshold = chance.choice((0, 10, 20))
    kinds: List[lowtide.AccountEvent] = [
        lowtide.Enable(account, threshold, at, alert, if_below=if_below),
        lowtide.Enable(account, 10, at, alert, lowtide.Schedule(2, time(9))),
        lowtide.SetThreshold(account, threshold, at, alert, if_below),
        lowtide.Disable(account, at, alert),
        lowtide.Rebase(account, chance.randrange(5), at),
        lowtide.Tick(account, at),
    ]
    if chance.random() < 0.5:
        return chance.choice(kinds)
    credit, sequence = chance.choice((-5, 5, 9, 10, 15, 25)), chance.choice((None, 3, 4, 5, 6))
    if chance.random() < 0.5:
        return lowtide.Observe(account, at, available_credit=credit, sequence=sequence)
    balance = lowtide.Balance(credit, 1, 1, 1, 1)
    return lowtide.Observe(account, at, balance, sequence=sequence)


def single(
    monitor: lowtide.Monitor, event: lowtide.AccountEvent, now: datetime
) -> lowtide.EventReport:
    """The report of a single call for an event. An account has no single call for a tick."""
    calls = {
        lowtide.Observe: monitor.observe,
        lowtide.Enable: monitor.enable,
        lowtide.SetThreshold: monitor.set_threshold,
        lowtide.Disable: monitor.disable,
        lowtide.Rebase: monitor.rebase,
    }
    try:
        if isinstance(event, lowtide.Tick):
            (report,) = monitor.apply([event], now=now)
        else:
            call: Any = calls[type(event)]
            report = call(**vars(event), now=now)
    except lowtide.RefusedError as error:
        return lowtide.EventReport(False, (), error)
    return report


def contents(store: MemoryStore) -> List[object]:
    """What is stored, but for revisions: apply commits an account once for all of its events."""
    accounts = {
        name: (
            account.balance,
            account.available_credit,
            account.sequence,
            account.first_cost_at,
            [(one.name, one.state) for one in account.alerts],
        )
        for name, account in store.accounts.items()
    }
    deliveries = sorted((row.delivery.key, row.delivery.channel) for row in store.deliveries)
    return [accounts, sorted(store.notices), deliveries]


def audit_of(store: MemoryStore, account: str) -> List[lowtide.AuditLine]:
    return [line for name, line in store.audit if name == account]


def test_apply_decides_and_stores_as_single_calls_do(exercised: Exercised) -> None:
    chance, count, refused = random.Random(7), 0, 0
    for _ in range(scaled(200)):
        together, one_by_one = MemoryStore(), MemoryStore()
        at = NOW
        for _ in range(4):
            at += chance.choice((timedelta(0), timedelta(hours=25), 3 * DAY))
            events = [random_event(chance, at) for _ in range(chance.randrange(12))]
            with lowtide.Monitor(one_by_one) as monitor:
                expected = [single(monitor, event, at) for event in events]
            most = chance.choice((1, 2, 256))
            with lowtide.Monitor(together, accounts_per_commit=most) as monitor:
                try:
                    reports = monitor.apply(events, now=at)
                except lowtide.IncompleteError as error:
                    reports = error.report
            assert type(reports) is list
            for report, wanted in zip(reports, expected):
                assert report.decisions == wanted.decisions
                assert str(report.error) == str(wanted.error)
                assert not (report.error and report.stored)
                refused += report.error is not None
            assert len(reports) == len(expected)
            count += len(events)
            assert contents(together) == contents(one_by_one)
            for account in one_by_one.accounts:
                # A single event without effect has no line. Together with others it may have one.
                lines = iter(audit_of(together, account))
                assert all(line in lines for line in audit_of(one_by_one, account))
    exercised(
        "events of every kind, applied together and one by one", count, "events", scaled(4000)
    )
    exercised("of them refused", refused, "events", scaled(200))


def test_apply_commits_at_most_accounts_per_commit(store: MemoryStore) -> None:
    sizes: List[int] = []

    class Counting(MemoryStore):
        def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
            sizes.append(len(commits))
            return super().commit(commits)

    events = [
        event
        for account in "edcba"
        for event in (
            lowtide.Enable(account, 10, NOW),
            lowtide.Observe(account, NOW, available_credit=5),
        )
    ]
    counting = Counting()
    with lowtide.Monitor(counting, accounts_per_commit=2) as monitor:
        reports = monitor.apply(events, now=NOW)
        assert sizes == [2, 2, 1]
        assert counting.calls == ["load", "commit"] * 3
        assert [len(report.decisions[0].outputs) for report in reports] == [0, 1] * 5
        assert {account.revision for account in counting.accounts.values()} == {1}
        monitor.tick(NOW + DAY)
        assert sizes == [2, 2, 1] * 2


@pytest.mark.parametrize(
    ("options", "note", "called"),
    [
        ({}, "1 stored, 2 not stored", ["load", "commit", "load"]),
        ({"attempts": 1}, "2 not stored, 1 not known (not checked)", ["load", "commit"]),
        ({"joined": True}, "2 not stored, 1 not known (not checked)", ["load", "commit"]),
    ],
)
def test_apply_stops_at_an_exception_and_checks_only_the_accounts_of_that_commit(
    options: Dict[str, Any], note: str, called: List[str]
) -> None:
    def fails(real: Any, commits: Any) -> Any:
        real(commits)
        raise OSError("the connection is gone")

    store = FaultyStore()
    store.instead["commit"] = fails
    events = [lowtide.Enable(account, 10, NOW) for account in "abc"]
    monitor = lowtide.Monitor(store, accounts_per_commit=1, **options)
    with monitor, pytest.raises(OSError) as caught:
        monitor.apply(events, now=NOW)
    assert notes(caught.value) == [f"lowtide: events: {note}"]
    assert store.called == called
    assert sorted(store.accounts) == ["a"]


def test_apply_sends_the_reminders_of_one_account(
    monitor: lowtide.Monitor, store: MemoryStore
) -> None:
    for account in ("a", "b"):
        monitor.enable(account, 10, at=NOW, now=NOW)
        monitor.observe(account, available_credit=5, at=NOW, now=NOW)
    (early,) = monitor.apply([lowtide.Tick("a", NOW + DAY - timedelta(seconds=1))], now=NOW + DAY)
    assert (early.stored, early.decisions) == (False, ())
    (due,) = monitor.apply([lowtide.Tick("a", NOW + DAY)], now=NOW + DAY)
    [reminder] = due.decisions[0].outputs
    assert isinstance(reminder, lowtide.Remind) and reminder.at == NOW + DAY
    assert sorted(notice.account for notice in store.notices.values()) == ["a", "a", "b"]
    (unknown,) = monitor.apply([lowtide.Tick("nobody", NOW)], now=NOW)
    assert (unknown.stored, unknown.error) == (False, None)
