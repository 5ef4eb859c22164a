# SPDX-License-Identifier: Apache-2.0
"""C structs: making them, and keeping alive what they point to. Private."""

from __future__ import annotations

import ctypes
from ctypes import Array, addressof, c_void_p, sizeof
from typing import Any, Iterator, List, Optional, Type, TypeVar

from . import monitor_abi, names

_Struct = TypeVar("_Struct", bound=Any)

# The address of a bytes object's contents. A prototype of this package's own: those of
# ctypes.pythonapi are shared with all other code. It takes a third of the time of ctypes.cast.
_address: Any = ctypes.PYFUNCTYPE(c_void_p, ctypes.py_object)(
    ("PyBytes_AsString", ctypes.pythonapi)
)


def sized(kind: Type[_Struct]) -> _Struct:
    """A struct of zeros with its struct_size set."""
    struct: _Struct = kind(struct_size=sizeof(kind))
    return struct


def each(kind: Type[_Struct], address: Optional[int], count: int, stride: int) -> Iterator[_Struct]:
    """The structs of an array that the library made.

    They lie `stride` bytes apart, which is more than sizeof(kind) if the library is newer.
    """
    for place in range(count):
        struct: _Struct = kind.from_address((address or 0) + place * stride)
        yield struct


class Kept:
    """Keeps alive what structs point to, for as long as it lives itself."""

    def __init__(self) -> None:
        self._all: List[Any] = []

    def octets(self, target: monitor_abi.Text, value: bytes) -> None:
        """Points a lowtide_text or lowtide_bytes at bytes."""
        value = names.exact(value)
        self._all.append(value)
        target.data = _address(value)
        target.size = len(value)

    def text(self, target: monitor_abi.Text, value: str, field: str) -> None:
        """Points a lowtide_text at the UTF-8 of a str."""
        self.octets(target, names.encode(value, field))

    def array(self, value: Array[Any]) -> int:
        """The address of an array of structs."""
        self._all.append(value)
        # Not ctypes.cast: it makes the array refer to itself, and so a cycle of garbage.
        return addressof(value)

    def struct(self, value: Any) -> Any:
        """A struct that another one will point to."""
        self._all.append(value)
        return value
