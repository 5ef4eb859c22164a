#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts one fault after the other into a copy of the sources, and checks that a test catches each.

usage: tests/mutants/run.py [--quick] [NAME...]

  --quick   only the mutants that are marked `quick: yes`, about one for each room
  NAME      a part of ROOM/NAME: only those mutants, and any number of them is enough

A mutant is a file tests/mutants/ROOM/NAME.mutant. Its first line is a comment that says what is
wrong; then come lines of `key: value`:

  check:  what catches the fault. One of
            doctest PROGRAM    a test program, with `case`
            kill SCRIPT        kill_points or power_loss, of tests/programs/host/kill
            pytest FILE        a file of bindings/python/tests
  case:   the test case of a doctest program, as its filter: * stands for anything
  quick:  yes, if --quick runs it
  file:   the source file, from the root of the repository
  after:  optional: a text that occurs once; `from` is then its first occurrence after that text
  from:   the text to replace; without `after` it occurs once in the file
  to:     what replaces it; empty to remove it

`after`, `from` and `to` may span lines: repeat the key for each line. White space and line breaks
do not matter in `after` and `from`. Another `file` begins another replacement of the same fault.

A mutant is caught if its check exits with a failure and counts one, and passes without the fault.
A fault that does not compile, or a check that does not end in time, is not caught.
"""

from __future__ import annotations

import collections
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor

sys.dont_write_bytecode = True
import runners  # noqa: E402
from mutant import Mutant, Wrong  # noqa: E402
from runners import BUILD, PACKAGE, ROOT, TREE, Outcome  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
# How many mutants each room has at least. A room that is not listed has at least one.
LEAST = {"engine": 32, "batch": 4, "capi": 13, "monitor": 23, "host": 10, "python": 102}
LINE = threading.Lock()


def say(text: str) -> None:
    with LINE:
        print(text, flush=True)


# ---- The copy of the sources, and its build ----


def sources() -> list[str]:
    """The files of the repository, new ones included, also where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = listed.stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [str(path) for path in paths if path.parts[0] not in ("build", ".git")]
    return sorted({name for name in names if name and (ROOT / name).is_file()})


def copy_tree() -> None:
    """Brings the copy up to date. What did not change is not touched, so it is not built again."""
    names = set(sources())
    for path in TREE.rglob("*"):
        if path.is_file() and str(path.relative_to(TREE)) not in names:
            path.unlink()
    for name in names:
        source, copy = ROOT / name, TREE / name
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        copy.chmod(source.stat().st_mode)


def prepare(mutants: list[Mutant]) -> None:
    """Builds all that the mutants need, without a fault."""
    copy_tree()
    for mutant in mutants:
        mutant.mutated(TREE)
    wanted = sorted({target for mutant in mutants for target in runners.targets(mutant)})
    command = ["cmake", "-S", str(TREE), "-B", str(BUILD), "-G", "Ninja"]
    command += ["-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O1", "-DCMAKE_C_FLAGS=-O1"]
    status, output = runners.bounded(command, 600)
    if status == 0:
        status, output = runners.build(*wanted)
    if status != 0:
        raise Wrong(f"{output[-6000:]}\nthe sources without a fault do not build")
    runners.SOUND.mkdir(exist_ok=True)
    for file in (f"bin/{runners.HOST}", f"bin/{runners.REPLAY}", runners.LIBRARY):
        if (BUILD / file).exists():
            shutil.copy(BUILD / file, runners.SOUND)


# ---- Checks ----


@functools.lru_cache(maxsize=None)
def is_sound(runner: str, test: str, case: str) -> str:
    """Runs a check without a fault. Returns what is wrong with it; "" if it passes."""
    if runner == "doctest":
        outcome = runners.doctest(test, case)
    elif runner == "kill":
        outcome = runners.kill(test, 20)
    else:
        outcome = on_package(None, test)
    if outcome.is_success:
        return ""
    if outcome.passed + outcome.failed == 0 and runner == "doctest":
        return f"{test} has no test case '{case}'"
    return f"{test} {case} fails without the fault:\n{outcome.output[-2000:]}"


