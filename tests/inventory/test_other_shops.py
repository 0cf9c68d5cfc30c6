"""Several shops in one installation: no route shows the stock of one to another's key, or moves any of it."""

from typing import Any

import pytest

from services.inventory.tables import metadata
from shared.batch import parked
from shared.contracts import Order
from tests.inventory.driver import Driver, line, order, order_id
from tests.inventory.test_sheets import PNG
from tests.other_shops import SECRET, Case, Cases, ask, routes, walk

BASE = "/api/v1/inventory"
Json = dict[str, Any]
STRANGER = "a-secret-of-the-other-shop"
SKU = {"sku": "wine"}
NAMED = {"name": "Mine"}
LISTED = {"price_list": "club", "currency": "EUR", "price": "9.90"}
PLACE = {"code": "cellar"}


class Shop:
    """A shop with something of everything, all of it marked; the other one has nothing."""

    def __init__(self, inventory: Driver) -> None:
        self.inventory = inventory

    async def fill(self) -> None:
        http = self.inventory.http
        location = {"name": SECRET, "priority": 3}
        assert (await http.put(f"{BASE}/locations/cellar", json=location)).status_code == 200
        assert (await http.put(f"{BASE}/products/wine", json={"name": SECRET})).status_code == 201
        prices = {"prices": [LISTED]}
        assert (await http.put(f"{BASE}/products/wine/prices", json=prices)).status_code == 200
        sheet = {"references": {"internal": SECRET}, "technical_sheet": {"fr": SECRET}}
        assert (await http.put(f"{BASE}/sheets/wine", json=sheet)).status_code == 200
        content = PNG + SECRET.encode()
        image = await http.post(f"{BASE}/images", params=SKU, content=content, headers={"Content-Type": "image/png"})
        self.image = image.json()["id"]
        movement = {"sku": "wine", "quantity": 2, "reason": "receipt", "note": SECRET}
        assert (await http.post(f"{BASE}/movements", json=movement)).status_code == 201
        await self.inventory.hear(order(1, 1, line("wine", 5)))
        await self.inventory.hear(order(2, 1, line(SECRET, 0, shipped=1)))
        row = {"message": Order.name, "key": "1", "shop": "cave", "version": 1, "body": SECRET, "reason": SECRET}
        async with self.inventory.service.outbox.transaction() as tx:
            await tx.execute(parked.insert(), [row | {"at": tx.now}])


def cases_of(shop: Shop) -> Cases:
    """Every route, with this shop's identifiers."""
    return {**_about_products(shop), **_about_stock(), **_about_operations()}


def _about_products(shop: Shop) -> dict[str, Case]:
    image = {"image": shop.image}
    sheet: Json = {"references": {}, "technical_sheet": {}}
    return {
        f"GET {BASE}/products": Case(200, shows=True),
        f"GET {BASE}/products/{{sku}}": Case(404, SKU, shows=True),
        f"DELETE {BASE}/products/{{sku}}": Case(404, SKU),
        f"GET {BASE}/sheets/{{sku}}": Case(404, SKU, shows=True),
        f"PUT {BASE}/sheets/{{sku}}": Case(404, SKU, json=sheet),
        f"POST {BASE}/images": Case(404, query=SKU, content=PNG),
        f"POST {BASE}/images/link": Case(404, query=SKU, json={"url": "https://example.com/wine.jpg"}),
        f"GET {BASE}/images/{{image}}": Case(404, image, shows=True),
        f"DELETE {BASE}/images/{{image}}": Case(404, image),
        f"PUT {BASE}/products/{{sku}}/prices": Case(404, SKU, json={"prices": []}),
        f"POST {BASE}/prices/batch": Case(422, json={"prices": [{"sku": "wine", **LISTED}]}),
        f"GET {BASE}/price-lists": Case(200),
        f"PUT {BASE}/products/{{sku}}": Case(201, SKU, json=NAMED),
        f"POST {BASE}/products/batch": Case(200, json={"products": [{"sku": "wine", "name": "Mine"}]}),
    }


def _about_stock() -> dict[str, Case]:
    movement = {"sku": "wine", "quantity": 5, "reason": "receipt"}
    counted = {"sku": "wine", "counted": 7}
    transfer = {"sku": "wine", "quantity": 1, "from": "main", "to": "cellar"}
    return {
        f"GET {BASE}/locations": Case(200, shows=True),
        f"GET {BASE}/locations/{{code}}": Case(404, PLACE, shows=True),
        f"DELETE {BASE}/locations/{{code}}": Case(404, PLACE),
        f"POST {BASE}/transfers": Case(422, json=transfer),
        f"PUT {BASE}/locations/{{code}}": Case(200, PLACE, json={"name": "Mine", "priority": 1}),
        f"GET {BASE}/stock": Case(200, shows=True),
        f"GET {BASE}/stock/{{sku}}": Case(200, SKU, shows=True),
        f"GET {BASE}/movements": Case(200, shows=True),
        f"POST {BASE}/movements": Case(201, json=movement),
        f"POST {BASE}/movements/batch": Case(201, json={"movements": [movement]}),
        f"POST {BASE}/counts": Case(201, json=counted),
        f"POST {BASE}/counts/batch": Case(201, json={"counts": [counted]}),
        f"GET {BASE}/reservations/{{order}}": Case(404, {"order": order_id(1)}),
        f"GET {BASE}/waiting": Case(200, query=SKU),
        f"GET {BASE}/discrepancies": Case(200),
        f"GET {BASE}/verify": Case(200),
        f"POST {BASE}/verify/repair": Case(200),
    }


def _about_operations() -> dict[str, Case]:
    dead = {"message": Order.name, "key": "1"}
    base = f"{BASE}/operations"
    return {
        f"GET {base}/dead": Case(200, shows=True),
        f"GET {base}/dead/{{message}}/{{key}}": Case(404, dead, shows=True),
        f"POST {base}/dead/{{message}}/{{key}}": Case(404, dead),
        f"DELETE {base}/dead/{{message}}/{{key}}": Case(404, dead),
        f"GET {base}/outbox": Case(200),
    }


@pytest.fixture
async def shop(inventory: Driver) -> Shop:
    """The shop that is knocked at, and another one with a key for everything."""
    await inventory.open_shop("other", STRANGER)
    made = Shop(inventory)
    await made.fill()
    return made


@pytest.mark.row("S2-50", owners="O")
async def test_no_route_shows_the_stock_to_another_shop_or_moves_it(inventory: Driver, shop: Shop) -> None:
    cases = cases_of(shop)
    assert cases.keys() == routes(inventory.service.app), "a route without a case, or a case without a route"
    async with inventory.client(STRANGER) as stranger:
        await walk(inventory.service.db, metadata, stranger, "cave", cases)


async def test_the_walk_knocks_where_something_is(inventory: Driver, shop: Shop) -> None:
    shown = {route: case for route, case in cases_of(shop).items() if case.shows}
    assert len(shown) > 8
    for route, case in shown.items():
        answer = await ask(inventory.http, route, case)
        assert answer.status_code == 200, (route, answer.text)
        assert SECRET in answer.text, route
