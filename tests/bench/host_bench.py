# SPDX-License-Identifier: Apache-2.0
"""Measures lowtide-host: ingest against a loop of UPDATEs in C, and a tick with many alerts against
the same tick with few.

    python3 tests/bench/host_bench.py BUILD/bin [EVENTS]

Every round works on a copy of the same database. The rounds alternate; the medians are compared.
"""

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import rows

ROUNDS = 5
BATCH = "1000"
LEAST_OF_BASELINE = "at least 0.5"
MOST_OF_FEW = "at most 2"
DUE = 1000


def run(*command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    taken = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(done.stderr.decode())
    return taken


def copy(database, to):
    for suffix in ("-wal", "-shm"):
        if os.path.exists(to + suffix):
            os.remove(to + suffix)
    shutil.copyfile(database, to)
    # Otherwise the first sync of the measured program would have to write the copy.
    with open(to, "rb") as file:
        os.fsync(file.fileno())
    return to


def checkpoint(database):
    """Moves the write-ahead log into the database file, so that a copy of the file is complete."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def ingest(programs, folder, count):
    host, baseline = os.path.join(programs, "lowtide-host"), os.path.join(programs, "host_baseline")
    lines = subprocess.run(
        [os.path.join(programs, "replay_generate"), str(count * 2)],
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.splitlines(True)
    first, second = os.path.join(folder, "first.jsonl"), os.path.join(folder, "second.jsonl")
    with open(first, "wb") as out:
        out.writelines(lines[:count])
    with open(second, "wb") as out:
        out.writelines(lines[count:])
    filled, work = os.path.join(folder, "filled.db"), os.path.join(folder, "work.db")
    run(host, "--db", filled, "ingest", "--batch", BATCH, first)
    checkpoint(filled)
    times: dict[str, list[float]] = {"ingest": [], "baseline": []}
    for _ in range(ROUNDS):
        copy(filled, work)
        times["baseline"].append(run(baseline, work, str(count), BATCH))
        copy(filled, work)
        times["ingest"].append(run(host, "--db", work, "ingest", "--batch", BATCH, second))
    ours, bare = statistics.median(times["ingest"]), statistics.median(times["baseline"])
    return rows.row(
        "one bare UPDATE an event, in the time of lowtide-host's ingest",
        bare / ours,
        LEAST_OF_BASELINE,
        f"whole processes, {count} events from a file into SQLite, a commit per {BATCH}, "
        "synchronous = FULL",
    )


def filled_with(programs, folder, alerts):
    """Creates a database of `alerts` alerts, of which DUE fired a day ago."""
    events, database = os.path.join(folder, f"{alerts}.jsonl"), os.path.join(folder, f"{alerts}.db")
    with open(events, "w", encoding="ascii") as out:
        for i in range(alerts):
            # Spread over all accounts, so that those that are due are not neighbours.
            low = i % (alerts // DUE) == 0
            both = f'"account":"account-{i:07}","at":"2026-03-01T00:00:00Z"'
            credit = 50 if low else 150
            out.write(f'{{"type":"enable",{both},"threshold":"100"}}\n')
            out.write(f'{{"type":"balance",{both},"available_credit":"{credit}"}}\n')
    run(
        os.path.join(programs, "lowtide-host"),
        "--db",
        database,
        "ingest",
        "--batch",
        "10000",
        events,
    )
    checkpoint(database)
    return database


def tick(programs, folder):
    work = os.path.join(folder, "work.db")
    few, many = filled_with(programs, folder, 2 * DUE), filled_with(programs, folder, 1000 * DUE)
    times: dict[str, list[float]] = {few: [], many: []}
    for _ in range(ROUNDS):
        for database in (few, many):
            copy(database, work)
            done = subprocess.run(
                [os.path.join(programs, "host_tick"), work, "2026-03-02T00:00:00Z"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=True,
            )
            times[database].append(float(done.stdout))
            connection = sqlite3.connect(work)
            (reminders,) = connection.execute(
                "SELECT count(*) FROM notices WHERE kind = 'remind'"
            ).fetchone()
            connection.close()
            if reminders != DUE:
                sys.exit(f"{reminders} reminders instead of {DUE}")
    ratio = statistics.median(times[many]) / statistics.median(times[few])
    return rows.row(
        f"a tick of lowtide-host among {1000 * DUE} alerts, in the time of one among {2 * DUE}",
        ratio,
        MOST_OF_FEW,
        f"{DUE} due in either, decided and committed",
    )


def main():
    programs = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200000
    with tempfile.TemporaryDirectory() as folder:
        good = ingest(programs, folder, count)
        good = tick(programs, folder) and good
    return 0 if good else rows.MISSED


if __name__ == "__main__":
    sys.exit(main())
