"""A product as a person looks at it: what is sold, what is written and shown of it, how its stock stands."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.queries.locations import read_shelves
from services.inventory.queries.stock import find_product, product_view, stock_view
from services.inventory.tables import blobs, images, sheets


async def find_sheet(conn: AsyncConnection, shop: str, sku: str) -> dict[str, Any] | None:
    """The whole sheet of a product, a deleted one too; None where nobody made it. `version` is the sheet's."""
    row = await find_product(conn, shop, sku)
    if row is None or row.title is None:
        return None
    written = (await conn.execute(select(sheets).where(sheets.c.shop == shop, sheets.c.sku == sku))).mappings().first()
    shelves = await read_shelves(conn, shop, [row])
    return product_view(row) | {
        "references": written["references"] if written else {},
        "technical_sheet": written["technical"] if written else {},
        "images": await list_images(conn, shop, sku),
        "stock": stock_view(row, shelves[sku]),
    }


async def list_images(conn: AsyncConnection, shop: str, sku: str) -> list[dict[str, Any]]:
    """The images of a product as they are shown; `url` is where to load them from."""
    statement = select(images).where(images.c.shop == shop, images.c.sku == sku).order_by(images.c.id)
    return [image_view(row.id, row.url, row.sha256) for row in await conn.execute(statement)]


def image_view(image: str, url: str | None, sha256: str | None) -> dict[str, Any]:
    return {"id": image, "url": url or f"/api/v1/inventory/images/{image}", "sha256": sha256}


async def find_image(conn: AsyncConnection, shop: str, image: str) -> Any:
    """Content, media type and digest of a kept image; None for any other."""
    statement = (
        select(blobs.c.content, blobs.c.media_type, blobs.c.sha256)
        .join(images, (images.c.shop == blobs.c.shop) & (images.c.sha256 == blobs.c.sha256))
        .where(images.c.shop == shop, images.c.id == image)
    )
    return (await conn.execute(statement)).one_or_none()
