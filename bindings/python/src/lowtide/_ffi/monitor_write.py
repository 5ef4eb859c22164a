# SPDX-License-Identifier: Apache-2.0
"""Converts values that a host returned into the structs that a sink takes.

Checks every field: a host may return anything. `where` is the method that returned the value; every
error begins with it. Private. monitor_read.py does the opposite.
"""

from __future__ import annotations

from ctypes import sizeof
from typing import Any

from ..balance import COMPONENTS, Balance
from ..delivery import AccountProfile, Delivery, Pending, WalkCursor
from ..errors import LowtideError, shown
from ..output import Fire, Remind, Stop
from ..store import Account, Due, StoredAlert
from . import monitor_abi
from .amounts import write as write_amount
from .arguments import instance, sequence, whole
from .instants import seconds
from .structs import Kept, sized

_MOST = 2**63 - 1


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
    """The lowtide_account of an Account."""
    target = sized(monitor_abi.Account)
    where = f"{where}: Account"
    kept.text(target.name, account.name, f"{where}.name")
    where = f"{where} {shown(account.name)}"
    target.revision = whole(account.revision, f"{where}: revision", 0, _MOST - 1)
    if account.balance is not None:
        instance(account.balance, Balance, f"{where}: balance")
        target.flags |= monitor_abi.ACCOUNT_HAS_BALANCE
        for name in COMPONENTS:
            setattr(target, name, getattr(account.balance.__dict__["_observation"], name))
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
    """The lowtide_due_account of a Due."""
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
    """The lowtide_delivery of a Pending."""
    target = sized(monitor_abi.Delivery)
    _delivery(target, pending.delivery, where, kept)
    _cursor(target, pending.cursor, f"{where}: Pending", kept)
    return target
