"""What people and shop fronts do while everything breaks, and what they were told.

A client that does not learn the outcome of a request asks again with the same Idempotency-Key until it does. What was
acknowledged is written down here, and the auditor holds the services to it.
"""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from shared.web.routes import service_for
from tests.eventually import eventually
from tests.faults.house import House
from tests.faults.plan import OrderPlan, Plan, Step
from tests.flow.suite import order_body

ASK_SECONDS = 90.0
PRICE = 1200


@dataclass(slots=True)
class Told:
    """What the clients of one seed were told. A marker is a text that one request alone carried."""

    tag: str
    codes: dict[str, str] = field(default_factory=dict)
    """By the customer's address: the order's code."""
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Markers of changes."""
    paid: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """By code, minor units."""
    received: Counter[str] = field(default_factory=Counter)
    """By SKU, units."""
    requests: int = 0
    repeated: int = 0
    """Requests asked again because nobody knew what became of them."""


class Workload:
    """The clients of one seed."""

    def __init__(self, house: House, plan: Plan) -> None:
        self.told = Told(f"s{plan.seed}n{house.next_number()}")
        self.skus = [f"{self.told.tag}-{number}" for number in range(len(plan.stock))]
        self._plan = plan
        self._numbers = count(len(plan.orders))
        self._clients = {service: house.client(service) for service in house.processes}

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def open(self) -> None:
        """Make the seed's products, with what is there of them at the beginning."""
        for sku, stock in zip(self.skus, self._plan.stock, strict=True):
            body = {"name": f"Article {sku}"}
            response = await self.ask("PUT", f"/api/v1/inventory/products/{sku}", body, f"{sku}-made")
            assert response.is_success, response.text
            if stock:
                await self._receive(sku, stock, "opening")

    async def phase(self, number: int) -> None:
        """Everything that the plan has happen in this phase: orders side by side, one order's steps in turn."""
        receipts = [
            self._receive(self.skus[sku], quantity, f"phase{number}")
            for phase, sku, quantity in self._plan.receipts
            if phase == number
        ]
        await asyncio.gather(*receipts, *(self._live(order, number) for order in self._plan.orders))

    async def stir(self) -> None:
        """One more order that has every kind of effect: stock, mails, SMS, invoice, a marketplace."""
        order = OrderPlan(next(self._numbers), "amazon", ((0, 1),), "wait", ())
        await self._step(order, 0, Step("place", 0, mail=True))
        await self._step(order, 1, Step("move", 0, "shipped", "rest", mail=True, sms=True))

    async def _live(self, order: OrderPlan, phase: int) -> None:
        for number, step in enumerate(order.steps):
            if step.phase == phase:
                await self._step(order, number, step)

    async def _step(self, order: OrderPlan, number: int, step: Step) -> None:
        marker = f"{self.told.tag}o{order.number}s{number}"
        code = self.told.codes.get(self._email(order.number), "")
        match step.do:
            case "place":
                await self._place(order, step, marker)
            case "move":
                await self._move(code, step, marker)
            case "edit":
                await self._edit(code, step.quantity, marker)
            case "pay":
                await self._pay(code, marker)

    def _email(self, order: int) -> str:
        return f"{self.told.tag}.{order}@example.org"

    async def _place(self, order: OrderPlan, step: Step, marker: str) -> None:
        email = self._email(order.number)
        body = order_body(*((self.skus[sku], quantity) for sku, quantity in order.lines))
        body |= {
            "channel": order.channel,
            "on_short": order.on_short,
            "customer": {"name": "Zoé Martin", "email": email, "phone": f"+336{order.number:08d}"},
            "actions": {"mail": step.mail, "sms": step.sms},
            "comment": marker,
        }
        if order.channel != "web":
            body["external_id"] = f"{self.told.tag}-{order.number}"
            for number, line in enumerate(body["lines"], 1):
                line["external_id"] = f"{self.told.tag}-{order.number}-{number}"
        response = await self.ask("POST", "/api/v1/orders", body, marker)
        assert response.status_code == 201, response.text
        self.told.codes[email] = response.json()["code"]
        self.told.accepted.append(marker)

    async def _move(self, code: str, step: Step, marker: str) -> None:
        command: dict[str, Any] = {
            "status": step.status,
            "comment": marker,
            "actions": {"mail": step.mail, "sms": step.sms},
        }
        if step.parcel:
            shipment = await self._shipment(code, marker, whole=step.parcel == "rest")
            if shipment is None:
                return
            command["shipment"] = shipment
        await self._change("POST", f"/api/v1/orders/{code}/status", command, marker, {"stock": "all"})

    async def _shipment(self, code: str, marker: str, *, whole: bool) -> dict[str, Any] | None:
        """A parcel of what may still leave, None where nothing may."""
        order = (await self.ask("GET", f"/api/v1/orders/{code}")).json()
        left = {line["id"]: line["quantity"] - line["shipped"] + line["restocked"] for line in order["lines"]}
        ready = [line for line, quantity in left.items() if quantity > 0]
        if not ready:
            return None
        parcel: dict[str, Any] = {"carrier": "Colissimo", "tracking_number": f"T{marker}".upper()}
        return parcel if whole else parcel | {"lines": [{"line": ready[0], "quantity": 1}]}

    async def _edit(self, code: str, quantity: int, marker: str) -> None:
        order = (await self.ask("GET", f"/api/v1/orders/{code}")).json()
        lines = [{"id": line["id"], "quantity": line["quantity"]} for line in order["lines"]]
        lines[0]["quantity"] = quantity
        command = {"lines": lines, "comment": marker}
        tag = f'"{order["version"]}"'
        await self._change("PUT", f"/api/v1/orders/{code}/lines", command, marker, {"reinvoice": True}, tag)

    async def _change(
        self, method: str, path: str, command: dict[str, Any], marker: str, decision: dict[str, Any], tag: str = ""
    ) -> None:
        """Ask for a change; with a decision where one is asked for."""
        response = await self.ask(method, path, command, marker, tag)
        if response.status_code == 409 and response.json()["type"].endswith("decision-required"):
            response = await self.ask(method, path, command | {"decision": decision}, f"{marker}-decided", tag)
        assert response.status_code in {200, 409, 422}, response.text
        if tag and not response.is_success and response.json()["type"].endswith("stale-version"):
            return  # asked twice, perhaps, and done the first time: a client cannot tell
        (self.told.accepted if response.is_success else self.told.refused).append(marker)

    async def _pay(self, code: str, marker: str) -> None:
        """Billing may not have heard of the order yet: the clerk tries again."""
        amount = {"amount": "12.00", "currency": "EUR", "method": "transfer", "reference": marker}
        path = f"/api/v1/billing/orders/{code}/payments"

        async def heard() -> httpx.Response | None:
            response = await self.ask("POST", path, amount, marker)
            return None if response.status_code == 404 else response

        response = await eventually(heard, seconds=ASK_SECONDS, every=0.2)
        assert response is not None
        assert response.is_success, response.text
        self.told.paid[code] += PRICE

    async def _receive(self, sku: str, quantity: int, when: str) -> None:
        marker = f"{sku}-{when}"
        movement = {"sku": sku, "quantity": quantity, "reason": "receipt", "note": marker}
        response = await self.ask("POST", "/api/v1/inventory/movements", movement, marker)
        assert response.status_code == 201, response.text
        self.told.received[sku] += quantity

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "", tag: str = ""
    ) -> httpx.Response:
        """The answer to a request, asked until there is one that says what became of it."""
        client = self._clients[service_for(path)]
        headers = {"Idempotency-Key": key} if method == "POST" else {}
        headers |= {"If-Match": tag} if tag else {}
        self.told.requests += 1
        self.told.repeated -= 1

        async def once() -> httpx.Response | None:
            self.told.repeated += 1
            try:
                response = await client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                return None
            return None if response.status_code >= 500 else response

        answered = await eventually(once, seconds=ASK_SECONDS, every=0.25)
        assert answered is not None
        return answered
