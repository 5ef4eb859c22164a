# SPDX-License-Identifier: Apache-2.0
"""examples/python_host as a program: its commands, the event files it ingests, what it refuses."""

from __future__ import annotations

import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
from typing import Any, Dict, List, Tuple

import pytest
from python_host import database, host, ingest
from python_host import rows as columns

NOW = "2026-03-05T08:00:00Z"
PROGRAM = host.__file__
ENABLE = {"type": "enable", "account": "acme", "at": "2026-03-01T00:00:00Z", "threshold": "1000"}
BALANCE = {
    "type": "balance",
    "account": "acme",
    "at": "2026-03-01T08:00:00Z",
    "available_credit": "900.5",
}
RECOVERED = {
    "type": "balance",
    "account": "acme",
    "at": "2026-03-01T09:00:00Z",
    "available_credit": "1100",
}
TICK = {"type": "tick", "at": "2026-03-03T00:00:00Z"}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOW", NOW)


def line(event: Dict[str, Any], **changed: Any) -> str:
    return json.dumps(
        {name: value for name, value in {**event, **changed}.items() if value is not None}
    )


def write(path: pathlib.Path, *lines: str) -> str:
    path.write_text("".join(f"{one}\n" for one in lines), "utf-8")
    return str(path)


def theirs(program: str, db: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    call = [program, "--db", db, *arguments, "--now", NOW]
    return subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)


def rows(db: str, query: str) -> List[Tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(db)) as opened:
        return opened.execute(query).fetchall()


CREDIT = "SELECT name, available_credit, revision FROM accounts"
SENT = "SELECT kind, at FROM notices ORDER BY id"
SOURCES = "SELECT path, offset, line, last_size, checksum, clock, updated_at FROM sources"


# ---- The command line ----


@pytest.mark.parametrize(
    "arguments, named",
    [
        ("", "the command is missing"),
        ("DB", "the command is missing"),
        ("DB bogus", "'bogus'"),
        ("DB ingest", "'ingest' with 0 arguments"),
        ("DB tick now", "'tick' with 1 arguments"),
        ("DB deliver localhost", "'deliver' with 1 arguments"),
        ("DB deliver localhost smtp", "'smtp'"),
        ("DB deliver localhost 65536", "PORT: "),
    ],
)
def test_host_program_reports_wrong_usage(
    arguments: str, named: str, tmp_path: pathlib.Path
) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr.splitlines()[0]
    assert "python host.py DATABASE ingest EVENTS.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_host_program_reports_what_cannot_be_opened(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.main(str(tmp_path / "host.db"), "ingest", str(tmp_path / "none.jsonl")) == 1
    assert "none.jsonl" in capsys.readouterr().err
    (tmp_path / "no.db").write_bytes(
        b"not a database, but long enough for SQLite to read it as one" * 20
    )
    assert host.main(str(tmp_path / "no.db"), "tick") == 1
    assert "no.db: file is not a database" in capsys.readouterr().err


# ---- The file ----


# ---- Events ----

