# SPDX-License-Identifier: Apache-2.0
"""Instants to and from lowtide's seconds since 1970-01-01T00:00:00Z."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .errors import MalformedError, TimeRangeError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST = 253402300799  # 9999-12-31T23:59:59Z


def seconds(value: datetime, field: str) -> int:
    """The seconds of an aware datetime, in whatever zone.

    Raises TypeError for anything else; MalformedError for a naive one or a part of a second; TimeRangeError before 1970 or after 9999.
    """
    if not isinstance(value, datetime):
        raise TypeError(f"{field}: must be a datetime.datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise MalformedError.of(field, "must have a time zone", value)
    since = value - _EPOCH
    if since.microseconds:
        raise MalformedError.of(field, "must be whole seconds", value)
    count = since.days * 86400 + since.seconds
    if not 0 <= count <= _LAST:
        raise TimeRangeError.of(field, "must be from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z", value)
    return count


def instant(count: int) -> datetime:
    """The instant of lowtide's seconds, in UTC."""
    return _EPOCH + timedelta(seconds=count)
