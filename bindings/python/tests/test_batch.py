# SPDX-License-Identifier: Apache-2.0
"""Batches decide what single calls decide, for any alerts and observations in any form."""

from __future__ import annotations

import functools
import random
from array import array
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import pytest
from scale import Exercised, scaled

import lowtide
from lowtide import Alert, Alerts, Balance, DataError, Status, Why, batch, errors
from lowtide.batch import BatchDecision, Observation, Results

NOW = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
LARGEST = Decimal("170141183460469231731.687303715884105727")


class Expected(NamedTuple):
    """The result of an element."""

    status: Status
    why: Optional[Why]
    phase: Optional[lowtide.Phase]
    outputs: Tuple[lowtide.Output, ...]


@dataclass
class World:
    alerts: List[Alert]
    observations: List[Observation]
    index: Optional[List[int]]

    def which(self, element: int) -> int:
        return element if self.index is None else self.index[element]


def some_alert(chance: random.Random) -> Alert:
    """An alert that is fresh, armed, alerting or quiet."""
    alert = Alert()
    if chance.random() < 0.9:
        alert = alert.enable(1000, at=NOW, schedule=lowtide.Schedule(chance.randint(0, 3))).alert
    for _ in range(chance.randint(0, 3)):
        alert = alert.observe(
            available_credit=chance.choice([1500, 999, 1000, 0, -1]), at=NOW, sequence=None
        ).alert
    return alert


def some_change(chance: random.Random, balance: bool, sequence: bool) -> Observation:
    at = NOW + timedelta(hours=chance.choice([0, 1, 25, 60, 300]))
    credit: Decimal = chance.choice(
        [Decimal(1500), Decimal("999.999999999999999999"), Decimal(1000), Decimal(0), Decimal(-1)]
    )
    if chance.random() < 0.05:
        credit = LARGEST
    number = chance.choice([1, 2, 3]) if sequence else None
    if not balance:
        return Observation(at, available_credit=credit, sequence=number)
    # Sometimes the sum is out of range, and intermediate sums nearly always are.
    return Observation(
        at, Balance(credit, chance.choice([1, 0]), LARGEST, LARGEST, 0), sequence=number
    )


def some_world(chance: random.Random) -> World:
    count = chance.randint(0, 12)
    alerts = [some_alert(chance) for _ in range(count)]
    index = None
    if count and chance.random() < 0.4:
        index = [
            chance.randint(0, count) for _ in range(chance.randint(0, 20))
        ]  # `count` is one too many
    balance, sequence = chance.random() < 0.5, chance.random() < 0.5
    return World(
        alerts,
        [
            some_change(chance, balance, sequence)
            for _ in range(count if index is None else len(index))
        ],
        index,
    )


def one_by_one(
    world: World, decide: Callable[[Alert, Observation], lowtide.Decision]
) -> Tuple[List[Alert], List[Expected]]:
    """The results of single calls for the same elements."""
    alerts, expected = list(world.alerts), []
    for element, change in enumerate(world.observations):
        try:
            which = world.which(element)
            if which >= len(alerts):
                raise lowtide.OutOfRangeError("no alert has this index")
            decision = decide(alerts[which], change)
        except DataError as error:
            assert error.status
            expected.append(Expected(error.status, None, None, ()))
        else:
            alerts[which] = decision.alert
            expected.append(Expected(Status.OK, decision.why, decision.phase, decision.outputs))
    return alerts, expected


def observed(alert: Alert, change: Observation) -> lowtide.Decision:
    return alert.observe(
        change.balance,
        available_credit=change.available_credit,
        at=change.at,
        sequence=change.sequence,
    )


def ticked(at: datetime, alert: Alert, _: Observation) -> lowtide.Decision:
    return alert.tick(at=at)


def compare(results: Results, expected: List[Expected]) -> int:
    """Compares every result and every decision. Returns the number of outputs."""
    assert len(results) == len(expected)
    assert [Status(status) for status in results.status] == [one.status for one in expected]
    assert list(results.why) == [one.why.value if one.why else 0 for one in expected]
    assert list(results.phase) == [one.phase.value if one.phase else 0 for one in expected]
    assert list(results.output_count) == [len(one.outputs) for one in expected]
    assert results.failed == [i for i, one in enumerate(expected) if one.status is not Status.OK]
    for i, one in enumerate(expected):
        error = results.error(i)
        assert (
            (type(error) is errors.BY_STATUS[one.status.value])
            if error
            else one.status is Status.OK
        )
    loud = [
        BatchDecision(i, one.why, one.phase, one.outputs)
        for i, one in enumerate(expected)
        if one.outputs and one.why and one.phase
    ]
    assert list(results.decisions) == loud
    assert list(results.decisions.elements) == [decision.element for decision in loud]
    return sum(len(one.outputs) for one in expected)


