# SPDX-License-Identifier: Apache-2.0
"""Runs lowtide-host over a fixed scenario, kills it at one of its calls, and checks what is left.

kill_points.py and power_loss.py call it. Two things must hold. At every instant, even right after
the kill: nothing was sent that is not stored, and nothing is stored as sent that was not sent. Once
the same commands have run again to their end: everything is as if nothing had happened.
"""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
from typing import Any

ALL_COLUMNS = {
    "accounts": "name, available_credit, sequence, cash_balance, unsettled_current_month,"
    " first_cost_at, hex(alert_states), contact",
    "alerts": "(SELECT name FROM accounts WHERE id = account_id), name, phase, threshold,"
    " next_reminder_at",
    "notices": "key, alert, kind, episode, fired_at, at, reminder, skipped, reason, reminders_sent,"
    " available_credit, threshold",
    "deliveries": "(SELECT key FROM notices WHERE id = notice_id), channel, state",
    "messages": "key, subject, body",
}


def scale():
    """LOWTIDE_TEST_SCALE divides the work, for slow builds such as those with sanitizers."""
    return max(int(os.environ.get("LOWTIDE_TEST_SCALE", "1") or "1"), 1)


def exercised(check, count, unit, at_least):
    """Prints one line for the table at the end of a test run. Fails below `at_least`."""
    scaled = "" if scale() == 1 else f" (scaled down by {scale()})"
    print(f"exercised: {check}{scaled}: {count} {unit}", flush=True)
    if count < at_least:
        raise SystemExit(f"{check}: exercised only {count} {unit}, expected at least {at_least}")


class Scenario:
    """Two files with events of every kind, and the commands that process them."""

    def __init__(self, folder, accounts=9):
        self.accounts = accounts
        self.files = []
        for number, lines in enumerate((self.first(accounts), self.second(accounts)), 1):
            path = pathlib.Path(folder) / f"events-{number}.jsonl"
            path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            self.files.append(str(path))

    @staticmethod
    def event(kind, account, at, **fields):
        line = {"type": kind, "account": account, "at": at, **fields}
        return json.dumps(line, separators=(",", ":"))

    def balance(self, account, at, credit, sequence=None):
        sequences = {} if sequence is None else {"sequence": sequence}
        return self.event("balance", account, at, **sequences, available_credit=credit)

    def components(self, account, at, cash, usage, sequence):
        balance = {
            "cash_balance": cash,
            "credit_limit": "0",
            "credit_refunds": "0",
            "unsettled_current_month": usage,
            "unsettled_previous_months": "0",
        }
        return self.event("balance", account, at, sequence=sequence, balance=balance)

    def first(self, accounts):
        names = [f"acme-{i}" for i in range(accounts)]
        start = "2026-03-01T00:00:00Z"
        for name in names:
            yield self.event("enable", name, start, threshold="1000")
        for name in names[::2]:
            yield self.event("enable", name, start, alert="critical", threshold="10")
        for i, name in enumerate(names):
            yield self.components(name, "2026-03-01T01:00:00Z", "5000", "0", 1)
            yield self.components(name, "2026-03-02T08:00:00Z", "1000", f"{i + 1}", 2)
        # Without sequences: down, up and down again. Ingested twice, they would fire twice more.
        for name in names[::3]:
            for hour, credit in enumerate(("2000", "999", "3000", "998"), 9):
                yield self.balance(name, f"2026-03-02T{hour:02}:00:00Z", credit)

    def second(self, accounts):
        names = [f"acme-{i}" for i in range(accounts)]
        for i, name in enumerate(names):
            at = "2026-03-04T12:00:00Z"
            yield self.balance(name, at, ("5000", "-1", "9.5")[i % 3], 3)
            yield self.balance(name, at, "1", 3)  # repeated, so it is stale
        at = "2026-03-04T13:00:00Z"
        yield self.event("disable", names[0], at, alert="critical")
        yield self.event("set_threshold", names[1], at, threshold="2000")
        yield self.event("rebase", names[2], at, sequence=0)
        for name in names[2:5]:
            yield self.balance(name, "2026-03-04T14:00:00Z", "4", 7)

    def preparations(self, place):
        """The commands that run before anything is killed."""
        return [
            [
                "profile",
                "--db",
                place.db,
                f"acme-{i}",
                "--contact",
                f"owner-{i}@example.com",
                "--currency",
                "USD",
            ]
            for i in range(self.accounts)
        ]

    def commands(self, place):
        """The commands of a run; the same for the first time and after a kill."""
        first, second = self.files
        return [
            ["ingest", "--db", place.db, first],
            ["deliver", "--db", place.db, "--mail-dir", place.mail],
            ["tick", "--db", place.db, "--now", "2026-03-03T20:00:00Z"],
            ["deliver", "--db", place.db, "--mail-dir", place.mail],
            ["ingest", "--db", place.db, second],
            ["tick", "--db", place.db, "--now", "2026-03-06T00:00:00Z"],
            ["deliver", "--db", place.db, "--mail-dir", place.mail],
        ]


