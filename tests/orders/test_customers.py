"""Clients as the seller works on them: one record each, found by one box, changed, put into a group."""

import pytest

from tests.orders.clients import DEPOT, HOME, add, client, listed, patch, slug
from tests.orders.driver import Driver, order


@pytest.mark.row("S0-10")
async def test_client_data_are_centralised_in_one_record_per_client(orders: Driver) -> None:
    first = await orders.place(customer=client("Zoe@Example.org"))
    second = await orders.place(customer=client("zoe@example.ORG", phone="0612"))
    assert first["customer_id"] == second["customer_id"]
    record = await orders.get(f"customers/{first['customer_id']}")
    assert (record["email"], record["name"], record["phone"]) == ("zoe@example.org", "Zoé Martin", "0612")
    assert len(await orders.rows("customers")) == 1
    theirs = await orders.get(f"customers/{first['customer_id']}/orders")
    assert [found["code"] for found in theirs["items"]] == [second["code"], first["code"]]
    assert (await orders.get(f"customers/{first['customer_id']}/orders", status="shipped"))["total"] == 0


@pytest.mark.row("S3-12", "S3-14")
async def test_client_sheet_has_both_addresses_and_the_outside_number(orders: Driver) -> None:
    made = await add(orders)
    answer = await patch(
        orders,
        made["id"],
        {"billing_address": HOME, "shipping_address": DEPOT, "number": "C-4711"},
        **{"If-Match": '"1"'},
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    sheet = await orders.get(f"customers/{made['id']}")
    assert (sheet["billing_address"], sheet["shipping_address"], sheet["number"]) == (HOME, DEPOT, "C-4711")
    assert await listed(orders, number="C-4711") == ["zoe@example.org"]
    assert await listed(orders, q="c-47") == ["zoe@example.org"]
    placed = await orders.place(customer=client())
    found = await orders.get("orders", client="C-4711")
    assert [item["code"] for item in found["items"]] == [placed["code"]]
    other = await add(orders, "paul@example.org", "Paul")
    taken = await patch(orders, other["id"], {"number": "C-4711"})
    assert (taken.status_code, slug(taken)) == (409, "customer-number-taken")
    assert taken.json()["errors"][0]["field"] == "number"


async def test_client_is_patched_not_replaced(orders: Driver) -> None:
    made = await add(orders, phone="0612", company="Martin SARL", tags=["vip", "vip"])
    assert (made["version"], made["tags"]) == (1, ["vip"])
    same = await patch(orders, made["id"], {"phone": "0612"})
    assert same.json()["version"] == 1, "nothing differs"
    changed = await patch(orders, made["id"], {"phone": None, "email": "Zoe@Other.example", "tags": []})
    assert changed.status_code == 200, changed.text
    assert changed.json() | {"updated_at": ""} == made | {
        "phone": None,
        "email": "zoe@other.example",
        "tags": [],
        "version": 2,
        "updated_at": "",
    }
    stale = await patch(orders, made["id"], {"phone": "1"}, **{"If-Match": '"1"'})
    assert (stale.status_code, slug(stale), stale.json()["current"]["version"]) == (409, "stale-version", 2)
    await add(orders, "paul@example.org", "Paul")
    taken = await patch(orders, made["id"], {"email": "PAUL@example.org"})
    assert (taken.status_code, slug(taken)) == (409, "customer-exists")
    for body, field in (
        ({"email": "nobody"}, "email"),
        ({"name": ""}, "name"),
        ({"language": "french"}, "language"),
        ({"billing_address": {"country": "FR"}}, "billing_address"),
        ({"shop": "other"}, "shop"),
    ):
        refused = await patch(orders, made["id"], body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_client_exists_once(orders: Driver) -> None:
    placed = await orders.place(customer=client(phone="0612"))
    made = await add(orders, name="Zoé M.")
    assert (made["id"], made["account"], made["phone"]) == (placed["customer_id"], True, "0612")
    again = await orders.http.post("/api/v1/customers", json=client("ZOE@example.org"))
    assert (again.status_code, slug(again), again.json()["id"]) == (409, "customer-exists", made["id"])
    for path in (f"customers/{made['id'][:-1]}", "customers/nobody/orders"):
        assert (await orders.http.get(f"/api/v1/{path}")).status_code == 404


async def test_clients_are_found_by_one_box_and_filters(orders: Driver) -> None:
    await add(orders, "zoe@example.org", "Zoé Martin", company="Les Halles", number="C 1", tags=["VIP"])
    await add(orders, "paul@example.org", "Paul Martin", tags=["vip", "press"])
    await add(orders, "anne@other.example", "Anne-Marie Petit", number="C 2")
    for query, emails in (
        ({"q": "martin"}, {"zoe@example.org", "paul@example.org"}),
        ({"q": "ZOE mart"}, {"zoe@example.org"}),
        ({"q": "marie"}, {"anne@other.example"}),
        ({"q": "halles"}, {"zoe@example.org"}),
        ({"q": "example.org paul"}, {"paul@example.org"}),
        ({"q": "c 2"}, {"anne@other.example"}),
        ({"tag": "vip"}, {"zoe@example.org", "paul@example.org"}),
        ({"tag": "vi"}, set()),
        ({"tag": "press", "q": "martin"}, {"paul@example.org"}),
        ({"email": "ANNE@other.example"}, {"anne@other.example"}),
        ({"number": "C 1"}, {"zoe@example.org"}),
        ({"q": "nobody"}, set()),
    ):
        assert set(await listed(orders, **query)) == emails, query
    made = (await orders.get("customers", number="C 2"))["items"][0]
    await patch(orders, made["id"], {"name": "Anne Grand", "number": None, "tags": ["new"]})
    assert await listed(orders, q="petit") == []
    assert await listed(orders, q="grand", tag="NEW") == ["anne@other.example"]


async def test_clients_are_listed_page_by_page(orders: Driver) -> None:
    names = ["Bruno", "Anne", "Chloé", "Anne", "Denis"]
    for number, name in enumerate(names):
        await add(orders, f"{number}@example.org", name)
    for sort, wanted in (
        ("-created", ["4", "3", "2", "1", "0"]),
        ("created", ["0", "1", "2", "3", "4"]),
        ("name", ["1", "3", "0", "2", "4"]),
    ):
        seen, after = [], None
        for _page in range(3):
            page = await orders.get("customers", limit=2, sort=sort, **({"after": after} if after else {}))
            assert page["total"] == 5
            seen += [found["email"][0] for found in page["items"]]
            after = page["next"]
        assert (seen, after) == (wanted, None)
    place = (await orders.get("customers", limit=2))["next"]
    for query in ({"sort": "name", "after": place}, {"after": "x"}, {"sort": "age"}, {"colour": "red"}, {"limit": 0}):
        assert (await orders.http.get("/api/v1/customers", params=query)).status_code == 422


async def test_no_shop_sees_anothers_clients(orders: Driver) -> None:
    await orders.open_shop("other", "a-secret-of-the-other-shop")
    made = await add(orders, number="C-1")
    other = orders.client("a-secret-of-the-other-shop")
    path = f"/api/v1/customers/{made['id']}"
    assert (await other.get(path)).status_code == 404
    assert (await other.get(f"{path}/orders")).status_code == 404
    assert (await other.patch(path, json={"name": "X"})).status_code == 404
    assert (await other.get("/api/v1/customers")).json()["total"] == 0
    refused = await other.post("/api/v1/orders", json=order(customer={}, customer_id=made["id"]))
    assert refused.status_code == 422
    own = await other.post("/api/v1/customers", json=client(number="C-1"))
    assert (own.status_code, own.json()["number"]) == (201, "C-1")


async def test_client_is_put_into_a_group_that_there_is(orders: Driver) -> None:
    group = {"name": "resellers", "texts": {"fr": {"name": "Revendeurs"}}}
    assert (await orders.http.post("/api/v1/customer-groups", json=group)).status_code == 201
    made = await add(orders)
    assert made["group"] is None
    unknown = await patch(orders, made["id"], {"group": "friends"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "group")
    changed = await patch(orders, made["id"], {"group": "resellers"})
    assert (changed.status_code, changed.json()["group"]) == (200, "resellers")
    await add(orders, "paul@example.org", "Paul", group="resellers")
    assert await listed(orders, group="resellers", sort="created") == ["zoe@example.org", "paul@example.org"]
    assert (await orders.http.delete("/api/v1/customer-groups/resellers")).status_code == 409
    await orders.place(customer=client())
    assert (await orders.get(f"customers/{made['id']}"))["group"] == "resellers", "orders leave the group alone"
    left = await patch(orders, made["id"], {"group": None})
    assert left.json()["group"] is None
    assert await listed(orders, group="resellers") == ["paul@example.org"]


async def test_what_the_shop_does_with_its_clients_is_logged(orders: Driver) -> None:
    for _twice in range(2):
        assert (await orders.http.put("/api/v1/shop/customers", json={"tagging": True})).status_code == 200
    (logged,) = (await orders.get("log", kind="customers"))["items"]
    assert logged["changes"] == {"settings.tagging": [False, True]}
