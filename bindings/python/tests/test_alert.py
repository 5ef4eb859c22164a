# SPDX-License-Identifier: Apache-2.0
"""Alert: a value that checks its arguments, computes exactly, and never changes."""

from __future__ import annotations

import copy
import pathlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields, replace
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, List

import pytest
from scale import Exercised

import lowtide
from lowtide import Alert, AlertFields, Balance, Phase, Schedule, StopReason, Why

NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def alerting() -> Alert:
    return (
        Alert().enable(1000, at=NOW).alert.observe(available_credit=900, at=NOW, sequence=7).alert
    )


def alerts() -> List[Alert]:
    """One output of each kind."""
    fresh, fired = Alert(), alerting()
    reminded = fired.tick(at=NOW + 2 * DAY).alert
    local = Schedule(3, time(9, 30), timedelta(hours=-5))
    return [
        fresh,
        Alert.on_account(available_credit=Decimal("-0.000000000000000001"), sequence=2**63 - 1),
        fresh.enable(Decimal("0.5"), at=NOW, schedule=local).alert,
        fired,
        reminded,
        reminded.observe(available_credit=-1, at=NOW + 2 * DAY).alert,
        fired.disable(at=NOW).alert,
        fired.enable(1000, at=NOW, schedule=local).alert,
        Alert()
        .enable(1, at=NOW, schedule=Schedule(1))
        .alert.observe(available_credit=0, at=datetime(9999, 12, 31, tzinfo=timezone.utc))
        .alert,
    ]


def test_alert_is_a_value(exercised: Exercised) -> None:
    known = alerts()
    for i, alert in enumerate(known):
        same = [
            Alert.from_bytes(alert.to_bytes()),
            Alert.restore(alert.fields),
            pickle.loads(pickle.dumps(alert)),
            copy.copy(alert),
            copy.deepcopy(alert),
        ]
        for one in same:
            assert (
                one == alert
                and hash(one) == hash(alert)
                and one.fields == alert.fields
                and one.to_bytes() == alert.to_bytes()
            )
        for j, other in enumerate(known):
            assert (alert == other) == (i == j)
        assert alert != alert.to_bytes()
        assert f"{alert.phase}" in repr(alert)
        for form in (bytearray, memoryview):
            assert Alert.from_bytes(form(alert.to_bytes())) == alert
    assert len(set(known)) == len(known)
    exercised("alerts that are values", len(known), "alerts", 9)


