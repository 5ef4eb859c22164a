# SPDX-License-Identifier: Apache-2.0
"""Outputs: what one event sends for one alert."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Union

from ._ffi import abi, amounts, arguments, instants, names
from .codes import OutputKind, StopReason

_MOST_EPISODES = 2**32 - 1


@dataclass(frozen=True)
class _Common:
    """The fields of every output. Settings and amounts are those after the event."""

    at: datetime
    """When the event happened, in UTC."""
    fired_at: datetime
    """When the episode began, in UTC."""
    episode: int
    """1 to 4294967295, counted for each alert. It never starts again."""
    available_credit: Decimal
    threshold: Decimal
    reminders_sent: int
    """In the episode, including this one: 0 to 255."""

    kind: ClassVar[OutputKind]

    def key(self, account: str, alert: str = abi.DEFAULT_ALERT_NAME) -> str:
        """The key of this output, for a unique column or a Message-ID. The same output always has
        the same key, and no two outputs share one.

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
        output.episode = arguments.whole(self.episode, "episode", 1, _MOST_EPISODES)
        output.reminders_sent = arguments.whole(self.reminders_sent, "reminders_sent", 0, 255)
        return output


@dataclass(frozen=True)
class Fire(_Common):
    """Available Credit fell below the threshold. The first output of an episode."""

    kind = OutputKind.FIRE


@dataclass(frozen=True)
class Remind(_Common):
    """Available Credit is still below the threshold."""

    reminder: int
    """The day number in the episode, 1 to 255. It counts days, not reminders sent."""
    skipped: int
    """How many reminders before this one were due but never sent, 0 to 254."""

    kind = OutputKind.REMIND

    def _to_abi(self) -> abi.Output:
        output = super()._to_abi()
        output.reminder = arguments.whole(self.reminder, "reminder", 1, 255)
        output.skipped = arguments.whole(self.skipped, "skipped", 0, 254)
        return output


@dataclass(frozen=True)
class Stop(_Common):
    """The episode is over. The last output of an episode."""

    reason: StopReason

    kind = OutputKind.STOP

    def _to_abi(self) -> abi.Output:
        arguments.instance(self.reason, StopReason, "reason")
        output = super()._to_abi()
        output.stop_reason = self.reason.value
        return output


Output = Union[Fire, Remind, Stop]


def from_abi(output: abi.Output) -> Output:
    """The output of a lowtide_output."""
    common = (
        instants.instant(output.at),
        instants.instant(output.fired_at),
        output.episode,
        amounts.read(output.available_credit),
        amounts.read(output.threshold),
        output.reminders_sent,
    )
    kind = OutputKind(output.kind)
    if kind is OutputKind.FIRE:
        return Fire(*common)
    if kind is OutputKind.REMIND:
        return Remind(*common, output.reminder, output.skipped)
    return Stop(*common, StopReason(output.stop_reason))
