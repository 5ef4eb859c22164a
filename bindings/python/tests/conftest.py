# SPDX-License-Identifier: Apache-2.0
"""Fixtures of all tests: the root of the repository, and counts of what was exercised."""

from __future__ import annotations

import os
import pathlib
from typing import Callable, List

import pytest

_LINES: List[str] = []


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The root of the repository."""
    return pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def program() -> str:
    """The path of lowtide-host."""
    found = os.environ.get("LOWTIDE_HOST", "")
    if not found:
        pytest.skip("LOWTIDE_HOST does not say where lowtide-host is")
    return found


@pytest.fixture
def exercised() -> Callable[[str, int, str, int], None]:
    """Checks that a test did at least so much, and prints it at the end. A test that does nothing
    must not pass.
    """

    def count_work(name: str, count: int, unit: str, least: int) -> None:
        assert count >= least, f"{name}: only {count} {unit}"
        _LINES.append(f"exercised: python: {name}: {count} {unit}")

    return count_work


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in sorted(_LINES):
        terminalreporter.write_line(line)
