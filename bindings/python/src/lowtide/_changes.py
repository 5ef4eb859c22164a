# SPDX-License-Identifier: Apache-2.0
"""Events as structs, with every argument looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Optional, Union

from . import _abi, _number
from ._amount import Exact
from ._amount import write as write_amount
from ._host_read import sized
from ._host_write import instance
from ._time import seconds
from .balance import Balance
from .codes import IfBelow
from .errors import OutOfRangeError
from .schedule import Daily, Schedule


def observation(
    balance: Optional[Balance],
    available_credit: Optional[Exact],
    at: datetime,
    sequence: Optional[int],
    where: str = "",
) -> _abi.Observation:
    """An observation of an account. `where` begins each error."""
    if balance is not None:
        if available_credit is not None:
            raise TypeError(f"{where}available_credit: must not be given beside a balance")
        instance(balance, Balance, f"{where}balance")
        change = _abi.Observation.from_buffer_copy(balance.__dict__["_change"])
    elif available_credit is not None:
        change = sized(_abi.Observation)
        change.flags = _abi.OBSERVATION_HAS_AVAILABLE_CREDIT
        write_amount(change.available_credit, available_credit, f"{where}available_credit")
    else:
        raise TypeError(f"{where}balance: is missing, and so is available_credit")
    change.at = seconds(at, f"{where}at")
    if sequence is not None:
        change.flags |= _abi.OBSERVATION_HAS_SEQUENCE
        change.sequence = _number.sequence(sequence, f"{where}sequence")
    return change


def _threshold(target: _abi.Amount, threshold: Exact) -> None:
    write_amount(target, threshold, "threshold")
    if target.high < 0:
        raise OutOfRangeError.of("threshold", "must be 0 or more", threshold)


def enable(
    threshold: Exact, at: datetime, schedule: Union[Schedule, Daily, None], if_below: IfBelow
) -> _abi.Enable:
    event = sized(_abi.Enable)
    event.at = seconds(at, "at")
    _threshold(event.threshold, threshold)
    instance(if_below, IfBelow, "if_below")
    event.if_below = if_below.value
    if schedule is None:
        return event
    instance(schedule, (Schedule, Daily), "schedule")
    if isinstance(schedule, Daily):
        schedule = schedule.schedule(at)
    event.flags |= _abi.ENABLE_HAS_SCHEDULE
    event.count, event.utc_offset = schedule.count, schedule.offset_minutes
    if schedule.minutes is not None:
        event.flags |= _abi.ENABLE_HAS_TIME_OF_DAY
        event.time_of_day = schedule.minutes
    return event


def set_threshold(threshold: Exact, at: datetime, if_below: IfBelow) -> _abi.SetThreshold:
    event = sized(_abi.SetThreshold)
    event.at = seconds(at, "at")
    _threshold(event.threshold, threshold)
    instance(if_below, IfBelow, "if_below")
    event.if_below = if_below.value
    return event
