# SPDX-License-Identifier: Apache-2.0
"""SqliteStore: a lowtide.Store over the tables of lowtide-host."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Iterator, List, Optional, Sequence

import lowtide
from database import transaction
from rows import (
    ACCOUNT,
    EPOCH,
    OUTPUT,
    PROFILE,
    account_columns,
    output_columns,
    seconds,
    stored_account,
    stored_output,
    text,
)

COLUMNS = (*ACCOUNT, *PROFILE)
LOAD = f"""SELECT {", ".join(f"accounts.{column}" for column in COLUMNS)}, alerts.name
  FROM accounts LEFT JOIN alerts ON alerts.account_id = accounts.id
  WHERE accounts.name = ? ORDER BY alerts.name"""
INSERT = f"""INSERT INTO accounts ({", ".join(COLUMNS)}, name)
  VALUES ({", ".join("?" * 15)}) ON CONFLICT (name) DO NOTHING"""
UPDATE = f"""UPDATE accounts SET {", ".join(f"{column} = ?" for column in COLUMNS)}
  WHERE name = ? AND revision = ?"""
ALERT = """INSERT INTO alerts (account_id, name, phase, threshold, next_reminder_at)
  VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET phase = excluded.phase,
  threshold = excluded.threshold, next_reminder_at = excluded.next_reminder_at"""
NOTICE = f"""INSERT INTO notices (key, account_id, alert, {", ".join(OUTPUT)}, cause, recorded_at)
  VALUES ({", ".join("?" * 15)}) ON CONFLICT (key) DO NOTHING"""
DELIVERY = """INSERT INTO deliveries (notice_id, channel, state, attempts, updated_at)
  VALUES (?, ?, 'pending', 0, ?)"""
AUDIT = """INSERT INTO audit (account_id, at, event, alert, why, phase, revision, recorded_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
DUE = """SELECT alerts.next_reminder_at, alerts.account_id, accounts.name
  FROM alerts INDEXED BY alerts_due JOIN accounts ON accounts.id = alerts.account_id
  WHERE (alerts.next_reminder_at, alerts.account_id) > (?, ?) AND alerts.next_reminder_at <= ?
  ORDER BY alerts.next_reminder_at, alerts.account_id LIMIT ?"""
PENDING = f"""SELECT deliveries.notice_id, deliveries.channel, notices.key, accounts.name,
  notices.alert, notices.cause, {", ".join(f"accounts.{column}" for column in PROFILE)},
  {", ".join(f"notices.{column}" for column in OUTPUT)}
  FROM deliveries INDEXED BY deliveries_pending
  JOIN notices ON notices.id = deliveries.notice_id
  JOIN accounts ON accounts.id = notices.account_id
  WHERE deliveries.state = 'pending' AND (deliveries.notice_id, deliveries.channel) > (?, ?)
  ORDER BY deliveries.notice_id, deliveries.channel LIMIT ?"""
RECORD = """UPDATE deliveries SET state = ?, attempts = attempts + 1, error = ?, updated_at = ?
  WHERE notice_id = (SELECT id FROM notices WHERE key = ?) AND channel = ? AND state = 'pending'"""


class SqliteStore(lowtide.Store):
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def load(self, names: Sequence[str]) -> Iterator[lowtide.Account]:
        for name in names:
            # One statement, so that no other process can commit between the account and its alerts.
            rows = self.db.execute(LOAD, (name,)).fetchall()
            if rows:
                yield stored_account(name, rows)

    def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
        with transaction(self.db):
            return [self.commit_one(commit, seconds(commit.recorded_at)) for commit in commits]

    def commit_one(self, commit: lowtide.Commit, now: Optional[int]) -> lowtide.CommitResult:
        after, execute = commit.after, self.db.execute
        columns = (*account_columns(after), after.name)
        if after.revision == 1:
            written = execute(INSERT, columns)
        else:
            written = execute(UPDATE, (*columns, after.revision - 1))
        if written.rowcount == 0:
            return lowtide.CommitResult.CONFLICT
        (account,) = execute("SELECT id FROM accounts WHERE name = ?", (after.name,)).fetchone()
        for alert in after.alerts:
            if alert.changed:
                derived = (str(alert.phase), text(alert.threshold), seconds(alert.next_reminder_at))
                execute(ALERT, (account, alert.name, *derived))
        for notice in commit.notices:
            output = output_columns(notice.output)
            added = execute(NOTICE, (notice.key, account, notice.alert, *output, notice.cause, now))
            if added.rowcount == 1:  # otherwise the notice is stored already
                self.db.executemany(
                    DELIVERY, [(added.lastrowid, channel, now) for channel in notice.channels]
                )
        for line in commit.audit:
            decided = (line.alert, text(line.why), text(line.phase))
            execute(AUDIT, (account, seconds(line.at), line.event, *decided, after.revision, now))
        return lowtide.CommitResult.COMMITTED

    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]
    ) -> Iterator[lowtide.Due]:
        cursor = (-1, -1) if after is None else (after.at, int(after.text))
        last = int((end - EPOCH).total_seconds()) - (0 if inclusive else 1)
        for at, account, name in self.db.execute(DUE, (*cursor, last, limit)).fetchall():
            yield lowtide.Due(name, lowtide.WalkCursor(at, str(account)))

    def pending(self, limit: int, after: Optional[lowtide.WalkCursor]) -> Iterator[lowtide.Pending]:
        cursor = (-1, "") if after is None else (after.at, after.text)
        for row in self.db.execute(PENDING, (*cursor, limit)).fetchall():
            notice, channel, key, account, alert, cause, *columns = row
            profile = lowtide.AccountProfile(*columns[: len(PROFILE)])
            output = stored_output(tuple(columns[len(PROFILE) :]))
            delivery = lowtide.Delivery(key, account, alert, channel, output, cause, profile)
            yield lowtide.Pending(delivery, lowtide.WalkCursor(notice, channel))

    def record_delivery(
        self, delivery: lowtide.Delivery, state: lowtide.DeliveryState, error: str, now: datetime
    ) -> bool:
        columns = (state.name.lower(), error or None, seconds(now), delivery.key, delivery.channel)
        return self.db.execute(RECORD, columns).rowcount == 1
