"""The service as the tests drive it: orders in, answers and figures out."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from services.inventory.jobs import answer_marked_orders, publish_products
from services.inventory.tables import metadata
from shared.contracts import (
    Address,
    Channel,
    Customer,
    Invoicing,
    LegalIdentity,
    Levels,
    Line,
    LocationQuantities,
    Marketplace,
    Order,
    Product,
    Reservation,
    Shop,
    ShopKey,
    Status,
    StatusType,
    Totals,
    Wait,
)
from shared.outbox.tables import answers, outbox
from shared.runtime import Service
from shared.security import hash_key
from tests.answers import CheckedTransport

MONDAY = datetime(2024, 1, 1, 8, tzinfo=UTC)


def order_id(number: int) -> str:
    """Ids that sort by their number."""
    return str(UUID(int=number))


def minute(number: int) -> datetime:
    return MONDAY + timedelta(minutes=number)


class Clock:
    """The service's clock; a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2024, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **spans: float) -> None:
        self.now += timedelta(**spans)


def line(
    sku: str, hold: int, *, id: int = 1, since: int = 0, shipped: int = 0, restocked: int = 0, stocked: bool = True,
    waits: Iterable[tuple[int, int]] | None = None, shipped_before: int = 0, scrapped: int = 0,
    at: Mapping[str, tuple[int, int, int]] | None = None,
) -> Line:  # fmt: skip
    """A line that holds `hold` units since a minute; `waits` are (minute, quantity) where there are several.

    `at` has shipped, restocked and scrapped by location.
    """
    tranches = [(since, hold)] if waits is None and hold else waits or []
    return Line(
        id=id,
        sku=sku,
        name=sku.title(),
        stocked=stocked,
        quantity=hold + shipped,
        hold=hold,
        shipped=shipped,
        restocked=restocked,
        scrapped=scrapped,
        shipped_before=shipped_before,
        waits=tuple(Wait(since=minute(since), quantity=quantity) for since, quantity in tranches),
        unit_price=Decimal("4.90"),
        tax_rate=Decimal(20),
        net=408,
        tax=82,
        gross=490,
        locations=tuple(
            LocationQuantities(location=location, shipped=left, restocked=back, scrapped=unfit)
            for location, (left, back, unfit) in (at or {}).items()
        ),
    )


def order(number: int, version: int, *lines: Line, shop: str = "cave", **changes: Any) -> Order:
    """The order message; what inventory does not look at is the same for all."""
    return Order(
        shop=shop,
        version=version,
        id=order_id(number),
        code=f"CO-{number}",
        channel=Channel.WEB,
        placed_at=minute(0),
        currency="EUR",
        prices_include_tax=True,
        language="fr",
        status=Status(mnemonic="received", type=StatusType.RECEIVED),
        levels=Levels(payable=True, invoicing=Invoicing.POLICY, marketplace=Marketplace.NONE),
        customer=Customer(name="Camille", email="camille@example.com"),
        lines=lines,
        totals=Totals(net=408, tax=82, gross=490),
        **changes,
    )


