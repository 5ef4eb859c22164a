# SPDX-License-Identifier: Apache-2.0
"""What a host implements: Store and Courier."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Iterable, Optional, Sequence, Tuple, Union

from .host import (
    Account,
    Commit,
    CommitResult,
    Delivery,
    DeliveryState,
    Due,
    Handover,
    Pending,
    WalkCursor,
)


class Store(ABC):
    """Where accounts, notices and deliveries are kept. Subclass it, and give it to a Monitor.

    The methods are called on the thread that calls the Monitor, and only during that call; calls on that Monitor raise BusyError inside of
    them. What they return is looked at: anything but what is promised here, None for a forgotten return included, is a TypeError that
    names the method. A generator is closed before the Monitor goes on.

    An exception, whatever it is, ends the call: nothing more is stored, and no method is called any more, but for one `load` after
    a `commit`, as described there. Then the exception is raised again by the Monitor's method, with its traceback.
    """

    @abstractmethod
    def load(self, names: Sequence[str]) -> Iterable[Account]:
        """The accounts of these names that are stored, in any order. One that is not stored is left out."""

    @abstractmethod
    def commit(self, commits: Sequence[Commit]) -> Sequence[CommitResult]:
        """Stores each account whole or not at all, and says for each, in their order, what became of it.

        An account is stored only if its stored revision is `after.revision - 1` (none stored: 0), else it is CONFLICT. The commits come in
        the order of the accounts' names in UTF-8, so that stores which lock rows cannot deadlock.

        An exception says nothing of what had been stored by then, so it counts as UNKNOWN for all accounts, as does each result that is
        none. Then the accounts are loaded once more, to look (but not after KeyboardInterrupt and SystemExit, and not if the Monitor is
        joined or has one attempt). Nothing is committed again, and the exception is raised; what was found is noted on it (`__notes__`).
        """

    @abstractmethod
    def due(
        self, end: datetime, inclusive: bool, limit: int, after: Optional[WalkCursor]
    ) -> Iterable[Due]:
        """Accounts with an alert whose next_reminder_at is before `end`, or at it if `inclusive`: the earliest first, at most `limit`,
        those behind `after`, or from the start if that is None. An account may come more than once.
        """

    @abstractmethod
    def pending(self, limit: int, after: Optional[WalkCursor]) -> Iterable[Pending]:
        """Deliveries that are pending: the oldest first, at most `limit`, those behind `after`, or from the start if that is None."""

    @abstractmethod
    def record_delivery(
        self, delivery: Delivery, state: DeliveryState, error: str, now: datetime
    ) -> bool:
        """Records that a delivery was sent, or failed for good, with the reason in words ("" if sent).

        Returns True if it was pending until now, False if it no longer was; then it stays as it is.
        """


class Courier(ABC):
    """Who hands deliveries over. What Store says of threads, returns and exceptions, goes for it too."""

    @abstractmethod
    def deliver(self, delivery: Delivery) -> Union[Handover, Tuple[Handover, str]]:
        """Hands a delivery over. Returns what became of it, with the reason in words if there is one to tell.

        May be called again with the same key and channel: should the process end before it was settled, and by each of several workers that
        deliver at the same time. Whoever takes it over is to take each key once, or one worker delivers.
        """
