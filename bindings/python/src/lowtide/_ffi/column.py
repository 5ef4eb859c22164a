# SPDX-License-Identifier: Apache-2.0
"""Columns of a batch from whatever they are given as: where they lie and how far apart, with every mistake told by the column's name."""

from __future__ import annotations

import re
import sys
from ctypes import addressof, c_int64, c_uint64
from datetime import datetime
from decimal import Decimal
from typing import Any, Callable, NamedTuple, Optional, Sequence, Tuple

from ..errors import MalformedError, MisalignedError, OutOfRangeError, StrideError, TimeRangeError
from . import abi, amounts, arrow, buffers, instants, numbers


class Place(NamedTuple):
    """Values, and what keeps them there."""

    address: int
    stride: int
    """Bytes from one to the next; 0: one for all."""
    kept: object


class Kind(NamedTuple):
    """What a column holds."""

    size: int
    wanted: str
    cast: str
    """How values of another type of Arrow get there."""
    of_arrow: Callable[[str], bool]
    is_format: Callable[[str, int], bool]
    """Whether these are a buffer's format and size of an item."""
    one: Optional[Callable[[Any, str], Any]]
    """Makes a value of ctypes of one for all."""


# Amounts in a buffer are 16 bytes: NumPy's V16, a struct of low and high, or, in two dimensions, pairs of 8.
_PAIR = re.compile(r"(?:16x|T\{[<=@]?[QL]:\w+:[<=@]?[ql]:\w+:\})")
_INT64 = re.compile(r"[<=@]?[ql]")
_UINT64 = re.compile(r"[<=@]?[qlQL]")


def _one_amount(value: Any, field: str) -> abi.Amount:
    amount = abi.Amount()
    amounts.write(amount, value, field)
    return amount


def _one_number(value: Any, field: str) -> c_uint64:
    return c_uint64(numbers.whole(value, field, 0, 2**64 - 1))


def _one_instant(value: Any, field: str) -> c_int64:
    return c_int64(
        instants.seconds(value, field)
        if isinstance(value, datetime)
        else numbers.whole(value, field, 0, instants.LAST, TimeRangeError)
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
    lambda value, field: c_int64(numbers.sequence(value, field)),
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
    """Where `count` values lie. Nothing is copied, but scalars, and the values of lists and tuples.

    Raises TypeError (another type), MalformedError (nulls, several chunks), OutOfRangeError (another length), StrideError, MisalignedError,
    and those of scalars.
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
    """How many values a column has; of any type that has a length, or tells it by its buffer or by Arrow."""
    try:
        return len(value)
    except TypeError:
        if arrow.is_column(value):
            return arrow.values(value, field).length
        raise TypeError(f"{field}: must be a column, not {type(value).__name__}") from None


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
        rule = f"must have its values 0 bytes apart, or a multiple of 8 that is {size} or more, not {stride}"
        raise StrideError(f"{field}: {rule}", field, stride)


def _listed(given: Any, field: str, kind: Kind, count: int) -> Place:
    _check_length(len(given), field, count)
    one = kind.one or _one_number
    return packed([one(value, f"{field}[{i}]") for i, value in enumerate(given)], kind.size)


def packed(values: Sequence[Any], size: int) -> Place:
    """Values of ctypes, one behind the other. Not in an array of ctypes, whose type would be made anew for each length."""
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
            f"{field}: must have no nulls, and value {found.first_null} is one", field
        )
    start = found.address + found.offset * kind.size
    _check_place(start, kind.size, field, kind.size, count)
    return Place(start, kind.size, found.kept)


def _plain(value: Any, field: str, kind: Kind) -> Any:
    """NumPy's datetime64[s] as the int64 that it is."""
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", None) != "M":
        return value
    if kind is not INSTANT or str(dtype) != "datetime64[s]":
        raise TypeError(
            f"{field}: must be {kind.wanted}, not {dtype}"
            + (': .astype("datetime64[s]") makes it so' if kind is INSTANT else "")
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
        raise TypeError(f"{field}: must be {kind.wanted}, not {type(value).__name__}") from None
    shape, strides = view.shape or (), view.strides or ()
    if view.suboffsets:
        raise TypeError(f"{field}: must be one piece of memory")
    if (
        view.ndim == 1 and view.itemsize == 1 and view.format in ("B", "b", "c") and strides == (1,)
    ):  # bytes as they are
        found, stride = view.nbytes / kind.size, kind.size
        if found != count:
            raise OutOfRangeError(
                f"{field}: must have {count * kind.size} bytes, {kind.size} for each element, not {view.nbytes}",
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
            f"{field}: must be {kind.wanted}, not a buffer of format {view.format!r} and shape {shape}"
        )
    start = buffers.address(view)
    if count < 2:
        stride = kind.size
    _check_place(start, stride, field, kind.size, count)
    return Place(start, stride, view)


def names(given: Tuple[str, ...], known: Tuple[str, ...], field: str) -> Tuple[str, ...]:
    """Names of columns that there are."""
    for name in given:
        if name not in known:
            raise MalformedError.of(field, f"must be of {', '.join(known)}", name)
    return given


def structs(value: Any, field: str, size: int, count: int) -> Place:
    """Where `count` structs lie, each of `size` bytes or of more: items of a buffer, or bytes as they are. Raises as `place` does."""
    try:
        view = memoryview(value)
    except (TypeError, ValueError, BufferError):
        raise TypeError(
            f"{field}: must be a list, or a buffer of structs of {size} bytes, not {type(value).__name__}"
        ) from None
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
            f"{field}: must have {count} structs of {size} bytes, one for each element, not {found:g}",
            field,
        )
    start = buffers.address(view)
    _check_place(start, stride or 1, field, size, count)
    return Place(start, stride, view)
