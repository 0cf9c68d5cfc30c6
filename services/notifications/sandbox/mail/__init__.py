"""The mail sandbox: a real SMTP listener on loopback that delivers to nobody and shows what it took.

The order's code comes from the header `X-Comptoir-Order`, where there is one. Faults become what a relay does: `429`
and `500` are its replies, `expired_token` is 535, `200_invalid` a refusal for good, `garbage` no SMTP at all;
`timeout_after_accept` and `reset_after_accept` take the mail and break the connection. Neighbours: `mailboxes`
(addresses that mail comes to grief at), `bounces` (what came back), `offer` (AUTH, STARTTLS, SIZE), `doors` (all that
over HTTP).
"""

import asyncio
import hashlib
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications.sandbox.mail.bounces import Bounces
from services.notifications.sandbox.mail.mailboxes import BOUNCED, DISCONNECTING, Mailboxes, domain_of, lateness
from services.notifications.sandbox.mail.offer import Offer, authenticate, identity
from shared.database import Clock
from shared.web.sandbox import Kind, Ledger

HOST = "127.0.0.1"
SHOWN = 200_000
STOP_SECONDS = 1.0
TAKEN = "250 2.0.0 Ok: kept in the sandbox"
REPLIES = {
    Kind.BUSY: "450 4.7.1 Too much mail, try again later",
    Kind.BUSY_FOR: "450 4.7.1 Too much mail, try again in 2 s",
    Kind.FAILING: "451 4.3.0 Requested action aborted: local error in processing",
    Kind.EXPIRED: "535 5.7.8 Authentication credentials invalid",
    Kind.INVALID: "554 5.6.0 The content is not acceptable",
    Kind.GARBAGE: "<h1>Something went wrong</h1>",
}
BREAKING = frozenset({Kind.SILENT, Kind.RESET})


class MailSandbox:
    """Listens on a port the system chose."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self.port = 0
        self.offer = Offer()
        self.bounces = Bounces()
        self._clock = clock
        self._mailboxes = Mailboxes()
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._connection, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        sessions = [connection.session_task for connection in self._connections if connection.session_task]
        for connection in self._connections:
            _abort(connection)
        self._connections.clear()
        await self._server.wait_closed()
        if sessions:
            await asyncio.wait(sessions, timeout=STOP_SECONDS)
        self._server = None

    @property
    def certificate(self) -> str | None:
        """What STARTTLS is done with, in PEM, where it is offered."""
        return identity().pem if self.offer.starttls else None

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Called by aiosmtpd at the beginning of a mail."""
        if self.offer.auth_required and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Called by aiosmtpd for each recipient; a refusal is a call of its own in the ledger."""
        sender = envelope.mail_from or ""
        breaks = domain_of(address) == DISCONNECTING
        reply = self._mailboxes.reply(sender, address)
        if breaks or reply:
            request = {"from": sender, "to": [address], "subject": f"RCPT {address}"}
            response = {"status": int(reply[:3]) if reply else 0, "body": reply and reply[4:]}
            self.ledger.write(None, request, response, answered=not breaks)
        if breaks:
            _abort(server)
        if reply is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply or "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a whole message; the return value is the reply."""
        content = envelope.original_content or b""
        message = message_from_bytes(content)  # the older policy: it parses a header only when asked for
        kind = self.ledger.take_fault()
        reply = REPLIES.get(kind, TAKEN)
        answered = kind not in BREAKING
        request = _request(envelope, message, len(content))
        code = reply[:3] if reply[:3].isdecimal() else "0"
        response = {"status": int(code), "body": reply[4:]}
        order = _header(message, "X-Comptoir-Order")
        self.ledger.write(order, request, response, answered=answered)
        if not answered:
            _abort(server)
        if kind is Kind.SLOW:
            await self.ledger.linger(kind)
        await asyncio.sleep(max(map(lateness, envelope.rcpt_tos), default=0.0))
        for recipient in envelope.rcpt_tos if reply is TAKEN else ():
            if domain_of(recipient) == BOUNCED:
                self.bounces.add(message, envelope.mail_from or "", recipient, order, self._clock())
        return reply

    def _connection(self) -> SMTP:
        connection = Connection(
            self,
            hostname="sandbox.invalid",
            ident="Comptoir sandbox",
            data_size_limit=self.offer.size,
            tls_context=identity().context if self.offer.starttls else None,
            authenticator=authenticate,
            auth_require_tls=False,
        )
        self._connections = {known for known in self._connections if not known.ended}
        self._connections.add(connection)
        return connection


class Connection(SMTP):
    """A client's connection, from before it has a transport until it is lost."""

    @property
    def session_task(self) -> asyncio.Task[None] | None:
        """What serves it; None while it is only being set up."""
        return self._handler_coroutine

    @property
    def ended(self) -> bool:
        return self.session_task is not None and self.transport is None


def _request(envelope: Envelope, message: Message, size: int) -> dict[str, Any]:
    return {
        "from": envelope.mail_from,
        "to": list(envelope.rcpt_tos),
        "subject": _header(message, "Subject"),
        "message_id": _header(message, "Message-ID"),
        "language": _header(message, "Content-Language"),
        "text": _content(message, "text/plain"),
        "html": _content(message, "text/html"),
        "size": size,
        "attachments": _attachments(message),
    }


def _content(message: Message, kind: str) -> str | None:
    for part in message.walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() == kind and isinstance(content, bytes):
            text = content.decode(part.get_content_charset("utf-8"), "replace")
            return text.replace("\r\n", "\n")[:SHOWN]
    return None


def _attachments(message: Message) -> list[dict[str, Any]]:
    """What each is called, its type, how many bytes it has and their SHA-256."""
    found = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if part.get_content_disposition() == "attachment" and isinstance(content, bytes):
            digest = hashlib.sha256(content).hexdigest()
            named = {"name": part.get_filename(), "type": part.get_content_type()}
            found.append({**named, "size": len(content), "sha256": digest})
    return found


def _header(message: Message, name: str) -> str | None:
    value = message.get(name)
    return None if value is None else str(make_header(decode_header(value)))


def _abort(connection: SMTP) -> None:
    transport: Any = connection.transport  # uvloop's is no subclass of asyncio's
    if transport is not None:
        transport.abort()