def on_package(mutant: Mutant | None, test: str) -> Outcome:
    """Runs tests on a copy of the Python package, with the fault in it if there is one."""
    with tempfile.TemporaryDirectory(prefix="lowtide-mutant-") as work:
        package = pathlib.Path(work) / PACKAGE
        shutil.copytree(ROOT / PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(runners.SOUND / runners.LIBRARY, package / "liblowtide.so")
        for path, (_, faulty) in mutant.mutated(pathlib.Path(work)).items() if mutant else ():
            path.write_text(faulty, encoding="utf-8")
        return runners.pytest(package.parent, test)


def on_build(mutant: Mutant) -> Outcome:
    """Builds what the check needs with the fault in the copy, and runs it."""
    with mutant.planted(TREE):
        status, output = runners.build(*runners.targets(mutant))
        if status != 0:
            raise Wrong(f"does not build:\n{output[-3000:]}")
        if mutant.runner == "kill":
            return runners.kill(mutant.test, 1)
        return runners.doctest(mutant.test, mutant.case)


def is_caught(mutant: Mutant, sound: Future[str] | None = None) -> bool:
    """Tries one mutant, and prints how it went. `sound`: what its check finds without a fault."""
    check = " ".join(filter(None, (mutant.test + ":" if mutant.case else mutant.test, mutant.case)))
    try:
        if mutant.runner == "pytest":
            wrong = sound.result() if sound else ""
            outcome = on_package(mutant, mutant.test) if not wrong else None
        else:
            wrong, outcome = "", on_build(mutant)
        if outcome and outcome.status == 0:
            wrong = f"{outcome.passed} tests passed all the same"
        elif outcome and not outcome.is_failure:
            wrong = f"exit status {outcome.status}, and no failed test:\n{outcome.output[-2000:]}"
    except Wrong as caught:
        wrong = str(caught)
    name = f"{mutant.room}/{mutant.name}"
    say(f"MISSED {name} by {check}: {wrong}" if wrong else f"caught {name} by {check}")
    return not wrong


def run(mutants: list[Mutant]) -> list[Mutant]:
    """Tries all, and returns the caught. Those of Python need no build, so they run beside."""
    built = [mutant for mutant in mutants if mutant.runner != "pytest"]
    python = [mutant for mutant in mutants if mutant.runner == "pytest"]
    for mutant in built:
        wrong = is_sound(mutant.runner, mutant.test, mutant.case)
        if wrong:
            raise Wrong(f"{mutant.room}/{mutant.name}: {wrong}")
    # Those of one file come one after the other: going from one header to another builds twice.
    built.sort(key=lambda mutant: (mutant.files(), mutant.runner, mutant.test, mutant.name))
    jobs = int(os.environ.get("LOWTIDE_JOBS", os.cpu_count() or 2))
    with ThreadPoolExecutor(jobs) as pool:
        tests = sorted({mutant.test for mutant in python})
        sound = {test: pool.submit(is_sound, "pytest", test, "") for test in tests}
        results = [pool.submit(is_caught, mutant, sound[mutant.test]) for mutant in python]
        caught = [mutant for mutant in built if is_caught(mutant)]
        return caught + [mutant for mutant, good in zip(python, results) if good.result()]


def selected(names: list[str], quick: bool) -> list[Mutant]:
    mutants = [Mutant(path) for path in sorted(HERE.glob("*/*.mutant"))]
    double = [
        name
        for name, count in collections.Counter(mutant.name for mutant in mutants).items()
        if count > 1
    ]
    if double:
        raise Wrong(f"two mutants have the same name: {', '.join(double)}")
    if names:
        mutants = [m for m in mutants if any(name in f"{m.room}/{m.name}" for name in names)]
    mutants = [mutant for mutant in mutants if mutant.quick or not quick]
    if not mutants:
        raise Wrong("there is no such mutant")
    return mutants


def main(arguments: list[str]) -> int:
    if any(argument.startswith("-") and argument != "--quick" for argument in arguments):
        print((__doc__ or "").strip())
        return 0 if arguments[0] in ("-h", "--help") else 2
    quick = "--quick" in arguments
    names = [argument for argument in arguments if argument != "--quick"]
    mutants = selected(names, quick)
    prepare(mutants)
    caught = collections.Counter(mutant.room for mutant in run(mutants))
    for room, count in sorted(caught.items()):
        say(f"exercised: mutants caught: {room}: {count} mutants")
    missed = len(mutants) - sum(caught.values())
    if missed:
        print(f"{missed} mutants were not caught", file=sys.stderr)
        return 1
    for room, least in () if names else LEAST.items():
        if caught[room] < (1 if quick else least):
            print(f"too few mutants of {room} were tried: {caught[room]}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Wrong as wrong:
        sys.exit(f"error: {wrong}")
