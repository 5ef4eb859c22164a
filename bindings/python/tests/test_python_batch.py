# SPDX-License-Identifier: Apache-2.0
"""examples/python_batch: DuckDB, polars and lowtide on the same columns."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import duckdb
from scale import Exercised


def test_batch_example_prints_the_expected_text(
    root: pathlib.Path, tmp_path: pathlib.Path, exercised: Exercised
) -> None:
    folder, path = root / "examples" / "python_batch", tmp_path / "month.duckdb"
    command = [sys.executable, "-W", "error", str(folder / "month.py"), str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == (folder / "expected.txt").read_text(encoding="utf-8")
    with duckdb.connect(str(path), read_only=True) as db:
        notices = db.sql("SELECT key, account, kind FROM notices").fetchall()
    # Each notice is in the table once, and the printed counts cover all of them.
    assert len({key for key, _, _ in notices}) == len(notices)
    assert sum(
        int(count)
        for count in re.findall(r"^  (?:fire|remind|stop) +\w+ +(\d+)", printed, re.MULTILINE)
    ) == len(notices)
    assert {kind for _, _, kind in notices} == {"fire", "remind", "stop"}
    exercised("notices of the example with DuckDB", len(notices), "notices", 500)
