"""The series of a shop's seller, how their numbers are written and will be."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import number_of
from services.billing.tables import series, series_formats, shop_sellers


async def list_series(conn: AsyncConnection, shop: str) -> dict[str, Any]:
    """`items`: the series that have begun; `formats`: what was chosen, by the year from which it holds."""
    seller = (await conn.execute(select(shop_sellers.c.seller).where(shop_sellers.c.shop == shop))).scalar_one_or_none()
    begun = select(series).where(series.c.seller == seller).order_by(series.c.series, series.c.year)
    formats = select(series_formats).where(series_formats.c.seller == seller)
    return {
        "seller": seller,
        "items": [
            {
                "series": row.series,
                "year": row.year,
                "kind": row.kind,
                "format": row.format,
                "last": row.last,
                "number": number_of(row.format, row.series, row.year, row.last) if row.last else None,
                "last_date": row.last_date.isoformat(),
                "hash": row.last_hash,
            }
            for row in await conn.execute(begun)
        ],
        "formats": [
            {"series": row.series, "from_year": row.from_year, "format": row.format}
            for row in await conn.execute(formats.order_by(series_formats.c.series, series_formats.c.from_year))
        ],
    }
