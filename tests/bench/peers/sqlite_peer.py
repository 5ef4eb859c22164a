# SPDX-License-Identifier: Apache-2.0
"""The rules of an alert as sets in SQLite, on a database in memory: sqlite.sql.

peers.py runs it; peer.py says how a peer is called.
"""

import sqlite3
import sys

import peer

UNITS = 10**18


def whole_and_units(field):
    """The whole part and the units of an amount: -0.5 is -1 and 0.5."""
    if not field:
        return None, None
    whole, _, fraction = field.lstrip("-").partition(".")
    units = int(whole) * UNITS + int(fraction.ljust(18, "0"))
    return divmod(-units if field.startswith("-") else units, UNITS)


def text(whole, units):
    if whole is None:
        return ""
    total = whole * UNITS + units
    size, sign = abs(total), "-" if total < 0 else ""
    fraction = f"{size % UNITS:018}".rstrip("0")
    return f"{sign}{size // UNITS}" + (f".{fraction}" if fraction else "")


def fresh_rows(folder, count):
    for f in peer.rows(folder, "alerts.tsv", count):
        yield (
            int(f[0]),
            *whole_and_units(f[1]),
            *map(peer.integer, f[2:12]),
            *whole_and_units(f[12]),
            peer.integer(f[13]),
        )


def change_rows(folder, number, count):
    for f in peer.rows(folder, f"round-{number}.tsv", count):
        yield (
            int(f[0]),
            int(f[1]),
            peer.integer(f[2]),
            *(part for field in f[3:] for part in whole_and_units(field)),
        )


class Database:
    def __init__(self, folder, count):
        self.folder = folder
        self.sql = peer.statements("sqlite.sql")
        # Autocommit: the module begins no transaction by itself.
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = OFF")
        self.connection.executescript(self.sql["schema"])
        self.insert("fresh", 16, fresh_rows(folder, count))
        for number in range(1, peer.ROUNDS + 1):
            self.connection.executescript(self.sql["changes"].format(round=number))
            self.insert(f"changes_{number}", 13, change_rows(folder, number, count))
        self.connection.execute("ANALYZE")

    def insert(self, table, columns, rows):
        self.connection.execute("BEGIN")
        self.connection.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows
        )
        self.connection.execute("COMMIT")

    def run(self, *names, **values):
        self.connection.executescript(
            "BEGIN;" + "".join(self.sql[name] for name in names).format(**values) + "COMMIT;"
        )

    def play(self, answers):
        self.connection.executescript(
            "DELETE FROM outputs; DELETE FROM alerts; INSERT INTO alerts SELECT * FROM fresh;"
        )
        clock = peer.Clock()
        for number in range(1, peer.ROUNDS + 1):
            with clock:
                self.run("decide", "apply", round=number)
        if answers:
            self.run("tick", "apply", round=peer.ROUNDS + 1, at=peer.tick_at(self.folder))
            sent = self.connection.execute("SELECT * FROM outputs ORDER BY round, id, kind")
            peer.write(
                answers + ".outputs",
                ((*row[:10], text(*row[10:12]), text(*row[12:14])) for row in sent),
            )
            states = self.connection.execute(
                "SELECT id, phase, episode, last_reminder, reminders_sent, stop_reason, fired_at, "
                "fire_day, "
                "credit_whole, credit_units, sequence FROM alerts ORDER BY id"
            )
            peer.write(
                answers + ".states", ((*row[:8], text(*row[8:10]), row[10]) for row in states)
            )
        return clock.taken


def main():
    database = Database(sys.argv[1], int(sys.argv[2]))
    peer.serve(f"SQLite {sqlite3.sqlite_version}", database.play)


if __name__ == "__main__":
    main()
