"""The shelves of a transaction's SKUs: loaded under the SKUs' locks, worked on in memory, written where they changed.

A SKU that was never anywhere but at the default location costs nothing here; the first unit that goes elsewhere makes
its rows (`spread`), and from then on every transaction says where its lines have what they got. The number of
statements does not depend on the number of orders or SKUs. Neighbours: `posting` (the only caller),
`services.inventory.domain.places` (the rules).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Text, bindparam, func, literal, select

from services.inventory.commands.rows import ProductRow, of_keys
from services.inventory.domain.book import Book
from services.inventory.domain.places import DEFAULT, LineKey, Location, Placement, Shelf
from services.inventory.domain.stock import Key
from services.inventory.queries.locations import default_location, read_locations
from services.inventory.tables import allocations, balances, demands, locations
from shared.database import among, upsert
from shared.outbox import Transaction


@dataclass(slots=True)
class Places:
    """The placements of the SKUs that have any, and what is stored of them."""

    tx: Transaction
    placements: dict[Key, Placement] = field(default_factory=dict)
    _shelves: dict[tuple[Key, str], Shelf] = field(default_factory=dict)
    _pieces: dict[tuple[Key, LineKey, str], int] = field(default_factory=dict)

    async def learn(self, orders: Collection[str]) -> None:
        """Load where the lines of these orders have what they got; lines that are known already stay as they are."""
        if not (self.placements and orders):
            return
        known = {key: set(placement.held) for key, placement in self.placements.items()}
        statement = select(allocations).where(
            among(allocations.c.order_id, sorted(orders)), *of_keys(allocations.c, self.placements.keys())
        )
        for row in await self.tx.execute(statement):
            key, line = (row.shop, row.sku), (row.order_id, row.line)
            if key in known and line not in known[key]:
                self.placements[key].know(line, row.location, row.quantity)
                self._pieces[key, line, row.location] = row.quantity

    async def settle(self, book: Book) -> None:
        """Say where the lines have what the book has given them."""
        if not self.placements:
            return
        await self.learn({order for key in self.placements for order, _ in book.gains.get(key, ())})
        for key, placement in self.placements.items():
            for line, units in book.targets(key).items():
                placement.resize(line, units)
            for line, gain in book.gains.get(key, {}).items():
                placement.resize(line, placement.total(line) + gain)
        await self._displace()
        for placement in self.placements.values():
            placement.place()

    async def write(self) -> None:
        """Store what has changed."""
        shelves = [
            {"shop": key[0], "sku": key[1], "location": at, "on_hand": shelf.on_hand, "allocated": shelf.allocated}
            for key, placement in self.placements.items()
            for at, shelf in placement.shelves.items()
            if shelf != self._shelves.get((key, at), Shelf(at))
        ]
        if shelves:
            statement = upsert(self.tx.conn, balances, keys=["shop", "sku", "location"], update=_COUNTERS)
            await self.tx.execute(statement, shelves)
        changed = [
            {"shop": key[0], "sku": key[1], "order_id": line[0], "line": line[1], "location": at, "quantity": units}
            for key, placement in self.placements.items()
            for line, pieces in placement.held.items()
            for at, units in pieces.items()
            if units != self._pieces.get((key, line, at), 0)
        ]
        if gone := [{f"b_{name}": piece[name] for name in _PIECE} for piece in changed if not piece["quantity"]]:
            await self.tx.execute(_delete_pieces, gone)
        if kept := [piece for piece in changed if piece["quantity"]]:
            await self.tx.execute(upsert(self.tx.conn, allocations, keys=_PIECE, update=["quantity"]), kept)

    def enter(self, key: Key, at: Iterable[Location], stored: Iterable[Shelf]) -> None:
        """Take up a SKU: its shop's locations in the order in which they serve, and its stored shelves."""
        by_code = {shelf.location: shelf for shelf in stored}
        places = list(at)
        returns = next((place.code for place in places if place.takes_returns), DEFAULT)
        shelves = [by_code.get(place.code, Shelf(place.code)) for place in places]
        self.placements[key] = Placement(shelves, returns)
        for shelf in by_code.values():
            self._shelves[key, shelf.location] = Shelf(shelf.location, shelf.on_hand, shelf.allocated)

    async def _displace(self) -> None:
        missing = {
            (key, at): units for key, placement in self.placements.items() for at, units in placement.missing().items()
        }
        if not missing:
            return
        most = max(missing.values()) + sum(self._pieces.values())
        statement = select(_HOLDERS).where(
            *of_keys(_HOLDERS.c, {key for key, _ in missing}),
            among(_HOLDERS.c.location, sorted({at for _, at in missing})),
            _HOLDERS.c.ahead < most,
        )
        holders: dict[tuple[Key, str], set[LineKey]] = {}
        for row in await self.tx.execute(statement):
            holders.setdefault(((row.shop, row.sku), row.location), set()).add((row.order_id, row.line))
        await self.learn({order for lines in holders.values() for order, _ in lines})
        for key, at in missing:
            placement = self.placements[key]
            lines = {line for line, pieces in placement.held.items() if pieces.get(at)}
            placement.displace(at, sorted(lines, reverse=True))