def test_alert_cannot_be_changed() -> None:
    alert = Alert()
    with pytest.raises(AttributeError, match="_raw cannot be set"):
        alert._raw = None  # type: ignore[assignment]
    with pytest.raises(AttributeError, match="more cannot be set"):
        alert.more = 1
    with pytest.raises(AttributeError, match="_raw cannot be deleted"):
        del alert._raw
    decision = alert.tick(at=NOW)
    for one in (
        decision,
        Schedule(),
        Balance(1, 2, 3, 4, 5),
        alert.fields,
        alerting().observe(available_credit=-1, at=NOW).outputs[0],
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(one, fields(one)[0].name, None)


def test_alert_is_unchanged_by_an_event() -> None:
    before = alerting()
    stored = before.to_bytes()
    for decision in (
        before.observe(available_credit=5000, at=NOW),
        before.tick(at=NOW + DAY),
        before.disable(at=NOW),
        before.enable(5, at=NOW),
        before.set_threshold(5, at=NOW),
    ):
        assert decision.alert != before and decision.outputs
    assert before.rebase(0) != before
    assert before.to_bytes() == stored


def test_observe_decides_the_same_for_a_balance_and_its_sum() -> None:
    armed = Alert().enable(1000, at=NOW).alert
    balance = Balance(Decimal("10000.25"), 5000, 200, Decimal("11000.000000000000000001"), 3300)
    by_balance = armed.observe(balance, at=NOW, sequence=3)
    assert by_balance == armed.observe(
        available_credit=Decimal("900.249999999999999999"), at=NOW, sequence=3
    )
    assert by_balance.alert.fields.available_credit == Decimal("900.249999999999999999")
    assert by_balance == armed.observe(pickle.loads(pickle.dumps(balance)), at=NOW, sequence=3)
    assert copy.deepcopy(balance) == balance == replace(
        balance, credit_limit=Decimal(5000)
    ) and hash(balance) == hash(copy.copy(balance))
    assert balance != replace(balance, unsettled_previous_months=Decimal(3301))
    assert all(isinstance(getattr(balance, field.name), Decimal) for field in fields(balance))


Call = Callable[[Alert], object]
# These hide types from mypy, for calls with wrong ones.
Anything: Any = Alert
Parts: Any = Balance
BAD_CALLS: List[Any] = [
    (
        lambda alert: alert.enable(-1, at=NOW),
        lowtide.OutOfRangeError,
        "^threshold: must be 0 or more: -1$",
    ),
    (
        lambda alert: alert.set_threshold(Decimal("-1e-18"), at=NOW),
        lowtide.OutOfRangeError,
        "^threshold: must be 0 or more: ",
    ),
    (lambda alert: alert.enable(1.5, at=NOW), TypeError, "^threshold: .*float"),
    (lambda alert: alert.enable(True, at=NOW), TypeError, "^threshold: .*bool"),
    (lambda alert: alert.enable(1, at=NOW, schedule=5), TypeError, "^schedule: "),
    (lambda alert: alert.enable(1, at=NOW, if_below=1), TypeError, "^if_below: "),
    (lambda alert: alert.set_threshold(1, at=NOW, if_below=None), TypeError, "^if_below: "),
    (
        lambda alert: alert.observe(at=NOW),
        TypeError,
        "^balance: is missing, and so is available_credit",
    ),
    (
        lambda alert: alert.observe(Balance(1, 2, 3, 4, 5), available_credit=1, at=NOW),
        TypeError,
        "^available_credit: ",
    ),
    (lambda alert: alert.observe(900, at=NOW), TypeError, "^balance: "),
    (
        lambda alert: alert.observe(available_credit=Decimal("NaN"), at=NOW),
        ValueError,
        "^available_credit: ",
    ),
    (
        lambda alert: alert.observe(available_credit=1, at=NOW, sequence=0),
        lowtide.SequenceRangeError,
        "^sequence: must be from 1 to .*: 0$",
    ),
    (
        lambda alert: alert.observe(available_credit=1, at=NOW, sequence=2**63),
        lowtide.SequenceRangeError,
        "^sequence: ",
    ),
    (
        lambda alert: alert.observe(available_credit=1, at=NOW, sequence=True),
        TypeError,
        "^sequence: ",
    ),
    (
        lambda alert: alert.observe(available_credit=1, at=NOW, sequence=1.0),
        TypeError,
        "^sequence: ",
    ),
    (
        lambda alert: alert.observe(Balance(2**67, 2**67, 0, 0, 0), at=NOW, sequence=1),
        lowtide.AmountOverflowError,
        r"^balance: .*Balance\(",
    ),
    (lambda alert: alert.rebase(-1), lowtide.SequenceRangeError, "^sequence: must be from 0 to "),
    (lambda alert: alert.rebase(2**63), lowtide.SequenceRangeError, "^sequence: "),
    (lambda alert: Alert.on_account(sequence=0), lowtide.SequenceRangeError, "^sequence: "),
    (lambda alert: Anything.on_account(available_credit="1"), TypeError, "^available_credit: "),
    (
        lambda alert: Balance(1, 2, 3, 4, Decimal("1e-19")),
        lowtide.InexactError,
        "^unsettled_previous_months: ",
    ),
    (lambda alert: Parts(1, 2, 3, 4), TypeError, "unsettled_previous_months"),
    (lambda alert: Alert.from_bytes(b""), lowtide.CorruptError, "^alert: "),
    (lambda alert: Alert.from_bytes(alert.to_bytes()[:-1]), lowtide.CorruptError, "^alert: "),
    (lambda alert: Alert.from_bytes(alert.to_bytes() + b"\0"), lowtide.CorruptError, "^alert: "),
    (lambda alert: Anything.from_bytes("text"), TypeError, "^stored: "),
    (lambda alert: Anything.from_bytes(5), TypeError, "^stored: "),
    (lambda alert: Anything.restore({}), TypeError, "^known: "),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_CALLS)
def test_alert_calls_refuse_wrong_arguments_and_change_nothing(
    call: Call, error: Any, message: str
) -> None:
    alert = alerting()
    stored = alert.to_bytes()
    with pytest.raises(error, match=message):
        call(alert)
    assert alert.to_bytes() == stored


# Changes of one field that make the fields of a valid alert impossible.
BAD_FIELDS: List[Any] = [
    ({"threshold": Decimal(-1)}, lowtide.OutOfRangeError, "threshold"),
    ({"threshold": Decimal(1)}, lowtide.InconsistentError, "available_credit"),
    ({"available_credit": None}, lowtide.InconsistentError, "episode"),
    ({"sequence": 0}, lowtide.SequenceRangeError, "sequence"),
    ({"phase": Phase.ARMED}, lowtide.InconsistentError, "stop_reason"),
    ({"phase": 2}, TypeError, "phase"),
    ({"episode": 0}, lowtide.InconsistentError, "fired_at"),
    ({"episode": 2**32}, lowtide.OutOfRangeError, "episode"),
    ({"episode": -1}, lowtide.OutOfRangeError, "episode"),
    ({"fired_at": None}, lowtide.InconsistentError, "fired_at"),
    ({"fired_at": NOW.replace(tzinfo=None)}, lowtide.MalformedError, "fired_at"),
    ({"fire_day": None}, lowtide.InconsistentError, "fire_day"),
    ({"fire_day": 20516}, lowtide.OutOfRangeError, "fire_day"),
    ({"last_reminder": 5}, lowtide.InconsistentError, "last_reminder"),
    ({"last_reminder": 256}, lowtide.OutOfRangeError, "last_reminder"),
    ({"reminders_sent": 3}, lowtide.InconsistentError, "reminders_sent"),
    ({"reminders_sent": -1}, lowtide.OutOfRangeError, "reminders_sent"),
    ({"reminders_sent": 1.0}, TypeError, "reminders_sent"),
    ({"stop_reason": StopReason.OVERDUE}, lowtide.InconsistentError, "stop_reason"),
    ({"stop_reason": 2}, TypeError, "stop_reason"),
    ({"schedule": None}, TypeError, "schedule"),
]


@pytest.mark.parametrize(("change", "error", "field"), BAD_FIELDS, ids=lambda value: str(value))
def test_restore_refuses_impossible_fields_by_name(change: Any, error: Any, field: str) -> None:
    known = alerting().tick(at=NOW + 2 * DAY).alert.fields
    assert Alert.restore(known).fields == known
    with pytest.raises(error, match=f"^{field}: ") as raised:
        Alert.restore(replace(known, **change))
    if isinstance(raised.value, lowtide.LowtideError):
        assert raised.value.field == field
        assert raised.value.value == getattr(replace(known, **change), field)


def test_from_bytes_reads_the_golden_files(root: pathlib.Path, exercised: Exercised) -> None:
    files = sorted((root / "tests" / "golden").glob("format-1-*.alert"))
    for file in files:
        stored = file.read_bytes()
        assert Alert.from_bytes(stored).to_bytes() == stored
        newer = bytes([2]) + stored[1:]
        with pytest.raises(lowtide.CorruptError):
            Alert.from_bytes(newer)  # with the checksum of the old bytes
        for place in range(len(stored)):
            with pytest.raises((lowtide.CorruptError, lowtide.NewerFormatError)):
                Alert.from_bytes(stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :])
    exercised("golden files", len(files), "files", 5)


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_from_bytes_distinguishes_a_later_format_from_damage() -> None:
    stored = Alert().to_bytes()
    newer = bytes([2]) + stored[1:-4]
    with pytest.raises(lowtide.NewerFormatError):
        Alert.from_bytes(newer + crc32c(newer).to_bytes(4, "little"))


