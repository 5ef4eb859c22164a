# SPDX-License-Identifier: Apache-2.0
"""SqliteStore: a lowtide.Store over the tables of examples/sqlite_host, for a Monitor of either mode.

Amounts are text, instants are seconds since 1970-01-01T00:00:00Z. All statements are searches by a key or an index.
"""
from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple, Union

import lowtide

APPLICATION_ID, SCHEMA_VERSION = 0x6C6F7774, 1
COMPONENTS = ("cash_balance", "credit_limit", "credit_refunds", "unsettled_current_month", "unsettled_previous_months")
OBSERVED = ("revision", "available_credit", "sequence", *COMPONENTS, "first_cost_at", "alert_states")
PROFILE = ("contact", "language", "currency", "currency_digits")
OUTPUT = ("kind", "episode", "fired_at", "at", "reminder", "skipped", "reason", "reminders_sent", "available_credit", "threshold")

LOAD = f"""SELECT {', '.join('accounts.' + column for column in (*OBSERVED, *PROFILE))}, alerts.name
  FROM accounts LEFT JOIN alerts ON alerts.account_id = accounts.id WHERE accounts.name = ? ORDER BY alerts.name"""
INSERT = f"""INSERT INTO accounts ({', '.join((*OBSERVED, *PROFILE))}, name) VALUES ({', '.join('?' * 15)}) ON CONFLICT (name) DO NOTHING"""
UPDATE = f"UPDATE accounts SET {', '.join(column + ' = ?' for column in (*OBSERVED, *PROFILE))} WHERE name = ? AND revision = ?"
WRITE_ALERT = """INSERT INTO alerts (account_id, name, phase, threshold, next_reminder_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (account_id, name) DO UPDATE SET phase = excluded.phase, threshold = excluded.threshold,
  next_reminder_at = excluded.next_reminder_at"""
INSERT_NOTICE = f"""INSERT INTO notices (key, account_id, alert, {', '.join(OUTPUT)}, cause, recorded_at)
  VALUES ({', '.join('?' * 15)}) ON CONFLICT (key) DO NOTHING"""
INSERT_DELIVERY = "INSERT INTO deliveries (notice_id, channel, state, attempts, updated_at) VALUES (?, ?, 'pending', 0, ?)"
INSERT_AUDIT = """INSERT INTO audit (account_id, at, event, alert, why, phase, revision, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
DUE = """SELECT alerts.next_reminder_at, alerts.account_id, accounts.name FROM alerts INDEXED BY alerts_due
  JOIN accounts ON accounts.id = alerts.account_id WHERE (alerts.next_reminder_at, alerts.account_id) > (?, ?)
  AND alerts.next_reminder_at <= ? ORDER BY alerts.next_reminder_at, alerts.account_id LIMIT ?"""
PENDING = f"""SELECT deliveries.notice_id, deliveries.channel, notices.key, accounts.name, notices.alert, notices.cause,
  {', '.join('notices.' + column for column in OUTPUT)}, {', '.join('accounts.' + column for column in PROFILE)}
  FROM deliveries INDEXED BY deliveries_pending JOIN notices ON notices.id = deliveries.notice_id
  JOIN accounts ON accounts.id = notices.account_id
  WHERE deliveries.state = 'pending' AND (deliveries.notice_id, deliveries.channel) > (?, ?)
  ORDER BY deliveries.notice_id, deliveries.channel LIMIT ?"""
SETTLE = """UPDATE deliveries SET state = ?, attempts = attempts + 1, error = ?, updated_at = ?
  WHERE notice_id = (SELECT id FROM notices WHERE key = ?) AND channel = ? AND state = 'pending'"""

Column = Union[None, int, str, bytes]


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def connect(path: str) -> sqlite3.Connection:
    """Opens the database, and makes its tables if it is empty."""
    db = sqlite3.connect(path, timeout=10, isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
    with transaction(db):
        if db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
            for statement in split((Path(__file__).parent / "schema.sql").read_text("utf-8")):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        found = (db.execute("PRAGMA application_id").fetchone()[0], db.execute("PRAGMA user_version").fetchone()[0])
    if found != (APPLICATION_ID, SCHEMA_VERSION):
        raise ValueError(f"{path}: is no database of this host: application_id and user_version are {found}")
    return db


def split(script: str) -> Iterator[str]:
    """The statements of a script: executescript would end the transaction that they are to be in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Begins one unless the caller has: then it is the caller who commits, and who rolls back."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


