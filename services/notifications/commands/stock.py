"""What is free of each product, and the level each marketplace shall show: one obligation per listing, the newest only.

A price that a marketplace shall show is a part of the level, and a new one makes a new level.

Levels are not the answer to an order: nobody is told of them, and a rejected one waits for the next level. The rows of
`stock` are locked first, so that a product heard and a listing changed at the same moment end in the newest level.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import bindparam, select, update

from services.notifications.commands.obliging import KEY, obligation
from services.notifications.domain.channel_accounts import MARKETPLACES, Policy
from services.notifications.domain.listed_prices import price_in, public_prices
from services.notifications.domain.payloads import Level
from services.notifications.domain.reporting import MARKETPLACE
from services.notifications.domain.stock_levels import LONGEST_SKU, due, exposed, urgency
from services.notifications.domain.verbs import STOCK
from services.notifications.queries import Found
from services.notifications.queries.channels import find_policy
from services.notifications.tables import channel_listings, obligations, stock
from shared.batch import lock_keys
from shared.contracts import Outcome, Product, Shop
from shared.database import Json, UtcDateTime, among, upsert
from shared.outbox import Transaction
from shared.problems import Invalid

_newer = (
    update(obligations)
    .where(obligations.c.id == bindparam("row"))
    .values(
        state=str(Outcome.DUE),
        position=bindparam("place"),
        due_at=bindparam("when", type_=UtcDateTime()),
        since=bindparam("now", type_=UtcDateTime()),
        asked_at=bindparam("now", type_=UtcDateTime()),
        changed_at=bindparam("now", type_=UtcDateTime()),
        version=obligations.c.version + 1,
        payload=bindparam("contents", type_=Json()),
        reference=None,
        reason=None,
    )
)


async def hear_products(tx: Transaction, products: Sequence[Product]) -> bool:
    """Keep what is free of these products, and have marketplaces told; whether there is work for a worker."""
    rows = [
        {
            "shop": product.shop,
            "sku": product.sku,
            "version": product.version,
            "available": 0 if product.deleted else product.available,
            "tax_rate": None if product.tax_rate is None else str(product.tax_rate),
            "currency": product.currency,
            "prices": public_prices(product),
        }
        for product in sorted(products, key=lambda product: product.key)
    ]
    columns = ("version", "available", "tax_rate", "currency", "prices")
    newer = upsert(tx.conn, stock, keys=("shop", "sku"), update=columns, newest_by="version")
    await tx.execute(newer, rows)
    skus: dict[str, list[str]] = defaultdict(list)
    for product in products:
        skus[product.shop].append(product.sku)
    written = False
    for shop, named in sorted(skus.items()):
        for channel in MARKETPLACES:
            written |= await _expose(tx, shop, channel, named)
    return written


async def expose_all(tx: Transaction, shop: str, channel: str) -> None:
    """Bring every listing's level to what the shop's choices now say."""
    await _expose(tx, shop, channel, None)


async def put_listings(tx: Transaction, shop: str, channel: str, rows: Sequence[dict[str, Any]]) -> None:
    """Say under which names products are listed: rows of `sku`, `external_sku`, `product_type`, `offer_id`.

    Raises `Invalid` where a marketplace would have two products under one name, or cannot have the name.
    """
    await _check_names(tx, shop, channel, rows)
    key = {"shop": shop, "channel": channel}
    skus = sorted(row["sku"] for row in rows)
    unknown = [{"shop": shop, "sku": sku, "version": 0, "available": 0} for sku in skus]
    await tx.execute(upsert(tx.conn, stock, keys=("shop", "sku")), unknown)
    columns = ("external_sku", "product_type", "offer_id")
    listed = upsert(tx.conn, channel_listings, keys=("shop", "channel", "sku"), update=columns)
    await tx.execute(listed, [key | row for row in rows])
    await _expose(tx, shop, channel, skus)


async def _check_names(tx: Transaction, shop: str, channel: str, rows: Sequence[dict[str, Any]]) -> None:
    """Each name is one product's; the shop is locked, account or not, so that two requests do not both find it free."""
    await lock_keys(tx, Shop.name, [shop])
    c = channel_listings.c
    names, given = [row["external_sku"] for row in rows], {row["sku"] for row in rows}
    same = select(c.external_sku, c.sku).where(c.shop == shop, c.channel == channel, among(c.external_sku, names))
    owners = {row.external_sku: row.sku for row in await tx.execute(same) if row.sku not in given}
    for index, row in enumerate(rows):
        field, name = f"listings.{index}.external_sku", row["external_sku"]
        if len(name) > LONGEST_SKU[channel]:
            raise Invalid(f"{channel} takes {LONGEST_SKU[channel]} characters at most: {name!r} has more.", field=field)
        if (owner := owners.setdefault(name, row["sku"])) != row["sku"]:
            raise Invalid(f"{owner!r} is listed as {name!r} already: {row['sku']!r} needs another name.", field=field)


