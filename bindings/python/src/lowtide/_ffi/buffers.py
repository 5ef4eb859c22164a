# SPDX-License-Identifier: Apache-2.0
"""Memory for arrays of structs, and the addresses of buffers. Private."""

from __future__ import annotations

import ctypes
import mmap
from ctypes import c_char_p, c_int, c_ssize_t, c_void_p
from typing import Any, List, Tuple, Type, cast

LINE = 64
"""Bytes of a cache line. Arrays begin at a multiple of it."""

_LARGE = 1 << 22


class _Buffer(ctypes.Structure):
    """Py_buffer, which is the same in every CPython 3."""

    _fields_ = [
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    ]


_FULL_READ_ONLY = 0x11C  # PyBUF_FULL_RO
# Prototypes of this package's own: those of ctypes.pythonapi are shared with all other code.
_get: Any = ctypes.PYFUNCTYPE(c_int, ctypes.py_object, ctypes.POINTER(_Buffer), c_int)(
    ("PyObject_GetBuffer", ctypes.pythonapi)
)
_release: Any = ctypes.PYFUNCTYPE(None, ctypes.POINTER(_Buffer))(
    ("PyBuffer_Release", ctypes.pythonapi)
)


def address(view: memoryview) -> int:
    """The address of the first byte of a view. Valid for as long as the view lives: it keeps the
    memory in place.
    """
    buffer = _Buffer()
    _get(view, buffer, _FULL_READ_ONLY)
    place: int = buffer.buf or 0
    _release(buffer)
    return place


def fresh(size: int) -> memoryview:
    """`size` bytes of 0, at a multiple of 64.

    Large ones are mapped: the system zeroes each page when it is first touched, so the first use
    takes longer than the next ones.
    """
    if size >= _LARGE:
        # Private, so that after a fork each process has its own.
        return memoryview(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    whole = memoryview(bytearray(size + LINE))
    start = -address(whole) % LINE
    return whole[start : start + size]


def descr(struct: Type[ctypes.Structure]) -> List[Tuple[Any, ...]]:
    """The description of a struct without gaps that numpy.dtype takes."""
    fields: List[Tuple[Any, ...]] = []
    for field in struct._fields_:
        name, one = field[0], cast(Any, field[1])
        length = getattr(one, "_length_", 0)
        if length:
            one = one._type_
        if issubclass(one, ctypes.Structure):
            kind: Any = descr(one)
        else:
            kind = f"<{'i' if one(-1).value < 0 else 'u'}{ctypes.sizeof(one)}"
        fields.append((name, kind, (length,)) if length else (name, kind))
    return fields
