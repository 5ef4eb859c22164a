# SPDX-License-Identifier: Apache-2.0
"""MailCourier: mails over SMTP, and internal messages into a table."""

from __future__ import annotations

import smtplib
import sqlite3
import uuid
from email.message import EmailMessage
from email.policy import SMTP
from typing import Tuple, Union

from store import seconds

import lowtide

MESSAGE = """INSERT INTO messages (key, account_id, subject, body, at)
  VALUES (?, (SELECT id FROM accounts WHERE name = ?), ?, ?, ?) ON CONFLICT (key) DO NOTHING"""
Answer = Union[lowtide.Handover, Tuple[lowtide.Handover, str]]


def message(delivery: lowtide.Delivery) -> Tuple[str, str]:
    """The subject and the body."""
    told, currency = delivery.output, delivery.profile.currency
    credit, threshold = (
        f"{told.available_credit:f} {currency}".strip(),
        f"{told.threshold:f} {currency}".strip(),
    )
    subject = f"Low balance of {delivery.account}: {credit} left"
    if isinstance(told, lowtide.Remind):
        subject = f"Reminder {told.reminder}: low balance of {delivery.account}, {credit} left"
    elif isinstance(told, lowtide.Stop):
        subject = f"Low balance of {delivery.account}: the alert has ended, {str(told.reason).replace('_', ' ')}"
    body = f"Account: {delivery.account}\nAlert: {delivery.alert}\nAvailable Credit: {credit}\nThreshold: {threshold}\nAs of: {told.at}\n"
    return subject, body


def message_id(key: str) -> str:
    """The same one for a notice, always: who gets a mail twice can tell. It may not have two dots in a row, and is to fit in a line."""
    name = key.replace(".", "%2E")
    return f"<{name if len(name) <= 200 else f'lowtide={uuid.uuid5(uuid.NAMESPACE_URL, key)}'}@lowtide.invalid>"


class MailCourier(lowtide.Courier):
    def __init__(
        self, db: sqlite3.Connection, server: str, port: int, sender: str = "alerts@lowtide.invalid"
    ) -> None:
        self.db, self.server, self.port, self.sender = db, server, port, sender

    def deliver(self, delivery: lowtide.Delivery) -> Answer:
        subject, body = message(delivery)
        if delivery.channel == "email":
            return self.mail(delivery, subject, body)
        if delivery.channel != "internal_message":
            return lowtide.Handover.REJECTED, "there is no such channel"
        self.db.execute(
            MESSAGE, (delivery.key, delivery.account, subject, body, seconds(delivery.output.at))
        )
        return lowtide.Handover.SENT

    def mail(self, delivery: lowtide.Delivery, subject: str, body: str) -> Answer:
        mail = EmailMessage(SMTP.clone(max_line_length=998))
        try:
            if not delivery.profile.contact:
                raise ValueError("the account has none")
            mail["From"], mail["To"], mail["Subject"] = (
                self.sender,
                delivery.profile.contact,
                subject,
            )
            mail["Message-ID"] = message_id(delivery.key)
            mail.set_content(body)
        except ValueError as error:
            return lowtide.Handover.REJECTED, f"contact: {error}"
        try:
            with smtplib.SMTP(self.server, self.port, timeout=10) as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, why),) = error.recipients.values()
            return (
                lowtide.Handover.REJECTED if code >= 500 else lowtide.Handover.TRY_AGAIN,
                f"{code} {why.decode(errors='replace')}",
            )
        except (OSError, smtplib.SMTPException) as error:
            return lowtide.Handover.TRY_AGAIN, str(error)
        return lowtide.Handover.SENT
