"""Details of an order: what services must know raises the version, the rest the revision; notes never leave."""

from typing import Any

import httpx
import pytest

from tests.orders.driver import Driver, Json, line

ELSEWHERE = {"name": "Ida", "street": "2 quai", "postal_code": "44100", "city": "Nantes", "country": "FR"}
FAIR = {"id": "fair", "name": "Foire", "address": ELSEWHERE, "starts": "2026-06-05", "ends": "2026-06-07"}
ESTATE = {"id": "estate", "name": "Au domaine", "address": ELSEWHERE}
CHECKOUT: Json = {
    "carriers": [{"name": "Colissimo", "tracking_url": "https://parcels.example/{tracking_number}?lang=fr"}],
    "shipping_methods": ["Express"],
    "pickup_points": [ESTATE, FAIR],
    "fields": [
        {"name": "gift", "labels": {"fr": "Cadeau", "en": "Gift"}, "kind": "boolean"},
        {"name": "wrap", "labels": {"fr": "Papier"}, "kind": "choice", "choices": ["red", "blue"]},
    ],
}


async def offer(orders: Driver, **more: Any) -> None:
    """Configure the shop's lists."""
    answer = await orders.http.put("/api/v1/shop/checkout", json=CHECKOUT | more)
    assert answer.status_code == 200, answer.text
    assert (await orders.get("shop/checkout")) == answer.json()


async def try_amend(orders: Driver, document: Json, **body: Any) -> httpx.Response:
    return await orders.http.patch(f"/api/v1/orders/{document['code']}", json=body)


