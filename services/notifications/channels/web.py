"""HTTP to vendors: one exchange with a deadline, and the difference between "not sent" and "no answer".

Shared by `sms` and the marketplaces. The table of outcomes is `judge`; what a vendor means by its own error codes stays
in that vendor's module. Bodies and headers never reach the logs: they hold tokens and telephone numbers.
"""

import asyncio
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import ValidationError

from services.notifications.domain.results import Result, Trouble, clip, down, rejected, unknown
from shared.contracts import Outcome

CONNECT_SECONDS = 5.0
SHOWN_BYTES = 2000

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
AUTHORISATION = (401, 403)
BUSY = 429
FAILING = frozenset({408, 425, 500, 502, 503, 504})


class NotSent(Exception):
    """The call never left: nothing can have happened."""


class NoAnswer(Exception):
    """The call left and no answer came: it may have taken effect."""


def http_client(seconds: float, *, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for one vendor account; `seconds` bounds each phase of an exchange."""
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    return httpx.AsyncClient(timeout=timeout, transport=transport, headers={"User-Agent": "comptoir"})


async def exchange(
    client: httpx.AsyncClient, method: str, url: str, *, seconds: float, **options: Any
) -> httpx.Response:
    """One request and its whole answer within `seconds`; redirects are not followed.

    Raises `NotSent` or `NoAnswer`; a read without an answer has done nothing, and counts as not sent.
    """
    try:
        async with asyncio.timeout(seconds):
            return await client.request(method, url, **options)
    except NOT_SENT as error:
        raise NotSent(f"not reached: {_name(error)}") from error
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
        broken = NotSent if method == "GET" else NoAnswer
        raise broken(f"no answer: {_name(error)}") from error


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
    """Seconds until the vendor wants to hear of us again: `Retry-After` as a number or a date, else its rate limit."""
    value = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        pass
    try:
        return 1.0 / float(response.headers.get("x-amzn-ratelimit-limit", ""))
    except (ValueError, ZeroDivisionError):
        return None


def why(error: ValidationError) -> str:
    """What our own model has against a request, field by field."""
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())


def _name(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
