# SPDX-License-Identifier: Apache-2.0
"""A host in Python: events in, reminders when they are due, mails and messages out.

    python host.py DATABASE ingest EVENTS.jsonl    the events of lowtide-replay, their ticks included
    python host.py DATABASE tick
    python host.py DATABASE deliver SERVER PORT    over SMTP
    NOW=2026-03-01T08:00:00Z                       in the environment: instead of the clock's

Exit status: 0 all was done, 1 something could not be.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Dict

from courier import MailCourier
from store import SqliteStore, connect

import lowtide


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def schedule(given: Dict[str, Any]) -> lowtide.Schedule:
    offset = given.get("utc_offset", "+00:00")
    minutes = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:])) * (-1 if offset[0] == "-" else 1)
    return lowtide.Schedule(given.get("count", 5), time.fromisoformat(given["at"]) if "at" in given else None, minutes)


def ingest(monitor: lowtide.Monitor, event: Dict[str, Any], now: datetime) -> None:
    kind, account, at = event["type"], event.get("account"), instant(event["at"])
    settings = {key: lowtide.IfBelow[value.upper()] for key, value in event.items() if key == "if_below"}
    alert = event.get("alert", lowtide.DEFAULT_ALERT_NAME)
    if kind == "tick":
        if account is not None:
            raise ValueError(f"account: a Monitor ticks all accounts at once, not {account!r} alone")
        monitor.tick(at)
    elif kind == "balance":
        given = {name: Decimal(value) for name, value in event.get("balance", {}).items()}
        balance, credit = (lowtide.Balance(**given), None) if given else (None, Decimal(event["available_credit"]))
        monitor.observe(str(account), balance, available_credit=credit, at=at, sequence=event.get("sequence"), now=now)
    elif kind == "enable":
        times = schedule(event["reminders"]) if "reminders" in event else None
        monitor.enable(str(account), Decimal(event["threshold"]), alert=alert, at=at, schedule=times, now=now, **settings)
    elif kind == "set_threshold":
        monitor.set_threshold(str(account), Decimal(event["threshold"]), alert=alert, at=at, now=now, **settings)
    elif kind == "disable":
        monitor.disable(str(account), alert=alert, at=at, now=now)
    else:
        monitor.rebase(str(account), event["sequence"], at=at, now=now)


def main(path: str, command: str, *rest: str) -> int:
    now = instant(os.environ["NOW"]) if "NOW" in os.environ else datetime.now(timezone.utc).replace(microsecond=0)
    with closing(connect(path)) as db:
        courier = MailCourier(db, rest[0], int(rest[1])) if command == "deliver" else None
        monitor = lowtide.Monitor(SqliteStore(db), courier)
        try:
            if command == "ingest":
                with open(rest[0], encoding="utf-8") as lines:
                    for line in lines:
                        ingest(monitor, json.loads(line), now)
            else:
                print(monitor.tick(now) if command == "tick" else monitor.deliver(now))
        except lowtide.IncompleteError as incomplete:
            print(*incomplete.report.errors, sep="\n", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
