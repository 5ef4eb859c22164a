# SPDX-License-Identifier: Apache-2.0
"""Outputs: what one event yields for one alert."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Union

from ._ffi import abi, amounts, instants, names, numbers
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

    def key(self, account: str, alert: str = abi.DEFAULT_ALERT_NAME) -> str:
        """The name of this output, for a unique column or a Message-ID; the same output has the same one for ever, and no two share one.

        account, alert: their names, 1 to 255 bytes of UTF-8 without control characters.

        Raises: TypeError; MalformedError and OutOfRangeError, with the field "account" or "alert".
        """
        return names.key(account, alert, self._to_abi())

    def _to_abi(self) -> abi.Output:
        output = abi.Output(ctypes.sizeof(abi.Output), self.kind.value)
        amounts.write(output.available_credit, self.available_credit, "available_credit")
        amounts.write(output.threshold, self.threshold, "threshold")
        output.at = instants.seconds(self.at, "at")
        output.fired_at = instants.seconds(self.fired_at, "fired_at")
        output.episode = numbers.whole(self.episode, "episode", 1, _MOST_EPISODES)
        output.reminders_sent = numbers.whole(self.reminders_sent, "reminders_sent", 0, 255)
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

    def _to_abi(self) -> abi.Output:
        output = super()._to_abi()
        output.reminder = numbers.whole(self.reminder, "reminder", 1, 255)
        output.skipped = numbers.whole(self.skipped, "skipped", 0, 254)
        return output


@dataclass(frozen=True)
class Stop(_Told):
    """The episode is over. The last of an episode."""

    reason: StopReason

    kind = OutputKind.STOP

    def _to_abi(self) -> abi.Output:
        if not isinstance(self.reason, StopReason):
            raise TypeError(
                f"reason: must be a lowtide.StopReason, not {type(self.reason).__name__}"
            )
        output = super()._to_abi()
        output.stop_reason = self.reason.value
        return output


Output = Union[Fire, Remind, Stop]


def from_abi(output: abi.Output) -> Output:
    """An output of the library."""
    told = (
        instants.instant(output.at),
        instants.instant(output.fired_at),
        output.episode,
        amounts.read(output.available_credit),
        amounts.read(output.threshold),
        output.reminders_sent,
    )
    kind = OutputKind(output.kind)
    if kind is OutputKind.FIRE:
        return Fire(*told)
    if kind is OutputKind.REMIND:
        return Remind(*told, output.reminder, output.skipped)
    return Stop(*told, StopReason(output.stop_reason))
