"""Any SMS gateway that takes one HTTP request for each message: what is sent, and what of the answer counts, stand in
its account's settings as templates and JSON pointers.

Our reference goes along; where the gateway can be asked for it, a try in doubt is looked up, and else it is left to a
person.
"""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from services.notifications.channels.sms import Message
from services.notifications.channels.web import NoAnswer, NotSent, complaint, exchange, judge
from services.notifications.domain.pointers import pointed
from services.notifications.domain.results import Result, clip, done, down, rejected, unknown
from services.notifications.settings.gateway import PLACEHOLDER, SmsGateway
from shared.contracts import Outcome
from shared.database import Clock

ID_LENGTH = 200


class Gateway:
    """One account. `callback` is the address that reports are taken at, if any."""

    def __init__(
        self, account: SmsGateway, http: httpx.AsyncClient, clock: Clock, *, seconds: float, callback: str | None = None
    ) -> None:
        self._account = account
        self._http = http
        self._clock = clock
        self._seconds = seconds
        self._callback = callback or ""
        self._headers = {name: value.get_secret_value() for name, value in account.headers.items()}

    def refusal(self, _message: Message, _validity: int) -> str | None:
        """Every gateway has limits of its own, which it alone knows."""
        return None

    async def send(self, message: Message, validity: int) -> Result:
        """Send it, as the templates say."""
        account = self._account
        values = self._values(message, validity)
        body: dict[str, Any] = (
            {"data": fill(account.form, values)} if account.form else {"json": fill(account.json_body, values)}
        )
        headers = self._headers | {"X-Comptoir-Order": message.order}
        try:
            response = await exchange(
                self._http, account.method, account.url, seconds=self._seconds, headers=headers, **body
            )
        except NotSent as error:
            return down(str(error))
        except NoAnswer as error:
            return unknown(str(error))
        if not response.is_success:
            return judge(response, self._clock(), repeatable=False)
        return self._taken(message, response)

    async def look_up(self, message: Message, since: datetime) -> Result | None:
        """The SMS under our reference, where the gateway can be asked for it."""
        account = self._account
        if account.look_up_url is None:
            return unknown("the gateway cannot be asked; send it again or settle it by hand", person=True)
        url = account.look_up_url.replace("{reference}", quote(message.reference, safe=""))
        try:
            response = await exchange(self._http, "GET", url, seconds=self._seconds, headers=self._headers)
        except (NotSent, NoAnswer) as error:
            return unknown(f"the look-up failed: {error}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if not response.is_success:
            return replace(judge(response, self._clock(), repeatable=True), outcome=Outcome.UNKNOWN)
        found = pointed(_json(response), account.look_up_id)
        return done(_id(found) or message.reference) if found else None

    async def close(self) -> None:
        """Give connections back."""
        await self._http.aclose()

    def _values(self, message: Message, validity: int) -> dict[str, str | int]:
        return {
            "to": message.to,
            "to_digits": message.to.removeprefix("+"),
            "text": message.text,
            "sender": self._account.sender,
            "reference": message.reference,
            "validity": validity,
            "callback": self._callback,
        }

    def _taken(self, message: Message, response: httpx.Response) -> Result:
        """A success, unless the answer itself says that the SMS was not taken; one nobody can read is in doubt."""
        account, answer = self._account, _json(response)
        if account.status is not None:
            said = pointed(answer, account.status)
            if said is None:
                return unknown(f"the answer does not say whether it was taken: {complaint(response)}")
            if str(said) not in account.accepted:
                return rejected(f"{response.status_code} {complaint(response)}")
        found = None if account.id is None else _id(pointed(answer, account.id))
        return done(found or message.reference)


def fill(template: Any, values: dict[str, str | int]) -> Any:
    """The template with its placeholders filled in, once; a string that is one placeholder takes the value's type."""
    if isinstance(template, dict):
        return {name: fill(part, values) for name, part in template.items()}
    if isinstance(template, list):
        return [fill(part, values) for part in template]
    if not isinstance(template, str):
        return template
    if whole := PLACEHOLDER.fullmatch(template):
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), template)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _id(found: Any) -> str | None:
    """The gateway's id as it is kept; None for what is none."""
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return clip(re.sub(r"[\0-\x1f]", " ", str(found)))[:ID_LENGTH]
