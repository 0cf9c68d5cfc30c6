"""Several shops in one installation: no route shows one of them to another's key, or lets it change anything."""

import pytest

from services.orders.tables import metadata
from shared.batch import parked
from shared.contracts import Order, Product
from tests.orders.driver import Driver, Json, line, order, shop_input
from tests.other_shops import SECRET, Case, Cases, ask, routes, walk

STRANGER = "a-secret-of-the-other-shop"
TEXTS = {"fr": {"name": SECRET}, "en": {"name": SECRET}}
CHECKOUT: Json = {"shipping_methods": [SECRET], "carriers": [], "pickup_points": [], "fields": []}
EMPTY: Json = {"shipping_methods": [], "carriers": [], "pickup_points": [], "fields": []}
PROMOTION: Json = {"name": "Sale", "code": "SALE", "kind": "percent", "value": "10"}
TEXTS_OF_NEWS: Json = {"fr": {"title": "Mine", "body": "Mine"}}
VIEW: Json = {"name": "Mine", "query": "", "shared": True}


def named(sku: str) -> Product:
    """The product as inventory says it, with a name of this shop's."""
    return Product(shop="cave", version=1, sku=sku, title=SECRET, available=1, sold_out=False)


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
        await self.post("customer-groups", {"name": "club", "texts": TEXTS})
        settings = {"space": False, "tagging": True, "tag_rules": [{"sku": "WINE", "tags": [SECRET]}]}
        assert (await http.put("/api/v1/shop/customers", json=settings)).status_code == 200
        customer = {"name": SECRET, "email": "zoe@example.com"}
        self.client = (await self.post("customers", customer))["id"]
        await self.orders.hear(named("WINE"))
        self.news = (await self.post("news", {"texts": {"fr": {"title": SECRET, "body": SECRET}}}))["id"]
        form = {"format": "comptoir", "dry_run": "true"}
        sent = await http.post("/api/v1/orders/imports", data=form, files={"file": (f"{SECRET}.csv", b"a,b")})
        assert sent.status_code == 202, sent.text
        self.file = sent.json()["id"]
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
        **_about_customers(shop),
        **_about_the_client_space(shop),
        **_about_files(shop),
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
        f"POST {base}/history-link": Case(409, code),
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


def _about_customers(shop: Shop) -> dict[str, Case]:
    client, group = {"id_": shop.client}, {"name": "club"}
    settings: Json = {"space": False, "tagging": False, "tag_rules": []}
    return {
        "GET /api/v1/customers": Case(200, query={"q": "zoe"}, shows=True),
        "GET /api/v1/customers/{id_}": Case(404, client, shows=True),
        "GET /api/v1/customers/{id_}/orders": Case(404, client, shows=True),
        "PATCH /api/v1/customers/{id_}": Case(404, client, json={"name": "Mine"}),
        "POST /api/v1/customers": Case(201, json={"name": "Mine", "email": "zoe@example.com"}),
        "GET /api/v1/customer-groups": Case(200, shows=True),
        "GET /api/v1/customer-groups/{name}": Case(404, group, shows=True),
        "PUT /api/v1/customer-groups/{name}": Case(404, group, json=group),
        "DELETE /api/v1/customer-groups/{name}": Case(404, group),
        "POST /api/v1/customer-groups": Case(201, json=group),
        "GET /api/v1/shop/customers": Case(200, shows=True),
        "PUT /api/v1/shop/customers": Case(200, json=settings),
        "GET /api/v1/prices": Case(200, query={"sku": "WINE", "customer": shop.client}, shows=True),
    }


def _about_the_client_space(shop: Shop) -> dict[str, Case]:
    """A key, of whatever shop, is no client's session; a link is looked for by its token alone."""
    news, wish, token = {"id_": shop.news}, {"sku": "WINE"}, {"token": shop.code}
    return {
        "GET /api/v1/news": Case(200, shows=True),
        "GET /api/v1/news/{id_}": Case(404, news, shows=True),
        "PUT /api/v1/news/{id_}": Case(404, news, json={"texts": TEXTS_OF_NEWS}),
        "DELETE /api/v1/news/{id_}": Case(404, news),
        "POST /api/v1/news": Case(201, json={"texts": TEXTS_OF_NEWS}),
        "POST /api/v1/account/links": Case(404, json={"shop": "cave", "email": "zoe@example.com"}),
        "GET /a/{token}": Case(404, token),
        "POST /a/{token}": Case(404, token),
        "GET /api/v1/account": Case(401),
        "PATCH /api/v1/account": Case(401, json={"language": "en"}),
        "GET /api/v1/account/orders": Case(401),
        "GET /api/v1/account/news": Case(401),
        "GET /api/v1/account/wishes": Case(401),
        "PUT /api/v1/account/wishes/{sku}": Case(401, wish),
        "DELETE /api/v1/account/wishes/{sku}": Case(401, wish),
        "DELETE /api/v1/account/session": Case(401),
        "DELETE /api/v1/customers/{id_}/sessions": Case(404, {"id_": shop.client}),
    }


def _about_files(shop: Shop) -> dict[str, Case]:
    one = {"id": shop.file}
    return {
        "GET /api/v1/orders/export": Case(200, query={"code": shop.code}, shows=True),
        "GET /api/v1/orders/imports": Case(200, shows=True),
        "POST /api/v1/orders/imports": Case(422, json={}),
        "GET /api/v1/orders/imports/{id}": Case(404, one, shows=True),
        "GET /api/v1/orders/imports/{id}/rejects": Case(404, one),
        "POST /api/v1/orders/imports/{id}/cancel": Case(404, one),
        "GET /api/v1/customers/{id_}/export": Case(404, {"id_": shop.client}, shows=True),
        "POST /api/v1/customers/{id_}/erasure": Case(404, {"id_": shop.client}),
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
