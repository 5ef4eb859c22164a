# SPDX-License-Identifier: Apache-2.0
"""examples/python_host for tests: its modules, a database, and lowtide-host beside it."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Sequence

import lowtide

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples" / "python_host"))

import courier
import database
import host
import ingest
import rows
import store

__all__ = [
    "courier",
    "database",
    "dump",
    "host",
    "ingest",
    "low",
    "rows",
    "run",
    "store",
    "write",
]

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)
SHARED = ("accounts", "alerts", "notices", "deliveries", "audit", "sources")


def dump(path: pathlib.Path, tables: Sequence[str] = SHARED) -> Dict[str, List[Any]]:
    """The rows of tables. Checks the integrity of the file first."""
    with contextlib.closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            table: opened.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in tables
        }


def run(program: str, path: pathlib.Path, *arguments: str) -> str:
    """Runs lowtide-host. Returns its standard output."""
    done = subprocess.run(
        [program, "--db", str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(path: pathlib.Path, lines: Sequence[str]) -> str:
    """Writes a file of events. Returns its path."""
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return str(path)


def low(monitor: lowtide.Monitor, account: str = "acme") -> None:
    """Makes an account low, so that its alert fires."""
    monitor.enable(account, 1000, at=NOW, now=NOW)
    monitor.observe(account, available_credit=900, at=NOW, now=NOW)
