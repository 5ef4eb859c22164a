# SPDX-License-Identifier: Apache-2.0
"""examples/python_host as a program: its commands, the files of events that it takes in, and what it refuses."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import subprocess
import sys
from typing import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
NOW = "2026-03-01T08:00:00Z"


@pytest.fixture
def host(root: pathlib.Path) -> str:
    return str(root / "examples" / "python_host" / "host.py")


# ---- The file ----


def test_processes_that_start_at_once_make_the_tables_once(host: str, tmp_path: pathlib.Path) -> None:
    for again in range(3):
        path = tmp_path / f"{again}.db"
        started = [
            subprocess.Popen([sys.executable, host, str(path), "tick"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(8)
        ]
        told = [one.communicate(timeout=120) for one in started]
        assert [(one.returncode, err) for one, (_, err) in zip(started, told)] == [(0, "")] * 8
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert db.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
