# SPDX-License-Identifier: Apache-2.0
"""Reads a line of an events file, in the format of lowtide-replay."""

from __future__ import annotations

import json
import re
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Dict, List, NamedTuple, Tuple, Union

import lowtide
from rows import COMPONENTS

# For each type of event the keys that it must have and may have, besides type and at.
SHAPES = {
    "balance": ("account", "sequence balance available_credit"),
    "enable": ("account threshold", "alert reminders if_below"),
    "set_threshold": ("account threshold", "alert if_below"),
    "disable": ("account", "alert"),
    "rebase": ("account sequence", ""),
    "tick": ("", "account"),
}
# The JSON types of all keys that do not have strings.
TYPES = {
    "sequence": (int, "integer"),
    "count": (int, "integer"),
    "balance": (dict, "object"),
    "reminders": (dict, "object"),
}


class TickAll(NamedTuple):
    """A tick of all accounts."""

    at: datetime


Event = Union[lowtide.AccountEvent, TickAll]


def read(line: bytes) -> Event:
    """The event of a line. Raises ValueError or ArithmeticError if the line is wrong."""
    fields = json.loads(line.decode("utf-8"), object_pairs_hook=unique)
    kind = fields.get("type") if isinstance(fields, dict) else None
    if not isinstance(kind, str) or kind not in SHAPES:
        raise ValueError(f"type: must be one of {', '.join(SHAPES)}, not {kind!r}")
    required, optional = SHAPES[kind]
    check(fields, f"type at {required}", optional)
    at = instant(fields["at"])
    if kind == "tick":
        return lowtide.Tick(fields["account"], at) if "account" in fields else TickAll(at)
    account, alert = fields["account"], fields.get("alert", lowtide.DEFAULT_ALERT_NAME)
    if kind == "balance":
        return observe(account, at, fields)
    if kind == "enable":
        reminders = schedule(fields["reminders"]) if "reminders" in fields else None
        threshold = amount(fields, "threshold")
        return lowtide.Enable(account, threshold, at, alert, reminders, if_below(fields))
    if kind == "set_threshold":
        threshold = amount(fields, "threshold")
        return lowtide.SetThreshold(account, threshold, at, alert, if_below(fields))
    if kind == "disable":
        return lowtide.Disable(account, at, alert)
    return lowtide.Rebase(account, fields["sequence"], at)


def observe(account: str, at: datetime, fields: Dict[str, Any]) -> lowtide.Observe:
    if ("balance" in fields) == ("available_credit" in fields):
        raise ValueError("balance: give either it or available_credit")
    sequence = fields.get("sequence")
    if "balance" not in fields:
        credit = amount(fields, "available_credit")
        return lowtide.Observe(account, at, available_credit=credit, sequence=sequence)
    components = fields["balance"]
    check(components, " ".join(COMPONENTS))
    balance = lowtide.Balance(*(amount(components, name) for name in COMPONENTS))
    return lowtide.Observe(account, at, balance, sequence=sequence)


def schedule(fields: Dict[str, Any]) -> lowtide.Schedule:
    check(fields, "", "count at utc_offset")
    clock = "([01][0-9]|2[0-3]):([0-5][0-9])"
    offset_text = fields.get("utc_offset", "+00:00")
    sign, hours, minutes = matched(f"([-+]){clock}", offset_text, "reminders.utc_offset").groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    at = None
    if "at" in fields:
        at = time.fromisoformat(matched(clock, fields["at"], "reminders.at")[0])
    return lowtide.Schedule(fields.get("count", 5), at, offset)


def if_below(fields: Dict[str, Any]) -> lowtide.IfBelow:
    given = fields.get("if_below", "next_change")
    if given not in ("next_change", "recovery_first"):
        raise ValueError(f"if_below: must be next_change or recovery_first, not {given!r}")
    return lowtide.IfBelow[given.upper()]


def instant(given: str, name: str = "at") -> datetime:
    matched("[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z", given, name)
    return datetime.strptime(given, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def amount(fields: Dict[str, Any], name: str) -> Decimal:
    return Decimal(matched(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", fields[name], name)[0])


def matched(pattern: str, given: str, name: str) -> "re.Match[str]":
    match = re.fullmatch(pattern, given)
    if match is None:
        raise ValueError(f"{name}: does not have the required form: {given!r}")
    return match


def unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def check(fields: Dict[str, Any], required: str, optional: str = "") -> None:
    """Checks the keys of an object and the types of their values."""
    for name in required.split():
        if name not in fields:
            raise ValueError(f"{name}: is missing")
    for name, value in fields.items():
        if name not in f"{required} {optional}".split():
            raise ValueError(f"{name!r}: is not a known key")
        kind, words = TYPES.get(name, (str, "string"))
        if type(value) is not kind:
            raise ValueError(f"{name}: must be a JSON {words}, not {value!r}")
