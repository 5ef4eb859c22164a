# SPDX-License-Identifier: Apache-2.0
"""Player: plays events through alerts, and plays the host's timer, as lowtide-replay does."""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import Dict, Iterator, List, Optional, Tuple

from ..alert import Alert, Decision
from ..errors import MalformedError, shown
from .event import Event

Name = Tuple[str, str]
"""Of the account, and of the alert: in the order in which they are visited, which for text is that of its UTF-8."""
Told = Tuple[Name, datetime, Decision]


class Player:
    """Alerts by name, and a clock. What a decision means is told by `apply` and `finish`, in order.

    simulated: reminders go out when they are due, as a host's timer would see to; else only ticks and balance events send them.
    """

    def __init__(self, simulated: bool = True) -> None:
        self.alerts: Dict[Name, Alert] = {}
        self._simulated = simulated
        self._clock: Optional[datetime] = None
        self._accounts: Dict[
            str, Alert
        ] = {}  # of each a bare alert that is off: it takes every observation, as new alerts begin with it
        self._pending: Dict[Name, Optional[datetime]] = {}  # each alert's next reminder
        self._due: List[
            Tuple[datetime, Name]
        ] = []  # a heap of them, and of old ones that no longer count

    def apply(self, event: Event) -> Iterator[Told]:
        """Plays the timer up to an event, and then the event. Raises before anything is applied."""
        name = (event.account, event.alert)
        if event.type in ("set_threshold", "disable") and name not in self.alerts:
            raise MalformedError(
                f"alert: was never enabled on the account {shown(event.account)}: {shown(event.alert)}",
                "alert",
                event.alert,
            )
        return self._apply(event, name)

    def finish(self, until: datetime) -> Iterator[Told]:
        """Plays the timer up to and at an instant, unless the clock is past it."""
        if self._clock is not None and until >= self._clock:
            yield from self._play(until, including=True)

    def _apply(self, event: Event, name: Name) -> Iterator[Told]:
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
                yield self._tell(one, event.at, self._observe(self.alerts[one], event))
        elif event.type == "tick":
            for one in self._of(event.account):
                yield self._tell(one, event.at, self.alerts[one].tick(at=event.at))
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
            yield self._tell(name, event.at, decision)
        elif event.type == "set_threshold":
            yield self._tell(
                name,
                event.at,
                self.alerts[name].set_threshold(
                    event.threshold, at=event.at, if_below=event.if_below
                ),
            )
        else:
            yield self._tell(name, event.at, self.alerts[name].disable(at=event.at))

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

    def _tell(self, name: Name, at: datetime, decision: Decision) -> Told:
        self.alerts[name] = decision.alert
        due = decision.alert.next_reminder_at
        if due is not None and due != self._pending.get(name):
            heapq.heappush(self._due, (due, name))
        self._pending[name] = due
        return name, at, decision

    def _play(self, until: datetime, including: bool) -> Iterator[Told]:
        """Ticks what is due before `until`, or at it: late ones at the clock, in the order of their names, and then each at its instant."""
        assert self._clock is not None
        late = set()
        while self._is_in_time(until, including):
            due, name = heapq.heappop(self._due)
            if due > self._clock:
                heapq.heappush(self._due, (due, name))
                break
            late.add(name)
        for name in sorted(late):
            yield self._tell(name, self._clock, self.alerts[name].tick(at=self._clock))
        while self._is_in_time(until, including):
            due, name = heapq.heappop(self._due)
            yield self._tell(name, due, self.alerts[name].tick(at=due))

    def _is_in_time(self, until: datetime, including: bool) -> bool:
        """Whether the first reminder that is due is so before `until`, or at it."""
        while self._due and self._pending[self._due[0][1]] != self._due[0][0]:
            heapq.heappop(self._due)
        return bool(self._due) and (
            self._due[0][0] < until or (including and self._due[0][0] == until)
        )
