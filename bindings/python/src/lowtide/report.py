# SPDX-License-Identifier: Apache-2.0
"""What a Monitor reports about events, ticks and deliveries. All values are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from .codes import Phase, Why
from .output import Output


@dataclass(frozen=True)
class AlertDecision:
    """What one event meant for one alert."""

    alert: str
    why: Why
    phase: Phase
    """Afterwards."""
    outputs: Tuple[Output, ...]
    """What is sent: at most two, usually none."""


@dataclass(frozen=True)
class EventReport:
    """What became of one event."""

    stored: bool
    """False: there was nothing to store, as for a stale observation; or the event failed."""
    decisions: Tuple[AlertDecision, ...]
    """In the order of the alerts' names. Empty if the event failed."""
    error: Optional[Exception] = None
    """Why the event failed: RefusedError, HostFailureError, ConflictError or UnknownResultError.
    None: it did not fail."""


@dataclass(frozen=True)
class TickReport:
    """What a tick did."""

    accounts: int
    """The accounts for which something was stored."""
    outputs: int
    errors: Tuple[str, ...] = ()
    """Each names an account that could not be ticked. The others were ticked."""


@dataclass(frozen=True)
class DeliveryReport:
    """What became of the pending deliveries."""

    sent: int
    failed: int
    """For good."""
    postponed: int
    """Still pending."""
    errors: Tuple[str, ...] = ()
