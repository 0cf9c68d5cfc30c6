"""What is known of orders' documents and of the mails that take them along; and the key that fetches them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.papers import Client, Known, Mailing, Paper
from services.notifications.domain.verbs import DOCUMENT, SEND
from services.notifications.queries import Found
from services.notifications.tables import obligations, order_papers
from shared.contracts import Outcome
from shared.database import Database, among
from shared.security import find_shop, service_key

_papers: TypeAdapter[tuple[Paper, ...]] = TypeAdapter(tuple[Paper, ...])
_client: TypeAdapter[Client | None] = TypeAdapter(Client | None)

_known = select(order_papers).where(among(order_papers.c.order_id, "ids"))
_o = obligations.c
_mails = (
    select(_o.id, _o.order_id, _o.verb, _o.role, _o.revision, _o.state, _o.attempts, _o.lease_until, _o.version)
    .add_columns(_o.position, _o.attachments)
    .where(among(_o.order_id, "ids"), _o.channel == "mail", among(_o.verb, [SEND, DOCUMENT]))
    .where(_o.state != str(Outcome.OBSOLETE))
    .order_by(_o.id)
    .with_for_update()
)


class ServiceKeys:
    """The key that opens a shop's documents, of the shop as it was last heard."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, shop: str) -> str:
        """Empty before the shop has one."""
        async with self._db.read() as conn:
            found = await find_shop(conn, shop)
        return "" if found is None else service_key(found)


async def known_papers(conn: AsyncConnection, orders: Collection[str]) -> dict[str, Known]:
    """Of those of these orders that were written to, or whose account was heard."""
    return {row.order_id: _of_row(row) for row in await conn.execute(_known, {"ids": sorted(orders)})}


async def mailings(conn: AsyncConnection, orders: Collection[str]) -> dict[str, list[Mailing]]:
    """The mails of these orders that take documents along, locked; the caller holds the orders' guard rows."""
    found: defaultdict[str, list[Mailing]] = defaultdict(list)
    for row in await conn.execute(_mails, {"ids": sorted(orders)}):
        found[row.order_id].append(_mailing(row))
    return found


def _of_row(row: Found) -> Known:
    papers, client = _papers.validate_python(row.papers), _client.validate_python(row.client)
    return Known(row.order_id, row.shop, row.code, row.heard, row.complete, papers, client, row.merchant)


def _mailing(row: Found) -> Mailing:
    unsent = row.state == Outcome.DUE and row.attempts == 0 and row.lease_until is None
    taken: list[dict[str, Any]] = row.attachments or []
    return Mailing(
        row.id,
        row.role,
        row.version,
        row.position,
        waits=unsent and row.verb == SEND,
        again=row.revision > 0,
        papers=tuple(one["id"] for one in taken),
    )
