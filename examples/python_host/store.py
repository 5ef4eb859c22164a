# SPDX-License-Identifier: Apache-2.0
"""SqliteStore: a lowtide.Store over the tables of lowtide-host. Amounts are text, instants are seconds since 1970 in UTC."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from time import sleep
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import lowtide

# The tables stand in one file for all hosts.
SCHEMA = Path(__file__).parents[2] / "src/programs/host/sqlite/schema.sql"
APPLICATION_ID, VERSION = 0x6C6F7774, 1

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
COMPONENTS = (
    "cash_balance",
    "credit_limit",
    "credit_refunds",
    "unsettled_current_month",
    "unsettled_previous_months",
)
ACCOUNT = ("revision", "available_credit", "sequence", *COMPONENTS, "first_cost_at", "alert_states")
PROFILE = ("contact", "language", "currency", "currency_digits")
OUTPUT = (
    "kind",
    "episode",
    "fired_at",
    "at",
    "reminder",
    "skipped",
    "reason",
    "reminders_sent",
    "available_credit",
    "threshold",
)

LOAD = f"""SELECT {", ".join(f"accounts.{column}" for column in (*ACCOUNT, *PROFILE))}, alerts.name
  FROM accounts LEFT JOIN alerts ON alerts.account_id = accounts.id WHERE accounts.name = ? ORDER BY alerts.name"""
INSERT = f"INSERT INTO accounts ({', '.join((*ACCOUNT, *PROFILE))}, name) VALUES ({', '.join('?' * 15)}) ON CONFLICT (name) DO NOTHING"
UPDATE = f"UPDATE accounts SET {', '.join(f'{column} = ?' for column in (*ACCOUNT, *PROFILE))} WHERE name = ? AND revision = ?"
WRITE_ALERT = """INSERT INTO alerts (account_id, name, phase, threshold, next_reminder_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
  SET phase = excluded.phase, threshold = excluded.threshold, next_reminder_at = excluded.next_reminder_at"""
NOTICE = f"""INSERT INTO notices (key, account_id, alert, {", ".join(OUTPUT)}, cause, recorded_at) VALUES ({", ".join("?" * 15)})
  ON CONFLICT (key) DO NOTHING"""
DELIVERY = "INSERT INTO deliveries (notice_id, channel, state, attempts, updated_at) VALUES (?, ?, 'pending', 0, ?)"
AUDIT = "INSERT INTO audit (account_id, at, event, alert, why, phase, revision, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
DUE = """SELECT alerts.next_reminder_at, alerts.account_id, accounts.name FROM alerts INDEXED BY alerts_due
  JOIN accounts ON accounts.id = alerts.account_id WHERE (alerts.next_reminder_at, alerts.account_id) > (?, ?)
  AND alerts.next_reminder_at <= ? ORDER BY alerts.next_reminder_at, alerts.account_id LIMIT ?"""
PENDING = f"""SELECT deliveries.notice_id, deliveries.channel, notices.key, accounts.name, notices.alert, notices.cause,
  {", ".join(f"accounts.{column}" for column in PROFILE)}, {", ".join(f"notices.{column}" for column in OUTPUT)}
  FROM deliveries INDEXED BY deliveries_pending JOIN notices ON notices.id = deliveries.notice_id
  JOIN accounts ON accounts.id = notices.account_id
  WHERE deliveries.state = 'pending' AND (deliveries.notice_id, deliveries.channel) > (?, ?)
  ORDER BY deliveries.notice_id, deliveries.channel LIMIT ?"""
SETTLE = """UPDATE deliveries SET state = ?, attempts = attempts + 1, error = ?, updated_at = ?
  WHERE notice_id = (SELECT id FROM notices WHERE key = ?) AND channel = ? AND state = 'pending'"""


def seconds(at: Optional[datetime]) -> Optional[int]:
    return None if at is None else (at - EPOCH) // timedelta(seconds=1)


def text(value: object) -> Optional[str]:
    return (
        None if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)
    )


def connect(path: str) -> sqlite3.Connection:
    """Opens the database, and makes its tables if it is empty. One of another program, or another version, is left as it is."""
    db = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        if is_empty(db, path):
            with transaction(db):
                if is_empty(db, path):  # still, now that nobody else can write
                    for statement in SCHEMA.read_text("utf-8").split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    db.execute(f"PRAGMA user_version = {VERSION}")
        write_ahead(db)
        db.executescript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        return db
    except BaseException:
        db.close()
        raise


def is_empty(db: sqlite3.Connection, path: str) -> bool:
    # In one statement, so that nobody can make the tables between its parts.
    tables, *known = db.execute(
        "SELECT (SELECT count(*) FROM sqlite_schema), * FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if known != [APPLICATION_ID, VERSION] and (tables, *known) != (0, 0, 0):
        raise ValueError(
            f"{path}: is no database of this host, or one of another version: application_id, user_version are {known}"
        )
    return bool(known == [0, 0])


def write_ahead(db: sqlite3.Connection) -> None:
    """Two that set it at the same moment do not wait for each other by the timeout."""
    for left in reversed(range(20)):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if not left:
                raise
            sleep(0.05)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """One of its own; within one of the caller's, which a joined Monitor is for, the caller ends it."""
    joins = db.in_transaction
    if joins:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


class SqliteStore(lowtide.Store):
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def load(self, names: Sequence[str]) -> Iterator[lowtide.Account]:
        for name in names:
            # In one statement, so that nobody can commit between the account and its alerts.
            rows = self.db.execute(LOAD, (name,)).fetchall()
            if rows:
                yield stored_account(name, rows)

    def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
        with transaction(self.db):
            return [self.commit_one(commit, seconds(commit.recorded_at)) for commit in commits]

    def commit_one(self, commit: lowtide.Commit, now: Optional[int]) -> lowtide.CommitResult:
        after, profile = commit.after, commit.after.profile
        components = [text(after.balance and getattr(after.balance, name)) for name in COMPONENTS]
        states = b"".join(alert.state for alert in after.alerts)
        columns = (
            after.revision,
            text(after.available_credit),
            after.sequence,
            *components,
            seconds(after.first_cost_at),
            states,
        )
        columns += (
            profile.contact,
            profile.language,
            profile.currency,
            profile.currency_digits,
            after.name,
        )
        first = after.revision == 1
        if (
            self.db.execute(
                INSERT if first else UPDATE, columns if first else (*columns, after.revision - 1)
            ).rowcount
            == 0
        ):
            return lowtide.CommitResult.CONFLICT
        (account,) = self.db.execute(
            "SELECT id FROM accounts WHERE name = ?", (after.name,)
        ).fetchone()
        for alert in after.alerts:
            if alert.changed:
                row = (
                    account,
                    alert.name,
                    str(alert.phase),
                    text(alert.threshold),
                    seconds(alert.next_reminder_at),
                )
                self.db.execute(WRITE_ALERT, row)
        for notice in commit.notices:
            added = self.db.execute(
                NOTICE,
                (
                    notice.key,
                    account,
                    notice.alert,
                    *output_columns(notice.output),
                    notice.cause,
                    now,
                ),
            )
            if added.rowcount == 1:  # else it was told already, or is about to be
                self.db.executemany(
                    DELIVERY, [(added.lastrowid, channel, now) for channel in notice.channels]
                )
        for line in commit.audit:
            decided = (line.alert, text(line.why), text(line.phase))
            self.db.execute(
                AUDIT, (account, seconds(line.at), line.event, *decided, after.revision, now)
            )
        return lowtide.CommitResult.COMMITTED

    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]
    ) -> Iterator[lowtide.Due]:
        behind = (-1, -1) if after is None else (after.at, int(after.text))
        last = (end - EPOCH) // timedelta(seconds=1) - (0 if inclusive else 1)
        for at, account, name in self.db.execute(DUE, (*behind, last, limit)).fetchall():
            yield lowtide.Due(name, lowtide.WalkCursor(at, str(account)))

    def pending(self, limit: int, after: Optional[lowtide.WalkCursor]) -> Iterator[lowtide.Pending]:
        behind = (-1, "") if after is None else (after.at, after.text)
        for row, channel, key, account, alert, cause, *columns in self.db.execute(
            PENDING, (*behind, limit)
        ).fetchall():
            profile, output = lowtide.AccountProfile(*columns[:4]), output_of(*columns[4:])
            yield lowtide.Pending(
                lowtide.Delivery(key, account, alert, channel, output, cause, profile),
                lowtide.WalkCursor(row, channel),
            )

    def record_delivery(
        self, delivery: lowtide.Delivery, state: lowtide.DeliveryState, error: str, now: datetime
    ) -> bool:
        columns = (state.name.lower(), error or None, seconds(now), delivery.key, delivery.channel)
        return self.db.execute(SETTLE, columns).rowcount == 1


