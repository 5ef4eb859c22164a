# SPDX-License-Identifier: Apache-2.0
"""AlertFields: every setting and all state of an alert, by name."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Optional

from ._ffi import abi, amounts, instants, numbers
from .codes import Phase, StopReason
from .schedule import Schedule

_MOST_EPISODES = 2**32 - 1
_MOST_DAYS = 2**31  # far beyond the calendar; the library looks closer


@dataclass(frozen=True)
class AlertFields:
    """Every setting and all state of an alert: for columns of a database, for people, and for moving an existing alert in.

    Alert.restore(alert.fields) is the same alert. The defaults are those of a fresh alert.
    """

    threshold: Decimal = Decimal(0)
    """0 or more."""
    schedule: Schedule = Schedule()  # noqa: RUF009  # frozen
    available_credit: Optional[Decimal] = None
    """Last observed; None: never observed."""
    sequence: Optional[int] = None
    """The account's last, 1 to 2^63 - 1; None: none yet."""
    phase: Phase = Phase.OFF
    episode: int = 0
    """0 (never fired) to 4294967295."""
    fired_at: Optional[datetime] = None
    """Of the last episode; None: never fired."""
    fire_day: Optional[int] = None
    """Local day of fired_at at the offset in force then, in days since 1970-01-01 (Schedule.local_day); it goes with fired_at."""
    last_reminder: int = 0
    """The last k sent in this episode, 0 (none) to 255. It counts days, not mails: one mail, on the third day, is 3."""
    reminders_sent: int = 0
    """In this episode, 0 to last_reminder."""
    stop_reason: Optional[StopReason] = None
    """Of the last episode; None: never fired, or alerting."""


def from_abi(fields: abi.AlertFields) -> AlertFields:
    """What the library read of an alert."""
    has = fields.flags
    time_of_day = (
        time(*divmod(fields.time_of_day, 60)) if has & abi.FIELDS_HAS_TIME_OF_DAY else None
    )
    return AlertFields(
        threshold=amounts.read(fields.threshold),
        schedule=Schedule(fields.count, time_of_day, timedelta(minutes=fields.utc_offset)),
        available_credit=amounts.read(fields.available_credit)
        if has & abi.FIELDS_HAS_AVAILABLE_CREDIT
        else None,
        sequence=fields.sequence if has & abi.FIELDS_HAS_SEQUENCE else None,
        phase=Phase(fields.phase),
        episode=fields.episode,
        fired_at=instants.instant(fields.fired_at) if has & abi.FIELDS_HAS_FIRED_AT else None,
        fire_day=fields.fire_day if has & abi.FIELDS_HAS_FIRE_DAY else None,
        last_reminder=fields.last_reminder,
        reminders_sent=fields.reminders_sent,
        stop_reason=StopReason(fields.stop_reason) if has & abi.FIELDS_HAS_STOP_REASON else None,
    )


def to_abi(fields: AlertFields) -> abi.AlertFields:
    """Fields for the library, which decides whether they are an alert's. Raises if one is of the wrong type or beyond its range."""
    for name, kind in (("schedule", Schedule), ("phase", Phase)):
        if not isinstance(getattr(fields, name), kind):
            raise TypeError(
                f"{name}: must be a lowtide.{kind.__name__}, not {type(getattr(fields, name)).__name__}"
            )
    to = abi.AlertFields(ctypes.sizeof(abi.AlertFields))
    amounts.write(to.threshold, fields.threshold, "threshold")
    to.count = fields.schedule.count
    to.utc_offset = fields.schedule.offset_minutes
    if fields.schedule.minutes is not None:
        to.flags |= abi.FIELDS_HAS_TIME_OF_DAY
        to.time_of_day = fields.schedule.minutes
    if fields.available_credit is not None:
        to.flags |= abi.FIELDS_HAS_AVAILABLE_CREDIT
        amounts.write(to.available_credit, fields.available_credit, "available_credit")
    if fields.sequence is not None:
        to.flags |= abi.FIELDS_HAS_SEQUENCE
        to.sequence = numbers.sequence(fields.sequence)
    to.phase = fields.phase.value
    to.episode = numbers.whole(fields.episode, "episode", 0, _MOST_EPISODES)
    if fields.fired_at is not None:
        to.flags |= abi.FIELDS_HAS_FIRED_AT
        to.fired_at = instants.seconds(fields.fired_at, "fired_at")
    if fields.fire_day is not None:
        to.flags |= abi.FIELDS_HAS_FIRE_DAY
        to.fire_day = numbers.whole(fields.fire_day, "fire_day", -_MOST_DAYS, _MOST_DAYS)
    to.last_reminder = numbers.whole(fields.last_reminder, "last_reminder", 0, 255)
    to.reminders_sent = numbers.whole(fields.reminders_sent, "reminders_sent", 0, 255)
    if fields.stop_reason is not None:
        if not isinstance(fields.stop_reason, StopReason):
            raise TypeError(
                f"stop_reason: must be a lowtide.StopReason, not {type(fields.stop_reason).__name__}"
            )
        to.flags |= abi.FIELDS_HAS_STOP_REASON
        to.stop_reason = fields.stop_reason.value
    return to
