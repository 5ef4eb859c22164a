# SPDX-License-Identifier: Apache-2.0
"""examples/python_host and lowtide-host on the same SQLite file."""

from __future__ import annotations

import contextlib
import json
import pathlib
import random
import sqlite3
from datetime import datetime, timezone
from typing import Any, Dict, Iterator

import pytest
from python_host import NOW, database, dump, host, rows, run, store, write
from scale import Exercised, scaled

import lowtide


def events(chance: random.Random, count: int, start: int) -> Iterator[str]:
    """Events close to the limits, ticks included."""
    at = start
    for _ in range(count):
        at += chance.choice([0, 60, 3600, 40000, 86400])
        event: Dict[str, Any] = {
            "type": chance.choice(
                ["balance"] * 8
                + ["tick"] * 5
                + ["enable"] * 2
                + ["set_threshold", "disable", "rebase"]
            )
        }
        event["at"] = datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        if event["type"] != "tick" or chance.random() < 0.4:
            event["account"] = chance.choice(["acme", "Zëta & Söhne", "b/1"])
        if event["type"] in ("enable", "set_threshold"):
            event["threshold"] = chance.choice(["0", "10", "1e1", "10.000000000000000001"])
            event["if_below"] = chance.choice(["next_change", "recovery_first"])
        if event["type"] == "enable":
            event["alert"] = chance.choice(["low_balance", "critical"])
            if chance.random() < 0.5:
                event["reminders"] = {
                    "count": chance.choice([0, 2, 5]),
                    "at": "09:30",
                    "utc_offset": chance.choice(["+08:00", "-03:30"]),
                }
        if event["type"] == "rebase":
            event["sequence"] = 0
        if event["type"] == "balance":
            if chance.random() < 0.5:
                event["available_credit"] = chance.choice(
                    ["5", "9.5", "10", "11", "0", "-0.000000000000000001"]
                )
            else:
                event["balance"] = {
                    name: chance.choice(["0", "5", "7.25"]) for name in rows.COMPONENTS
                }
            if chance.random() < 0.3:
                event["sequence"] = chance.randint(1, 50)
        yield json.dumps(event)


@pytest.mark.parametrize(
    "order", ["host python host", "python host python", "python python python"]
)
def test_two_hosts_on_one_file_do_what_one_does(
    program: str,
    order: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    exercised: Exercised,
) -> None:
    after = "2027-12-31T00:00:00Z"
    monkeypatch.setenv("NOW", after)
    count = notices = 0
    for seed in range(scaled(8)):
        chance = random.Random(seed)
        # All alerts are enabled first, so that no later line is refused.
        start = int(NOW.timestamp())
        setup = [
            json.dumps(
                {
                    "type": "enable",
                    "account": name,
                    "alert": alert,
                    "at": "2026-03-01T00:00:00Z",
                    "threshold": "10",
                }
            )
            for name in ("acme", "Zëta & Söhne", "b/1")
            for alert in ("low_balance", "critical")
        ]
        parts = [
            [*setup, *events(chance, 120, start)],
            [*events(chance, 120, start + 90 * 86400)],
            [*events(chance, 120, start + 180 * 86400)],
        ]
        alone, shared = tmp_path / f"alone{seed}.db", tmp_path / f"shared{seed}.db"
        for place, (part, whose) in enumerate(zip(parts, order.split())):
            file = write(tmp_path / f"{seed}.{place}.jsonl", part)
            run(program, alone, "ingest", file, "--now", after, "--timer", "explicit")
            if whose == "host":
                run(program, shared, "ingest", file, "--now", after, "--timer", "explicit")
            else:
                assert host.main(str(shared), "ingest", file) == 0
            count += len(part)
        assert dump(shared) == dump(alone)
        listed = run(program, shared, "notices", "--json")
        assert listed == run(program, alone, "notices", "--json")
        notices += len(listed.splitlines())
        run(program, shared, "plans")
    exercised(f"events on one file, {order}", count, "events", scaled(8) * 366)
    exercised(f"notices on one file, {order}", notices, "notices", scaled(8) * 10)


def test_tables_are_those_of_lowtide_host(program: str, tmp_path: pathlib.Path) -> None:
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    database.connect(str(ours)).close()
    run(program, theirs, "profile", "acme", "--contact", "ops@acme.example")
    schemas = []
    for path in (ours, theirs):
        with contextlib.closing(sqlite3.connect(path)) as opened:
            pragmas = [
                opened.execute(f"PRAGMA {name}").fetchone()
                for name in ("application_id", "user_version", "journal_mode")
            ]
            schemas.append(
                (
                    opened.execute(
                        "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
                    ).fetchall(),
                    pragmas,
                )
            )
    assert schemas[0] == schemas[1]
    assert len(schemas[0][0]) > 15
    # A file of another program is left unchanged.
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE other (x)")
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(ValueError, match=r"other\.db: is not a database of this host"):
        database.connect(str(tmp_path / "other.db"))
    assert (tmp_path / "other.db").read_bytes() == before


def test_hosts_share_profiles_and_deliveries(program: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "host.db"
    run(
        program,
        path,
        "profile",
        "acme",
        "--contact",
        "ops@acme.example",
        "--currency",
        "USD",
        "--now",
        "2026-03-01T08:00:00Z",
    )
    with (
        contextlib.closing(database.connect(str(path))) as db,
        lowtide.Monitor(store.SqliteStore(db)) as monitor,
    ):
        monitor.enable("acme", 1000, at=NOW, now=NOW)
        monitor.observe("acme", available_credit=900, at=NOW, now=NOW)
    run(
        program,
        path,
        "deliver",
        "--mail-dir",
        str(tmp_path / "mail"),
        "--now",
        "2026-03-01T08:00:00Z",
    )
    [mail] = (tmp_path / "mail").glob("*.eml")
    assert "To: ops@acme.example" in mail.read_text("utf-8")
    with contextlib.closing(database.connect(str(path))) as db:
        assert db.execute("SELECT channel, state FROM deliveries ORDER BY channel").fetchall() == [
            ("email", "sent"),
            ("internal_message", "sent"),
        ]