def columns_of(observations: List[Observation]) -> Dict[str, Any]:
    """The observations as columns, in lists."""
    given: Dict[str, Any] = {"at": [one.at for one in observations]}
    if observations and observations[0].balance:
        for name in (
            "cash_balance",
            "credit_limit",
            "credit_refunds",
            "unsettled_current_month",
            "unsettled_previous_months",
        ):
            given[name] = [getattr(one.balance, name) for one in observations]
    else:
        given["available_credit"] = [one.available_credit for one in observations]
    if observations and observations[0].sequence is not None:
        given["sequence"] = [one.sequence for one in observations]
    return given


@pytest.mark.parametrize("form", ["structs", "columns", "tick"])
def test_batch_decides_as_single_calls_do(form: str, exercised: Exercised) -> None:
    chance = random.Random(form)
    elements = outputs = failed = stops = 0
    for _ in range(scaled(1500)):
        world = some_world(chance)
        alerts = Alerts.of(world.alerts)
        options: Dict[str, Any] = {
            "index": world.index,
            "decision_capacity": chance.choice([None, 1, 2]),
        }
        later = NOW + timedelta(hours=chance.choice([0, 24, 50, 200]))
        if form == "structs":
            results = alerts.observe(world.observations, **options)
        elif form == "columns":
            results = alerts.observe_columns(**columns_of(world.observations), **options)
        else:
            results = alerts.tick(later, **options)
        after, expected = one_by_one(
            world, functools.partial(ticked, later) if form == "tick" else observed
        )
        outputs += compare(results, expected)
        assert list(alerts) == after
        elements, failed = elements + len(expected), failed + len(results.failed)
        stops += len(results.decisions) > (options["decision_capacity"] or 64)
    exercised(
        f"elements of batches, against single calls: {form}", elements, "elements", scaled(7000)
    )
    exercised(f"outputs of batches, against single calls: {form}", outputs, "outputs", scaled(800))
    exercised(f"failed elements of batches: {form}", failed, "elements", scaled(100))
    exercised(
        f"batches with too little room for decisions at first: {form}", stops, "batches", scaled(80)
    )


def test_batch_loses_no_decision_for_lack_of_room(exercised: Exercised) -> None:
    count = 1000
    armed = Alert().enable(1000, at=NOW).alert
    prepared = Alerts.of([armed] * count).prepare_columns(
        available_credit=-1, at=NOW, decision_capacity=1
    )
    results = prepared.run()
    assert list(results.decisions.elements) == list(range(count))
    assert {
        tuple(type(output) for output in decision.outputs) for decision in results.decisions
    } == {(lowtide.Fire, lowtide.Stop)}
    # A second run has no outputs. It keeps the room, and begins at the first element.
    assert len(prepared.run().decisions) == 0
    assert set(prepared.results.why) == {Why.WAITING_FOR_RECOVERY.value}
    exercised("decisions through a room for one", count, "decisions", 1000)


def test_prepared_batch_reads_the_columns_at_each_run() -> None:
    unit = 10**18
    alerts = Alerts.of([Alert().enable(2, at=NOW).alert] * 3)
    at, credit, sequence = array("q", [0] * 3), array("Q", [9 * unit, 0] * 3), array("q", [1, 1, 1])
    with alerts.prepare_columns(
        at=at, available_credit=memoryview(credit).cast("B"), sequence=sequence
    ) as prepared:
        assert prepared.run() is prepared.results
        assert list(prepared.results.why) == [Why.NOT_BELOW.value] * 3
        credit[0], credit[2], credit[4] = 8 * unit, unit, 0  # the lower halves of three amounts
        at[1], sequence[0], sequence[1] = 86400, 2, 2
        assert [str(Why(why)) for why in prepared.run().why] == ["not_below", "fell_below", "stale"]
        assert [decision.outputs[0].at.isoformat() for decision in prepared.results.decisions] == [
            "1970-01-02T00:00:00+00:00"
        ]
        sequence[2] = 2
        assert [decision.element for decision in prepared.run().decisions] == [2]
        with pytest.raises(BufferError):
            at.append(1)  # the prepared batch holds it
        with pytest.raises(BufferError):
            credit.extend([1])
    at.append(1)
    with pytest.raises(ValueError, match="closed"):
        prepared.run()
    assert len(prepared.results.decisions) == 1  # the results are kept


