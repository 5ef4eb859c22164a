# SPDX-License-Identifier: Apache-2.0
"""What can go wrong: one tree of exceptions, with a class for each status of the library.

    LowtideError
      CallerError     the program is to be corrected
      DataError       what came from outside is wrong; a ValueError too
      HostError       what the host's store or courier said or did
      EngineError     memory ran out, or a mistake in lowtide
      LibraryError    the shared library is missing, or not the one that this package is for; an ImportError too

Wrong types are a TypeError, as everywhere in Python. A plain ValueError comes from a Monitor only: it is closed, or has no courier to
deliver with, or its store or courier did not return what was promised. Near the recursion limit a
RecursionError may come as a ctypes.ArgumentError, whose text names it. Of an Alert, whatever is raised, nothing was changed; of a
Monitor, each class says what was stored.

An error of a Monitor's own, such as RefusedError, says in its message what it is about; its field is "" and its value None.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Dict, Optional, Type

from ._ffi import abi

_SHOWN = 60


class Status(enum.Enum):
    """What a function of the library returns. Grouped by whose fault it is; values are never reused."""

    OK = abi.OK
    NULL_ARGUMENT = abi.NULL_ARGUMENT
    MISALIGNED = abi.MISALIGNED
    STRUCT_SIZE = abi.STRUCT_SIZE
    STRIDE = abi.STRIDE
    OVERLAP = abi.OVERLAP
    FLAGS = abi.FLAGS
    CODE = abi.CODE
    BUFFER_TOO_SMALL = abi.BUFFER_TOO_SMALL
    BUSY = abi.BUSY
    SINK_CLOSED = abi.SINK_CLOSED
    SINK_FULL = abi.SINK_FULL
    MALFORMED = abi.MALFORMED
    INEXACT = abi.INEXACT
    OVERFLOW = abi.OVERFLOW
    OUT_OF_RANGE = abi.OUT_OF_RANGE
    INCONSISTENT = abi.INCONSISTENT
    CORRUPT = abi.CORRUPT
    NEWER_FORMAT = abi.NEWER_FORMAT
    CORRUPT_ALERT = abi.CORRUPT_ALERT
    TIME_RANGE = abi.TIME_RANGE
    SEQUENCE_RANGE = abi.SEQUENCE_RANGE
    REFUSED = abi.REFUSED
    HOST_FAILURE = abi.HOST_FAILURE
    CONFLICT = abi.CONFLICT
    UNKNOWN_RESULT = abi.UNKNOWN_RESULT
    INCOMPLETE = abi.INCOMPLETE
    OUT_OF_MEMORY = abi.OUT_OF_MEMORY
    INTERNAL_ERROR = abi.INTERNAL_ERROR

    def __str__(self) -> str:
        return self.name.lower()


def shown(value: object) -> str:
    """A value as a message shows it: on one line, without what a terminal obeys, and cut where it is long."""
    if isinstance(value, int):
        number = int.__index__(value)
        if not -(10**_SHOWN) < number < 10**_SHOWN:
            return f"a number of {number.bit_length()} bits"  # its digits would take time in proportion to their square
    try:
        text = value.isoformat() if type(value) is datetime else ascii(value)
    except Exception:  # its own
        return f"something of type {ascii(type(value).__name__)[1:-1]}"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


class LowtideError(Exception):
    """The root of the tree.

    status: the library's status; None where there is none.
    field:  the name of the argument or field at fault; "" where none is.
    value:  the value that was refused; None where none is.
    """

    status: Optional[Status] = None

    def __init__(self, message: str, field: str = "", value: object = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value

    @classmethod
    def of(cls, field: str, rule: str, value: object) -> LowtideError:
        """The error of a field: its name, what holds for it, and what was given."""
        return cls(f"{field}: {rule}: {shown(value)}", field, value)


class CallerError(LowtideError):
    """The caller's: the program is to be corrected."""


class DataError(LowtideError, ValueError):
    """The data's: what came from outside is wrong."""


class HostError(LowtideError):
    """The host's: what its store or courier said or did."""


