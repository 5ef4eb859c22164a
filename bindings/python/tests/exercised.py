# SPDX-License-Identifier: Apache-2.0
"""What a check must say of itself: how much it exercised, and that this was enough."""

from __future__ import annotations

import os


def scaled(amount: int) -> int:
    """A long test's amount of work; LOWTIDE_TEST_SCALE divides it."""
    return max(1, amount // int(os.environ.get("LOWTIDE_TEST_SCALE", "1")))


def exercised(check: str, count: int, unit: str, at_least: int = 1) -> None:
    """Prints one line for the table at the end of a test run, and fails the check if it exercised less than it promises."""
    print(f"exercised: {check}: {count} {unit}", flush=True)
    assert count >= at_least, f"{check} exercised only {count} {unit}, promised {at_least}"
