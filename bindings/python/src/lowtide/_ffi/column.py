# SPDX-License-Identifier: Apache-2.0
"""Finds where the values of a batch's columns lie in memory, whatever kind of object has them.

Every error begins with the column's name. Private.
"""

from __future__ import annotations

import re
import sys
from ctypes import addressof, c_int64, c_uint64
from datetime import datetime
from decimal import Decimal
from typing import Any, Callable, NamedTuple, Optional, Sequence, Tuple

from ..errors import MalformedError, MisalignedError, OutOfRangeError, StrideError, TimeRangeError
from . import abi, amounts, arguments, arrow, buffers, instants
from .arguments import wrong_type


class Place(NamedTuple):
    """Where values lie, and the object that owns the memory."""

    address: int
    stride: int
    """Bytes from one value to the next. 0: one value for all elements."""
    kept: object


class Kind(NamedTuple):
    """The kind of values in a column."""

    size: int
    wanted: str
    """What to give, for errors."""
    cast: str
    """How to convert values of another Arrow type, for errors."""
    of_arrow: Callable[[str], bool]
    """Whether an Arrow format fits."""
    is_format: Callable[[str, int], bool]
    """Whether a buffer's format and item size fit."""
    one: Optional[Callable[[Any, str], Any]]
    """Converts a single Python value to a ctypes value."""


# An amount in a buffer has 16 bytes: NumPy's V16, or a struct of low and high. A two-dimensional
# buffer has pairs of 8 bytes.
_PAIR = re.compile(r"(?:16x|T\{[<=@]?[QL]:\w+:[<=@]?[ql]:\w+:\})")
_INT64 = re.compile(r"[<=@]?[ql]")
_UINT64 = re.compile(r"[<=@]?[qlQL]")


def _one_amount(value: Any, field: str) -> abi.Amount:
    amount = abi.Amount()
    amounts.write(amount, value, field)
    return amount


def _one_number(value: Any, field: str) -> c_uint64:
    return c_uint64(arguments.whole(value, field, 0, 2**64 - 1))


def _one_instant(value: Any, field: str) -> c_int64:
    return c_int64(
        instants.seconds(value, field)
        if isinstance(value, datetime)
        else arguments.whole(value, field, 0, instants.LAST, TimeRangeError)
    )


AMOUNT = Kind(
    16,
    "a Decimal, an int, or a column of decimal128(38, 18)",
    "cast it to decimal128(38, 18)",
    lambda format: format in ("d:38,18", "d:38,18,128") and sys.byteorder == "little",
    lambda format, size: size == 16 and _PAIR.fullmatch(format) is not None,
    _one_amount,
)
INSTANT = Kind(
    8,
    "a datetime, or seconds as an int or a column of int64 or timestamp(s)",
    "cast it to timestamp('s') or int64",
    lambda format: format == "l" or format.startswith("tss:"),
    lambda format, size: size == 8 and _INT64.fullmatch(format) is not None,
    _one_instant,
)
SEQUENCE = Kind(
    8,
    "an int, or a column of int64",
    "cast it to int64",
    lambda format: format == "l",
    lambda format, size: size == 8 and _INT64.fullmatch(format) is not None,
    lambda value, field: c_int64(arguments.sequence(value, field)),
)
INDEX = Kind(
    8,
    "a column of uint64 or int64",
    "cast it to uint64 or int64",
    lambda format: format in ("L", "l"),
    lambda format, size: size == 8 and _UINT64.fullmatch(format) is not None,
    None,
)


def place(value: Any, field: str, kind: Kind, count: int) -> Place:
    """Where `count` values lie. Copies only single values, and the values of lists and tuples.

    Raises TypeError (a wrong type), MalformedError (nulls, several chunks), OutOfRangeError (a
    wrong length), StrideError, MisalignedError, and the errors of single values.
    """
    if isinstance(value, (Decimal, int, datetime)) and kind.one is not None:
        one = kind.one(value, field)
        return Place(addressof(one), 0, one)
    if isinstance(value, (list, tuple)):
        return _listed(value, field, kind, count)
    if arrow.is_column(value):
        return _of_arrow(value, field, kind, count)
    return _of_buffer(value, field, kind, count)


def length(value: Any, field: str) -> int:
    """The number of values in a column."""
    try:
        return len(value)
    except TypeError:
        if arrow.is_column(value):
            return arrow.values(value, field).length
        raise wrong_type(field, "a column", value) from None


def _check_length(found: int, field: str, count: int) -> None:
    if found != count:
        raise OutOfRangeError(
            f"{field}: must have {count} values, one for each element, not {found}", field, found
        )


def _check_place(address: int, stride: int, field: str, size: int, count: int) -> None:
    if count and address % 8:
        raise MisalignedError(
            f"{field}: must lie at a multiple of 8 bytes, not at one plus {address % 8}", field
        )
    if stride and (stride < size or stride % 8):
        raise StrideError(
            f"{field}: must have values that are 0 bytes apart, or a multiple of 8 from {size} on, "
            f"not {stride}",
            field,
            stride,
        )


