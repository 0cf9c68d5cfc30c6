"""The service as the tests drive it: requests and answers in, documents and messages out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from services.orders.commands.inputs import AddressInput, KeyInput, LegalInput, ShopInput
from services.orders.commands.shops import create_key, create_shop
from services.orders.tables import metadata
from shared.contracts import (
    Account,
    Delivery,
    DeliveryItem,
    Document,
    InvoiceState,
    Message,
    Order,
    PaymentState,
    Reservation,
    ReservedLine,
    StockState,
)
from shared.outbox.tables import outbox
from shared.runtime import Service
from tests.answers import CheckedTransport

Json = dict[str, Any]


class Clock:
    """The service's clock; a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **spans: float) -> None:
        self.now += timedelta(**spans)


def line(sku: str = "WINE", quantity: int = 3, price: str = "12.50", **more: Any) -> Json:
    """A line of a request."""
    return {"sku": sku, "name": sku.title(), "quantity": quantity, "unit_price": price, "tax_rate": "20", **more}


def order(*lines: Json, **more: Any) -> Json:
    """The body of `POST /api/v1/orders`."""
    address = {"name": "Camille", "street": "1 rue du Port", "postal_code": "44000", "city": "Nantes", "country": "FR"}
    return {
        "channel": "web",
        "currency": "EUR",
        "prices_include_tax": True,
        "language": "fr",
        "customer": {"email": "camille@example.com", "name": "Camille"},
        "billing_address": address,
        "shipping_address": address,
        "lines": list(lines) or [line()],
        **more,
    }


def shop_input(shop: str, **more: Any) -> ShopInput:
    """A shop as an administrator makes one."""
    legal = LegalInput(name="La Cave SARL", address=AddressInput(country="FR"))
    return ShopInput(shop=shop, title="La Cave", legal=legal, mail_from="cave@example.com", **more)


class Driver:
    """One orders service, without broker and timers: the test submits answers and runs the jobs."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.http = self.client("a-secret-of-the-administrator")
        self._versions: dict[tuple[str, str], int] = {}

    def client(self, key: str) -> httpx.AsyncClient:
        """A client that sends this key."""
        transport = CheckedTransport(self.service.app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://orders", headers={"Authorization": f"Bearer {key}"}
        )

    async def close(self) -> None:
        await self.http.aclose()
        await self.service.stop()

    async def open_shop(self, shop: str, key: str, scopes: tuple[str, ...] = ("admin",), **more: Any) -> None:
        """A shop with one key."""
        async with self.service.outbox.transaction() as tx:
            await create_shop(tx, shop_input(shop, **more))
            await create_key(tx, shop, KeyInput(name=f"key of {shop}", scopes=scopes), secret=key)

    async def place(self, *lines: Json, **more: Any) -> Json:
        """Create an order; its document, without what the checkout tells its client (`check_out`)."""
        document = await self.check_out(*lines, **more)
        del document["confirmation"]
        return document

    async def check_out(self, *lines: Json, **more: Any) -> Json:
        """Create an order; the answer to the checkout."""
        answer = await self.http.post("/api/v1/orders", json=order(*lines, **more))
        assert answer.status_code == 201, answer.text
        document: Json = answer.json()
        return document

    async def try_move(self, code: str, status: str, **more: Any) -> httpx.Response:
        """Ask for a change of status."""
        return await self.http.post(f"/api/v1/orders/{code}/status", json={"status": status, **more})

    async def move(self, code: str, status: str, **more: Any) -> Json:
        """A change of status that must succeed; the document."""
        answer = await self.try_move(code, status, **more)
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document

    async def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET below `/api/v1/` that must succeed."""
        answer = await self.http.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, code: str) -> Json:
        document: Json = await self.get(f"orders/{code}")
        return document

    async def timeline(self, code: str) -> list[Json]:
        items: list[Json] = (await self.get(f"orders/{code}/timeline"))["items"]
        return items

    async def said(self, name: str = Order.name) -> dict[str, tuple[str, str]]:
        """The unsent messages of a name: detail and body by key."""
        async with self.service.db.read() as conn:
            rows = await conn.execute(
                select(outbox.c.key, outbox.c.detail, outbox.c.body).where(outbox.c.message == name)
            )
            return {row.key: (row.detail, row.body) for row in rows}

    async def message(self, id_: str) -> Order:
        """The unsent message of an order."""
        return Order.decode((await self.said())[id_][1])

    async def forget_said(self) -> None:
        """Empty the outbox, as if the broker had confirmed everything."""
        async with self.service.db.write() as conn:
            await conn.execute(outbox.delete())

    async def hear(self, message: Message) -> None:
        """Submit one message; returns when its batch is committed."""
        await self.service.hears[message.name].submit(message.encode())

    def next_version(self, service: str, id_: str) -> int:
        """The version of the next answer of a service about an order."""
        self._versions[service, id_] = self._versions.get((service, id_), 0) + 1
        return self._versions[service, id_]

    def reservation(self, document: Json, stock: str = "reserved", **more: Any) -> Reservation:
        """What inventory would answer."""
        short = stock in ("short", "partly")
        return Reservation(
            shop=document["shop"],
            version=self.next_version("inventory", document["id"]),
            id=document["id"],
            heard=more.pop("heard", document["version"]),
            stock=StockState(stock),
            lines=tuple(
                ReservedLine(line=line["id"], hold=line["hold"], allocated=0 if short else line["hold"])
                for line in document["lines"]
            ),
            **more,
        )

    def account(self, document: Json, payment: str = "unpaid", invoice: str = "none", **more: Any) -> Account:
        """What billing would answer."""
        return Account(
            shop=document["shop"],
            version=self.next_version("billing", document["id"]),
            id=document["id"],
            heard=more.pop("heard", document["version"]),
            currency=document["currency"],
            payment=PaymentState(payment),
            invoice=InvoiceState(invoice),
            **more,
        )

    def delivery(self, document: Json, *items: DeliveryItem, **more: Any) -> Delivery:
        """What notifications would answer."""
        return Delivery(
            shop=document["shop"],
            version=self.next_version("notifications", document["id"]),
            id=document["id"],
            heard=more.pop("heard", document["version"]),
            heard_account=more.pop("heard_account", self._versions.get(("billing", document["id"]), 0)),
            items=items,
            **more,
        )

    async def settle(self, document: Json, stock: str = "reserved", **money: Any) -> Json:
        """Have all three services answer this version; the document after it."""
        await self.hear(self.reservation(document, stock))
        await self.hear(self.account(document, **money))
        await self.hear(self.delivery(document))
        return await self.read(document["code"])

    async def rows(self, table: str) -> list[Any]:
        """All rows of a table."""
        async with self.service.db.read() as conn:
            return list(await conn.execute(select(metadata.tables[table])))


def invoice(number: str = "FA-1", gross: int = 3750) -> Document:
    """An issued invoice."""
    at = datetime(2026, 6, 1, 13, tzinfo=UTC)
    return Document.model_validate(
        {
            "id": number,
            "kind": "invoice",
            "number": number,
            "issued_on": at.date(),
            "issued_at": at,
            "gross": gross,
        }
    )
