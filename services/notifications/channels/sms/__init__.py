"""SMS by a Twilio account (`twilio`) or any gateway that takes HTTP (`gateway`); what becomes of them, as providers
report it (`reports`).

An SMS is never sent twice on a guess: a try whose outcome is unknown is looked for at the provider, and what is not
found is left to a person. A lost SMS is better than two. One that is older than its validity is not sent any more, and
what is sent late is valid for the rest of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import phonenumbers
from pydantic import TypeAdapter

from services.notifications.channels.texts import BadText, render
from services.notifications.domain.payloads import Note
from services.notifications.domain.results import Call, Result, rejected, unknown
from services.notifications.domain.sms_reports import reference_of
from shared.contracts import Outcome
from shared.database import Clock

LOOK_UPS = timedelta(seconds=30)
"""How long an SMS of unknown outcome is looked for; providers list what they took within seconds."""
LOOK_AGAIN_SECONDS = 5.0
"""Doubling waits would leave the question open for minutes, and a look-up costs nothing."""

OFF = "the shop has switched SMS off"

_notes = TypeAdapter(Note)


@dataclass(frozen=True, slots=True)
class Message:
    """An SMS as it leaves: `to` in E.164, `delivery` its obligation, `since` when that became due.

    `reference` is ours for this try: a person's new one has another.
    """

    to: str
    text: str
    order: str
    delivery: str
    since: datetime

    @property
    def reference(self) -> str:
        return reference_of(self.delivery, self.since)


class Provider(Protocol):
    """Who carries SMS."""

    def refusal(self, message: Message, validity: int) -> str | None:
        """Why it could not even be asked to send this; None where it can."""
        ...

    async def send(self, message: Message, validity: int) -> Result:
        """Send it, good for so many seconds; never raises for what the other side does."""
        ...

    async def look_up(self, message: Message, since: datetime) -> Result | None:
        """What became of a try of that moment; None where the provider knows of none."""
        ...

    async def close(self) -> None: ...


class Sms:
    """One provider's account as a channel. `validity`: an SMS is worth so many seconds."""

    def __init__(self, provider: Provider, validity: int, clock: Clock) -> None:
        self._provider = provider
        self._validity = timedelta(seconds=validity)
        self._clock = clock

    def refusal(self, call: Call) -> str | None:
        """Why this SMS would not leave; None where nothing is known to be wrong with it."""
        try:
            message = _message(call, _notes.validate_python(call.payload), call.since or self._clock())
        except (BadText, ValueError) as error:
            return str(error)
        return self._provider.refusal(message, int(self._validity.total_seconds()))

    async def send(self, call: Call) -> Result:
        """Send the SMS, or look for it where an earlier attempt may have sent it."""
        now = self._clock()
        note = _notes.validate_python(call.payload)
        try:
            message = _message(call, note, call.since or now)
        except (BadText, ValueError) as error:
            return rejected(str(error))
        if call.unsure_since is not None:
            return await self._look_up(message, call.unsure_since, now)
        left = int((self._validity - (now - message.since)).total_seconds())
        if left < 1:
            return rejected(f"too late: an SMS is worth {self._validity.total_seconds():g} s")
        return await self._provider.send(message, left)

    async def close(self) -> None:
        """Give connections back."""
        await self._provider.close()

    async def _look_up(self, message: Message, since: datetime, now: datetime) -> Result:
        found = await self._provider.look_up(message, since)
        if found is not None:
            return found
        if now - since < LOOK_UPS:
            return Result(Outcome.UNKNOWN, "the provider does not list it yet", retry_after=LOOK_AGAIN_SECONDS)
        return unknown("the provider lists no such SMS; send it again or settle it by hand", person=True)


class OnlyInDoubt:
    """SMS of a shop that has switched them off: nothing is sent, but what may have left is still looked for."""

    def __init__(self, way: Sms) -> None:
        self._way = way

    def refusal(self, _call: Call) -> str:
        """Why no SMS would leave."""
        return OFF

    async def send(self, call: Call) -> Result:
        """Look for what may have left; nothing else."""
        if call.unsure_since is None:
            return Result(Outcome.OBSOLETE, OFF)
        return await self._way.send(call)

    async def close(self) -> None:
        """The way itself is closed by whoever opened it."""


def normalise(phone: str, region: str) -> str:
    """A telephone number in E.164; raises ValueError for what is none."""
    try:
        number = phonenumbers.parse(phone, region.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError("the telephone number cannot be read") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("the telephone number has not the right length")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _message(call: Call, note: Note, since: datetime) -> Message:
    text = render(note.body, note.words)
    if not text:
        raise ValueError("the text is empty")
    return Message(normalise(note.phone, note.region), text, call.order, call.id, since)
