"""The service as the tests drive it: messages in, the worker run by hand, answers and sandbox calls out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from services.notifications.jobs import Deliverer
from services.notifications.jobs.pulling import Puller
from shared.contracts import (
    Account,
    Address,
    Channel,
    ChannelOrder,
    Customer,
    Delivery,
    Entry,
    InvoiceState,
    Invoicing,
    LegalIdentity,
    Levels,
    Line,
    Marketplace,
    Message,
    Order,
    Parcel,
    ParcelLine,
    PaymentState,
    Product,
    Shop,
    ShopKey,
    Status,
    StatusType,
    Texts,
    Totals,
)
from shared.outbox.tables import answers, outbox
from shared.runtime import Service
from shared.security import hash_key
from tests.answers import CheckedTransport

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADMINISTRATORS = ("patron@example.com", "bureau@example.com")


def order_id(number: int) -> str:
    return str(UUID(int=number))


class Clock:
    """The service's clock; a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **period: float) -> None:
        self.now += timedelta(**period)


def shop(name: str = "cave", **changes: Any) -> Shop:
    """A shop with SMS on, two administrators and one key."""
    values: dict[str, Any] = {
        "shop": name,
        "version": 1,
        "title": "La Cave",
        "legal": LegalIdentity(name="La Cave SARL", address=Address(country="FR")),
        "mail_from": "cave@example.com",
        "administrators": ADMINISTRATORS,
        "sms": True,
        "public_url": "https://cave.example.com",
        "keys": (ShopKey(id="key", name="Alix", sha256=hash_key("secret"), scopes=("admin",)),),
    }
    return Shop(**values | changes)


