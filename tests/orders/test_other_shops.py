"""Several shops in one installation: no route shows one of them to another's key, or lets it change anything."""

import pytest

from services.orders.tables import metadata
from shared.batch import parked
from shared.contracts import Order
from tests.orders.clients_of_a_shop import cases_of_clients, fill_clients
from tests.orders.driver import Driver, Json, line, order, shop_input
from tests.other_shops import SECRET, Case, Cases, ask, routes, walk

STRANGER = "a-secret-of-the-other-shop"
TEXTS = {"fr": {"name": SECRET}, "en": {"name": SECRET}}
CHECKOUT: Json = {"shipping_methods": [SECRET], "carriers": [], "pickup_points": [], "fields": []}
EMPTY: Json = {"shipping_methods": [], "carriers": [], "pickup_points": [], "fields": []}
PROMOTION: Json = {"name": "Sale", "code": "SALE", "kind": "percent", "value": "10"}
VIEW: Json = {"name": "Mine", "query": "", "shared": True}


class Shop:
    """A shop with something of everything, all of it marked."""

    def __init__(self, orders: Driver) -> None:
        self.orders = orders

    async def post(self, path: str, body: Json) -> Json:
        answer = await self.orders.http.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def fill(self) -> None:
        http = self.orders.http
        shop = shop_input("cave", public_url="https://cave.example").model_dump(mode="json")
        changed = shop | {"title": SECRET, "publish_histories": False}
        assert (await http.put("/api/v1/shop", json=changed)).status_code == 200
        assert (await http.put("/api/v1/shop/checkout", json=CHECKOUT)).status_code == 200
        await self.post("statuses", {"mnemonic": "own", "type": "other", "texts": TEXTS})
        self.promotion = (await self.post("promotions", PROMOTION | {"name": SECRET}))["id"]
        self.view = (await self.post("views", VIEW | {"name": SECRET}))["id"]
        self.key = (await self.post("keys", {"name": SECRET, "scopes": ["orders:read"]}))["id"]
        self.clients = await fill_clients(self.orders)
        customer = {"name": SECRET, "email": "zoe@example.com"}
        goods = [line(name=SECRET), line("BOX", name=SECRET)]
        made = await self.orders.place(*goods, customer=customer, origin=SECRET, payment_method=SECRET)
        self.code, self.id = made["code"], made["id"]
        await self.post(f"orders/{self.code}/notes", {"text": SECRET})
        parcel = {"tracking_number": SECRET, "lines": [{"line": 1, "quantity": 1}]}
        await self.orders.move(self.code, "partially_shipped", shipment=parcel)
        row = {"message": Order.name, "key": self.id, "shop": "cave", "version": 1, "body": SECRET, "reason": SECRET}
        async with self.orders.service.outbox.transaction() as tx:
            await tx.execute(parked.insert(), [row | {"at": tx.now}])


def cases_of(shop: Shop) -> Cases:
    """Every route, with this shop's identifiers."""
    code = {"code": shop.code}
    dead = {"message": Order.name, "key": shop.id}
    decision = {"decision": {"stock": "all"}}
    return {
        **_about_one_order(code, decision),
        **_about_configuration(shop),
        **cases_of_clients(shop.clients),
        "GET /api/v1/orders": Case(200, query={"q": SECRET, "code": shop.code}, shows=True),
        "GET /api/v1/orders/counts": Case(200, query={"code": shop.code}),
        # What a listener of another shop hears, `test_events` asks with a real stream.
        "GET /api/v1/orders/events": Case(422, headers={"Last-Event-ID": "odd"}),
        "POST /api/v1/orders": Case(201, json=order()),
        "POST /api/v1/orders/batch": Case(200, json={"orders": [order()]}),
        "POST /api/v1/orders/preview": Case(200, json=order()),
        "GET /h/{token}": Case(404, {"token": shop.code}),
        "GET /api/v1/log": Case(200, shows=True),
        "GET /api/v1/closings": Case(200, query={"shop": "cave"}),
        "GET /api/v1/statistics/turnover": Case(200, query={"by": "product"}),
        "GET /api/v1/statistics/verify": Case(200),
        "GET /api/v1/operations/dead": Case(200, shows=True),
        "GET /api/v1/operations/dead/{message}/{key}": Case(404, dead, shows=True),
        "POST /api/v1/operations/dead/{message}/{key}": Case(404, dead),
        "DELETE /api/v1/operations/dead/{message}/{key}": Case(404, dead),
        "GET /api/v1/operations/outbox": Case(200),
        "GET /api/v1/operations/resync": Case(200),
        "POST /api/v1/operations/resync": Case(202, json={"service": "billing"}),
        "GET /api/v1/operations/unsettled": Case(200),
    }


