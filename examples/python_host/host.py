# SPDX-License-Identifier: Apache-2.0
"""A host in Python: events in, reminders when they are due, mails and messages out.

    python host.py DATABASE ingest EVENTS.jsonl    the new events of a file, as for lowtide-replay
    python host.py DATABASE tick                   sends the reminders that are due
    python host.py DATABASE deliver SERVER PORT    sends mails by SMTP
    NOW=2026-03-01T08:00:00Z                       in the environment: use this time as now

`ingest` sends past reminders only where the file has ticks, as `lowtide-host ingest --timer
explicit` does. It ends at the first line that is refused; the lines before it are stored, and the
next `ingest` starts with that line.

Exit status: 0: everything was done. 1: something was refused or failed; standard error says what.
2: wrong usage.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from datetime import datetime, timezone
from typing import List

import events
import lowtide
from courier import MailCourier
from database import connect
from ingest import ingest
from store import SqliteStore

COMMANDS = {"ingest": 1, "tick": 0, "deliver": 2}


def main(*arguments: str) -> int:
    try:
        if len(arguments) < 2:
            raise ValueError("DATABASE or the command is missing")
        path, command, *rest = arguments
        if command not in COMMANDS or len(rest) != COMMANDS[command]:
            raise ValueError(f"there is no command {command!r} with {len(rest)} arguments")
        now = datetime.now(timezone.utc).replace(microsecond=0)
        if "NOW" in os.environ:
            now = events.instant(os.environ["NOW"], "NOW")
        port = int(rest[1]) if command == "deliver" else 25
        if not 0 < port < 65536:
            raise ValueError(f"PORT: must be from 1 to 65535, not {port}")
    except ValueError as error:
        print(f"host.py: {error}\n{__doc__}", file=sys.stderr)
        return 2
    errors: List[str] = []
    try:
        with closing(connect(path)) as db:
            if command == "ingest":
                for one in ingest(db, rest[0], now):
                    errors.append(one)
            elif command == "tick":
                print(lowtide.Monitor(SqliteStore(db)).tick(now))
            else:
                courier = MailCourier(db, rest[0], port)
                print(lowtide.Monitor(SqliteStore(db), courier).deliver(now))
    except lowtide.IncompleteError as incomplete:
        errors += incomplete.report.errors
    except sqlite3.Error as failure:
        errors.append(f"{path}: {failure}")
    except (OSError, ValueError, lowtide.LowtideError) as failure:
        errors.append(str(failure))
    for line in errors:
        print(line, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
