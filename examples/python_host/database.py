# SPDX-License-Identifier: Apache-2.0
"""The database file: opens it, creates the tables of lowtide-host in it, and runs transactions."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Iterator

SCHEMA = Path(__file__).parents[2] / "src" / "programs" / "host" / "sqlite" / "schema.sql"
# They mark a database with these tables.
APPLICATION_ID = 0x6C6F7774
VERSION = 1


def connect(path: str) -> sqlite3.Connection:
    """Opens the database. Creates the tables if it is empty.

    Raises ValueError if it is of another program or version; such a file is left unchanged.
    """
    db = sqlite3.connect(path, timeout=10, isolation_level=None)
    try:
        if is_empty(db, path):
            with transaction(db):
                if is_empty(db, path):  # still, now that no other process can write
                    for statement in SCHEMA.read_text("utf-8").split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    db.execute(f"PRAGMA user_version = {VERSION}")
        write_ahead(db)
        db.executescript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        return db
    except BaseException:
        db.close()
        raise


def is_empty(db: sqlite3.Connection, path: str) -> bool:
    # One statement, so that no other process can create the tables between its parts.
    tables, *known = db.execute(
        "SELECT (SELECT count(*) FROM sqlite_schema), * "
        "FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if known != [APPLICATION_ID, VERSION] and (tables, *known) != (0, 0, 0):
        raise ValueError(
            f"{path}: is not a database of this host, or of another version: "
            f"application_id, user_version are {known}"
        )
    return bool(known == [0, 0])


def write_ahead(db: sqlite3.Connection) -> None:
    """Tries several times: if two processes set it at once, one fails without the timeout."""
    for left in reversed(range(20)):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if not left:
                raise
            sleep(0.05)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Runs a transaction. Inside one of the caller's, as for a joined Monitor, does nothing."""
    joined = db.in_transaction
    if joined:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
