# SPDX-License-Identifier: Apache-2.0
"""From values to the structs that a sink takes. Every field is looked at: what a host made may be anything.

`where` begins each error: the method that returned the value.
"""

from __future__ import annotations

from ctypes import Array, addressof, c_char_p, c_void_p, cast, sizeof
from typing import Any, List, Tuple, Union

from ..balance import COMPONENTS, Balance
from ..errors import LowtideError, shown
from ..host import Account, AccountProfile, Delivery, Due, Pending, StoredAlert, WalkCursor
from ..output import Fire, Remind, Stop
from . import monitor_abi, names
from .amounts import write as write_amount
from .instants import seconds
from .monitor_read import sized
from .numbers import sequence, whole

_MOST = 2**63 - 1


class Kept:
    """Keeps what structs point to for as long as they are in use."""

    def __init__(self) -> None:
        self._all: List[Any] = []

    def octets(self, target: monitor_abi.Text, value: bytes) -> None:
        value = names.exact(value)
        self._all.append(value)
        target.data = cast(c_char_p(value), c_void_p).value
        target.size = len(value)

    def text(self, target: monitor_abi.Text, value: str, field: str) -> None:
        self.octets(target, names.encode(value, field))

    def array(self, value: Array[Any]) -> int:
        self._all.append(value)
        # Not cast, which would have the array refer to itself.
        return addressof(value)


def instance(value: Any, kind: Union[type, Tuple[type, ...]], field: str) -> None:
    """Raises TypeError unless it is one."""
    if not isinstance(value, kind):
        kinds = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise TypeError(f"{field}: must be of type {kinds}, not {shown(value)}")


def _profile(target: Any, profile: AccountProfile, where: str, kept: Kept) -> None:
    instance(profile, AccountProfile, f"{where}: profile")
    kept.text(target.contact, profile.contact, f"{where}: contact")
    kept.text(target.language, profile.language, f"{where}: language")
    kept.text(target.currency, profile.currency, f"{where}: currency")
    target.currency_digits = whole(profile.currency_digits, f"{where}: currency_digits", 0, 18)


def _stored_alert(
    target: monitor_abi.StoredAlert, alert: StoredAlert, where: str, kept: Kept
) -> None:
    instance(alert, StoredAlert, f"{where}: alerts")
    target.struct_size = sizeof(monitor_abi.StoredAlert)
    kept.text(target.name, alert.name, f"{where}: StoredAlert.name")
    instance(alert.state, bytes, f"{where}: StoredAlert.state")
    kept.octets(target.state, alert.state)


def account(account: Account, where: str, kept: Kept) -> monitor_abi.Account:
    target = sized(monitor_abi.Account)
    where = f"{where}: Account"
    kept.text(target.name, account.name, f"{where}.name")
    where = f"{where} {shown(account.name)}"
    target.revision = whole(account.revision, f"{where}: revision", 0, _MOST - 1)
    if account.balance is not None:
        instance(account.balance, Balance, f"{where}: balance")
        target.flags |= monitor_abi.ACCOUNT_HAS_BALANCE
        for name in COMPONENTS:
            setattr(target, name, getattr(account.balance.__dict__["_change"], name))
    if account.available_credit is not None:
        target.flags |= monitor_abi.ACCOUNT_HAS_AVAILABLE_CREDIT
        write_amount(
            target.available_credit, account.available_credit, f"{where}: available_credit"
        )
    if account.sequence is not None:
        target.flags |= monitor_abi.ACCOUNT_HAS_SEQUENCE
        target.sequence = sequence(account.sequence, f"{where}: sequence")
    if account.first_cost_at is not None:
        target.flags |= monitor_abi.ACCOUNT_HAS_FIRST_COST_AT
        target.first_cost_at = seconds(account.first_cost_at, f"{where}: first_cost_at")
    _profile(target, account.profile, where, kept)
    instance(account.alerts, tuple, f"{where}: alerts")
    given = list(account.alerts)
    alerts = (monitor_abi.StoredAlert * len(given))()
    for to, alert in zip(alerts, given):
        _stored_alert(to, alert, where, kept)
    target.alerts = kept.array(alerts)
    target.alert_count = len(alerts)
    target.alert_stride = sizeof(monitor_abi.StoredAlert)
    return target


def _cursor(target: Any, cursor: WalkCursor, where: str, kept: Kept) -> None:
    instance(cursor, WalkCursor, f"{where}: cursor")
    target.cursor_at = whole(cursor.at, f"{where}: WalkCursor.at", -_MOST - 1, _MOST)
    kept.text(target.cursor_text, cursor.text, f"{where}: WalkCursor.text")


def due(due: Due, where: str, kept: Kept) -> monitor_abi.DueAccount:
    target = sized(monitor_abi.DueAccount)
    kept.text(target.account, due.account, f"{where}: Due.account")
    _cursor(target, due.cursor, f"{where}: Due {shown(due.account)}", kept)
    return target


def _delivery(target: monitor_abi.Delivery, delivery: Delivery, where: str, kept: Kept) -> None:
    instance(delivery, Delivery, f"{where}: delivery")
    kept.text(target.key, delivery.key, f"{where}: Delivery.key")
    where = f"{where}: Delivery {shown(delivery.key)}"
    kept.text(target.account, delivery.account, f"{where}: account")
    kept.text(target.alert, delivery.alert, f"{where}: alert")
    kept.text(target.channel, delivery.channel, f"{where}: channel")
    target.cause = whole(delivery.cause, f"{where}: cause", 0, _MOST)
    _profile(target, delivery.profile, where, kept)
    instance(delivery.output, (Fire, Remind, Stop), f"{where}: output")
    try:
        target.output = delivery.output._to_abi()
    except LowtideError as error:
        raise type(error)(f"{where}: output: {error}", error.field, error.value) from None
    except TypeError as error:
        raise TypeError(f"{where}: output: {error}") from None


def pending(pending: Pending, where: str, kept: Kept) -> monitor_abi.Delivery:
    target = sized(monitor_abi.Delivery)
    _delivery(target, pending.delivery, where, kept)
    _cursor(target, pending.cursor, f"{where}: Pending", kept)
    return target