def _listed(given: Any, field: str, kind: Kind, count: int) -> Place:
    _check_length(len(given), field, count)
    one = kind.one or _one_number
    return packed([one(value, f"{field}[{i}]") for i, value in enumerate(given)], kind.size)


def packed(values: Sequence[Any], size: int) -> Place:
    """ctypes values, one after the other.

    Not in a ctypes array: its type would be created for each length.
    """
    memory = buffers.fresh(len(values) * size)
    memory[:] = b"".join(map(bytes, values))
    return Place(buffers.address(memory), size, memory)


def _of_arrow(value: Any, field: str, kind: Kind, count: int) -> Place:
    found = arrow.values(value, field)
    if not kind.of_arrow(found.format):
        hint = "give one of its columns" if found.format == "+s" else kind.cast
        raise TypeError(
            f"{field}: must be {kind.wanted}, not {arrow.name_of(found.format)}: {hint}"
        )
    _check_length(found.length, field, count)
    if found.first_null >= 0:
        raise MalformedError(
            f"{field}: must have no nulls, but value {found.first_null} is one", field
        )
    start = found.address + found.offset * kind.size
    _check_place(start, kind.size, field, kind.size, count)
    return Place(start, kind.size, found.kept)


def _plain(value: Any, field: str, kind: Kind) -> Any:
    """The int64 values of NumPy's datetime64[s]; any other object unchanged."""
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", None) != "M":
        return value
    if kind is not INSTANT or str(dtype) != "datetime64[s]":
        raise TypeError(
            f"{field}: must be {kind.wanted}, not {dtype}"
            + (': convert it with .astype("datetime64[s]")' if kind is INSTANT else "")
        )
    return value.view("int64")


def _is_of_pairs(view: memoryview) -> bool:
    if (
        view.ndim != 2
        or view.shape is None
        or view.strides is None
        or _UINT64.fullmatch(view.format) is None
    ):
        return False
    return view.shape[1] == 2 and view.itemsize == view.strides[1] == 8


def _of_buffer(value: Any, field: str, kind: Kind, count: int) -> Place:
    try:
        view = memoryview(_plain(value, field, kind))
    except (TypeError, ValueError, BufferError) as error:
        if isinstance(error, TypeError) and str(error).startswith(f"{field}: "):
            raise
        raise wrong_type(field, kind.wanted, value) from None
    shape, strides = view.shape or (), view.strides or ()
    if view.suboffsets:
        raise TypeError(f"{field}: must be one piece of memory, without pointers")
    if view.ndim == 1 and view.itemsize == 1 and view.format in ("B", "b", "c") and strides == (1,):
        # plain bytes
        found, stride = view.nbytes / kind.size, kind.size
        if found != count:
            raise OutOfRangeError(
                f"{field}: must have {count * kind.size} bytes, {kind.size} for each element, "
                f"not {view.nbytes}",
                field,
            )
    elif view.ndim == 0 and kind.is_format(view.format, view.itemsize):
        stride = 0
    elif (view.ndim == 1 and kind.is_format(view.format, view.itemsize)) or (
        kind is AMOUNT and _is_of_pairs(view)
    ):
        _check_length(shape[0], field, count)
        stride = strides[0]
    else:
        raise TypeError(
            f"{field}: must be {kind.wanted}, "
            f"not a buffer of format {view.format!r} and shape {shape}"
        )
    start = buffers.address(view)
    if count < 2:
        stride = kind.size
    _check_place(start, stride, field, kind.size, count)
    return Place(start, stride, view)


def names(given: Tuple[str, ...], known: Tuple[str, ...], field: str) -> Tuple[str, ...]:
    """The same names, if all of them are known. Raises MalformedError."""
    for name in given:
        if name not in known:
            raise MalformedError.of(field, f"must be of {', '.join(known)}", name)
    return given


def structs(value: Any, field: str, size: int, count: int) -> Place:
    """Where `count` structs of at least `size` bytes lie in a buffer: its items, or plain bytes.

    Raises as `place` does.
    """
    try:
        view = memoryview(value)
    except (TypeError, ValueError, BufferError):
        raise wrong_type(field, f"a list, or a buffer of structs of {size} bytes", value) from None
    if (
        view.suboffsets
        or view.ndim != 1
        or (view.itemsize != 1 and view.itemsize < size)
        or (view.itemsize == 1 and not view.contiguous)
    ):
        given = f"a buffer of format {view.format!r} and shape {view.shape}"
        raise TypeError(
            f"{field}: must be a list, or a buffer of structs of {size} bytes, not {given}"
        )
    found, stride = (
        (view.nbytes / size, size)
        if view.itemsize == 1
        else (len(view), (view.strides or (size,))[0])
    )
    if found != count:
        raise OutOfRangeError(
            f"{field}: must have {count} structs of {size} bytes, one for each element, "
            f"not {found:g}",
            field,
        )
    start = buffers.address(view)
    _check_place(start, stride or 1, field, size, count)
    return Place(start, stride, view)
