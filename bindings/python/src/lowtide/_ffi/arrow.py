# SPDX-License-Identifier: Apache-2.0
"""Reads Arrow columns through the C data interface, without importing any library, and without
copying.

pyarrow, polars, DuckDB and others offer it. Private.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, addressof, c_char_p, c_int, c_int64, c_void_p
from typing import Any, NamedTuple, Tuple

from ..errors import LowtideError, MalformedError


class _Schema(ctypes.Structure):
    """ArrowSchema."""

    _fields_ = [
        ("format", c_char_p),
        ("name", c_char_p),
        ("metadata", c_void_p),
        ("flags", c_int64),
        ("n_children", c_int64),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


class _Array(ctypes.Structure):
    """ArrowArray."""

    _fields_ = [
        ("length", c_int64),
        ("null_count", c_int64),
        ("offset", c_int64),
        ("n_buffers", c_int64),
        ("n_children", c_int64),
        ("buffers", POINTER(c_void_p)),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


class _Stream(ctypes.Structure):
    """ArrowArrayStream."""

    _fields_ = [
        ("get_schema", CFUNCTYPE(c_int, c_void_p, c_void_p)),
        ("get_next", CFUNCTYPE(c_int, c_void_p, c_void_p)),
        ("get_last_error", CFUNCTYPE(c_char_p, c_void_p)),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


class _Owned:
    """A schema or an array that this module has to release."""

    def __init__(self, it: Any) -> None:
        self.it = it

    def __del__(self) -> None:
        if self.it.release:
            CFUNCTYPE(None, c_void_p)(self.it.release)(addressof(self.it))


class Values(NamedTuple):
    """The values of an array."""

    format: str
    """As in the C data interface; "dictionary" if the values are indices into a dictionary."""
    address: int
    """Of the buffer of values; 0 if there is none. The first value is `offset` values further."""
    offset: int
    length: int
    first_null: int
    """-1: there is none."""
    kept: object
    """The object that owns the memory."""


_pointer: Any = ctypes.PYFUNCTYPE(c_void_p, ctypes.py_object, c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)

_NAMES = {
    "n": "null", "b": "bool", "c": "int8", "C": "uint8", "s": "int16", "S": "uint16", "i": "int32",
    "I": "uint32", "l": "int64", "L": "uint64", "e": "float16", "f": "float32", "g": "float64",
    "u": "string", "U": "large_string", "vu": "string_view", "z": "binary", "Z": "large_binary",
    "tdD": "date32", "tdm": "date64", "+s": "struct", "+l": "list",
}  # fmt: skip
_UNITS = {"s": "s", "m": "ms", "u": "us", "n": "ns"}


def name_of(format: str) -> str:
    """The name of a format that Arrow's users know: "decimal128(10, 2)" for "d:10,2"."""
    if format.startswith("d:"):
        precision, scale, bits = (*format[2:].split(","), "128")[:3]
        return f"decimal{bits}({precision}, {scale})"
    if format.startswith("ts"):
        unit, _, zone = format[2:].partition(":")
        return f"timestamp({_UNITS.get(unit, unit)}{', ' + zone if zone else ''})"
    return _NAMES.get(format, format)


def is_column(value: object) -> bool:
    """Whether an object offers Arrow's interface."""
    return hasattr(value, "__arrow_c_array__") or hasattr(value, "__arrow_c_stream__")


def values(value: Any, field: str) -> Values:
    """The values of an array, or of a chunked array, which must have one chunk."""
    if hasattr(value, "__arrow_c_array__"):
        schema, array = value.__arrow_c_array__()
        format = _format(_Schema.from_address(_pointer(schema, b"arrow_schema")))
        return _values(format, _Array.from_address(_pointer(array, b"arrow_array")), array)
    format, chunk = _only_chunk(value, field)
    return _values(format, chunk.it, chunk)


def _format(schema: _Schema) -> str:
    return (
        "dictionary"
        if schema.dictionary
        else bytes(schema.format or b"").decode("utf-8", "replace")
    )


def _only_chunk(value: Any, field: str) -> Tuple[str, _Owned]:
    capsule = value.__arrow_c_stream__()
    place = _pointer(capsule, b"arrow_array_stream")
    stream = _Stream.from_address(place)

    def call(function: Any, into: _Owned) -> _Owned:
        if function(place, addressof(into.it)):
            reason = stream.get_last_error(place) or b"no reason given"
            raise LowtideError(
                f"{field}: cannot be read from Arrow: {reason.decode('utf-8', 'replace')}", field
            )
        return into

    # A variable, so that the schema is not released before it was read.
    schema = call(stream.get_schema, _Owned(_Schema()))
    format = _format(schema.it)
    only, count = _Owned(_Array()), 0
    while True:
        chunk = call(stream.get_next, _Owned(_Array()))
        if not chunk.it.release:
            break
        if chunk.it.length:
            only, count = chunk, count + 1
    if count > 1:
        raise MalformedError(
            f"{field}: must have one chunk, not {count}: "
            "convert it with combine_chunks() or rechunk()",
            field,
        )
    return format, only


def _values(format: str, array: _Array, kept: object) -> Values:
    buffers = array.n_buffers
    place: int = (array.buffers[1] or 0) if buffers == 2 else 0
    bitmap = array.buffers[0] if buffers else None
    first_null = -1
    if format == "n" and array.length:
        first_null = 0
    elif array.null_count != 0 and bitmap:
        first_null = _first_zero(bitmap, array.offset, array.length)
    return Values(format, place, array.offset, array.length, first_null, kept)


def _first_zero(bitmap: int, offset: int, length: int) -> int:
    """The place of the first bit that is 0, counted from `offset`. -1: there is none."""
    first = offset // 8
    data = ctypes.string_at(bitmap + first, (offset + length + 7) // 8 - first)
    missing = ~(int.from_bytes(data, "little") >> offset % 8) & ((1 << length) - 1)
    return (missing & -missing).bit_length() - 1
