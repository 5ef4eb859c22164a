# SPDX-License-Identifier: Apache-2.0
"""What the calls of a Monitor told, as values and as exceptions."""

from __future__ import annotations

from typing import Sequence, Tuple, TypeVar

from . import _abi, _host_abi, _host_read
from .errors import BY_STATUS, IncompleteError, LowtideError
from .host import Report

_Told = TypeVar("_Told")

# The statuses with which a report was written.
WRITTEN = (_abi.OK, _abi.REFUSED, _abi.HOST_FAILURE, _abi.CONFLICT, _abi.UNKNOWN_RESULT, _abi.INCOMPLETE)


def change(of: _host_abi.Report) -> Report:
    """What became of a change."""
    return Report(bool(of.flags & _host_abi.REPORT_STORED), _host_read.decisions(of), None if of.status == _abi.OK else _failure(of))


def good_change(of: _host_abi.Report) -> Report:
    """What became of a change that came to its end; raises if it did not."""
    if of.status != _abi.OK:
        # Not from a Report that has it: this frame would keep that, and the exception's traceback this frame.
        raise _failure(of)
    return change(of)


def _failure(of: _host_abi.Report) -> LowtideError:
    return BY_STATUS.get(of.status, LowtideError)(_host_read.words(of.error))


def complete(told: _Told, errors: Tuple[str, ...], what: str) -> _Told:
    """The report, if it tells no error."""
    if errors:
        raise incomplete(f"{len(errors)} {what}; the first: {errors[0]}", told)
    return told


def incomplete(message: str, report: object) -> IncompleteError:
    error = IncompleteError(message)
    error.report = report
    return error


def what_was_stored(reports: Sequence[_host_abi.Report]) -> str:
    """In words, after an exception of the host's."""
    stored = sum(1 for one in reports if one.status == _abi.OK)
    return f"{stored} of {len(reports)} changes came to their end, as far as is known"
