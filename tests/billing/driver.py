"""The service as the tests drive it: orders in, answers, documents and figures out."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from services.billing.commands.converge import converge
from services.billing.commands.typesetting import typeset as typeset_document
from services.billing.documents import Job
from services.billing.documents.store import Store
from services.billing.documents.typesetters import Typesetters
from services.billing.jobs import Renderer, converge_waiting_orders
from services.billing.settings import Settings
from services.billing.tables import metadata
from shared.batch import lock_keys
from shared.contracts import Account, InvoicePolicy, Order, Shop, ShopKey
from shared.outbox import Transaction
from shared.outbox.tables import answers
from shared.runtime import Service
from shared.security import hash_key
from tests.answers import CheckedTransport
from tests.billing import builders


class Clock:
    """The service's clock; a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **spans: float) -> None:
        self.now += timedelta(**spans)


def order_id(number: int) -> str:
    """Ids that sort by their number."""
    return f"019a0000-0000-7000-8000-{number:012}"


def order(number: int, version: int, *lines: Any, **more: Any) -> Order:
    """The order of this number; its code is `C-<number>`."""
    return builders.order(*lines, id_=order_id(number), code=f"C-{number}", version=version, **more)


class Driver:
    """One billing service, without broker and timers: the test submits messages and runs the jobs."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        transport = CheckedTransport(service.app)
        self.http = httpx.AsyncClient(
            transport=transport,
            base_url="http://billing/api/v1/billing/",
            headers={"Authorization": "Bearer secret"},
        )

    async def close(self) -> None:
        await self.http.aclose()
        await self.service.stop()

    async def open_shop(
        self,
        policy: InvoicePolicy = InvoicePolicy.ON_SHIPMENT,
        *,
        version: int = 1,
        scopes: tuple[str, ...] = ("admin",),
        key: str = "secret",
        **more: Any,
    ) -> None:
        """Have the service hear of the shop, or of another one with its own key."""
        keys = (ShopKey(id=f"key-{key}", name="Alix", sha256=hash_key(key), scopes=scopes),)
        message = builders.shop(policy, version=version, keys=keys, **more)
        await self.service.hears[Shop.name].submit(message.encode())

    async def hear(self, message: Order) -> Account:
        """Submit one order message; the answer once its batch is committed."""
        await self.service.hears[Order.name].submit(message.encode())
        return await self.answer(message.id)

    async def converge(self, tx: Transaction, messages: Sequence[Order]) -> None:
        """Apply orders in a transaction of the test's own, as a batch of messages does."""
        await lock_keys(tx, Order.name, [message.id for message in messages])
        await converge(tx, messages)

    async def answer(self, id_: str) -> Account:
        """What was last answered of an order."""
        async with self.service.db.read() as conn:
            statement = select(answers.c.body).where(answers.c.id == id_)
            return Account.decode((await conn.execute(statement)).scalar_one())

    async def render(self, typeset: Callable[[Job], bytes] = typeset_document) -> None:
        """Typeset what is due, one after the other."""
        assert isinstance(self.service.settings, Settings)
        store = Store(url) if (url := self.service.settings.document_store) else None
        typesetters = Typesetters(1, typeset)
        await Renderer(self.service.outbox, self.service.settings, typesetters, store).run()
        await typesetters.close()

    async def wait(self) -> None:
        """Deal with orders that were heard before their shop."""
        await converge_waiting_orders(self.service.outbox)

    async def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET below `/api/v1/billing/` that must succeed."""
        answer = await self.http.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def documents(self, number: int) -> list[dict[str, Any]]:
        """The documents of an order, in the order of issue."""
        items: list[dict[str, Any]] = (await self.get("documents", order=f"C-{number}"))["items"]
        return items

    async def pay(self, number: int, amount: str, *, kind: str = "payments", **more: Any) -> httpx.Response:
        headers = more.pop("headers", None)
        body = {"amount": amount, "currency": "EUR", "method": "transfer"} | more
        return await self.http.post(f"orders/C-{number}/{kind}", json=body, headers=headers)

    async def rows(self, table: str) -> Sequence[Any]:
        """All rows of a table."""
        async with self.service.db.read() as conn:
            return (await conn.execute(select(metadata.tables[table]))).all()
