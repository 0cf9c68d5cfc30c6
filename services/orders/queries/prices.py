"""What is known of prices: the articles that inventory told of, and which client sees which of their prices."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.prices import PUBLIC, Article, Price, Tariff
from services.orders.queries.groups import GroupRecord, list_groups
from services.orders.tables import customers, products
from shared.database import among


async def find_articles(conn: AsyncConnection, shop: str, skus: Iterable[str]) -> dict[str, Article]:
    """Those of the SKUs that are on offer, by SKU."""
    wanted = (products.c.shop == shop, among(products.c.sku, sorted(set(skus))), products.c.deleted.is_(False))
    return {row.sku: _article(row) for row in await conn.execute(select(products).where(*wanted))}


async def find_tariffs(conn: AsyncConnection, shop: str, emails: Iterable[str]) -> dict[str, Tariff]:
    """What each of these clients (by e-mail in lower case) sees, known or not."""
    known = {group.name: group for group in await list_groups(conn, shop)}
    wanted = sorted(set(emails))
    grouped = select(customers.c.email, customers.c.group_name).where(
        customers.c.shop == shop, among(customers.c.email, wanted), customers.c.group_name.is_not(None)
    )
    group_of = {row.email: row.group_name for row in await conn.execute(grouped)} if known else {}
    return {email: _tariff(known.get(group_of.get(email, PUBLIC))) for email in wanted}


async def tariff_of_customer(conn: AsyncConnection, shop: str, customer: str) -> Tariff:
    """What a client sees, named by e-mail or id; somebody unknown is a guest."""
    named = or_(customers.c.email == customer.lower(), customers.c.id == customer)
    found = (await conn.execute(select(customers.c.email).where(customers.c.shop == shop, named))).scalar()
    email = found or customer.lower()
    return (await find_tariffs(conn, shop, [email]))[email]


def tariff_of_group(group: GroupRecord) -> Tariff:
    """What the clients of a group see."""
    return Tariff(group.name, group.price_list, group.prices_shown == "gross")


def _tariff(group: GroupRecord | None) -> Tariff:
    return Tariff() if group is None else tariff_of_group(group)


def _article(row: Any) -> Article:
    prices = {
        (found["price_list"], found["currency"]): Price(
            found["price_list"], Decimal(found["price"]), found["includes_tax"]
        )
        for found in row.prices
    }
    if row.price is not None and row.currency is not None:
        prices[PUBLIC, row.currency] = Price(PUBLIC, row.price, row.price_includes_tax)
    return Article(row.sku, row.title, row.tax_rate, prices)
