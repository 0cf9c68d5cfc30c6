"""An account's access token: fetched once for all who wait, refreshed at 80 % of its life, shared between replicas.

The channels only see `Tokens`; where tokens are kept is a `TokenStore` (rows, in production), how one is had is the
vendor's own `fetch`. While the token endpoint is down a token that is still valid goes on being used.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx

from services.notifications.channels.web import FAILING, NoAnswer, NotSent, complaint, document, exchange, judge
from services.notifications.domain.results import Result, Trouble, clip, down
from shared.contracts import Outcome
from shared.database import Clock

LIFE_USED = 0.8


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when it should, and when it must, be replaced."""

    value: str
    refresh_at: datetime
    expires_at: datetime


class TokenStore(Protocol):
    """Where an account's token is kept."""

    async def load(self) -> Token | None: ...

    async def save(self, token: Token) -> None: ...


class NoToken(Exception):
    """No token can be had; `result` is what that means for the call that needed it."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.reason)
        self.result = result


class MemoryStore:
    """For one process: tests, and whoever needs no sharing."""

    def __init__(self) -> None:
        self.token: Token | None = None

    async def load(self) -> Token | None:
        return self.token

    async def save(self, token: Token) -> None:
        self.token = token


class Tokens:
    """The access token of one account."""

    def __init__(self, fetch: Callable[[], Awaitable[Token]], store: TokenStore, clock: Clock) -> None:
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._token: Token | None = None
        self._single = asyncio.Lock()

    async def get(self) -> str:
        """A token that is good for a call; raises `NoToken`."""
        if self._token is None or self._token.refresh_at <= self._clock():
            await self._refresh(self._token)
        assert self._token is not None  # noqa: S101 - _refresh raises otherwise
        return self._token.value

    async def renew(self, refused: str) -> str:
        """Another token than this one, which the vendor has just refused; raises `NoToken`."""
        if self._token is not None and self._token.value == refused:
            await self._refresh(self._token, refused=refused)
        return await self.get()

    async def _refresh(self, known: Token | None, refused: str | None = None) -> None:
        async with self._single:
            if self._token is not known:
                return  # somebody else has just done it
            stored = await self._store.load()
            if stored and stored.value != refused and stored.refresh_at > self._clock():
                self._token = stored
                return
            try:
                token = await self._fetch()
            except NoToken:
                usable = stored or known
                if usable is None or usable.value == refused or usable.expires_at <= self._clock():
                    raise
                self._token = usable
                return
            self._token = token
            await self._store.save(token)


async def fetch_token(
    http: httpx.AsyncClient,
    url: str,
    form: dict[str, str],
    clock: Clock,
    *,
    seconds: float,
    auth: httpx.BasicAuth | None = None,
) -> Token:
    """One call to an OAuth token endpoint. `invalid_grant` and its like mean that a person must consent anew."""
    now = clock()
    try:
        response = await exchange(http, "POST", url, seconds=seconds, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
    except (NotSent, NoAnswer) as error:
        raise NoToken(down(f"token endpoint {error}")) from error
    body = document(response)
    if response.status_code == httpx.codes.OK and isinstance(body.get("access_token"), str):
        life = timedelta(seconds=float(body.get("expires_in") or 3600))
        return Token(body["access_token"], now + life * LIFE_USED, now + life)
    if response.status_code in FAILING or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise NoToken(judge(response, now, repeatable=True))
    said = clip(f"token endpoint {response.status_code} {body.get('error') or complaint(response)}")
    raise NoToken(Result(Outcome.RETRY, said, trouble=Trouble.REFUSED))