class EngineError(LowtideError):
    """lowtide's."""


class LibraryError(LowtideError, ImportError):
    """The shared library cannot be loaded, or is not the one that this package is for."""


class NullArgumentError(CallerError):
    """A pointer is NULL."""

    status = Status.NULL_ARGUMENT


class MisalignedError(CallerError):
    """A pointer is not aligned for its type."""

    status = Status.MISALIGNED


class StructSizeError(CallerError):
    """A struct_size is too small, or says more than the library knows."""

    status = Status.STRUCT_SIZE


class StrideError(CallerError):
    """A stride is smaller than the struct or no multiple of 8, or a length is more than memory can hold."""

    status = Status.STRIDE


class OverlapError(CallerError):
    """An output overlaps another argument."""

    status = Status.OVERLAP


class FlagsError(CallerError):
    """A flag is unknown, or flags contradict each other."""

    status = Status.FLAGS


class CodeError(CallerError):
    """A code is none that there is."""

    status = Status.CODE


class BufferTooSmallError(CallerError):
    """A buffer is too small."""

    status = Status.BUFFER_TOO_SMALL


class BusyError(CallerError):
    """The Monitor is serving a call, perhaps the one whose callback this is."""

    status = Status.BUSY


class SinkClosedError(CallerError):
    """A sink is used outside the callback that it was given to."""

    status = Status.SINK_CLOSED


class SinkFullError(CallerError):
    """A sink was given more than was asked for."""

    status = Status.SINK_FULL


class MalformedError(DataError):
    """A value does not have the required form."""

    status = Status.MALFORMED


class InexactError(DataError):
    """An amount has a digit other than 0 beyond the 18th decimal place."""

    status = Status.INEXACT


class AmountOverflowError(DataError):
    """An amount is outside the representable range."""

    status = Status.OVERFLOW


class OutOfRangeError(DataError):
    """A number or the length of a name is outside its range."""

    status = Status.OUT_OF_RANGE


class InconsistentError(DataError):
    """Each field is in range, but together they describe no alert that can exist."""

    status = Status.INCONSISTENT


class CorruptError(DataError):
    """Stored bytes that were damaged."""

    status = Status.CORRUPT


class NewerFormatError(DataError):
    """Stored bytes, undamaged, of a later version's."""

    status = Status.NEWER_FORMAT


class CorruptAlertError(DataError):
    """An alert in memory that no function of the library made."""

    status = Status.CORRUPT_ALERT


class TimeRangeError(DataError):
    """An instant outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z."""

    status = Status.TIME_RANGE


class SequenceRangeError(DataError):
    """A sequence below 1 (or below 0, where 0 means none yet), or beyond 2^63 - 1."""

    status = Status.SEQUENCE_RANGE


class RefusedError(DataError):
    """The Monitor refused a change."""

    status = Status.REFUSED


class HostFailureError(HostError):
    """A callback failed; nothing was stored."""

    status = Status.HOST_FAILURE


class ConflictError(HostError):
    """Others kept committing the account; nothing was stored."""

    status = Status.CONFLICT


class UnknownResultError(HostError):
    """The store could not tell whether it committed."""

    status = Status.UNKNOWN_RESULT


class IncompleteError(HostError):
    """Some accounts or deliveries could not be served.

    report: what was told of all of them: a TickReport, a DeliveryReport, or a tuple of Reports.
    """

    status = Status.INCOMPLETE
    report: Any = None


class OutOfMemoryError(EngineError, MemoryError):
    """Memory ran out."""

    status = Status.OUT_OF_MEMORY


class InternalError(EngineError):
    """A mistake in lowtide; please report it."""

    status = Status.INTERNAL_ERROR


def _leaves(root: Type[LowtideError]) -> Dict[int, Type[LowtideError]]:
    found = {} if root.status is None else {root.status.value: root}
    for child in root.__subclasses__():
        found.update(_leaves(child))
    return found


BY_STATUS: Dict[int, Type[LowtideError]] = _leaves(LowtideError)
