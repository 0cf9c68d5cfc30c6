"""What both marketplaces' clients do alike: authorised calls, moments as they write them, results of broken calls.

A page of orders is read order by order: one that cannot be understood is told to the log, and keeps no other back.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
from prometheus_client import Counter
from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, ValidationError
from pydantic.alias_generators import to_camel

from services.notifications.channels.web import AUTHORISATION, NoAnswer, NotSent, document, exchange, judge, why
from services.notifications.domain.channel_orders import Seen
from services.notifications.domain.results import Result, down, rejected, unknown
from services.notifications.marketplaces.tokens import NoToken, Tokens
from shared.database import Clock
from shared.observability import get_logger

log = get_logger(__name__)

UNNAMED = Counter("comptoir_vendor_unnamed_values", "Values that a vendor's file does not name", ["channel", "field"])
WORD = re.compile(r"[A-Za-z0-9_]{1,40}")

Headers = dict[str, str]


def _with_milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_with_milliseconds)]
"""`2022-02-11T01:00:00.000Z`, as both vendors write it."""


def named(channel: str, field: str, value: Any, known: Collection[str]) -> str:
    """A value of a vendor's enumeration as it came. One that its file does not name is told to log and metrics."""
    text = "" if value is None else str(value)
    if text and text not in known:
        UNNAMED.labels(channel, field).inc()
        log.warning("vendor.unnamed_value", channel=channel, kind=field, state=text if WORD.fullmatch(text) else "?")
    return text


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

    async def call(self, method: str, path: str, *, more: Headers | None = None, **options: Any) -> httpx.Response:
        """One call with `more` headers; a token refused in mid-flight is replaced once, a second refusal is the answer.

        Raises `NoToken`, `NotSent` or `NoAnswer`.
        """
        token = await self.tokens.get()
        response = await self._attempt(method, path, self._headers(token) | (more or {}), options)
        if response.status_code in AUTHORISATION:
            renewed = await self.tokens.renew(token)
            response = await self._attempt(method, path, self._headers(renewed) | (more or {}), options)
        return response

    def url(self, path: str) -> httpx.URL:
        """The whole address of a path."""
        return httpx.URL(self._base_url + path)

    async def _attempt(self, method: str, path: str, headers: Headers, options: dict[str, Any]) -> httpx.Response:
        url = self._base_url + path
        return await exchange(self.http, method, url, seconds=self._seconds, headers=headers, **options)


async def outcome(calls: Awaitable[Result]) -> Result:
    """The result of these calls, also where they broke, or where our own model refuses what was to be sent."""
    try:
        return await calls
    except ValidationError as error:
        return rejected(why(error))
    except NoToken as error:
        return error.result
    except NotSent as error:
        return down(str(error))
    except NoAnswer as error:
        return unknown(str(error))


async def page(call: Awaitable[httpx.Response], clock: Clock) -> dict[str, Any] | Result:
    """The document that a reading call brought, or what its failure means: reading may always be done again."""
    try:
        response = await call
    except NoToken as error:
        return error.result
    except (NotSent, NoAnswer) as error:
        return down(str(error))
    if not response.is_success:
        return judge(response, clock(), repeatable=True)
    found = document(response)
    return found or down("an answer that is no JSON object")


def readable(channel: str, read: Callable[[dict[str, Any]], Seen], found: Iterable[Any]) -> Iterator[Seen]:
    """The orders that can be understood."""
    for one in found:
        try:
            yield read(one)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            number = one.get("orderId") if isinstance(one, dict) else None
            log.error("pull.order_not_understood", channel=channel, order=number, error=type(error).__name__)