FIVE = dict.fromkeys(columns.COMPONENTS, "1")
WRONG = [
    line(RECOVERED, type="blance"),
    line(RECOVERED, type=["balance"]),
    line(RECOVERED, sequense=7),
    line(RECOVERED, sequence="7"),
    line(RECOVERED, sequence=True),
    line(RECOVERED, sequence=0),
    line(RECOVERED, sequence=2**63),
    line(RECOVERED, account=None),
    line(RECOVERED, account=""),
    line(RECOVERED, account=5),
    line(RECOVERED, threshold="5"),
    line(RECOVERED, available_credit=1100.5),
    line(RECOVERED, available_credit=1100),
    line(RECOVERED, available_credit=None),
    line(RECOVERED, available_credit="1_100"),
    line(RECOVERED, available_credit=" 1100"),
    line(RECOVERED, available_credit="NaN"),
    line(RECOVERED, available_credit="1e99"),
    line(RECOVERED, available_credit="1e9999999999999999999"),
    line(RECOVERED, available_credit=".5"),
    line(RECOVERED, available_credit="0.0000000000000000001"),
    line(RECOVERED, balance=FIVE),
    line(RECOVERED, available_credit=None, balance={**FIVE, "cash_balance": 1}),
    line(RECOVERED, available_credit=None, balance={"cash_balance": "1"}),
    line(RECOVERED, available_credit=None, balance={**FIVE, "cash": "1"}),
    line(RECOVERED, available_credit=None, balance={}),
    line(RECOVERED, available_credit=None, balance="1"),
    line(RECOVERED, at=None),
    line(RECOVERED, at="2026-3-1T9:00:00Z"),
    line(RECOVERED, at="2026-02-30T09:00:00Z"),
    line(RECOVERED, at="2027-03-01T09:00:00Z"),
    line(TICK, at="2027-03-01T09:00:00Z"),
    line(TICK, sequence=1),
    line(TICK, account=""),
    line(TICK, account=["acme"]),
    line(TICK, account="acme", at="2027-03-01T09:00:00Z"),
    line(ENABLE, threshold=1000),
    line(ENABLE, threshold="-1"),
    line(ENABLE, if_below="never"),
    line(ENABLE, if_below=1),
    line(ENABLE, reminders={"count": 256}),
    line(ENABLE, reminders={"count": 1.5}),
    line(ENABLE, reminders={"cuont": 1}),
    line(ENABLE, reminders={"at": "9:00"}),
    line(ENABLE, reminders={"at": "24:00"}),
    line(ENABLE, reminders={"at": "09:00", "utc_offset": "08:00"}),
    line(ENABLE, reminders=5),
    line(ENABLE, type="disable"),
    line(ENABLE, type="disable", threshold=None, alert="unknown"),
    line(ENABLE, type="set_threshold", alert="unknown"),
    line(ENABLE, type="rebase", threshold=None),
    line(ENABLE, type="rebase", threshold=None, sequence=-1),
    line(RECOVERED)[:-1],
    line(RECOVERED)[:-1] + ', "account": "b"}',
    line(RECOVERED) + "1",
    "[]",
    "1",
    "[" * 100000,
]


