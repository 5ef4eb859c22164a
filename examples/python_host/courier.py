# SPDX-License-Identifier: Apache-2.0
"""MailCourier: sends mails by SMTP, and writes internal messages into a table."""

from __future__ import annotations

import smtplib
import sqlite3
import uuid
from email.message import EmailMessage
from email.policy import SMTP
from typing import Tuple, Union

import lowtide
from rows import seconds

MESSAGE = """INSERT INTO messages (key, account_id, subject, body, at)
  VALUES (?, (SELECT id FROM accounts WHERE name = ?), ?, ?, ?) ON CONFLICT (key) DO NOTHING"""
Answer = Union[lowtide.Handover, Tuple[lowtide.Handover, str]]


def message(delivery: lowtide.Delivery) -> Tuple[str, str]:
    """The subject and the body."""
    account, output, currency = delivery.account, delivery.output, delivery.profile.currency
    credit = f"{output.available_credit:f} {currency}".strip()
    threshold = f"{output.threshold:f} {currency}".strip()
    subject = f"Low balance of {account}: {credit} left"
    if isinstance(output, lowtide.Remind):
        subject = f"Reminder {output.reminder}: low balance of {account}, {credit} left"
    elif isinstance(output, lowtide.Stop):
        reason = str(output.reason).replace("_", " ")
        subject = f"Low balance of {account}: the alert has ended, {reason}"
    body = (
        f"Account: {account}\nAlert: {delivery.alert}\nAvailable Credit: {credit}\n"
        f"Threshold: {threshold}\nAs of: {output.at}\n"
    )
    return subject, body


def message_id(key: str) -> str:
    """The Message-ID of a notice, always the same one, so that a mail sent twice can be recognised.

    It must not have two dots in a row, and has to fit in one line.
    """
    name = key.replace(".", "%2E")
    if len(name) > 200:
        name = f"lowtide={uuid.uuid5(uuid.NAMESPACE_URL, key)}"
    return f"<{name}@lowtide.invalid>"


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
        columns = (delivery.key, delivery.account, subject, body, seconds(delivery.output.at))
        self.db.execute(MESSAGE, columns)
        return lowtide.Handover.SENT

    def mail(self, delivery: lowtide.Delivery, subject: str, body: str) -> Answer:
        mail = EmailMessage(SMTP.clone(max_line_length=998))
        try:
            if not delivery.profile.contact:
                raise ValueError("the account has none")
            mail["From"], mail["To"] = self.sender, delivery.profile.contact
            mail["Subject"], mail["Message-ID"] = subject, message_id(delivery.key)
            mail.set_content(body)
        except ValueError as error:
            return lowtide.Handover.REJECTED, f"contact: {error}"
        try:
            with smtplib.SMTP(self.server, self.port, timeout=10) as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, why),) = error.recipients.values()
            reason = f"{code} {why.decode(errors='replace')}"
            for_good = code >= 500
            return lowtide.Handover.REJECTED if for_good else lowtide.Handover.TRY_AGAIN, reason
        except (OSError, smtplib.SMTPException) as error:
            return lowtide.Handover.TRY_AGAIN, str(error)
        return lowtide.Handover.SENT
