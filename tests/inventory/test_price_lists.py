"""Prices in lists: put with a product, by themselves, many at once; published; which lists there are."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.inventory.driver import Driver

BASE = "/api/v1/inventory"


def price(price_list: str, currency: str = "EUR", amount: str = "9.90", **more: Any) -> dict[str, Any]:
    return {"price_list": price_list, "currency": currency, "price": amount, "includes_tax": True, **more}


async def sell(inventory: Driver, sku: str = "wine", **more: Any) -> httpx.Response:
    body = {"name": sku.title(), "price": "12.50", "tax_rate": "20", **more}
    return await inventory.http.put(f"{BASE}/products/{sku}", json=body)


async def put_prices(inventory: Driver, *prices: dict[str, Any], sku: str = "wine", **headers: str) -> httpx.Response:
    body = {"prices": list(prices)}
    return await inventory.http.put(f"{BASE}/products/{sku}/prices", json=body, headers=headers)


async def put_batch(inventory: Driver, *prices: dict[str, Any]) -> httpx.Response:
    return await inventory.http.post(f"{BASE}/prices/batch", json={"prices": list(prices)})


@pytest.mark.row("S3-17")
async def test_price_grids_for_public_historic_and_reseller_clients(inventory: Driver) -> None:
    await sell(inventory)
    grids = [
        price("historic", amount="11.00"),
        price("public", "JPY", "2000"),
        price("reseller", amount="7.5", includes_tax=False),
        price("reseller", "TND", "25.125", includes_tax=False),
    ]
    put = await put_prices(inventory, *reversed(grids))
    assert (put.status_code, put.headers["etag"]) == (200, '"2"')
    written = [*grids[:2], {**grids[2], "price": "7.50"}, grids[3]]
    assert put.json()["prices"] == written
    assert await inventory.get("products/wine") == put.json()
    assert (await inventory.get("sheets/wine"))["prices"] == written
    said = await inventory.product("wine")
    assert said is not None
    assert (said.price, said.price_includes_tax, said.version) == (Decimal("12.50"), True, 2)
    told = [(found.price_list, found.currency, str(found.price), found.includes_tax) for found in said.prices]
    assert told == [
        ("historic", "EUR", "11.00", True),
        ("public", "JPY", "2000", True),
        ("reseller", "EUR", "7.50", False),
        ("reseller", "TND", "25.125", False),
    ]
    lists = (await inventory.get("price-lists"))["items"]
    assert lists == [
        {"name": "historic", "prices": {"EUR": 1}},
        {"name": "public", "prices": {"JPY": 1}},
        {"name": "reseller", "prices": {"EUR": 1, "TND": 1}},
    ]


async def test_prices_come_with_the_product_and_stay_where_it_does_not_name_them(inventory: Driver) -> None:
    made = await sell(inventory, prices=[price("trade")], price_includes_tax=False)
    assert (made.json()["prices"], made.json()["price_includes_tax"]) == ([price("trade")], False)
    assert (await sell(inventory, price="13.00")).json()["prices"] == [price("trade")]
    assert (await sell(inventory, price="13.00", prices=[])).json()["prices"] == []
    assert (await inventory.get("price-lists"))["items"] == []


async def test_prices_that_say_nothing_new_are_not_published(inventory: Driver) -> None:
    await sell(inventory)
    await put_prices(inventory, price("trade"))
    await inventory.forget_said()
    again = await put_prices(inventory, price("trade", amount="9.9"))
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    assert (await put_batch(inventory, price("trade", sku="wine"))).json() == {"total": 1, "changed": 0}
    assert await inventory.product("wine") is None


async def test_a_batch_sets_its_prices_and_leaves_the_others(inventory: Driver) -> None:
    await sell(inventory)
    await sell(inventory, "gift")
    await put_prices(inventory, price("trade"), price("historic", amount="8.00"))
    done = await put_batch(inventory, price("trade", amount="9.00", sku="wine"), price("trade", sku="gift"))
    assert done.json() == {"total": 2, "changed": 2}
    assert [found["price"] for found in (await inventory.get("products/wine"))["prices"]] == ["8.00", "9.00"]
    assert (await inventory.get("price-lists"))["items"][1] == {"name": "trade", "prices": {"EUR": 2}}
    await inventory.http.delete(f"{BASE}/products/gift")
    assert (await inventory.get("price-lists"))["items"][1] == {"name": "trade", "prices": {"EUR": 1}}


async def test_a_batch_is_refused_as_a_whole_and_names_each_price(inventory: Driver) -> None:
    await sell(inventory)
    refused = await put_batch(
        inventory, price("trade", sku="wine"), price("trade", sku="nope"), price("public", sku="wine")
    )
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["prices.1.sku", "prices.2.price_list"]
    assert (await inventory.get("products/wine"))["prices"] == []
    twice = await put_batch(inventory, price("trade", sku="wine"), price("trade", sku="wine", amount="1"))
    assert twice.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (price("trade", amount="9.999"), "prices.0.price"),
        (price("trade", "JPY", "9.90"), "prices.0.price"),
        (price("trade", amount="-1"), "prices.0.price"),
        (price("trade", amount="free"), "prices.0.price"),
        (price("trade", "XXX"), "prices.0.currency"),
        (price("Trade prices"), "prices.0.price_list"),
        (price("public"), "prices.0.price_list"),
    ],
)
async def test_a_wrong_price_is_refused_by_field(inventory: Driver, wrong: dict[str, Any], field: str) -> None:
    await sell(inventory)
    for refused in (await put_prices(inventory, wrong), await sell(inventory, prices=[wrong])):
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == field


async def test_a_list_stands_once_by_currency(inventory: Driver) -> None:
    await sell(inventory)
    assert (await put_prices(inventory, price("trade"), price("trade", amount="1"))).status_code == 422
    assert (await put_prices(inventory, price("trade"), price("trade", "USD"))).status_code == 200


async def test_prices_of_what_is_not_there_or_changed_are_refused(inventory: Driver) -> None:
    assert (await put_prices(inventory, price("trade"))).status_code == 404
    await sell(inventory)
    await put_prices(inventory, price("trade"))
    stale = await put_prices(inventory, price("trade", amount="1"), **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["prices"]) == (409, [price("trade")])


async def test_prices_are_one_shops_alone(inventory: Driver) -> None:
    await sell(inventory, prices=[price("trade")])
    await inventory.open_shop("other", "other-secret")
    theirs = {"Authorization": "Bearer other-secret"}
    assert (await inventory.http.get(f"{BASE}/price-lists", headers=theirs)).json()["items"] == []
    assert (await put_prices(inventory, price("trade"), **theirs)).status_code == 404
    batch = {"prices": [price("trade", sku="wine")]}
    assert (await inventory.http.post(f"{BASE}/prices/batch", json=batch, headers=theirs)).status_code == 422
