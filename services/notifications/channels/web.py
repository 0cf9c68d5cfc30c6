"""HTTP to vendors: one exchange with a deadline, and the difference between "not sent" and "no answer".

Shared by `sms` and the marketplaces. The table of outcomes is `judge`; what a vendor means by its own error codes stays
in that vendor's module. Bodies and headers never reach the logs: they hold tokens and telephone numbers.
"""

import asyncio
import math
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx
from pydantic import ValidationError

from services.notifications.domain.results import Result, Trouble, clip, down, rejected, unknown
from shared.contracts import Outcome

CONNECT_SECONDS = 5.0
SHOWN_BYTES = 2000
LONGEST_ANSWER = 5_000_000
"""Bytes of a success, unpacked: a page of orders, a feed's report."""
LONGEST_COMPLAINT = 65_536
"""Of anything else, whose body decides nothing. What is beyond is not read."""
LONGEST_PATIENCE = 86_400.0
"""Seconds: nobody silences a lane for longer, whatever they write."""

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
_OF_THE_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding"})
AUTHORISATION = (401, 403)
BUSY = 429
FAILING = frozenset({408, 425, 500, 502, 503, 504})


class NotSent(Exception):
    """The call never left: nothing can have happened."""


class NoAnswer(Exception):
    """The call left and no answer came: it may have taken effect."""


_trusted = cache(httpx.create_ssl_context)
"""Read once a process, not once an account: reading the authorities holds up the event loop for 40 ms."""


def http_client(seconds: float, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for one vendor account; `seconds` bounds each phase of an exchange."""
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    headers = {"User-Agent": "comptoir"}
    return httpx.AsyncClient(timeout=timeout, transport=transport, headers=headers, verify=_trusted())


async def exchange(
    client: httpx.AsyncClient, method: str, url: str, *, seconds: float, **options: Any
) -> httpx.Response:
    """One request and its whole answer within `seconds`; redirects are not followed.

    Raises `NotSent` or `NoAnswer`; a read without an answer has done nothing, and counts as not sent.
    """
    try:
        async with asyncio.timeout(seconds):
            async with client.stream(method, url, **options) as response:
                return await _bounded(response)
    except NOT_SENT as error:
        raise NotSent(f"not reached: {_name(error)}") from error
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
        broken = NotSent if method == "GET" else NoAnswer
        raise broken(f"no answer: {_name(error)}") from error


async def _bounded(response: httpx.Response) -> httpx.Response:
    """The answer with as much of its body as is of use."""
    most = LONGEST_ANSWER if response.is_success else LONGEST_COMPLAINT
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) >= most:
            break
    headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in _OF_THE_TRANSFER]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(content[:most]), request=response.request
    )


def judge(response: httpx.Response, now: datetime, *, repeatable: bool) -> Result:
    """What an answer other than success means. `repeatable`: sending the same again does nothing twice."""
    said = f"{response.status_code} {complaint(response)}"
    if response.status_code == BUSY:
        return Result(Outcome.RETRY, clip(said), retry_after=retry_after(response, now), trouble=Trouble.BUSY)
    if response.status_code in AUTHORISATION:
        return Result(Outcome.RETRY, clip(said), trouble=Trouble.REFUSED)
    if response.status_code in FAILING or response.status_code >= 500:
        return down(said) if repeatable else unknown(said)
    return rejected(said)


def complaint(response: httpx.Response) -> str:
    """The vendor's own words, as they came: JSON, text, or nothing at all."""
    text = response.content[:SHOWN_BYTES].decode("utf-8", "replace").strip()
    if "html" in response.headers.get("content-type", ""):
        return f"(a page of HTML, {len(response.content)} bytes)"
    return text or response.headers.get("sl-violations", "") or "(empty body)"


def document(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in an answer; empty for anything else, since the status alone decides."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Seconds until the vendor wants to hear of us again: `Retry-After` as a number or a date, else its rate limit.

    Headers are what the other side writes: a limit may be absent, a word, or no number of this world.
    """
    value = response.headers.get("retry-after", "")
    asked = _number(value)
    if asked is not None:
        return min(asked, LONGEST_PATIENCE)
    try:
        return min(max(0.0, (parsedate_to_datetime(value) - now).total_seconds()), LONGEST_PATIENCE)
    except (ValueError, TypeError):
        pass
    rate = _number(response.headers.get("x-amzn-ratelimit-limit", ""))
    return min(1.0 / rate, LONGEST_PATIENCE) if rate else None


def _number(text: str) -> float | None:
    """A finite number that is not negative."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def why(error: ValidationError) -> str:
    """What our own model has against a request, field by field."""
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())


def _name(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
