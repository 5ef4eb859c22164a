#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds one preset of CMakePresets.json, runs its tests, and prints what they exercised.

usage: scripts/preset.py PRESET [--quick]

--quick divides the work of the heavy tests by ten, and leaves out those with the label `whole`.
LOWTIDE_TEST_SCALE says by how much the work is divided. The sanitizers cost ten times and more, and
portable repeats what release did, so both have a divisor of their own.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCALES = {"asan": "20", "portable": "4"}
QUICK_SCALE = "10"
SANITIZERS = {
    "ASAN_OPTIONS": "halt_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:"
    "check_initialization_order=1:strict_init_order=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
BEGIN = re.compile(r"^\d+/\d+ Test: (\S+)$", re.M)
CASES = re.compile(
    r"^\[doctest\] test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed *\| *(\d+) skipped", re.M
)
ASSERTIONS = re.compile(r"^\[doctest\] assertions: *(\d+)", re.M)
EXERCISED = re.compile(r"exercised: .*?: (\d+) ([^:]*)$")


@dataclass
class Log:
    """What ctest's log says. A doctest program counts by its test cases, all else as one test."""

    programs: int = 0
    cases: int = 0
    assertions: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """The log of one program."""
        self.programs += 1
        self.lines += re.findall(r"^(?:exercised|skipped): .*$", text, re.M)
        cases = [tuple(map(int, found)) for found in CASES.findall(text)]
        failed = sum(found[1] for found in cases)
        self.cases += sum(map(sum, cases))
        self.assertions += sum(map(int, ASSERTIONS.findall(text)))
        self.passed += sum(found[0] for found in cases)
        self.skipped += sum(found[2] for found in cases)
        if re.search(r"^Test (Skipped|Not Run)", text, re.M):
            self.skipped += 1
        elif not re.search(r"^Test (Passed\.|Pass Reason:)", text, re.M):
            failed = max(failed, 1)
        elif not cases:
            self.passed += 1
        self.failed += failed


def read(text: str) -> Log:
    log, places = Log(), [found.start() for found in BEGIN.finditer(text)]
    for begin, end in zip(places, [*places[1:], len(text)]):
        log.add(text[begin:end])
    return log


def by_unit(lines: list[str]) -> list[str]:
    """Sums of `exercised:` lines: the names are those of release, so only the figures differ."""
    sums: Counter[str] = Counter()
    for line in lines:
        found = EXERCISED.match(line)
        if found:
            sums[found[2]] += int(found[1])
    others = [line for line in lines if not EXERCISED.match(line)]
    return others + [f"exercised: in all: {count} {unit}" for unit, count in sums.items()]


def main(preset: str, quick: bool) -> int:
    scale = os.environ.get("LOWTIDE_TEST_SCALE") or SCALES.get(preset, QUICK_SCALE if quick else "")
    if subprocess.run(["scripts/build.sh", preset], cwd=ROOT).returncode != 0:
        print("sum: does not build")
        return 1
    path = ROOT / "build" / preset / "Testing" / "Temporary" / "LastTest.log"
    path.unlink(missing_ok=True)
    jobs = os.environ.get("LOWTIDE_JOBS", str(os.cpu_count() or 2))
    command = ["ctest", "--preset", preset, "-j", jobs, "--timeout", "1200"]
    command += ["-LE", "whole"] if quick else []
    environment = {**os.environ, **(SANITIZERS if preset == "asan" else {})}
    if scale:
        environment["LOWTIDE_TEST_SCALE"] = scale
    if quick and os.access("/dev/shm", os.W_OK):
        # The tests of lowtide-host would wait for the disk most of the time.
        environment["TMPDIR"] = "/dev/shm"
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if not path.exists():
        print("sum: no test ran")
        return 1
    log = read(path.read_text(encoding="utf-8", errors="replace"))
    if done.returncode != 0:
        # Indented, so that what ctest shows of the programs is not counted twice.
        print("\n".join("  " + line for line in done.stdout.splitlines()))
    print("\n".join(log.lines if preset == "release" else by_unit(log.lines)))
    part = f", heavy work divided by {scale}" if scale else ""
    print(
        f"sum: {log.programs} programs, {log.cases} test cases, {log.assertions} assertions{part}"
    )
    print(f"counted: {log.passed} passed, {log.failed} failed, {log.skipped} skipped")
    # ctest calls a run a success whose programs held no test case.
    return done.returncode or int(log.passed == 0)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or sys.argv[2:] not in ([], ["--quick"]):
        sys.exit((__doc__ or "").strip())
    sys.exit(main(sys.argv[1], "--quick" in sys.argv))
