"""New orders: what the API takes, answers and refuses, and what the services are told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.orders.domain.code import parse_code
from shared.contracts import Invoicing, Marketplace, Order
from shared.security import find_shop
from shared.security.links import is_signed, order_in
from tests.orders.driver import Driver, Json, line, order
from tests.statements import statements


async def test_order_is_created_and_told(orders: Driver) -> None:
    answer = await orders.http.post("/api/v1/orders", json=order(line("WINE", 3), line("BOX", 1, "4.00")))
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/api/v1/orders/{made['code']}"
    assert parse_code(made["code"]) == made["code"]
    assert (made["version"], made["settled"]) == (1, False)
    assert made["status"] == {"mnemonic": "received", "type": "received", "name": "Commande reçue"}
    assert made["facts"] == {"payment": "unpaid", "stock": "none", "invoice": "none", "publication": "automatic"}
    assert made["totals"] == {"net": "34.58", "tax": "6.92", "gross": "41.50", "paid": "0.00", "due": "41.50"}
    assert [(found["id"], found["hold"]) for found in made["lines"]] == [(1, 3), (2, 1)]
    told_to_client = made.pop("confirmation")
    assert await orders.read(made["code"]) == made
    assert told_to_client["text"] == f"Merci ! Votre commande {made['code']} chez La Cave est enregistrée."

    told = await orders.message(made["id"])
    assert (told.version, told.code, told.totals.gross) == (1, made["code"], 4150)
    assert told.levels.payable
    assert told.levels.invoicing is Invoicing.POLICY
    assert told.levels.marketplace is Marketplace.ACKNOWLEDGED
    assert [(found.hold, sum(wait.quantity for wait in found.waits)) for found in told.lines] == [(3, 3), (1, 1)]
    (entry,) = told.entries
    assert (entry.version, entry.publish, entry.mail, entry.mail_admins, entry.sms) == (1, True, True, True, False)
    assert entry.texts.subject.startswith("Votre commande")


async def test_prices_before_tax_add_up_per_rate(orders: Driver) -> None:
    lines = [line("A", 3, "0.3333", tax_rate="20"), line("B", 1, "10.00", tax_rate="5.5")]
    made = await orders.place(*lines, prices_include_tax=False)
    assert made["totals"]["net"] == "11.00"
    assert made["totals"]["tax"] == "0.75"
    assert made["totals"]["gross"] == "11.75"


async def test_language_is_the_customers_else_the_shops(orders: Driver) -> None:
    body = order(customer={"email": "a@example.com", "name": "A", "language": "en"})
    del body["language"]
    assert (await orders.http.post("/api/v1/orders", json=body)).json()["language"] == "en"
    del body["customer"]["language"]
    assert (await orders.http.post("/api/v1/orders", json=body)).json()["language"] == "fr"


async def test_services_hold_nothing(orders: Driver) -> None:
    made = await orders.place(line("POST", 1, "5.00", kind="service"))
    assert made["lines"][0]["hold"] == 0


async def test_imported_order_is_quiet_and_keeps_its_date(orders: Driver) -> None:
    made = await orders.place(
        imported=True,
        external_id="536365",
        placed_at="2010-12-01T08:26:00Z",
        customer={"email": "guest-536365@import.invalid", "name": "Guest"},
        billing_address={"country": "gb"},
        shipping_address={"country": "gb"},
    )
    assert made["placed_at"] == "2010-12-01T08:26:00Z"
    told = await orders.message(made["id"])
    assert [(entry.mail, entry.mail_admins) for entry in told.entries] == [(False, False)]
    assert {wait.since for found in told.lines for wait in found.waits} == {datetime(2010, 12, 1, 8, 26, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"customer": {"email": "a@example.com", "name": "Cl\x01aire"}}, "customer.name"),
        ({"customer": {"email": "a@example.com", "name": "Claire\nMartin"}}, "customer.name"),
        ({"billing_address": {"street": "1 rue\x9f", "city": "Paris", "country": "FR"}}, "billing_address.street"),
        ({"billing_address": {"street": "1 rue", "city": "Par\u2028is", "country": "FR"}}, "billing_address.city"),
        ({"billing_address": {"street": "1 rue", "city": "Paris", "country": "France"}}, "billing_address.country"),
        ({"billing_address": {"street": "1 rue", "city": "Paris", "country": "ZZ"}}, "billing_address.country"),
        ({"comment": "one\x1b"}, "comment"),
        ({"fields": {"gift": ["\x01"]}}, "fields"),
        (
            {"lines": [{"sku": "A", "name": "A\x7f", "quantity": 1, "unit_price": "1.00", "tax_rate": "20"}]},
            "lines.0.name",
        ),
    ],
)
async def test_what_no_mail_could_say_is_refused(orders: Driver, changed: Json, field: str) -> None:
    answer = await orders.http.post("/api/v1/orders", json=order() | changed)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_lines_stand_where_a_text_may_have_them(orders: Driver) -> None:
    address = {"street": "1 rue\nB\u00e2t. B", "city": "Paris\n", "country": "fr"}
    made = await orders.place(billing_address=address, comment="one\ntwo")
    found = made["billing_address"]
    assert (found["street"], found["city"], found["country"]) == ("1 rue\nB\u00e2t. B", "Paris", "FR")


async def test_external_id_exists_once(orders: Driver) -> None:
    first = await orders.place(channel="amazon", external_id="902-1")
    again = await orders.http.post("/api/v1/orders", json=order(channel="amazon", external_id="902-1"))
    assert (again.status_code, again.json()["code"]) == (409, first["code"])
    assert (await orders.place(channel="ebay", external_id="902-1"))["code"] != first["code"]


async def test_client_is_created_and_updated(orders: Driver) -> None:
    await orders.place(customer={"email": "Camille@Example.com", "name": "Camille"})
    await orders.place(customer={"email": "camille@example.com", "name": "Camille Martin", "phone": "+33600000000"})
    (client,) = await orders.rows("customers")
    assert (client.email, client.name, client.details["phone"]) == (
        "camille@example.com",
        "Camille Martin",
        "+33600000000",
    )


async def test_same_key_places_once(orders: Driver) -> None:
    headers = {"Idempotency-Key": "checkout-1"}
    first = await orders.http.post("/api/v1/orders", json=order(), headers=headers)
    again = await orders.http.post("/api/v1/orders", json=order(), headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = await orders.http.post("/api/v1/orders", json=order(line("BOX")), headers=headers)
    assert other.status_code == 422
    assert len(await orders.rows("orders")) == 1


def without(field: str) -> Json:
    body = order()
    del body[field]
    return body


BAD = [
    (order(line(quantity=-1)), "lines.0.quantity"),
    (order(line(quantity=0)), "lines.0.quantity"),
    (order(line(price="-1.00")), "lines.0.unit_price"),
    (order(line(price="NaN")), "lines.0.unit_price"),
    (order(line(price="12,50")), "lines.0.unit_price"),
    (order({**line(), "unit_price": 12.5}), "lines.0.unit_price"),
    (order(line(tax_rate="120")), "lines.0.tax_rate"),
    (order(line(price="1_0.00")), "lines.0.unit_price"),
    (order(line(price="1e5")), "lines.0.unit_price"),
    (order(line("W\0")), "lines.0.sku"),
    (order({**line(), "name": "\ud800"}), "lines.0.name"),
    (order(line(quantity=10**30)), "lines.0.quantity"),
    (order(*[line(quantity=1_000_000, price="999999999.99")] * 20), "lines"),
    (order(placed_at="0001-01-01T00:00:00+10:00"), "placed_at"),
    (order(placed_at="2026-01-01T00:00:00"), "placed_at"),
    (order(customer={"email": "a@b.c\0d", "name": "N"}), "customer.email"),
    (order(line(colour="red")), "lines.0.colour"),
    (order(currency="XXZ"), "currency"),
    (order(currency="eur"), "currency"),
    (order(channel="bazaar"), "channel"),
    (order(customer={"email": "nobody", "name": "N"}), "customer.email"),
    (order(lines=[]), "lines"),
    (without("customer"), "customer"),
    (order(status="nonsense"), "status"),
    (order(status="shipped"), "status"),
    (order(surprise=1), "surprise"),
]


async def test_bad_input_is_told_by_field(orders: Driver) -> None:
    for body, field in BAD:
        content = json.dumps(body)  # as ASCII, so that a lone surrogate travels too
        answer = await orders.http.post("/api/v1/orders", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert field in [error["field"] for error in answer.json()["errors"]]
    assert await orders.rows("orders") == []


PRICES = [
    ("JPY", "12.50", True, False),
    ("JPY", "1250", True, True),
    ("EUR", "12.505", True, False),
    ("EUR", "12.505", False, True),
    ("TND", "12.505", True, True),
]


async def test_prices_have_the_decimals_of_their_currency(orders: Driver) -> None:
    for currency, price, included, accepted in PRICES:
        body = order(line(price=price), currency=currency, prices_include_tax=included)
        answer = await orders.http.post("/api/v1/orders", json=body)
        assert (answer.status_code == 201) is accepted, answer.text


async def test_broken_json_is_a_problem(orders: Driver) -> None:
    for body in (b"{", b"[]", b"\xff\xfe", b""):
        answer = await orders.http.post("/api/v1/orders", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"


async def test_too_large_a_body_is_refused(orders: Driver) -> None:
    answer = await orders.http.post("/api/v1/orders", content=b" " * 10_000_000)
    assert answer.status_code == 413


class TestBatch:
    """Up to 200 orders in one transaction, each with its own result."""

    async def place(self, orders: Driver, *bodies: Any) -> list[Json]:
        answer = await orders.http.post("/api/v1/orders/batch", json={"orders": list(bodies)})
        assert answer.status_code == 200, answer.text
        items: list[Json] = answer.json()["items"]
        return items

    async def test_each_order_has_its_result(self, orders: Driver) -> None:
        found = await self.place(
            orders, order(external_id="1"), order(line(quantity=-1)), order(external_id="1"), order(external_id="2")
        )
        assert [item["status"] for item in found] == [201, 422, 200, 201]
        assert found[0]["code"] == found[2]["code"]
        assert found[1]["errors"][0]["field"] == "lines.0.quantity"
        again = await self.place(orders, order(external_id="2"), order(external_id="1"))
        assert [(item["status"], item["code"]) for item in again] == [(200, found[3]["code"]), (200, found[0]["code"])]
        assert set(await orders.said(Order.name)) == {row.id for row in await orders.rows("orders")}

    async def test_statements_do_not_grow_with_the_orders(self, orders: Driver) -> None:
        await self.place(orders, order(external_id="0"))
        with statements(orders.service.db) as few:
            await self.place(orders, *(order(external_id=f"a{number}") for number in range(2)))
        with statements(orders.service.db) as many:
            await self.place(orders, *(order(external_id=f"b{number}") for number in range(40)))
        assert len(many) == len(few)

    async def test_what_the_shop_has_not_refuses_one_order_alone(self, orders: Driver) -> None:
        priceless = {name: value for name, value in line("RARE").items() if name != "unit_price"}
        bodies = [
            order(external_id="1"),
            order(status="sent", external_id="2"),
            order(coupons=["NOTHING"]),
            order(priceless),
            order(customer_id="01a20273-0000-7000-8000-000000000000", external_id="1"),
            order(external_id="3"),
        ]
        found = await self.place(orders, *bodies)
        assert [item["status"] for item in found] == [201, 422, 422, 422, 422, 201]
        fields = [item["errors"][0]["field"] for item in found[1:5]]
        assert fields == ["status", "coupons.0", "lines.0.unit_price", "customer_id"]
        assert len(await orders.rows("orders")) == 2
        assert [item["status"] for item in await self.place(orders, *bodies)][0::5] == [200, 200]


class TestConfirmation:
    """What a checkout tells the client."""

    @pytest.mark.row("S2-04")
    async def test_success_is_told_and_the_client_led_to_the_payment(self, orders: Driver) -> None:
        made = await orders.check_out(line("WINE", 3), language="en")
        told = made["confirmation"]
        assert told["text"].startswith(f"Thank you! Your order {made['code']}")
        assert (told["payment"]["amount"], told["payment"]["currency"]) == ("37.50", "EUR")
        token = told["payment"]["url"].rpartition("/p/")[2]
        assert order_in(token) == made["id"]
        async with orders.service.db.read() as conn:
            shop = await find_shop(conn, made["shop"])
        assert shop is not None
        assert is_signed(token, shop, made["id"])
        assert not is_signed(token[::-1], shop, made["id"])

    async def test_nothing_is_asked_for_where_nothing_is_payable(self, orders: Driver) -> None:
        for more in ({"status": "processing"}, {"status": "draft"}):
            assert (await orders.check_out(line(), **more))["confirmation"]["payment"] is None
        assert (await orders.check_out(line(price="0")))["confirmation"]["payment"] is None

    async def test_the_key_of_the_links_is_shown_to_nobody(self, orders: Driver) -> None:
        shown = await orders.http.get("/api/v1/shop")
        log = await orders.http.get("/api/v1/log")
        async with orders.service.db.read() as conn:
            shop = await find_shop(conn, shown.json()["shop"])
        assert shop is not None
        assert len(shop.payment_key) > 30
        assert not {word for word in ("payment_key", shop.payment_key) if word in shown.text + log.text}
