# SPDX-License-Identifier: Apache-2.0
"""Checks of arguments: types and whole numbers. Every error begins with the argument's name.

Used wherever a Python value enters the package. Private.
"""

from __future__ import annotations

from typing import Any, List, Tuple, Type, Union

from ..errors import DataError, OutOfRangeError, SequenceRangeError

LAST_SEQUENCE = 2**63 - 1


def wrong_type(field: str, wanted: str, value: object) -> TypeError:
    """The error for an argument of a wrong type. `wanted` has an article: "an int"."""
    given = "None" if value is None else ascii(type(value).__name__)[1:-1]
    return TypeError(f"{field}: must be {wanted}, not {given}")


def instance(value: Any, kind: Union[type, Tuple[type, ...]], field: str) -> None:
    """Raises TypeError unless the value is an instance of `kind`, or of one of several."""
    if not isinstance(value, kind):
        first, *others = kind if isinstance(kind, tuple) else (kind,)
        raise wrong_type(
            field, _either([_described(first), *(one.__name__ for one in others)]), value
        )


def _described(kind: type) -> str:
    package = kind.__module__.split(".")[0]
    if package != "builtins":
        return f"a {package}.{kind.__name__}"
    return "bytes" if kind is bytes else f"a {kind.__name__}"


def _either(names: List[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def whole(
    value: int, field: str, least: int, most: int, error: Type[DataError] = OutOfRangeError
) -> int:
    """An int from `least` to `most`.

    Checked here because ctypes would silently cut it to its last bits. Raises TypeError for
    anything but an int, bool included, and `error` for an int outside the range.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(field, "an int", value)
    value = int.__index__(value)  # a subclass may override comparison
    if not least <= value <= most:
        raise error.of(field, f"must be from {least} to {most}", value)
    return value


def sequence(value: int, field: str = "sequence", least: int = 1) -> int:
    """The sequence of an observation. With `least` 0 it may be 0, which means none yet."""
    return whole(value, field, least, LAST_SEQUENCE, SequenceRangeError)
