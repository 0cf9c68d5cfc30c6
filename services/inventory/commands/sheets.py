"""What is written and shown of a product: its references, its technical sheet, its images.

None of it goes into a message, so nothing is published; a change raises the edition of the product's sheet all the
same, and `If-Match` guards it. A deleted product keeps everything. Neighbours: `products` (what is sold, and for how
much).
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from services.inventory.commands.products import check_edition
from services.inventory.commands.rows import ProductRow, lock_rows, write_rows
from services.inventory.domain.stock import Key
from services.inventory.tables import blobs, images, sheets
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.problems import NotFound

SIGNATURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n", b""),
    "image/jpeg": (b"\xff\xd8\xff", b""),
    "image/gif": (b"GIF8", b""),
    "image/webp": (b"RIFF", b"WEBP"),
}
"""How the content of each type begins, and what stands in it from the ninth byte on."""


def media_type_of(content: bytes) -> str | None:
    """The type that the content itself shows; None for what is none of the images a browser may be given."""
    for media_type, (begin, ninth) in SIGNATURES.items():
        if content.startswith(begin) and content[8:].startswith(ninth):
            return media_type
    return None


async def put_sheet(
    tx: Transaction, key: Key, references: Mapping[str, str], technical: Mapping[str, str], if_match: int | None
) -> None:
    """Replace references and technical sheet; raises `NotFound`, `StaleEdition`."""
    row = await _open(tx, key, if_match)
    document = {"references": dict(references), "technical": dict(technical)}
    statement = upsert(tx.conn, sheets, keys=["shop", "sku"], update=tuple(document))
    await tx.execute(statement, [{"shop": key[0], "sku": key[1], **document}])
    await _raise_edition(tx, row)


async def link_image(tx: Transaction, key: Key, url: str) -> tuple[str, bool]:
    """Show an image from where it is; its id, and whether it is new. Raises `NotFound`."""
    return await _add(tx, key, {"url": url, "sha256": None})


async def keep_image(tx: Transaction, key: Key, content: bytes, media_type: str) -> tuple[str, bool]:
    """Keep an image's content, once a shop; the image's id, and whether it is new. Raises `NotFound`."""
    sha256 = hashlib.sha256(content).hexdigest()
    blob = {"shop": key[0], "sha256": sha256, "media_type": media_type, "content": content}
    return await _add(tx, key, {"url": None, "sha256": sha256}, blob)


async def remove_image(tx: Transaction, shop: str, image: str) -> None:
    """Take an image away, and its content where no other shows it; raises `NotFound`."""
    found = (await tx.execute(select(images).where(images.c.shop == shop, images.c.id == image))).one_or_none()
    if found is None:
        raise NotFound(f"There is no image {image!r}.")
    row = await _open(tx, (shop, found.sku), None)
    await tx.execute(delete(images).where(images.c.id == image))
    if found.sha256:
        blob = blobs.c.shop == shop, blobs.c.sha256 == found.sha256
        await tx.execute(select(blobs.c.sha256).where(*blob).with_for_update())
        shown = select(images.c.id).where(images.c.shop == shop, images.c.sha256 == found.sha256)
        if (await tx.execute(shown.limit(1))).first() is None:
            await tx.execute(delete(blobs).where(*blob))
    await _raise_edition(tx, row)


async def _add(
    tx: Transaction, key: Key, source: Mapping[str, Any], blob: Mapping[str, Any] | None = None
) -> tuple[str, bool]:
    row = await _open(tx, key, None)
    same = [images.c[name] == value for name, value in source.items() if value is not None]
    known = select(images.c.id).where(images.c.shop == key[0], images.c.sku == key[1], *same)
    found = (await tx.execute(known)).scalar_one_or_none()
    if found is not None:
        return str(found), False
    if blob is not None:
        # Taken again where it is there, so that whoever is about to delete it waits, and then finds it shown.
        statement = upsert(tx.conn, blobs, keys=["shop", "sha256"], update=["media_type"])
        await tx.execute(statement, [dict(blob)])
    image = new_id()
    await tx.execute(images.insert(), [{"id": image, "shop": key[0], "sku": key[1], **source}])
    await _raise_edition(tx, row)
    return image, True


async def _open(tx: Transaction, key: Key, if_match: int | None) -> ProductRow:
    row = (await lock_rows(tx, [key])).get(key)
    if row is None or not row.is_known:
        raise NotFound(f"There is no product with the SKU {key[1]!r}.")
    check_edition(row, if_match)
    return row


async def _raise_edition(tx: Transaction, row: ProductRow) -> None:
    row.edition += 1
    row.updated_at = tx.now
    await write_rows(tx, [row], ("edition", "updated_at"))
