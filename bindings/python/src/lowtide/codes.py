# SPDX-License-Identifier: Apache-2.0
"""The codes of lowtide. Each is written as the semantics spell it: str(Why.FELL_BELOW) is "fell_below"."""

from __future__ import annotations

import enum
from ctypes import c_char_p

from ._ffi import abi
from ._ffi.library import check, lib


class _Code(enum.Enum):
    """A number of the library, with a name that it is written as."""

    def __str__(self) -> str:
        return self.name.lower()


class Phase(_Code):
    """Where an alert stands."""

    OFF = abi.PHASE_OFF
    """Disabled, or never enabled."""
    ARMED = abi.PHASE_ARMED
    """The next change that leaves Available Credit below the threshold fires."""
    ALERTING = abi.PHASE_ALERTING
    """Fired; reminders are to come."""
    QUIET = abi.PHASE_QUIET
    """Below, and nothing to send until it recovers."""


class StopReason(_Code):
    """Why an episode, which is what follows a fire, ended."""

    RECOVERED = abi.STOP_RECOVERED
    """Available Credit is back at the threshold or above."""
    OVERDUE = abi.STOP_OVERDUE
    """Available Credit fell below 0."""
    COMPLETED = abi.STOP_COMPLETED
    """No reminder is left."""
    THRESHOLD_CHANGED = abi.STOP_THRESHOLD_CHANGED
    """The new threshold is not above Available Credit."""
    DISABLED = abi.STOP_DISABLED
    """The owner turned the alert off."""


class OutputKind(_Code):
    """What an output is."""

    FIRE = abi.OUTPUT_FIRE
    REMIND = abi.OUTPUT_REMIND
    STOP = abi.OUTPUT_STOP


class IfBelow(_Code):
    """What to do with an account that is low already, when an alert is enabled or its threshold changes. Neither ever fires at once."""

    NEXT_CHANGE = abi.IF_BELOW_NEXT_CHANGE
    """Armed: the next change that leaves it below fires."""
    RECOVERY_FIRST = abi.IF_BELOW_RECOVERY_FIRST
    """Nothing is sent until it has recovered once."""


class Why(_Code):
    """Why a decision is what it is. Silent decisions have a reason too.

    >>> str(Why.FELL_BELOW), Why.FELL_BELOW.sentence
    ('fell_below', 'Available Credit fell below the threshold.')
    """

    STALE = abi.WHY_STALE
    OFF = abi.WHY_OFF
    UNCHANGED = abi.WHY_UNCHANGED
    NOT_BELOW = abi.WHY_NOT_BELOW
    FELL_BELOW = abi.WHY_FELL_BELOW
    CHANGED_WHILE_BELOW = abi.WHY_CHANGED_WHILE_BELOW
    RECOVERED = abi.WHY_RECOVERED
    OVERDUE = abi.WHY_OVERDUE
    REMINDER_NOT_DUE = abi.WHY_REMINDER_NOT_DUE
    REMINDER_DAYS_OVER = abi.WHY_REMINDER_DAYS_OVER
    REMINDER_DUE = abi.WHY_REMINDER_DUE
    REARMED = abi.WHY_REARMED
    WAITING_FOR_RECOVERY = abi.WHY_WAITING_FOR_RECOVERY
    NOTHING_PENDING = abi.WHY_NOTHING_PENDING
    ENABLED = abi.WHY_ENABLED
    ENABLED_WAITING = abi.WHY_ENABLED_WAITING
    THRESHOLD_CHANGED = abi.WHY_THRESHOLD_CHANGED
    REMINDERS_REACHED = abi.WHY_REMINDERS_REACHED
    REARMED_BY_THRESHOLD = abi.WHY_REARMED_BY_THRESHOLD
    SETTINGS_CHANGED = abi.WHY_SETTINGS_CHANGED
    SETTINGS_UNCHANGED = abi.WHY_SETTINGS_UNCHANGED
    ALREADY_OFF = abi.WHY_ALREADY_OFF
    DISABLED = abi.WHY_DISABLED

    @property
    def sentence(self) -> str:
        """The reason in words, for people."""
        text = c_char_p()
        check(lib.lowtide_why_sentence(text, self.value), "why", self.value)
        return (text.value or b"").decode("utf-8")
