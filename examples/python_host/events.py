# SPDX-License-Identifier: Apache-2.0
"""Files of events, as lowtide-replay reads them. How far each was taken in is kept in the table of sources, as lowtide-host keeps it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, BinaryIO, Dict, List, Tuple

from store import COMPONENTS, SqliteStore, seconds, transaction

import lowtide

# What each type of event must hold beside type and at, and what it may.
SHAPES = {
    "balance": ("account", "sequence balance available_credit"),
    "enable": ("account threshold", "alert reminders if_below"),
    "set_threshold": ("account threshold", "alert if_below"),
    "disable": ("account", "alert"),
    "rebase": ("account sequence", ""),
    "tick": ("", ""),  # of all accounts: a Monitor ticks none alone
}
TYPES = {
    "sequence": (int, "integer"),
    "count": (int, "integer"),
    "balance": (dict, "object"),
    "reminders": (dict, "object"),
}
LOAD = "SELECT offset, line, last_size, checksum FROM sources WHERE path = ?"
SAVE = """INSERT INTO sources (path, offset, line, last_size, checksum, clock, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (path) DO UPDATE SET offset = excluded.offset, line = excluded.line, last_size = excluded.last_size,
  checksum = excluded.checksum, clock = max(ifnull(clock, 0), excluded.clock), updated_at = excluded.updated_at WHERE offset = ?"""


def matched(pattern: str, given: str, name: str) -> "re.Match[str]":
    match = re.fullmatch(pattern, given)
    if match is None:
        raise ValueError(f"{name}: does not have the required form: {given!r}")
    return match


def instant(given: str, name: str = "at") -> datetime:
    matched("[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z", given, name)
    return datetime.strptime(given, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def amount(fields: Dict[str, Any], name: str) -> Decimal:
    return Decimal(matched(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", fields[name], name)[0])


def schedule(given: Dict[str, Any]) -> lowtide.Schedule:
    check(given, "", "count at utc_offset")
    clock = "([01][0-9]|2[0-3]):([0-5][0-9])"
    sign, hours, minutes = matched(
        f"([-+]){clock}", given.get("utc_offset", "+00:00"), "utc_offset"
    ).groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    at = (
        time.fromisoformat(matched(clock, given["at"], "reminders.at")[0])
        if "at" in given
        else None
    )
    return lowtide.Schedule(given.get("count", 5), at, offset)


def unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def check(fields: Dict[str, Any], required: str, optional: str = "") -> None:
    for name in required.split():
        if name not in fields:
            raise ValueError(f"{name}: is missing")
    for name, value in fields.items():
        if name not in f"{required} {optional}".split():
            raise ValueError(f"{name!r}: does not belong there")
        kind, words = TYPES.get(name, (str, "string"))
        if type(value) is not kind:
            raise ValueError(f"{name}: must be a JSON {words}, not {value!r}")


def read(line: bytes) -> Dict[str, Any]:
    event = json.loads(line.decode("utf-8"), object_pairs_hook=unique)
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind not in SHAPES:
        raise ValueError(f"type: must be one of {', '.join(SHAPES)}, not {kind!r}")
    required, optional = SHAPES[kind]
    check(event, f"type at {required}", optional)
    if kind == "balance":
        if ("balance" in event) == ("available_credit" in event):
            raise ValueError("balance: give either it or available_credit")
        check(event.get("balance", dict.fromkeys(COMPONENTS, "")), " ".join(COMPONENTS))
    if event.get("if_below", "next_change") not in ("next_change", "recovery_first"):
        raise ValueError(
            f"if_below: must be next_change or recovery_first, not {event['if_below']!r}"
        )
    return dict(event, at=instant(event["at"]))


def apply(monitor: lowtide.Monitor, event: Dict[str, Any], now: datetime) -> None:
    kind, account, at = event["type"], event.get("account", ""), event["at"]
    settings = {
        key: lowtide.IfBelow[value.upper()] for key, value in event.items() if key == "if_below"
    }
    alert = event.get("alert", lowtide.DEFAULT_ALERT_NAME)
    if kind == "tick":
        if at > now + timedelta(days=1):
            raise ValueError(f"at: is later than now ({now}) by more than a day: {at}")
        monitor.tick(at)
    elif kind == "balance":
        given = event.get("balance")
        balance = lowtide.Balance(*(amount(given, name) for name in COMPONENTS)) if given else None
        credit = None if given else amount(event, "available_credit")
        monitor.observe(
            account,
            balance,
            available_credit=credit,
            at=at,
            sequence=event.get("sequence"),
            now=now,
        )
    elif kind == "enable":
        times = schedule(event["reminders"]) if "reminders" in event else None
        monitor.enable(
            account,
            amount(event, "threshold"),
            alert=alert,
            at=at,
            schedule=times,
            now=now,
            **settings,
        )
    elif kind == "set_threshold":
        monitor.set_threshold(
            account, amount(event, "threshold"), alert=alert, at=at, now=now, **settings
        )
    elif kind == "disable":
        monitor.disable(account, alert=alert, at=at, now=now)
    elif kind == "rebase":
        monitor.rebase(account, event["sequence"], at=at, now=now)
    else:
        raise ValueError(f"type: {kind!r} cannot be applied")


def checksum(line: bytes) -> int:
    """FNV-1a, signed."""
    value = 0xCBF29CE484222325
    for byte in line:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value - 2**64 if value >= 2**63 else value


def resume(db: sqlite3.Connection, source: str, file: BinaryIO) -> Tuple[int, int]:
    """Goes on behind what was taken in before. Gives that offset, -1 if there is none, and the number of the line."""
    offset, number, size, expected = db.execute(LOAD, (source,)).fetchone() or (
        -1,
        0,
        0,
        checksum(b""),
    )
    file.seek(max(offset, 0) - size)
    last = file.read(size)
    if len(last) < size or checksum(last) != expected:
        raise ValueError(
            f"{source}:{number}: is not the line that was taken in before: the file was replaced or rewritten"
        )
    # A last line that had no end may have got one since, but nothing else.
    if last and not last.endswith(b"\n") and file.readline() not in (b"", b"\n", b"\r\n"):
        raise ValueError(f"{source}:{number}: has grown since it was taken in as the last line")
    return offset, number


def ingest(db: sqlite3.Connection, path: str, now: datetime) -> bool:
    """Takes in what is new in a file, up to the first line that is refused. Each event is stored together with the place behind it."""
    source, good = os.path.realpath(path), True
    with open(path, "rb") as file, lowtide.Monitor(SqliteStore(db), joined=True) as monitor:
        offset, taken = resume(db, source, file)
        for number, line in enumerate(iter(file.readline, b""), taken + 1):
            text = line[3:] if number == 1 and line.startswith(b"\xef\xbb\xbf") else line
            if not text.strip(b" \t\r\n"):
                continue
            with transaction(db):
                try:
                    event = read(text)
                    apply(monitor, event, now)
                except lowtide.IncompleteError as incomplete:  # a tick of all accounts but these
                    good = False
                    print(
                        *(f"{path}:{number}: {error}" for error in incomplete.report.errors),
                        sep="\n",
                        file=sys.stderr,
                    )
                except (lowtide.LowtideError, ArithmeticError, ValueError, RecursionError) as error:
                    raise ValueError(f"{path}:{number}: {error}") from error
                place = (
                    file.tell(),
                    number,
                    len(line),
                    checksum(line),
                    seconds(event["at"]),
                    seconds(now),
                )
                if db.execute(SAVE, (source, *place, offset)).rowcount != 1:
                    raise ValueError(f"{path}:{number}: another process is taking the file in")
            offset = place[0]
    return good
