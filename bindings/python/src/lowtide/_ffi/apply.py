# SPDX-License-Identifier: Apache-2.0
"""Apply: one call of lowtide_monitor_apply, and the note on an exception that ends it. Private."""

from __future__ import annotations

from ctypes import sizeof
from datetime import datetime
from typing import List, Sequence

from ..event import AccountEvent
from . import abi, monitor_abi
from .events import write_account_event
from .instants import seconds
from .library import lib
from .structs import Kept

_EVENT_SIZE = sizeof(monitor_abi.AccountEvent)
_REPORT_SIZE = sizeof(monitor_abi.EventReport)


class Apply:
    """Events as C structs, and room for their reports.

    `wheres` has for each event what comes before the field's name in errors.
    """

    def __init__(
        self, events: Sequence[AccountEvent], wheres: Sequence[str], now: datetime
    ) -> None:
        count = len(events)
        self._kept = Kept()
        self._events = (monitor_abi.AccountEvent * count)()
        self._reports = (monitor_abi.EventReport * count)()
        for target, report, event, where in zip(self._events, self._reports, events, wheres):
            write_account_event(target, event, where, self._kept)
            report.struct_size = _REPORT_SIZE
        self._now = seconds(now, "now")

    @property
    def reports(self) -> List[monitor_abi.EventReport]:
        """One for each event. Valid until the next call on the Monitor."""
        return list(self._reports)

    def run(self, monitor: int) -> int:
        """Makes the call. Returns its status."""
        count = len(self._events)
        if not count:
            return abi.OK
        status: int = lib.lowtide_monitor_apply(
            self._reports, _REPORT_SIZE, monitor, self._events, _EVENT_SIZE, count, self._now
        )
        return status