class Place:
    """The folder of one run: the database, the mails, and the records of the killpoint library."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.undo = self.folder / "undo"
        self.counter = self.folder / "counter"
        self.trace = self.folder / "trace"
        self.db = str(self.data / "host.db")
        # Not in the folder of the database, because SQLite syncs that folder.
        self.mail = str(self.data / "out" / "mail")

    def fresh(self, base=None):
        """Empties the folder, or copies another folder of data into it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if base is None:
            (self.data / "out").mkdir(parents=True)
        else:
            shutil.copytree(base, self.data)
        self.undo.mkdir()
        self.reset()

    def reset(self):
        self.counter.write_bytes(bytes(8))

    def count(self):
        return struct.unpack("=Q", self.counter.read_bytes())[0]

    def mails(self):
        """The complete mails, by Message-ID, without their dates; and what is wrong with them."""
        found: dict[str, str] = {}
        wrong: list[str] = []
        for path in sorted(pathlib.Path(self.mail).glob("[!.]*.eml")):
            lines = path.read_bytes().decode("utf-8", "replace").splitlines()
            identity = [
                line.partition(":")[2].strip()
                for line in lines
                if line.lower().startswith("message-id:")
            ]
            if len(identity) != 1:
                wrong.append(
                    f"{path.name}: holds {len(identity)} Message-IDs in {len(lines)} lines"
                )
                continue
            rest = "\n".join(line for line in lines if not line.lower().startswith("date:"))
            if found.setdefault(identity[0], rest) != rest:
                wrong.append(f"{path.name}: two mails of one Message-ID differ")
        return found, wrong


class Image:
    """The content of a database and of a mail folder."""

    def __init__(self, place, copy):
        """With `copy`, it reads a copy: opening the database itself would recover and change it."""
        self.wrong = []
        path = place.db
        if copy:
            scratch = place.folder / "copy"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            for suffix in ("", "-wal", "-journal"):
                if os.path.exists(place.db + suffix):
                    shutil.copyfile(place.db + suffix, scratch / ("host.db" + suffix))
            path = str(scratch / "host.db")
        self.tables: dict[str, list[Any]] = {name: [] for name in ALL_COLUMNS}
        self.mails, wrong = place.mails()
        self.wrong += wrong
        if not os.path.exists(path):
            return
        connection = sqlite3.connect(path)
        try:
            check = connection.execute("PRAGMA integrity_check").fetchall()
            if check != [("ok",)]:
                self.wrong.append(f"integrity_check: {check[:3]}")
            if connection.execute(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'notices'"
            ).fetchone()[0]:
                for name, columns in ALL_COLUMNS.items():
                    self.tables[name] = sorted(
                        connection.execute(f"SELECT {columns} FROM {name}").fetchall(), key=repr
                    )
        except sqlite3.DatabaseError as error:
            self.wrong.append(f"sqlite: {error}")
        finally:
            connection.close()

    def keys(self):
        return [row[0] for row in self.tables["notices"]]

    def check_any_time(self, key_of_mail):
        """Checks what must hold at every instant."""
        wrong = list(self.wrong)
        keys = self.keys()
        if len(set(keys)) != len(keys):
            wrong.append("two notices have the same key")
        messages = [row[0] for row in self.tables["messages"]]
        if len(set(messages)) != len(messages):
            wrong.append("an inbox contains the same message twice")
        mailed = {key_of_mail[identity] for identity in self.mails if identity in key_of_mail}
        wrong += [
            f"a mail that a run without a kill does not send: {identity}"
            for identity in self.mails
            if identity not in key_of_mail
        ]
        wrong += [f"sent, but not stored: {key}" for key in (mailed | set(messages)) - set(keys)]
        for key, channel, state in self.tables["deliveries"]:
            if state == "sent" and key not in (mailed if channel == "email" else messages):
                wrong.append(f"stored as sent, but not sent: {channel} {key}")
        return wrong

    def differences(self, whole):
        """Checks, once all commands ran again, that all is as in a run without a kill."""
        wrong = []
        for name in ALL_COLUMNS:
            missing = [row for row in whole.tables[name] if row not in self.tables[name]]
            added = [row for row in self.tables[name] if row not in whole.tables[name]]
            if missing or added or len(whole.tables[name]) != len(self.tables[name]):
                wrong.append(
                    f"{name}: missing {missing[:2]}, additional {added[:2]}, "
                    f"{len(self.tables[name])} rows"
                )
        if self.mails != whole.mails:
            wrong.append(
                f"mails: {len(self.mails)} instead of {len(whole.mails)}, or with other content"
            )
        if any(row[2] == "pending" for row in self.tables["deliveries"]):
            wrong.append("a delivery is still pending")
        return wrong


