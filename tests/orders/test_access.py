"""Keys, scopes, shops: who may ask what, and that no shop sees another's orders."""

from datetime import timedelta

from services.orders.api.tools import MANAGE
from shared.contracts import Shop
from shared.security import hash_key
from shared.web.policies import EVERYONE, policies
from tests.orders.driver import Driver, line, order, shop_input


async def test_every_route_needs_a_key(orders: Driver) -> None:
    made = await orders.place()
    stranger = orders.client("an-unknown-key-of-nobody")
    closed = [route for route, scopes in policies(orders.service.app).items() if EVERYONE not in scopes]
    assert len(closed) > 80
    for route in closed:
        method, path = route.split(" ")
        answer = await stranger.request(method, path.replace("{code}", made["code"]))
        assert answer.status_code == 401, route


async def test_key_is_told_once_used_and_revoked(orders: Driver) -> None:
    body = {"name": "reader", "scopes": ["orders:read"]}
    made = (await orders.http.post("/api/v1/keys", json=body)).json()
    reader = orders.client(made["key"])
    assert (await reader.get("/api/v1/orders")).status_code == 200
    assert (await reader.post("/api/v1/orders", json=order())).status_code == 403
    assert (await reader.get("/api/v1/keys")).status_code == 403
    said = Shop.decode((await orders.said(Shop.name))["cave"][1])
    assert hash_key(made["key"]) in [key.sha256 for key in said.keys]
    listed = (await orders.get("keys"))["items"]
    assert made["key"] not in str(listed)
    assert [key["name"] for key in listed] == ["reader", "key of cave"]

    assert (await orders.http.delete(f"/api/v1/keys/{made['id']}")).status_code == 204
    assert (await reader.get("/api/v1/orders")).status_code == 401
    said = Shop.decode((await orders.said(Shop.name))["cave"][1])
    assert [key.name for key in said.keys] == ["key of cave"]
    assert (await orders.http.delete(f"/api/v1/keys/{made['id']}")).status_code == 404


async def test_expired_key_opens_nothing(orders: Driver) -> None:
    expires = (orders.clock.now + timedelta(hours=1)).isoformat()
    body = {"name": "guest", "scopes": ["orders:read"], "expires_at": expires}
    guest = orders.client((await orders.http.post("/api/v1/keys", json=body)).json()["key"])
    assert (await guest.get("/api/v1/orders")).status_code == 200
    orders.clock.advance(hours=2)
    assert (await guest.get("/api/v1/orders")).status_code == 401


async def test_no_shop_sees_anothers_orders(orders: Driver) -> None:
    made = await orders.place(channel="amazon", external_id="902-1")
    body = shop_input("other").model_dump(mode="json")
    answer = await orders.http.post("/api/v1/shops", json=body)
    assert answer.status_code == 201, answer.text
    other = orders.client(answer.json()["key"]["key"])
    path = f"/api/v1/orders/{made['code']}"
    for method, route, content in (
        ("GET", "", None),
        ("GET", "/timeline", None),
        ("GET", "/transitions", None),
        ("POST", "/status", {"status": "shipped"}),
        ("PUT", "/lines", {"lines": [{"id": 1}]}),
        ("PUT", "/parcels/1", {}),
        ("DELETE", "?stock=all", None),
    ):
        assert (await other.request(method, path + route, json=content)).status_code == 404, route
    assert (await other.get("/api/v1/orders")).json()["total"] == 0
    assert (await other.get("/api/v1/operations/unsettled")).json()["total"] == 0
    assert (await other.post("/api/v1/orders", json=order(channel="amazon", external_id="902-1"))).status_code == 201
    named = await other.get("/api/v1/orders", headers={"Comptoir-Shop": "cave"})
    assert named.status_code == 403
    assert (await orders.http.post("/api/v1/shops", json=body)).status_code == 409


async def test_shop_can_be_changed_but_not_renamed(orders: Driver) -> None:
    body = shop_input("cave", profile="strict", invoice_policy="on_payment").model_dump(mode="json")
    assert (await orders.http.put("/api/v1/shop", json=body)).status_code == 200
    found = await orders.get("shop")
    assert (found["profile"], found["invoice_policy"]) == ("strict", "on_payment")
    said = Shop.decode((await orders.said(Shop.name))["cave"][1])
    assert (said.invoice_policy, len(said.keys)) == ("on_payment", 1)
    assert (await orders.http.put("/api/v1/shop", json=body | {"shop": "other"})).status_code == 422
    one_series = {"invoice_series": "FA", "credit_note_series": "FA"}
    refused = await orders.http.put("/api/v1/shop", json=body | one_series)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "credit_note_series")


async def test_managers_of_a_strict_shop_revive(orders: Driver) -> None:
    scopes = ("orders:read", "orders:write", MANAGE)
    await orders.open_shop("strict", "a-secret-of-the-manager", scopes, profile="strict")
    orders.http = orders.client("a-secret-of-the-manager")
    made = await orders.place(line())
    await orders.move(made["code"], "cancelled")
    await orders.move(made["code"], "received", decision={"stock": "all"})
