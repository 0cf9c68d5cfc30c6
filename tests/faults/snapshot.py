"""What the four databases say at one moment of the orders of one seed, read without any of the services' code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.house import House

Row = dict[str, Any]

ANSWERING = {
    "inventory": "inventory.reservation.v1",
    "billing": "billing.account.v1",
    "notifications": "notifications.delivery.v1",
}
"""The services that answer to orders, and with what."""

_HEARD = (
    *(f"orders.{message}" for message in (*ANSWERING.values(), "inventory.product.v1", "digest.v1")),
    *(f"{service}.{message}" for service in ANSWERING for message in ("orders.order.v1", "orders.shop.v1")),
    "notifications.billing.account.v1",
    "notifications.inventory.product.v1",
    "orders.notifications.channel_order.v1",
)
QUEUES = (*_HEARD, *(f"{queue}.dead" for queue in _HEARD))

OF_ORDER = {
    "orders": ("lines", "parcels", "entries", "hearings"),
    "inventory": ("demands", "order_lines"),
    "billing": ("documents", "live_invoices", "renderings", "payments"),
    "notifications": ("obligations", "attempts"),
}
"""Tables with a column `order_id`, by service."""


@dataclass(slots=True)
class Snapshot:
    """Rows by table; `guards`, `answers`, `outbox` and `parked` by service."""

    orders: list[Row] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    products: list[Row] = field(default_factory=list)
    movements: list[Row] = field(default_factory=list)
    numbers: list[Row] = field(default_factory=list)
    guards: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    outbox: dict[str, int] = field(default_factory=dict)
    catalogue: list[Row] = field(default_factory=list)
    """The products as orders knows them."""
    marks: int = 0
    parked: list[tuple[str, str]] = field(default_factory=list)
    """(service, body)"""

    def of(self, table: str, order: Row) -> list[Row]:
        """The order's rows in a table."""
        return [row for row in self.tables[table] if row["order_id"] == order["id"]]

    def by_order(self, table: str) -> defaultdict[str, list[Row]]:
        """All rows of a table by order."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.tables[table]:
            found[row["order_id"]].append(row)
        return found


async def take(house: House, tag: str, skus: Iterable[str]) -> Snapshot:
    """Read everything about the orders whose customers have this tag in their address, and about these SKUs."""
    seen = Snapshot()
    seen.orders = await house.rows("orders", "SELECT * FROM orders WHERE email LIKE $1 ORDER BY id", f"{tag}.%")
    ids = [order["id"] for order in seen.orders]
    for service, tables in OF_ORDER.items():
        for table in tables:
            statement = f"SELECT * FROM {table} WHERE order_id = ANY($1)"
            seen.tables[table] = await house.rows(service, statement, ids)
        await _bookkeeping(house, seen, service, ids)
    known = list(skus)
    seen.catalogue = await house.rows("orders", "SELECT * FROM products WHERE sku = ANY($1)", known)
    seen.products = await house.rows("inventory", "SELECT * FROM products WHERE sku = ANY($1)", known)
    seen.movements = await house.rows("inventory", "SELECT * FROM movements WHERE sku = ANY($1) ORDER BY number", known)
    seen.marks = (await house.rows("inventory", "SELECT count(*) AS n FROM marks"))[0]["n"]
    statement = "SELECT shop, series, year, n FROM documents ORDER BY shop, series, year, n"
    seen.numbers = await house.rows("billing", statement)
    return seen


async def _bookkeeping(house: House, seen: Snapshot, service: str, ids: list[str]) -> None:
    guards = await house.rows(service, "SELECT message, key, version FROM guards WHERE key = ANY($1)", ids)
    seen.guards[service] = {(row["message"], row["key"]): row["version"] for row in guards}
    answers = await house.rows(service, "SELECT id, version FROM answers WHERE id = ANY($1)", ids)
    seen.answers[service] = {row["id"]: row["version"] for row in answers}
    seen.outbox[service] = (await house.rows(service, "SELECT count(*) AS n FROM outbox"))[0]["n"]
    parked = await house.rows(service, "SELECT body FROM parked")
    seen.parked += [(service, row["body"]) for row in parked]
