"""Close days that are over, and the months and years that end with them: totals and the heads of all series, chained.

A day of a seller is over when it has ended in the zone of each of its shops. Closing takes the seller's row alone, of
which every issuer holds a share: it waits for those under way, sees what they issued, and whoever comes after it dates
on a later day (`numbering`). Days without a document are closed as well, so that no gap can hide one.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, insert, select, update

from services.billing.commands.numbering import legal_id
from services.billing.domain import canonical, closing_content, link, periods_ending, perpetual_after
from services.billing.queries.closings import day_figures
from services.billing.tables import closings, documents, sellers, shop_sellers
from shared.contracts import Shop
from shared.outbox import Transaction
from shared.security import find_shop

MOST_DAYS = 31
"""In one transaction: a service that slept for a year does not hold a seller's row for minutes."""


async def close_days(tx: Transaction, seller: str) -> int:
    """Close what is over for this seller; how many days were closed, `MOST_DAYS` at the most."""
    row = (await tx.execute(select(sellers).where(sellers.c.id == seller).with_for_update())).one()
    shops = await _shops(tx, seller)
    await _identify(tx, row, shops)
    if not shops or (first := await _first_open_day(tx, row)) is None:
        return 0
    over = min(tx.now.astimezone(ZoneInfo(shop.timezone)).date() for shop in shops) - timedelta(days=1)
    last = min(over, first + timedelta(days=MOST_DAYS - 1))
    if last < first:
        return 0
    await _close(tx, row, first, last)
    return (last - first).days + 1


async def _close(tx: Transaction, seller: Row[Any], first: date, last: date) -> None:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    since = min(period.starts_on for day in days for period in periods_ending(day))
    figures = await day_figures(tx.conn, seller.id, since, last)
    perpetual = await _perpetual(tx, seller)
    n, head, rows = seller.closings, seller.closing_hash, list[dict[str, Any]]()
    for day in days:
        perpetual = perpetual_after(perpetual, (one for one in figures if one.day == day))
        for period in periods_ending(day):
            n += 1
            content = canonical(closing_content(seller.id, n, period, figures, perpetual))
            sealed = link(head, "closings", n, content)
            head = sealed.hash
            rows.append(
                {
                    "seller": seller.id,
                    "n": n,
                    "period": period.name,
                    "starts_on": period.starts_on,
                    "ends_on": period.ends_on,
                    "closed_at": tx.now,
                    "content": content,
                    "prev_hash": sealed.prev_hash,
                    "hash": sealed.hash,
                }
            )
    await tx.execute(insert(closings), rows)
    values = {"closed_on": last, "closings": n, "closing_hash": head}
    await tx.execute(update(sellers).where(sellers.c.id == seller.id).values(values))


async def _shops(tx: Transaction, seller: str) -> Sequence[Shop]:
    """The shops of a seller that were heard of."""
    names = (await tx.execute(select(shop_sellers.c.shop).where(shop_sellers.c.seller == seller))).scalars()
    return [shop for name in sorted(names) if (shop := await find_shop(tx.conn, name)) is not None]


async def _identify(tx: Transaction, seller: Row[Any], shops: Sequence[Shop]) -> None:
    """Learn the SIREN of a seller that began without one, so that later shops join it."""
    identity = next((found for shop in shops if (found := legal_id(shop))), None)
    if seller.legal_id is None and identity is not None:
        free = ~select(sellers.c.id).where(sellers.c.legal_id == identity).exists()
        await tx.execute(update(sellers).where(sellers.c.id == seller.id, free).values(legal_id=identity))


async def _first_open_day(tx: Transaction, seller: Row[Any]) -> date | None:
    if seller.closed_on is not None:
        following: date = seller.closed_on + timedelta(days=1)
        return following
    statement = select(func.min(documents.c.issued_on)).where(documents.c.seller == seller.id)
    first: date | None = (await tx.execute(statement)).scalar_one()
    return first


async def _perpetual(tx: Transaction, seller: Row[Any]) -> list[dict[str, Any]]:
    own = (closings.c.seller == seller.id) & (closings.c.n == seller.closings)
    content = (await tx.execute(select(closings.c.content).where(own))).scalar_one_or_none()
    return [] if content is None else list(json.loads(content)["perpetual"])