class SqliteStore(lowtide.Store):
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def load(self, names: Sequence[str]) -> List[lowtide.Account]:
        return [account for name in names for account in self._load_one(name)]

    def _load_one(self, name: str) -> Iterator[lowtide.Account]:
        # One statement, so that nobody can commit between the account and its alerts.
        rows = self.db.execute(LOAD, (name,)).fetchall()
        if not rows:
            return
        revision, credit, sequence, *components, first_cost_at, states, contact, language, currency, digits, _ = rows[0]
        yield lowtide.Account(
            name, revision,
            balance=None if components[0] is None else lowtide.Balance(*map(Decimal, components)),
            available_credit=None if credit is None else Decimal(credit),
            sequence=sequence,
            first_cost_at=None if first_cost_at is None else instant(first_cost_at),
            profile=lowtide.Profile(contact, language, currency, digits),
            alerts=tuple(stored_alerts([row[-1] for row in rows if row[-1] is not None], states)))

    def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
        with transaction(self.db):
            return [self._commit_one(commit) for commit in commits]

    def _commit_one(self, commit: lowtide.Commit) -> lowtide.CommitResult:
        after = commit.after
        balance = [None] * 5 if after.balance is None else [text(getattr(after.balance, name)) for name in COMPONENTS]
        columns: Tuple[Column, ...] = (
            after.revision, text(after.available_credit), after.sequence, *balance,
            None if after.first_cost_at is None else seconds(after.first_cost_at), b"".join(alert.state for alert in after.alerts),
            after.profile.contact, after.profile.language, after.profile.currency, after.profile.currency_digits)
        if after.revision == 1:
            written = self.db.execute(INSERT, (*columns, after.name))
        else:
            written = self.db.execute(UPDATE, (*columns, after.name, after.revision - 1))
        if written.rowcount == 0:
            return lowtide.CommitResult.CONFLICT
        (account_id,) = self.db.execute("SELECT id FROM accounts WHERE name = ?", (after.name,)).fetchone()
        for alert in after.alerts:
            if alert.changed:
                next_at = None if alert.next_reminder_at is None else seconds(alert.next_reminder_at)
                self.db.execute(WRITE_ALERT, (account_id, alert.name, code(alert.phase), text(alert.threshold), next_at))
        self._write_notices(account_id, commit)
        return lowtide.CommitResult.COMMITTED

    def _write_notices(self, account_id: int, commit: lowtide.Commit) -> None:
        now = seconds(commit.recorded_at)
        for notice in commit.notices:
            written = self.db.execute(INSERT_NOTICE, (notice.key, account_id, notice.alert, *output_columns(notice.output), notice.cause, now))
            # A key that is there already was told already, or is about to be.
            if written.rowcount == 1:
                self.db.executemany(INSERT_DELIVERY, [(written.lastrowid, channel, now) for channel in notice.channels])
        for line in commit.audit:
            self.db.execute(INSERT_AUDIT, (account_id, seconds(line.at), line.event, line.alert, code(line.why), code(line.phase),
                                           commit.after.revision, now))

    def due(self, end: datetime, inclusive: bool, limit: int, after: Optional[lowtide.Cursor]) -> Iterator[lowtide.Due]:
        at, account_id = (-1, -1) if after is None else (after.at, int(after.text))
        for at, account_id, name in self.db.execute(DUE, (at, account_id, seconds(end) - (not inclusive), limit)).fetchall():
            yield lowtide.Due(name, lowtide.Cursor(at, str(account_id)))

    def pending(self, limit: int, after: Optional[lowtide.Cursor]) -> Iterator[lowtide.Pending]:
        at, channel = (-1, "") if after is None else (after.at, after.text)
        for at, channel, key, account, alert, cause, *columns in self.db.execute(PENDING, (at, channel, limit)).fetchall():
            delivery = lowtide.Delivery(key, account, alert, channel, cause, lowtide.Profile(*columns[10:]), output(*columns[:10]))
            yield lowtide.Pending(delivery, lowtide.Cursor(at, channel))

    def settle(self, delivery: lowtide.Delivery, state: lowtide.DeliveryState, error: str, now: datetime) -> bool:
        done = self.db.execute(SETTLE, (code(state), error or None, seconds(now), delivery.key, delivery.channel))
        return done.rowcount == 1
