# SPDX-License-Identifier: Apache-2.0
"""Measures lowtide-replay against a pass that only reads the same JSON, and against plain Python,
in one run on one generated file.

    python3 tests/bench/replay_bench.py BUILD/bin [EVENTS]

The rounds alternate, so that noise of the machine affects all alike; the medians are compared.
"""

import filecmp
import os
import statistics
import subprocess
import sys
import tempfile
import time

import rows

ROUNDS = 7
MOST_OF_BASELINE = "at most 3"
LEAST_OF_PYTHON = "at least 20"


def run(command, events, output=os.devnull):
    """Seconds of wall time and of processor time; a busy machine affects the latter less."""
    with open(events, "rb") as stdin, open(output, "wb") as stdout:
        before, start = os.times(), time.perf_counter()
        subprocess.run(command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, check=True)
        wall, after = time.perf_counter() - start, os.times()
    return (
        wall,
        after.children_user + after.children_system - before.children_user - before.children_system,
    )


def main():
    programs = sys.argv[1]
    count = sys.argv[2] if len(sys.argv) > 2 else "1000000"
    replay, baseline = (
        [os.path.join(programs, "lowtide-replay")],
        [os.path.join(programs, "replay_baseline")],
    )
    python = [
        sys.executable,
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "replay_decimal.py"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        events, ours, theirs = (
            os.path.join(folder, name) for name in ("events.jsonl", "replay.jsonl", "python.jsonl")
        )
        with open(events, "wb") as out:
            subprocess.run(
                [os.path.join(programs, "replay_generate"), count], stdout=out, check=True
            )
        run(replay, events, ours)
        python_times = [run(python, events, theirs)]
        if not filecmp.cmp(ours, theirs, shallow=False):
            sys.exit("lowtide-replay and replay_decimal.py disagree")
        with open(ours, "rb") as lines:
            print(
                f"{count} events, {os.path.getsize(events) / 1e6:.0f} MB, {sum(1 for _ in lines)} "
                "outputs, equal to Python's"
            )
        times: dict[str, list[tuple[float, float]]] = {"replay": [], "baseline": []}
        for _ in range(ROUNDS):
            times["replay"].append(run(replay, events))
            times["baseline"].append(run(baseline, events))
        python_times.append(run(python, events))

    of_baseline, of_python = [], []
    for place, clock in enumerate(("wall", "processor")):
        quick, bare = (
            statistics.median(seconds[place] for seconds in times[of])
            for of in ("replay", "baseline")
        )
        slow = min(seconds[place] for seconds in python_times)
        print(f"{clock}: replay {quick:.3f} s, baseline {bare:.3f} s, Python {slow:.2f} s")
        of_baseline.append(quick / bare)
        of_python.append(slow / quick)
    whole = "whole processes from a file to no output, wall or processor time, whichever is worse"
    good = rows.row(
        "lowtide-replay, in the time of a bare pass over the same JSON",
        max(of_baseline),
        MOST_OF_BASELINE,
        whole,
    )
    good = (
        rows.row(
            "Python json and Decimal script, in lowtide-replay's time",
            min(of_python),
            LEAST_OF_PYTHON,
            whole,
        )
        and good
    )
    return 0 if good else rows.MISSED


if __name__ == "__main__":
    sys.exit(main())
