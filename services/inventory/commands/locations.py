"""The locations of a shop: opened, renamed, ranked, closed.

A location is closed only when nothing is on hand there, and keeps its row: the ledger names it for ever. Whoever books
goods at a location holds its row (shared) before any SKU, so none is closed while goods are on their way to it.
"""

from collections.abc import Collection

from sqlalchemy import select

from services.inventory.domain.places import DEFAULT, Location
from services.inventory.tables import balances, locations
from shared.database import among, upsert
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem


class LocationInUse(Problem):
    """The default location, or one that has goods, cannot be closed."""

    slug = "location-in-use"
    title = "The location is in use"


class UnknownLocation(Invalid):
    """A movement names a location that the shop does not have, or has closed."""

    slug = "unknown-location"
    title = "There is no such location"


async def put_location(tx: Transaction, shop: str, location: Location) -> None:
    """Open, change or reopen a location; one that takes returns takes them over from any other."""
    if location.takes_returns:
        others = locations.c.shop == shop, locations.c.code != location.code
        await tx.execute(locations.update().where(*others).values(takes_returns=False))
    row = {
        "shop": shop,
        "code": location.code,
        "name": location.name,
        "priority": location.priority,
        "takes_returns": location.takes_returns,
        "closed": False,
    }
    columns = ("name", "priority", "takes_returns", "closed")
    await tx.execute(upsert(tx.conn, locations, keys=["shop", "code"], update=columns), [row])


async def close_location(tx: Transaction, shop: str, code: str) -> None:
    """Take a location out of use; raises `NotFound`, `LocationInUse`."""
    if code == DEFAULT:
        raise LocationInUse("The default location stays: whatever names no location is there.")
    which = locations.c.shop == shop, locations.c.code == code
    statement = select(locations.c.closed).where(*which).with_for_update(key_share=True)
    if (await tx.execute(statement)).scalar_one_or_none() is not False:
        raise NotFound(f"There is no location {code!r}.")
    there = balances.c.shop == shop, balances.c.location == code, balances.c.on_hand != 0
    found = (await tx.execute(select(balances.c.sku).where(*there).order_by(balances.c.sku).limit(3))).scalars().all()
    if found:
        raise LocationInUse(f"There is stock at {code!r}: transfer or count it first ({', '.join(found)}).")
    await tx.execute(locations.update().where(*which).values(closed=True, takes_returns=False))


async def hold_locations(tx: Transaction, shop: str, codes: Collection[str]) -> None:
    """See that these locations are open, and stay so until the transaction ends; raises `UnknownLocation`."""
    places = {(shop, code) for code in codes}
    unknown = sorted(code for _, code in places - await hold_open(tx, places))
    if unknown:
        raise UnknownLocation(f"There is no open location {', '.join(map(repr, unknown))}.", field="location")


async def hold_open(tx: Transaction, places: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (shop, code) that are open, and stay so until the transaction ends; the default always is."""
    wanted = {place for place in places if place[1] != DEFAULT}
    found = set(places) - wanted
    if wanted:
        statement = (
            select(locations.c.shop, locations.c.code)
            .where(
                among(locations.c.shop, sorted({shop for shop, _ in wanted})),
                among(locations.c.code, sorted({code for _, code in wanted})),
                locations.c.closed.is_(False),
            )
            .order_by(locations.c.shop, locations.c.code)
            .with_for_update(read=True)
        )
        found |= wanted.intersection([(row.shop, row.code) for row in await tx.execute(statement)])
    return found
