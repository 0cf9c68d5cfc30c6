"""One HTTP exchange with a provider, bounded in time, and what an answer other than success means.

What matters is the difference between "nothing happened" (retry), "nobody knows" (unknown) and "never" (rejected).
"""

import asyncio
from typing import Any

import httpx

from services.billing.domain.charging import Reply
from shared.contracts import Outcome

CONNECT_SECONDS = 5.0
REASON_LENGTH = 500
BUSY = 429
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


class Failed(Exception):
    """The exchange did not end in a success; `reply` is what that means for the call."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.reason)
        self.reply = reply


async def exchange(client: httpx.AsyncClient, method: str, url: str, *, seconds: float, **options: Any) -> Any:
    """The JSON object of a successful answer; raises `Failed`. A read that failed has done nothing."""
    reads = method == "GET"
    try:
        async with asyncio.timeout(seconds):
            response = await client.request(method, url, **options)
    except NOT_SENT as error:
        raise Failed(Reply(Outcome.RETRY, clip(f"not reached: {type(error).__name__} {error}"))) from error
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
        outcome = Outcome.RETRY if reads else Outcome.UNKNOWN
        raise Failed(Reply(outcome, clip(f"no answer: {type(error).__name__} {error}"))) from error
    if not response.is_success:
        raise Failed(judge(response, reads=reads))
    found = _document(response)
    if found is None:
        raise Failed(Reply(Outcome.RETRY if reads else Outcome.UNKNOWN, "the answer is no JSON object"))
    return found


def judge(response: httpx.Response, *, reads: bool) -> Reply:
    """The provider's own `Stripe-Should-Retry` goes before the status."""
    error = (_document(response) or {}).get("error")
    said = error.get("message") if isinstance(error, dict) else None
    reason = clip(f"{response.status_code} {said or response.reason_phrase}")
    advice = response.headers.get("stripe-should-retry")
    if response.status_code >= 500:
        return Reply(Outcome.RETRY if reads else Outcome.UNKNOWN, reason, retry_after=_seconds(response))
    repeatable = response.status_code in (BUSY, 401, 403, 408, 409)
    if advice == "true" or (repeatable and advice != "false"):
        return Reply(Outcome.RETRY, reason, retry_after=_seconds(response))
    return Reply(Outcome.REJECTED, reason)


def clip(text: str) -> str:
    """One line of bounded length: reasons are shown to people."""
    line = " ".join(text.split())
    return line if len(line) <= REASON_LENGTH else line[: REASON_LENGTH - 1] + "…"


def _document(response: httpx.Response) -> dict[str, Any] | None:
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _seconds(response: httpx.Response) -> float | None:
    try:
        return float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