class Driver:
    """One inventory service, without broker and timers: the test submits messages and runs the jobs."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.http = self.client("secret")

    def client(self, key: str) -> httpx.AsyncClient:
        """A client that sends this key."""
        transport = CheckedTransport(self.service.app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://inventory", headers={"Authorization": f"Bearer {key}"}
        )

    async def close(self) -> None:
        await self.http.aclose()
        await self.service.stop()

    async def open_shop(self, shop: str, key: str, scopes: tuple[str, ...] = ("admin",)) -> None:
        """Have the service hear of a shop with one key."""
        identity = LegalIdentity(name="La Cave", address=Address(country="FR"))
        known = ShopKey(id=f"key-{shop}", name=f"Alix of {shop}", sha256=hash_key(key), scopes=scopes)
        message = Shop(
            shop=shop, version=1, title="La Cave", legal=identity, mail_from="cave@example.com", keys=(known,)
        )
        await self.service.hears[Shop.name].submit(message.encode())

    async def hear(self, message: Order) -> None:
        """Submit one order message; returns when its batch is committed."""
        await self.service.hears[Order.name].submit(message.encode())

    async def make(self, sku: str, on_hand: int = 0) -> None:
        """A product with that many units."""
        answer = await self.http.put(f"/api/v1/inventory/products/{sku}", json={"name": sku.title()})
        assert answer.status_code in (200, 201), answer.text
        if on_hand:
            await self.book(sku, on_hand)

    async def book(self, sku: str, quantity: int, reason: str = "receipt") -> None:
        movement = {"sku": sku, "quantity": quantity, "reason": reason}
        answer = await self.http.post("/api/v1/inventory/movements", json=movement)
        assert answer.status_code == 201, answer.text

    async def open_location(self, code: str, priority: int, **more: Any) -> None:
        body = {"name": code.title(), "priority": priority} | more
        answer = await self.http.put(f"/api/v1/inventory/locations/{code}", json=body)
        assert answer.status_code == 200, answer.text

    async def book_at(self, location: str, quantity: int, reason: str = "receipt") -> None:
        """Wine comes or goes at a location."""
        movement = {"sku": "wine", "quantity": quantity, "reason": reason, "location": location}
        answer = await self.http.post("/api/v1/inventory/movements", json=movement)
        assert answer.status_code == 201, answer.text

    async def shelves(self) -> dict[str, tuple[int, int]]:
        """On hand and allocated of the wine by location."""
        found = await self.get("stock/wine")
        return {at["location"]: (at["on_hand"], at["allocated"]) for at in found["locations"]}

    async def places(self, number: int, line: int = 1) -> dict[str, int]:
        """Where a line has what it has got."""
        lines = (await self.get(f"reservations/{order_id(number)}"))["lines"]
        [found] = [row for row in lines if row["line"] == line]
        assert sum(at["quantity"] for at in found["locations"]) == found["allocated"]
        return {at["location"]: at["quantity"] for at in found["locations"]}

    async def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET below `/api/v1/inventory/` that must succeed."""
        answer = await self.http.get(f"/api/v1/inventory/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def stock(self, sku: str) -> tuple[int, int, int]:
        """On hand, demand, allocated."""
        found = await self.get(f"stock/{sku}")
        return found["on_hand"], found["demand"], found["allocated"]

    async def answer(self, number: int) -> Reservation:
        """What was last answered of an order."""
        async with self.service.db.read() as conn:
            statement = select(answers.c.body).where(answers.c.id == order_id(number))
            return Reservation.decode((await conn.execute(statement)).scalar_one())

    async def said(self, name: str) -> dict[str, str]:
        """The unsent messages of a name, by key."""
        async with self.service.db.read() as conn:
            rows = await conn.execute(select(outbox.c.key, outbox.c.body).where(outbox.c.message == name))
            return {row.key: row.body for row in rows}

    async def product(self, sku: str, shop: str = "cave") -> Product | None:
        """The unsent product message of a SKU."""
        body = (await self.said(Product.name)).get(f"{shop}/{sku}")
        return Product.decode(body) if body else None

    async def forget_said(self) -> None:
        """Empty the outbox, as if the broker had confirmed everything."""
        async with self.service.db.write() as conn:
            await conn.execute(outbox.delete())

    async def answer_marked(self) -> None:
        await answer_marked_orders(self.service.outbox)

    async def publish(self) -> None:
        await publish_products(self.service.outbox)

    async def verify(self) -> None:
        """Everything adds up."""
        found = await self.get("verify")
        assert found["differences"] == []

    async def rows(self, table: str) -> list[Any]:
        """All rows of a table."""
        async with self.service.db.read() as conn:
            return list(await conn.execute(select(metadata.tables[table])))
