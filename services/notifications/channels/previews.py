"""What a mail or an SMS will be, or was: made by the very code that sends it, and read back from the bytes.

Neighbours: `composing` (the bytes of a mail), `domain.segments` (the price of an SMS).
"""

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

from pydantic import TypeAdapter

from services.notifications.channels.composing import carry, composed
from services.notifications.channels.documents import Fetch
from services.notifications.channels.sms import normalise
from services.notifications.channels.texts import render
from services.notifications.domain.payloads import Note
from services.notifications.domain.results import Call, Result
from services.notifications.domain.segments import segments

_notes = TypeAdapter(Note)


@dataclass(frozen=True, slots=True)
class MailPreview:
    """A mail: `message` is what the relay is handed, the rest is read from it."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    message: str


@dataclass(frozen=True, slots=True)
class SmsPreview:
    """An SMS: `units` of its encoding in so many `segments`; `foreign` are the characters that make it UCS-2.

    `to` is as the provider is told, where it is a number at all. `problem` is why it would not leave.
    """

    to: tuple[str, ...]
    text: str
    encoding: str
    units: int
    segments: int
    foreign: str
    problem: str | None


async def mail_preview(fetch: Fetch, call: Call) -> MailPreview | str:
    """The mail of this attempt, with its documents; or why there is none. Raises `BadText` or `ValueError`."""
    if call.at is None:
        raise TypeError("a preview has its moment")
    carried = await carry(fetch, call, call.at)
    if isinstance(carried, Result):
        return carried.reason or ""
    ready = composed(call, call.at, carried)
    if ready is None:
        return "the link has expired"
    message = message_from_bytes(ready.content, policy=default)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (part.get_content() if part is not None else "" for part in parts.values())
    return MailPreview(tuple(ready.recipients), str(message["Subject"]), text, html, ready.content.decode("ascii"))


def sms_preview(payload: object, problem: str | None) -> SmsPreview:
    """The SMS as it is sent, or with its `problem` is not. Raises `BadText`."""
    note = _notes.validate_python(payload)
    text = render(note.body, note.words)
    size = segments(text)
    try:
        to = normalise(note.phone, note.region)
    except ValueError:
        to = note.phone
    return SmsPreview((to,), text, size.encoding, size.units, size.count, size.foreign, problem)
