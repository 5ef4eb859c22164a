# SPDX-License-Identifier: Apache-2.0
"""SqliteStore of examples/python_host: transactions, conflicts, walks, and damaged accounts."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import subprocess
from decimal import Decimal
from typing import Any, Iterator, List, Optional, Sequence

import pytest
from python_host import DAY, NOW, database, dump, low, store

import lowtide


@pytest.fixture
def db(tmp_path: pathlib.Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(database.connect(str(tmp_path / "host.db"))) as made:
        yield made


def test_store_rolls_a_commit_back_after_an_exception(
    db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    class Interrupted(store.SqliteStore):
        def commit_one(self, commit: lowtide.Commit, now: Any) -> lowtide.CommitResult:
            result = super().commit_one(commit, now)
            if commit.after.name == "b":
                raise raised
            return result

    with lowtide.Monitor(store.SqliteStore(db)) as monitor:
        low(monitor, "a")
        low(monitor, "b")
    before = dump(tmp_path / "host.db")
    changes = [lowtide.Observe(name, NOW, available_credit=1, sequence=1) for name in "abc"]
    with lowtide.Monitor(Interrupted(db)) as monitor:
        for raised in (KeyError("b"), KeyboardInterrupt(), sqlite3.OperationalError("disk full")):
            with pytest.raises(type(raised)):
                monitor.apply(changes, now=NOW)
            assert not db.in_transaction
            assert dump(tmp_path / "host.db") == before


def test_two_workers_on_one_file_conflict_and_go_on(
    db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    class Slow(store.SqliteStore):
        """Another worker commits the account between load and commit, three times."""

        conflicts = 0

        def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
            if self.conflicts < 3:
                other.observe(
                    "acme", available_credit=Decimal(800 + self.conflicts), at=NOW, now=NOW
                )
            results = super().commit(commits)
            self.conflicts += results.count(lowtide.CommitResult.CONFLICT)
            return results

    with (
        contextlib.closing(database.connect(str(tmp_path / "host.db"))) as second,
        lowtide.Monitor(store.SqliteStore(second)) as other,
    ):
        slow = Slow(db)
        with lowtide.Monitor(slow) as monitor:
            low(other)
            report = monitor.observe("acme", available_credit=700, at=NOW, now=NOW)
    assert (slow.conflicts, report.stored) == (3, True)
    assert dump(tmp_path / "host.db")["accounts"][0][3] == "700"


def test_store_finds_what_is_due_up_to_the_end_and_after_the_cursor(db: sqlite3.Connection) -> None:
    kept = store.SqliteStore(db)
    with lowtide.Monitor(kept) as monitor:
        for account in ("a", "b", "c"):
            low(monitor, account)

    def found(inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]) -> List[str]:
        return [one.account for one in kept.due(NOW + DAY, inclusive, limit, after)]

    assert found(False, 9, None) == []
    assert found(True, 9, None) == ["a", "b", "c"]
    first, second = kept.due(NOW + DAY, True, 2, None)
    assert found(True, 9, first.cursor) == ["b", "c"]
    assert found(True, 1, second.cursor) == ["c"]


def test_joined_monitor_writes_inside_the_callers_transaction(
    db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    with lowtide.Monitor(store.SqliteStore(db), joined=True) as monitor:
        db.execute("BEGIN IMMEDIATE")
        low(monitor)
        db.execute("ROLLBACK")
        assert dump(tmp_path / "host.db")["accounts"] == []
        with database.transaction(db):
            low(monitor)
        assert len(dump(tmp_path / "host.db")["notices"]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "alert_states = CAST(alert_states || x'00' AS BLOB)",
        "alert_states = CAST(alert_states || alert_states AS BLOB)",
        "alert_states = substr(alert_states, 1, 20)",
        "alert_states = zeroblob(0)",
        "available_credit = 'much'",
        "available_credit = 'NaN'",
        "available_credit = '1e99'",
        "cash_balance = 'x', credit_limit = '', credit_refunds = 0, "
        "unsettled_current_month = 0, unsettled_previous_months = 0",
        "first_cost_at = -1",
        "first_cost_at = 9223372036854775807",
    ],
)
def test_store_returns_damaged_accounts_and_the_others_go_on(
    program: str, damage: str, db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    with lowtide.Monitor(store.SqliteStore(db)) as monitor:
        for account in ("a", "b", "c"):
            low(monitor, account)
        db.execute(f"UPDATE accounts SET {damage} WHERE name = 'a'")
        before = db.execute("SELECT * FROM accounts WHERE name = 'a'").fetchall()
        with pytest.raises(lowtide.IncompleteError, match="account 'a': ") as caught:
            monitor.tick(NOW + DAY)
        assert (
            caught.value.report.accounts,
            caught.value.report.outputs,
            len(caught.value.report.errors),
        ) == (2, 2, 1)
        with pytest.raises(lowtide.HostFailureError, match="account 'a': "):
            monitor.observe("a", available_credit=1, at=NOW, now=NOW)
        assert db.execute("SELECT * FROM accounts WHERE name = 'a'").fetchall() == before
    theirs = subprocess.run(
        [
            program,
            "--db",
            str(tmp_path / "host.db"),
            "ingest",
            "-",
            "--now",
            "2026-03-01T08:00:00Z",
        ],
        input='{"type":"balance","account":"a","at":"2026-03-01T08:00:00Z","available_credit":"1"}',
        capture_output=True,
        text=True,
        check=False,
    )
    assert theirs.returncode == 1
    assert "account 'a': " in theirs.stderr


def test_states_without_an_alert_are_damage(db: sqlite3.Connection) -> None:
    with lowtide.Monitor(store.SqliteStore(db)) as monitor:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
        db.execute("UPDATE accounts SET alert_states = x'0102'")
        with pytest.raises(lowtide.HostFailureError, match="account 'a': "):
            monitor.observe("a", available_credit=1, at=NOW, now=NOW)
