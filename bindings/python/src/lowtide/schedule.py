# SPDX-License-Identifier: Apache-2.0
"""Schedule and Daily: when reminders are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Optional

from ._ffi import arguments, instants
from .errors import MalformedError, OutOfRangeError, TimeRangeError

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_HORIZON_DAYS = 366


def _check_time_of_day(value: time) -> None:
    arguments.instance(value, time, "time_of_day")
    if value.tzinfo is not None:
        raise MalformedError.of("time_of_day", "must have no time zone", value)
    if value.second or value.microsecond:
        raise MalformedError.of("time_of_day", "must be whole minutes", value)


def _check_count(value: int) -> None:
    arguments.whole(value, "count", 0, 255)


@dataclass(frozen=True)
class Schedule:
    """How many reminders an episode has, and when they are due.

    count:       0 to 255.
    time_of_day: a time without zone, in whole minutes. The k-th reminder is due at that local time
                 on the k-th day after the day of the fire. None: every 24 hours after the fire.
    utc_offset:  of the local time, in whole minutes, -23:59 to +23:59, positive east of Greenwich.

    Raises: TypeError; OutOfRangeError (count, utc_offset); MalformedError (parts of a minute, a
    time with a zone).

    >>> Schedule(count=3).minutes is None
    True
    >>> Schedule(time_of_day=time(9, 30), utc_offset=timedelta(hours=8)).minutes
    570
    """

    count: int = 5
    time_of_day: Optional[time] = None
    utc_offset: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        _check_count(self.count)
        if self.time_of_day is not None:
            _check_time_of_day(self.time_of_day)
        arguments.instance(self.utc_offset, timedelta, "utc_offset")
        if self.utc_offset % _MINUTE:
            raise MalformedError.of("utc_offset", "must be whole minutes", self.utc_offset)
        if abs(self.utc_offset) >= _DAY:
            raise OutOfRangeError.of("utc_offset", "must be from -23:59 to +23:59", self.utc_offset)

    @property
    def minutes(self) -> Optional[int]:
        """time_of_day in minutes, 0 to 1439. None: every 24 hours."""
        return (
            None
            if self.time_of_day is None
            else self.time_of_day.hour * 60 + self.time_of_day.minute
        )

    @property
    def offset_minutes(self) -> int:
        """utc_offset in minutes, -1439 to 1439."""
        return self.utc_offset // _MINUTE

    def local_day(self, at: datetime) -> int:
        """The local day of an instant at utc_offset, in days since 1970-01-01, as in
        AlertFields.fire_day.

        >>> evening = datetime(1970, 1, 1, 20, tzinfo=timezone.utc)
        >>> Schedule(utc_offset=timedelta(hours=8)).local_day(evening)
        1
        """
        return (instants.seconds(at, "at") + self.offset_minutes * 60) // 86400


@dataclass(frozen=True)
class Daily:
    """Daily reminders at a local time of a zone whose offset from UTC may change.

    lowtide itself knows offsets but no zones. So enabling with a Daily passes on the offset in
    force at that instant. `refresh_at` says when the offset changes: enable again then, with the
    same threshold. That moves the time of the following reminders, and changes nothing else.

    time_of_day: a time without zone, in whole minutes.
    zone:        a zoneinfo.ZoneInfo, or a fixed datetime.timezone.
    count:       reminders an episode, 0 to 255.

    Raises: TypeError; OutOfRangeError (count); MalformedError (parts of a minute, a time with a
    zone).

    >>> from zoneinfo import ZoneInfo
    >>> now = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
    >>> daily = Daily(time(9), ZoneInfo("Europe/Paris"))
    >>> daily.schedule(now).utc_offset
    datetime.timedelta(seconds=3600)
    >>> daily.refresh_at(now)
    datetime.datetime(2026, 3, 29, 1, 0, tzinfo=datetime.timezone.utc)
    >>> print(Daily(time(9), timezone.utc).refresh_at(now))
    None
    """

    time_of_day: time
    zone: tzinfo
    count: int = 5

    def __post_init__(self) -> None:
        _check_time_of_day(self.time_of_day)
        arguments.instance(self.zone, tzinfo, "zone")
        _check_count(self.count)

    def schedule(self, at: datetime) -> Schedule:
        """The schedule with the offset in force at an instant.

        Raises: the errors of an instant; TimeRangeError if the local time is not within the years 1
        to 9999; MalformedError for an offset with seconds, which zones had long ago.
        """
        instant = instants.instant(instants.seconds(at, "at"))
        offset = self._offset(instant)
        if offset % _MINUTE:
            local = instant.astimezone(self.zone).isoformat()
            raise MalformedError.of(
                "zone",
                f"must have an offset of whole minutes, but {instants.text(instant)} is {local}",
                self.zone,
            )
        return Schedule(self.count, self.time_of_day, offset)

    def refresh_at(self, after: datetime) -> Optional[datetime]:
        """The first instant after `after`, in UTC, from which another offset is in force. None if
        there is none within 366 days.

        The rules of zones change, so call it again at least once a year, and after each update of
        the zone database. It reads the zone's offset a few hundred times, unless the zone is a
        fixed datetime.timezone.
        """
        start = instants.instant(instants.seconds(after, "after"))
        if isinstance(self.zone, timezone):
            return None
        before = self._offset(start)
        for _ in range(_HORIZON_DAYS):
            try:
                end = start + _DAY
                changed = self._offset(end) != before
            except (OverflowError, TimeRangeError):
                return None  # the calendar ends
            if changed:
                return self._first_after(start, end, before)
            start = end
        return None

    def _first_after(self, start: datetime, end: datetime, before: timedelta) -> datetime:
        seconds, most = 0, int((end - start).total_seconds())
        while most - seconds > 1:
            middle = (seconds + most) // 2
            if self._offset(start + timedelta(seconds=middle)) == before:
                seconds = middle
            else:
                most = middle
        return start + timedelta(seconds=most)

    def _offset(self, at: datetime) -> timedelta:
        try:
            offset = at.astimezone(self.zone).utcoffset()
        except OverflowError:
            raise TimeRangeError.of(
                "at", "has no local time within the years 1 to 9999", at
            ) from None
        except ValueError:
            offset = None  # datetime.astimezone found no offset
        if offset is None:
            raise MalformedError.of("zone", "must have an offset from UTC", self.zone)
        return offset
