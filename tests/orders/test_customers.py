"""Clients: one record each, made by orders or by hand, found by one box, used again by later orders."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.orders.driver import Driver, Json, line, order

HOME = {"name": "Zoé", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux", "country": "FR"}
DEPOT = {
    "name": "Quai 4",
    "street": "8 quai des Chartrons",
    "postal_code": "33300",
    "city": "Bordeaux",
    "country": "FR",
}


async def add(orders: Driver, email: str = "zoe@example.org", name: str = "Zoé Martin", **more: Any) -> Json:
    """A client made by the seller."""
    answer = await orders.http.post("/api/v1/customers", json={"email": email, "name": name, **more})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    assert answer.headers["location"] == f"/api/v1/customers/{made['id']}"
    return made


async def patch(orders: Driver, id_: str, body: Json, **headers: str) -> httpx.Response:
    return await orders.http.patch(f"/api/v1/customers/{id_}", json=body, headers=headers)


def client(email: str = "zoe@example.org", name: str = "Zoé Martin", **more: Any) -> Json:
    """The client of an order."""
    return {"email": email, "name": name, **more}


async def listed(orders: Driver, **query: Any) -> list[str]:
    return [found["email"] for found in (await orders.get("customers", **query))["items"]]


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"].rpartition(":")[2])


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


@pytest.mark.row("S1-33", "S1-10")
async def test_order_with_billing_data_creates_or_updates_the_client_record(orders: Driver) -> None:
    first = await orders.place(customer=client(company="Martin SARL"), billing_address=HOME)
    made = await orders.get(f"customers/{first['customer_id']}")
    assert (made["company"], made["billing_address"], made["version"]) == ("Martin SARL", HOME, 1)
    await orders.place(customer=client(name="Zoé Dupont", vat_number="FR1"), billing_address=DEPOT)
    changed = await orders.get(f"customers/{made['id']}")
    assert (changed["name"], changed["vat_number"], changed["billing_address"]) == ("Zoé Dupont", "FR1", DEPOT)
    assert (changed["company"], changed["version"]) == ("Martin SARL", 2), "what an order does not say stays"
    imported = order(customer=client("zoe@example.org", "Zoé Dupont"), imported=True, billing_address={"country": "FR"})
    assert (await orders.http.post("/api/v1/orders", json=imported | {"shipping_address": None})).status_code == 201
    assert (await orders.get(f"customers/{made['id']}"))["billing_address"] == DEPOT


@pytest.mark.row("S2-34", "S2-35")
async def test_guest_does_not_appear_in_client_management_an_account_does(orders: Driver) -> None:
    """Both check out with the data typed at that time."""
    guest = await orders.place(customer=client("guest@example.org"))
    member = await orders.place(customer=client(account=True, phone="0612"))
    assert member["customer"]["phone"] == "0612"
    assert "account" not in member["customer"]
    assert await listed(orders) == ["zoe@example.org"]
    assert await listed(orders, account="false") == ["guest@example.org"]
    assert not (await orders.get(f"customers/{guest['customer_id']}"))["account"]
    await orders.place(customer=client())
    assert await listed(orders) == ["zoe@example.org"], "an account stays one"
    await orders.place(customer=client("guest@example.org", account=True))
    assert await listed(orders, sort="created") == ["guest@example.org", "zoe@example.org"]
    assert len(await orders.rows("customers")) == 2


@pytest.mark.row("S1-09", "S2-36")
async def test_saved_data_speed_up_later_orders_of_an_existing_client(orders: Driver) -> None:
    made = await add(orders, phone="0612", language="en", billing_address=HOME, shipping_address=DEPOT)
    body = {name: value for name, value in order().items() if name not in ("customer", "language")}
    bare = {name: value for name, value in body.items() if not name.endswith("_address")} | {"customer_id": made["id"]}
    answer = await orders.http.post("/api/v1/orders", json=bare)
    assert answer.status_code == 201, answer.text
    placed = answer.json()
    assert placed["customer_id"] == made["id"]
    assert placed["customer"] == client(phone="0612", language="en", company=None, vat_number=None)
    assert (placed["billing_address"], placed["shipping_address"], placed["language"]) == (HOME, DEPOT, "en")
    preview = await orders.http.post("/api/v1/orders/preview", json=bare)
    assert preview.status_code == 200, preview.text

    otherwise = bare | {"customer": {"phone": "0700"}, "shipping_address": HOME, "language": "fr"}
    said = (await orders.http.post("/api/v1/orders", json=otherwise)).json()
    assert (said["customer"]["phone"], said["customer"]["name"]) == ("0700", "Zoé Martin")
    assert (said["billing_address"], said["shipping_address"], said["language"]) == (HOME, HOME, "fr")
    created = await orders.place(customer=client("new@example.org", account=True), channel="manual")
    assert (await orders.get(f"customers/{created['customer_id']}"))["account"]


async def test_client_of_an_order_is_known_or_refused(orders: Driver) -> None:
    made = await add(orders)
    for body, field in (
        ({"customer": {}}, "customer.email"),
        ({"customer": {"email": "a@b.example"}}, "customer.name"),
        ({"customer": {}, "customer_id": "nobody"}, "customer_id"),
        ({"customer": {"email": "a@b.example"}, "customer_id": made["id"]}, "customer.email"),
    ):
        answer = await orders.http.post("/api/v1/orders", json=order(**body))
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == field


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


@pytest.mark.row("S1-34")
async def test_if_enabled_buying_a_product_assigns_tags_to_the_client_record(orders: Driver) -> None:
    rules = [{"sku": "WINE", "tags": ["wine lover", "red"]}, {"sku": "CHEESE", "tags": ["red", "gourmet"]}]

    async def configure(*, enabled: bool) -> None:
        body = {"tagging": enabled, "tag_rules": rules}
        answer = await orders.http.put("/api/v1/shop/customers", json=body)
        assert answer.json() == {"space": False, **body}
        assert await orders.get("shop/customers") == answer.json()

    async def tags(placed: Json) -> list[str]:
        found: list[str] = (await orders.get(f"customers/{placed['customer_id']}"))["tags"]
        return found

    await configure(enabled=False)
    assert await tags(await orders.place(line("WINE"))) == []
    await configure(enabled=True)
    assert await tags(await orders.place(line("BREAD"))) == []
    bought = await orders.place(line("WINE"), line("CHEESE"), external_id="1", channel="amazon")
    assert await tags(bought) == ["wine lover", "red", "gourmet"]
    version = (await orders.get(f"customers/{bought['customer_id']}"))["version"]
    again = await orders.http.post("/api/v1/orders/batch", json={"orders": [order(line("WINE"))] * 2})
    assert again.status_code == 200
    record = await orders.get(f"customers/{bought['customer_id']}")
    assert (record["tags"], record["version"]) == (["wine lover", "red", "gourmet"], version)
    assert await listed(orders, account="false", tag="wine lover") == ["camille@example.com"]
    for quiet in ({"status": "draft"}, {"test": True}):
        placed = await orders.place(line("WINE"), customer=client(f"{next(iter(quiet))}@example.org"), **quiet)
        assert await tags(placed) == []
    draft = (await orders.get("orders", q="status@example.org"))["items"][0]
    await orders.move(draft["code"], "received")
    assert await tags(draft) == ["wine lover", "red"], "a draft is bought when it is one no more"


async def test_orders_of_one_new_client_at_the_same_time_leave_one_record(orders: Driver) -> None:
    await orders.http.put(
        "/api/v1/shop/customers",
        json={"tagging": True, "tag_rules": [{"sku": f"S{n}", "tags": [f"t{n}"]} for n in range(6)]},
    )
    placed = await asyncio.gather(*(orders.place(line(f"S{n}"), customer=client()) for n in range(6)))
    assert len({found["customer_id"] for found in placed}) == 1
    record = await orders.get(f"customers/{placed[0]['customer_id']}")
    assert sorted(record["tags"]) == [f"t{n}" for n in range(6)]


async def test_order_that_gets_another_address_belongs_to_that_client(orders: Driver) -> None:
    made = await add(orders, number="C-1")
    placed = await orders.place(customer=client())
    assert placed["customer"]["number"] == "C-1"
    answer = await orders.http.patch(f"/api/v1/orders/{placed['code']}", json={"customer": {"email": "p@example.org"}})
    assert answer.status_code == 200, answer.text
    moved = answer.json()
    assert moved["customer_id"] != made["id"]
    assert "number" not in moved["customer"]
    assert (await orders.get(f"customers/{made['id']}/orders"))["total"] == 0
    assert (await orders.get(f"customers/{moved['customer_id']}"))["email"] == "p@example.org"


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
