"""Mail by SMTP, over a few connections that are used again for as long as mails follow one another.

Where the connection breaks decides the outcome: before the message was handed over it is a retry; from DATA on it is
unknown, and the mail goes again under the same Message-ID (made of the obligation's id), which is counted.
4xx replies are retries, 5xx rejections.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
)
from prometheus_client import Counter
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
from services.notifications.channels.texts import BadText
from services.notifications.domain.payloads import Alert, Covering, Invitation, Letter, PaymentRequest
from services.notifications.domain.results import Attachment, Call, Result, Trouble, clip, done, down, rejected, unknown
from services.notifications.settings import SmtpAccount
from shared.contracts import Outcome
from shared.database import Clock

IDLE_SECONDS = 10.0
CLOSING_DOWN = 421

REPEATED = Counter("comptoir_mails_repeated", "Mails sent again because the outcome of an earlier attempt is unknown")

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


class Mail:
    """One mail relay; `fetch` gets the documents that mails take along."""

    def __init__(self, account: SmtpAccount, clock: Clock, *, seconds: float, fetch: Fetch) -> None:
        self._account = account
        self._fetch = fetch
        self._clock = clock
        self._seconds = seconds
        self._idle: list[tuple[SMTP, float]] = []
        self._room = asyncio.Semaphore(account.connections)
        self._closed = False

    async def send(self, call: Call) -> Result:
        """Compose the mail and hand it to the relay."""
        mail = _mails.validate_python(call.payload)
        now = self._clock()
        carried = await self._carried(call, now, needed=isinstance(mail, Covering))
        if isinstance(carried, Result):
            return carried
        try:
            ready = _composed(mail, call, now, carried)
        except (BadText, ValueError) as error:
            return rejected(str(error))
        if ready is None:
            return rejected("the link has expired")
        if call.unsure_since is not None:
            REPEATED.inc()
        async with self._room:
            return await self._over_a_connection(ready)

    async def _carried(self, call: Call, now: datetime, *, needed: bool) -> Carried | Result:
        """The mail's documents, or why it cannot leave yet. `needed`: without them there is no mail."""
        enclosures, missing = [], []
        fetched = await asyncio.gather(*map(self._fetch, call.attachments), return_exceptions=True)
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

    async def close(self) -> None:
        """End the idle connections; those in use end with their mail."""
        self._closed = True
        connections, self._idle = self._idle, []
        for connection, _ in connections:
            await _quit(connection)

    async def _over_a_connection(self, envelope: Envelope) -> Result:
        connection = await self._warm()
        if connection is None:
            try:
                connection = await self._connect()
            except SMTPAuthenticationError as error:
                return Result(Outcome.RETRY, clip(f"{error.code} {error.message}"), trouble=Trouble.REFUSED)
            except (SMTPException, OSError, TimeoutError, ValueError) as error:
                return down(f"not reached: {type(error).__name__} {error}")
        try:
            result = await self._hand_over(connection, envelope)
        except BaseException:
            connection.close()
            raise
        if connection.is_connected and result.trouble is None and not self._closed:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()
        return result

    async def _warm(self) -> SMTP | None:
        """A connection used a moment ago that still answers; stale ones are closed."""
        while self._idle:
            connection, used = self._idle.pop()
            if not connection.is_connected:
                continue
            if time.monotonic() - used < 1.0:
                return connection
            with suppress(SMTPException, OSError):
                if time.monotonic() - used < IDLE_SECONDS:
                    await connection.rset(timeout=self._seconds)
                    return connection
            connection.close()
        return None

    async def _connect(self) -> SMTP:
        account = self._account
        connection = SMTP(
            hostname=account.host,
            port=account.port,
            use_tls=account.security == "tls",
            start_tls=account.security == "starttls",
            username=account.username,
            password=account.password.get_secret_value() if account.password else None,
            timeout=self._seconds,
        )
        await connection.connect()
        return connection

    async def _hand_over(self, connection: SMTP, envelope: Envelope) -> Result:
        handed = False
        try:
            await connection.mail(envelope.sender)
            refused = await _refusals(connection, envelope.recipients)
            if len(refused) == len(envelope.recipients):
                await connection.rset()
                return max(refused, key=lambda result: result.outcome == Outcome.RETRY)
            handed = True
            reply = await connection.data(envelope.content)
        except SMTPResponseException as error:
            return _answer(error)
        except (SMTPException, OSError, TimeoutError) as error:
            said = f"{type(error).__name__} {error}"
            return unknown(f"no answer after DATA: {said}") if handed else down(f"connection lost: {said}")
        some = f"{len(refused)} of {len(envelope.recipients)} refused: {refused[0].reason}" if refused else None
        return done(clip(f"{reply.code} {reply.message}"), some)


def _is_late(call: Call, now: datetime) -> bool:
    return call.since is None or now - call.since > PATIENCE


def _composed(mail: Mailed, call: Call, now: datetime, carried: Carried) -> Envelope | None:
    """What is handed to the relay; None for a link that is of no use any more. Raises `BadText` or `ValueError`."""
    readers: tuple[str, ...]
    match mail:
        case Invitation():
            if mail.expires_at <= now:
                return None
            readers, content = (mail.to,), compose_invitation(mail, call.id, now)
        case PaymentRequest():
            readers, content = (mail.address,), compose_payment_request(mail, call.id, now)
        case Covering():
            readers, content = mail.readers, compose_covering(mail, call.id, now, carried.enclosures)
        case Alert():
            readers, content = mail.to, compose_alert(mail, call.id, now)
        case Letter():
            readers, content = mail.to, compose(mail, call.id, call.order, now, *carried)
    sender, *recipients = envelope((mail.sender, *readers))
    return Envelope(sender, recipients, content)


async def _refusals(connection: SMTP, recipients: Sequence[str]) -> list[Result]:
    """Name the recipients; what the relay says of those it refuses."""
    refused: list[Result] = []
    for recipient in recipients:
        try:
            await connection.rcpt(recipient)
        except SMTPResponseException as error:
            if error.code == CLOSING_DOWN:
                raise
            refused.append(_answer(error))
    return refused


def _answer(error: SMTPResponseException) -> Result:
    said = clip(f"{error.code} {error.message}")
    if isinstance(error, SMTPConnectError) or error.code == CLOSING_DOWN:
        return Result(Outcome.RETRY, said, trouble=Trouble.DOWN)
    if 400 <= error.code < 500:
        return Result(Outcome.RETRY, said)
    return rejected(said)


async def _quit(connection: SMTP) -> None:
    with suppress(SMTPException, OSError, TimeoutError):
        await connection.quit(timeout=1.0)
    connection.close()
