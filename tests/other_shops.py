"""A walk along every route of a service with the key of another shop and this shop's identifiers: it finds nothing.

The table of a service's test says for each route what to send and what must come back, so that a route that nobody
thought of fails the test. Nothing of this shop's content may be in an answer, and no row of this shop may change; that
its own key finds the content by the same requests proves that the walk knocked at the right doors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import MetaData, select

from shared.database import Database

SECRET = "Zerlina"
"""Stands in everything that the shop's data hold, and in no identifier."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the other shop sends to a route, and what it must be answered; `path` fills the route's parameters."""

    status: int
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    shows: bool = False
    """Asked by the shop itself, it shows the content."""


Cases = Mapping[str, Case]


def routes(app: FastAPI) -> set[str]:
    """`GET /path` for every operation of the OpenAPI description."""
    paths = app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


async def ask(client: httpx.AsyncClient, route: str, case: Case) -> httpx.Response:
    """Send one case."""
    method, _, template = route.partition(" ")
    return await client.request(
        method,
        template.format(**case.path),
        params=dict(case.query),
        json=case.json,
        content=case.content,
        headers=dict(case.headers),
    )


async def walk(db: Database, metadata: MetaData, stranger: httpx.AsyncClient, shop: str, cases: Cases) -> None:
    """Knock at every door with the stranger's key."""
    before = await rows_of(db, metadata, shop)
    for route, case in cases.items():
        answer = await ask(stranger, route, case)
        assert answer.status_code == case.status, (route, answer.text)
        assert SECRET not in answer.text, (route, answer.text)
        if not route.startswith("GET "):
            assert await rows_of(db, metadata, shop) == before, route
    assert await rows_of(db, metadata, shop) == before


async def rows_of(db: Database, metadata: MetaData, shop: str) -> dict[str, Sequence[Any]]:
    """All rows of a shop, by table; rows without a shop are those of its orders."""
    async with db.read() as conn:
        found: dict[str, Sequence[Any]] = {}
        for table in metadata.sorted_tables:
            if "shop" in table.c:
                rows = await conn.execute(select(table).where(table.c.shop == shop).order_by(*table.primary_key))
                found[table.name] = rows.all()
        ids = sorted({row.id for row in found.get("orders", ())})
        for table in metadata.sorted_tables:
            if "shop" not in table.c and "order_id" in table.c:
                rows = await conn.execute(select(table).where(table.c.order_id.in_(ids)).order_by(*table.primary_key))
                found[table.name] = rows.all()
    return found
