"""What every service keeps of the shops it heard of: the newest `orders.shop.v1`, whole."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts import Shop
from shared.database import upsert

_shapes = MetaData()

shops = Table(
    "shops",
    _shapes,
    Column("shop", String(40), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)


class _Tx(Protocol):
    @property
    def conn(self) -> AsyncConnection: ...


_body = select(shops.c.body).where(shops.c.shop == bindparam("shop"))


def shop_tables(metadata: MetaData) -> Table:
    """A copy in a service's own metadata, for its migrations."""
    return shops.to_metadata(metadata)


async def find_shop(conn: AsyncConnection, shop: str) -> Shop | None:
    """The shop as last heard; None before that."""
    body = (await conn.execute(_body, {"shop": shop})).scalar_one_or_none()
    return None if body is None else Shop.decode(body)


async def any_shop(conn: AsyncConnection) -> bool:
    """Whether a shop was heard of."""
    return (await conn.execute(select(shops.c.shop).limit(1))).first() is not None


async def hear_shops(tx: _Tx, messages: Sequence[Shop]) -> None:
    """The handler of `orders.shop.v1` that every service has."""
    rows = [{"shop": shop.shop, "version": shop.version, "body": shop.encode().decode()} for shop in messages]
    newer = upsert(tx.conn, shops, keys=["shop"], update=("version", "body"), newest_by="version")
    await tx.conn.execute(newer, rows)
