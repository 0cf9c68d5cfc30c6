"""Customer groups: kept by the seller, and what their customers see and pay."""

from typing import Any

import httpx
from sqlalchemy import update

from services.orders.tables import customers
from tests.orders.driver import Driver, Json, shop_input


async def make_group(orders: Driver, name: str, **more: Any) -> Json:
    answer = await orders.http.post("/api/v1/customer-groups", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def put_into(orders: Driver, group: str | None, email: str = "camille@example.com") -> None:
    """Put a known customer into a group."""
    async with orders.service.db.write() as conn:
        changed = await conn.execute(update(customers).where(customers.c.email == email).values(group_name=group))
    assert changed.rowcount == 1


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


async def test_another_shops_groups_are_not_there(orders: Driver) -> None:
    await make_group(orders, "reseller")
    founded = await orders.http.post("/api/v1/shops", json=shop_input("other").model_dump(mode="json"))
    async with orders.client(founded.json()["key"]["key"]) as other:
        assert (await other.get("/api/v1/customer-groups")).json()["items"] == []
        assert refused(await other.get("/api/v1/customer-groups/reseller"), 404) == "not-found"
        assert refused(await other.delete("/api/v1/customer-groups/reseller"), 404) == "not-found"
