# SPDX-License-Identifier: Apache-2.0
"""AlertArray: many alerts in one piece of memory. The base of lowtide.batch.Alerts. Private."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, Iterator, Type, TypeVar, Union, overload

from ..alert import Alert, _alert
from ..errors import OutOfRangeError
from . import abi, arguments, buffers
from .alert_columns import writable
from .library import check, failure, lib
from .results import array_interface

SIZE = ctypes.sizeof(abi.Alert)

_Array = TypeVar("_Array", bound="AlertArray")


class AlertArray:
    """A sequence of alerts, each in SIZE bytes."""

    __slots__ = ("__weakref__", "_memory")

    def __init__(self, count: int) -> None:
        count = arguments.whole(count, "count", 0, 2**48)
        self._memory = buffers.fresh(count * SIZE)
        if count:
            check(lib.lowtide_alert_init(abi.Alert.from_buffer(self._memory)))
            filled = 1
            while filled < count:  # twice as many each time
                more = min(filled, count - filled)
                self._memory[filled * SIZE : (filled + more) * SIZE] = self._memory[: more * SIZE]
                filled += more

    @classmethod
    def over(cls: Type[_Array], memory: Any) -> _Array:
        """Alerts that lie in a writable buffer and stay there: a bytearray, a mapped file, an array
        of NumPy. Nothing is copied. The buffer cannot be resized or unmapped while the Alerts live.

        The bytes may be anything. Those that are not an alert have the status CORRUPT_ALERT, and
        send nothing.

        memory: a multiple of 64 bytes, without gaps, at a multiple of 8.

        Raises: TypeError, OutOfRangeError, MisalignedError.
        """
        view = writable(memory, "memory")
        if view.nbytes % SIZE:
            raise OutOfRangeError(
                f"memory: must have a multiple of {SIZE} bytes, not {view.nbytes}",
                "memory",
                view.nbytes,
            )
        made = cls.__new__(cls)
        made._memory = view
        return made

    @property
    def memory(self) -> memoryview:
        """The memory, as bytes."""
        return self._memory

    @property
    def __array_interface__(self) -> Dict[str, Any]:
        return array_interface(self._memory, len(self), SIZE, [("", f"|V{SIZE}")])

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self._memory)

    def __len__(self) -> int:
        return self._memory.nbytes // SIZE

    @overload
    def __getitem__(self, index: int) -> Alert: ...
    @overload
    def __getitem__(self: _Array, index: slice) -> _Array: ...
    def __getitem__(self: _Array, index: Union[int, slice]) -> Union[Alert, _Array]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise TypeError(f"a slice of alerts must have step 1, not {step}")
            return type(self).over(self._memory[start * SIZE : max(start, stop) * SIZE])
        place = range(len(self))[index]
        raw, field = abi.Alert.from_buffer_copy(self._memory, place * SIZE), ctypes.c_char_p()
        status = lib.lowtide_alert_check(field, raw)
        if status:
            raise failure(status, f"alerts[{place}].{(field.value or b'').decode('ascii')}")
        return _alert(raw)

    def __setitem__(self, index: int, alert: Alert) -> None:
        arguments.instance(alert, Alert, "alert")
        place = range(len(self))[index] * SIZE
        self._memory[place : place + SIZE] = bytes(alert._raw)

    def __iter__(self) -> Iterator[Alert]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<lowtide.Alerts, {len(self)}>"
