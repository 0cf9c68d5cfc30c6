"""Twilio's HTTP API, form-encoded, which has no idempotency key: a try in doubt is looked for among the account's
messages, by number, text and time. Another delivery's SMS may look the same, so those that are known to be some
delivery's are left out.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.notifications.channels.sms import Message
from services.notifications.channels.web import NoAnswer, NotSent, document, exchange, judge, why
from services.notifications.domain.results import Result, clip, done, down, rejected, unknown
from services.notifications.settings import TwilioAccount
from shared.contracts import Outcome
from shared.database import Clock
from shared.texts import SMS_LENGTH

SKEW = timedelta(minutes=2)
LOST = frozenset({"failed", "undelivered", "canceled"})
Taken = Callable[[Message, datetime, Sequence[str]], Awaitable[Collection[str]]]
"""Which of these SMS are another delivery's, or were this one's before that moment."""
E164 = re.compile(r"\+[1-9]\d{6,14}")


class Form(BaseModel):
    """The form of `POST …/Messages.json`, stricter than the vendor's own file (which requires `To` alone)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    To: str = Field(pattern=E164.pattern)
    From: str | None = Field(default=None, min_length=3)
    MessagingServiceSid: str | None = Field(default=None, pattern=r"^MG[0-9a-fA-F]{32}$")
    Body: str = Field(min_length=1, max_length=SMS_LENGTH)
    ValidityPeriod: int = Field(ge=1, le=36_000)
    StatusCallback: str | None = None

    @model_validator(mode="after")
    def _one_sender(self) -> "Form":
        if (self.From is None) == (self.MessagingServiceSid is None):
            raise ValueError("exactly one of From and MessagingServiceSid")
        return self


async def _none(_message: Message, _since: datetime, _found: Sequence[str]) -> Collection[str]:
    return ()


class Twilio:
    """One account. `callback` says where what becomes of a delivery is to be reported, if anywhere."""

    def __init__(
        self,
        account: TwilioAccount,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        seconds: float,
        callback: Callable[[str], str | None] = lambda _delivery: None,
        taken: Taken = _none,
    ) -> None:
        self._account = account
        self._http = http
        self._clock = clock
        self._seconds = seconds
        self._callback = callback
        self._taken = taken
        self._url = f"{account.base_url}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        self._auth = httpx.BasicAuth(account.account_sid, account.auth_token.get_secret_value())

    def refusal(self, message: Message, validity: int) -> str | None:
        """What is wrong with the form; a sender that the account's settings leave open, too."""
        try:
            self._form(message, validity)
        except ValidationError as error:
            return why(error)
        return None

    async def send(self, message: Message, validity: int) -> Result:
        """Send it, unless the form itself is wrong."""
        if (wrong := self.refusal(message, validity)) is not None:
            return rejected(wrong)
        form = self._form(message, validity).model_dump(exclude_none=True)
        try:
            response = await self._exchange("POST", data=form, headers={"X-Comptoir-Order": message.order})
        except NotSent as error:
            return down(str(error))
        except NoAnswer as error:
            return unknown(str(error))
        if response.status_code == httpx.codes.CREATED:
            return _taken(document(response))
        return judge(response, self._clock(), repeatable=False)

    async def look_up(self, message: Message, since: datetime) -> Result | None:
        """The account's message to this number with this text, created since, that is no other delivery's."""
        # Not filtered by DateSent: a message that is still queued has none.
        query = {"To": message.to, "PageSize": "50"} | ({"From": self._account.sender} if self._account.sender else {})
        try:
            response = await self._exchange("GET", params=query)
        except (NotSent, NoAnswer) as error:
            return unknown(f"the look-up failed: {error}")
        if response.status_code != httpx.codes.OK:
            return replace(judge(response, self._clock(), repeatable=True), outcome=Outcome.UNKNOWN)
        alike = {
            str(listed.get("sid")): listed
            for listed in document(response).get("messages") or ()
            if listed.get("body") == message.text and _created_after(listed, since - SKEW)
        }
        others = await self._taken(message, since, tuple(alike)) if alike else ()
        free = next((listed for sid, listed in alike.items() if sid not in others), None)
        return None if free is None else replace(_taken(free), alike=True)

    async def close(self) -> None:
        """Give connections back."""
        await self._http.aclose()

    def _form(self, message: Message, validity: int) -> Form:
        return Form(
            To=message.to,
            From=self._account.sender,
            MessagingServiceSid=self._account.messaging_service_sid,
            Body=message.text,
            ValidityPeriod=validity,
            StatusCallback=self._callback(message.delivery),
        )

    async def _exchange(self, method: str, **options: Any) -> httpx.Response:
        return await exchange(self._http, method, self._url, seconds=self._seconds, auth=self._auth, **options)


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
