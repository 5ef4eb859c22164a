# SPDX-License-Identifier: Apache-2.0
"""How much a long test does."""

from __future__ import annotations

import os
from typing import Callable

# The fixture `exercised`: what was exercised, how much, its unit, and the least that is enough.
Exercised = Callable[[str, int, str, int], None]


def scaled(amount: int) -> int:
    """An amount of work; LOWTIDE_TEST_SCALE divides it."""
    return max(1, amount // int(os.environ.get("LOWTIDE_TEST_SCALE", "1")))
