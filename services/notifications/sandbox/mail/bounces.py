"""Mail that was taken and then came back: the report that a relay sends (RFC 3464), to be fetched and not delivered."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email.generator import BytesGenerator
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from io import BytesIO
from typing import Any

KEPT = 1000
RELAY = "sandbox.invalid"
DIAGNOSIS = "550 5.1.1 The mailbox does not exist"


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report; `content` is the mail as it would arrive at `to`."""

    number: int
    at: datetime
    order: str | None
    to: str
    recipient: str
    message_id: str | None
    content: bytes

    def document(self) -> dict[str, Any]:
        """As the list shows it."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "order": self.order,
            "to": self.to,
            "recipient": self.recipient,
            "message_id": self.message_id,
            "url": f"/sandbox/mail/bounces/{self.number}",
        }


class Bounces:
    """The newest reports, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Bounce] = deque(maxlen=KEPT)
        self._number = 0

    def add(self, original: Message, sender: str, recipient: str, order: str | None, now: datetime) -> None:
        """Return a mail; one from nobody (a report itself) is never returned."""
        if not sender:
            return
        self._number += 1
        content = report(original, sender, recipient, now)
        self._kept.append(Bounce(self._number, now, order, sender, recipient, original.get("Message-ID"), content))

    def listed(self) -> list[Bounce]:
        """All that are kept."""
        return list(self._kept)

    def find(self, number: int) -> Bounce | None:
        """One of them."""
        return next((one for one in self._kept if one.number == number), None)


def report(original: Message, sender: str, recipient: str, now: datetime) -> bytes:
    """The report as bytes: words for people, fields for programs, the headers of what came back."""
    mail = MIMEMultipart("report", report_type="delivery-status")
    mail["From"] = f"Mail Delivery System <MAILER-DAEMON@{RELAY}>"
    mail["To"] = sender
    mail["Subject"] = "Undelivered mail returned to sender"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=RELAY)
    mail["Auto-Submitted"] = "auto-replied"
    mail["Return-Path"] = "<>"
    mail.attach(MIMEText(f"The mail to <{recipient}> could not be delivered:\n\n{DIAGNOSIS}\n", "plain", "us-ascii"))
    mail.attach(_status(recipient, now))
    mail.attach(_headers_of(original))
    written = BytesIO()
    BytesGenerator(written, policy=mail.policy.clone(linesep=SMTP.linesep)).flatten(mail)
    return written.getvalue()


def _status(recipient: str, now: datetime) -> Message:
    whole, one = Message(), Message()
    whole["Reporting-MTA"] = f"dns; {RELAY}"
    whole["Arrival-Date"] = format_datetime(now)
    one["Final-Recipient"] = f"rfc822; {recipient}"
    one["Action"] = "failed"
    one["Status"] = "5.1.1"
    one["Diagnostic-Code"] = f"smtp; {DIAGNOSIS}"
    status = MIMEBase("message", "delivery-status")
    status.set_payload([whole, one])
    return status


def _headers_of(original: Message) -> Message:
    part = MIMEBase("text", "rfc822-headers")
    part.set_payload("".join(f"{name}: {value}\n" for name, value in original.items()))
    return part