class Harness:
    def __init__(self, host, library, accounts=9):
        self.host, self.library = host, library
        # In memory if possible: the harness creates and removes thousands of databases.
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="lowtide-kill-", dir=base)
        self.base = os.path.join(self.folder, "base")
        self.scenario = Scenario(self.folder, accounts)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name):
        return Place(os.path.join(self.folder, name))

    def run(self, place, arguments, **setting):
        """Runs one command. With settings, the killpoint library is preloaded: killpoint.hpp."""
        environment = dict(os.environ, LC_ALL="C.UTF-8")
        if setting:
            environment.update({"LD_PRELOAD": self.library, "KILL_COUNTER": str(place.counter)})
            environment["ASAN_OPTIONS"] = (
                environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            )
            environment.update({name: str(value) for name, value in setting.items()})
        return subprocess.run(
            [self.host, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )

    def finish(self, place):
        """Runs all commands to their end. Returns what went wrong."""
        wrong = []
        for arguments in self.scenario.commands(place):
            done = self.run(place, arguments)
            if done.returncode != 0:
                wrong.append(
                    f"{arguments[0]} ended with {done.returncode}: "
                    + done.stderr.decode("utf-8", "replace")[-300:]
                )
        return wrong

    def whole(self, images=False):
        """Runs all commands without a kill.

        Returns the image at the end; the calls of each command as (kind, size); and the state
        before each command and at the end, as folders, or as images if `images`.
        """
        place = self.place("whole")
        place.fresh()
        for arguments in self.scenario.preparations(place):
            if self.run(place, arguments).returncode != 0:
                raise SystemExit(f"{arguments} failed")
        shutil.copytree(place.data, self.base)
        calls: list[list[tuple[str, int]]] = []
        states: list[Any] = []
        for number, arguments in enumerate(self.scenario.commands(place)):
            if images:
                states.append(Image(place, copy=True))
            else:
                states.append(os.path.join(self.folder, f"before-{number}"))
                shutil.copytree(place.data, states[-1])
            place.reset()
            place.trace.write_bytes(b"")
            done = self.run(place, arguments, KILL_TRACE=place.trace)
            if done.returncode != 0:
                raise SystemExit(
                    f"{arguments} ended with {done.returncode}: {done.stderr.decode()}"
                )
            traced = [line.split(" ", 2) for line in place.trace.read_text().splitlines()]
            calls.append([(kind, int(size)) for kind, size, _ in traced])
            if place.count() != len(calls[-1]):
                raise SystemExit("the library has counted and traced different numbers of calls")
        image = Image(place, copy=False)
        states.append(image)
        wrong = self.finish(place) + Image(place, copy=False).differences(image)
        if wrong:
            raise SystemExit(f"running the same commands again changes something: {wrong}")
        return image, calls, states

    @staticmethod
    def key_of_mails(image):
        """The keys by Message-ID. Every e-mail delivery of a whole run must have its mail."""
        keys = [
            key
            for key, channel, state in image.tables["deliveries"]
            if channel == "email" and state == "sent"
        ]
        found = {}
        for identity in image.mails:
            key = identity.removeprefix("<").rpartition("@")[0]
            if key not in keys:
                raise SystemExit(f"{identity} belongs to no notice that was sent by e-mail")
            found[identity] = key
        if len(found) != len(keys) or len(set(found.values())) != len(keys):
            raise SystemExit(f"{len(found)} mails for {len(keys)} sent deliveries")
        return found


def was_killed(done):
    return done.returncode == -signal.SIGKILL
