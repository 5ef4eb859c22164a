# SPDX-License-Identifier: Apache-2.0
"""Converts the options of a Monitor. Private."""

from __future__ import annotations

from datetime import timedelta
from typing import Iterable

from ..errors import MalformedError, OutOfRangeError
from . import monitor_abi, names
from .arguments import instance, whole
from .structs import Kept, sized

_MOST_SKEW = timedelta(seconds=253402300799)
_SECOND = timedelta(seconds=1)
_MOST = 2**32 - 1


def monitor_options(
    joined: bool,
    deliver_stops: bool,
    skew: timedelta,
    attempts: int,
    accounts_per_commit: int,
    channels: Iterable[str],
    kept: Kept,
) -> monitor_abi.MonitorOptions:
    """A lowtide_monitor_options. `kept` keeps alive what it points to."""
    options = sized(monitor_abi.MonitorOptions)
    for name, value, flag in (
        ("joined", joined, monitor_abi.OPTIONS_JOINED),
        ("deliver_stops", deliver_stops, monitor_abi.OPTIONS_DELIVER_STOPS),
    ):
        instance(value, bool, name)
        options.flags |= flag if value else 0
    options.flags |= (
        monitor_abi.OPTIONS_HAS_SKEW
        | monitor_abi.OPTIONS_HAS_ATTEMPTS
        | monitor_abi.OPTIONS_HAS_CHANNELS
        | monitor_abi.OPTIONS_HAS_ACCOUNTS_PER_COMMIT
    )
    options.skew = _skew(skew)
    options.attempts = whole(attempts, "attempts", 1, _MOST)
    options.accounts_per_commit = whole(accounts_per_commit, "accounts_per_commit", 1, _MOST)
    _write_channels(options, channels, kept)
    return options


def _skew(skew: timedelta) -> int:
    instance(skew, timedelta, "skew")
    if skew % _SECOND:
        raise MalformedError.of("skew", "must be whole seconds", skew)
    if not timedelta(0) <= skew <= _MOST_SKEW:
        raise OutOfRangeError.of("skew", "must be from 0 to 253402300799 seconds", skew)
    return skew // _SECOND


def _write_channels(
    options: monitor_abi.MonitorOptions, channels: Iterable[str], kept: Kept
) -> None:
    if isinstance(channels, str):
        raise TypeError("channels: must be an iterable of str, not a single str")
    given = list(channels)
    texts = (monitor_abi.Text * len(given))()
    for place, name in enumerate(given):
        field = f"channels[{place}]"
        kept.text(texts[place], names.checked(name, field), field)
        if name in given[:place]:
            raise MalformedError.of(field, "must not come twice", name)
    options.channels = texts
    options.channel_count = len(texts)
