"""What a change of status would do, told before it is made, and then held against what the services hear of it."""

import random
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from services.billing.domain import Issued, Paid, due
from services.notifications.domain.wanted import wanted
from services.orders.domain.types import StatusType
from shared.contracts import Document, DocumentKind, InvoicePolicy, Order, Shop
from tests.billing.builders import issue
from tests.orders.driver import Driver, Json, line

STEPS = 14
SECRET = "a-secret-of-the-other-seller"
AT = datetime(2026, 6, 1, 13, tzinfo=UTC)


class House:
    """A shop whose mails, calls and documents are computed by the very rules of the services that make them."""

    def __init__(self, orders: Driver, seed: int) -> None:
        self.orders, self.random = orders, random.Random(seed)
        self.policy = self.random.choice(list(InvoicePolicy))
        self.documents: list[Issued] = []
        self.captured = 0
        self._ids = count()

    async def open(self) -> None:
        more: dict[str, Any] = {
            "administrators": ("cellar@example.com",),
            "sms": True,
            "invoice_policy": self.policy.value,
        }
        await self.orders.open_shop("house", SECRET, **more)
        self.orders.http = self.orders.client(SECRET)

    async def place(self) -> Json:
        customer = {"email": "Camille@example.com", "name": "Camille", "phone": "+33601020304"}
        goods = [line("WINE", self.random.randint(1, 4)), line("BOX", 2, "7.05"), line("CARD", 1, kind="service")]
        channel = self.random.choice(("web", "amazon"))
        external = {"external_id": f"902-{self.random.random()}"} if channel == "amazon" else {}
        return await self.orders.place(*goods, channel=channel, customer=customer, **external)

    def request(self, document: Json) -> Json:
        """Any change at all: many are refused."""
        body: Json = {"status": self.random.choice(list(StatusType)).value}
        stock = self.random.choice(("all", "unshipped", "none", "lines", "scrap", None))
        named: list[Json] = [{"line": self.random.randint(1, 3), "quantity": 1}]
        if stock is not None:
            back = [one | {"scrapped": self.random.randint(0, 1)} | self.somewhere() for one in named]
            body["decision"] = {"stock": stock} | ({"lines": back} if stock == "lines" else self.somewhere())
        if self.random.random() < 0.4:
            body["shipment"] = {"carrier": "Colissimo", "tracking_number": "6A1"} | self.somewhere()
            if self.random.random() < 0.6:
                body["shipment"]["lines"] = named
        if self.random.random() < 0.3:
            body["actions"] = {self.random.choice(("mail", "sms", "mail_admins", "invoice", "publish")): True}
        return body

    def somewhere(self) -> Json:
        return {"location": self.random.choice(("cellar", "north"))} if self.random.random() < 0.4 else {}

    async def bill(self, told: Order) -> list[DocumentKind]:
        """Have billing issue what the order asks for, and answer."""
        drafts = due(told, self.policy, Paid(self.captured), self.documents, lambda: f"D{next(self._ids)}")
        self.documents = issue(drafts, told, self.documents)
        if self.random.random() < 0.3:
            self.captured = told.totals.gross
        said = [
            Document(
                id=found.id,
                kind=found.kind,
                number=found.number,
                issued_on=found.issued_on,
                issued_at=AT,
                gross=sum(position.amounts.gross for position in found.positions),
            )
            for found in self.documents
        ]
        state = {"shop": told.shop, "id": told.id, "version": told.version, "currency": told.currency}
        account = self.orders.account(state, captured=self.captured, documents=tuple(said))
        await self.orders.hear(account)
        return [draft.kind for draft in drafts]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.row("S2-17")
async def test_preview_is_what_then_happens(orders: Driver, seed: int) -> None:
    house = House(orders, seed)
    await house.open()
    document = await house.place()
    await house.bill(await orders.message(document["id"]))
    shop = Shop.decode((await orders.said(Shop.name))["house"][1])
    for _ in range(STEPS):
        body = house.request(document)
        path = f"/api/v1/orders/{document['code']}"
        shown = await orders.http.post(f"{path}/transitions", json=body)
        done = await orders.http.post(f"{path}/status", json=body)
        assert shown.status_code == done.status_code, (body, shown.text, done.text)
        if done.status_code != 200:
            assert shown.json() == done.json()
            continue
        after = done.json()
        told = await orders.message(document["id"])
        issued = await house.bill(told)
        _same(shown.json(), document, after)
        _same_outside(shown.json(), told, shop, known={parcel["number"] for parcel in document["parcels"]})
        assert shown.json()["invoice"] == (DocumentKind.INVOICE in issued), (house.policy, body)
        assert shown.json()["credit_note"] == (DocumentKind.CREDIT_NOTE in issued), (house.policy, body)
        document = await orders.read(document["code"])


def _same(shown: Json, before: Json, after: Json) -> None:
    assert (shown["status"], shown["type"]) == (after["status"]["mnemonic"], after["status"]["type"])
    effects = {found["line"]: found for found in shown["stock"]}
    for old, new in zip(before["lines"], after["lines"], strict=True):
        now = {name: new[name] for name in ("hold", "shipped", "restocked", "scrapped", "locations")}
        found = effects.get(new["id"])
        if found is None:
            assert now == {name: old[name] for name in now}
            continue
        assert found["after"] == now
        assert (found["ship"], found["restock"], found["scrap"]) == (
            new["shipped"] - old["shipped"],
            new["restocked"] - old["restocked"],
            new["scrapped"] - old["scrapped"],
        )
        assert found["hold"] * found["release"] == 0
    known = len(before["parcels"])
    assert shown["parcel"] == (after["parcels"][-1]["number"] if len(after["parcels"]) > known else None)


