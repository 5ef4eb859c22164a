# SPDX-License-Identifier: Apache-2.0
"""MailCourier of examples/python_host with a real mail server, and the program as documented."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
from typing import Any, Dict, Iterator, List

import pytest
from aiosmtpd.controller import Controller
from python_host import DAY, NOW, courier, database, low, run, store, write
from scale import Exercised

import lowtide


@pytest.fixture
def db(tmp_path: pathlib.Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(database.connect(str(tmp_path / "host.db"))) as made:
        yield made


class Inbox:
    """An SMTP server: the mails that it accepted, and the recipients that it rejects."""

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


def test_courier_sends_mails_by_smtp_and_messages_to_the_table(
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
        with pytest.raises(lowtide.IncompleteError) as caught:
            monitor.deliver(NOW)
        report = caught.value.report
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
        # A postponed mail is sent when the server accepts it. No other mail is sent again.
        inbox.answers = {}
        assert monitor.deliver(NOW) == lowtide.DeliveryReport(1, 0, 0)
        assert monitor.deliver(NOW) == lowtide.DeliveryReport(0, 0, 0)
        monitor.tick(NOW + DAY)
        with pytest.raises(lowtide.IncompleteError) as caught:
            monitor.deliver(NOW + DAY)
        assert (caught.value.report.sent, caught.value.report.failed) == (4 + len(contacts), 2)
    assert inbox.mails[-1]["Subject"].startswith("Reminder 1: low balance of ")
    assert db.execute("SELECT count(*), count(DISTINCT key) FROM messages").fetchone() == (
        2 * len(contacts),
        2 * len(contacts),
    )
    exercised("mails over SMTP", len(inbox.mails), "mails", 7)


def test_hosts_give_a_mail_the_same_message_id(
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
    with contextlib.closing(database.connect(str(ours))) as db:
        monitor = lowtide.Monitor(store.SqliteStore(db), courier.MailCourier(db, "127.0.0.1", port))
        assert monitor.deliver(NOW).sent == 2 * len(accounts)
    names = {
        email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)["Message-ID"]
        for mail in (tmp_path / "mail").iterdir()
    }
    assert {mail["Message-ID"].strip() for mail in inbox.mails} == {name.strip() for name in names}
    assert len(names) == len(accounts)


def test_mails_stay_pending_without_a_mail_server(
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


def test_host_program_runs_as_documented(
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
