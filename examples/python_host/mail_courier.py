# SPDX-License-Identifier: Apache-2.0
"""MailCourier: mails over SMTP, and internal messages into a table. The texts are those of examples/sqlite_host."""
from __future__ import annotations

import smtplib
import sqlite3
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from typing import Tuple, Union

import lowtide

from sqlite_store import seconds

STOPS = {
    lowtide.StopReason.RECOVERED: "Available Credit is back at the threshold or above.",
    lowtide.StopReason.OVERDUE: "The account is overdue: Available Credit fell below 0.",
    lowtide.StopReason.COMPLETED: "The last reminder was sent.",
    lowtide.StopReason.THRESHOLD_CHANGED: "The threshold was changed, and Available Credit is not below it.",
    lowtide.StopReason.DISABLED: "The alert was turned off.",
}
TO_COME = """
Reminders that are still to come end once Available Credit is back at the threshold or
the account is overdue. To end them now, add funds, lower the threshold, or turn the
alert off.
"""
INSERT_MESSAGE = """INSERT INTO messages (key, account_id, subject, body, at)
  VALUES (?, (SELECT id FROM accounts WHERE name = ?), ?, ?, ?) ON CONFLICT (key) DO NOTHING"""


def money(amount: Decimal, profile: lowtide.Profile) -> str:
    text = format(amount, "f")
    if not profile.currency:
        return text
    whole, _, places = text.partition(".")
    places = places.ljust(profile.currency_digits, "0")
    return f"{whole}.{places} {profile.currency}" if places else f"{whole} {profile.currency}"


def in_words(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def message(delivery: lowtide.Delivery) -> Tuple[str, str]:
    """The subject and the body."""
    told = delivery.output
    credit, threshold = money(told.available_credit, delivery.profile), money(told.threshold, delivery.profile)
    if told.kind is lowtide.OutputKind.FIRE:
        subject = f"Low balance of {delivery.account}: {credit} left"
        body = "Available Credit fell below the threshold that was set for this account.\n"
    elif told.kind is lowtide.OutputKind.REMIND:
        subject = f"Reminder {told.reminder}: low balance of {delivery.account}, {credit} left"
        body = "Available Credit is still below the threshold that was set for this account.\n"
    else:
        subject = f"Low balance of {delivery.account}: the alert has ended"
        body = STOPS[told.stop_reason] + "\n"
    body += f"\nAccount:           {delivery.account}\nAlert:             {delivery.alert}\n"
    body += f"Available Credit:  {credit}\nThreshold:         {threshold}\n"
    if told.kind is not lowtide.OutputKind.FIRE:
        body += f"Low since:         {in_words(told.fired_at)}\n"
    body += f"As of:             {in_words(told.at)}\n"
    return subject, body if told.kind is lowtide.OutputKind.STOP else body + TO_COME


class MailCourier(lowtide.Courier):
    def __init__(self, db: sqlite3.Connection, server: str, port: int, sender: str = "alerts@lowtide.invalid") -> None:
        self.db, self.server, self.port, self.sender = db, server, port, sender

    def deliver(self, delivery: lowtide.Delivery) -> Union[lowtide.Handover, Tuple[lowtide.Handover, str]]:
        if delivery.channel == "email":
            return self._mail(delivery)
        subject, body = message(delivery)
        self.db.execute(INSERT_MESSAGE, (delivery.key, delivery.account, subject, body, seconds(delivery.output.at)))
        return lowtide.Handover.SENT

    def _mail(self, delivery: lowtide.Delivery) -> Union[lowtide.Handover, Tuple[lowtide.Handover, str]]:
        if not delivery.profile.contact:
            return lowtide.Handover.REJECTED, "contact: the account has none"
        subject, body = message(delivery)
        try:
            mail = EmailMessage(SMTP)
            mail["From"], mail["To"], mail["Subject"] = self.sender, delivery.profile.contact, subject
            # A mail server that took it before the process died knows it by its name.
            mail["Message-ID"] = f"<{delivery.key.replace('.', '%2E')}@lowtide.invalid>"
            mail["Auto-Submitted"] = "auto-generated"
            mail.set_content(body)
        except ValueError as error:
            return lowtide.Handover.REJECTED, f"contact: {error}: {delivery.profile.contact!r}"
        try:
            with smtplib.SMTP(self.server, self.port, timeout=10) as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            (code, why), = error.recipients.values()
            return lowtide.Handover.REJECTED if code >= 500 else lowtide.Handover.TRY_AGAIN, f"{code} {why.decode(errors='replace')}"
        except (OSError, smtplib.SMTPException) as error:
            return lowtide.Handover.TRY_AGAIN, str(error)
        return lowtide.Handover.SENT