def entry(number: int, *, version: int = 1, **changes: Any) -> Entry:
    """A history entry that asks for nothing until told to."""
    values: dict[str, Any] = {
        "id": f"entry-{number}",
        "version": version,
        "at": NOON,
        "status": Status(mnemonic="received", type=StatusType.RECEIVED),
        "texts": Texts(
            name="Reçue",
            subject="Votre commande {{ order.code }}",
            mail="Merci {{ customer.name }}, nous préparons votre commande {{ order.code }} de {{ order.total }}.",
            sms="{{ shop.name }} : commande {{ order.code }} {{ status.name }}",
        ),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return Entry(**values | changes)


def parcel(number: int, *lines: tuple[int, int], **changes: Any) -> Parcel:
    """A parcel by Colissimo with (line, quantity) in it."""
    values: dict[str, Any] = {
        "number": number,
        "carrier": "Colissimo",
        "tracking_number": f"6A 0000{number}",
        "shipped_at": NOON - timedelta(minutes=1),
        "lines": tuple(ParcelLine(line=line, quantity=quantity) for line, quantity in lines or [(1, 1)]),
    }
    return Parcel(**values | changes)


def order(number: int = 1, version: int = 1, *entries: Entry, **changes: Any) -> Order:
    """An order of one line of wine."""
    values: dict[str, Any] = {
        "shop": "cave",
        "version": version,
        "id": order_id(number),
        "code": f"CO-{number}",
        "channel": Channel.WEB,
        "placed_at": NOON,
        "currency": "EUR",
        "prices_include_tax": True,
        "language": "fr",
        "status": Status(mnemonic="received", type=StatusType.RECEIVED),
        "levels": Levels(payable=True, invoicing=Invoicing.POLICY, marketplace=Marketplace.NONE),
        "customer": Customer(name="Camille Dubois", email="camille@example.com", phone="06 12 34 56 78"),
        "shipping_address": Address(
            name="Camille Dubois", street="1 rue du Puits", postal_code="33000", city="Bordeaux", country="FR"
        ),
        "lines": (line(1),),
        "totals": Totals(net=408, tax=82, gross=490),
        "entries": entries,
    }
    return Order(**values | changes)


def line(number: int, quantity: int = 6, **changes: Any) -> Line:
    """Six bottles of wine."""
    values: dict[str, Any] = {
        "id": number,
        "sku": f"wine-{number}",
        "name": f"Graves rouge n° {number}",
        "quantity": quantity,
        "unit_price": Decimal("4.90"),
        "tax_rate": Decimal(20),
        "net": 408,
        "tax": 82,
        "gross": 490,
        "external_id": f"item-{number}",
    }
    return Line(**values | changes)


def marketplace_order(channel: Channel, version: int, *parcels: Parcel, number: int = 1, **changes: Any) -> Order:
    """An order of two lines that came from a marketplace."""
    values: dict[str, Any] = {
        "channel": channel,
        "external_id": f"902-{number:07}",
        "lines": (line(1), line(2, 2)),
        "parcels": parcels,
    }
    return order(number, version, **values | changes)


class Driver:
    """One notifications service, without broker and timers: the test submits messages and runs the worker."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.deliverer: Deliverer = service.state["deliverer"]
        self.puller: Puller = service.state["puller"]
        transport = CheckedTransport(service.app)
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://notifications", headers={"Authorization": "Bearer secret"}
        )

    async def close(self) -> None:
        await self.http.aclose()
        await self.service.stop()

    async def hear(self, *messages: Message) -> None:
        """Submit messages one after the other; each returns when its batch is committed."""
        for message in messages:
            await self.service.hears[message.name].submit(message.encode())

    async def deliver(self) -> None:
        """Let the worker do all that is due now."""
        await self.deliverer.run()
        await self.deliverer.idle()

    async def pull(self) -> None:
        """Let the orders that marketplaces show be read, as far as that is due."""
        await self.puller.run()
        await self.puller.idle()

    async def shown(self) -> list[ChannelOrder]:
        """What was said of marketplaces' orders and not published yet, for there is no broker: the newest of each."""
        found = select(outbox.c.body).where(outbox.c.message == ChannelOrder.name).order_by(outbox.c.key)
        async with self.service.db.read() as conn:
            return [ChannelOrder.decode(body) for body in (await conn.execute(found)).scalars()]

    async def settle_channel(self, channel: str, **changes: Any) -> dict[str, Any]:
        """Put the shop's account at a marketplace; the sandbox has the credentials."""
        answer = await self.http.put(f"/api/v1/notifications/channels/{channel}", json=changes)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def buy(self, channel: str, sku: str = "wine-1", **changes: Any) -> dict[str, Any]:
        """Have somebody buy at a sandbox; the order in the vendor's shape."""
        answer = await self.http.post(f"/sandbox/{channel}/orders", json={"sku": sku, **changes})
        assert answer.status_code == 201, answer.text
        bought: dict[str, Any] = answer.json()
        return bought

    async def answer(self, number: int = 1) -> Delivery:
        """The newest answer to an order."""
        async with self.service.db.read() as conn:
            body = (await conn.execute(select(answers.c.body).where(answers.c.id == order_id(number)))).scalar_one()
        return Delivery.decode(body)

    async def outcomes(self, number: int = 1) -> list[tuple[str, str]]:
        """(channel, outcome) of an order's deliveries."""
        return [(item.channel, str(item.outcome)) for item in (await self.answer(number)).items]

    async def calls(self, name: str) -> list[dict[str, Any]]:
        """What a sandbox saw."""
        items: list[dict[str, Any]] = (await self.http.get(f"/sandbox/{name}/calls")).json()["items"]
        return items

    async def fault(self, name: str, kind: str, count: int = 1) -> None:
        """Order a fault of a sandbox."""
        answer = await self.http.put(f"/sandbox/{name}/fault", json={"kind": kind, "count": count})
        assert answer.status_code == 200, answer.text

    async def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/v1/notifications/deliveries", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def rows(self, statement: Any) -> Sequence[Any]:
        """Rows of the service's own database."""
        async with self.service.db.read() as conn:
            return (await conn.execute(statement)).all()


def product(sku: str = "wine-1", available: int = 5, version: int = 1, **changes: Any) -> Product:
    """A product of which so many units are free."""
    values: dict[str, Any] = {
        "shop": "cave",
        "version": version,
        "sku": sku,
        "title": "Graves",
        "tax_rate": Decimal(20),
    }
    return Product(**values | {"available": available, "sold_out": available <= 0} | changes)


def account(number: int = 1, version: int = 1) -> Account:
    return Account(
        shop="cave",
        version=version,
        id=order_id(number),
        heard=1,
        currency="EUR",
        payment=PaymentState.PAID,
        invoice=InvoiceState.NONE,
    )
