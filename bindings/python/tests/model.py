# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/semantics.md in plain Python, written without lowtide.

Has the shape of the table there: the first row whose condition holds decides. Amounts are Decimals
that are only compared; instants are seconds since 1970-01-01T00:00:00Z. It is slow and simple on
purpose: it counts the instants of reminders one by one.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Callable, Dict, List, Optional, Sequence, Tuple

DAY = 86400


@dataclass(frozen=True)
class ModelOutput:
    kind: str
    episode: int
    fired_at: int
    at: int
    reminder: int
    skipped: int
    reason: Optional[str]
    reminders_sent: int
    available_credit: Decimal
    threshold: Decimal


@dataclass
class ModelSchedule:
    """The reminders of an episode. Without a time of day (in minutes, local) they are due every 24
    hours. The offset is in minutes east of Greenwich.
    """

    count: int = 5
    time_of_day: Optional[int] = None
    utc_offset: int = 0


@dataclass
class ModelAlert:
    threshold: Decimal = Decimal(0)
    schedule: ModelSchedule = field(default_factory=ModelSchedule)
    credit: Optional[Decimal] = None
    sequence: Optional[int] = None
    phase: str = "off"
    episode: int = 0
    fired_at: int = 0
    fire_day: int = 0
    last_reminder: int = 0
    sent: int = 0
    stop_reason: Optional[str] = None

    def __post_init__(self) -> None:
        self.outputs: List[ModelOutput] = []
        self.why = ""

    # ---- Conditions ----

    def is_below(self) -> bool:
        return self.credit is not None and self.credit < self.threshold

    def known_not_below(self) -> bool:
        return self.credit is not None and not self.credit < self.threshold

    def reminder_at(self, k: int) -> int:
        if self.schedule.time_of_day is None:
            return self.fired_at + k * DAY
        return (self.fire_day + k) * DAY + (
            self.schedule.time_of_day - self.schedule.utc_offset
        ) * 60

    def reminders_past(self, now: int) -> int:
        """The greatest k whose instant is not after now, at most one more than the schedule has."""
        k = 0
        while k <= self.schedule.count and self.reminder_at(k + 1) <= now:
            k += 1
        return k

    def next_reminder_at(self) -> Optional[int]:
        if self.phase != "alerting":
            return None
        at = self.reminder_at(self.last_reminder + 1)
        return at if at <= 253402300799 else None

    # ---- Effects ----

    def end(self, why: str, phase: str) -> None:
        self.why, self.phase = why, phase

    def emit(
        self, kind: str, at: int, reminder: int = 0, skipped: int = 0, reason: Optional[str] = None
    ) -> None:
        assert self.credit is not None
        self.outputs.append(
            ModelOutput(
                kind,
                self.episode,
                self.fired_at,
                at,
                reminder,
                skipped,
                reason,
                self.sent,
                self.credit,
                self.threshold,
            )
        )

    def stop(self, at: int, reason: str) -> None:
        self.stop_reason = reason
        self.emit("stop", at, reason=reason)

    def fire(self, at: int) -> None:
        self.episode += 1
        self.fired_at = at
        self.fire_day = (at + self.schedule.utc_offset * 60) // DAY
        self.last_reminder = self.sent = 0
        self.stop_reason = None
        self.emit("fire", at)

    def remind(self, at: int, k: int) -> None:
        skipped = k - self.last_reminder - 1
        self.last_reminder = k
        self.sent += 1
        self.emit("remind", at, reminder=k, skipped=skipped)

    def begin(self) -> None:
        self.outputs = []
        self.why = ""

    # ---- Events ----

    def observe(self, credit: Decimal, at: int, sequence: Optional[int]) -> None:
        self.begin()
        if sequence is not None and self.sequence is not None and sequence <= self.sequence:
            self.end("stale", self.phase)
            return
        before, self.credit = self.credit, credit
        self.sequence = sequence if sequence is not None else self.sequence
        was_below = before is not None and before < self.threshold
        why_fire = "changed_while_below" if was_below else "fell_below"
        rows: List[Tuple[str, bool, Sequence[Callable[[], None]]]] = [
            ("off", True, [lambda: self.end("off", "off")]),
            ("armed", before == credit, [lambda: self.end("unchanged", "armed")]),
            ("armed", not self.is_below(), [lambda: self.end("not_below", "armed")]),
            (
                "armed",
                credit < 0,
                [
                    lambda: self.fire(at),
                    lambda: self.stop(at, "overdue"),
                    lambda: self.end(why_fire, "quiet"),
                ],
            ),
            (
                "armed",
                self.schedule.count == 0,
                [
                    lambda: self.fire(at),
                    lambda: self.stop(at, "completed"),
                    lambda: self.end(why_fire, "quiet"),
                ],
            ),
            ("armed", True, [lambda: self.fire(at), lambda: self.end(why_fire, "alerting")]),
            (
                "alerting",
                not self.is_below(),
                [lambda: self.stop(at, "recovered"), lambda: self.end("recovered", "armed")],
            ),
            (
                "alerting",
                credit < 0,
                [lambda: self.stop(at, "overdue"), lambda: self.end("overdue", "quiet")],
            ),
            ("alerting", True, [lambda: self.time_came(at)]),
            ("quiet", not self.is_below(), [lambda: self.end("rearmed", "armed")]),
            ("quiet", True, [lambda: self.end("waiting_for_recovery", "quiet")]),
        ]
        for effect in next(
            effects for phase, condition, effects in rows if phase == self.phase and condition
        ):
            effect()

    def time_came(self, at: int) -> None:
        k = self.reminders_past(at)
        if k <= self.last_reminder:
            return self.end("reminder_not_due", "alerting")
        if k > self.schedule.count:
            self.stop(at, "completed")
            return self.end("reminder_days_over", "quiet")
        self.remind(at, k)
        if k < self.schedule.count:
            return self.end("reminder_due", "alerting")
        self.stop(at, "completed")
        return self.end("reminder_due", "quiet")

    def tick(self, at: int) -> None:
        self.begin()
        if self.phase == "alerting":
            self.time_came(at)
        else:
            self.end("nothing_pending", self.phase)

    def enable(
        self, threshold: Decimal, at: int, schedule: Optional[ModelSchedule], recovery_first: bool
    ) -> None:
        self.set_settings(
            threshold,
            at,
            schedule if schedule is not None else self.schedule,
            recovery_first,
            enables=True,
        )

    def set_threshold(self, threshold: Decimal, at: int, recovery_first: bool) -> None:
        self.set_settings(threshold, at, self.schedule, recovery_first, enables=False)

    def set_settings(
        self,
        threshold: Decimal,
        at: int,
        schedule: ModelSchedule,
        recovery_first: bool,
        enables: bool,
    ) -> None:
        self.begin()
        other_threshold = threshold != self.threshold
        other_settings = other_threshold or schedule != self.schedule
        self.threshold, self.schedule = threshold, deepcopy(schedule)
        waits = recovery_first and not self.known_not_below()
        if self.phase == "off" and enables:
            self.end("enabled_waiting" if waits else "enabled", "quiet" if waits else "armed")
        elif self.phase == "alerting" and self.known_not_below():
            self.stop(at, "threshold_changed")
            self.end("threshold_changed", "armed")
        elif self.phase == "alerting" and enables and self.last_reminder >= schedule.count:
            self.stop(at, "completed")
            self.end("reminders_reached", "quiet")
        elif self.phase == "quiet" and other_threshold:
            self.end(
                "waiting_for_recovery" if waits else "rearmed_by_threshold",
                "quiet" if waits else "armed",
            )
        elif self.phase == "armed" and waits:
            self.end("waiting_for_recovery", "quiet")
        else:
            self.end("settings_changed" if other_settings else "settings_unchanged", self.phase)

    def disable(self, at: int) -> None:
        self.begin()
        if self.phase == "off":
            return self.end("already_off", "off")
        if self.phase == "alerting":
            self.stop(at, "disabled")
        return self.end("disabled", "off")