def _about_one_order(code: Json, decision: Json) -> dict[str, Case]:
    base = "/api/v1/orders/{code}"
    return {
        f"GET {base}": Case(404, code, shows=True),
        f"PATCH {base}": Case(404, code, json={"operator": "me"}),
        f"DELETE {base}": Case(404, code, json=decision),
        f"GET {base}/history-link": Case(404, code),
        f"POST {base}/history-link": Case(404, code),
        f"DELETE {base}/history-link": Case(404, code),
        f"PUT {base}/lines": Case(404, code, json={"lines": [{"id": 1}]}),
        f"POST {base}/lines/preview": Case(404, code, json={"lines": [{"id": 1}]}),
        f"GET {base}/log": Case(404, code),
        f"GET {base}/notes": Case(404, code, shows=True),
        f"POST {base}/notes": Case(404, code, json={"text": "seen"}),
        f"PUT {base}/parcels/{{number}}": Case(404, code | {"number": 1}, json={"carrier": "Mine"}),
        f"PUT {base}/publication": Case(404, code, json={"shown": "hidden"}),
        f"POST {base}/status": Case(404, code, json={"status": "cancelled", **decision}),
        f"GET {base}/timeline": Case(404, code, shows=True),
        f"GET {base}/transitions": Case(404, code, shows=True),
        f"POST {base}/transitions": Case(404, code, json={"status": "cancelled", **decision}),
        f"POST {base}/transitions/message": Case(404, code, json={"status": "cancelled", **decision}),
    }


def _about_configuration(shop: Shop) -> dict[str, Case]:
    promotion, view, own = {"id_": shop.promotion}, {"view": shop.view}, {"mnemonic": "own"}
    body = {"type": "other", "texts": {"fr": {"name": "A"}, "en": {"name": "A"}}}
    status = {"mnemonic": "own", **body}
    named = shop_input("cave").model_dump(mode="json")
    return {
        "GET /api/v1/shop": Case(200, shows=True),
        "PUT /api/v1/shop": Case(422, json=named),
        "POST /api/v1/shops": Case(409, json=named),
        "GET /api/v1/shop/checkout": Case(200, shows=True),
        "PUT /api/v1/shop/checkout": Case(200, json=EMPTY),
        "GET /api/v1/keys": Case(200, shows=True),
        "POST /api/v1/keys": Case(201, json={"name": "mine", "scopes": ["orders:read"]}),
        "DELETE /api/v1/keys/{id_}": Case(404, {"id_": shop.key}),
        "GET /api/v1/promotions": Case(200, shows=True),
        "GET /api/v1/promotions/{id_}": Case(404, promotion, shows=True),
        "PUT /api/v1/promotions/{id_}": Case(404, promotion, json=PROMOTION),
        "POST /api/v1/promotions": Case(201, json=PROMOTION),
        "GET /api/v1/views": Case(200, shows=True),
        "GET /api/v1/views/{view}": Case(404, view, shows=True),
        "PUT /api/v1/views/{view}": Case(404, view, json=VIEW),
        "DELETE /api/v1/views/{view}": Case(404, view),
        "POST /api/v1/views": Case(201, json=VIEW),
        "GET /api/v1/statuses": Case(200, shows=True),
        "GET /api/v1/statuses/{mnemonic}": Case(404, own, shows=True),
        "PUT /api/v1/statuses/{mnemonic}": Case(404, own, json=status),
        "DELETE /api/v1/statuses/{mnemonic}": Case(404, own),
        "PUT /api/v1/statuses": Case(200, json={"statuses": {"mine": body}}),
        "PUT /api/v1/status-order": Case(422, json={"mnemonics": ["own"]}),
        "POST /api/v1/statuses": Case(201, json=status),
        "GET /api/v1/status-templates": Case(200),
        "GET /api/v1/status-templates/{name}": Case(200, {"name": "received"}),
    }


@pytest.fixture
async def shop(orders: Driver) -> Shop:
    """The shop that is knocked at, and another one with a key for everything."""
    await orders.open_shop("other", STRANGER)
    made = Shop(orders)
    await made.fill()
    return made


@pytest.mark.row("S2-50")
async def test_no_route_shows_a_shop_to_another_or_lets_it_change_it(orders: Driver, shop: Shop) -> None:
    cases = cases_of(shop)
    assert cases.keys() == routes(orders.service.app), "a route without a case, or a case without a route"
    async with orders.client(STRANGER) as stranger:
        await walk(orders.service.db, metadata, stranger, "cave", cases)
        named = await stranger.get("/api/v1/orders", headers={"Comptoir-Shop": "cave"})
        assert named.status_code == 403


async def test_the_walk_knocks_where_something_is(orders: Driver, shop: Shop) -> None:
    shown = {route: case for route, case in cases_of(shop).items() if case.shows}
    assert len(shown) > 15
    for route, case in shown.items():
        answer = await ask(orders.http, route, case)
        assert answer.status_code == 200, (route, answer.text)
        assert SECRET in answer.text, route
