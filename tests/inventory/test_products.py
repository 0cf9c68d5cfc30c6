"""The sheets of products over HTTP, and the messages that follow them."""

import pytest

from services.inventory.jobs import recover_products
from shared.contracts import Product, StockState
from tests.inventory.driver import Driver, line, order

PRODUCTS = "/api/v1/inventory/products"


async def test_put_makes_then_replaces(inventory: Driver) -> None:
    made = await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Wine", "price": "12.50", "tax_rate": "20"})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json() == {
        "sku": "wine",
        "name": "Wine",
        "price": "12.50",
        "currency": "EUR",
        "tax_rate": "20",
        "price_includes_tax": True,
        "prices": [],
        "deleted": False,
        "available": 0,
        "sold_out": True,
        "backorder": "allowed",
        "backorder_limit": None,
        "safety_stock": 0,
        "version": 1,
        "updated_at": "2024-06-01T12:00:00+00:00",
    }
    changed = await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Old wine"})
    assert (changed.status_code, changed.headers["etag"], changed.json()["price"]) == (200, '"2"', None)
    assert await inventory.get("products/wine") == changed.json()


async def test_sheet_goes_out_with_its_change_and_not_without(inventory: Driver) -> None:
    await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Wine", "price": "12.50"})
    said = await inventory.product("wine")
    assert said is not None
    assert (said.version, said.title, str(said.price), said.currency, said.sold_out) == (
        1,
        "Wine",
        "12.50",
        "EUR",
        True,
    )
    await inventory.forget_said()
    again = await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Wine", "price": "12.5"})
    assert (again.status_code, again.headers["etag"]) == (200, '"1"')
    assert await inventory.product("wine") is None


async def test_stale_edition_is_refused_with_the_present_one(inventory: Driver) -> None:
    await inventory.make("wine")
    await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Newer"}, headers={"If-Match": '"1"'})
    for refused in (
        await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Stale"}, headers={"If-Match": '"1"'}),
        await inventory.http.delete(f"{PRODUCTS}/wine", headers={"If-Match": 'W/"1"'}),
        await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Stale"}, headers={"If-Match": "nonsense"}),
    ):
        assert refused.status_code == 409
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["current"]["name"] == "Newer"
    assert (await inventory.http.delete(f"{PRODUCTS}/wine", headers={"If-Match": "*"})).status_code == 204


async def test_deleted_product_keeps_its_row_and_its_version(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    assert (await inventory.http.delete(f"{PRODUCTS}/wine")).status_code == 204
    said = await inventory.product("wine")
    assert said is not None
    assert (said.deleted, said.version) == (True, 3)
    assert (await inventory.get("products"))["items"] == []
    assert [item["sku"] for item in (await inventory.get("products", deleted=True))["items"]] == ["wine"]
    assert (await inventory.get("products/wine"))["deleted"] is True
    assert (await inventory.http.delete(f"{PRODUCTS}/wine")).status_code == 404
    revived = await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Wine"})
    assert (revived.status_code, revived.json()["available"], revived.json()["version"]) == (201, 5, 3)


@pytest.mark.parametrize("sku", ["a/b", "/a//b/", "A", "a", "É 100%?#", "batch", "x/../y", "日本"])
async def test_sku_is_any_printable_text(inventory: Driver, sku: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in sku.encode())
    made = await inventory.http.put(f"{PRODUCTS}/{quoted}", json={"name": "Odd"})
    assert (made.status_code, made.json()["sku"]) == (201, sku)
    await inventory.book(sku, 2)
    assert (await inventory.get(f"stock/{quoted}"))["on_hand"] == 2
    assert (await inventory.get("movements", sku=sku))["total"] == 1


async def test_skus_are_case_sensitive(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.make("WINE", 2)
    assert [await inventory.stock(sku) for sku in ("wine", "WINE")] == [(1, 0, 0), (2, 0, 0)]


@pytest.mark.parametrize(
    ("sheet", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "Wine", "price": "-1"}, "price"),
        ({"name": "Wine", "price": "1.23456"}, "price"),
        ({"name": "Wine", "price": "NaN"}, "price"),
        ({"name": "Wine", "price": "10.005"}, "price"),
        ({"name": "Wine", "price": "10.5", "currency": "JPY"}, "price"),
        ({"name": "Wine", "currency": "EURO"}, "currency"),
        ({"name": "Wine", "tax_rate": "101"}, "tax_rate"),
        ({"name": "Wine", "colour": "red"}, "colour"),
    ],
)
async def test_bad_sheet_is_refused_by_field(inventory: Driver, sheet: dict[str, str], field: str) -> None:
    refused = await inventory.http.put(f"{PRODUCTS}/wine", json=sheet)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert await inventory.rows("products") == []


async def test_price_has_the_decimals_of_its_currency(inventory: Driver) -> None:
    for price, currency, written in (("10.5", "EUR", "10.50"), ("10.005", "TND", "10.005"), ("10.00", "JPY", "10")):
        sheet = {"name": "Wine", "price": price, "currency": currency}
        assert (await inventory.http.put(f"{PRODUCTS}/wine", json=sheet)).json()["price"] == written
    sheets = [{"sku": sku, "name": "Wine", "price": price} for sku, price in (("a", "10.01"), ("b", "10.005"))]
    refused = await inventory.http.post(f"{PRODUCTS}/batch", json={"products": sheets})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "products.1.price")


