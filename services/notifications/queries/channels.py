"""What is known of a shop's marketplaces: accounts, how far its orders were pulled, listings."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.channel_accounts import Policy, policy_of
from services.notifications.queries import Found
from services.notifications.tables import channel_accounts, channel_listings, channel_pulls


async def find_account(conn: AsyncConnection, shop: str, channel: str) -> Found | None:
    """The account row, credentials sealed."""
    c = channel_accounts.c
    own = select(channel_accounts).where(c.shop == shop, c.channel == channel)
    return (await conn.execute(own)).one_or_none()


async def find_policy(conn: AsyncConnection, shop: str, channel: str) -> Policy:
    """How the shop deals with this marketplace."""
    row = await find_account(conn, shop, channel)
    return policy_of(None if row is None else row.account)


async def find_pull(conn: AsyncConnection, shop: str, channel: str) -> Found | None:
    """How far the shop's orders were pulled."""
    c = channel_pulls.c
    own = select(channel_pulls).where(c.shop == shop, c.channel == channel)
    return (await conn.execute(own)).one_or_none()


async def listings(
    conn: AsyncConnection, shop: str, channel: str, limit: int, after: str | None
) -> tuple[Sequence[Found], int]:
    """A page of listings by SKU, one more than `limit` if there are, and how many there are in all."""
    c = channel_listings.c
    own = (c.shop == shop) & (c.channel == channel)
    total = (await conn.execute(select(func.count()).select_from(channel_listings).where(own))).scalar_one()
    page = select(channel_listings).where(own).order_by(c.sku).limit(limit + 1)
    if after is not None:
        page = page.where(c.sku > after)
    return (await conn.execute(page)).all(), total
