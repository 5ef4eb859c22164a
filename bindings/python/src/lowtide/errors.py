# SPDX-License-Identifier: Apache-2.0
"""The exceptions of lowtide: one tree, with a class for each status of the library.

    LowtideError
      CallerError     a mistake in the calling program
      DataError       wrong data; also a ValueError
      HostError       an error of the host's store or courier
      EngineError     memory ran out, or a mistake in lowtide
      LibraryError    the shared library is missing or does not fit; also an ImportError

Wrong types raise a TypeError, as everywhere in Python. A plain ValueError means that a Monitor or a
prepared batch is closed, that a Monitor has no courier to deliver with, or that its store or
courier returned a wrong value. Near the recursion limit a RecursionError may appear as a
ctypes.ArgumentError, whose text names it.

No exception changes an Alert. For a Monitor, each class says what was stored. Its errors about an
account or a delivery, such as RefusedError, have field "" and value None: the message says what
they are about.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Dict, Optional, Type

from ._ffi import abi

_SHOWN = 60


class Status(enum.Enum):
    """What functions of the library return.

    The hundreds say whose mistake an error is. Values are never reused.
    """

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
    """A value for a message: on one line, without control characters, and cut if it is long."""
    if isinstance(value, int):
        number = int.__index__(value)
        if not -(10**_SHOWN) < number < 10**_SHOWN:
            # Converting it to decimal digits takes time in proportion to their number squared.
            return f"a number of {number.bit_length()} bits"
    try:
        text = value.isoformat() if type(value) is datetime else ascii(value)
    except Exception:  # raised by the value's own __repr__
        return f"something of type {ascii(type(value).__name__)[1:-1]}"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


class LowtideError(Exception):
    """The base class of all of them.

    status: the library's status; None if there is none.
    field:  the name of the argument or field that is wrong; "" if none is.
    value:  the value that was refused; None if none was.
    """

    status: Optional[Status] = None

    def __init__(self, message: str, field: str = "", value: object = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value

    @classmethod
    def of(cls, field: str, rule: str, value: object) -> LowtideError:
        """An error about a field: its name, the rule that was broken, and the value."""
        return cls(f"{field}: {rule}: {shown(value)}", field, value)


class CallerError(LowtideError):
    """A mistake in the calling program."""


class DataError(LowtideError, ValueError):
    """Wrong data."""


class HostError(LowtideError):
    """An error of the host's store or courier."""


class EngineError(LowtideError):
    """An error of lowtide itself."""


class LibraryError(LowtideError, ImportError):
    """The shared library cannot be loaded, or does not fit this package."""


class NullArgumentError(CallerError):
    """A pointer is NULL."""

    status = Status.NULL_ARGUMENT


class MisalignedError(CallerError):
    """A pointer is not aligned for its type."""

    status = Status.MISALIGNED


class StructSizeError(CallerError):
    """A struct_size is too small, or larger than the library knows."""

    status = Status.STRUCT_SIZE


class StrideError(CallerError):
    """A stride is smaller than the struct or not a multiple of 8, or a length exceeds memory."""

    status = Status.STRIDE


class OverlapError(CallerError):
    """An output overlaps another argument."""

    status = Status.OVERLAP


class FlagsError(CallerError):
    """A flag is unknown, or flags contradict each other."""

    status = Status.FLAGS


class CodeError(CallerError):
    """A code is not one of those defined, or a field that must be empty is not."""

    status = Status.CODE


class BufferTooSmallError(CallerError):
    """A buffer is too small."""

    status = Status.BUFFER_TOO_SMALL


class BusyError(CallerError):
    """The Monitor is serving a call, perhaps the one whose callback this is."""

    status = Status.BUSY


class SinkClosedError(CallerError):
    """A sink was used outside the callback that it was given to."""

    status = Status.SINK_CLOSED


class SinkFullError(CallerError):
    """More was put into a sink than was asked for."""

    status = Status.SINK_FULL


class MalformedError(DataError):
    """A value does not have the required form."""

    status = Status.MALFORMED


class InexactError(DataError):
    """An amount has a digit other than 0 after the 18th decimal place."""

    status = Status.INEXACT


class AmountOverflowError(DataError):
    """An amount is outside the representable range."""

    status = Status.OVERFLOW


class OutOfRangeError(DataError):
    """A number or the length of a name is outside its range."""

    status = Status.OUT_OF_RANGE


class InconsistentError(DataError):
    """Each field is in range, but no alert can have all of them."""

    status = Status.INCONSISTENT


class CorruptError(DataError):
    """Stored bytes are damaged."""

    status = Status.CORRUPT


class NewerFormatError(DataError):
    """Stored bytes are in the format of a later version of lowtide."""

    status = Status.NEWER_FORMAT


class CorruptAlertError(DataError):
    """An alert in memory was not made by the library, or was overwritten."""

    status = Status.CORRUPT_ALERT


class TimeRangeError(DataError):
    """An instant is outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z."""

    status = Status.TIME_RANGE


class SequenceRangeError(DataError):
    """A sequence is below 1 (or below 0, where 0 means none yet), or above 2^63 - 1."""

    status = Status.SEQUENCE_RANGE


class RefusedError(DataError):
    """The Monitor refused an event. Nothing was stored."""

    status = Status.REFUSED


class HostFailureError(HostError):
    """The store failed, or loaded invalid data. Nothing was stored."""

    status = Status.HOST_FAILURE


class ConflictError(HostError):
    """Others committed the account at every attempt. Nothing was stored."""

    status = Status.CONFLICT


class UnknownResultError(HostError):
    """The store does not know whether it committed."""

    status = Status.UNKNOWN_RESULT


class IncompleteError(HostError):
    """Some events, accounts or deliveries failed.

    report: what became of all of them: a list of EventReports, a TickReport or a DeliveryReport.
    """

    status = Status.INCOMPLETE
    report: Any = None


class OutOfMemoryError(EngineError, MemoryError):
    """Memory ran out."""

    status = Status.OUT_OF_MEMORY


class InternalError(EngineError):
    """A mistake in lowtide. Please report it."""

    status = Status.INTERNAL_ERROR


def _leaves(root: Type[LowtideError]) -> Dict[int, Type[LowtideError]]:
    found = {} if root.status is None else {root.status.value: root}
    for child in root.__subclasses__():
        found.update(_leaves(child))
    return found


BY_STATUS: Dict[int, Type[LowtideError]] = _leaves(LowtideError)
