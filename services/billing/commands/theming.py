"""A shop's theme: each change is a new version beside the old ones, under which documents were issued."""

from dataclasses import replace

import orjson
from sqlalchemy import insert

from services.billing.domain import Theme
from services.billing.queries.themes import find_theme, theme_body
from services.billing.tables import blobs, themes
from shared.batch import lock_keys
from shared.contracts import Shop
from shared.database import upsert
from shared.outbox import Transaction


async def put_theme(tx: Transaction, shop: str, theme: Theme, logo: bytes | None, actor: str) -> Theme:
    """Keep a theme that was proved, with the bytes of a logo that is new; the same as before makes no new version."""
    await lock_keys(tx, Shop.name, [shop])  # versions are given one at a time
    present = await find_theme(tx.conn, shop)
    wanted = replace(theme, version=present.version)
    if theme_body(wanted) == theme_body(present):
        return present
    kept = replace(theme, version=present.version + 1)
    if kept.logo is not None and logo is not None:
        bytes_ = {"sha256": kept.logo.sha256, "media_type": kept.logo.media_type, "content": logo}
        await tx.execute(upsert(tx.conn, blobs, keys=["sha256"]), [bytes_])
    body = orjson.dumps(theme_body(kept)).decode()
    row = {"shop": shop, "version": kept.version, "body": body, "actor": actor, "created_at": tx.now}
    await tx.execute(insert(themes), [row])
    return kept
