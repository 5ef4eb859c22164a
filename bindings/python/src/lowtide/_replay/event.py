# SPDX-License-Identifier: Apache-2.0
"""Event: one line of an events file, as lowtide-replay reads it. A wrong line is refused whole.

Private.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Dict, List, Optional, Tuple, Type

from .._ffi import abi, amounts, arguments, events, instants, names
from ..balance import COMPONENTS, Balance
from ..codes import IfBelow
from ..errors import DataError, MalformedError
from ..schedule import Schedule

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

# The keys that each type of event must have and may have, besides type and at.
_SHAPES = {
    "balance": ({"account"}, {"sequence", "balance", "available_credit"}),
    "enable": ({"account", "threshold"}, {"alert", "reminders", "if_below"}),
    "set_threshold": ({"account", "threshold"}, {"alert", "if_below"}),
    "disable": ({"account"}, {"alert"}),
    "rebase": ({"account", "sequence"}, set()),
    "tick": (set(), {"account"}),
}


@dataclass(frozen=True)
class Event:
    """Fields that its type does not have keep their defaults."""

    type: str
    at: datetime
    account: str = ""
    """Empty: a tick of all accounts."""
    alert: str = abi.DEFAULT_ALERT_NAME
    balance: Optional[Balance] = None
    available_credit: Optional[Decimal] = None
    sequence: Optional[int] = None
    threshold: Decimal = Decimal(0)
    schedule: Optional[Schedule] = None
    if_below: IfBelow = IfBelow.NEXT_CHANGE


def read(line: bytes) -> Event:
    """Reads a line without its end. Raises MalformedError and other DataErrors."""
    fields = _object(_parse(line), "the line")
    kind = _string(fields, "type")
    if kind not in _SHAPES:
        raise MalformedError.of("type", f"must be one of {', '.join(_SHAPES)}", kind)
    required, optional = _SHAPES[kind]
    _check_keys(fields, {"type", "at"} | required, optional, "")

    event: Dict[str, Any] = {"type": kind, "at": instants.parse(_string(fields, "at"), "at")}
    for name in ("account", "alert"):
        if name in fields:
            event[name] = names.checked(_string(fields, name), name)
    if "sequence" in fields:
        event["sequence"] = arguments.sequence(
            _integer(fields, "sequence"), least=0 if kind == "rebase" else 1
        )
    if "threshold" in fields:
        event["threshold"] = amounts.parse(_string(fields, "threshold"), "threshold")
        if event["threshold"] < 0:
            raise events.negative_threshold(fields["threshold"])
    if "if_below" in fields:
        event["if_below"] = _if_below(_string(fields, "if_below"))
    if "reminders" in fields:
        event["schedule"] = _schedule(_object(fields["reminders"], "reminders"))
    if kind == "balance":
        event.update(_observed(fields))
    return Event(**event)


def _parse(line: bytes) -> object:
    try:
        return json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_constant=_constant,
            # 21 digits are out of every range already. More would only take time.
            parse_int=lambda digits: int(digits[:21]),
        )
    except UnicodeDecodeError:
        raise MalformedError.of("the line", "is not UTF-8", line) from None
    except DataError:
        raise
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        raise MalformedError.of("the line", f"is not valid JSON ({what})", line) from None


def _pairs(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    fields: Dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise MalformedError.of("the line", "has a key twice", name)
        fields[name] = value
    return fields


def _constant(name: str) -> object:
    raise MalformedError.of("the line", "is not valid JSON", name)


def _typed(value: object, kind: Type[Any], field: str, article: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise MalformedError.of(field, f"must be a JSON {article}", value)
    return value


def _object(value: object, field: str) -> Dict[str, Any]:
    fields: Dict[str, Any] = _typed(value, dict, field, "object")
    return fields


def _string(fields: Dict[str, Any], name: str, within: str = "") -> str:
    if name not in fields:
        raise MalformedError.of(within + name, "is missing", fields)
    text: str = _typed(fields[name], str, within + name, "string")
    return text


def _integer(fields: Dict[str, Any], name: str, within: str = "") -> int:
    number: int = _typed(fields[name], int, within + name, "integer")
    return number


def _check_keys(fields: Dict[str, Any], required: Any, optional: Any, within: str) -> None:
    for name in fields:
        if name not in required and name not in optional:
            raise MalformedError.of("the line", "has an unknown key", within + name)
    for name in sorted(required):
        if name not in fields:
            raise MalformedError.of(within + name, "is missing", fields)


def _if_below(text: str) -> IfBelow:
    for code in IfBelow:
        if str(code) == text:
            return code
    raise MalformedError.of("if_below", "must be next_change or recovery_first", text)


def _clock(text: str, sign: str, field: str, rule: str) -> timedelta:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise MalformedError.of(field, rule, sign + text)
    return timedelta(hours=int(match[1]), minutes=int(match[2]))


def _schedule(fields: Dict[str, Any]) -> Schedule:
    _check_keys(fields, set(), {"count", "at", "utc_offset"}, "reminders.")
    count, offset = 5, timedelta(0)
    local: Optional[time] = None
    if "count" in fields:
        count = arguments.whole(_integer(fields, "count", "reminders."), "reminders.count", 0, 255)
    if "at" in fields:
        since_midnight = _clock(
            _string(fields, "at", "reminders."), "", "reminders.at", "must be from 00:00 to 23:59"
        )
        local = (datetime.min + since_midnight).time()
    if "utc_offset" in fields:
        text = _string(fields, "utc_offset", "reminders.")
        sign = text[:1] if text[:1] in ("+", "-") else ""
        offset = _clock(
            text[len(sign) :] if sign else "",
            sign or text,
            "reminders.utc_offset",
            "must be from -23:59 to +23:59",
        )
        offset = -offset if sign == "-" else offset
    return Schedule(count, local, offset)


def _observed(fields: Dict[str, Any]) -> Dict[str, Any]:
    if "balance" not in fields and "available_credit" not in fields:
        raise MalformedError.of("balance", "is missing, and so is available_credit", fields)
    if "balance" not in fields:
        return {
            "available_credit": amounts.parse(
                _string(fields, "available_credit"), "available_credit"
            )
        }
    if "available_credit" in fields:
        raise MalformedError.of(
            "available_credit", "must not be given beside a balance", fields["available_credit"]
        )
    components = _object(fields["balance"], "balance")
    _check_keys(components, set(COMPONENTS), set(), "balance.")
    paths = [(name, "balance." + name) for name in COMPONENTS]
    balance = Balance(
        *(amounts.parse(_string(components, name, "balance."), field) for name, field in paths)
    )
    balance.available_credit()  # raises if it is out of range, even if the event is stale
    return {"balance": balance}
