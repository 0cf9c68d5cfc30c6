"""SMS by Twilio's HTTP API, form-encoded. There is no idempotency key, so an SMS is never sent twice on a guess.

An attempt whose outcome is unknown is looked up among the account's messages. Found: done. Not found after
`LOOK_UPS` looks: it stays unknown, for a person to settle. A lost SMS is better than two.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from services.notifications.channels.texts import BadText, render
from services.notifications.channels.web import NoAnswer, NotSent, document, exchange, judge, why
from services.notifications.domain.payloads import Note
from services.notifications.domain.results import Call, Result, clip, done, down, rejected, unknown
from services.notifications.settings import TwilioAccount
from shared.contracts import Outcome
from shared.database import Clock

LOOK_UPS = timedelta(seconds=30)
"""How long an SMS of unknown outcome is looked for; Twilio lists what it took within seconds."""
LOOK_AGAIN_SECONDS = 5.0
"""Doubling waits would leave the question open for minutes, and a look-up costs nothing."""
SKEW = timedelta(minutes=2)
LOST = frozenset({"failed", "undelivered", "canceled"})
E164 = re.compile(r"\+[1-9]\d{6,14}")

_notes = TypeAdapter(Note)


class Message(BaseModel):
    """The form of `POST …/Messages.json`, stricter than the vendor's own file (which requires `To` alone)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    To: str = Field(pattern=E164.pattern)
    From: str | None = Field(default=None, min_length=3)
    MessagingServiceSid: str | None = Field(default=None, pattern=r"^MG[0-9a-fA-F]{32}$")
    Body: str = Field(min_length=1, max_length=1600)
    ValidityPeriod: int = Field(ge=1, le=36_000)

    @model_validator(mode="after")
    def _one_sender(self) -> "Message":
        if (self.From is None) == (self.MessagingServiceSid is None):
            raise ValueError("exactly one of From and MessagingServiceSid")
        return self


class Sms:
    """One Twilio account."""

    def __init__(self, account: TwilioAccount, http: httpx.AsyncClient, clock: Clock, *, seconds: float) -> None:
        self._account = account
        self._http = http
        self._clock = clock
        self._seconds = seconds
        self._url = f"{account.base_url}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        self._auth = httpx.BasicAuth(account.account_sid, account.auth_token.get_secret_value())

    async def send(self, call: Call) -> Result:
        """Send the SMS, or look for it where an earlier attempt may have sent it."""
        note = _notes.validate_python(call.payload)
        try:
            message = self._message(note)
        except ValidationError as error:
            return rejected(why(error))
        except (BadText, ValueError) as error:
            return rejected(str(error))
        if call.unsure_since is not None:
            return await self._look_up(message, call.unsure_since)
        try:
            form = message.model_dump(exclude_none=True)
            headers = {"X-Comptoir-Order": call.order}
            response = await self._exchange("POST", data=form, headers=headers)
        except NotSent as error:
            return down(str(error))
        except NoAnswer as error:
            return unknown(str(error))
        if response.status_code == httpx.codes.CREATED:
            return _taken(document(response))
        return judge(response, self._clock(), repeatable=False)

    async def close(self) -> None:
        await self._http.aclose()

    def _message(self, note: Note) -> Message:
        return Message(
            To=normalise(note.phone, note.region),
            From=self._account.sender,
            MessagingServiceSid=self._account.messaging_service_sid,
            Body=render(note.body, note.words),
            ValidityPeriod=self._account.validity_seconds,
        )

    async def _look_up(self, message: Message, since: datetime) -> Result:
        # Not filtered by DateSent: a message that is still queued has none.
        query = {"To": message.To, "PageSize": "50"} | ({"From": message.From} if message.From else {})
        try:
            response = await self._exchange("GET", params=query)
        except (NotSent, NoAnswer) as error:
            return unknown(f"the look-up failed: {error}")
        if response.status_code != httpx.codes.OK:
            return replace(judge(response, self._clock(), repeatable=True), outcome=Outcome.UNKNOWN)
        for listed in document(response).get("messages") or ():
            if listed.get("body") == message.Body and _created_after(listed, since - SKEW):
                return _taken(listed)
        if self._clock() - since < LOOK_UPS:
            return Result(Outcome.UNKNOWN, "not among the messages Twilio lists yet", retry_after=LOOK_AGAIN_SECONDS)
        return unknown("Twilio lists no such message; send it again or settle it by hand", person=True)

    async def _exchange(self, method: str, **options: Any) -> httpx.Response:
        return await exchange(self._http, method, self._url, seconds=self._seconds, auth=self._auth, **options)


def normalise(phone: str, region: str) -> str:
    """A telephone number in E.164; raises ValueError for what is none."""
    try:
        number = phonenumbers.parse(phone, region.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError("the telephone number cannot be read") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("the telephone number has not the right length")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _taken(body: dict[str, Any]) -> Result:
    """Twilio took the message; its status may already say that it went nowhere."""
    sid = body.get("sid")
    if body.get("status") in LOST:
        reason = f"{body.get('status')}: {body.get('error_code')} {body.get('error_message') or ''}"
        return Result(Outcome.REJECTED, clip(reason), sid)
    return done(sid)


def _created_after(listed: dict[str, Any], moment: datetime) -> bool:
    try:
        return parsedate_to_datetime(str(listed.get("date_created"))) >= moment
    except (ValueError, TypeError):
        return False
