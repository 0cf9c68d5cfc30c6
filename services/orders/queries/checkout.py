"""What a shop offers its orders, read with the shop's rules (`catalogue`) or alone."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.checkout import NOTHING_OFFERED, Carrier, Checkout, FieldRule, PickupPoint
from services.orders.tables import checkouts

COLUMNS = (checkouts.c.carriers, checkouts.c.shipping_methods, checkouts.c.pickup_points, checkouts.c.fields)
"""What `checkout_of` reads; all null where an outer join found no row."""


async def find_checkout(conn: AsyncConnection, shop: str) -> Checkout:
    """What this shop offers."""
    row = (await conn.execute(select(*COLUMNS).where(checkouts.c.shop == shop))).one_or_none()
    return NOTHING_OFFERED if row is None else checkout_of(row)


def checkout_of(row: Any) -> Checkout:
    """The same of a row that has `COLUMNS`."""
    if row.carriers is None:
        return NOTHING_OFFERED
    return Checkout(
        tuple(Carrier(**carrier) for carrier in row.carriers),
        tuple(row.shipping_methods),
        tuple(_point(point) for point in row.pickup_points),
        tuple(FieldRule(**{**rule, "choices": tuple(rule["choices"])}) for rule in row.fields),
    )


def checkout_document(offered: Checkout) -> dict[str, Any]:
    """The lists as the API shows and takes them."""
    return {
        "carriers": [{"name": carrier.name, "tracking_url": carrier.tracking_url} for carrier in offered.carriers],
        "shipping_methods": list(offered.shipping_methods),
        "pickup_points": [
            {
                "id": point.id,
                "name": point.name,
                "address": dict(point.address),
                "starts": None if point.starts is None else point.starts.isoformat(),
                "ends": None if point.ends is None else point.ends.isoformat(),
            }
            for point in offered.pickup_points
        ],
        "fields": [
            {
                "name": rule.name,
                "labels": dict(rule.labels),
                "kind": rule.kind,
                "required": rule.required,
                "choices": list(rule.choices),
            }
            for rule in offered.fields
        ],
    }


def _point(point: dict[str, Any]) -> PickupPoint:
    days = {name: None if point[name] is None else date.fromisoformat(point[name]) for name in ("starts", "ends")}
    return PickupPoint(point["id"], point["name"], point["address"], **days)
