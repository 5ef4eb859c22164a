# SPDX-License-Identifier: Apache-2.0
"""What all tests share: where the repository is, and the lines that tell how much was exercised."""

from __future__ import annotations

import pathlib
from typing import Callable, List

import pytest

_LINES: List[str] = []


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The root of the repository."""
    return pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def exercised() -> Callable[[str, int, str, int], None]:
    """Tells how much a test did, and holds it to at least so much: a test that did nothing must not pass."""

    def tell(name: str, count: int, unit: str, least: int) -> None:
        assert count >= least, f"{name}: only {count} {unit}"
        _LINES.append(f"exercised: python: {name}: {count} {unit}")

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in sorted(_LINES):
        terminalreporter.write_line(line)