def _same_outside(shown: Json, told: Order, shop: Shop, known: set[int]) -> None:
    """Mail, SMS and the marketplace's call, as notifications reads them off the message."""
    entry = next(found for found in reversed(told.entries) if found.version == told.version)
    asked = [found for found in wanted(told, shop) if found.subject == entry.id]
    mails = {found.role: list(found.payload.to) for found in asked if found.channel == "mail"}  # type: ignore[union-attr]
    assert {found["role"]: found["to"] for found in shown["mail"]} == mails
    phones = [found.payload.phone for found in asked if found.channel == "sms"]  # type: ignore[union-attr]
    assert shown["sms"] == (phones[0] if phones else None)
    assert shown["publish"] == entry.publish
    assert shown["payable"] == told.levels.payable
    fresh = {f"parcel/{parcel.number}" for parcel in told.parcels if parcel.number not in known}
    calls = [found.verb for found in wanted(told, shop) if found.role == "marketplace" and found.subject in fresh]
    assert shown["marketplace"] == (calls[0] if calls else None)


async def test_a_refund_is_foretold(orders: Driver) -> None:
    """What was kept, and only on the way into a status of type refunded."""
    document = await orders.place()
    await orders.hear(orders.account(document, "paid", captured=2_500, refunded=500))
    document = await orders.move(document["code"], "shipped")
    found = await ways(orders, document["code"])
    told = {name: effects["refund"] for name, way in found.items() if (effects := _any_effects(way))}
    assert told.pop("refunded") == "20.00"
    assert set(told.values()) == {None}
    await orders.hear(orders.account(document, "refunded", captured=2_500, refunded=2_500))
    found = await ways(orders, document["code"])
    assert _any_effects(found["refunded"])["refund"] is None


def _any_effects(way: Json) -> Json:
    """Those of a way, or of its first choice on stock; none where it is refused."""
    choices: Json = way.get("choices", {})
    return way.get("effects") or next(iter(choices.values()), {})


async def ways(orders: Driver, code: str) -> dict[str, Json]:
    """Every status with its verdict and effects."""
    found = await orders.get(f"orders/{code}/transitions")
    return {status["mnemonic"]: status for name in ("allowed", "confirm", "refused") for status in found[name]}


@pytest.mark.row("S2-23")
async def test_unpaid_order_moved_to_processing_stops_being_payable(orders: Driver) -> None:
    made = await orders.place()
    found = await ways(orders, made["code"])
    (warning,) = found["processing"]["effects"]["warnings"]
    assert (warning["code"], found["processing"]["verdict"]) == ("stops_being_payable", "free")
    assert found["awaiting_payment"]["effects"]["warnings"] == []
    await orders.hear(orders.account(made, "paid"))
    assert (await ways(orders, made["code"]))["processing"]["effects"]["warnings"] == []


@pytest.mark.row("S1-30")
async def test_stock_is_asked_about_before_it_is_adjusted(orders: Driver) -> None:
    """The answer is carried by the command: put back (`all`), or skip (`none`)."""
    for answer, back, scrapped in (("all", 3, 0), ("scrap", 3, 3), ("none", 0, 0)):
        made = await orders.place()
        await orders.move(made["code"], "shipped")
        way = (await ways(orders, made["code"]))["returned"]
        assert (way["verdict"], way["ask_stock"]) == ("confirm", True)
        assert way["questions"][0]["choices"] == ["all", "unshipped", "lines", "scrap", "none"]
        foretold = [(found["restock"], found["scrap"]) for found in way["choices"][answer]["stock"]]
        assert foretold == ([(back, scrapped)] if back else [])
        asked = await orders.try_move(made["code"], "returned")
        assert (asked.status_code, asked.json()["type"].rpartition(":")[2]) == (409, "decision-required")
        moved = await orders.move(made["code"], "returned", decision={"stock": answer})
        assert (moved["lines"][0]["restocked"], moved["lines"][0]["scrapped"]) == (back, scrapped)


async def test_ways_lead_where_they_say(orders: Driver) -> None:
    made = await orders.place()
    found = await ways(orders, made["code"])
    assert len(found) == 16
    assert "effects" not in found["draft"] | found["closed"]
    shipped = found["shipped"]["effects"]
    assert shipped["stock"] == [
        {
            "line": 1,
            "sku": "WINE",
            "hold": 0,
            "ship": 3,
            "release": 0,
            "restock": 0,
            "scrap": 0,
            "after": {"hold": 0, "shipped": 3, "restocked": 0, "scrapped": 0, "locations": []},
        }
    ]
    assert shipped["mail"] == [{"role": "client", "to": ["camille@example.com"]}]
    assert (shipped["invoice"], shipped["parcel"], shipped["marketplace"]) == (True, 1, None)
    assert await orders.read(made["code"]) == made, "a preview changes nothing"


async def test_nothing_is_foretold_of_sms_that_cannot_be_sent(orders: Driver) -> None:
    made = await orders.place()
    path = f"/api/v1/orders/{made['code']}/transitions"
    body: dict[str, Any] = {"status": "confirmed", "actions": {"sms": True}}
    shown = (await orders.http.post(path, json=body)).json()
    assert (shown["sms"], [found["code"] for found in shown["warnings"]][-1]) == (None, "sms_off")
