# SPDX-License-Identifier: Apache-2.0
"""Builds the C structs of events from Python values, and checks every value on the way.

The one place where events are checked: Alert, Monitor and batches all call it, so that the same
mistake has the same message everywhere. Values are checked in the order of the parameters. `where`
comes before the field's name in every message, such as "events[3].". It is joined with +, which is
faster than an f-string if it is empty. Private.
"""

from __future__ import annotations

from ctypes import pointer, sizeof
from datetime import datetime
from typing import Optional, Union

from ..balance import Balance
from ..codes import IfBelow
from ..errors import LowtideError, OutOfRangeError
from ..event import AccountEvent, Disable, Enable, Observe, Rebase, SetThreshold, Tick
from ..schedule import Daily, Schedule
from . import abi, amounts, arguments, monitor_abi
from .arguments import instance
from .instants import seconds
from .structs import Kept, sized

_OBSERVATION = sized(abi.Observation)
_ENABLE = sized(abi.Enable)
_SET_THRESHOLD = sized(abi.SetThreshold)


def observation(
    balance: Optional[Balance],
    available_credit: Optional[amounts.Exact],
    at: datetime,
    sequence: Optional[int],
    where: str = "",
) -> abi.Observation:
    """A lowtide_observation."""
    if (balance is None) == (available_credit is None):
        check_given(balance is not None, available_credit is not None, "balance", where)
    if balance is not None:
        instance(balance, Balance, where + "balance")
        made = abi.Observation.from_buffer_copy(balance.__dict__["_observation"])
    else:
        assert available_credit is not None
        made = abi.Observation.from_buffer_copy(_OBSERVATION)
        made.flags = abi.OBSERVATION_HAS_AVAILABLE_CREDIT
        amounts.write(made.available_credit, available_credit, where + "available_credit")
    made.at = seconds(at, where + "at")
    if sequence is not None:
        made.flags |= abi.OBSERVATION_HAS_SEQUENCE
        made.sequence = arguments.sequence(sequence, where + "sequence")
    return made


def check_given(balance: bool, available_credit: bool, missing: str, where: str = "") -> None:
    """Raises TypeError unless exactly one of them was given. `missing` is what to call a balance
    of which nothing was given.
    """
    if balance and available_credit:
        raise TypeError(f"{where}available_credit: must not be given beside a balance")
    if not balance and not available_credit:
        raise TypeError(f"{where}{missing}: is missing, and so is available_credit")


def enable(
    threshold: amounts.Exact,
    at: datetime,
    schedule: Union[Schedule, Daily, None],
    if_below: IfBelow,
    where: str = "",
) -> abi.Enable:
    """A lowtide_enable."""
    made = abi.Enable.from_buffer_copy(_ENABLE)
    _write_threshold(made.threshold, threshold, where)
    made.at = seconds(at, where + "at")
    if schedule is not None:
        _write_schedule(made, schedule, at, where)
    made.if_below = _if_below(if_below, where)
    return made


def set_threshold(
    threshold: amounts.Exact, at: datetime, if_below: IfBelow, where: str = ""
) -> abi.SetThreshold:
    """A lowtide_set_threshold."""
    made = abi.SetThreshold.from_buffer_copy(_SET_THRESHOLD)
    _write_threshold(made.threshold, threshold, where)
    made.at = seconds(at, where + "at")
    made.if_below = _if_below(if_below, where)
    return made


def rebase(sequence: int, where: str = "") -> int:
    """The last sequence that a rebase sets."""
    return arguments.sequence(sequence, f"{where}sequence", least=0)


def negative_threshold(given: object, where: str = "") -> LowtideError:
    """The error for a threshold below 0."""
    return OutOfRangeError.of(where + "threshold", "must be 0 or more", given)


def _write_threshold(target: abi.Amount, threshold: amounts.Exact, where: str) -> None:
    amounts.write(target, threshold, where + "threshold")
    if target.high < 0:  # not threshold < 0: a subclass may override comparison
        raise negative_threshold(threshold, where)


def _if_below(value: IfBelow, where: str) -> int:
    instance(value, IfBelow, where + "if_below")
    code: int = value.value
    return code


def _write_schedule(
    target: abi.Enable, schedule: Union[Schedule, Daily], at: datetime, where: str
) -> None:
    instance(schedule, (Schedule, Daily), f"{where}schedule")
    if isinstance(schedule, Daily):
        try:
            schedule = schedule.schedule(at)
        except LowtideError as error:
            raise type(error)(f"{where}{error}", f"{where}{error.field}", error.value) from None
    target.flags |= abi.ENABLE_HAS_SCHEDULE
    target.count, target.utc_offset = schedule.count, schedule.offset_minutes
    if schedule.minutes is not None:
        target.flags |= abi.ENABLE_HAS_TIME_OF_DAY
        target.time_of_day = schedule.minutes


def write_account_event(
    target: monitor_abi.AccountEvent, event: AccountEvent, where: str, kept: Kept
) -> None:
    """Fills in a lowtide_account_event. `kept` keeps alive what it points to."""
    target.struct_size = sizeof(monitor_abi.AccountEvent)
    target.kind = _kind(event, where)
    kept.text(target.account, event.account, f"{where}account")
    if isinstance(event, (Enable, SetThreshold, Disable)):
        kept.text(target.alert, event.alert, f"{where}alert")
    if isinstance(event, Observe):
        made = observation(event.balance, event.available_credit, event.at, event.sequence, where)
        target.observation = pointer(kept.struct(made))
    elif isinstance(event, Enable):
        target.enable = pointer(
            kept.struct(enable(event.threshold, event.at, event.schedule, event.if_below, where))
        )
    elif isinstance(event, SetThreshold):
        target.set_threshold = pointer(
            kept.struct(set_threshold(event.threshold, event.at, event.if_below, where))
        )
    else:
        if isinstance(event, Rebase):
            target.sequence = rebase(event.sequence, where)
        target.at = seconds(event.at, f"{where}at")


_KINDS = {
    Observe: monitor_abi.EVENT_OBSERVATION,
    Enable: monitor_abi.EVENT_ENABLE,
    SetThreshold: monitor_abi.EVENT_SET_THRESHOLD,
    Disable: monitor_abi.EVENT_DISABLE,
    Rebase: monitor_abi.EVENT_REBASE,
    Tick: monitor_abi.EVENT_TICK,
}


def _kind(event: AccountEvent, where: str) -> int:
    for kind, code in _KINDS.items():
        if isinstance(event, kind):
            return code
    names = ", ".join(kind.__name__ for kind in _KINDS)
    raise arguments.wrong_type(where.rstrip("."), f"a lowtide event ({names})", event)
