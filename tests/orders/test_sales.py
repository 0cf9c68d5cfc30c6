"""A sale from its first moment: what an order holds, whose it is, where it came from, and that it stays so."""

from typing import Any

import pytest

from shared.contracts import Invoicing, Product
from tests.orders.driver import Driver, line, order


def renamed(sku: str) -> Product:
    """The product under another name and at another price."""
    return Product.model_validate(
        {
            "shop": "cave",
            "version": 2,
            "sku": sku,
            "title": "Another name",
            "price": "99.00",
            "tax_rate": "5.5",
            "currency": "EUR",
            "available": 0,
            "sold_out": True,
        }
    )


@pytest.mark.row("S0-04")
@pytest.mark.row("S2-10")
@pytest.mark.row("S3-06")
async def test_an_order_holds_products_client_amount_date_status_and_number(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3))
    (listed,) = (await orders.get("orders"))["items"]
    for seen in (listed, await orders.read(made["code"])):
        assert [(found["sku"], found["quantity"]) for found in seen["lines"]] == [("WINE", 3)]
        assert seen["customer"]["email"] == "camille@example.com"
        assert seen["totals"]["gross"] == "37.50"
        assert seen["placed_at"] == "2026-06-01T12:00:00Z"
        assert seen["status"]["type"] == "received"
        assert seen["code"] == made["code"]


@pytest.mark.row("S0-03")
async def test_a_validated_purchase_is_an_order_whose_life_begins(orders: Driver) -> None:
    answer = await orders.http.post("/api/v1/orders", json=order())
    assert answer.status_code == 201
    made = (await orders.http.get(answer.headers["Location"])).json()
    assert (made["version"], made["status"]["type"]) == (1, "received")
    (first,) = await orders.timeline(made["code"])
    assert (first["kind"], first["status"]["type"], first["at"]) == ("status", "received", made["placed_at"])
    told = await orders.message(made["id"])
    assert [entry.status.type for entry in told.entries] == ["received"], "the other services begin, too"


@pytest.mark.row("S0-18")
async def test_the_sale_is_recorded_in_history_at_the_end(orders: Driver) -> None:
    """Completing ships the rest, is the last entry, and has everything that was shipped invoiced."""
    made = await orders.place(line("WINE", 3))
    await orders.move(made["code"], "shipped")
    orders.clock.advance(days=1)
    done = await orders.move(made["code"], "completed", actions={"publish": True})
    *_before, last = await orders.timeline(made["code"])
    assert (last["kind"], last["status"]["type"], last["published"]) == ("status", "completed", True)
    assert [found["shipped"] for found in done["lines"]] == [3]
    told = await orders.message(made["id"])
    assert (told.levels.invoicing, told.entries[-1].publish) == (Invoicing.SHIPPED, True)
    (listed,) = (await orders.get("orders", type="completed"))["items"]
    assert listed["code"] == made["code"]


@pytest.mark.row("S1-02")
async def test_paid_in_preparation_shipped_refunded_at_a_glance_and_stock_follows(orders: Driver) -> None:
    """The list alone says it: the fact of payment beside the status, the stock beside both."""

    async def glance() -> tuple[str, str, int, int]:
        (listed,) = (await orders.get("orders"))["items"]
        (sold,) = listed["lines"]
        return listed["facts"]["payment"], listed["status"]["type"], sold["hold"], sold["shipped"]

    made = await orders.place(line("WINE", 3))
    assert await glance() == ("unpaid", "received", 3, 0)
    await orders.settle(made, payment="paid", captured=3750)
    await orders.move(made["code"], "processing")
    assert await glance() == ("paid", "processing", 3, 0)
    await orders.move(made["code"], "shipped")
    assert await glance() == ("paid", "shipped", 0, 3)
    moved = await orders.move(made["code"], "refunded", decision={"stock": "all"})
    await orders.hear(orders.account(moved, "refunded", captured=3750, refunded=3750))
    assert await glance() == ("refunded", "refunded", 0, 3)
    (back,) = (await orders.message(made["id"])).lines
    assert (back.hold, back.shipped, back.restocked) == (0, 3, 3)