async def open_places(
    tx: Transaction, rows: dict[Key, ProductRow], *, away: Collection[Key] = (), returned: Collection[Key] = ()
) -> Places:
    """The places of locked rows.

    `away` are SKUs of which goods go to or come from another location than the default, `returned` those of which goods
    come back to wherever the shop takes returns.
    """
    places = Places(tx)
    spread = {key for key, row in rows.items() if row.spread}
    if not (spread or away or returned):
        return places
    by_shop = await read_locations(tx.conn, {shop for shop, _ in rows})
    elsewhere = {shop for shop, found in by_shop.items() if any(at.takes_returns for at in found)}
    new = {*away, *(key for key in returned if key[0] in elsewhere)} - spread
    if new:
        await _spread(tx, [rows[key] for key in sorted(new)])
    spread |= new
    if not spread:
        return places
    stored: dict[Key, list[Shelf]] = {}
    for row in await tx.execute(select(balances).where(*of_keys(balances.c, spread))):
        stored.setdefault((row.shop, row.sku), []).append(Shelf(row.location, row.on_hand, row.allocated))
    for key in sorted(spread):
        places.enter(key, by_shop[key[0]], stored.get(key, ()))
    return places


async def _spread(tx: Transaction, rows: Collection[ProductRow]) -> None:
    """Give SKUs that were at the default location alone the rows that say so."""
    default = default_location()
    mains = [
        {
            "shop": shop,
            "code": default.code,
            "name": default.name,
            "priority": default.priority,
            "takes_returns": False,
            "closed": False,
        }
        for shop in sorted({row.shop for row in rows})
    ]
    await tx.execute(upsert(tx.conn, locations, keys=["shop", "code"]), mains)
    shelves = [
        {"shop": row.shop, "sku": row.sku, "location": DEFAULT, "on_hand": row.on_hand, "allocated": row.allocated}
        for row in rows
    ]
    await tx.execute(balances.insert(), shelves)
    await tx.execute(_take_over, [{"b_shop": row.shop, "b_sku": row.sku} for row in rows])
    for row in rows:
        row.spread = True


_COUNTERS = ("on_hand", "allocated")
_PIECE = ("order_id", "line", "shop", "sku", "location")

_delete_pieces = allocations.delete().where(*(allocations.c[name] == bindparam(f"b_{name}") for name in _PIECE))

_take_over = allocations.insert().from_select(
    ["order_id", "line", "shop", "sku", "location", "quantity"],
    select(
        demands.c.order_id,
        demands.c.line,
        demands.c.shop,
        demands.c.sku,
        literal(DEFAULT, Text),
        func.sum(demands.c.allocated),
    )
    .where(demands.c.shop == bindparam("b_shop"), demands.c.sku == bindparam("b_sku"), demands.c.allocated > 0)
    .group_by(demands.c.order_id, demands.c.line, demands.c.shop, demands.c.sku),
)

_upto = func.sum(allocations.c.quantity).over(
    partition_by=(allocations.c.shop, allocations.c.sku, allocations.c.location),
    order_by=(allocations.c.order_id.desc(), allocations.c.line.desc()),
    rows=(None, 0),
)
_HOLDERS = select(allocations, (_upto - allocations.c.quantity).label("ahead")).subquery()
"""Who has units on a shelf, the newest order first, with the units that stand before it."""
