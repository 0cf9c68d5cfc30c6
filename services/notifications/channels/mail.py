"""Mail by SMTP, over a few connections that are used again for as long as mails follow one another.

Where the connection breaks decides the outcome: before the message was handed over it is a retry; from DATA on it is
unknown, and the mail goes again under the same Message-ID (made of the obligation's id), which is counted.
4xx replies are retries, 5xx rejections; what is no answer to the command is as good as a broken connection.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
)
from prometheus_client import Counter

from services.notifications.channels.composing import Envelope, carry, composed
from services.notifications.channels.documents import Fetch
from services.notifications.channels.letters import BadLetter
from services.notifications.channels.signatures import signed
from services.notifications.channels.texts import BadText
from services.notifications.domain.results import Call, Result, Trouble, clip, done, down, rejected, unknown
from services.notifications.settings import DkimKey, SmtpAccount
from shared.contracts import Outcome
from shared.database import Clock

IDLE_SECONDS = 10.0
CLOSING_DOWN = 421

REPEATED = Counter("comptoir_mails_repeated", "Mails sent again because the outcome of an earlier attempt is unknown")


class Mail:
    """One mail relay; `fetch` gets the documents that mails take along, `dkim` signs them."""

    def __init__(
        self, account: SmtpAccount, clock: Clock, *, seconds: float, fetch: Fetch, dkim: DkimKey | None = None
    ) -> None:
        self._account = account
        self._dkim = dkim
        self._fetch = fetch
        self._clock = clock
        self._seconds = seconds
        self._idle: list[tuple[SMTP, float]] = []
        self._room = asyncio.Semaphore(account.connections)
        self._closed = False

    async def send(self, call: Call) -> Result:
        """Compose the mail and hand it to the relay."""
        now = self._clock()
        carried = await carry(self._fetch, call, now)
        if isinstance(carried, Result):
            return carried
        try:
            ready = composed(call, now, carried)
        except (BadText, BadLetter) as error:
            return rejected(str(error))
        if ready is None:
            return rejected("the link has expired")
        if call.unsure_since is not None:
            REPEATED.inc()
        if self._dkim is not None:
            ready = ready._replace(content=await signed(ready.content, self._dkim))
        async with self._room:
            return await self._over_a_connection(ready)

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
            if _refuses(error):
                return _answer(error)
            said = f"{error.code} {error.message}"
            return unknown(f"no answer to DATA: {said}") if handed else down(f"no answer: {said}")
        except (SMTPException, OSError, TimeoutError) as error:
            said = f"{type(error).__name__} {error}"
            return unknown(f"no answer after DATA: {said}") if handed else down(f"connection lost: {said}")
        some = f"{len(refused)} of {len(envelope.recipients)} refused: {refused[0].reason}" if refused else None
        return done(clip(f"{reply.code} {reply.message}"), some)


async def _refusals(connection: SMTP, recipients: Sequence[str]) -> list[Result]:
    """Name the recipients; what the relay says of those it refuses."""
    refused: list[Result] = []
    for recipient in recipients:
        try:
            await connection.rcpt(recipient)
        except SMTPResponseException as error:
            if error.code == CLOSING_DOWN or not _refuses(error):
                raise
            refused.append(_answer(error))
    return refused


def _refuses(error: SMTPResponseException) -> bool:
    """Whether the relay says no; a line that cannot be read has the code -1."""
    return 400 <= error.code < 600


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
