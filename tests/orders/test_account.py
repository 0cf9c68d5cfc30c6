"""The client space: a link by mail that opens once, and what its client then sees and changes."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.orders.commands.accounts import send_links
from services.orders.settings import Settings
from shared.contracts import Product
from shared.security import hash_key
from tests.orders.driver import Driver, Json, shop_input
from tests.orders.space import ACCOUNT, EMAIL, Space
from tests.statements import statements


@pytest.fixture
async def space(orders: Driver) -> Space:
    """A shop with a client space and one client."""
    made = Space(orders)
    await made.open()
    client = {"email": EMAIL, "name": "Camille", "language": "fr", "tags": ["difficult"]}
    assert (await orders.http.post("/api/v1/customers", json=client)).status_code == 201
    return made


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"].rpartition(":")[2])


async def test_asking_for_a_link_tells_nobody_whether_the_address_is_known(space: Space) -> None:
    await space.orders.place(customer={"email": "guest@example.org", "name": "Guest"})
    answers = [await space.ask(email) for email in (EMAIL.upper(), "guest@example.org", "nobody@example.org")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    await space.work()
    assert [way.email for way in await space.mailed()] == [EMAIL], "guests have no account"
    assert await space.orders.rows("account_requests") == []
    with statements(space.orders.service.db) as known:
        await space.ask()
    with statements(space.orders.service.db) as unknown:
        await space.ask("nobody@example.org")
    assert known == unknown, "the same work for everybody"


async def test_link_opens_one_session_and_only_hashes_are_kept(space: Space) -> None:
    path = await space.link()
    for _look in range(2):
        looked = await space.anybody.get(path)
        assert (looked.status_code, looked.json()["shop"]) == (200, "cave"), "mail scanners look, too"
    followed = await space.anybody.post(path)
    assert (followed.status_code, followed.headers["cache-control"]) == (201, "no-store")
    token = followed.json()["token"]
    stored = str(await space.orders.rows("account_links")) + str(await space.orders.rows("account_sessions"))
    assert hash_key(token) in stored
    for secret in (token, path.removeprefix("/a/")):
        assert secret not in stored
    assert slug(await space.anybody.post(path)) == (410, "account-link-used")
    assert slug(await space.anybody.get(path)) == (410, "account-link-used")


async def test_link_followed_by_many_at_once_opens_one_session(space: Space) -> None:
    path = await space.link()
    answers = await asyncio.gather(*(space.anybody.post(path) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 410, 410, 410, 410]
    assert len(await space.orders.rows("account_sessions")) == 1


async def test_wrong_and_expired_links_are_told_apart(space: Space) -> None:
    path = await space.link()
    for wrong in ("/a/x", path[:-1], f"/a/{'é' * 20}"):
        assert slug(await space.anybody.post(wrong)) == (404, "account-link-unknown")
    space.orders.clock.advance(minutes=15)
    assert slug(await space.anybody.post(path)) == (410, "account-link-expired")


async def test_links_and_sessions_of_another_shop_open_nothing(space: Space) -> None:
    other = {"Comptoir-Shop": "other"}
    path = await space.link()
    assert slug(await space.anybody.post(path, headers=other)) == (403, "other-shop")
    token = (await space.anybody.post(path, headers={"Comptoir-Shop": "cave"})).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await space.anybody.get(ACCOUNT, headers=headers)).status_code == 200
    assert slug(await space.anybody.get(ACCOUNT, headers=headers | other)) == (403, "other-shop")
    assert (await space.anybody.get("/api/v1/orders", headers=headers)).status_code == 401, "a session is no key"
    assert (await space.orders.http.get(ACCOUNT)).status_code == 401, "and a key is no session"


async def test_sessions_expire_and_are_ended(space: Space) -> None:
    await space.sign_in()
    assert (await space.as_client("GET")).status_code == 200
    assert (await space.as_client("DELETE", "/session")).status_code == 204
    assert slug(await space.as_client("GET")) == (401, "sign-in-needed")
    await space.sign_in()
    space.orders.clock.advance(days=30)
    assert slug(await space.as_client("GET")) == (401, "sign-in-needed")
    assert slug(await space.anybody.get(f"{ACCOUNT}/orders")) == (401, "sign-in-needed")
    await space.sign_in()
    (client,) = (await space.orders.get("customers"))["items"]
    ended = await space.orders.http.delete(f"/api/v1/customers/{client['id']}/sessions")
    assert ended.status_code == 204
    assert slug(await space.as_client("GET")) == (401, "sign-in-needed")
    space.orders.clock.advance(days=40)
    (job,) = [job for job in space.orders.service.jobs if job.name == "forget_accounts"]
    await job.run()
    assert await space.orders.rows("account_links") == []


async def test_links_are_limited_in_rate(space: Space) -> None:
    for _ in range(9):
        assert (await space.ask()).status_code == 202
        await space.work()
    assert len(await space.orders.rows("account_links")) == 5
    assert [way.version for way in await space.mailed()] == [5], "a newer link replaces one that was not mailed yet"
    space.orders.clock.advance(hours=1)
    await space.ask()
    await space.work()
    assert [way.version for way in await space.mailed()] == [6]


async def test_links_of_a_shop_are_limited_too(space: Space) -> None:
    client = {"email": "zoe@example.org", "name": "Zoé"}
    assert (await space.orders.http.post("/api/v1/customers", json=client)).status_code == 201
    for email in (EMAIL, "zoe@example.org"):
        assert (await space.ask(email)).status_code == 202
    async with space.orders.service.outbox.transaction() as tx:
        await send_links(tx, Settings(database_url="sqlite://", account_links_per_shop=1), 50)
    assert len(await space.mailed()) == 1


@pytest.mark.row("S4-21")
async def test_your_account_component_can_be_switched_on_and_off(space: Space) -> None:
    path = await space.link()
    await space.sign_in()
    await space.orders.forget_said()
    await space.ask()
    await space.switch(on=False)
    await space.work()
    assert await space.mailed() == [], "no mail, not even for whoever asked before"
    assert slug(await space.ask()) == (404, "client-space-closed")
    assert slug(await space.anybody.get(path)) == (404, "client-space-closed")
    for method, route in (("GET", ""), ("GET", "/orders"), ("GET", "/wishes"), ("GET", "/news"), ("PATCH", "")):
        assert slug(await space.as_client(method, route, json={})) == (404, "client-space-closed")
    assert slug(await space.ask(shop="nowhere")) == (404, "client-space-closed")
    await space.switch(on=True)
    assert (await space.as_client("GET")).status_code == 200
    silent = shop_input("cave").model_dump(mode="json")
    assert (await space.orders.http.put("/api/v1/shop", json=silent)).status_code == 200
    refused = await space.orders.http.put("/api/v1/shop/customers", json={"space": True})
    assert slug(refused) == (422, "public-url-missing")


async def test_client_sees_and_changes_the_own_data(space: Space) -> None:
    await space.sign_in()
    own = await space.read()
    assert (own["name"], own["email"], own["language"], own["shop"]) == ("Camille", EMAIL, "fr", "La Cave")
    assert "difficult" not in str(own)
    address = {"name": "C", "street": "1 rue", "postal_code": "44000", "city": "Nantes", "country": "FR"}
    changed = await space.as_client("PATCH", json={"language": "en", "billing_address": address})
    assert (changed.status_code, changed.json()["language"], changed.headers["etag"]) == (200, "en", '"2"')
    assert (await space.read())["billing_address"] == address
    for body, field in (
        ({"language": "de"}, "language"),
        ({"email": "x@example.org"}, "email"),
        ({"tags": []}, "tags"),
        ({"billing_address": {"country": "FR"}}, "billing_address"),
    ):
        refused = await space.as_client("PATCH", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.row("S2-37")
async def test_logged_in_client_sees_wish_list_order_history_and_tracking(space: Space) -> None:
    await space.open(publish_histories=True)
    orders = space.orders
    shipped = await orders.place(customer={"email": EMAIL, "name": "Camille"})
    await orders.move(shipped["code"], "on_hold", comment="interne")
    shipment = {"carrier": "Colissimo", "tracking_number": "6A1"}
    await orders.move(shipped["code"], "shipped", shipment=shipment, decision={"stock": "all"})
    await orders.hear(orders.account(await orders.read(shipped["code"]), "paid"))
    await orders.place(customer={"email": EMAIL, "name": "Camille"})
    await orders.place(customer={"email": "other@example.org", "name": "Other"})
    await space.sign_in()
    page = await space.read("/orders")
    assert [found["code"] for found in page["items"]] == [shipped["code"]], "an unpaid order is not shown"
    (found,) = page["items"]
    assert found["parcels"][0]["tracking_number"] == "6A1"
    assert [entry["name"] for entry in found["entries"]] == ["Commande reçue", "Expédiée"]
    assert "interne" not in str(found)

    await orders.hear(product("WINE"))
    assert (await space.as_client("PUT", "/wishes/WINE")).status_code == 204
    (wish,) = (await space.read("/wishes"))["items"]
    assert (wish["sku"], wish["name"], wish["price"], wish["available"]) == ("WINE", "Médoc", "12.50", True)


async def test_orders_are_shown_as_far_as_they_are_published(space: Space) -> None:
    orders = space.orders
    placed = [await orders.place(customer={"email": EMAIL, "name": "Camille"}) for _ in range(4)]
    await space.sign_in()
    assert (await space.read("/orders"))["items"] == []
    for made in placed:
        body = {"shown": "shown"}
        await orders.http.put(f"/api/v1/orders/{made['code']}/publication", json=body)
    first = await space.read("/orders", limit=3)
    second = await space.read("/orders", limit=3, after=first["next"])
    assert [len(first["items"]), len(second["items"]), second["next"], first["total"]] == [3, 1, None, 4]
    seen = [found["code"] for found in first["items"] + second["items"]]
    assert seen == [made["code"] for made in reversed(placed)]
    assert first["items"][0]["entries"] == [], "the shop publishes no histories"
    await orders.http.delete(f"/api/v1/orders/{placed[0]['code']}", params={"stock": "all"})
    assert (await space.read("/orders"))["total"] == 3
    assert (await space.as_client("GET", "/orders", params={"after": "x"})).status_code == 422


async def test_wishes_are_products_of_the_shop(space: Space) -> None:
    await space.sign_in()
    for sku in ("WINE", "A/B C"):
        await space.orders.hear(product(sku))
        for _twice in range(2):
            assert (await space.as_client("PUT", f"/wishes/{sku}")).status_code == 204
    assert slug(await space.as_client("PUT", "/wishes/GHOST")) == (404, "product-unknown")
    await space.orders.hear(product("WINE", version=2, deleted=True))
    wished = {wish["sku"]: wish["available"] for wish in (await space.read("/wishes"))["items"]}
    assert wished == {"WINE": False, "A/B C": True}
    for _twice in range(2):
        assert (await space.as_client("DELETE", "/wishes/A/B C")).status_code == 204
    assert [wish["sku"] for wish in (await space.read("/wishes"))["items"]] == ["WINE"]


@pytest.mark.row("S3-21")
async def test_news_are_visible_only_in_the_client_space(space: Space) -> None:
    now = space.orders.clock.now
    written = [
        news("Vendanges", "Harvest"),
        news("Primeurs", "Futures", starts_at=(now + timedelta(days=1)).isoformat()),
        news("Soldes", None, ends_at=(now + timedelta(days=1)).isoformat()),
    ]
    ids = [(await space.orders.http.post("/api/v1/news", json=body)).json()["id"] for body in written]
    assert (await space.anybody.get(f"{ACCOUNT}/news")).status_code == 401
    assert (await space.anybody.get("/api/v1/news")).status_code == 401
    await space.sign_in()

    async def titles() -> list[str]:
        return [found["title"] for found in (await space.read("/news"))["items"]]

    assert await titles() == ["Soldes", "Vendanges"]
    await space.as_client("PATCH", json={"language": "en"})
    assert await titles() == ["Soldes", "Harvest"], "in the client's language, else in the shop's first"
    space.orders.clock.advance(days=1)
    assert await titles() == ["Futures", "Harvest"]
    put = await space.orders.http.put(f"/api/v1/news/{ids[0]}", json=news("Fête", "Feast"))
    assert put.json()["texts"]["en"]["title"] == "Feast"
    assert (await space.orders.http.delete(f"/api/v1/news/{ids[1]}")).status_code == 204
    assert await titles() == ["Feast"]
    assert (await space.orders.get("news"))["total"] == 2
    assert (await space.orders.get(f"news/{ids[0]}"))["id"] == ids[0]
    assert (await space.orders.http.put(f"/api/v1/news/{ids[1]}", json=news("x", "y"))).status_code == 404
    backwards = news("x", "y", starts_at=now.isoformat(), ends_at=now.isoformat())
    for body, field in ((backwards, "ends_at"), ({"texts": {}}, "texts")):
        refused = await space.orders.http.post("/api/v1/news", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def news(french: str, english: str | None, **more: str) -> Json:
    texts = {"fr": {"title": french, "body": "…"}} | ({} if english is None else {"en": {"title": english}})
    return {"texts": texts, **more}


def product(sku: str, version: int = 1, **more: Any) -> Product:
    values: dict[str, Any] = {
        "shop": "cave",
        "version": version,
        "sku": sku,
        "title": "Médoc",
        "price": "12.50",
        "currency": "EUR",
        "tax_rate": "20",
        "available": 3,
        "sold_out": False,
        **more,
    }
    return Product.model_validate(values)


async def test_bad_requests_for_links_are_told(space: Space) -> None:
    for body, field in (({"email": "nobody", "shop": "cave"}, "email"), ({"email": EMAIL, "shop": "La Cave"}, "shop")):
        refused = await space.anybody.post(f"{ACCOUNT}/links", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