async def amend(orders: Driver, document: Json, **body: Any) -> Json:
    answer = await try_amend(orders, document, **body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    assert found == await orders.read(document["code"])
    return found


def field_of(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    name: str = answer.json()["errors"][0]["field"]
    return name


@pytest.mark.row("S1-12")
async def test_personal_data_and_both_addresses_are_edited_and_told(orders: Driver) -> None:
    made = await orders.place()
    customer = {"name": "Ida", "email": "IDA@example.com", "phone": "+33600000000"}
    found = await amend(orders, made, customer=customer, billing_address=ELSEWHERE, shipping_address=None)
    assert found["customer"] == made["customer"] | customer
    assert (found["billing_address"], found["shipping_address"]) == (ELSEWHERE, None)
    assert (found["version"], found["settled"]) == (2, False)
    told = await orders.message(made["id"])
    assert (told.version, told.customer.name, told.shipping_address) == (2, "Ida", None)
    assert {row.email for row in await orders.rows("customers")} == {"camille@example.com", "ida@example.com"}
    assert (await orders.get("orders", q="ida@example.com"))["total"] == 1


@pytest.mark.row("S1-14")
async def test_same_as_billing_copies_billing_to_shipping(orders: Driver) -> None:
    made = await orders.place(shipping_address=ELSEWHERE)
    assert not made["same_as_billing"]
    found = await amend(orders, made, same_as_billing=True)
    assert found["shipping_address"] == found["billing_address"] == made["billing_address"]
    found = await amend(orders, made, billing_address=ELSEWHERE)
    assert found["shipping_address"] == ELSEWHERE
    assert (
        field_of(await try_amend(orders, made, same_as_billing=True, shipping_address=ELSEWHERE)) == "shipping_address"
    )
    found = await amend(orders, made, shipping_address=made["billing_address"])
    assert not found["same_as_billing"]


@pytest.mark.row("S1-19")
@pytest.mark.row("S1-20")
async def test_carrier_is_picked_from_the_list_or_a_free_name(orders: Driver) -> None:
    await offer(orders)
    made = await orders.place(carrier="colissimo")
    assert made["carrier"] == "Colissimo"
    found = await amend(orders, made, carrier="Vélo de Paul")
    assert (found["carrier"], found["version"]) == ("Vélo de Paul", 2)
    assert (await orders.message(made["id"])).carrier == "Vélo de Paul"
    assert (await amend(orders, made, carrier=None))["carrier"] is None


@pytest.mark.row("S1-21")
async def test_shipping_method_needs_a_configured_one(orders: Driver) -> None:
    made = await orders.place()
    assert field_of(await try_amend(orders, made, shipping_method="Express")) == "shipping_method"
    await offer(orders)
    assert field_of(await try_amend(orders, made, shipping_method="Pigeon")) == "shipping_method"
    assert (await amend(orders, made, shipping_method="express"))["shipping_method"] == "Express"


@pytest.mark.row("S1-11")
async def test_operator_is_assigned_and_traceable(orders: Driver) -> None:
    made = await orders.place()
    await amend(orders, made, operator="marie")
    found = await amend(orders, made, operator="paul")
    assert (found["operator"], found["version"], found["revision"]) == ("paul", 1, made["revision"] + 2)
    log = (await orders.get(f"orders/{made['code']}/log"))["items"]
    assert [entry["changes"] for entry in log[1:]] == [{"operator": [None, "marie"]}, {"operator": ["marie", "paul"]}]
    assert {entry["who"] for entry in log} == {"key of cave"}


@pytest.mark.row("S1-18")
async def test_internal_notes_are_for_operators_only(orders: Driver) -> None:
    await orders.open_shop("other", "a-secret-of-the-other-shop")
    made = await orders.place()
    path = f"/api/v1/orders/{made['code']}/notes"
    for text in ("He always pays late", "Called twice"):
        assert (await orders.http.post(path, json={"text": text})).status_code == 201
    assert [note["text"] for note in (await orders.http.get(path)).json()["items"]] == [
        "Called twice",
        "He always pays late",
    ]
    found = await orders.read(made["code"])
    assert (found["version"], found["revision"]) == (1, made["revision"] + 2)
    moved = await orders.move(made["code"], "shipped")
    for seen in (moved, await orders.timeline(made["code"]), await orders.said()):
        assert "pays late" not in str(seen)
    async with orders.client("a-secret-of-the-other-shop") as stranger:
        assert (await stranger.get(path)).status_code == 404


@pytest.mark.row("S1-28")
async def test_several_tags_raise_the_revision_alone(orders: Driver) -> None:
    made = await orders.place(tags=["new"])
    await orders.forget_said()
    found = await amend(orders, made, tags=["high priority", "problem", "problem"], indicator="call back")
    assert (found["tags"], found["indicator"]) == (["high priority", "problem"], "call back")
    assert (found["version"], found["revision"]) == (1, made["revision"] + 1)
    assert await orders.said() == {}
    for tag, total in {"High Priority": 1, "problem": 1, "new": 0}.items():
        assert (await orders.get("orders", tag=tag))["total"] == total
    assert field_of(await try_amend(orders, made, tags=[""])) == "tags.0"


@pytest.mark.row("S2-15")
async def test_the_code_cannot_be_changed(orders: Driver) -> None:
    made = await orders.place()
    assert field_of(await try_amend(orders, made, code="MY-0001")) == "code"
    assert (await orders.read(made["code"]))["code"] == made["code"]
    assert "code" not in await orders.get("shop")


@pytest.mark.row("S2-03")
async def test_extra_form_fields_of_the_shop(orders: Driver) -> None:
    await offer(orders)
    made = await orders.place(fields={"gift": True, "wrap": "red"})
    assert made["fields"] == {"gift": True, "wrap": "red"}
    assert (await amend(orders, made, fields={"wrap": "blue", "gift": None}))["fields"] == {"wrap": "blue"}
    for name, value in (("wrap", "green"), ("gift", "yes"), ("size", "xl")):
        assert field_of(await try_amend(orders, made, fields={name: value})) == f"fields.{name}"
    rules = [{"name": "po", "labels": {"en": "Your reference"}, "required": True}]
    await offer(orders, fields=rules)
    refused = await orders.http.post("/api/v1/orders", json=_order_without_fields(made))
    assert field_of(refused) == "fields.po"
    assert (await orders.place(fields={"po": "A-77"}))["fields"] == {"po": "A-77"}


def _order_without_fields(made: Json) -> Json:
    lines = [{name: made["lines"][0][name] for name in ("sku", "name", "quantity", "unit_price", "tax_rate")}]
    return {"currency": "EUR", "customer": made["customer"], "lines": lines}


@pytest.mark.row("S3-08")
async def test_delivery_or_pickup_at_the_estate(orders: Driver) -> None:
    await offer(orders)
    made = await orders.place(pickup={"point": "estate"})
    assert (made["fulfilment"], made["pickup"]["name"]) == ("pickup", "Au domaine")
    told = (await orders.message(made["id"])).pickup_point
    assert told is not None
    assert (told.point, told.address.city) == ("estate", "Nantes")
    assert (await amend(orders, made, pickup=None))["fulfilment"] == "delivery"


@pytest.mark.row("S3-22")
async def test_a_temporary_point_serves_on_its_days(orders: Driver) -> None:
    await offer(orders)
    made = await orders.place()
    for day in ("2026-06-04", "2026-06-08"):
        assert field_of(await try_amend(orders, made, pickup={"point": "fair", "date": day})) == "pickup.date"
    found = await amend(orders, made, pickup={"point": "fair", "date": "2026-06-06"})
    assert (found["pickup"]["point"], found["pickup"]["date"]) == ("fair", "2026-06-06")
    assert field_of(await try_amend(orders, made, pickup={"point": "moon"})) == "pickup.point"
    orders.clock.advance(days=10)
    assert field_of(await try_amend(orders, made, pickup={"point": "fair"})) == "pickup.point"
    assert (await orders.read(made["code"]))["pickup"]["point"] == "fair"


@pytest.mark.row("S0-17")
async def test_closed_orders_are_archived_and_stay_searchable(orders: Driver) -> None:
    made = await orders.place()
    assert (await try_amend(orders, made, archived=True)).status_code == 409
    await orders.move(made["code"], "completed")
    await orders.move(made["code"], "closed")
    found = await amend(orders, made, archived=True)
    assert found["archived_at"] is not None
    assert (await orders.get("orders", q=made["code"]))["items"] == [found]
    assert (await amend(orders, made, archived=False))["archived_at"] is None


async def test_publication_and_payment_method_are_told(orders: Driver) -> None:
    made = await orders.place(payment_method="Chèque", origin="salon", test=True)
    assert (made["payment_method"], made["origin"], made["test"]) == ("Chèque", "salon", True)
    found = await amend(orders, made, shown="hidden", payment_method="Virement")
    assert (found["facts"]["publication"], found["version"]) == ("hidden", 2)
    told = await orders.message(made["id"])
    assert (told.shown, told.payment_method) == ("hidden", "Virement")


async def test_what_is_so_already_changes_nothing(orders: Driver) -> None:
    made = await orders.place(tags=["a"])
    assert await amend(orders, made) == made
    assert await amend(orders, made, tags=["a"], shown="automatic", customer={"name": "Camille"}) == made


async def test_if_match_and_unknown_fields(orders: Driver) -> None:
    made = await orders.place()
    await amend(orders, made, carrier="DHL")
    path = f"/api/v1/orders/{made['code']}"
    stale = await orders.http.patch(path, json={"carrier": "UPS"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, 2)
    refused: Json = {"status": "shipped", "lines": [], "tags": None, "customer": None, "test": False}
    for field, value in refused.items():
        body: Json = {field: value}
        assert field_of(await try_amend(orders, made, **body)) == field
    bad = {"country": "FR"}
    assert field_of(await try_amend(orders, made, billing_address=bad)) == "billing_address"


@pytest.mark.row("S1-22")
async def test_tracking_code_lets_the_client_follow_the_parcel(orders: Driver) -> None:
    await offer(orders)
    made = await orders.place(line("WINE", 2), carrier="Colissimo")
    shipment = {"tracking_number": "6A 1/2", "lines": [{"line": 1, "quantity": 1}]}
    moved = await orders.move(made["code"], "partially_shipped", shipment=shipment)
    (parcel,) = moved["parcels"]
    assert (parcel["carrier"], parcel["tracking_url"]) == ("Colissimo", "https://parcels.example/6A%201%2F2?lang=fr")
    path = f"/api/v1/orders/{made['code']}/parcels/1"
    corrected = (await orders.http.put(path, json={"carrier": "colissimo", "tracking_number": "7"})).json()
    assert corrected["parcels"][0]["tracking_url"] == "https://parcels.example/7?lang=fr"
    assert (await orders.message(made["id"])).parcels[0].tracking_url == "https://parcels.example/7?lang=fr"
    free = await orders.move(made["code"], "shipped", shipment={"carrier": "Paul", "tracking_number": "1"})
    assert free["parcels"][1]["tracking_url"] is None


async def test_bad_lists_are_refused(orders: Driver) -> None:
    bad: list[tuple[str, list[Json]]] = [
        ("carriers", [{"name": "X", "tracking_url": "https://x.example/"}]),
        ("carriers", [{"name": "X"}, {"name": "x"}]),
        ("pickup_points", [FAIR | {"ends": "2026-06-01"}]),
        ("fields", [{"name": "a", "labels": {"fr": "A"}, "kind": "choice"}]),
    ]
    for field, value in bad:
        answer = await orders.http.put("/api/v1/shop/checkout", json={field: value})
        assert field_of(answer).startswith(field), answer.text


@pytest.mark.row("S0-16")
@pytest.mark.row("S2-43")
async def test_log_says_who_did_what_when(orders: Driver) -> None:
    made = await orders.place()
    orders.clock.advance(minutes=1)
    await amend(orders, made, carrier="DHL")
    await orders.http.put(f"/api/v1/orders/{made['code']}/lines", json={"lines": [{"id": 1, "quantity": 5}]})
    await orders.http.post(f"/api/v1/orders/{made['code']}/notes", json={"text": "hush"})
    moved = await orders.move(made["code"], "processing")
    await orders.settle(moved)
    log = (await orders.get(f"orders/{made['code']}/log"))["items"]
    assert [(entry["who"], entry["what"], entry["version"]) for entry in log] == [
        ("key of cave", "status", 1),
        ("key of cave", "edit", 2),
        ("key of cave", "lines", 3),
        ("key of cave", "note", None),
        ("key of cave", "status", 4),
    ]
    assert log[1]["changes"] == {"carrier": [None, "DHL"]}
    assert [entry["at"] for entry in log[:2]] == ["2026-06-01T12:00:00Z", "2026-06-01T12:01:00Z"]
    assert "hush" not in str(log)
