"""Fetches the documents that mails take along from billing: the one call between our services that is permitted.

By id, from a configured address (in one process: in memory), with the shop's service key, which is made anew for each
call and stands in no log. Bytes that are not those the account names are not sent. Neighbour: `mail`, which asks.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import httpx

from services.notifications.channels.web import http_client, retry_after
from services.notifications.domain.results import Attachment
from shared.database import Clock

LARGEST = 10_000_000
"""Bytes of one document; many relays refuse a larger mail."""
FOR_GOOD = frozenset({404, 409, 410, 413})
"""Answers that will not change: there is no such document, or no PDF of it."""

ServiceKey = Callable[[str], Awaitable[str]]
"""The service key of a shop; empty where it has none."""
Fetch = Callable[[Attachment], Awaitable[bytes]]


class NotHad(Exception):
    """The document could not be had now, or (`for_good`) will never be; `retry_after` is billing's own wish."""

    def __init__(self, reason: str, *, for_good: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.for_good = for_good
        self.retry_after = retry_after


class Documents:
    """The way to billing's documents, if there is one."""

    def __init__(self, url: str | None, key: ServiceKey, clock: Clock, *, seconds: float) -> None:
        self._key = key
        self._clock = clock
        self._seconds = seconds
        self._url = (url or "").rstrip("/")
        self._client = http_client(seconds) if url else None

    @property
    def reachable(self) -> bool:
        """Whether it is known where documents are."""
        return self._client is not None

    def reach_by(self, transport: httpx.AsyncBaseTransport) -> None:
        """Billing answers in this process."""
        self._url, self._client = "http://billing.invalid", http_client(self._seconds, transport=transport)

    def of(self, shop: str) -> Fetch:
        """How this shop's documents are fetched."""

        async def fetch(document: Attachment) -> bytes:
            return await self._fetch(shop, document)

        return fetch

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            await self._client.aclose()

    async def _fetch(self, shop: str, document: Attachment) -> bytes:
        """The very bytes that the account named. Raises `NotHad`."""
        try:
            async with asyncio.timeout(self._seconds):
                content = await self._read(await self._key(shop), document.id)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            raise NotHad(f"billing was not reached: {type(error).__name__}") from error
        if hashlib.sha256(content).hexdigest() != document.sha256:
            raise NotHad(f"the bytes of {document.number} are not those that its account names")
        return content

    async def _read(self, key: str, document: str) -> bytes:
        if self._client is None:
            raise NotHad("COMPTOIR_DOCUMENTS_URL does not say where documents are", for_good=True)
        if not key:
            raise NotHad("the shop has no service key yet")
        url, headers = f"{self._url}/api/v1/billing/documents/{document}/pdf", {"Authorization": f"Bearer {key}"}
        async with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code != 200:
                wish = retry_after(response, self._clock())
                good = response.status_code in FOR_GOOD
                raise NotHad(f"billing answers {response.status_code}", for_good=good, retry_after=wish)
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > LARGEST:
                    raise NotHad(f"larger than {LARGEST} bytes", for_good=True)
        return bytes(content)
