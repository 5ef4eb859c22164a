# SPDX-License-Identifier: Apache-2.0
"""Ingests a file of events once, also if it is given again after it has grown.

The table `sources` has the place in each file up to which it was ingested. lowtide-host uses the
same table.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime, timedelta
from typing import BinaryIO, Iterator, Tuple

import events
import lowtide
from database import transaction
from rows import seconds
from store import SqliteStore

LOAD = "SELECT offset, line, last_size, checksum FROM sources WHERE path = ?"
SAVE = """INSERT INTO sources (path, offset, line, last_size, checksum, clock, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (path) DO UPDATE SET offset = excluded.offset, line = excluded.line,
  last_size = excluded.last_size, checksum = excluded.checksum,
  clock = max(ifnull(clock, 0), excluded.clock), updated_at = excluded.updated_at
  WHERE offset = ?"""


def ingest(db: sqlite3.Connection, path: str, now: datetime) -> Iterator[str]:
    """Ingests what is new in a file. Yields the errors of accounts that could not be ticked.

    Each event is stored in one transaction with the place after its line. Raises ValueError at the
    first line that is refused; the lines before it are stored.
    """
    source = os.path.realpath(path)
    with open(path, "rb") as file, lowtide.Monitor(SqliteStore(db), joined=True) as monitor:
        offset, done = resume(db, source, file)
        for number, line in enumerate(iter(file.readline, b""), done + 1):
            text = line[3:] if number == 1 and line.startswith(b"\xef\xbb\xbf") else line
            if not text.strip(b" \t\r\n"):
                continue
            with transaction(db):
                try:
                    event = events.read(text)
                    errors = apply(monitor, event, now)
                except (lowtide.LowtideError, ArithmeticError, ValueError, RecursionError) as error:
                    raise ValueError(f"{path}:{number}: {error}") from error
                place = (file.tell(), number, len(line), checksum(line))
                clock = (seconds(event.at), seconds(now))
                if db.execute(SAVE, (source, *place, *clock, offset)).rowcount != 1:
                    raise ValueError(f"{path}:{number}: another process is ingesting the file")
            offset = place[0]
            yield from (f"{path}:{number}: {error}" for error in errors)


def apply(monitor: lowtide.Monitor, event: events.Event, now: datetime) -> Tuple[str, ...]:
    """Applies an event. Returns the errors of accounts that could not be ticked."""
    try:
        if not isinstance(event, events.TickAll):
            monitor.apply([event], now=now)
        elif event.at > now + timedelta(days=1):
            raise ValueError(f"at: is more than a day later than now ({now}): {event.at}")
        else:
            monitor.tick(event.at)
    except lowtide.IncompleteError as incomplete:
        if isinstance(incomplete.report, list):  # of apply
            raise incomplete.report[0].error from None
        errors: Tuple[str, ...] = incomplete.report.errors
        return errors
    return ()


def resume(db: sqlite3.Connection, source: str, file: BinaryIO) -> Tuple[int, int]:
    """Moves the file to the end of what was ingested before.

    Returns that offset, -1 if there is none, and the number of the last line. Raises ValueError if
    the last line has changed.
    """
    none = (-1, 0, 0, checksum(b""))
    offset, number, size, expected = db.execute(LOAD, (source,)).fetchone() or none
    file.seek(max(offset, 0) - size)
    last = file.read(size)
    if len(last) < size or checksum(last) != expected:
        raise ValueError(
            f"{source}:{number}: is not the line that was ingested before: "
            "the file was replaced or rewritten"
        )
    # A last line without an end may have got one since, but nothing else.
    if last and not last.endswith(b"\n") and file.readline() not in (b"", b"\n", b"\r\n"):
        raise ValueError(f"{source}:{number}: has grown since it was ingested as the last line")
    return offset, number


def checksum(line: bytes) -> int:
    """FNV-1a, as a signed number."""
    value = 0xCBF29CE484222325
    for byte in line:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value - 2**64 if value >= 2**63 else value
