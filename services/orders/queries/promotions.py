"""A shop's promotions, and how often each is used: by orders that are neither drafts nor cancelled nor deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.promotions import USES_NOTHING
from services.orders.queries.documents import amount, moment
from services.orders.tables import orders, promotion_uses, promotions
from shared.database import among
from shared.problems import NotFound

_in_use = promotion_uses.join(orders, orders.c.id == promotion_uses.c.order_id)
_HOLDS = (orders.c.deleted_at.is_(None), orders.c.test.is_(False), orders.c.type.not_in(sorted(USES_NOTHING)))


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """A promotion; `minimum` is in minor units."""

    id: str
    shop: str
    code: str | None
    name: str
    labels: dict[str, str]
    kind: str
    value: Decimal
    currency: str | None
    skus: list[str]
    minimum: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    usage_limit: int | None
    client_limit: int | None
    active: bool

    @property
    def limited(self) -> bool:
        return self.usage_limit is not None or self.client_limit is not None

    def in_force(self, at: datetime) -> bool:
        after_start = self.starts_at is None or self.starts_at <= at
        return self.active and after_start and (self.ends_at is None or at < self.ends_at)

    def label(self, language: str) -> str:
        """What the client reads, in the order's language if it is there."""
        for choice in (language, language.partition("-")[0]):
            if choice in self.labels:
                return self.labels[choice]
        return self.name


async def possible_promotions(conn: AsyncConnection, shop: str, codes: Sequence[str]) -> list[PromotionRecord]:
    """Those that apply by themselves and those with one of these codes, in force or not, by id."""
    wanted = or_(promotions.c.code.is_(None), among(promotions.c.code, codes))
    statement = select(promotions).where(promotions.c.shop == shop, wanted).order_by(promotions.c.id)
    return [PromotionRecord(**row._asdict()) for row in await conn.execute(statement)]


async def list_promotions(conn: AsyncConnection, shop: str) -> list[PromotionRecord]:
    """All of a shop, the oldest first."""
    statement = select(promotions).where(promotions.c.shop == shop).order_by(promotions.c.id)
    return [PromotionRecord(**row._asdict()) for row in await conn.execute(statement)]


async def find_promotion(conn: AsyncConnection, shop: str, id_: str) -> PromotionRecord:
    """One of them. Raises `NotFound`."""
    statement = select(promotions).where(promotions.c.shop == shop, promotions.c.id == id_)
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(f"The shop has no promotion {id_}.")
    return PromotionRecord(**row._asdict())


async def count_uses(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, int]:
    """How many orders hold each of these promotions."""
    promotion = promotion_uses.c.promotion
    statement = select(promotion, func.count()).select_from(_in_use).where(among(promotion, ids), *_HOLDS)
    rows = await conn.execute(statement.group_by(promotion))
    return {row[0]: row[1] for row in rows}


async def count_client_uses(
    conn: AsyncConnection, ids: Iterable[str], emails: Iterable[str]
) -> dict[tuple[str, str], int]:
    """The same by promotion and client, for these clients."""
    columns = (promotion_uses.c.promotion, promotion_uses.c.email)
    chosen = (among(columns[0], ids), among(columns[1], emails))
    statement = select(*columns, func.count()).select_from(_in_use).where(*chosen, *_HOLDS)
    return {(row[0], row[1]): row[2] for row in await conn.execute(statement.group_by(*columns))}


def promotion_document(found: PromotionRecord, used: int) -> dict[str, Any]:
    """A promotion as the API shows it."""
    hidden = {"shop", "value", "minimum", "starts_at", "ends_at"}
    values = {name: getattr(found, name) for name in PromotionRecord.__slots__ if name not in hidden}
    return values | {
        "value": f"{found.value:f}",
        "minimum": None if found.minimum is None else amount(found.minimum, found.currency or ""),
        "starts_at": None if found.starts_at is None else moment(found.starts_at),
        "ends_at": None if found.ends_at is None else moment(found.ends_at),
        "used": used,
    }