def test_host_program_refuses_what_lowtide_host_refuses(
    program: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, wrong in enumerate(WRONG):
        file = write(
            tmp_path / f"{place}.jsonl", line(ENABLE), "", line(BALANCE), wrong, line(RECOVERED)
        )
        ours = str(tmp_path / f"{place}.db")
        assert host.main(ours, "ingest", file) == 1, wrong
        message = capsys.readouterr().err
        assert message.startswith(f"{file}:4: "), (wrong, message)
        assert message.count("\n") == 1, message
        # The lines before it are stored, and so is the place in the file.
        assert rows(ours, CREDIT) == [("acme", "900.5", 2)]
        other = str(tmp_path / f"{place}.host.db")
        assert theirs(program, other, "ingest", file, "--timer", "explicit").returncode == 1, wrong
        assert rows(other, SOURCES) == rows(ours, SOURCES)
        if place % 10 == 0:  # with the line corrected, the rest is ingested
            write(
                tmp_path / f"{place}.jsonl",
                line(ENABLE),
                "",
                line(BALANCE),
                line(TICK),
                line(RECOVERED),
            )
            assert host.main(ours, "ingest", file) == 0
            assert rows(ours, CREDIT) == [("acme", "1100", 4)]


def test_host_program_ticks_past_a_damaged_account(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = str(tmp_path / "host.db")
    both = [line(event, account=account) for account in ("a", "b") for event in (ENABLE, BALANCE)]
    file = write(tmp_path / "events.jsonl", *both)
    assert host.main(db, "ingest", file) == 0
    with contextlib.closing(database.connect(db)) as opened:
        opened.execute("UPDATE accounts SET alert_states = zeroblob(3) WHERE name = 'a'")
    write(tmp_path / "events.jsonl", *both, line(TICK), line(RECOVERED, account="b"))
    assert host.main(db, "ingest", file) == 1
    assert capsys.readouterr().err.startswith(f"{file}:5: account 'a': ")
    assert [kind for kind, _ in rows(db, SENT)] == ["fire", "fire", "remind", "stop"]
    assert host.main(db, "tick") == 1
    assert capsys.readouterr().err.startswith("account 'a': ")


# ---- Files that were ingested before ----


@pytest.mark.parametrize("order", ["python python", "python host", "host python"])
def test_host_program_ingests_a_file_once(program: str, order: str, tmp_path: pathlib.Path) -> None:
    db, alone, path = (
        str(tmp_path / "host.db"),
        str(tmp_path / "alone.db"),
        tmp_path / "events.jsonl",
    )

    def ingest(whose: str) -> None:
        if whose == "python":
            assert host.main(db, "ingest", str(path)) == 0
        else:
            assert theirs(program, db, "ingest", str(path), "--timer", "explicit").returncode == 0

    first, second = order.split()
    # A byte order mark, blank lines, another line end, and a last line without one.
    path.write_bytes(
        b"\xef\xbb\xbf" + "\r\n".join([line(ENABLE), " ", line(BALANCE), line(RECOVERED)]).encode()
    )
    ingest(first)
    before = rows(db, SENT), rows(db, SOURCES), rows(db, CREDIT)
    assert [kind for kind, _ in before[0]] == ["fire", "stop"]
    ingest(second)
    assert (rows(db, SENT), rows(db, SOURCES), rows(db, CREDIT)) == before
    with path.open("ab") as file:
        file.write(("\r\n" + line(BALANCE, at="2026-03-02T00:00:00Z") + "\n\n").encode())
    ingest(second)
    ingest(first)
    assert [kind for kind, _ in rows(db, SENT)] == ["fire", "stop", "fire"]
    assert theirs(program, alone, "ingest", str(path), "--timer", "explicit").returncode == 0
    assert (rows(db, SENT), rows(db, SOURCES), rows(db, CREDIT)) == (
        rows(alone, SENT),
        rows(alone, SOURCES),
        rows(alone, CREDIT),
    )


@pytest.mark.parametrize(
    "then, named",
    [
        (line(ENABLE) + "\n", ":2: is not the line that was ingested before"),
        (
            line(ENABLE) + "\n" + line(BALANCE, available_credit="900.6") + "\n",
            ":2: is not the line that was ingested before",
        ),
        (line(ENABLE) + "\n" + line(BALANCE) + " \n", ":2: has grown"),
    ],
)
def test_host_program_refuses_a_rewritten_file(
    then: str, named: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db, path = str(tmp_path / "host.db"), tmp_path / "events.jsonl"
    path.write_text(line(ENABLE) + "\n" + line(BALANCE), "utf-8")
    assert host.main(db, "ingest", str(path)) == 0
    path.write_text(then + line(RECOVERED) + "\n", "utf-8")
    assert host.main(db, "ingest", str(path)) == 1
    assert named in capsys.readouterr().err
    assert rows(db, CREDIT) == [("acme", "900.5", 2)]


def test_host_program_ends_if_another_ingests_the_same_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    db, file = (
        str(tmp_path / "host.db"),
        write(tmp_path / "events.jsonl", line(ENABLE), line(BALANCE)),
    )
    resume = ingest.resume

    def late(*arguments: Any) -> Tuple[int, int]:
        found = resume(*arguments)
        monkeypatch.setattr(ingest, "resume", resume)
        assert host.main(db, "ingest", file) == 0
        return found

    monkeypatch.setattr(ingest, "resume", late)
    assert host.main(db, "ingest", file) == 1
    assert capsys.readouterr().err == f"{file}:1: another process is ingesting the file\n"
    assert rows(db, CREDIT) == [("acme", "900.5", 2)]
    assert [kind for kind, _ in rows(db, SENT)] == ["fire"]
