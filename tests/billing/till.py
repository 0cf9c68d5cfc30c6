"""Billing with the payment sandbox as its provider: a client's browser; the worker and the events run by hand."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.billing.payments.signatures import sign
from services.billing.sandbox import SECRET, WEBHOOK, PaymentSandbox
from services.billing.sandbox.bank import Card
from shared.contracts import Order
from shared.runtime import Service
from shared.security import find_shop
from shared.security.links import payment_path
from tests.answers import CheckedTransport
from tests.billing.builders import line
from tests.billing.driver import Clock, Driver, order, order_id

PUBLIC = "https://boutique.example"


class Page(HTMLParser):
    """What stands on a page: its texts, the methods it offers, where it refreshes to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.methods: list[str] = []
        self.scripts = 0
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.scripts += tag == "script"
        if tag == "input" and values.get("name") == "method":
            self.methods.append(values["value"] or "")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))


class Till(Driver):
    """The driver of billing, and a client who pays."""

    def __init__(self, service: Service, clock: Clock) -> None:
        super().__init__(service, clock)
        transport = CheckedTransport(service.app)
        self.browser = httpx.AsyncClient(transport=transport, base_url="http://billing")

    async def close(self) -> None:
        await self.browser.aclose()
        await super().close()

    async def open_shop(self, *arguments: Any, **more: Any) -> None:
        await super().open_shop(*arguments, **{"payment_key": "pk_test", "public_url": PUBLIC} | more)

    async def ordered(self, number: int = 1, *, quantity: int = 2, **more: Any) -> Order:
        """An order of 12.00 a piece, heard and to be paid."""
        message = order(number, 1, line(quantity=quantity), **{"payable": True} | more)
        await self.hear(message)
        return message

    async def path(self, number: int = 1, shop: str = "demo") -> str:
        """The path of an order's payment page."""
        async with self.service.db.read() as conn:
            found = await find_shop(conn, shop)
        assert found is not None
        return payment_path(found, order_id(number))

    async def page(self, number: int = 1, **parameters: str) -> Page:
        """The page as the client sees it."""
        answer = await self.browser.get(await self.path(number), params=parameters)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    async def choose(self, method: str, number: int = 1) -> str:
        """Choose a way to pay; where the browser is sent."""
        answer = await self.browser.post(await self.path(number), data={"method": method})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def work(self) -> None:
        """Make the calls that are due, and deliver the provider's events, until nothing happens any more."""
        for _ in range(6):
            await self.job("call_providers")
            await self.job("deliver_sandbox_events")

    async def job(self, name: str) -> None:
        await next(job for job in self.service.jobs if job.name == name).run()

    @property
    def sandbox(self) -> PaymentSandbox:
        """The provider, to look into."""
        delivering = next(job.run for job in self.service.jobs if job.name == "deliver_sandbox_events")
        found = getattr(delivering, "__self__", None)
        assert isinstance(found, PaymentSandbox)
        return found

    async def send_event(self, body: bytes, header: str | None = None) -> httpx.Response:
        """An event as the provider would send it, with its signature or another."""
        signature = sign(body, SECRET, self.clock()) if header is None else header
        return await self.browser.post(WEBHOOK, content=body, headers={"Stripe-Signature": signature})

    async def at_provider(self, number: int = 1) -> str:
        """Choose the card; the path of the provider's page."""
        go = await self.choose("card", number)
        await self.job("call_providers")
        answer = await self.browser.get(go)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(f"{PUBLIC}/sandbox/payments/pay/"), answer.headers
        return urlsplit(answer.headers["location"]).path

    async def give(self, page: str, card: Card | str) -> str:
        """Give a card, or the bank's decision, on the provider's page; where the browser is sent."""
        field = "card" if isinstance(card, Card) else "decision"
        answer = await self.browser.post(page, data={field: str(card)})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def paid(self, number: int = 1, card: Card = Card.GOOD) -> str:
        """Pay by card to the end; the path of the provider's page."""
        page = await self.at_provider(number)
        await self.give(page, card)
        await self.work()
        return page

    async def calls(self, ending: str) -> list[dict[str, Any]]:
        """The sandbox's calls whose path ends so, oldest first."""
        found = (await self.browser.get("/sandbox/payments/calls?limit=200")).json()["items"]
        return [call for call in found if call["request"]["path"].endswith(ending)]

    async def fault(self, kind: str, count: int = 1) -> None:
        answer = await self.browser.put("/sandbox/payments/fault", json={"kind": kind, "count": count})
        assert answer.status_code == 200

    async def money(self, number: int = 1) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"orders/C-{number}/money")
        return found

    async def refund(self, number: int = 1, **body: Any) -> httpx.Response:
        return await self.http.post(f"orders/C-{number}/refunds", json={"currency": "EUR"} | body)
