# SPDX-License-Identifier: Apache-2.0
"""Schedule and Daily: settings are checked at once, and a zone becomes an offset."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Any, Optional
from zoneinfo import ZoneInfo, available_timezones

import pytest
from scale import Exercised

import lowtide
from lowtide import Daily, Schedule

UTC = timezone.utc
PARIS = ZoneInfo("Europe/Paris")

BAD = [
    ({"count": -1}, lowtide.OutOfRangeError, "count: must be from 0 to 255: -1"),
    ({"count": 256}, lowtide.OutOfRangeError, "count: must be from 0 to 255: 256"),
    ({"count": True}, TypeError, "count: "),
    ({"count": 5.0}, TypeError, "count: "),
    ({"time_of_day": time(9, 0, 1)}, lowtide.MalformedError, "time_of_day: must be whole minutes"),
    (
        {"time_of_day": time(9, 0, 0, 1)},
        lowtide.MalformedError,
        "time_of_day: must be whole minutes",
    ),
    (
        {"time_of_day": time(9, tzinfo=UTC)},
        lowtide.MalformedError,
        "time_of_day: must have no time zone",
    ),
    ({"time_of_day": "09:00"}, TypeError, "time_of_day: "),
]
BAD_OFFSETS = [
    (
        {"utc_offset": timedelta(days=1)},
        lowtide.OutOfRangeError,
        "utc_offset: must be from -23:59 to \\+23:59",
    ),
    ({"utc_offset": -timedelta(days=1)}, lowtide.OutOfRangeError, "utc_offset: "),
    (
        {"utc_offset": timedelta(seconds=90)},
        lowtide.MalformedError,
        "utc_offset: must be whole minutes",
    ),
    ({"utc_offset": 480}, TypeError, "utc_offset: "),
]


@pytest.mark.parametrize(
    ("given", "error", "message"), BAD + BAD_OFFSETS, ids=lambda value: str(value)
)
def test_schedule_refuses_wrong_settings(given: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        Schedule(**given)


@pytest.mark.parametrize(("given", "error", "message"), BAD, ids=lambda value: str(value))
def test_daily_refuses_wrong_settings(given: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        Daily(**{"time_of_day": time(9), "zone": UTC, **given})
    with pytest.raises(TypeError, match="^zone: "):
        Daily(time(9), "Europe/Paris")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "offset", [timedelta(0), timedelta(hours=23, minutes=59), -timedelta(hours=23, minutes=59)]
)
@pytest.mark.parametrize("count", [0, 1, 255])
@pytest.mark.parametrize("at", [None, time(0), time(23, 59)])
def test_schedule_survives_in_an_alert(count: int, at: Any, offset: timedelta) -> None:
    schedule = Schedule(count, at, offset)
    alert = lowtide.Alert().enable(1, at=datetime(2026, 3, 1, tzinfo=UTC), schedule=schedule).alert
    assert alert.fields.schedule == schedule


def test_daily_keeps_the_local_hour_if_enabled_again_at_refresh_at() -> None:
    fired = datetime(2026, 3, 27, 18, tzinfo=UTC)
    daily = Daily(time(9), PARIS)
    alert = lowtide.Alert().enable(1000, at=fired, schedule=daily).alert
    alert = alert.observe(available_credit=900, at=fired).alert
    refresh = daily.refresh_at(fired)
    assert refresh == datetime(2026, 3, 29, 1, tzinfo=UTC)
    due = []
    while alert.next_reminder_at is not None:
        if refresh is not None and alert.next_reminder_at >= refresh:
            decision = alert.enable(alert.fields.threshold, at=refresh, schedule=daily)
            assert decision.why is lowtide.Why.SETTINGS_CHANGED and decision.outputs == ()
            alert, refresh = decision.alert, None
        at = alert.next_reminder_at
        assert at is not None
        due.append(at.astimezone(PARIS))
        alert = alert.tick(at=at).alert
    assert [one.replace(tzinfo=None) for one in due] == [
        datetime(2026, 3, 28, 9) + timedelta(days=k) for k in range(5)
    ]


def test_refresh_at_is_the_first_instant_of_another_offset_in_every_zone(
    exercised: Exercised,
) -> None:
    count, zones, start = 0, 0, datetime(2026, 1, 15, 12, 34, 56, tzinfo=UTC)
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        zones += 1
        at, before = Daily(time(9), zone).refresh_at(start), start.astimezone(zone).utcoffset()
        if at is None:
            assert all(
                (start + timedelta(days=day)).astimezone(zone).utcoffset() == before
                for day in range(1, 366)
            )
            continue
        assert (
            (at - timedelta(seconds=1)).astimezone(zone).utcoffset()
            == before
            != at.astimezone(zone).utcoffset()
        )
        hours = (
            start + timedelta(hours=hour) for hour in range(int((at - start) / timedelta(hours=1)))
        )
        assert all(one.astimezone(zone).utcoffset() == before for one in hours)
        count += 1
    exercised("zones whose next offset was found", count, "zones", 100)
    exercised("zones that were looked at", zones, "zones", 400)


def test_refresh_at_is_none_for_fixed_offsets_and_at_the_end_of_the_calendar() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert Daily(time(9), timezone(timedelta(hours=8))).refresh_at(last) is None
    assert Daily(time(9), ZoneInfo("America/New_York")).refresh_at(last) is None
    with pytest.raises(lowtide.TimeRangeError, match="^at: "):
        Daily(time(9), ZoneInfo("Asia/Singapore")).schedule(last)


def test_daily_refuses_offsets_with_seconds() -> None:
    monrovia = Daily(
        time(9), ZoneInfo("Africa/Monrovia")
    )  # 44 minutes and 30 seconds west of Greenwich, until 1972
    with pytest.raises(
        lowtide.MalformedError,
        match="^zone: must have .* whole minutes, but 1971-01-01T00:00:00Z is 1970-.*-00:44:30",
    ):
        lowtide.Alert().enable(1, at=datetime(1971, 1, 1, tzinfo=UTC), schedule=monrovia)
    assert monrovia.schedule(datetime(2026, 1, 1, tzinfo=UTC)).utc_offset == timedelta(0)


def test_local_day_is_the_fire_day_of_the_alert() -> None:
    fired = datetime(2026, 3, 1, 20, tzinfo=UTC)
    for hours in (-23, -20, 0, 3, 4, 23):
        schedule = Schedule(time_of_day=time(9), utc_offset=timedelta(hours=hours))
        alert = (
            lowtide.Alert()
            .enable(1000, at=fired, schedule=schedule)
            .alert.observe(available_credit=5, at=fired)
            .alert
        )
        assert alert.fields.fire_day == schedule.local_day(fired)


class Silent(tzinfo):
    """A zone without an offset."""

    def utcoffset(self, at: Optional[datetime]) -> None:
        return None

    def dst(self, at: Optional[datetime]) -> None:
        return None

    def tzname(self, at: Optional[datetime]) -> None:
        return None


def test_daily_refuses_a_zone_without_offset() -> None:
    with pytest.raises(
        lowtide.MalformedError, match="^zone: must have an offset from UTC: "
    ) as caught:
        Daily(time(9), Silent()).schedule(datetime(2026, 3, 1, tzinfo=UTC))
    assert caught.value.field == "zone"
