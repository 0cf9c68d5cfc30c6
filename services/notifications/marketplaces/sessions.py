"""What both marketplaces' clients do alike: authorised calls, moments as they write them, results of broken calls."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

from services.notifications.channels.web import AUTHORISATION, NoAnswer, NotSent, exchange
from services.notifications.domain.results import Result, down, unknown
from services.notifications.marketplaces.tokens import NoToken, Tokens


def _with_milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_with_milliseconds)]
"""`2022-02-11T01:00:00.000Z`, as both vendors write it."""


class Body(BaseModel):
    """A request body, or a part of one: camelCase on the wire, nothing beyond its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        """As it is sent."""
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")


class Session:
    """Calls to one vendor's API under one account's token. `headers` puts a token where the vendor wants it."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        tokens: Tokens,
        headers: Callable[[str], dict[str, str]],
        *,
        seconds: float,
    ) -> None:
        self.http = http
        self.tokens = tokens
        self._base_url = base_url.rstrip("/")
        self._headers = headers
        self._seconds = seconds

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call; a token refused in mid-flight is replaced once, and a second refusal is the answer.

        Raises `NoToken`, `NotSent` or `NoAnswer`.
        """
        token = await self.tokens.get()
        response = await self._attempt(method, path, token, options)
        if response.status_code in AUTHORISATION:
            response = await self._attempt(method, path, await self.tokens.renew(token), options)
        return response

    async def _attempt(self, method: str, path: str, token: str, options: dict[str, Any]) -> httpx.Response:
        return await exchange(
            self.http, method, self._base_url + path, seconds=self._seconds, headers=self._headers(token), **options
        )


async def outcome(calls: Awaitable[Result]) -> Result:
    """The result of these calls, also where they broke."""
    try:
        return await calls
    except NoToken as error:
        return error.result
    except NotSent as error:
        return down(str(error))
    except NoAnswer as error:
        return unknown(str(error))