@pytest.mark.row("S0-05")
async def test_the_same_purchase_posted_twice_is_one_order(orders: Driver) -> None:
    key = {"Idempotency-Key": "basket-77"}
    first = await orders.http.post("/api/v1/orders", json=order(), headers=key)
    again = await orders.http.post("/api/v1/orders", json=order(), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["code"] == again.json()["code"]
    assert (await orders.get("orders"))["total"] == 1


@pytest.mark.row("S0-08")
@pytest.mark.row("S1-10")
async def test_every_order_has_a_client_who_is_created_from_billing_data(orders: Driver) -> None:
    nobody = order()
    del nobody["customer"]
    refused = await orders.http.post("/api/v1/orders", json=nobody)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "customer")
    made = await orders.place()
    (client,) = await orders.rows("customers")
    assert (client.email, client.name) == (made["customer"]["email"], "Camille")
    assert client.details["billing_address"] == made["billing_address"]


@pytest.mark.row("S1-09")
async def test_an_existing_client_is_chosen_or_a_new_one_created(orders: Driver) -> None:
    await orders.place()
    await orders.place(customer={"email": "CAMILLE@example.com", "name": "Camille"})
    assert len(await orders.rows("customers")) == 1
    await orders.place(customer={"email": "new@example.com", "name": "New"})
    assert sorted(row.email for row in await orders.rows("customers")) == ["camille@example.com", "new@example.com"]


@pytest.mark.row("S0-12")
async def test_a_renamed_and_repriced_product_changes_no_order(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3))
    path = f"/api/v1/orders/{made['code']}"
    before = (await orders.http.get(path)).content
    await orders.hear(renamed("WINE"))
    assert [row.title for row in await orders.rows("products")] == ["Another name"]
    assert (await orders.http.get(path)).content == before


@pytest.mark.row("S1-01")
async def test_orders_come_by_themselves_or_by_hand_and_say_where_from(orders: Driver) -> None:
    web = await orders.place(origin="newsletter")
    manual = await orders.place(channel="manual", origin="phone", operator="marie")
    found = {seen["code"]: seen for seen in (await orders.get("orders"))["items"]}
    assert (found[web["code"]]["channel"], found[web["code"]]["origin"]) == ("web", "newsletter")
    by_hand = found[manual["code"]]
    assert (by_hand["channel"], by_hand["origin"], by_hand["operator"]) == ("manual", "phone", "marie")


@pytest.mark.row("S1-03")
async def test_an_order_is_typed_by_hand(orders: Driver) -> None:
    """A draft holds nothing; products and client are put in, then it is received."""
    draft = await orders.place(line("WINE", 1), channel="manual", status="draft", origin="in store")
    assert [found["hold"] for found in draft["lines"]] == [0]
    path = f"/api/v1/orders/{draft['code']}"
    cart: list[dict[str, Any]] = [{"id": 1, "quantity": 2}, line("BOX", 1, "4.00")]
    assert (await orders.http.put(f"{path}/lines", json={"lines": cart})).status_code == 200
    client = {"name": "Ida", "email": "ida@example.com"}
    assert (await orders.http.patch(path, json={"customer": client})).json()["customer"]["name"] == "Ida"
    made = await orders.move(draft["code"], "received")
    assert [(found["sku"], found["hold"]) for found in made["lines"]] == [("WINE", 2), ("BOX", 1)]
    assert made["totals"]["gross"] == "29.00"


@pytest.mark.row("S1-04")
async def test_shipping_data_carrier_and_tracking_code_are_told(orders: Driver) -> None:
    made = await orders.place()
    shipment = {"carrier": "Chronopost", "tracking_number": "XY123"}
    await orders.move(made["code"], "shipped", shipment=shipment)
    told = await orders.message(made["id"])
    assert [(found.carrier, found.tracking_number) for found in told.parcels] == [("Chronopost", "XY123")]
    assert told.entries[-1].mail, "the client is informed"