@dataclass
class ModelAccount:
    """An account: what was last observed, and its alerts by name."""

    balance: Optional[Tuple[Decimal, ...]] = None
    credit: Optional[Decimal] = None
    sequence: Optional[int] = None
    first_cost_at: Optional[int] = None
    alerts: Dict[str, ModelAlert] = field(default_factory=dict)

    def sorted_alerts(self) -> List[Tuple[str, ModelAlert]]:
        return sorted(self.alerts.items(), key=lambda item: item[0].encode())

    def observe(
        self,
        credit: Decimal,
        components: Optional[Tuple[Decimal, ...]],
        at: int,
        sequence: Optional[int],
    ) -> None:
        stale = sequence is not None and self.sequence is not None and sequence <= self.sequence
        for alert in self.alerts.values():
            alert.observe(credit, at, sequence)
        if stale:
            return
        self.credit, self.balance = credit, components
        self.sequence = sequence if sequence is not None else self.sequence
        if (
            self.first_cost_at is None
            and components is not None
            and (components[3] > 0 or components[4] > 0)
        ):
            self.first_cost_at = at

    def alert(self, name: str) -> ModelAlert:
        """The alert of that name; a new one that knows the account if there is none."""
        if name not in self.alerts:
            self.alerts[name] = ModelAlert(credit=self.credit, sequence=self.sequence)
        return self.alerts[name]

    def rebase(self, sequence: Optional[int]) -> None:
        self.sequence = sequence
        for alert in self.alerts.values():
            alert.sequence = sequence
