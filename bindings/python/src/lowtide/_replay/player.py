# SPDX-License-Identifier: Apache-2.0
"""Player: plays events through alerts, and acts as the host's timer, as lowtide-replay does.

Private.
"""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import Dict, Iterator, List, Optional, Tuple

from ..alert import Alert, Decision
from ..errors import MalformedError, shown
from .event import Event

Name = Tuple[str, str]
"""The names of account and alert. Sorting them puts alerts in the order in which they are visited:
that of the names' UTF-8."""
Step = Tuple[Name, datetime, Decision]
"""A decision for one alert, and when it was made."""


class Player:
    """Alerts by name, and a clock. `apply` and `finish` yield all decisions in order.

    simulated: reminders are sent when they are due, as by a host's timer. Otherwise only ticks and
               balance events send them.
    """

    def __init__(self, simulated: bool = True) -> None:
        self.alerts: Dict[Name, Alert] = {}
        self._simulated = simulated
        self._clock: Optional[datetime] = None
        # For each account an alert that is off. It gets every observation, so that new alerts can
        # start with what it knows.
        self._accounts: Dict[str, Alert] = {}
        # Each alert's next reminder.
        self._pending: Dict[Name, Optional[datetime]] = {}
        # A heap of next reminders. Some are outdated; those differ from _pending.
        self._due: List[Tuple[datetime, Name]] = []

    def apply(self, event: Event) -> Iterator[Step]:
        """Plays the timer up to an event, and then the event. Raises before it applies anything."""
        name = (event.account, event.alert)
        if event.type in ("set_threshold", "disable") and name not in self.alerts:
            raise MalformedError(
                f"alert: was never enabled on the account {shown(event.account)}: "
                f"{shown(event.alert)}",
                "alert",
                event.alert,
            )
        return self._apply(event, name)

    def finish(self, until: datetime) -> Iterator[Step]:
        """Plays the timer up to an instant and including it, unless the clock is past it."""
        if self._clock is not None and until >= self._clock:
            yield from self._play(until, including=True)

    def _apply(self, event: Event, name: Name) -> Iterator[Step]:
        clock = event.at if self._clock is None else max(self._clock, event.at)
        if self._clock is not None and self._simulated:
            yield from self._play(clock, including=False)
        self._clock = clock

        if event.type != "tick" and event.account not in self._accounts:
            self._accounts[event.account] = Alert()
        if event.type == "balance":
            bare = self._accounts[event.account]
            self._accounts[event.account] = self._observe(bare, event).alert
            for one in self._of(event.account):
                yield self._record(one, event.at, self._observe(self.alerts[one], event))
        elif event.type == "tick":
            for one in self._of(event.account):
                yield self._record(one, event.at, self.alerts[one].tick(at=event.at))
        elif event.type == "rebase":
            assert event.sequence is not None
            self._accounts[event.account] = self._accounts[event.account].rebase(event.sequence)
            for one in self._of(event.account):
                self.alerts[one] = self.alerts[one].rebase(event.sequence)
        elif event.type == "enable":
            if name not in self.alerts:
                known = self._accounts[event.account].fields
                self.alerts[name] = Alert.on_account(
                    available_credit=known.available_credit, sequence=known.sequence
                )
            decision = self.alerts[name].enable(
                event.threshold, at=event.at, schedule=event.schedule, if_below=event.if_below
            )
            yield self._record(name, event.at, decision)
        elif event.type == "set_threshold":
            yield self._record(
                name,
                event.at,
                self.alerts[name].set_threshold(
                    event.threshold, at=event.at, if_below=event.if_below
                ),
            )
        else:
            yield self._record(name, event.at, self.alerts[name].disable(at=event.at))

    @staticmethod
    def _observe(alert: Alert, event: Event) -> Decision:
        return alert.observe(
            event.balance,
            available_credit=event.available_credit,
            at=event.at,
            sequence=event.sequence,
        )

    def _of(self, account: str) -> List[Name]:
        return sorted(name for name in self.alerts if account in ("", name[0]))

    def _record(self, name: Name, at: datetime, decision: Decision) -> Step:
        self.alerts[name] = decision.alert
        due = decision.alert.next_reminder_at
        if due is not None and due != self._pending.get(name):
            heapq.heappush(self._due, (due, name))
        self._pending[name] = due
        return name, at, decision

    def _play(self, until: datetime, including: bool) -> Iterator[Step]:
        """Ticks the alerts that are due before `until`, or at it if `including`.

        Late ones first: at the clock, in the order of their names. Then each at its own instant.
        """
        assert self._clock is not None
        late = set()
        while self._is_in_time(until, including):
            due, name = heapq.heappop(self._due)
            if due > self._clock:
                heapq.heappush(self._due, (due, name))
                break
            late.add(name)
        for name in sorted(late):
            yield self._record(name, self._clock, self.alerts[name].tick(at=self._clock))
        while self._is_in_time(until, including):
            due, name = heapq.heappop(self._due)
            yield self._record(name, due, self.alerts[name].tick(at=due))

    def _is_in_time(self, until: datetime, including: bool) -> bool:
        """Whether the next reminder is due before `until`, or at it if `including`."""
        while self._due and self._pending[self._due[0][1]] != self._due[0][0]:
            heapq.heappop(self._due)
        return bool(self._due) and (
            self._due[0][0] < until or (including and self._due[0][0] == until)
        )
