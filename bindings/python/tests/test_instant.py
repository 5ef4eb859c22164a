# SPDX-License-Identifier: Apache-2.0
"""Instants are aware datetimes of any zone, in whole seconds, from 1970 to 9999."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any, Optional
from zoneinfo import ZoneInfo, available_timezones

import pytest
from scale import Exercised

import lowtide
from lowtide._ffi import instants

UTC = timezone.utc
SINGAPORE, NEW_YORK = ZoneInfo("Asia/Singapore"), ZoneInfo("America/New_York")


class NoOffset(tzinfo):
    def utcoffset(self, when: Optional[datetime]) -> Optional[timedelta]:
        return None

    def dst(self, when: Optional[datetime]) -> Optional[timedelta]:
        return None

    def tzname(self, when: Optional[datetime]) -> Optional[str]:
        return None


ROWS = [
    (datetime(1970, 1, 1, tzinfo=UTC), 0, None),
    (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), 253402300799, None),
    (datetime(2026, 3, 2, 16, tzinfo=SINGAPORE), 1772438400, None),
    (datetime(2026, 3, 2, 3, tzinfo=NEW_YORK), 1772438400, None),
    (datetime(1969, 12, 31, 19, tzinfo=timezone(timedelta(hours=-5))), 0, None),
    # The hour that occurs twice, with both of its meanings.
    (datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=0), 1793511000, None),
    (datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1), 1793514600, None),
    # An offset with seconds; parts of a second in time and offset that add up to whole seconds.
    (datetime(2026, 3, 2, 8, 0, 0, tzinfo=timezone(timedelta(seconds=1))), 1772438399, None),
    (
        datetime(2026, 3, 2, 8, 0, 0, 500000, tzinfo=timezone(timedelta(microseconds=500000))),
        1772438400,
        None,
    ),
    (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), None, lowtide.TimeRangeError),
    (datetime(1970, 1, 1, tzinfo=SINGAPORE), None, lowtide.TimeRangeError),
    (
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-1))),
        None,
        lowtide.TimeRangeError,
    ),
    (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), None, lowtide.TimeRangeError),
    (datetime(2026, 3, 2, 8), None, lowtide.MalformedError),
    (datetime(2026, 3, 2, 8, tzinfo=NoOffset()), None, lowtide.MalformedError),
    (datetime(2026, 3, 2, 8, 0, 0, 1, tzinfo=UTC), None, lowtide.MalformedError),
    (date(2026, 3, 2), None, TypeError),
    (1772438400, None, TypeError),
    (1772438400.0, None, TypeError),
    ("2026-03-02T08:00:00Z", None, TypeError),
    (None, None, TypeError),
]


@pytest.mark.parametrize(("value", "seconds", "error"), ROWS, ids=str)
def test_instant_is_an_aware_datetime_in_whole_seconds(
    value: Any, seconds: Optional[int], error: Optional[type]
) -> None:
    if error is None:
        assert instants.seconds(value, "at") == seconds
        assert lowtide.Alert().tick(at=value).why is lowtide.Why.NOTHING_PENDING
    else:
        with pytest.raises(error, match="^at: "):
            lowtide.Alert().tick(at=value)


def test_instant_survives_every_zone(exercised: Exercised) -> None:
    chance, count = random.Random(1), 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for _ in range(20):
            seconds = chance.randrange(0, 2**32)
            assert instants.seconds(instants.instant(seconds).astimezone(zone), "at") == seconds
            count += 1
    exercised("instants in and out of zones", count, "instants", 5000)


def test_instant_text_is_read_exactly_or_refused() -> None:
    for text in ("1970-01-01T00:00:00Z", "2028-02-29T23:59:59Z", "9999-12-31T23:59:59Z"):
        assert instants.text(instants.parse(text, "at")) == text
    for text in (
        "2026-02-29T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T00:00:60Z",
        "2026-03-01 00:00:00Z",
        "\uff12026-03-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
    ):
        with pytest.raises(lowtide.MalformedError, match="^at: "):
            instants.parse(text, "at")
    with pytest.raises(lowtide.TimeRangeError, match="^at: "):
        instants.parse("1969-12-31T23:59:59Z", "at")


class Nanoseconds(datetime):
    """Like pandas.Timestamp, which has a field of nanoseconds beside those of datetime."""

    nanosecond = 0


def test_instant_refuses_the_nanoseconds_of_a_subclass() -> None:
    instant = Nanoseconds(2026, 3, 1, tzinfo=timezone.utc)
    assert instants.seconds(instant, "at") == 1772323200
    instant.nanosecond = 1
    with pytest.raises(lowtide.MalformedError, match=r"^at: must be whole seconds: "):
        instants.seconds(instant, "at")


def test_error_shows_an_instant_in_full() -> None:
    paris = datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=ZoneInfo("Europe/Paris"))
    with pytest.raises(
        lowtide.MalformedError,
        match=r"^at: must be whole seconds: 2026-03-01T12:30:15.250000\+01:00$",
    ):
        instants.seconds(paris, "at")
