"""What orders do for their clients' records: make one, bring it up to date, take from it, tag it."""

import asyncio

import pytest

from tests.orders.clients import DEPOT, HOME, add, client, listed
from tests.orders.driver import Driver, Json, line, order


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


UNSAID = ("company", "vat_number", "siren", "siret", "electronic_address")


@pytest.mark.row("S1-09", "S2-36")
async def test_saved_data_speed_up_later_orders_of_an_existing_client(orders: Driver) -> None:
    made = await add(orders, phone="0612", language="en", billing_address=HOME, shipping_address=DEPOT)
    body = {name: value for name, value in order().items() if name not in ("customer", "language")}
    bare = {name: value for name, value in body.items() if not name.endswith("_address")} | {"customer_id": made["id"]}
    answer = await orders.http.post("/api/v1/orders", json=bare)
    assert answer.status_code == 201, answer.text
    placed = answer.json()
    assert placed["customer_id"] == made["id"]
    assert placed["customer"] == client(phone="0612", language="en") | dict.fromkeys(UNSAID)
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
