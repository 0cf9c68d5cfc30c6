"""What mail servers report of a mail that they could not deliver, or not yet: RFC 3464 in RFC 3462, as relays pipe it.

Whose mail it was is told by the Message-ID of the mail that comes back with the report, which is the delivery's id.
Anybody can write such a report, so nothing of it is trusted beyond that: sizes are bounded and markup is not followed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parseaddr
from hashlib import sha256

from services.notifications.domain.results import clip

MOST = 100
"""Recipients of one report that are looked at."""

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CLASSES = {"failed": "5", "delayed": "4"}


class BadReport(ValueError):
    """This is no delivery status notification, or it does not say whose mail it is about."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of the mail; `status` is an enhanced status code (RFC 3463), `said` the server's own words."""

    address: str
    failed: bool
    status: str
    said: str

    @property
    def digest(self) -> str:
        """The address, to be compared and not to be read."""
        return sha256(self.address.lower().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of the mail of `delivery`; `id` is the same when the same report comes again."""

    id: str
    delivery: str
    recipients: tuple[Recipient, ...]


def read_report(content: bytes) -> Report:
    """The report; recipients who got the mail are left out. Raises `BadReport`."""
    try:
        message = message_from_bytes(content)
        parts = list(message.walk())
    except (RecursionError, LookupError, ValueError) as error:
        raise BadReport("this is no mail") from error
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if message.get_content_type() != "multipart/report" or not statuses:
        raise BadReport("this is no delivery status notification (multipart/report)")
    delivery = next(_originals(parts), None)
    if delivery is None:
        raise BadReport("the report does not bring back the Message-ID of the mail it is about")
    blocks = [block for part in statuses for block in _blocks(part)]
    found = tuple(filter(None, map(_recipient, blocks[:MOST])))
    name = _text(message, "Message-ID").encode() or content
    return Report(sha256(name).hexdigest(), delivery, found)


def _originals(parts: list[Message]) -> Iterator[str]:
    """The local part of each Message-ID that came back, whole mail or headers alone."""
    for part in parts:
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
            returned = next((one for one in payload if isinstance(one, Message)), part)
        elif part.get_content_type() == "text/rfc822-headers":
            returned = message_from_string(_plain(part))
        else:
            continue
        id_ = _text(returned, "Message-ID").strip("<> ").partition("@")[0]
        if re.fullmatch(r"[0-9a-f-]{36}", id_):
            yield id_


def _blocks(part: Message) -> list[Message]:
    """The groups of fields, one a recipient; the first is about the report itself."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)][1:] if isinstance(payload, list) else []


def _recipient(block: Message) -> Recipient | None:
    """None for one who got it."""
    action = _text(block, "Action").lower()
    code = _STATUS.search(_text(block, "Status")) or _STATUS.search(_text(block, "Diagnostic-Code"))
    kind = _CLASSES.get(action) or (code[1] if code and not action else "")
    if kind not in ("4", "5"):
        return None
    address = _text(block, "Final-Recipient") or _text(block, "Original-Recipient")
    named = parseaddr(address.rpartition(";")[2])[1] or "?"
    status = code[0] if code else f"{kind}.0.0"
    said = _text(block, "Diagnostic-Code").partition(";")[2] or _text(block, "Diagnostic-Code")
    return Recipient(clip(named), kind == "5", status, clip(said))


def _text(message: Message, name: str) -> str:
    """A header, whatever bytes stand in it, without anything that cannot be stored."""
    words = str(message.get(name, "")).encode("utf-8", "replace").decode()
    return " ".join(words.replace("\0", "").split())


def _plain(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
