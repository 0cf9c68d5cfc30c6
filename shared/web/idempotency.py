"""`Idempotency-Key`: a POST sent twice does its work once.

The key's row is inserted first in the command's own transaction, so a second request with the same key waits for the
first (PostgreSQL's unique index, SQLite's single writer) and then gets the stored answer; a crash or a refusal leaves
no key behind. An answer that told of a person who was erased is forgotten, and its key says so. Kept for a time that
settings give; scoped to shop, caller's key and route.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text, bindparam, delete, select, update

from shared.database import UtcDateTime, upsert
from shared.outbox import Outbox, Transaction
from shared.problems import Invalid, Problem
from shared.security import Caller

HEADER = "idempotency-key"
LONGEST = 255
KEPT_HEADERS = ("etag", "location", "content-type", "preference-applied")

_shapes = MetaData()

idempotency_keys = Table(
    "idempotency_keys",
    _shapes,
    Column("scope", String(64), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("status", BigInteger),
    Column("headers", Text),
    Column("body", Text),
    Column("created_at", UtcDateTime(), nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)


class KeyReused(Invalid):
    """The key came with another body."""

    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"


def idempotency_tables(metadata: MetaData) -> Table:
    """A copy in a service's own metadata, for its migrations."""
    return idempotency_keys.to_metadata(metadata)


class AnswerErased(Problem):
    """The request was carried out; what was answered then told of a person who has been erased since."""

    slug = "answer-erased"
    title = "The answer was erased with a person's data"


async def once(
    request: Request, outbox: Outbox, caller: Caller, command: Callable[[Transaction], Awaitable[Response]]
) -> Response:
    """Run `command` in a transaction, at most once per Idempotency-Key; without the header just run it."""
    key = request.headers.get(HEADER)
    if key is None:
        async with outbox.transaction() as tx:
            return await command(tx)
    if not 1 <= len(key) <= LONGEST:
        raise Invalid(f"An Idempotency-Key has 1 to {LONGEST} characters.", field="Idempotency-Key")
    scope = scope_of(request, caller, key)
    digest = hashlib.sha256(await request.body()).hexdigest()
    async with outbox.transaction() as tx:
        stored = await _claim(tx, scope, digest)
        if stored is not None:
            return stored
        response = await command(tx)
        await remember(tx, scope, response)
        return response


def scope_of(request: Request, caller: Caller, key: str) -> str:
    """What a key is scoped to, as one digest."""
    parts = (caller.shop, caller.key_id, request.method, request.url.path, key)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


async def _claim(tx: Transaction, scope: str, digest: str) -> Response | None:
    """Take the key for this transaction, or return the answer it already has."""
    claim = upsert(tx.conn, idempotency_keys, keys=["scope"])
    taken = await tx.execute(claim.values(scope=scope, request=digest, created_at=tx.now))
    if taken.rowcount == 1:
        return None
    row = (await tx.execute(select(idempotency_keys).where(idempotency_keys.c.scope == scope))).one()
    if row.request != digest:
        raise KeyReused("The same Idempotency-Key came with another body.", field="Idempotency-Key")
    if row.body is None:
        raise AnswerErased("This request was carried out before; its answer was erased with a person's data.")
    headers = dict(line.split(": ", 1) for line in row.headers.splitlines())
    return Response(row.body, row.status, {**headers, "Idempotent-Replayed": "true"})


async def remember(tx: Transaction, scope: str, response: Response) -> None:
    """Store the answer of a claimed key (again, when a longer wait made a fuller one)."""
    headers = "\n".join(f"{name}: {response.headers[name]}" for name in KEPT_HEADERS if name in response.headers)
    values = {"status": response.status_code, "headers": headers, "body": bytes(response.body).decode()}
    await tx.execute(update(idempotency_keys).where(idempotency_keys.c.scope == scope).values(values))


async def forget_keys(tx: Transaction, hours: int) -> int:
    """Delete keys older than their retention; how many."""
    old = delete(idempotency_keys).where(idempotency_keys.c.created_at < bindparam("limit", type_=UtcDateTime()))
    return (await tx.execute(old, {"limit": tx.now - timedelta(hours=hours)})).rowcount
