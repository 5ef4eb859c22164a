# SPDX-License-Identifier: Apache-2.0
"""The codes of lowtide. str() gives the name in docs/semantics.md: "fell_below" for FELL_BELOW."""

from __future__ import annotations

import enum
from ctypes import c_char_p

from ._ffi import abi
from ._ffi.library import check, lib


class _Code(enum.Enum):
    """A number that the library uses, with a name."""

    def __str__(self) -> str:
        return self.name.lower()


class Phase(_Code):
    """The phase of an alert."""

    OFF = abi.PHASE_OFF
    """Disabled, or never enabled."""
    ARMED = abi.PHASE_ARMED
    """It fires at the next change that leaves Available Credit below the threshold."""
    ALERTING = abi.PHASE_ALERTING
    """It has fired, and reminders follow."""
    QUIET = abi.PHASE_QUIET
    """Available Credit is below the threshold; nothing is sent until it recovers."""


class StopReason(_Code):
    """Why an episode ended. An episode begins with a fire."""

    RECOVERED = abi.STOP_RECOVERED
    """Available Credit is at the threshold again, or above it."""
    OVERDUE = abi.STOP_OVERDUE
    """Available Credit fell below 0."""
    COMPLETED = abi.STOP_COMPLETED
    """No reminder is left."""
    THRESHOLD_CHANGED = abi.STOP_THRESHOLD_CHANGED
    """The new threshold is not above Available Credit."""
    DISABLED = abi.STOP_DISABLED
    """The owner turned the alert off."""


class OutputKind(_Code):
    """The kind of an output."""

    FIRE = abi.OUTPUT_FIRE
    REMIND = abi.OUTPUT_REMIND
    STOP = abi.OUTPUT_STOP


class IfBelow(_Code):
    """What to do with an account that is low already when an alert is enabled or its threshold
    changes. Neither fires at once.
    """

    NEXT_CHANGE = abi.IF_BELOW_NEXT_CHANGE
    """The alert is armed: it fires at the next change that leaves the account low."""
    RECOVERY_FIRST = abi.IF_BELOW_RECOVERY_FIRST
    """Nothing is sent until the account has recovered once."""


class Why(_Code):
    """The reason of a decision. A decision without outputs has one too.

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
        """The reason in words."""
        text = c_char_p()
        check(lib.lowtide_why_sentence(text, self.value), "why", self.value)
        return (text.value or b"").decode("utf-8")