async def remove_listing(tx: Transaction, shop: str, channel: str, sku: str) -> bool:
    """Tell the marketplace no more of this product; whether it was listed."""
    c = channel_listings.c
    gone = await tx.execute(channel_listings.delete().where(c.shop == shop, c.channel == channel, c.sku == sku))
    own = obligations.c.order_id == _subject(shop, channel, sku)
    unsent = own & among(obligations.c.state, [str(Outcome.DUE), str(Outcome.RETRY), str(Outcome.UNKNOWN)])
    closed = {"state": str(Outcome.OBSOLETE), "due_at": None, "changed_at": tx.now}
    await tx.execute(update(obligations).where(unsent).values(closed))
    return gone.rowcount > 0


async def _expose(tx: Transaction, shop: str, channel: str, skus: Iterable[str] | None) -> bool:
    """Write the levels of these products, None: of all that are listed; whether any is news."""
    found = await _listed(tx, shop, channel, skus)
    policy = await find_policy(tx.conn, shop, channel)
    if not found or not (policy.enabled and policy.send_stock):
        return False
    ids = {row.sku: _subject(shop, channel, row.sku) for row in found}
    c = obligations.c
    mine = select(c.id, c.order_id, c.state, c.attempted_at, c.payload).where(among(c.order_id, list(ids.values())))
    known = {row.order_id: row for row in await tx.execute(mine.order_by(c.id).with_for_update())}
    new, changed = [], []
    for row in found:
        level = _level(row, policy)
        before = known.get(ids[row.sku])
        if before is None:
            new.append(_new_row(tx, shop, channel, row.sku, level))
        elif before.state == Outcome.OBSOLETE or _differs(before.payload, level):
            changed.append(_changed_row(tx, channel, before, level))
    if new:
        await tx.execute(upsert(tx.conn, obligations, keys=KEY), new)
    if changed:
        await tx.execute(_newer, changed)
    return bool(new or changed)


async def _listed(tx: Transaction, shop: str, channel: str, skus: Iterable[str] | None) -> Sequence[Found]:
    """Listings with what is free of them, for products that were heard of; their `stock` rows are locked."""
    c, s = channel_listings.c, stock.c
    listed = select(c.sku, c.external_sku, c.product_type, c.offer_id, s.available, s.currency, s.prices).select_from(
        channel_listings.join(stock, (s.shop == c.shop) & (s.sku == c.sku))
    )
    own = listed.where(c.shop == shop, c.channel == channel, s.version > 0)
    if skus is not None:
        own = own.where(among(c.sku, sorted(skus)))
    return (await tx.execute(own.order_by(c.sku).with_for_update(of=stock))).all()


def _level(row: Found, policy: Policy) -> Level:
    """A price is an offer's: without the marketplace's name of that there is none."""
    level = Level(row.external_sku, exposed(row.available, policy), row.product_type, row.offer_id)
    shown = price_in(policy.currency, row.currency, row.prices) if policy.send_prices and row.offer_id else None
    return level if shown is None else replace(level, price=shown[0], currency=shown[1])


def _differs(before: dict[str, Any] | None, level: Level) -> bool:
    return before is None or any(before.get(name) != getattr(level, name) for name in Level.__slots__)


def _sells_out(before: Found, level: Level) -> bool:
    """Whether the level brings a zero that did not leave yet, whatever else is new in it."""
    left = before.state in (Outcome.DONE, Outcome.REJECTED) and (before.payload or {}).get("quantity") == 0
    return level.quantity == 0 and not left


def _subject(shop: str, channel: str, sku: str) -> str:
    """What stands in an order's place: one listing."""
    return str(uuid5(NAMESPACE_URL, f"comptoir:listing:{shop}/{channel}/{sku}"))


def _changed_row(tx: Transaction, channel: str, before: Found, level: Level) -> dict[str, Any]:
    return {
        "row": before.id,
        "place": urgency(level.quantity),
        "when": due(channel, before.attempted_at, tx.now, sold_out=_sells_out(before, level)),
        "now": tx.now,
        "contents": level,
    }


def _new_row(tx: Transaction, shop: str, channel: str, sku: str, level: Level) -> dict[str, Any]:
    listing = _subject(shop, channel, sku)
    return obligation(
        tx,
        order_id=listing,
        shop=shop,
        channel=channel,
        verb=STOCK,
        subject=f"sku/{sku}"[:64],
        role=MARKETPLACE,
        sequence=f"{listing}/{STOCK}",
        position=urgency(level.quantity),
        version=1,
        payload=level,
    )
