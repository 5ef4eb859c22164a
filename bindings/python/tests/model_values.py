# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for the events of test_model.py, full of equal and extreme values."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

from hypothesis import strategies as st
from model import ModelSchedule

DAY = 86400
START = 1772352000
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
SMALLEST = Decimal("1e-18")
# Few values, close to each other and to 0, so that equal and nearly equal ones are frequent.
THRESHOLDS = st.sampled_from(
    [
        Decimal(10),
        Decimal(10),
        Decimal(0),
        SMALLEST,
        Decimal(10) + SMALLEST,
        Decimal("170141183460469231731.6"),
    ]
)
CREDITS = st.sampled_from(
    [
        Decimal(one)
        for one in ("5", "11", "9.999999999999999999", "10", "1e-18", "0", "-1e-18", "-1", "1e20")
    ]
)
COMPONENTS = st.tuples(*[st.sampled_from([Decimal(0), Decimal(5), Decimal("-5"), SMALLEST])] * 5)
ACCOUNTS = st.sampled_from(["acme", "acme", "acme", "zëta"])
ALERTS = st.sampled_from(["low_balance", "low_balance", "critical", "é"])
SEQUENCES = st.sampled_from([None] * 20 + [*range(1, 10), 2**63 - 1])
SCHEDULES = st.builds(
    ModelSchedule,
    st.sampled_from([0, 1, 2, 5, 255]),
    st.one_of(st.none(), st.sampled_from([0, 540, 1439])),
    st.sampled_from([0, 480, -1439, 1439, -330]),
)
# Steps of the clock: none, a second, most of a day, days, and backwards.
STEPS = st.sampled_from(
    [0, 1, 3600, DAY - 1, DAY, DAY + 1, 3 * DAY, 7 * DAY, 300 * DAY, -DAY, -3600]
)
