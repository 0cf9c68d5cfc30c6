"""A real SMTP server on a socket, with a ledger of what it took and faults to order.

The ledger is the oracle of the mail tests: it stands outside the code under test, and holds every message the server
has seen whole, also one whose acceptance the client never heard of. Its neighbour `fault_proxy` breaks connections at
the level of bytes; this one refuses and breaks as mail servers do.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

from aiosmtpd.smtp import SMTP, Envelope, Session

STOP_SECONDS = 1.0


@dataclass(frozen=True)
class Received:
    """One message as it came; `answered` is False where the connection was cut before the client heard of it."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    answered: bool
    content: bytes = b""
    """The message as it came over the wire."""

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


class SmtpServer:
    """Listens on loopback, on a port the system chose; made and closed by the fixture `smtp_server`.

    Faults wait in a queue, each is for one message: `refuse` answers it with a reply, `cut_after_data` takes it and
    breaks the connection. With an empty queue every message is taken.
    """

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = 0
        self.received: list[Received] = []
        self.refused: list[str] = []
        self._faults: deque[str] = deque()
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()

    async def start(self) -> None:
        """Listen; after `stop`, on the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break every connection and refuse new ones, as a server that is down does."""
        if self._server is None:
            return
        self._server.close()
        sessions = [connection.session_task for connection in self._connections if connection.session_task]
        for connection in self._connections:
            _abort(connection)
        self._connections.clear()
        self._server = None
        if sessions:
            await asyncio.wait(sessions, timeout=STOP_SECONDS)

    def refuse(self, reply: str, count: int = 1) -> None:
        """Answer the next messages with this reply after DATA, such as `451 4.3.0 try later` or `554 5.7.1 no`."""
        self._faults.extend([reply] * count)

    def cut_after_data(self, count: int = 1) -> None:
        """Take the next messages, then break the connection instead of answering: their outcome stays unknown."""
        self._faults.extend([""] * count)

    def heal(self) -> None:
        """Forget the faults that have not happened yet."""
        self._faults.clear()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd when a message is complete; the return value is the reply."""
        fault = self._faults.popleft() if self._faults else None
        if fault:
            self.refused.append(fault)
            return fault
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=SMTP_POLICY)
        sender, recipients = str(envelope.mail_from), tuple(envelope.rcpt_tos)
        self.received.append(Received(sender, recipients, message, fault is None, content))
        if fault is not None:
            _abort(server)
        return "250 2.0.0 taken"

    def _connection(self) -> SMTP:
        connection = Connection(self, hostname="mail.invalid", enable_SMTPUTF8=True)
        self._connections.add(connection)
        return connection


class Connection(SMTP):
    """A client's connection."""

    @property
    def session_task(self) -> asyncio.Task[None] | None:
        """What serves it; None while it is only being set up."""
        return self._handler_coroutine


def _abort(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.Transport):
        connection.transport.abort()
