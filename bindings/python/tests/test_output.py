# SPDX-License-Identifier: Apache-2.0
"""Outputs and their keys."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

import lowtide
from lowtide import Alert, StopReason

NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def alerting() -> Alert:
    return (
        Alert().enable(1000, at=NOW).alert.observe(available_credit=900, at=NOW, sequence=7).alert
    )


def test_outputs_have_the_fields_of_their_kind() -> None:
    [fire] = Alert().enable(1000, at=NOW).alert.observe(available_credit=900, at=NOW).outputs
    assert fire == lowtide.Fire(NOW, NOW, 1, Decimal(900), Decimal(1000), 0)
    [remind] = alerting().tick(at=NOW + 2 * DAY).outputs
    assert remind == lowtide.Remind(
        NOW + 2 * DAY, NOW, 1, Decimal(900), Decimal(1000), 1, reminder=2, skipped=1
    )
    [stop] = alerting().observe(available_credit=-1, at=NOW + DAY).outputs
    assert stop == lowtide.Stop(
        NOW + DAY, NOW, 1, Decimal(-1), Decimal(1000), 0, reason=StopReason.OVERDUE
    )
    both = alerting().tick(at=NOW + 5 * DAY).outputs
    assert [output.kind for output in both] == [lowtide.OutputKind.REMIND, lowtide.OutputKind.STOP]
    assert fire.key("acme") == "lowtide/1/acme/low_balance/1/1772438400/fire"
    assert remind.key("a/b c", "critical") == "lowtide/1/a%2Fb%20c/critical/1/1772438400/remind-2"
    assert stop.key("é" * 127, "~") == f"lowtide/1/{'%C3%A9' * 127}/~/1/1772438400/stop"
    longest = "%C3%A9" * 127 + "%2F"
    assert (
        stop.key("é" * 127 + "/", "é" * 127 + "/")
        == f"lowtide/1/{longest}/{longest}/1/1772438400/stop"
    )
    assert pickle.loads(pickle.dumps(both)) == both


BAD_KEYS = [
    (("",), lowtide.OutOfRangeError, "^account: .*: ''"),
    (("x" * 256,), lowtide.OutOfRangeError, "^account: .*: 'xxx"),
    (("a\x1f",), lowtide.MalformedError, "^account: "),
    (("a", "\x7f"), lowtide.MalformedError, "^alert: "),
    (("a", ""), lowtide.OutOfRangeError, "^alert: "),
    (("\ud800",), lowtide.MalformedError, "^account: .*surrogates"),
    ((b"acme",), TypeError, "^account: "),
    (("a", None), TypeError, "^alert: "),
]


@pytest.mark.parametrize(
    ("names", "error", "message"), BAD_KEYS, ids=lambda value: ascii(value)[:30]
)
def test_key_refuses_invalid_names(names: Any, error: Any, message: str) -> None:
    [fire] = Alert().enable(1000, at=NOW).alert.observe(available_credit=900, at=NOW).outputs
    with pytest.raises(error, match=message):
        fire.key(*names)


BAD_OUTPUTS = [
    ({"episode": 0}, lowtide.OutOfRangeError, "^episode: "),
    ({"episode": 2**32}, lowtide.OutOfRangeError, "^episode: "),
    ({"reminder": 0}, lowtide.OutOfRangeError, "^reminder: "),
    # Its last 32 bits are a valid number.
    ({"reminder": 2**32 + 1}, lowtide.OutOfRangeError, "^reminder: "),
    ({"skipped": 255}, lowtide.OutOfRangeError, "^skipped: "),
    ({"reminders_sent": 256}, lowtide.OutOfRangeError, "^reminders_sent: "),
    ({"fired_at": NOW.replace(tzinfo=None)}, lowtide.MalformedError, "^fired_at: "),
    ({"threshold": 1.5}, TypeError, "^threshold: "),
]


@pytest.mark.parametrize(("change", "error", "message"), BAD_OUTPUTS, ids=lambda value: str(value))
def test_key_refuses_impossible_outputs(change: Any, error: Any, message: str) -> None:
    [remind] = alerting().tick(at=NOW + DAY).outputs
    assert remind.key("a").endswith("/remind-1")
    with pytest.raises(error, match=message):
        replace(remind, **change).key("a")


@pytest.mark.parametrize("name", ["", "a" * 256, "a\n", "\x7f"])
@pytest.mark.parametrize("field", ["account", "alert"])
def test_key_error_states_the_rule_for_names(name: str, field: str) -> None:
    fire = lowtide.Fire(NOW, NOW, 1, Decimal(1), Decimal(2), 0)
    with pytest.raises(
        lowtide.DataError,
        match=f"^{field}: must have 1 to 255 bytes of UTF-8 without control characters: ",
    ) as caught:
        fire.key(**{"account": "acme", field: name})
    assert (caught.value.field, caught.value.value) == (field, name)