def test_alert_can_be_used_by_many_threads(exercised: Exercised) -> None:
    alert, count = alerting(), 2000
    expected = [alert.tick(at=NOW + DAY), alert.observe(available_credit=5000, at=NOW)]

    def work(_: int) -> bool:
        return [alert.tick(at=NOW + DAY), alert.observe(available_credit=5000, at=NOW)] == expected

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(count)))
    exercised("decisions of four threads on one alert", 2 * count, "decisions", 4000)


def test_fields_of_a_fresh_alert_are_the_defaults() -> None:
    assert Alert().fields == AlertFields()
    assert Alert.restore(AlertFields()) == Alert()
    assert Alert().tick(at=NOW).why is Why.NOTHING_PENDING


def test_alert_is_unchanged_by_a_second_init() -> None:
    alert = lowtide.Alert().enable(1000, at=NOW).alert
    before = alert.to_bytes()
    alert.__init__()
    assert alert.to_bytes() == before


class Lying(int):
    def __le__(self, other: object) -> bool:
        return True

    __ge__ = __lt__ = __gt__ = __le__


def test_numbers_that_lie_about_their_range_are_refused() -> None:
    with pytest.raises(lowtide.OutOfRangeError):
        lowtide.Schedule(count=Lying(2**40))
    with pytest.raises(lowtide.SequenceRangeError):
        lowtide.Alert().rebase(Lying(2**64))
