# SPDX-License-Identifier: Apache-2.0
"""Courier, which a host implements, and the deliveries that it hands over.

The values are frozen, and are checked as those of store.py.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Tuple, Union

from ._ffi import monitor_abi
from .output import Output


class Handover(enum.Enum):
    """What became of a delivery that a courier handed over."""

    SENT = monitor_abi.HOST_SENT
    """Accepted by the next system on the way, such as a mail server."""
    REJECTED = monitor_abi.HOST_REJECTED
    """It will never work: no such address, no such channel."""
    TRY_AGAIN = monitor_abi.HOST_TRY_AGAIN
    """Not now; the delivery stays pending."""


class DeliveryState(enum.Enum):
    """What became of a delivery in the end. Until then it is pending."""

    SENT = monitor_abi.DELIVERY_SENT
    FAILED = monitor_abi.DELIVERY_FAILED


@dataclass(frozen=True)
class AccountProfile:
    """Whom to notify, and how. Only the host uses it; lowtide passes it on unchanged."""

    contact: str = ""
    """Such as an e-mail address. "": none is known."""
    language: str = ""
    """Such as "en"."""
    currency: str = ""
    """Such as "USD"."""
    currency_digits: int = 2
    """Decimal places to show, 0 to 18."""


@dataclass(frozen=True)
class Delivery:
    """One notice on one channel."""

    key: str
    account: str
    alert: str
    channel: str
    output: Output
    cause: int = 0
    profile: AccountProfile = AccountProfile()


@dataclass(frozen=True)
class WalkCursor:
    """Where a walk goes on. The store chooses the values; each item of a walk needs its own."""

    at: int = 0
    """-2^63 to 2^63 - 1."""
    text: str = ""


@dataclass(frozen=True)
class Pending:
    """A delivery that is pending."""

    delivery: Delivery
    cursor: WalkCursor
    """Where the walk goes on after this delivery."""


class Courier(ABC):
    """Hands deliveries over. Subclass it, and give it to a Monitor.

    Threads, returned values and exceptions: as for Store.
    """

    @abstractmethod
    def deliver(self, delivery: Delivery) -> Union[Handover, Tuple[Handover, str]]:
        """Hands a delivery over. Returns what became of it, with the reason in words if there is
        one.

        The same key and channel may be handed over more than once: after the process ended between
        the handover and its record, or by several workers that deliver at the same time. So either
        the receiver takes each key once, or only one worker delivers.
        """
