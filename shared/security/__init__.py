"""Who may ask what: API keys, verified by each service from what it has heard of the shops.

Orders owns the keys and publishes their hashes and scopes in `orders.shop.v1`; every service keeps the message in its
`shops` table and verifies by itself. The shop of a request is its key's, or the header `Comptoir-Shop` where the key
has several. Neighbour: `shops` (the table and its handler).
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import Request
from sqlalchemy import select

from shared.contracts import Shop, ShopKey
from shared.database import Clock, Database
from shared.problems import Problem
from shared.security.links import service_key
from shared.security.shops import any_shop, find_shop, hear_shops, shop_tables, shops

__all__ = [
    "DOCUMENTS",
    "Caller",
    "Keyring",
    "allow",
    "any_shop",
    "find_shop",
    "hash_key",
    "hear_shops",
    "open_to_all",
    "service_key",
    "shop_tables",
]

FRESH_SECONDS = 2.0
UNKNOWN_SECONDS = 0.2
"""How soon an unknown key is looked for again: a new key works at once, and guessing costs no query each."""
ADMIN = "admin"
DOCUMENTS = "documents:read"
"""The scope of our own services' key: a shop's PDFs, and nothing else. No key of a person has or needs it."""


class Unauthorized(Problem):
    """No key, or one that is unknown, revoked or expired."""

    status: ClassVar[int] = 401
    slug: ClassVar[str] = "unauthorized"
    title: ClassVar[str] = "A valid API key is needed"


class Forbidden(Problem):
    """The key does not reach this far."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "forbidden"
    title: ClassVar[str] = "The key does not allow this"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which shop, and what the key allows."""

    shop: str
    key_id: str
    actor: str
    scopes: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Whether the key may do everything in its shop, and see what belongs to no shop."""
        return ADMIN in self.scopes


def hash_key(key: str) -> str:
    """What is stored of a key (it is random and long, so a plain digest cannot be guessed)."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keyring:
    """The keys of all shops, read again from the database every two seconds, or sooner for a key not known yet."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._keys: dict[str, dict[str, ShopKey]] = {}

    def forget(self) -> None:
        """Look again at the next request (keys were just changed here)."""
        self._read_at = float("-inf")

    async def caller(self, authorization: str | None, shop: str | None, *scopes: str) -> Caller:
        """Verify the header `Authorization: Bearer …` for one of these scopes; raises `Unauthorized` or `Forbidden`."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorized("Send the header 'Authorization: Bearer <key>'.")
        digest = hash_key(key.strip())
        held = {name: found for name, found in (await self._held(digest)).items() if self._valid(found)}
        if not held:
            raise Unauthorized("The key is unknown, revoked or expired.")
        chosen = self._choose(held, shop)
        found = held[chosen]
        if not {ADMIN, *scopes} & set(found.scopes):
            raise Forbidden(f"The key lacks the scope '{scopes[0]}'.", scope=scopes[0])
        return Caller(chosen, found.id, found.name or found.id, frozenset(found.scopes))

    @staticmethod
    def _choose(held: dict[str, ShopKey], shop: str | None) -> str:
        if shop is not None:
            if shop not in held:
                raise Forbidden("The key does not belong to the shop named in 'Comptoir-Shop'.")
            return shop
        if len(held) > 1:
            raise Forbidden("The key has several shops: name one in the header 'Comptoir-Shop'.", shops=sorted(held))
        return next(iter(held))

    def _valid(self, key: ShopKey) -> bool:
        return key.expires_at is None or key.expires_at > self._clock()

    async def _held(self, digest: str) -> dict[str, ShopKey]:
        fresh = FRESH_SECONDS if digest in self._keys else UNKNOWN_SECONDS
        async with self._reading:
            if time.monotonic() - self._read_at > fresh:
                await self._read()
        return self._keys.get(digest, {})

    async def _read(self) -> None:
        async with self._db.read() as conn:
            bodies = (await conn.execute(select(shops.c.body))).scalars().all()
        keys: dict[str, dict[str, ShopKey]] = {}
        for shop in map(Shop.decode, bodies):
            for key in (*shop.keys, *_service_keys(shop)):
                keys.setdefault(key.sha256, {})[shop.shop] = key
        self._keys, self._read_at = keys, time.monotonic()


def _service_keys(shop: Shop) -> list[ShopKey]:
    own = service_key(shop)
    return [ShopKey(id="comptoir", sha256=hash_key(own), scopes=(DOCUMENTS,))] if own else []


def allow(scope: str, *also: str) -> Callable[[Request], Coroutine[Any, Any, Caller]]:
    """A FastAPI dependency: the caller, who holds `scope` (or one of `also`, or `admin`)."""

    async def caller(request: Request) -> Caller:
        keyring: Keyring = request.app.state.keyring
        headers = request.headers
        return await keyring.caller(headers.get("authorization"), headers.get("comptoir-shop"), scope, *also)

    caller.scope = scope  # type: ignore[attr-defined]
    return caller


async def open_to_all() -> None:
    """Marks a route that needs no key; a test lists these routes and fails on one without a policy."""
