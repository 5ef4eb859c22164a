# SPDX-License-Identifier: Apache-2.0
"""Events as structs, with every argument looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Optional, Union

from ..balance import Balance
from ..codes import IfBelow
from ..errors import OutOfRangeError
from ..schedule import Daily, Schedule
from . import abi, numbers
from .amounts import Exact
from .amounts import write as write_amount
from .instants import seconds
from .monitor_read import sized
from .monitor_write import instance


def observation(
    balance: Optional[Balance],
    available_credit: Optional[Exact],
    at: datetime,
    sequence: Optional[int],
    where: str = "",
) -> abi.Observation:
    """An observation of an account. `where` begins each error."""
    if balance is not None:
        if available_credit is not None:
            raise TypeError(f"{where}available_credit: must not be given beside a balance")
        instance(balance, Balance, f"{where}balance")
        change = abi.Observation.from_buffer_copy(balance.__dict__["_change"])
    elif available_credit is not None:
        change = sized(abi.Observation)
        change.flags = abi.OBSERVATION_HAS_AVAILABLE_CREDIT
        write_amount(change.available_credit, available_credit, f"{where}available_credit")
    else:
        raise TypeError(f"{where}balance: is missing, and so is available_credit")
    change.at = seconds(at, f"{where}at")
    if sequence is not None:
        change.flags |= abi.OBSERVATION_HAS_SEQUENCE
        change.sequence = numbers.sequence(sequence, f"{where}sequence")
    return change


def _threshold(target: abi.Amount, threshold: Exact) -> None:
    write_amount(target, threshold, "threshold")
    if target.high < 0:
        raise OutOfRangeError.of("threshold", "must be 0 or more", threshold)


def enable(
    threshold: Exact, at: datetime, schedule: Union[Schedule, Daily, None], if_below: IfBelow
) -> abi.Enable:
    event = sized(abi.Enable)
    event.at = seconds(at, "at")
    _threshold(event.threshold, threshold)
    instance(if_below, IfBelow, "if_below")
    event.if_below = if_below.value
    if schedule is None:
        return event
    instance(schedule, (Schedule, Daily), "schedule")
    if isinstance(schedule, Daily):
        schedule = schedule.schedule(at)
    event.flags |= abi.ENABLE_HAS_SCHEDULE
    event.count, event.utc_offset = schedule.count, schedule.offset_minutes
    if schedule.minutes is not None:
        event.flags |= abi.ENABLE_HAS_TIME_OF_DAY
        event.time_of_day = schedule.minutes
    return event


def set_threshold(threshold: Exact, at: datetime, if_below: IfBelow) -> abi.SetThreshold:
    event = sized(abi.SetThreshold)
    event.at = seconds(at, "at")
    _threshold(event.threshold, threshold)
    instance(if_below, IfBelow, "if_below")
    event.if_below = if_below.value
    return event