def test_results_outlive_the_batch_and_take_negative_indices() -> None:
    alerts = Alerts.of([Alert().enable(1000, at=NOW).alert] * 3)
    decisions = alerts.observe_columns(available_credit=[1, 2000, 3], at=NOW).decisions
    assert [decision.element for decision in decisions[::-1]] == [2, 0]
    assert decisions[-1] == decisions[1] != decisions[0]
    assert decisions[1:] == [decisions[1]]
    for beyond in (2, -3):
        with pytest.raises(IndexError):
            decisions[beyond]


def test_read_returns_the_fields_of_each_alert(exercised: Exercised) -> None:
    chance, count = random.Random(5), 0
    for _ in range(scaled(300) + 1):
        world = some_world(chance)
        alerts = Alerts.of(world.alerts)
        columns = alerts.read(index=world.index)
        for element in range(len(world.observations)):
            which = world.which(element)
            if which >= len(alerts):
                assert isinstance(columns.results.error(element), lowtide.OutOfRangeError)
                assert [amount_of(columns["threshold"], element), columns["present"][element]] == [
                    0,
                    0,
                ]
                continue
            known, present = world.alerts[which].fields, columns["present"][element]
            expected = {
                "available_credit": (batch.HAS_AVAILABLE_CREDIT, known.available_credit),
                "sequence": (batch.HAS_SEQUENCE, known.sequence),
                "fired_at": (batch.HAS_FIRED_AT, known.fired_at),
                "next_reminder_at": (
                    batch.HAS_NEXT_REMINDER_AT,
                    world.alerts[which].next_reminder_at,
                ),
            }
            if known.available_credit == LARGEST:  # it has 39 digits
                assert Status(columns.results.status[element]) is Status.OVERFLOW and present == 0
                count += 1
                continue
            assert columns.results.status[element] == 0
            for name, (flag, value) in expected.items():
                assert bool(present & flag) == (value is not None), name
                found = (
                    amount_of(columns[name], element)
                    if name == "available_credit"
                    else columns[name][element]
                )
                wanted = value.timestamp() if isinstance(value, datetime) else value
                assert found == (wanted or 0), name
            assert amount_of(columns["threshold"], element) == known.threshold
            assert (columns["episode"][element], columns["phase"][element]) == (
                known.episode,
                known.phase.value,
            )
            count += 1
    exercised("alerts read by columns, against their fields", count, "alerts", scaled(1200))


def amount_of(column: memoryview, place: int) -> Decimal:
    pairs: Any = column.tolist()
    low, high = pairs[place]
    value: int = (high << 64 | low) - (1 << 128 if high >> 63 else 0)
    return Decimal(value).scaleb(-18)


def test_read_reports_amounts_of_more_than_38_digits() -> None:
    most = Decimal("99999999999999999999.999999999999999999")
    alerts = Alerts.of(
        [
            Alert.on_account(available_credit=credit)
            for credit in (most, Decimal(10**20), most.copy_negate(), Decimal(-(10**20)))
        ]
    )
    columns = alerts.read()
    assert [Status(status) for status in columns.results.status] == [
        Status.OK,
        Status.OVERFLOW,
        Status.OK,
        Status.OVERFLOW,
    ]
    assert columns.results.failed == [1, 3] and list(columns["present"]) == [2, 0, 2, 0]


def test_read_writes_into_memory_of_the_caller() -> None:
    alerts, phase = Alerts.of([Alert().enable(1, at=NOW).alert] * 3), bytearray(b"\xaa" * 3)
    columns = alerts.read(["phase", "episode"], into={"phase": phase})
    assert phase == b"\x01\x01\x01" and list(columns) == ["phase", "episode"] and len(columns) == 2
    assert alerts.read(["sequence"], index=[2])["sequence"].tolist() == [0]
    assert [len(view) for view in Alerts(0).read().values()] == [0] * 8
