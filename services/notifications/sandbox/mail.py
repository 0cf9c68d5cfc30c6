"""The mail sandbox: a real SMTP listener on loopback that delivers to nobody and shows what it took.

The order's code comes from the header `X-Comptoir-Order`, where there is one. `429` and `500` become the replies a busy
or a failing relay gives; `timeout_after_accept` takes the mail and breaks the connection.
"""

import asyncio
import hashlib
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.web.sandbox import Kind, Ledger

HOST = "127.0.0.1"
SHOWN = 200_000
STOP_SECONDS = 1.0
TAKEN = "250 2.0.0 Ok: kept in the sandbox"
REPLIES = {
    Kind.BUSY: "450 4.7.1 Too much mail, try again later",
    Kind.FAILING: "451 4.3.0 Requested action aborted: local error in processing",
}


class MailSandbox:
    """Listens on a port the system chose."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.port = 0
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

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a whole message; the return value is the reply."""
        content = envelope.original_content or b""
        message = message_from_bytes(content)  # the older policy: it parses a header only when asked for
        kind = self.ledger.take_fault()
        reply = REPLIES.get(kind, TAKEN)
        answered = kind is not Kind.SILENT
        request = _request(envelope, message, len(content))
        response = {"status": int(reply[:3]), "body": reply[4:]}
        self.ledger.write(_header(message, "X-Comptoir-Order"), request, response, answered=answered)
        if not answered:
            _abort(server)
        return reply

    def _connection(self) -> SMTP:
        connection = Connection(self, hostname="sandbox.invalid", ident="Comptoir sandbox")
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
