# SPDX-License-Identifier: Apache-2.0
"""The database of examples/python_host: created once, also if several processes start at once."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import subprocess
import sys
from typing import Any, List

import pytest
from python_host import database, host

PROGRAM = host.__file__


def test_host_program_creates_the_tables_once_if_started_many_times_at_once(
    tmp_path: pathlib.Path,
) -> None:
    for again in range(3):
        path = tmp_path / f"{again}.db"
        started = [
            subprocess.Popen(
                [sys.executable, PROGRAM, str(path), "tick"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(8)
        ]
        ended = [one.communicate(timeout=120) for one in started]
        assert [(one.returncode, err) for one, (_, err) in zip(started, ended)] == [(0, "")] * 8
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert db.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


def test_connect_uses_tables_created_meanwhile(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "host.db")
    is_empty, found = database.is_empty, list[bool]()

    def late(*arguments: Any) -> bool:
        found.append(is_empty(*arguments))
        if len(found) == 1:
            database.connect(path).close()
        return found[-1]

    monkeypatch.setattr(database, "is_empty", late)
    database.connect(path).close()
    assert (found[0], found[-1]) == (True, False)


def test_connect_tries_the_switch_to_write_ahead_again(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "host.db")
    database.connect(path).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        other.execute("BEGIN IMMEDIATE")
        waits: List[float] = []

        def wait(time: float) -> None:
            waits.append(time)
            if other.in_transaction:
                other.execute("ROLLBACK")

        monkeypatch.setattr(database, "sleep", wait)
        with contextlib.closing(database.connect(path)) as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert len(waits) == 1
