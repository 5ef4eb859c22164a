# SPDX-License-Identifier: Apache-2.0
"""Store, which a host implements, and the values that it stores.

All values are frozen. Amounts are Decimals. Instants are aware datetimes in whole seconds, from
1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z; those that come from lowtide are in UTC. Sequences and
revisions are at most 2^63 - 1.

The Monitor checks every value that a host returns: a field of a wrong type is a TypeError, a field
out of range is a DataError, and both name the field.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Iterable, Optional, Sequence, Tuple

from ._ffi import monitor_abi
from ._ffi.amounts import Exact
from .alert import Alert
from .balance import Balance
from .codes import Phase, Why
from .delivery import AccountProfile, Delivery, DeliveryState, Pending, WalkCursor
from .output import Output


class CommitResult(enum.Enum):
    """What became of one account's part of a commit."""

    COMMITTED = monitor_abi.HOST_COMMITTED
    CONFLICT = monitor_abi.HOST_CONFLICT
    """The stored revision was another one: others have committed the account since it was loaded.
    Nothing of this account was stored."""
    UNKNOWN = monitor_abi.HOST_UNKNOWN
    """Stored or not, such as when the connection broke during COMMIT. The Monitor loads the account
    again to find out."""
    NOT_STORED = monitor_abi.HOST_NOT_STORED


@dataclass(frozen=True)
class StoredAlert:
    """An alert as it is stored: its bytes, and columns derived from them for queries.

    Always write all of it together. A store that loads an account returns only `name` and `state`;
    the other fields are ignored. Return a damaged state as it is: the Monitor finds the damage,
    reports the account, and goes on with the others.
    """

    name: str
    state: bytes
    """As returned by Alert.to_bytes; at most 128 bytes."""
    phase: Phase = Phase.OFF
    threshold: Decimal = Decimal(0)
    available_credit: Optional[Decimal] = None
    next_reminder_at: Optional[datetime] = None
    """When the next reminder is due. `Store.due` needs an index on it."""
    changed: bool = False
    """In a commit: whether this alert has to be written."""

    @property
    def alert(self) -> Alert:
        """The alert itself. Raises CorruptError or NewerFormatError."""
        return Alert.from_bytes(self.state)


@dataclass(frozen=True)
class Account:
    """The unit of storage: one account with all its alerts, under one revision."""

    name: str
    revision: int
    """Grows by one with each commit; a stored account has 1 or more."""
    balance: Optional[Balance] = None
    """The components last observed. None if only their sum was given."""
    available_credit: Optional[Exact] = None
    """Last observed. None: never observed."""
    sequence: Optional[int] = None
    """The last one. None: none yet."""
    first_cost_at: Optional[datetime] = None
    """When unsettled usage was first observed."""
    profile: AccountProfile = AccountProfile()  # noqa: RUF009  # frozen
    alerts: Tuple[StoredAlert, ...] = ()
    """In the order of their names' UTF-8. A store may return them in any order."""


@dataclass(frozen=True)
class Notice:
    """An output that somebody has to be notified of.

    Its key is unique. A store that already has a notice with this key keeps the old one and adds no
    deliveries.
    """

    key: str
    """As returned by Output.key."""
    account: str
    alert: str
    output: Output
    cause: int
    """The account's revision after the commit that stored the notice."""
    channels: Tuple[str, ...]
    """One delivery for each, pending at first. Empty: the notice is only recorded."""


@dataclass(frozen=True)
class AuditLine:
    """What one event did to one alert. All lines together are the history of the account.

    A rebase has no alert, no why and no phase.
    """

    at: datetime
    """When the event happened."""
    event: str
    """balance, tick, enable, set_threshold, disable or rebase."""
    alert: Optional[str]
    why: Optional[Why]
    phase: Optional[Phase]
    """Afterwards."""


@dataclass(frozen=True)
class Commit:
    """One account's part of a commit. The store writes all of it or nothing.

    `after.revision` is the loaded revision plus one. If the stored revision is no longer the loaded
    one, the result is CONFLICT.
    """

    after: Account
    notices: Tuple[Notice, ...]
    """In the order in which they are to be sent."""
    audit: Tuple[AuditLine, ...]
    """An observation or a tick has a line only for an alert with outputs or another phase."""
    recorded_at: datetime
    """The host's now."""


@dataclass(frozen=True)
class Due:
    """An account that has a reminder which is due."""

    account: str
    cursor: WalkCursor
    """Where the walk goes on after this account."""


class Store(ABC):
    """Keeps accounts, notices and deliveries. Subclass it, and give it to a Monitor.

    Its methods are called on the thread that calls the Monitor, and only during that call. A method
    that calls the same Monitor gets a BusyError. Anything that a method returns but should not,
    including None for a forgotten return, is a TypeError that names the method. Generators are
    closed before the Monitor goes on.

    An exception of any kind ends the call: nothing more is stored, and no method is called again,
    except for one `load` after a `commit` that raised, as described there. The Monitor's method
    then raises the same exception, with its traceback.
    """

    @abstractmethod
    def load(self, names: Sequence[str]) -> Iterable[Account]:
        """Returns the stored accounts of these names, in any order. Leaves out those that are not
        stored.
        """

    @abstractmethod
    def commit(self, commits: Sequence[Commit]) -> Sequence[CommitResult]:
        """Stores each account whole or not at all. Returns a result for each, in their order.

        Store an account only if its stored revision is `after.revision - 1` (0 if it is not
        stored); otherwise its result is CONFLICT. The commits are in the order of the accounts'
        names in UTF-8, so that stores which lock rows cannot deadlock.

        After an exception nobody knows what was stored, so every account counts as UNKNOWN; so does
        an account whose result is not a CommitResult. The Monitor then loads the accounts once more
        to find out, but not after KeyboardInterrupt or SystemExit, and not if it is joined or has
        one attempt. It commits nothing again, and raises the exception with a note (`__notes__`)
        about what was stored.
        """

    @abstractmethod
    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[WalkCursor]
    ) -> Iterable[Due]:
        """Returns accounts that have an alert with next_reminder_at before `end`, or equal to it if
        `inclusive`.

        The earliest first, at most `limit`, those after the cursor `after`; from the start if it is
        None. An account may be returned more than once.
        """

    @abstractmethod
    def pending(self, limit: int, after: Optional[WalkCursor]) -> Iterable[Pending]:
        """Returns pending deliveries: the oldest first, at most `limit`, those after the cursor
        `after`; from the start if it is None.
        """

    @abstractmethod
    def record_delivery(
        self, delivery: Delivery, state: DeliveryState, error: str, now: datetime
    ) -> bool:
        """Records that a delivery was sent, or that it failed for good.

        `error` says why it failed; it is "" if it was sent. Returns True if the delivery was
        pending until now. If it was not, leaves it as it is and returns False.
        """
