"""What notifications knows of an order: its obligations, which versions it has heard, what is parked.

`standings` is the source of every answer; `deliveries` is what people and programs read. Neighbours: `waiting` (why a
delivery has not left), `audience` (who is told beyond clients), `receivers` (endpoints and browsers).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.lifecycle import OPEN
from services.notifications.tables import attempts, guards, obligations, parked
from shared.contracts import Account, Order, Outcome
from shared.database import among

Found = Row[*tuple[Any, ...]]
"""A row of whatever columns were asked for."""

_ITEM = (
    obligations.c.id,
    obligations.c.order_id,
    obligations.c.channel,
    obligations.c.verb,
    obligations.c.subject,
    obligations.c.role,
    obligations.c.revision,
    obligations.c.state,
    obligations.c.attempts,
    obligations.c.changed_at,
    obligations.c.reference,
    obligations.c.reason,
    obligations.c.version,
    obligations.c.lease_until,
)

DELIVERY = (*_ITEM, obligations.c.code, obligations.c.due_at, obligations.c.asked_at)

_left = [str(Outcome.REJECTED), *(str(state) for state in sorted(OPEN))]
NEEDS_PERSON = and_(obligations.c.due_at.is_(None), among(obligations.c.state, _left))
"""Nothing more happens by itself: rejected, or open and without a next try."""


@dataclass(slots=True)
class Standing:
    """How notifications stands to one order; `blocked` is why the newest message of a kind could not be applied."""

    heard: int = 0
    heard_account: int = 0
    blocked: dict[str, str] = field(default_factory=dict)
    obligations: list[Found] = field(default_factory=list)


_heard = (
    select(guards.c.message, guards.c.key, guards.c.version, parked.c.reason)
    .select_from(guards.outerjoin(parked, and_(parked.c.message == guards.c.message, parked.c.key == guards.c.key)))
    .where(among(guards.c.message, [Order.name, Account.name]), among(guards.c.key, "ids"))
)
_obligations = select(*_ITEM).where(among(obligations.c.order_id, "ids")).order_by(obligations.c.id)


async def standings(conn: AsyncConnection, orders: Collection[str]) -> dict[str, Standing]:
    """Two statements for any number of orders; the caller holds their guard rows."""
    found = {order: Standing() for order in orders}
    ids = sorted(found)
    for message, key, version, reason in await conn.execute(_heard, {"ids": ids}):
        standing = found[key]
        if message == Order.name:
            standing.heard = version
        else:
            standing.heard_account = version
        if reason is not None:
            standing.blocked[message] = reason
    for obligation in await conn.execute(_obligations, {"ids": ids}):
        found[obligation.order_id].obligations.append(obligation)
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """Which deliveries a list is about."""

    shop: str
    order: str | None = None
    outcome: str | None = None
    channel: str | None = None
    role: str | None = None
    needs_person: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """As the database is asked."""
        c = obligations.c
        equal = ((c.code, self.order), (c.state, self.outcome), (c.channel, self.channel), (c.role, self.role))
        found = [c.shop == self.shop, *(column == value for column, value in equal if value is not None)]
        if self.needs_person is not None:
            found.append(NEEDS_PERSON if self.needs_person else ~NEEDS_PERSON)
        if self.since is not None:
            found.append(c.asked_at >= self.since)
        if self.until is not None:
            found.append(c.asked_at < self.until)
        return found


async def deliveries(
    conn: AsyncConnection, asked: Asked, limit: int, after: tuple[datetime, str] | None
) -> tuple[Sequence[Found], int]:
    """A page of deliveries, newest change last, and how many there are in all; one more than `limit` if there are."""
    conditions = asked.conditions
    total = (await conn.execute(select(func.count()).select_from(obligations).where(*conditions))).scalar_one()
    order = (obligations.c.asked_at, obligations.c.id)
    page = select(*DELIVERY).where(*conditions).order_by(*order).limit(limit + 1)
    if after is not None:
        page = page.where(tuple_(*order) > tuple_(*after))
    return (await conn.execute(page)).all(), total


async def journal(conn: AsyncConnection, obligation: str) -> Sequence[Found]:
    """Every attempt at one delivery, oldest first."""
    mine = select(attempts).where(attempts.c.obligation_id == obligation).order_by(attempts.c.fence)
    return (await conn.execute(mine)).all()
