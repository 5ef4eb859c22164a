# SPDX-License-Identifier: Apache-2.0
"""A host in Python: events in, reminders when they are due, mails and messages out.

    python host.py DATABASE ingest EVENTS.jsonl    the events of lowtide-replay that are new in a file
    python host.py DATABASE tick
    python host.py DATABASE deliver SERVER PORT    over SMTP
    NOW=2026-03-01T08:00:00Z                       in the environment: instead of the clock's

`ingest` plays no timer: it sends past reminders only where the file has ticks, as `lowtide-host ingest --timer explicit` does. A tick of
one account alone is refused. It ends at the first line that is refused; what came before is kept, and a second `ingest` goes on with that
line.

Exit status: 0 all was done; 1 something was refused or could not be done, as standard error tells; 2 wrong usage.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from datetime import datetime, timezone

import events
from courier import MailCourier
from store import SqliteStore, connect

import lowtide

COMMANDS = {"ingest": 1, "tick": 0, "deliver": 2}


def main(*arguments: str) -> int:
    try:
        if len(arguments) < 2:
            raise ValueError("DATABASE or the command is missing")
        path, command, *rest = arguments
        if command not in COMMANDS or len(rest) != COMMANDS[command]:
            raise ValueError(f"there is no command {command!r} with {len(rest)} arguments")
        now = (
            events.instant(os.environ["NOW"], "NOW")
            if "NOW" in os.environ
            else datetime.now(timezone.utc).replace(microsecond=0)
        )
        port = int(rest[1]) if command == "deliver" else 25
        if not 0 < port < 65536:
            raise ValueError(f"PORT: must be from 1 to 65535, not {port}")
    except ValueError as error:
        print(f"host.py: {error}\n{__doc__}", file=sys.stderr)
        return 2
    try:
        with closing(connect(path)) as db:
            if command == "ingest":
                return 0 if events.ingest(db, rest[0], now) else 1
            courier = MailCourier(db, rest[0], port) if command == "deliver" else None
            monitor = lowtide.Monitor(SqliteStore(db), courier)
            print(monitor.tick(now) if command == "tick" else monitor.deliver(now))
    except lowtide.IncompleteError as incomplete:
        print(*incomplete.report.errors, sep="\n", file=sys.stderr)
        return 1
    except (OSError, ValueError, lowtide.LowtideError, sqlite3.Error) as error:
        print(f"{path}: {error}" if isinstance(error, sqlite3.Error) else error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
