# SPDX-License-Identifier: Apache-2.0
"""Random events for a Monitor over a store, for single Alerts, and for a model without lowtide."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar, Dict, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from memory_store import MemoryStore
from model import ModelAccount, ModelAlert, ModelOutput, ModelSchedule
from model_values import (
    ACCOUNTS,
    ALERTS,
    COMPONENTS,
    CREDITS,
    SCHEDULES,
    SEQUENCES,
    START,
    STEPS,
    THRESHOLDS,
)
from scale import Exercised, scaled

import lowtide


def instant(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)


def seconds(at: Optional[datetime]) -> Optional[int]:
    return (
        None
        if at is None
        else int((at - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())
    )


def schedule_of(model: Optional[ModelSchedule]) -> Optional[lowtide.Schedule]:
    if model is None:
        return None
    at = None if model.time_of_day is None else time(*divmod(model.time_of_day, 60))
    return lowtide.Schedule(model.count, at, timedelta(minutes=model.utc_offset))


def as_model(output: lowtide.Output) -> ModelOutput:
    return ModelOutput(
        str(output.kind),
        output.episode,
        seconds(output.fired_at) or 0,
        seconds(output.at) or 0,
        getattr(output, "reminder", 0),
        getattr(output, "skipped", 0),
        str(output.reason) if isinstance(output, lowtide.Stop) else None,
        output.reminders_sent,
        output.available_credit,
        output.threshold,
    )


Decided = List[Tuple[str, str, str, List[ModelOutput]]]


class Rules(RuleBasedStateMachine):
    events = 0
    outputs = 0
    whys: ClassVar[Dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.monitor = lowtide.Monitor(self.store)
        self.model: Dict[str, ModelAccount] = {}
        self.by_hand: Dict[str, Dict[str, lowtide.Alert]] = {}
        self.sent: List[ModelOutput] = []
        self.clock = START

    def teardown(self) -> None:
        self.monitor.close()

    def at(self, step: int) -> int:
        self.clock = max(0, self.clock + step)
        return self.clock

    def account(self, name: str) -> ModelAccount:
        return self.model.setdefault(name, ModelAccount())

    def agree(
        self,
        account: str,
        before: Optional[ModelAccount],
        report: lowtide.EventReport,
        expected: Decided,
    ) -> None:
        """Compares report and store with the model, and stored alerts with the single Alerts."""
        decided = [
            (one.alert, str(one.why), str(one.phase), [as_model(output) for output in one.outputs])
            for one in report.decisions
        ]
        assert decided == expected
        assert report.error is None
        # Something is stored exactly if something changed. A new alert is a change, and so is a
        # rebase of an unknown account.
        assert report.stored == (
            before is None
            or before != self.model[account]
            or len(before.alerts) != len(self.model[account].alerts)
        )
        self.count(expected)

    def count(self, expected: Decided) -> None:
        Rules.events += 1
        for _, why, _, outputs in expected:
            Rules.whys[why] = Rules.whys.get(why, 0) + 1
            Rules.outputs += len(outputs)
            self.sent += outputs

    def hand(self, account: str, name: str, decision: lowtide.Decision) -> None:
        self.by_hand[account][name] = decision.alert
        self.outputs_by_hand = [as_model(output) for output in decision.outputs]

    # ---- Events ----

    @initialize(alert=ALERTS, schedule=st.one_of(st.none(), SCHEDULES))
    def begin(self, alert: str, schedule: Optional[ModelSchedule]) -> None:
        self.enable("acme", alert, Decimal(10), 0, schedule, False)

    @rule(
        name=ACCOUNTS,
        credit=CREDITS,
        parts=st.one_of(st.none(), COMPONENTS),
        step=STEPS,
        sequence=SEQUENCES,
    )
    def observe(
        self,
        name: str,
        credit: Decimal,
        parts: Optional[Tuple[Decimal, ...]],
        step: int,
        sequence: Optional[int],
    ) -> None:
        at = self.at(step)
        given: Dict[str, Any] = {"available_credit": credit}
        if parts is not None:
            # At most five addends of at most 19 digits: exact in the default context of 28 digits.
            credit = parts[0] + parts[1] + parts[2] - parts[3] - parts[4]
            given = {"balance": lowtide.Balance(*parts)}
        before = deepcopy(self.model.get(name))
        account = self.account(name)
        account.observe(credit, parts, at, sequence)
        expected = [
            (alert, one.why, one.phase, one.outputs) for alert, one in account.sorted_alerts()
        ]
        report = self.monitor.observe(
            name, **given, at=instant(at), sequence=sequence, now=instant(at)
        )
        self.agree(name, before, report, expected)
        for alert, value in self.by_hand.get(name, {}).items():
            self.hand(name, alert, value.observe(**given, at=instant(at), sequence=sequence))
            assert self.outputs_by_hand == account.alerts[alert].outputs

    @rule(
        name=ACCOUNTS,
        alert=ALERTS,
        threshold=THRESHOLDS,
        step=STEPS,
        schedule=st.one_of(st.none(), SCHEDULES),
        waits=st.booleans(),
    )
    def enable(
        self,
        name: str,
        alert: str,
        threshold: Decimal,
        step: int,
        schedule: Optional[ModelSchedule],
        waits: bool,
    ) -> None:
        at = self.at(step)
        before = deepcopy(self.model.get(name))
        one = self.account(name).alert(alert)
        hand = self.by_hand.setdefault(name, {})
        if alert not in hand:
            account = self.model[name]
            hand[alert] = lowtide.Alert.on_account(
                available_credit=account.credit, sequence=account.sequence
            )
        one.enable(threshold, at, schedule, waits)
        given: Dict[str, Any] = {
            "at": instant(at),
            "schedule": schedule_of(schedule),
            "if_below": lowtide.IfBelow(int(waits)),
        }
        report = self.monitor.enable(name, threshold, alert=alert, now=instant(at), **given)
        self.agree(name, before, report, [(alert, one.why, one.phase, one.outputs)])
        self.hand(name, alert, hand[alert].enable(threshold, **given))

    @rule(name=ACCOUNTS, alert=ALERTS, threshold=THRESHOLDS, step=STEPS, waits=st.booleans())
    def set_threshold(
        self, name: str, alert: str, threshold: Decimal, step: int, waits: bool
    ) -> None:
        at = self.at(step)
        given: Dict[str, Any] = {"at": instant(at), "if_below": lowtide.IfBelow(int(waits))}
        one = self.known(
            name,
            alert,
            lambda: self.monitor.set_threshold(
                name, threshold, alert=alert, now=instant(at), **given
            ),
        )
        if one is None:
            return
        before = deepcopy(self.model[name])
        one.set_threshold(threshold, at, waits)
        report = self.monitor.set_threshold(name, threshold, alert=alert, now=instant(at), **given)
        self.agree(name, before, report, [(alert, one.why, one.phase, one.outputs)])
        self.hand(name, alert, self.by_hand[name][alert].set_threshold(threshold, **given))

    @rule(name=ACCOUNTS, alert=ALERTS, step=STEPS)
    def disable(self, name: str, alert: str, step: int) -> None:
        at = self.at(step)
        one = self.known(
            name,
            alert,
            lambda: self.monitor.disable(name, alert=alert, at=instant(at), now=instant(at)),
        )
        if one is None:
            return
        before = deepcopy(self.model[name])
        one.disable(at)
        report = self.monitor.disable(name, alert=alert, at=instant(at), now=instant(at))
        self.agree(name, before, report, [(alert, one.why, one.phase, one.outputs)])
        self.hand(name, alert, self.by_hand[name][alert].disable(at=instant(at)))

    def known(self, name: str, alert: str, call: Any) -> Optional[ModelAlert]:
        """The alert, or None if the Monitor has to refuse the event and store nothing."""
        one = self.model[name].alerts.get(alert) if name in self.model else None
        if one is None:
            before = self.store.snapshot()
            with pytest.raises(lowtide.RefusedError, match="was never enabled"):
                call()
            assert self.store.snapshot() == before
        return one

    @rule(name=ACCOUNTS, sequence=st.integers(0, 12), step=STEPS)
    def rebase(self, name: str, sequence: int, step: int) -> None:
        at = self.at(step)
        before = deepcopy(self.model.get(name))
        self.account(name).rebase(sequence or None)
        self.agree(
            name, before, self.monitor.rebase(name, sequence, at=instant(at), now=instant(at)), []
        )
        for alert, value in self.by_hand.get(name, {}).items():
            self.by_hand[name][alert] = value.rebase(sequence)

    @rule(step=STEPS)
    def tick(self, step: int) -> None:
        at = self.at(step)
        expected: Decided = []
        accounts = 0
        for name, account in self.model.items():
            due = [
                (alert, one)
                for alert, one in account.sorted_alerts()
                if (one.next_reminder_at() or at + 1) <= at
            ]
            accounts += 1 if due else 0
            for alert, one in due:
                one.tick(at)
                expected.append((alert, one.why, one.phase, one.outputs))
                self.hand(name, alert, self.by_hand[name][alert].tick(at=instant(at)))
        assert self.monitor.tick(instant(at)) == lowtide.TickReport(
            accounts, sum(len(outputs) for *_, outputs in expected)
        )
        self.count(expected)

    # ---- Invariants ----

    @invariant()
    def the_store_has_what_the_model_says(self) -> None:
        assert set(self.store.accounts) == set(self.model)
        for name, account in self.model.items():
            stored = self.store.accounts[name]
            assert (stored.available_credit, stored.sequence) == (account.credit, account.sequence)
            assert stored.balance == (
                None if account.balance is None else lowtide.Balance(*account.balance)
            )
            assert seconds(stored.first_cost_at) == account.first_cost_at
            assert [one.name for one in stored.alerts] == [
                alert for alert, _ in account.sorted_alerts()
            ]
            for one, (alert, value) in zip(stored.alerts, account.sorted_alerts()):
                assert one.state == self.by_hand[name][alert].to_bytes()
                self.same(one.alert, value)

    @staticmethod
    def same(alert: lowtide.Alert, model: ModelAlert) -> None:
        fields = alert.fields
        assert (fields.threshold, fields.schedule, fields.available_credit) == (
            model.threshold,
            schedule_of(model.schedule),
            model.credit,
        )
        assert (fields.sequence, str(fields.phase), fields.episode) == (
            model.sequence,
            model.phase,
            model.episode,
        )
        assert (fields.last_reminder, fields.reminders_sent) == (model.last_reminder, model.sent)
        assert (str(fields.stop_reason) if fields.stop_reason else None) == model.stop_reason
        assert (seconds(fields.fired_at), fields.fire_day) == (
            (model.fired_at, model.fire_day) if model.episode else (None, None)
        )
        assert seconds(alert.next_reminder_at) == model.next_reminder_at()
        assert lowtide.Alert.restore(fields) == alert

    @invariant()
    def every_output_was_stored_once(self) -> None:
        assert len(self.store.notices) == len(self.sent)


def test_model_and_alerts_and_monitor_agree(exercised: Exercised) -> None:
    Rules.events = Rules.outputs = 0
    Rules.whys = {}
    run_state_machine_as_test(
        Rules,
        settings=settings(
            max_examples=scaled(600),
            stateful_step_count=50,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    exercised("model: events of the Monitor", Rules.events, "events", scaled(10000))
    exercised("model: outputs", Rules.outputs, "outputs", scaled(1000) // 2)
    if scaled(100) == 100:
        assert {str(why) for why in lowtide.Why} - set(Rules.whys) <= {"nothing_pending"}
        exercised("model: reasons that occurred", len(Rules.whys), "reasons", 22)
