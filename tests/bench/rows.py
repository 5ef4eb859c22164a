# SPDX-License-Identifier: Apache-2.0
"""Passes the ratios of a benchmark to table.py. rows.hpp does the same in C++."""

import os

# The exit status of a benchmark that completed but missed a goal.
MISSED = 3


def met(ratio, goal):
    """Whether a ratio meets a goal such as "at most 2" or "at least 60"; None without a goal."""
    if not goal:
        return None
    words = goal.split()
    bound = float(words[2])
    return ratio <= bound if words[:2] == ["at", "most"] else ratio >= bound


def append(*fields):
    path = os.environ.get("LOWTIDE_BENCH_ROWS")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write("\t".join(fields) + "\n")


def row(what, ratio, goal, includes):
    """Prints a ratio and passes it on. Returns whether the goal is met, or there is none."""
    good = met(ratio, goal) is not False
    print(
        f"{what}: {ratio:.2f} x{f' (goal: {goal})' if goal else ''}{'' if good else ', MISSED'}",
        flush=True,
    )
    append("row", what, f"{ratio:.4f}", goal, includes)
    return good


def version(name, text):
    append("version", name, text)
