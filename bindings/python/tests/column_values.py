# SPDX-License-Identifier: Apache-2.0
"""Four amounts as columns of every kind, and alerts to observe them, for tests of batches."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, List

import numpy
import pyarrow
import pytest

import lowtide
from lowtide import Alert, Alerts
from lowtide.batch import Results

NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
AT = int(NOW.timestamp())
CREDITS = [
    Decimal("999.999999999999999999"),
    Decimal(1000),
    Decimal(-5),
    Decimal("-0.000000000000000001"),
]
WHY = ["fell_below", "not_below", "fell_below", "fell_below"]
DECIMAL = pyarrow.decimal128(38, 18)
AMOUNTS = pyarrow.array(CREDITS, DECIMAL)
BYTES = AMOUNTS.buffers()[1].to_pybytes()
PAIRS = numpy.frombuffer(BYTES, "u8").reshape(4, 2)
STRUCT = numpy.dtype([("low", "<u8"), ("high", "<i8")])


def armed(count: int = 4) -> Alerts:
    return Alerts.of([Alert().enable(1000, at=NOW).alert] * count)


def whys(results: Results) -> List[str]:
    return [str(lowtide.Why(why)) if why else "" for why in results.why]


def spread(values: Any) -> Any:
    """The values as one field of an array of structs."""
    made = numpy.zeros(len(values), [("before", "u8"), ("value", values.dtype), ("after", "u8")])
    made["value"] = values
    return made["value"]


def refused(kind: Any, message: str, **given: Any) -> None:
    alerts = armed()
    before = bytes(alerts.memory)
    with pytest.raises(kind) as raised:
        alerts.observe_columns(**{"available_credit": 1, "at": NOW, **given})
    assert str(raised.value) == message
    assert bytes(alerts.memory) == before
