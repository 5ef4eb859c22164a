# SPDX-License-Identifier: Apache-2.0
"""The codes of lowtide. Each is written as the semantics spell it: str(Why.FELL_BELOW) is "fell_below"."""

from __future__ import annotations

import enum
from ctypes import c_char_p

from . import _abi
from ._library import check, lib


class _Code(enum.Enum):
    """A number of the library, with a name that it is written as."""

    def __str__(self) -> str:
        return self.name.lower()


class Phase(_Code):
    """Where an alert stands."""

    OFF = _abi.PHASE_OFF
    """Disabled, or never enabled."""
    ARMED = _abi.PHASE_ARMED
    """The next change that leaves Available Credit below the threshold fires."""
    ALERTING = _abi.PHASE_ALERTING
    """Fired; reminders are to come."""
    QUIET = _abi.PHASE_QUIET
    """Below, and nothing to send until it recovers."""


class StopReason(_Code):
    """Why an episode, which is what follows a fire, ended."""

    RECOVERED = _abi.STOP_RECOVERED
    """Available Credit is back at the threshold or above."""
    OVERDUE = _abi.STOP_OVERDUE
    """Available Credit fell below 0."""
    COMPLETED = _abi.STOP_COMPLETED
    """No reminder is left."""
    THRESHOLD_CHANGED = _abi.STOP_THRESHOLD_CHANGED
    """The new threshold is not above Available Credit."""
    DISABLED = _abi.STOP_DISABLED
    """The owner turned the alert off."""


class OutputKind(_Code):
    """What an output is."""

    FIRE = _abi.OUTPUT_FIRE
    REMIND = _abi.OUTPUT_REMIND
    STOP = _abi.OUTPUT_STOP


class IfBelow(_Code):
    """What to do with an account that is low already, when an alert is enabled or its threshold changes. Neither ever fires at once."""

    NEXT_CHANGE = _abi.IF_BELOW_NEXT_CHANGE
    """Armed: the next change that leaves it below fires."""
    RECOVERY_FIRST = _abi.IF_BELOW_RECOVERY_FIRST
    """Nothing is sent until it has recovered once."""


class Why(_Code):
    """Why a decision is what it is. Silent decisions have a reason too.

    >>> str(Why.FELL_BELOW), Why.FELL_BELOW.sentence
    ('fell_below', 'Available Credit fell below the threshold.')
    """

    STALE = _abi.WHY_STALE
    OFF = _abi.WHY_OFF
    UNCHANGED = _abi.WHY_UNCHANGED
    NOT_BELOW = _abi.WHY_NOT_BELOW
    FELL_BELOW = _abi.WHY_FELL_BELOW
    CHANGED_WHILE_BELOW = _abi.WHY_CHANGED_WHILE_BELOW
    RECOVERED = _abi.WHY_RECOVERED
    OVERDUE = _abi.WHY_OVERDUE
    REMINDER_NOT_DUE = _abi.WHY_REMINDER_NOT_DUE
    REMINDER_DAYS_OVER = _abi.WHY_REMINDER_DAYS_OVER
    REMINDER_DUE = _abi.WHY_REMINDER_DUE
    REARMED = _abi.WHY_REARMED
    WAITING_FOR_RECOVERY = _abi.WHY_WAITING_FOR_RECOVERY
    NOTHING_PENDING = _abi.WHY_NOTHING_PENDING
    ENABLED = _abi.WHY_ENABLED
    ENABLED_WAITING = _abi.WHY_ENABLED_WAITING
    THRESHOLD_CHANGED = _abi.WHY_THRESHOLD_CHANGED
    REMINDERS_REACHED = _abi.WHY_REMINDERS_REACHED
    REARMED_BY_THRESHOLD = _abi.WHY_REARMED_BY_THRESHOLD
    SETTINGS_CHANGED = _abi.WHY_SETTINGS_CHANGED
    SETTINGS_UNCHANGED = _abi.WHY_SETTINGS_UNCHANGED
    ALREADY_OFF = _abi.WHY_ALREADY_OFF
    DISABLED = _abi.WHY_DISABLED

    @property
    def sentence(self) -> str:
        """The reason in words, for people."""
        text = c_char_p()
        check(lib.lowtide_why_sentence(text, self.value), "why", self.value)
        return (text.value or b"").decode("utf-8")
