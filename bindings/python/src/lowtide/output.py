# SPDX-License-Identifier: Apache-2.0
"""Outputs: what one event yields for one alert."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Union

from . import _abi, _amount, _name, _number, _time
from .codes import OutputKind, StopReason

_MOST_EPISODES = 2**32 - 1


@dataclass(frozen=True)
class _Told:
    """What every output tells. Settings and amounts are those after the event."""

    at: datetime
    """The instant of the event, in UTC."""
    fired_at: datetime
    """The instant at which the episode began, in UTC."""
    episode: int
    """1 to 4294967295, counted for each alert, never restarting."""
    available_credit: Decimal
    threshold: Decimal
    reminders_sent: int
    """In the episode, this one included: 0 to 255."""

    kind: ClassVar[OutputKind]

    def key(self, account: str, alert: str = _abi.DEFAULT_ALERT_NAME) -> str:
        """The name of this output, for a unique column or a Message-ID; the same output has the same one for ever, and no two share one.

        account, alert: their names, 1 to 255 bytes of UTF-8 without control characters.

        Raises: TypeError; MalformedError and OutOfRangeError, with the field "account" or "alert".
        """
        return _name.key(account, alert, self._to_abi())

    def _to_abi(self) -> _abi.Output:
        output = _abi.Output(ctypes.sizeof(_abi.Output), self.kind.value)
        _amount.write(output.available_credit, self.available_credit, "available_credit")
        _amount.write(output.threshold, self.threshold, "threshold")
        output.at = _time.seconds(self.at, "at")
        output.fired_at = _time.seconds(self.fired_at, "fired_at")
        output.episode = _number.whole(self.episode, "episode", 1, _MOST_EPISODES)
        output.reminders_sent = _number.whole(self.reminders_sent, "reminders_sent", 0, 255)
        return output


@dataclass(frozen=True)
class Fire(_Told):
    """Available Credit dropped below the threshold: tell the owner. The first of an episode."""

    kind = OutputKind.FIRE


@dataclass(frozen=True)
class Remind(_Told):
    """It is still below: remind the owner."""

    reminder: int
    """Which one it is, 1 to 255: it counts days, not mails."""
    skipped: int
    """How many before it came due and were never sent, 0 to 254."""

    kind = OutputKind.REMIND

    def _to_abi(self) -> _abi.Output:
        output = super()._to_abi()
        output.reminder = _number.whole(self.reminder, "reminder", 1, 255)
        output.skipped = _number.whole(self.skipped, "skipped", 0, 254)
        return output


@dataclass(frozen=True)
class Stop(_Told):
    """The episode is over. The last of an episode."""

    reason: StopReason

    kind = OutputKind.STOP

    def _to_abi(self) -> _abi.Output:
        if not isinstance(self.reason, StopReason):
            raise TypeError(
                f"reason: must be a lowtide.StopReason, not {type(self.reason).__name__}"
            )
        output = super()._to_abi()
        output.stop_reason = self.reason.value
        return output


Output = Union[Fire, Remind, Stop]


def from_abi(output: _abi.Output) -> Output:
    """An output of the library."""
    told = (
        _time.instant(output.at),
        _time.instant(output.fired_at),
        output.episode,
        _amount.read(output.available_credit),
        _amount.read(output.threshold),
        output.reminders_sent,
    )
    kind = OutputKind(output.kind)
    if kind is OutputKind.FIRE:
        return Fire(*told)
    if kind is OutputKind.REMIND:
        return Remind(*told, output.reminder, output.skipped)
    return Stop(*told, StopReason(output.stop_reason))
