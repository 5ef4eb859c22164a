# SPDX-License-Identifier: Apache-2.0
"""Converts datetimes to lowtide's instants and back: seconds since 1970-01-01T00:00:00Z.

Private.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from ..errors import MalformedError, TimeRangeError
from .arguments import wrong_type

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST = 253402300799  # 9999-12-31T23:59:59Z
_RANGE = "must be from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z"
_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


def seconds(value: datetime, field: str) -> int:
    """The seconds of an aware datetime of any zone.

    Raises TypeError for other types; MalformedError for a naive datetime or for parts of a second;
    TimeRangeError before 1970 or after 9999.
    """
    if not isinstance(value, datetime):
        raise wrong_type(field, "a datetime.datetime", value)
    if value.utcoffset() is None:
        raise MalformedError.of(field, "must have a time zone", value)
    since = value - _EPOCH
    # pandas.Timestamp keeps nanoseconds in a field of its own.
    if since.microseconds or (type(value) is not datetime and getattr(value, "nanosecond", 0)):
        raise MalformedError.of(field, "must be whole seconds", value)
    count = since.days * 86400 + since.seconds
    if not 0 <= count <= LAST:
        raise TimeRangeError.of(field, _RANGE, value)
    return count


def instant(count: int) -> datetime:
    """The datetime of lowtide's seconds, in UTC."""
    return _EPOCH + timedelta(seconds=count)


def parse(text: str, field: str) -> datetime:
    """Reads YYYY-MM-DDTHH:MM:SSZ. Raises MalformedError, TimeRangeError."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise MalformedError.of(field, "must have the form 2026-03-01T00:00:00Z", text)
    try:
        year, month, day, hour, minute, second = map(int, match.groups())
        value = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise MalformedError.of(field, "is not in the calendar", text) from None
    if value < _EPOCH:
        raise TimeRangeError.of(field, _RANGE, text)
    return value


def text(value: datetime) -> str:
    """An instant in UTC as YYYY-MM-DDTHH:MM:SSZ."""
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
