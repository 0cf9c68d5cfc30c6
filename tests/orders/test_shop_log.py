"""The log of the shop: every order and every change of the configuration, by whom, and to whom it is shown."""

from typing import Any

import pytest
from pydantic import SecretStr

from services.orders.commands.shop_log import HOUSE
from services.orders.jobs import found_shop
from services.orders.settings import Settings
from tests.orders.driver import Driver, Json, line, shop_input

PROMOTION = {"name": "Spring", "code": "SPRING", "kind": "percent", "value": "10"}
STATUS = {"mnemonic": "call_back", "texts": {"fr": {"name": "À rappeler"}, "en": {"name": "To call back"}}}


async def logged(orders: Driver, **filters: Any) -> list[Json]:
    items: list[Json] = (await orders.get("log", **filters))["items"]
    return items


@pytest.mark.row("S2-12")
async def test_an_order_is_added_to_the_shops_log_with_all_that_becomes_of_it(orders: Driver) -> None:
    made = await orders.place()
    orders.clock.advance(minutes=1)
    await orders.hear(orders.reservation(made))
    orders.clock.advance(minutes=1)
    await orders.http.patch(f"/api/v1/orders/{made['code']}", json={"operator": "marie"})
    orders.clock.advance(minutes=1)
    other = await orders.place()
    found = await logged(orders)
    assert [(item["order"], item["kind"], item["actor"]) for item in found] == [
        (other["code"], "status", "key of cave"),
        (made["code"], "edit", "key of cave"),
        (made["code"], "stock", "inventory"),
        (made["code"], "status", "key of cave"),
    ]
    assert found[1]["changes"] == {"operator": [None, "marie"]}
    assert (found[3]["at"], found[3]["status"]) == ("2026-06-01T12:00:00Z", "received")


async def test_a_deleted_order_stays_in_the_log(orders: Driver) -> None:
    made = await orders.place()
    await orders.http.request("DELETE", f"/api/v1/orders/{made['code']}", json={"decision": {"stock": "all"}})
    found = await logged(orders, order=made["code"].lower())
    assert [item["kind"] for item in found] == ["deletion", "status"]


async def test_filters_and_pages(orders: Driver) -> None:
    made = []
    for number in range(5):
        made.append(await orders.place(line("WINE", 1)))
        await orders.hear(orders.reservation(made[-1]))
        if number == 2:
            assert (await orders.http.post("/api/v1/statuses", json=STATUS)).status_code == 201
        orders.clock.advance(days=1)
    assert len(await logged(orders)) == 11
    assert {item["kind"] for item in await logged(orders, kind=["stock", "statuses"])} == {"stock", "statuses"}
    assert len(await logged(orders, actor="inventory")) == 5
    assert [item["order"] for item in await logged(orders, kind="status", order=made[1]["code"])] == [made[1]["code"]]
    days = {"from": "2026-06-02", "to": "2026-06-03"}
    assert {item["at"][:10] for item in await logged(orders, **days)} == {"2026-06-02", "2026-06-03"}
    assert len(await logged(orders, **{"to": "2026-06-02T12:00:00Z"})) == 2
    page = await orders.get("log", limit=3)
    seen = page["items"]
    while page["next"]:
        page = await orders.get("log", limit=3, after=page["next"])
        seen += page["items"]
    assert seen == await logged(orders)


async def test_changes_of_the_configuration_are_kept(orders: Driver) -> None:
    http = orders.http
    shop = shop_input("cave", profile="strict").model_dump(mode="json")
    assert (await http.put("/api/v1/shop", json=shop)).status_code == 200
    assert (await http.post("/api/v1/statuses", json=STATUS)).status_code == 201
    assert (await http.put("/api/v1/statuses/call_back", json=STATUS | {"colour": "#112233"})).status_code == 200
    assert (await http.put("/api/v1/statuses", json={"statuses": {}}, params={"prune": True, "dry_run": True})).is_error
    assert (await http.delete("/api/v1/statuses/call_back")).status_code == 204
    checkout = {"shipping_methods": ["Express"], "carriers": [], "pickup_points": [], "fields": []}
    for _twice in range(2):
        assert (await http.put("/api/v1/shop/checkout", json=checkout)).status_code == 200
    assert (await http.post("/api/v1/promotions", json=PROMOTION)).status_code == 201
    assert (await http.post("/api/v1/customer-groups", json={"name": "club"})).status_code == 201
    assert (await http.put("/api/v1/shop/customers", json={"tagging": True})).status_code == 200
    key = (await http.post("/api/v1/keys", json={"name": "till", "scopes": ["orders:read"]})).json()
    assert (await http.delete(f"/api/v1/keys/{key['id']}")).status_code == 204
    found = await logged(orders)
    assert [item["text"] for item in reversed(found)] == [
        "shop: changed cave",
        "statuses: created call_back",
        "statuses: changed call_back",
        "statuses: removed call_back",
        "checkout: changed checkout",
        "promotions: created Spring (SPRING)",
        "groups: created club",
        "customers: changed settings",
        f"keys: created till ({key['id']})",
        f"keys: changed till ({key['id']})",
    ]
    told = {item["text"]: item["changes"] for item in found}
    assert told["shop: changed cave"] == {"cave.profile": ["open", "strict"]}
    assert told["statuses: changed call_back"]["call_back.colour"][1] == "#112233"
    assert {item["actor"] for item in found} == {"key of cave"}
    assert key["key"] not in str(found)


async def test_keys_are_logged_for_administrators_alone(orders: Driver) -> None:
    made = (await orders.http.post("/api/v1/keys", json={"name": "till", "scopes": ["orders:read"]})).json()
    await orders.place()
    reader = orders.client(made["key"])
    seen = (await reader.get("/api/v1/log")).json()["items"]
    assert [item["kind"] for item in seen] == ["status"]
    assert (await reader.get("/api/v1/log", params={"kind": "keys"})).json()["items"] == []


async def test_the_first_start_is_logged(orders: Driver) -> None:
    settings = Settings(
        api_key=SecretStr("the-first-key-of-this-house"), database_url="sqlite://", public_url="https://vignes.example"
    )
    async with orders.service.db.write() as conn:
        for table in ("shops", "api_keys", "statuses", "shop_settings", "shop_log"):
            await conn.exec_driver_sql(f"DELETE FROM {table}")
    await found_shop(orders.service.outbox, settings)
    orders.service.keyring.forget()
    orders.http = orders.client("the-first-key-of-this-house")
    found = await logged(orders)
    assert {(item["kind"], item["actor"]) for item in found} == {("shop", HOUSE), ("keys", HOUSE)}
    assert (await orders.get("shop"))["public_url"] == "https://vignes.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [("from", "yesterday"), ("to", "2026-13-01"), ("after", "W10"), ("limit", "0"), ("kinds", "stock"), ("order", "")],
)
async def test_a_bad_filter_is_named(orders: Driver, name: str, value: str) -> None:
    answer = await orders.http.get("/api/v1/log", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].partition(".")[0] == name
