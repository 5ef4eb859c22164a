# SPDX-License-Identifier: Apache-2.0
"""Events as values: those that `Monitor.apply` takes, and the Observation of a batch.

The fields of an event are the arguments of the Monitor's method of the same name. They are checked
when the event is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Optional, Union

from ._ffi.abi import DEFAULT_ALERT_NAME
from ._ffi.amounts import Exact
from .balance import Balance
from .codes import IfBelow
from .schedule import Daily, Schedule


@dataclass(frozen=True)
class Observation:
    """An observation for one element of a batch: give either the balance, or its Available Credit.
    `batch.Alerts.observe` takes it.
    """

    at: datetime
    balance: Optional[Balance] = None
    available_credit: Optional[Exact] = None
    sequence: Optional[int] = None


@dataclass(frozen=True)
class Observe:
    """An observation of an account's balance: its five components, or their sum.

    Give exactly one of `balance` and `available_credit`.
    """

    account: str
    at: datetime
    balance: Optional[Balance] = None
    available_credit: Optional[Exact] = None
    sequence: Optional[int] = None
    """Its place among the observations of the account, 1 to 2^63 - 1, growing.

    An observation whose sequence is not greater than the last one is stale, and ignored.
    """


@dataclass(frozen=True)
class Enable:
    """Turns an alert on; makes it first if the account has none of that name."""

    account: str
    threshold: Exact
    at: datetime
    alert: str = DEFAULT_ALERT_NAME
    schedule: Union[Schedule, Daily, None] = None
    """None keeps the alert's; a new alert has five reminders every 24 hours."""
    if_below: IfBelow = IfBelow.NEXT_CHANGE


@dataclass(frozen=True)
class SetThreshold:
    """Sets the threshold of an alert."""

    account: str
    threshold: Exact
    at: datetime
    alert: str = DEFAULT_ALERT_NAME
    if_below: IfBelow = IfBelow.NEXT_CHANGE


@dataclass(frozen=True)
class Disable:
    """Turns an alert off."""

    account: str
    at: datetime
    alert: str = DEFAULT_ALERT_NAME


@dataclass(frozen=True)
class Rebase:
    """Sets the last sequence of an account, for a source that restarts its numbering."""

    account: str
    sequence: int
    """0 (none yet) to 2^63 - 1."""
    at: datetime


@dataclass(frozen=True)
class Tick:
    """Sends those reminders of one account that are due at `at` or before."""

    account: str
    at: datetime


AccountEvent = Union[Observe, Enable, SetThreshold, Disable, Rebase, Tick]
"""An event of any kind for one account."""
