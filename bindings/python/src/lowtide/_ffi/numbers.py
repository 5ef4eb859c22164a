# SPDX-License-Identifier: Apache-2.0
"""Whole numbers, looked at before ctypes would cut them to their last bits."""

from __future__ import annotations

from typing import Type

from ..errors import DataError, OutOfRangeError, SequenceRangeError

LAST_SEQUENCE = 2**63 - 1


def whole(
    value: int, field: str, least: int, most: int, error: Type[DataError] = OutOfRangeError
) -> int:
    """An int from `least` to `most`. Raises TypeError for anything else, bool included, and `error` beyond these."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{field}: must be an int, not {type(value).__name__}")
    value = int.__index__(
        value
    )  # of a class of somebody's, whose own comparisons and bits may be anything
    if not least <= value <= most:
        raise error.of(field, f"must be from {least} to {most}", value)
    return value


def sequence(value: int, field: str = "sequence", least: int = 1) -> int:
    """The place of a change among those of its account."""
    return whole(value, field, least, LAST_SEQUENCE, SequenceRangeError)
