"""Webhooks: the state of an order to an address that the seller named, signed after Standard Webhooks 1.0.

The message's id is made of the obligation and the revision it tells, so a repetition carries the same id and a receiver
can drop it: no outcome is ever unknown, only not yet done. What a status means is `judge`; when to try again and when
to shut the endpoint off is decided elsewhere (`domain.lifecycle`, `commands.webhooks`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx
import orjson
from pydantic import TypeAdapter

from services.notifications.channels.outward import Misshapen, Post, Refused, Reply, Unreached
from services.notifications.channels.web import retry_after
from services.notifications.domain.results import Call, Exchange, Result, Trouble, clip, down, rejected
from services.notifications.domain.signing import signature_headers
from services.notifications.domain.webhooks import News, body_of
from shared.contracts import Outcome
from shared.database import Clock

SHOWN_BYTES = 300
GONE = 410
THROTTLED = frozenset({429, 502, 504})
THROTTLE_SECONDS = 30.0
"""How long a receiver that asks for patience, and not for how much, is left in peace."""
MISPLACED = frozenset({401, 403, 404, 405})
"""These speak of the address, not of what was sent there."""

_news = TypeAdapter(News)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to, and the secrets to sign with: two while one is being changed. `shut` is why nothing may be sent."""

    url: str
    secrets: Sequence[str]
    shut: str | None = None


class Endpoints(Protocol):
    """Where endpoints are kept."""

    async def find(self, endpoint: str) -> Endpoint | None: ...


class Webhooks:
    """All webhooks of this process."""

    def __init__(self, post: Post, endpoints: Endpoints, clock: Clock) -> None:
        self._post = post
        self._endpoints = endpoints
        self._clock = clock

    async def send(self, call: Call) -> Result:
        """Tell the endpoint how the order now is."""
        news = _news.validate_python(call.payload)
        endpoint = await self._endpoints.find(news.endpoint)
        if endpoint is None:
            return rejected("the endpoint was removed")
        if endpoint.shut is not None:
            return rejected(f"the endpoint is off: {endpoint.shut}")
        body = encode(body_of(news).model_dump(mode="json", exclude_none=True))
        return await deliver(self._post, endpoint, f"msg_{call.id}_{news.revision}", body, self._clock())

    async def close(self) -> None:
        """Connections are `Outward`'s."""


def encode(document: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent: always the same for the same document."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


async def deliver(post: Post, endpoint: Endpoint, message: str, body: bytes, now: datetime) -> Result:
    """One signed request, and what its answer means."""
    headers = {"content-type": "application/json", **signature_headers(endpoint.secrets, message, now, body)}
    try:
        reply = await post(endpoint.url, body, headers)
    except Misshapen as error:
        return rejected(str(error))
    except (Refused, Unreached) as error:
        return down(str(error))
    return judge(reply, now)


def judge(reply: Reply, now: datetime) -> Result:
    """Success is 2xx; 410 ends it, 429, 502 and 504 slow the endpoint down, all else, redirects too, is tried again."""
    shown = reply.said[:SHOWN_BYTES].decode("utf-8", "replace")
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in shown).split())
    exchange = Exchange(reply.status, reply.seconds, text)
    said = clip(f"{reply.status} {text}".strip())
    if 200 <= reply.status < 300:
        return Result(Outcome.DONE, None, str(reply.status), exchange=exchange)
    if reply.status == GONE:
        return Result(Outcome.REJECTED, said, trouble=Trouble.GONE, exchange=exchange)
    if reply.status in THROTTLED:
        seconds = patience(reply, now) or THROTTLE_SECONDS
        return Result(Outcome.RETRY, said, retry_after=seconds, trouble=Trouble.BUSY, exchange=exchange)
    whole = reply.status >= 500 or reply.status < 400 or reply.status in MISPLACED
    trouble = Trouble.DOWN if whole else None
    return Result(Outcome.RETRY, said, retry_after=patience(reply, now), trouble=trouble, exchange=exchange)


def patience(reply: Reply, now: datetime) -> float | None:
    """The seconds in `Retry-After`, as a number or a date."""
    return retry_after(httpx.Response(reply.status, headers=dict(reply.headers)), now)
