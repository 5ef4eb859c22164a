# SPDX-License-Identifier: Apache-2.0
"""What a Monitor and a host's store and courier hand each other: plain values, all of them frozen.

Amounts are Decimals, instants are aware datetimes of whole seconds from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z; those that come
from lowtide are in UTC. Sequences and revisions are at most 2^63 - 1. What a host makes is looked at when the Monitor takes it: a field
of a wrong type is a TypeError, one that is out of range a DataError, and each names the field.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Optional, Tuple

from ._ffi import monitor_abi
from ._ffi.amounts import Exact
from .alert import Alert
from .balance import Balance
from .codes import Phase, Why
from .output import Output


class CommitResult(enum.Enum):
    """What became of an account's part of a commit."""

    COMMITTED = monitor_abi.HOST_COMMITTED
    CONFLICT = monitor_abi.HOST_CONFLICT
    """Others committed the account in between; nothing of this was stored."""
    UNKNOWN = monitor_abi.HOST_UNKNOWN
    """It may have been stored or not, such as when the connection broke during COMMIT. The Monitor loads the account and looks."""
    NOT_STORED = monitor_abi.HOST_NOT_STORED


class Handover(enum.Enum):
    """What became of a delivery."""

    SENT = monitor_abi.HOST_SENT
    """Taken over by whoever is next."""
    REJECTED = monitor_abi.HOST_REJECTED
    """Will never be: no such address, no such channel."""
    TRY_AGAIN = monitor_abi.HOST_TRY_AGAIN
    """Not now; it stays pending."""


class DeliveryState(enum.Enum):
    """What a delivery is settled as. Before that it is pending."""

    SENT = monitor_abi.DELIVERY_SENT
    FAILED = monitor_abi.DELIVERY_FAILED


# ---- What is stored ----


@dataclass(frozen=True)
class AccountProfile:
    """Whom to tell, and how. All of it is the host's; lowtide hands it through to deliveries."""

    contact: str = ""
    """Such as an e-mail address; "" for none known."""
    language: str = ""
    """Such as "en"."""
    currency: str = ""
    """Such as "USD"."""
    currency_digits: int = 2
    """Decimal places to show, 0 to 18."""


@dataclass(frozen=True)
class StoredAlert:
    """An alert as it is stored: its bytes, and columns derived from them that a query can use, to be written together, always.

    A store that loads an account gives `name` and `state`; the rest is read by nobody then. A state that was damaged may be given as it is:
    the Monitor finds that out by itself, and reports the account without keeping others waiting.
    """

    name: str
    state: bytes
    """As of Alert.to_bytes; at most 128 bytes."""
    phase: Phase = Phase.OFF
    threshold: Decimal = Decimal(0)
    available_credit: Optional[Decimal] = None
    next_reminder_at: Optional[datetime] = None
    """When the next reminder falls due: what `Store.due` looks for, by an index."""
    changed: bool = False
    """In a commit: this alert is to be written."""

    @property
    def alert(self) -> Alert:
        """The alert itself. Raises CorruptError or NewerFormatError."""
        return Alert.from_bytes(self.state)


@dataclass(frozen=True)
class Account:
    """The unit of storage: one account with all its alerts, under one revision."""

    name: str
    revision: int
    """Grows by one with each commit; 1 or more as it is stored."""
    balance: Optional[Balance] = None
    """The components last observed; None if only their sum was given."""
    available_credit: Optional[Exact] = None
    """Last observed; None: never."""
    sequence: Optional[int] = None
    """The last one; None: none yet."""
    first_cost_at: Optional[datetime] = None
    """When unsettled usage was first seen."""
    profile: AccountProfile = AccountProfile()
    alerts: Tuple[StoredAlert, ...] = ()
    """In the order of their names' UTF-8; a store may give them in any."""


@dataclass(frozen=True)
class Notice:
    """An output to tell somebody about. Its key is unique: a store that has it already keeps the old one, and makes no new deliveries."""

    key: str
    """As of Output.key."""
    account: str
    alert: str
    output: Output
    cause: int
    """The account's revision that it was committed with."""
    channels: Tuple[str, ...]
    """One delivery for each, pending at first; none: recorded only."""


@dataclass(frozen=True)
class AuditLine:
    """What one event meant for one alert, for the record of how the account came to be as it is. A rebase has no alert, why and phase."""

    at: datetime
    """Of the event."""
    event: str
    """balance, tick, enable, set_threshold, disable, rebase."""
    alert: Optional[str]
    why: Optional[Why]
    phase: Optional[Phase]
    """Afterwards."""


@dataclass(frozen=True)
class Commit:
    """One account's part of a commit: all of it is to be stored, or nothing.

    `after.revision` is one more than the revision that was loaded. If the stored one is no longer that, the answer is CONFLICT.
    """

    after: Account
    notices: Tuple[Notice, ...]
    """In the order in which they are to be sent."""
    audit: Tuple[AuditLine, ...]
    """Whatever was more than a silent observation."""
    recorded_at: datetime
    """The host's now."""


# ---- What is walked over, and delivered ----


@dataclass(frozen=True)
class WalkCursor:
    """Where a walk goes on. Of the host's own making; it is to move with each item."""

    at: int = 0
    """-2^63 to 2^63 - 1."""
    text: str = ""


@dataclass(frozen=True)
class Due:
    """An account that has a reminder which is due."""

    account: str
    cursor: WalkCursor
    """Where to go on behind it."""


@dataclass(frozen=True)
class Delivery:
    """A notice on one channel."""

    key: str
    account: str
    alert: str
    channel: str
    output: Output
    cause: int = 0
    profile: AccountProfile = AccountProfile()


@dataclass(frozen=True)
class Pending:
    """A delivery that is pending."""

    delivery: Delivery
    cursor: WalkCursor
    """Where to go on behind it."""


# ---- What a Monitor takes and tells ----


@dataclass(frozen=True)
class AccountEvent:
    """A change of one of many accounts: its five components or their sum, exactly one of the two."""

    account: str
    at: datetime
    balance: Optional[Balance] = None
    available_credit: Optional[Exact] = None
    sequence: Optional[int] = None
    """Its place among the changes of the account, 1 to 2^63 - 1. One that is not greater than the last is stale, and ignored."""


@dataclass(frozen=True)
class AlertDecision:
    """What one change meant for one alert."""

    alert: str
    why: Why
    phase: Phase
    """Afterwards."""
    outputs: Tuple[Output, ...]
    """What is sent, at most two; usually none."""


@dataclass(frozen=True)
class EventReport:
    """What became of one change."""

    stored: bool
    """False: nothing had to be, as with a stale change; or it failed."""
    decisions: Tuple[AlertDecision, ...]
    """In the order of the alerts' names; none if it failed."""
    error: Optional[Exception] = None
    """Why it failed: RefusedError, HostFailureError, ConflictError or UnknownResultError. None: it did not."""


@dataclass(frozen=True)
class TickReport:
    """What a tick did."""

    accounts: int
    """That were ticked and committed."""
    outputs: int
    errors: Tuple[str, ...] = ()
    """Each names its account; the others went on."""


@dataclass(frozen=True)
class DeliveryReport:
    """What became of the pending deliveries."""

    sent: int
    failed: int
    """For good."""
    postponed: int
    """Still pending."""
    errors: Tuple[str, ...] = ()