def stored_account(name: str, rows: List[Any]) -> lowtide.Account:
    """Damage is handed over in the states: the Monitor finds it there, and reports the account without keeping others waiting."""
    (
        revision,
        credit,
        sequence,
        *components,
        first_cost_at,
        states,
        contact,
        language,
        currency,
        digits,
        _,
    ) = rows[0]
    alerts = tuple(stored_alerts([row[-1] for row in rows if row[-1] is not None], states))
    try:
        balance = None if components[0] is None else lowtide.Balance(*map(Decimal, components))
        available_credit = None if credit is None else Decimal(credit)
        first = None if first_cost_at is None else EPOCH + timedelta(seconds=first_cost_at)
        lowtide.Alert.on_account(
            available_credit=available_credit, sequence=sequence
        )  # raises if one is out of range
        if first is not None and first < EPOCH:
            raise ValueError("first_cost_at: is before 1970")
    except (ArithmeticError, ValueError):
        return lowtide.Account(
            name, revision, alerts=(lowtide.StoredAlert("columns of the account", b""),)
        )
    profile = lowtide.AccountProfile(contact, language, currency, digits)
    return lowtide.Account(
        name, revision, balance, available_credit, sequence, first, profile, alerts
    )


def stored_alerts(names: List[str], states: bytes) -> Iterator[lowtide.StoredAlert]:
    """The states lie one behind the other, in the order of the names. The second byte of each is its length; the last has all that is left,
    and any that is left without an alert is one of its own: neither can be read if it is too much."""
    for name in names[:-1]:
        size = states[1] if len(states) > 1 else 0
        yield lowtide.StoredAlert(name, states[:size])
        states = states[size:]
    if names or states:
        yield lowtide.StoredAlert(names[-1] if names else "without a name", states)


def output_columns(output: lowtide.Output) -> Tuple[Any, ...]:
    kind = (str(output.kind), output.episode, seconds(output.fired_at), seconds(output.at))
    reminder = (output.reminder, output.skipped) if isinstance(output, lowtide.Remind) else (0, 0)
    reason = str(output.reason) if isinstance(output, lowtide.Stop) else None
    return (
        *kind,
        *reminder,
        reason,
        output.reminders_sent,
        text(output.available_credit),
        text(output.threshold),
    )


def output_of(*columns: Any) -> lowtide.Output:
    kind, episode, fired_at, at, reminder, skipped, reason, sent, credit, threshold = columns
    told = (
        EPOCH + timedelta(seconds=at),
        EPOCH + timedelta(seconds=fired_at),
        episode,
        Decimal(credit),
        Decimal(threshold),
        sent,
    )
    if kind == "fire":
        return lowtide.Fire(*told)
    return (
        lowtide.Remind(*told, reminder, skipped)
        if kind == "remind"
        else lowtide.Stop(*told, lowtide.StopReason[reason.upper()])
    )