@pytest.mark.parametrize("sku", ["%00", "%0A", "%20", "x" * 201])
async def test_unprintable_sku_is_refused(inventory: Driver, sku: str) -> None:
    refused = await inventory.http.put(f"{PRODUCTS}/{sku}", json={"name": "Odd"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "sku")


async def test_batch_makes_and_replaces_in_one_transaction(inventory: Driver) -> None:
    await inventory.make("a")
    sheets = [{"sku": sku, "name": sku.upper()} for sku in ("b", "a", "c")]
    done = await inventory.http.post(f"{PRODUCTS}/batch", json={"products": sheets})
    assert (done.status_code, done.json()) == (200, {"created": 2, "total": 3})
    twice = await inventory.http.post(f"{PRODUCTS}/batch", json={"products": sheets + sheets[:1]})
    assert twice.status_code == 422
    items = (await inventory.get("products"))["items"]
    assert [(item["sku"], item["name"]) for item in items] == [("a", "A"), ("b", "B"), ("c", "C")]


async def test_list_pages_and_searches(inventory: Driver) -> None:
    names = {"wine-1": "Bordeaux", "wine-2": "100% Merlot", "gift": "Wine glass"}
    for sku, name in names.items():
        await inventory.http.put(f"{PRODUCTS}/{sku}", json={"name": name})
    first = await inventory.get("products", limit=2)
    assert ([item["sku"] for item in first["items"]], first["total"]) == (["gift", "wine-1"], 3)
    second = await inventory.get("products", limit=2, after=first["next"])
    assert ([item["sku"] for item in second["items"]], second["next"]) == (["wine-2"], None)
    assert (await inventory.get("products", q="WINE"))["total"] == 3
    assert [item["sku"] for item in (await inventory.get("products", q="0%"))["items"]] == ["wine-2"]
    nonsense = await inventory.http.get(PRODUCTS, params={"after": "nonsense"})
    assert nonsense.status_code == 422


async def test_another_shop_sees_nothing(inventory: Driver) -> None:
    await inventory.open_shop("epicerie", "other")
    await inventory.make("wine", 5)
    other = {"Authorization": "Bearer other"}
    for path in ("products/wine", "stock/wine"):
        assert (await inventory.http.get(f"/api/v1/inventory/{path}", headers=other)).status_code == 404
    for path in ("products", "stock", "movements"):
        assert (await inventory.http.get(f"/api/v1/inventory/{path}", headers=other)).json()["total"] == 0
    movement = {"sku": "wine", "quantity": 1, "reason": "receipt"}
    refused = await inventory.http.post("/api/v1/inventory/movements", json=movement, headers=other)
    assert refused.status_code == 422


async def test_routes_need_a_key_with_the_scope(inventory: Driver) -> None:
    await inventory.open_shop("reader", "reads", scopes=("inventory:read",))
    reads = {"Authorization": "Bearer reads"}
    assert (await inventory.http.get(PRODUCTS, headers=reads)).status_code == 200
    assert (await inventory.http.put(f"{PRODUCTS}/x", json={"name": "X"}, headers=reads)).status_code == 403
    assert (await inventory.http.get(PRODUCTS, headers={"Authorization": ""})).status_code == 401


# What is published, and when


async def test_sold_out_flip_goes_out_at_once(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.forget_said()
    await inventory.hear(order(1, 1, line("wine", 1)))
    said = await inventory.product("wine")
    assert said is not None
    assert (said.sold_out, said.available, said.version) == (True, 0, 3)


async def test_available_goes_out_once_a_second(inventory: Driver) -> None:
    await inventory.make("wine", 10)
    await inventory.forget_said()
    await inventory.hear(order(1, 1, line("wine", 1)))
    await inventory.hear(order(2, 1, line("wine", 1)))
    await inventory.publish()
    assert await inventory.product("wine") is None
    inventory.clock.advance(seconds=1)
    await inventory.publish()
    said = await inventory.product("wine")
    assert said is not None
    assert (said.available, said.version) == (8, 3)


async def test_changed_product_is_repeated_after_an_hour_then_daily(inventory: Driver) -> None:
    await inventory.make("wine", 10)
    repeated: list[float] = []
    for hour in range(1, 60):
        await inventory.forget_said()
        inventory.clock.advance(hours=1)
        await inventory.publish()
        if said := await inventory.product("wine"):
            repeated.append(hour)
            assert said.version == 2
    assert repeated == [1, 25, 49]


async def test_start_says_again_what_was_said_in_the_last_hour(inventory: Driver) -> None:
    await inventory.make("old")
    inventory.clock.advance(minutes=90)
    await inventory.make("wine")
    await inventory.forget_said()
    await recover_products(inventory.service.outbox)
    await inventory.publish()
    assert set(await inventory.said(Product.name)) == {"cave/old", "cave/wine"}  # "old" had its repeat of an hour due
    await inventory.forget_said()
    inventory.clock.advance(minutes=70)
    await recover_products(inventory.service.outbox)
    await inventory.publish()
    assert await inventory.said(Product.name) == {}


async def test_deleted_product_says_nothing_of_its_stock(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.http.delete(f"{PRODUCTS}/wine")
    await inventory.forget_said()
    await inventory.hear(order(1, 1, line("wine", 1)))
    assert await inventory.said(Product.name) == {}
    assert (await inventory.answer(1)).stock == StockState.RESERVED
