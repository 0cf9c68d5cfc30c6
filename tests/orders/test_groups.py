"""Customer groups: kept by the seller, and what their customers see and pay."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from tests.orders.driver import Driver, shop_input
from tests.orders.tariffs import (
    GRID,
    bought,
    buy,
    client,
    listed,
    make_group,
    open_groups,
    prices,
    put_into,
    sell,
    taken,
    unpriced,
)


def refused(answer: httpx.Response, status: int) -> str:
    """The slug of a problem."""
    assert answer.status_code == status, answer.text
    slug: str = answer.json()["type"].rpartition(":")[2]
    return slug


async def test_groups_are_made_changed_listed_and_deleted(orders: Driver) -> None:
    texts = {"fr": {"name": "Revendeurs", "comment": "Prix hors taxe"}, "en": {"name": "Resellers", "comment": ""}}
    made = await make_group(orders, "reseller", texts=texts, price_list="trade", prices_shown="net", position=20)
    assert made == {
        "name": "reseller",
        "texts": texts,
        "price_list": "trade",
        "prices_shown": "net",
        "position": 20,
        "members": 0,
    }
    await make_group(orders, "historic", position=10)
    assert [group["name"] for group in (await orders.get("customer-groups"))["items"]] == ["historic", "reseller"]
    body = {**made, "price_list": None}
    del body["members"]
    changed = await orders.http.put("/api/v1/customer-groups/reseller", json=body)
    assert changed.status_code == 200, changed.text
    assert changed.json() == await orders.get("customer-groups/reseller") == {**made, "price_list": None}
    assert (await orders.http.delete("/api/v1/customer-groups/reseller")).status_code == 204
    assert [group["name"] for group in (await orders.get("customer-groups"))["items"]] == ["historic"]


async def test_what_is_wrong_with_a_group_is_told(orders: Driver) -> None:
    made = await make_group(orders, "reseller")
    assert made["prices_shown"] == "gross"
    path = "/api/v1/customer-groups"
    assert refused(await orders.http.post(path, json={"name": "reseller"}), 409) == "group-taken"
    for body in ({"name": "Ré seller"}, {"name": "new", "prices_shown": "both"}, {"name": "new", "price_list": ""}):
        assert (await orders.http.post(path, json=body)).status_code == 422
    renamed = await orders.http.put(f"{path}/reseller", json={"name": "trade"})
    assert renamed.status_code == 422
    assert renamed.json()["errors"][0]["field"] == "name"
    for answer in (
        await orders.http.get(f"{path}/nobody"),
        await orders.http.put(f"{path}/nobody", json={"name": "nobody"}),
        await orders.http.delete(f"{path}/nobody"),
    ):
        assert refused(answer, 404) == "not-found"
    assert refused(await orders.http.get(f"{path}/%00"), 422) == "invalid"


async def test_a_group_with_customers_is_not_deleted(orders: Driver) -> None:
    await make_group(orders, "reseller")
    await orders.place()
    await put_into(orders, "reseller")
    assert (await orders.get("customer-groups/reseller"))["members"] == 1
    assert refused(await orders.http.delete("/api/v1/customer-groups/reseller"), 409) == "group-in-use"
    await orders.place()
    assert (await orders.get("customer-groups/reseller"))["members"] == 1, "a further order leaves the group"
    await put_into(orders, None)
    assert (await orders.http.delete("/api/v1/customer-groups/reseller")).status_code == 204


async def test_no_client_is_ever_in_a_group_that_is_gone(orders: Driver) -> None:
    await orders.place()
    [camille] = (await orders.get("customers", account=False))["items"]
    for number in range(8):
        name = f"group-{number}"
        await make_group(orders, name)
        put, deleted = await asyncio.gather(
            orders.http.patch(f"/api/v1/customers/{camille['id']}", json={"group": name}),
            orders.http.delete(f"/api/v1/customer-groups/{name}"),
        )
        assert (put.status_code, deleted.status_code) in ((200, 409), (422, 204))


async def test_another_shops_groups_are_not_there(orders: Driver) -> None:
    await make_group(orders, "reseller")
    founded = await orders.http.post("/api/v1/shops", json=shop_input("other").model_dump(mode="json"))
    async with orders.client(founded.json()["key"]["key"]) as other:
        assert (await other.get("/api/v1/customer-groups")).json()["items"] == []
        assert refused(await other.get("/api/v1/customer-groups/reseller"), 404) == "not-found"
        assert refused(await other.delete("/api/v1/customer-groups/reseller"), 404) == "not-found"


@pytest.mark.row("S3-13", "S3-17")
async def test_the_group_of_a_client_is_the_price_list_the_client_sees_and_pays(orders: Driver) -> None:
    await open_groups(orders)
    await sell(orders, "WINE", "12.00", *GRID)
    assert await prices(orders, "WINE") == {"WINE": ("12.00", "public")}
    assert await prices(orders, "WINE", customer="old@example.com") == {"WINE": ("11.00", "historic")}
    assert await prices(orders, "WINE", group="reseller") == {"WINE": ("7.50", "reseller")}
    for name, price, price_list, total in (
        ("guest", "12.00", "public", {"net": "20.00", "tax": "4.00", "gross": "24.00"}),
        ("old", "11.00", "historic", {"net": "18.33", "tax": "3.67", "gross": "22.00"}),
        ("trade", "7.50", "reseller", {"net": "15.00", "tax": "3.00", "gross": "18.00"}),
    ):
        made = await buy(orders, unpriced(quantity=2), **client(name))
        assert taken(made) == [(price, price_list)]
        assert made["totals"] == made["totals"] | total
        told = await orders.message(made["id"])
        assert (told.lines[0].unit_price, told.prices_include_tax) == (Decimal(price), name != "trade")


@pytest.mark.row("S3-18")
async def test_the_same_product_is_displayed_with_tax_or_without_by_choice(orders: Driver) -> None:
    await make_group(orders, "ttc", prices_shown="gross")
    await make_group(orders, "ht", prices_shown="net")
    await sell(orders, "WINE", "12.50", listed("public", "1999", "JPY"), listed("public", "10.005", "TND"))
    await sell(orders, "BOOK", "9.99", tax_rate=Decimal("5.5"), price_includes_tax=False)
    shown = {group: await prices(orders, "WINE", "BOOK", group=group) for group in ("ttc", "ht")}
    assert shown["ttc"] == {"WINE": ("12.50", "public"), "BOOK": ("10.54", "public")}
    assert shown["ht"] == {"WINE": ("10.42", "public"), "BOOK": ("9.99", "public")}
    assert (await orders.get("prices", sku="WINE", group="ht"))["prices_include_tax"] is False
    assert await prices(orders, "WINE", group="ht", currency="JPY") == {"WINE": ("1666", "public")}
    assert await prices(orders, "WINE", group="ht", currency="TND") == {"WINE": ("8.338", "public")}
    with_tax = await buy(orders, unpriced(), prices_include_tax=True)
    without = await buy(orders, unpriced(), prices_include_tax=False)
    assert (taken(with_tax), taken(without)) == ([("12.50", "public")], [("10.42", "public")])
    assert (with_tax["totals"]["gross"], without["totals"]["net"]) == ("12.50", "10.42")


async def test_the_group_called_public_is_everybodys(orders: Driver) -> None:
    await sell(orders, "WINE", "12.00", listed("season", "10.80"))
    await make_group(orders, "public", price_list="season", prices_shown="net")
    assert await prices(orders, "WINE", customer="nobody@example.com") == {"WINE": ("9.00", "season")}
    made = await buy(orders, unpriced(), **client("nobody"))
    assert (taken(made), made["prices_include_tax"]) == ([("9.00", "season")], False)


async def test_a_stated_price_wins_and_is_traced(orders: Driver) -> None:
    await open_groups(orders)
    await sell(orders, "WINE", "12.00", *GRID)
    made = await buy(orders, unpriced(), unpriced(unit_price="5.00"), **client("old"))
    assert taken(made) == [("11.00", "historic"), ("5.00", None)]
    stated = await buy(orders, unpriced(unit_price="5.00"), **client("trade"))
    assert stated["prices_include_tax"] is True, "as before there were lists"


async def test_a_list_without_the_product_or_the_currency_falls_back_to_the_public_price(orders: Driver) -> None:
    await open_groups(orders)
    await sell(orders, "WINE", "12.00", *GRID)
    await sell(orders, "GIFT", "6.00")
    made = await buy(orders, unpriced("GIFT"), **client("old"))
    assert taken(made) == [("6.00", "public")]
    yen = await buy(orders, unpriced(), currency="JPY", **client("old"))
    assert (taken(yen), yen["totals"]["gross"]) == ([("2000", "public")], "2000")


async def test_a_line_without_any_price_is_refused_by_name(orders: Driver) -> None:
    await sell(orders, "WINE", "12.00")
    await sell(orders, "FREE", None, currency=None)
    await sell(orders, "GONE", "3.00", deleted=True)
    for sku, more in (("NOPE", {}), ("FREE", {}), ("GONE", {}), ("WINE", {"currency": "USD"})):
        body = bought(unpriced(), unpriced(sku), **more) if not more else bought(unpriced(sku), **more)
        for path in ("orders", "orders/preview"):
            answer = await orders.http.post(f"/api/v1/{path}", json=body)
            assert refused(answer, 422) == "no-price"
            assert answer.json()["errors"][0]["field"] == f"lines.{len(body['lines']) - 1}.unit_price"
    imported = await orders.http.post("/api/v1/orders", json=bought(unpriced(), imported=True))
    assert imported.status_code == 422
    assert "lines.0.unit_price" in imported.text
    shown = await prices(orders, "NOPE", "FREE", "GONE")
    assert shown == {"NOPE": (None, "unknown_sku"), "FREE": (None, "no_price"), "GONE": (None, "unknown_sku")}


async def test_an_edit_takes_prices_of_the_list_and_keeps_those_agreed(orders: Driver) -> None:
    await open_groups(orders)
    await sell(orders, "WINE", "12.00", *GRID)
    made = await buy(orders, unpriced(quantity=2), unpriced(), **client("old"))
    await sell(orders, "WINE", "15.00", listed("historic", "14.00"), version=2)
    lines = [{**made["lines"][0], "quantity": 3}, {"id": 2, "unit_price": "1.00"}, unpriced()]
    path = f"/api/v1/orders/{made['code']}/lines"
    seen = await orders.http.post(f"{path}/preview", json={"lines": lines})
    done = await orders.http.put(path, json={"lines": lines})
    assert done.status_code == 200, done.text
    assert taken(done.json()) == [("11.00", "historic"), ("1.00", None), ("14.00", "historic")]
    assert {**done.json(), **seen.json()} == done.json()
    nameless = await orders.http.put(path, json={"lines": [{"id": 1}, unpriced("NOPE")]})
    assert refused(nameless, 422) == "no-price"
    assert nameless.json()["errors"][0]["field"] == "lines.1.unit_price"


async def test_promotions_take_off_what_the_list_says(orders: Driver) -> None:
    await open_groups(orders)
    await sell(orders, "WINE", "12.00", *GRID)
    offer = {"name": "Ten off", "kind": "percent", "value": "10"}
    assert (await orders.http.post("/api/v1/promotions", json=offer)).status_code == 201
    made = await buy(orders, unpriced(quantity=2), **client("trade"))
    assert (made["adjustments"][0]["amount"], made["totals"]["net"], made["totals"]["gross"]) == (
        "-1.50",
        "13.50",
        "16.20",
    )


async def test_a_batch_takes_each_clients_prices(orders: Driver) -> None:
    await open_groups(orders)
    await sell(orders, "WINE", "12.00", *GRID)
    again = bought(unpriced(), external_id="A-1", channel="manual")
    batch = {"orders": [bought(unpriced(), **client(name)) for name in ("old", "trade", "guest")] + [again]}
    made = await orders.http.post("/api/v1/orders/batch", json=batch)
    documents = [await orders.read(item["code"]) for item in made.json()["items"]]
    assert [taken(document)[0][0] for document in documents] == ["11.00", "7.50", "12.00", "12.00"]
    await sell(orders, "WINE", None, version=2, currency=None)
    known = await orders.http.post("/api/v1/orders/batch", json={"orders": [again]})
    assert known.json()["items"] == [{"status": 200, "code": documents[3]["code"]}], "found, not priced again"


async def test_what_is_wrong_with_a_question_for_prices_is_told(orders: Driver) -> None:
    await sell(orders, "WINE", "12.00", tax_rate=None)
    for parameters, field in (
        ({}, "sku"),
        ({"sku": "WINE", "group": "nobody"}, "group"),
        ({"sku": "WINE", "group": "nobody", "customer": "camille@example.com"}, "group"),
        ({"sku": "WINE", "currency": "XXX"}, "currency"),
        ({"sku": ["WINE"] * 201}, "sku"),
    ):
        answer = await orders.http.get("/api/v1/prices", params=parameters)
        assert answer.status_code == 422
        assert field in answer.json()["errors"][0]["field"]
    await make_group(orders, "ht", prices_shown="net")
    assert await prices(orders, "WINE", group="ht") == {"WINE": (None, "public")}
    asked = await orders.get("prices", sku="WINE", group="ht")
    assert asked["items"][0]["reason"] == "no_tax_rate"
