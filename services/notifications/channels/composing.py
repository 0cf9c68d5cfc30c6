"""From an obligation's payload to the bytes that the relay is handed, by way of the documents that a mail takes along.

`mail` sends what is made here and `previews` shows it, so that a preview is what is sent. Neighbours: `letters` (each
kind of mail), `documents` (where attachments come from).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import TypeAdapter

from services.notifications.channels.documents import Fetch, NotHad
from services.notifications.channels.enclosures import Enclosure
from services.notifications.channels.letters import (
    compose,
    compose_alert,
    compose_covering,
    compose_invitation,
    compose_payment_request,
    envelope,
)
from services.notifications.domain.payloads import Alert, Covering, Invitation, Letter, PaymentRequest
from services.notifications.domain.results import Attachment, Call, Result, clip, rejected
from services.notifications.domain.verbs import DOCUMENT
from shared.contracts import Outcome

PATIENCE = timedelta(minutes=10)
"""How long a mail about an order waits for documents that billing names and does not give; then it says so."""

Mailed = Letter | Invitation | PaymentRequest | Covering | Alert
_mails: TypeAdapter[Mailed] = TypeAdapter(Mailed)


class Envelope(NamedTuple):
    """What the relay is told."""

    sender: str
    recipients: Sequence[str]
    content: bytes


class Carried(NamedTuple):
    """The documents that a mail has, and those it goes without."""

    enclosures: Sequence[Enclosure] = ()
    missing: Sequence[Attachment] = ()


async def carry(fetch: Fetch, call: Call, now: datetime) -> Carried | Result:
    """The mail's documents, or why it cannot leave yet; the mail of a document does not leave without it."""
    enclosures, missing, needed = [], [], call.verb == DOCUMENT
    fetched = await asyncio.gather(*map(fetch, call.attachments), return_exceptions=True)
    for document, found in zip(call.attachments, fetched, strict=True):
        if isinstance(found, bytes):
            enclosures.append(Enclosure.of(document, found))
            continue
        if not isinstance(found, NotHad):
            raise found
        reason = clip(f"{document.number}: {found}")
        if needed and found.for_good:
            return rejected(reason)
        if needed or not (found.for_good or _is_late(call, now)):
            return Result(Outcome.RETRY, reason, retry_after=found.retry_after)
        missing.append(document)
    return Carried(enclosures, missing)


def composed(call: Call, now: datetime, carried: Carried) -> Envelope | None:
    """What is handed to the relay; None for a link that is of no use any more. Raises `BadText` or `ValueError`.

    The same call at the same moment gives the same bytes; a mail is dated by its attempt, where that is known.
    """
    mail, at = _mails.validate_python(call.payload), call.at or now
    readers: tuple[str, ...]
    match mail:
        case Invitation():
            if mail.expires_at <= now:
                return None
            readers, content = (mail.to,), compose_invitation(mail, call.id, at)
        case PaymentRequest():
            readers, content = (mail.address,), compose_payment_request(mail, call.id, at)
        case Covering():
            readers, content = mail.readers, compose_covering(mail, call.id, at, carried.enclosures)
        case Alert():
            readers, content = mail.to, compose_alert(mail, call.id, at)
        case Letter():
            readers, content = mail.to, compose(mail, call.id, call.order, at, *carried)
    sender, *recipients = envelope((mail.sender, *readers))
    return Envelope(sender, recipients, content)


def _is_late(call: Call, now: datetime) -> bool:
    return call.since is None or now - call.since > PATIENCE
