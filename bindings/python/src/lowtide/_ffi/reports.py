# SPDX-License-Identifier: Apache-2.0
"""Converts the reports of a Monitor's calls into values, exceptions and notes. Private."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple, TypeVar

from ..codes import Phase, Why
from ..errors import BY_STATUS, IncompleteError, LowtideError
from ..output import from_abi as output
from ..report import AlertDecision, DeliveryReport, EventReport, TickReport
from . import abi, monitor_abi
from .monitor_read import error_text, text
from .structs import each

_Report = TypeVar("_Report")

# The statuses with which the library writes a report.
WRITTEN = (
    abi.OK,
    abi.REFUSED,
    abi.HOST_FAILURE,
    abi.CONFLICT,
    abi.UNKNOWN_RESULT,
    abi.INCOMPLETE,
)


def event(of: monitor_abi.EventReport) -> EventReport:
    """The EventReport of a lowtide_event_report."""
    return EventReport(
        bool(of.flags & monitor_abi.EVENT_REPORT_STORED),
        _decisions(of),
        None if of.status == abi.OK else _failure(of),
    )


def good_event(of: monitor_abi.EventReport) -> EventReport:
    """The same for an event that did not fail. Raises the error of one that did."""
    if of.status != abi.OK:
        # Not the error of an EventReport: that would be kept by this frame, and this frame by the
        # exception's traceback.
        raise _failure(of)
    return event(of)


def _failure(of: monitor_abi.EventReport) -> LowtideError:
    return BY_STATUS.get(of.status, LowtideError)(error_text(of.error))


def _decisions(of: monitor_abi.EventReport) -> Tuple[AlertDecision, ...]:
    return tuple(
        AlertDecision(
            alert=text(one.alert),
            why=Why(one.why),
            phase=Phase(one.phase),
            outputs=tuple(output(one.outputs[place]) for place in range(one.output_count)),
        )
        for one in each(
            monitor_abi.AlertDecision, of.decisions, of.decision_count, of.decision_stride
        )
    )


def events(of: Sequence[monitor_abi.EventReport]) -> List[EventReport]:
    """The reports of many events. Raises IncompleteError if one failed."""
    read = [event(one) for one in of]
    errors = [str(one.error) for one in read if one.error]
    return _complete(read, errors, f"{len(errors)} of {len(read)} events failed")


def tick(of: monitor_abi.TickReport) -> TickReport:
    """The TickReport of a lowtide_tick_report. Raises IncompleteError if it has errors."""
    read = TickReport(of.accounts, of.outputs, _errors(of))
    return _complete(read, read.errors, "the tick had errors")


def deliveries(of: monitor_abi.DeliveryReport) -> DeliveryReport:
    """The DeliveryReport of a lowtide_delivery_report. Raises IncompleteError if it has errors."""
    read = DeliveryReport(of.sent, of.failed, of.postponed, _errors(of))
    return _complete(read, read.errors, "some deliveries were not sent")


def _errors(of: Any) -> Tuple[str, ...]:
    return tuple(error_text(of.errors[place]) for place in range(of.error_count))


def _complete(report: _Report, errors: Sequence[str], what: str) -> _Report:
    if errors:
        raise _incomplete(f"{what}; the first: {errors[0]}", report)
    return report


def _incomplete(message: str, report: object) -> IncompleteError:
    # In a frame of its own, which the exception's traceback does not keep.
    error = IncompleteError(message)
    error.report = report
    return error


def what_was_stored(reports: Sequence[monitor_abi.EventReport], doubt: str) -> str:
    """How many events were stored, in words, for the note on an exception of the host.

    `doubt` says why it is not known of some; "" if it is known.
    """
    counts: Dict[str, int] = {}
    for one in reports:
        if one.status == abi.OK:
            stored = one.flags & monitor_abi.EVENT_REPORT_STORED
            word = "stored" if stored else "with nothing to store"
        elif one.status == abi.UNKNOWN_RESULT and doubt:
            word = f"not known ({doubt})"
        else:
            word = "not stored"
        counts[word] = counts.get(word, 0) + 1
    return "events: " + ", ".join(
        f"{count} {word}" for word, count in sorted(counts.items(), reverse=True)
    )
