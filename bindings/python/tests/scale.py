# SPDX-License-Identifier: Apache-2.0
"""How much the long tests do."""

from __future__ import annotations

import os
from typing import Callable

# The type of the fixture `exercised`: the name of what was exercised, how much, its unit, and the
# least that is enough.
Exercised = Callable[[str, int, str, int], None]


def scaled(amount: int) -> int:
    """An amount of work, divided by LOWTIDE_TEST_SCALE."""
    return max(1, amount // int(os.environ.get("LOWTIDE_TEST_SCALE", "1")))
