# SPDX-License-Identifier: Apache-2.0
"""AlertFields: all settings and all state of an alert, by name."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Optional

from ._ffi import abi, amounts, arguments, instants
from .codes import Phase, StopReason
from .schedule import Schedule

_MOST_EPISODES = 2**32 - 1
_MOST_DAYS = 2**31  # far beyond the calendar; the library checks the rest


@dataclass(frozen=True)
class AlertFields:
    """All settings and all state of an alert.

    To show them, to store them in columns, and to move an existing alert into lowtide.

    Alert.restore(alert.fields) is the same alert. The defaults are those of a fresh alert.
    """

    threshold: Decimal = Decimal(0)
    """0 or more."""
    schedule: Schedule = Schedule()  # noqa: RUF009  # frozen
    available_credit: Optional[Decimal] = None
    """Last observed. None: never observed."""
    sequence: Optional[int] = None
    """The account's last, 1 to 2^63 - 1. None: none yet."""
    phase: Phase = Phase.OFF
    episode: int = 0
    """0 (never fired) to 4294967295."""
    fired_at: Optional[datetime] = None
    """When the last episode began. None: never fired."""
    fire_day: Optional[int] = None
    """The local day of fired_at, at the offset in force then, in days since 1970-01-01 (as of
    Schedule.local_day). None if fired_at is."""
    last_reminder: int = 0
    """The day number of the last reminder sent in this episode, 0 (none) to 255.

    A single reminder, on the third day, makes it 3."""
    reminders_sent: int = 0
    """How many were sent in this episode, 0 to last_reminder."""
    stop_reason: Optional[StopReason] = None
    """Why the last episode ended. None: never fired, or alerting."""


def from_abi(fields: abi.AlertFields) -> AlertFields:
    """The AlertFields of a lowtide_alert_fields."""
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
    """The lowtide_alert_fields of AlertFields.

    Raises if a field has a wrong type or is out of range. Whether they describe an alert is for the
    library to say.
    """
    arguments.instance(fields.schedule, Schedule, "schedule")
    arguments.instance(fields.phase, Phase, "phase")
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
        to.sequence = arguments.sequence(fields.sequence)
    to.phase = fields.phase.value
    to.episode = arguments.whole(fields.episode, "episode", 0, _MOST_EPISODES)
    if fields.fired_at is not None:
        to.flags |= abi.FIELDS_HAS_FIRED_AT
        to.fired_at = instants.seconds(fields.fired_at, "fired_at")
    if fields.fire_day is not None:
        to.flags |= abi.FIELDS_HAS_FIRE_DAY
        to.fire_day = arguments.whole(fields.fire_day, "fire_day", -_MOST_DAYS, _MOST_DAYS)
    to.last_reminder = arguments.whole(fields.last_reminder, "last_reminder", 0, 255)
    to.reminders_sent = arguments.whole(fields.reminders_sent, "reminders_sent", 0, 255)
    if fields.stop_reason is not None:
        arguments.instance(fields.stop_reason, StopReason, "stop_reason")
        to.flags |= abi.FIELDS_HAS_STOP_REASON
        to.stop_reason = fields.stop_reason.value
    return to
