# SPDX-License-Identifier: Apache-2.0
"""The checks of ./dev test, in the order in which they run.

To add a check, write a script and add a line to CHECKS. The script exits with 0 only if everything
passed, and prints lines that begin with one of these words; all else goes to its log only:

  ok:         something that passed; each counts as one test (so do "caught" and "PASSED")
  skipped:    something that could not run here, and why
  exercised:  NAME: NUMBER UNIT, how much was done; it becomes a row of the table
  sum:        what stands in the table beside the name of the check
  counted:    "P passed, F failed, S skipped", for a script that runs tests of its own

A check must print at least one `exercised:` line, and fail if it exercised less than it promises.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    name: str
    packages: str  # the groups of scripts/packages.sh that it needs
    whole: str  # the command for bash of `./dev test --all`, and of a check that is named
    quick: str = ""  # the command of `./dev test`; none: the quick lane leaves it out


FORMAT, LINT = "scripts/format.sh --check", "scripts/lint.sh"
INTERFACE = "tests/abi/interface.py"
PYTHON = "bindings/python/check.sh"
MUTANTS = "tests/mutants/run.py"
RELEASE = "scripts/preset.py release"
DOCS = "scripts/build.sh release && tests/docs/run.py"
CHECKS = (
    Check("format", "format python", FORMAT, FORMAT),
    Check("scripts", "scripts python", LINT, LINT),
    Check("interface", "interface", INTERFACE, INTERFACE),
    Check("release", "build test", RELEASE, f"{RELEASE} --quick"),
    Check("docs", "build test", DOCS, DOCS),
    Check("asan", "build test", "scripts/preset.py asan"),
    Check("portable", "build test", "scripts/preset.py portable"),
    Check("compilers", "build test compilers", "tests/compilers/run.sh"),
    Check("tidy", "build bench tidy", "scripts/tidy.sh"),
    Check("abi", "build abi", "scripts/build.sh release lowtide_c && tests/abi/gate.py"),
    Check("install", "build test", "tests/install/run.sh"),
    Check("python", "build python", PYTHON, f"{PYTHON} --quick"),
    Check("mutants", "build python", MUTANTS, f"{MUTANTS} --quick"),
)
