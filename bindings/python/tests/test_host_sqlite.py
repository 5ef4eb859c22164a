# SPDX-License-Identifier: Apache-2.0
"""examples/python_host: a real SQLite file, which it shares with lowtide-host, and a real mail server."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import os
import pathlib
import random
import socket
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Dict, Iterator, List, Optional, Sequence

import pytest
from aiosmtpd.controller import Controller
from scale import Exercised, scaled

import lowtide

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "examples" / "python_host"))

import courier
import host
import store

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)
SHARED = ("accounts", "alerts", "notices", "deliveries", "audit", "sources")


@pytest.fixture(scope="module")
def program() -> str:
    """lowtide-host."""
    found = os.environ.get("LOWTIDE_HOST", "")
    if not found:
        pytest.skip("LOWTIDE_HOST does not say where lowtide-host is")
    return found


@pytest.fixture
def db(tmp_path: pathlib.Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(store.connect(str(tmp_path / "host.db"))) as made:
        yield made


def dump(path: pathlib.Path, tables: Sequence[str] = SHARED) -> Dict[str, List[Any]]:
    with contextlib.closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            table: opened.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in tables
        }


def run(program: str, path: pathlib.Path, *arguments: str) -> str:
    done = subprocess.run(
        [program, "--db", str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- One file, two hosts ----


def events(chance: random.Random, count: int, start: int) -> Iterator[str]:
    """Events that crowd the edges, and say their ticks themselves."""
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
        if event["type"] != "tick":
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
                    name: chance.choice(["0", "5", "7.25"]) for name in store.COMPONENTS
                }
            if chance.random() < 0.3:
                event["sequence"] = chance.randint(1, 50)
        yield json.dumps(event)


def write(path: pathlib.Path, lines: Sequence[str]) -> str:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return str(path)


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
        # All are enabled at first, so that no later line can be refused.
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
        told = run(program, shared, "notices", "--json")
        assert told == run(program, alone, "notices", "--json")
        notices += len(told.splitlines())
        run(program, shared, "plans")
    exercised(f"events on one file, {order}", count, "events", scaled(8) * 366)
    exercised(f"notices on one file, {order}", notices, "notices", scaled(8) * 10)


def test_the_tables_are_those_of_lowtide_host(program: str, tmp_path: pathlib.Path) -> None:
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    store.connect(str(ours)).close()
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
    # A file of another program is left alone.
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE other (x)")
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(ValueError, match=r"other\.db: is no database of this host"):
        store.connect(str(tmp_path / "other.db"))
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_profile_and_deliveries_go_from_one_host_to_the_other(
    program: str, tmp_path: pathlib.Path
) -> None:
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
        contextlib.closing(store.connect(str(path))) as db,
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
    with contextlib.closing(store.connect(str(path))) as db:
        assert db.execute("SELECT channel, state FROM deliveries ORDER BY channel").fetchall() == [
            ("email", "sent"),
            ("internal_message", "sent"),
        ]


# ---- The store ----


def low(monitor: lowtide.Monitor, account: str = "acme") -> None:
    monitor.enable(account, 1000, at=NOW, now=NOW)
    monitor.observe(account, available_credit=900, at=NOW, now=NOW)


def test_an_exception_within_a_commit_leaves_nothing_behind(
    db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    class Interrupted(store.SqliteStore):
        def commit_one(self, commit: lowtide.Commit, now: Any) -> lowtide.CommitResult:
            result = super().commit_one(commit, now)
            if commit.after.name == "b":
                raise raised
            return result

    with lowtide.Monitor(store.SqliteStore(db)) as monitor:
        low(monitor, "a")
        low(monitor, "b")
    before = dump(tmp_path / "host.db")
    changes = [lowtide.AccountEvent(name, NOW, available_credit=1, sequence=1) for name in "abc"]
    with lowtide.Monitor(Interrupted(db)) as monitor:
        for raised in (KeyError("b"), KeyboardInterrupt(), sqlite3.OperationalError("disk full")):
            with pytest.raises(type(raised)):
                monitor.apply(changes, now=NOW)
            assert not db.in_transaction
            assert dump(tmp_path / "host.db") == before


def test_two_workers_on_one_file_conflict_and_go_on(
    db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    class Slow(store.SqliteStore):
        """Another worker commits the account between each load and its commit, three times."""

        conflicts = 0

        def commit(self, commits: Sequence[lowtide.Commit]) -> List[lowtide.CommitResult]:
            if self.conflicts < 3:
                other.observe(
                    "acme", available_credit=Decimal(800 + self.conflicts), at=NOW, now=NOW
                )
            results = super().commit(commits)
            self.conflicts += results.count(lowtide.CommitResult.CONFLICT)
            return results

    with (
        contextlib.closing(store.connect(str(tmp_path / "host.db"))) as second,
        lowtide.Monitor(store.SqliteStore(second)) as other,
    ):
        slow = Slow(db)
        with lowtide.Monitor(slow) as monitor:
            low(other)
            report = monitor.observe("acme", available_credit=700, at=NOW, now=NOW)
    assert (slow.conflicts, report.stored) == (3, True)
    assert dump(tmp_path / "host.db")["accounts"][0][3] == "700"


def test_what_is_due_is_found_up_to_the_end_and_behind_the_cursor(db: sqlite3.Connection) -> None:
    kept = store.SqliteStore(db)
    with lowtide.Monitor(kept) as monitor:
        for account in ("a", "b", "c"):
            low(monitor, account)

    def found(inclusive: bool, limit: int, after: Optional[lowtide.WalkCursor]) -> List[str]:
        return [one.account for one in kept.due(NOW + DAY, inclusive, limit, after)]

    assert found(False, 9, None) == []
    assert found(True, 9, None) == ["a", "b", "c"]
    first, second = kept.due(NOW + DAY, True, 2, None)
    assert found(True, 9, first.cursor) == ["b", "c"]
    assert found(True, 1, second.cursor) == ["c"]


def test_a_joined_monitor_writes_within_the_transaction_of_the_caller(
    db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    with lowtide.Monitor(store.SqliteStore(db), joined=True) as monitor:
        db.execute("BEGIN IMMEDIATE")
        low(monitor)
        db.execute("ROLLBACK")
        assert dump(tmp_path / "host.db")["accounts"] == []
        with store.transaction(db):
            low(monitor)
        assert len(dump(tmp_path / "host.db")["notices"]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "alert_states = CAST(alert_states || x'00' AS BLOB)",
        "alert_states = CAST(alert_states || alert_states AS BLOB)",
        "alert_states = substr(alert_states, 1, 20)",
        "alert_states = zeroblob(0)",
        "available_credit = 'much'",
        "available_credit = 'NaN'",
        "available_credit = '1e99'",
        "cash_balance = 'x', credit_limit = '', credit_refunds = 0, unsettled_current_month = 0, unsettled_previous_months = 0",
        "first_cost_at = -1",
        "first_cost_at = 9223372036854775807",
    ],
)
def test_a_damaged_account_keeps_no_other_waiting(
    program: str, damage: str, db: sqlite3.Connection, tmp_path: pathlib.Path
) -> None:
    with lowtide.Monitor(store.SqliteStore(db)) as monitor:
        for account in ("a", "b", "c"):
            low(monitor, account)
        db.execute(f"UPDATE accounts SET {damage} WHERE name = 'a'")
        before = db.execute("SELECT * FROM accounts WHERE name = 'a'").fetchall()
        with pytest.raises(lowtide.IncompleteError, match="account 'a': ") as told:
            monitor.tick(NOW + DAY)
        assert (
            told.value.report.accounts,
            told.value.report.outputs,
            len(told.value.report.errors),
        ) == (2, 2, 1)
        with pytest.raises(lowtide.HostFailureError, match="account 'a': "):
            monitor.observe("a", available_credit=1, at=NOW, now=NOW)
        assert db.execute("SELECT * FROM accounts WHERE name = 'a'").fetchall() == before
    theirs = subprocess.run(
        [
            program,
            "--db",
            str(tmp_path / "host.db"),
            "ingest",
            "-",
            "--now",
            "2026-03-01T08:00:00Z",
        ],
        input='{"type":"balance","account":"a","at":"2026-03-01T08:00:00Z","available_credit":"1"}',
        capture_output=True,
        text=True,
        check=False,
    )
    assert theirs.returncode == 1
    assert "account 'a': " in theirs.stderr


def test_states_without_an_alert_are_damage(db: sqlite3.Connection) -> None:
    with lowtide.Monitor(store.SqliteStore(db)) as monitor:
        monitor.observe("a", available_credit=1, at=NOW, now=NOW)
        db.execute("UPDATE accounts SET alert_states = x'0102'")
        with pytest.raises(lowtide.HostFailureError, match="account 'a': "):
            monitor.observe("a", available_credit=1, at=NOW, now=NOW)


# ---- Mail ----


class Inbox:
    """What an SMTP server took, and whom it turns away."""

    def __init__(self) -> None:
        self.mails: List[email.message.Message] = []
        self.answers: Dict[str, str] = {}

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get(address, "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=free)
    server.start()
    try:
        yield free
    finally:
        server.stop()


def set_contact(db: sqlite3.Connection, account: str, contact: str) -> None:
    db.execute(
        "UPDATE accounts SET contact = ?, currency = 'USD' WHERE name = ?", (contact, account)
    )


def test_mails_go_over_smtp_and_messages_into_the_table(
    db: sqlite3.Connection, inbox: Inbox, port: int, exercised: Exercised
) -> None:
    contacts = {
        "acme": "ops@acme.example",
        "Zëta": "z@zeta.example",
        "none": "",
        "bad": "a\r\nBcc: x@y.example",
    }
    contacts.update(gone="gone@a.example", busy="busy@a.example")
    inbox.answers = {"gone@a.example": "550 no such mailbox", "busy@a.example": "450 try later"}
    with lowtide.Monitor(
        store.SqliteStore(db), courier.MailCourier(db, "127.0.0.1", port)
    ) as monitor:
        for account, contact in contacts.items():
            low(monitor, account)
            set_contact(db, account, contact)
        with pytest.raises(lowtide.IncompleteError) as told:
            monitor.deliver(NOW)
        report = told.value.report
        assert (report.sent, report.failed, report.postponed) == (2 + len(contacts), 3, 1)
        assert {error.split(":")[0] for error in report.errors} == {
            f"account '{name}'" for name in ("none", "bad", "gone", "busy")
        }
        assert [mail["To"] for mail in inbox.mails] == ["ops@acme.example", "z@zeta.example"]
        assert [mail["Message-ID"].strip() for mail in inbox.mails] == [
            "<lowtide/1/acme/low_balance/1/1772352000/fire@lowtide.invalid>",
            "<lowtide/1/Z%C3%ABta/low_balance/1/1772352000/fire@lowtide.invalid>",
        ]
        assert inbox.mails[1]["Subject"] == "Low balance of Zëta: 900 USD left"
        assert "Threshold: 1000 USD" in inbox.mails[0].get_content()  # type: ignore[attr-defined]
        # What was put off is sent once the server takes it, and nothing else again.
        inbox.answers = {}
        assert monitor.deliver(NOW) == lowtide.DeliveryReport(1, 0, 0)
        assert monitor.deliver(NOW) == lowtide.DeliveryReport(0, 0, 0)
        monitor.tick(NOW + DAY)
        with pytest.raises(lowtide.IncompleteError) as told:
            monitor.deliver(NOW + DAY)
        assert (told.value.report.sent, told.value.report.failed) == (4 + len(contacts), 2)
    assert inbox.mails[-1]["Subject"].startswith("Reminder 1: low balance of ")
    assert db.execute("SELECT count(*), count(DISTINCT key) FROM messages").fetchone() == (
        2 * len(contacts),
        2 * len(contacts),
    )
    exercised("mails over SMTP", len(inbox.mails), "mails", 7)


def test_both_hosts_give_a_mail_the_same_name(
    program: str, tmp_path: pathlib.Path, inbox: Inbox, port: int
) -> None:
    accounts = ["acme", "a..b", "ü" * 120, "x" * 255]
    theirs = tmp_path / "theirs.db"
    lines = []
    for account in accounts:
        lines.append(
            {
                "type": "enable",
                "account": account,
                "at": "2026-03-01T08:00:00Z",
                "threshold": "1000",
            }
        )
        lines.append(
            {
                "type": "balance",
                "account": account,
                "at": "2026-03-01T08:00:00Z",
                "available_credit": "900",
            }
        )
        run(
            program,
            theirs,
            "profile",
            account,
            "--contact",
            "ops@acme.example",
            "--now",
            "2026-03-01T08:00:00Z",
        )
    run(
        program,
        theirs,
        "ingest",
        write(tmp_path / "events.jsonl", [json.dumps(line) for line in lines]),
        "--now",
        "2026-03-01T08:00:00Z",
    )
    ours = tmp_path / "ours.db"
    with (
        contextlib.closing(sqlite3.connect(theirs)) as opened,
        contextlib.closing(sqlite3.connect(ours)) as copy,
    ):
        opened.backup(copy)
    run(
        program,
        theirs,
        "deliver",
        "--mail-dir",
        str(tmp_path / "mail"),
        "--now",
        "2026-03-01T08:00:00Z",
    )
    with contextlib.closing(store.connect(str(ours))) as db:
        monitor = lowtide.Monitor(store.SqliteStore(db), courier.MailCourier(db, "127.0.0.1", port))
        assert monitor.deliver(NOW).sent == 2 * len(accounts)
    names = {
        email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)["Message-ID"]
        for mail in (tmp_path / "mail").iterdir()
    }
    assert {mail["Message-ID"].strip() for mail in inbox.mails} == {name.strip() for name in names}
    assert len(names) == len(accounts)


def test_without_a_mail_server_mails_stay_pending(
    db: sqlite3.Connection, port: int, inbox: Inbox
) -> None:
    with contextlib.closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        with lowtide.Monitor(
            store.SqliteStore(db), courier.MailCourier(db, "127.0.0.1", closed.getsockname()[1])
        ) as monitor:
            low(monitor)
            set_contact(db, "acme", "ops@acme.example")
            with pytest.raises(lowtide.IncompleteError, match=r"account 'acme': email: .*refused"):
                monitor.deliver(NOW)
    assert db.execute("SELECT channel FROM deliveries WHERE state = 'pending'").fetchall() == [
        ("email",)
    ]
    with lowtide.Monitor(
        store.SqliteStore(db), courier.MailCourier(db, "127.0.0.1", port)
    ) as monitor:
        assert monitor.deliver(NOW).sent == 1
    assert len(inbox.mails) == 1


def test_the_program_runs_as_its_usage_says(
    tmp_path: pathlib.Path, port: int, inbox: Inbox, root: pathlib.Path
) -> None:
    path = str(tmp_path / "host.db")
    lines = [
        {"type": "enable", "account": "acme", "at": "2026-03-01T00:00:00Z", "threshold": "1000"},
        {
            "type": "balance",
            "account": "acme",
            "at": "2026-03-01T08:00:00Z",
            "available_credit": "900.50",
            "sequence": 1,
        },
    ]
    file = write(tmp_path / "events.jsonl", [json.dumps(line) for line in lines])
    program = [sys.executable, str(root / "examples" / "python_host" / "host.py"), path]

    def call(now: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*program, *arguments],
            env={**os.environ, "NOW": now},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert call("2026-03-01T08:00:00Z", "ingest", file).returncode == 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE accounts SET contact = 'ops@acme.example'")
        db.commit()
    assert (
        call("2026-03-02T08:00:00Z", "tick").stdout
        == "TickReport(accounts=1, outputs=1, errors=())\n"
    )
    sent = call("2026-03-02T08:00:00Z", "deliver", "127.0.0.1", str(port))
    assert (sent.returncode, sent.stdout) == (
        0,
        "DeliveryReport(sent=4, failed=0, postponed=0, errors=())\n",
    )
    assert [mail["Subject"] for mail in inbox.mails] == [
        "Low balance of acme: 900.5 left",
        "Reminder 1: low balance of acme, 900.5 left",
    ]
