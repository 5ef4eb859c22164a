# SPDX-License-Identifier: Apache-2.0
"""What the calls of a Monitor told, as values and as exceptions."""

from __future__ import annotations

from typing import Dict, Sequence, Tuple, TypeVar

from ..errors import BY_STATUS, IncompleteError, LowtideError
from ..host import EventReport
from . import abi, monitor_abi, monitor_read

_Told = TypeVar("_Told")

# The statuses with which a report was written.
WRITTEN = (
    abi.OK,
    abi.REFUSED,
    abi.HOST_FAILURE,
    abi.CONFLICT,
    abi.UNKNOWN_RESULT,
    abi.INCOMPLETE,
)


def change(of: monitor_abi.EventReport) -> EventReport:
    """What became of a change."""
    return EventReport(
        bool(of.flags & monitor_abi.EVENT_REPORT_STORED),
        monitor_read.decisions(of),
        None if of.status == abi.OK else _failure(of),
    )


def good_change(of: monitor_abi.EventReport) -> EventReport:
    """What became of a change that came to its end; raises if it did not."""
    if of.status != abi.OK:
        # Not from a EventReport that has it: this frame would keep that, and the exception's traceback this frame.
        raise _failure(of)
    return change(of)


def _failure(of: monitor_abi.EventReport) -> LowtideError:
    return BY_STATUS.get(of.status, LowtideError)(monitor_read.words(of.error))


def complete(told: _Told, errors: Tuple[str, ...], what: str) -> _Told:
    """The report, if it tells no error."""
    if errors:
        raise incomplete(f"{len(errors)} {what}; the first: {errors[0]}", told)
    return told


def incomplete(message: str, report: object) -> IncompleteError:
    error = IncompleteError(message)
    error.report = report
    return error


def what_was_stored(reports: Sequence[monitor_abi.EventReport], doubt: str) -> str:
    """In words, after an exception of the host's. `doubt` is why it is not known of some; "" if it is known, for somebody looked."""
    told: Dict[str, int] = {}
    for one in reports:
        if one.status == abi.OK:
            word = (
                "stored" if one.flags & monitor_abi.EVENT_REPORT_STORED else "with nothing to store"
            )
        else:
            word = (
                f"not known ({doubt})"
                if doubt and one.status == abi.UNKNOWN_RESULT
                else "not stored"
            )
        told[word] = told.get(word, 0) + 1
    return "changes: " + ", ".join(
        f"{count} {word}" for word, count in sorted(told.items(), reverse=True)
    )
