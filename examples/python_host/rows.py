# SPDX-License-Identifier: Apache-2.0
"""Converts between rows of the tables and lowtide's values.

Amounts are text. Instants are seconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Iterator, List, Optional, Tuple

import lowtide

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
COMPONENTS = (
    "cash_balance",
    "credit_limit",
    "credit_refunds",
    "unsettled_current_month",
    "unsettled_previous_months",
)
ACCOUNT = ("revision", "available_credit", "sequence", *COMPONENTS, "first_cost_at", "alert_states")
PROFILE = ("contact", "language", "currency", "currency_digits")
OUTPUT = (
    "kind",
    "episode",
    "fired_at",
    "at",
    "reminder",
    "skipped",
    "reason",
    "reminders_sent",
    "available_credit",
    "threshold",
)


def seconds(at: Optional[datetime]) -> Optional[int]:
    return None if at is None else (at - EPOCH) // timedelta(seconds=1)


def text(value: object) -> Optional[str]:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def account_columns(account: lowtide.Account) -> Tuple[Any, ...]:
    """The columns of ACCOUNT and PROFILE."""
    balance, profile = account.balance, account.profile
    return (
        account.revision,
        text(account.available_credit),
        account.sequence,
        *(text(getattr(balance, name, None)) for name in COMPONENTS),
        seconds(account.first_cost_at),
        b"".join(alert.state for alert in account.alerts),
        profile.contact,
        profile.language,
        profile.currency,
        profile.currency_digits,
    )


def stored_account(name: str, rows: List[Any]) -> lowtide.Account:
    """The account of its row joined with the names of its alerts.

    A damaged row becomes an account with a damaged alert. The Monitor finds it, reports the
    account, and goes on with the others.
    """
    revision, credit, sequence, *components, first_cost_at, states = rows[0][: len(ACCOUNT)]
    profile = lowtide.AccountProfile(*rows[0][len(ACCOUNT) : -1])
    alerts = tuple(stored_alerts([row[-1] for row in rows if row[-1] is not None], states))
    try:
        balance = None if components[0] is None else lowtide.Balance(*map(Decimal, components))
        available_credit = None if credit is None else Decimal(credit)
        first = None if first_cost_at is None else EPOCH + timedelta(seconds=first_cost_at)
        # Raises if one of them is out of range.
        lowtide.Alert.on_account(available_credit=available_credit, sequence=sequence)
        if first is not None and first < EPOCH:
            raise ValueError("first_cost_at: is before 1970")
    except (ArithmeticError, ValueError):
        damage = lowtide.StoredAlert("columns of the account", b"")
        return lowtide.Account(name, revision, alerts=(damage,))
    return lowtide.Account(
        name, revision, balance, available_credit, sequence, first, profile, alerts
    )


def stored_alerts(names: List[str], states: bytes) -> Iterator[lowtide.StoredAlert]:
    """Divides the states of an account's alerts, which are stored in the order of their names.

    The second byte of a state is its length. The last alert gets all bytes that are left, and so
    does an alert without a name if there is none: then the state has a wrong length, which the
    Monitor reports.
    """
    for name in names[:-1]:
        size = states[1] if len(states) > 1 else 0
        yield lowtide.StoredAlert(name, states[:size])
        states = states[size:]
    if names or states:
        yield lowtide.StoredAlert(names[-1] if names else "without a name", states)


def output_columns(output: lowtide.Output) -> Tuple[Any, ...]:
    """The columns of OUTPUT."""
    reminder = (output.reminder, output.skipped) if isinstance(output, lowtide.Remind) else (0, 0)
    return (
        str(output.kind),
        output.episode,
        seconds(output.fired_at),
        seconds(output.at),
        *reminder,
        str(output.reason) if isinstance(output, lowtide.Stop) else None,
        output.reminders_sent,
        text(output.available_credit),
        text(output.threshold),
    )


def stored_output(columns: Tuple[Any, ...]) -> lowtide.Output:
    kind, episode, fired_at, at, reminder, skipped, reason, sent, credit, threshold = columns
    common = (
        EPOCH + timedelta(seconds=at),
        EPOCH + timedelta(seconds=fired_at),
        episode,
        Decimal(credit),
        Decimal(threshold),
        sent,
    )
    if kind == "fire":
        return lowtide.Fire(*common)
    if kind == "remind":
        return lowtide.Remind(*common, reminder, skipped)
    return lowtide.Stop(*common, lowtide.StopReason[reason.upper()])
