# SPDX-License-Identifier: Apache-2.0
"""Runs the check that a mutant names: a doctest program, a kill script, or a file of pytest."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True
from mutant import Mutant, Wrong  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE, BUILD = ROOT / "build" / "mutants" / "tree", ROOT / "build" / "mutants" / "build"
PACKAGE = pathlib.PurePath("bindings", "python", "src", "lowtide")
PYTHON = ROOT / "build" / "python" / "tools" / "bin" / "python"
KILL = pathlib.PurePath("tests", "programs", "host", "kill")
# Copies of what pytest needs, without a fault: it runs while the build has one.
SOUND = ROOT / "build" / "mutants" / "sound"
HOST, REPLAY, LIBRARY = "lowtide-host", "lowtide-replay", "liblowtide.so"
# Which targets a check needs. pytest runs on a copy of the package, beside a library without fault.
TARGETS = {
    "doctest": (),
    "kill": ("lowtide_host", "killpoint"),
    "pytest": ("lowtide_c", "lowtide_host", "lowtide_replay"),
}
# A check that takes longer has not caught anything. Seconds.
LIMITS = {"doctest": 300, "kill": 900, "pytest": 600, "build": 1800}
DOCTEST = re.compile(r"^\[doctest\] test cases: *(\d+) *\| *(\d+) passed *\| *(\d+) failed", re.M)


@dataclass
class Outcome:
    """What a check reported. It caught a mutant if it both exited so and counted a failure."""

    status: int
    passed: int
    failed: int
    output: str

    @property
    def is_failure(self) -> bool:
        return self.status != 0 and self.failed > 0

    @property
    def is_success(self) -> bool:
        return self.status == 0 and self.failed == 0 and self.passed > 0


def targets(mutant: Mutant) -> tuple[str, ...]:
    if mutant.runner not in TARGETS:
        raise Wrong(f"{mutant.room}/{mutant.name}: `check` begins with none of {list(TARGETS)}")
    if (mutant.runner == "pytest") != all(is_python(file) for file in mutant.files()):
        raise Wrong(f"{mutant.room}/{mutant.name}: pytest checks {PACKAGE}, and nothing else does")
    return TARGETS[mutant.runner] or (mutant.test,)


def is_python(file: str) -> bool:
    return pathlib.PurePath(file).is_relative_to(PACKAGE)


def bounded(
    command: list[str], limit: int, cwd: pathlib.Path = ROOT, **environment: str
) -> tuple[int, str]:
    """Runs a command, and ends it with all its children if it takes longer than its limit."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Wrong(f"{command[0]} did not end within {limit} s") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, output


def doctest(program: str, case: str) -> Outcome:
    """Runs one test case at a twentieth of its work."""
    # A comma would separate two filters, and ? stands for any character.
    command = [str(BUILD / "bin" / program), "--no-colors", "--test-case=" + case.replace(",", "?")]
    limit = LIMITS["doctest"]
    status, output = bounded(command, limit, TREE / "tests", LOWTIDE_TEST_SCALE="20")
    summary = DOCTEST.search(output)
    passed, failed = (int(summary[2]), int(summary[3])) if summary else (0, 0)
    return Outcome(status, passed, failed, output)


def kill(script: str, scale: int) -> Outcome:
    """Runs a script that kills lowtide-host at many points, up to the first that fails."""
    path = TREE / KILL / f"{script}.py"
    command = [sys.executable, "-B", str(path), str(BUILD / "bin" / HOST)]
    command += [str(BUILD / "lib" / "libkillpoint.so"), "--only-first-failure"]
    status, output = bounded(command, LIMITS["kill"], LOWTIDE_TEST_SCALE=str(scale))
    # The second text: already without a kill, the same commands once more do not end the same.
    named = output.count("failed: command") or int("change something" in output)
    return Outcome(status, int(status == 0), named, output)


def pytest(package: pathlib.Path, test: str) -> Outcome:
    """Runs one file of tests, up to its first failure, on the package in a folder."""
    home = ROOT / "bindings" / "python"
    command = [str(PYTHON), "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    status, output = bounded(
        [*command, str(home / "tests" / test)],
        LIMITS["pytest"],
        home,
        LOWTIDE_TEST_SCALE="10",
        LOWTIDE_LIBRARY="",
        PYTHONPATH=str(package),
        LOWTIDE_HOST=str(SOUND / HOST),
        LOWTIDE_REPLAY=str(SOUND / REPLAY),
    )
    found = {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|error)", output)}
    # Status 1: a test failed, or what prepares it did. Status 2: a file could not be imported.
    failed = found.get("failed", 0) + found.get("error", 0) if status == 1 else 0
    return Outcome(status, found.get("passed", 0), failed, output)


def build(*wanted: str) -> tuple[int, str]:
    jobs = os.environ.get("LOWTIDE_JOBS", str(os.cpu_count() or 2))
    command = ["cmake", "--build", str(BUILD), "-j", jobs, "--target", *wanted]
    return bounded(command, LIMITS["build"])
