#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the checks of scripts/checks.py, and prints what ran, how much it exercised and how long.

usage: ./dev test [--quick | --all] [CHECK...]

Without a name it runs the quick lane: what every contributor runs, within minutes. --all runs every
check unshortened. A check that is named runs unshortened, or with --quick as in the quick lane.
The last line counts: "N passed, N failed[, N skipped]".
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO

sys.dont_write_bytecode = True
from checks import CHECKS, Check  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "logs"
PASSED = re.compile(r"(ok:|caught|PASSED) ")
COUNTED = re.compile(r"counted: (\d+) passed, (\d+) failed, (\d+) skipped")
MOST_COLUMNS = 110  # of the table's third column; longer texts stand out of it


@dataclass
class Report:
    """What a check printed, and how it ended."""

    name: str
    minutes: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    summary: str = ""
    rows: list[str] = field(default_factory=list)
    has_passed: bool = False

    def read(self, lines: list[str]) -> None:
        for line in lines:
            counted = COUNTED.match(line)
            word, _, rest = line.partition(": ")
            if PASSED.match(line):
                self.passed += 1
            elif counted:
                self.passed += int(counted[1])
                self.failed += int(counted[2])
                self.skipped += int(counted[3])
            elif word == "skipped":
                self.skipped += 1
                self.rows.append(line)
            elif word == "exercised":
                self.rows.append(rest)
            elif word == "sum":
                self.summary = rest


def started(command: list[str], output: IO[str] | None = None) -> int:
    """Runs a command in the root of the repository, and returns its exit status."""
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
    )
    return done.returncode


def run(check: Check, quick: bool) -> Report:
    """Runs one check. Its output goes to build/logs/NAME.log, and the end of that is printed if it
    fails. Installing packages does not count as its time."""
    report = Report(check.name)
    log = LOGS / f"{check.name}.log"
    command = check.quick if quick else check.whole
    status = started(["scripts/packages.sh", *check.packages.split()])
    start = time.monotonic()
    with open(log, "w", encoding="utf-8") as file:
        status = status or started(["bash", "-c", command], file)
    report.minutes = (time.monotonic() - start) / 60
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    report.read(lines)
    report.has_passed = status == 0 and report.failed == 0 and bool(report.rows)
    if not report.has_passed:
        report.failed = max(report.failed, 1)
        print(f"failed ({status}): {command}\n--- the end of {log.relative_to(ROOT)}:")
        print("\n".join([*lines[-60:], "---"]))
    verdict = "passed" if report.has_passed else "FAILED"
    print(f"{check.name} {verdict} in {report.minutes:.1f} minutes", flush=True)
    return report


def table(reports: list[Report]) -> str:
    cells = [("check", "result", "how much it exercised", "minutes")]
    for one in reports:
        result = "passed" if one.has_passed else "FAILED"
        cells.append((one.name, result, one.summary, f"{one.minutes:.1f}"))
        cells += [("", "", row, "") for row in one.rows]
    cells.append(("all", "", "", f"{sum(one.minutes for one in reports):.1f}"))
    width = min(max(len(row[2]) for row in cells), MOST_COLUMNS)
    lines = [f"{a:<9} | {b:<6} | {c:<{width}} | {d:>7}".rstrip() for a, b, c, d in cells]
    return "\n".join([lines[0], "-" * (width + 31), *lines[1:]])


def chosen(names: list[str]) -> list[Check]:
    known = {check.name: check for check in CHECKS}
    for name in names:
        if name not in known:
            sys.exit(f"error: there is no check {name}; there are: {' '.join(known)}")
    return [known[name] for name in names]


def main(arguments: list[str]) -> int:
    options = {word for word in arguments if word.startswith("-")}
    names = [word for word in arguments if not word.startswith("-")]
    if not options <= {"--quick", "--all"} or len(options) == 2:
        print((__doc__ or "").strip())
        return 0 if options & {"-h", "--help"} else 2
    quick = "--quick" in options or not (options or names)
    checks = chosen(names) or list(CHECKS)
    LOGS.mkdir(parents=True, exist_ok=True)
    reports = [run(check, quick) for check in checks if check.quick or not quick]
    print("\n" + table(reports) + "\n")
    passed, failed = sum(one.passed for one in reports), sum(one.failed for one in reports)
    skipped = sum(one.skipped for one in reports)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return int(failed > 0 or passed == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
