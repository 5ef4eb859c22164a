# SPDX-License-Identifier: Apache-2.0
"""Converts structs that the library hands to callbacks into values. Copies all they point to.

Private. monitor_write.py does the opposite.
"""

from __future__ import annotations

from ctypes import string_at
from datetime import datetime
from decimal import Decimal
from typing import Any, Optional

from ..alert import Alert
from ..balance import Balance
from ..codes import Phase, Why
from ..delivery import AccountProfile, Delivery, WalkCursor
from ..output import from_abi as output
from ..store import Account, AuditLine, Commit, Notice, StoredAlert
from . import abi, monitor_abi
from .amounts import read as read_amount
from .instants import instant
from .structs import each


def octets(text: monitor_abi.Text) -> bytes:
    """The bytes of a lowtide_bytes."""
    return string_at(text.data, text.size) if text.size else b""


def text(text: monitor_abi.Text) -> str:
    """The text of a lowtide_text."""
    return octets(text).decode("utf-8")


def error_text(text: monitor_abi.Text) -> str:
    """The text of an error. It may quote a name that was refused because it is not UTF-8."""
    return octets(text).decode("utf-8", "replace")


def _amount_if(present: int, of: abi.Amount) -> Optional[Decimal]:
    return read_amount(of) if present else None


def _instant_if(present: int, of: int) -> Optional[datetime]:
    return instant(of) if present else None


def _profile(of: Any) -> AccountProfile:
    return AccountProfile(
        text(of.contact), text(of.language), text(of.currency), of.currency_digits
    )


def _stored_alert(of: monitor_abi.StoredAlert) -> StoredAlert:
    if not of.flags & monitor_abi.STORED_ALERT_CHANGED:
        # The library sets no columns for an alert that does not have to be written.
        return unchanged(text(of.name), octets(of.state))
    return StoredAlert(
        name=text(of.name),
        state=octets(of.state),
        phase=Phase(of.phase),
        threshold=read_amount(of.threshold),
        available_credit=_amount_if(
            of.flags & monitor_abi.STORED_ALERT_HAS_AVAILABLE_CREDIT, of.available_credit
        ),
        next_reminder_at=_instant_if(
            of.flags & monitor_abi.STORED_ALERT_HAS_NEXT_REMINDER_AT, of.next_reminder_at
        ),
        changed=True,
    )


def unchanged(name: str, state: bytes) -> StoredAlert:
    """A stored alert with the columns that follow from its state."""
    alert = Alert.from_bytes(state)
    fields = alert.fields
    return StoredAlert(
        name, state, fields.phase, fields.threshold, fields.available_credit, alert.next_reminder_at
    )


def _balance(of: monitor_abi.Account) -> Balance:
    return Balance(
        cash_balance=read_amount(of.cash_balance),
        credit_limit=read_amount(of.credit_limit),
        credit_refunds=read_amount(of.credit_refunds),
        unsettled_current_month=read_amount(of.unsettled_current_month),
        unsettled_previous_months=read_amount(of.unsettled_previous_months),
    )


def account(of: monitor_abi.Account) -> Account:
    """The Account of a lowtide_account."""
    return Account(
        name=text(of.name),
        revision=of.revision,
        balance=_balance(of) if of.flags & monitor_abi.ACCOUNT_HAS_BALANCE else None,
        available_credit=_amount_if(
            of.flags & monitor_abi.ACCOUNT_HAS_AVAILABLE_CREDIT, of.available_credit
        ),
        sequence=of.sequence if of.flags & monitor_abi.ACCOUNT_HAS_SEQUENCE else None,
        first_cost_at=_instant_if(
            of.flags & monitor_abi.ACCOUNT_HAS_FIRST_COST_AT, of.first_cost_at
        ),
        profile=_profile(of),
        alerts=tuple(
            _stored_alert(one)
            for one in each(monitor_abi.StoredAlert, of.alerts, of.alert_count, of.alert_stride)
        ),
    )


def _notice(of: monitor_abi.Notice) -> Notice:
    return Notice(
        key=text(of.key),
        account=text(of.account),
        alert=text(of.alert),
        output=output(of.output),
        cause=of.cause,
        channels=tuple(text(of.channels[place]) for place in range(of.channel_count)),
    )


def _audit_line(of: monitor_abi.AuditLine) -> AuditLine:
    decided = bool(of.flags & monitor_abi.AUDIT_HAS_WHY)
    return AuditLine(
        at=instant(of.at),
        event=text(of.event),
        alert=text(of.alert) if of.alert.size else None,
        why=Why(of.why) if decided else None,
        phase=Phase(of.phase) if decided else None,
    )


def commit(of: monitor_abi.Commit) -> Commit:
    """The Commit of a lowtide_commit."""
    return Commit(
        after=account(of.after.contents),
        notices=tuple(
            _notice(one)
            for one in each(monitor_abi.Notice, of.notices, of.notice_count, of.notice_stride)
        ),
        audit=tuple(
            _audit_line(one)
            for one in each(monitor_abi.AuditLine, of.audit, of.audit_count, of.audit_stride)
        ),
        recorded_at=instant(of.recorded_at),
    )


def cursor(of: monitor_abi.Walk) -> Optional[WalkCursor]:
    """Where a walk goes on. None: it begins."""
    if not of.flags & monitor_abi.WALK_GOES_ON:
        return None
    return WalkCursor(of.cursor_at, text(of.cursor_text))


def delivery(of: monitor_abi.Delivery) -> Delivery:
    """The Delivery of a lowtide_delivery."""
    return Delivery(
        key=text(of.key),
        account=text(of.account),
        alert=text(of.alert),
        channel=text(of.channel),
        output=output(of.output),
        cause=of.cause,
        profile=_profile(of),
    )
