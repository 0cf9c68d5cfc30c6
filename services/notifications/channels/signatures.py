"""DKIM (RFC 6376): mails signed with the key of the domain they come from. Most relays do it themselves; this is for
those that do not.

Signed as a whole, relaxed in both parts, since relays fold lines. A signature is RSA in Python, some 10 ms: it is made
in a thread, so that other mails leave meanwhile.
"""

import asyncio
from email import message_from_bytes
from email.utils import parseaddr

import dkim

from services.notifications.settings import DkimKey

SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"content-type", b"mime-version", b"content-language",
    b"auto-submitted", b"x-comptoir-order",
)  # fmt: skip


async def signed(content: bytes, key: DkimKey) -> bytes:
    """The mail with its signature before it; as it is where it comes from another domain than the key's."""
    domain = parseaddr(str(message_from_bytes(content)["From"]))[1].rpartition("@")[2].lower()
    own = key.domain.lower()
    if domain != own and not domain.endswith(f".{own}"):
        return content
    return await asyncio.to_thread(_sign, content, key)


def _sign(content: bytes, key: DkimKey) -> bytes:
    present = {name.lower().encode() for name in message_from_bytes(content)}
    header: bytes = dkim.sign(
        content,
        key.selector.encode(),
        key.domain.lower().encode(),
        key.pem,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in SIGNED if name in present],
        linesep=b"\n",
    )
    return header + content
