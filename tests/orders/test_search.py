"""Finding orders: every filter, the one box, sorts and pages, counts and totals, and what a URL may not say."""

from typing import Any, get_args

import pytest

from services.orders.api import listing
from shared.contracts import Channel, InvoiceState, PaymentState, StockState
from tests.orders.driver import Driver, Json, line

ALI = {"email": "ali@example.com", "name": "Ali Ben Youssef"}
ZOE = {"email": "Zoe@Example.com", "name": "Zoé Martin-Durand", "company": "Épicerie du Port"}


async def found(orders: Driver, **filters: Any) -> set[str]:
    """The codes of a filtered list."""
    return {item["code"] for item in (await orders.get("orders", **filters))["items"]}


async def two(orders: Driver) -> tuple[Json, Json]:
    """Zoé's order from Amazon, paid and reserved; a day later Ali's, shipped and invoiced."""
    first = await orders.place(
        line("WINE-RED", quantity=2, price="20.00"), channel="amazon", external_id="902-77", customer=ZOE
    )
    await orders.settle(first, payment="paid", captured=4000)
    orders.clock.advance(days=1)
    address = {"name": "Ali", "street": "Wall 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}
    second = await orders.place(
        line("BOX", quantity=1, price="99.90"), customer=ALI, language="de", shipping_address=address, test=True
    )
    parcel = {"carrier": "Colissimo", "tracking_number": "6A 123-4"}
    shipped = await orders.move(second["code"], "shipped", shipment=parcel)
    await orders.hear(orders.reservation(shipped, "committed"))
    await orders.hear(orders.account(shipped, "unpaid", "issued"))
    return first, second


ONE_ORDER = [
    {"client": "martin"},
    {"client": "zoe@example"},
    {"client": "epicerie"},
    {"client": "durand zoe"},
    {"email": "ZOE@example.com"},
    {"channel": "amazon"},
    {"external_id": "902-77"},
    {"sku": "wine-red"},
    {"payment": "paid"},
    {"stock": "reserved"},
    {"invoice": "none"},
    {"status": "received"},
    {"type": "received"},
    {"language": "fr"},
    {"country": "FR"},
    {"total_max": "40"},
    {"total_min": "39.99", "total_max": "40.00", "currency": "EUR"},
    {"placed_to": "2026-06-01"},
    {"placed_to": "2026-06-02T12:00:00Z"},
    {"settled": "true"},
    {"test": "false"},
]
OTHER_ORDER = [
    {"client": "youss ali"},
    {"carrier": "Colissimo"},
    {"tracking": "6a 123-4"},
    {"stock": "committed"},
    {"invoice": "issued"},
    {"status": "shipped"},
    {"country": "DE"},
    {"total_min": "40.01"},
    {"placed_from": "2026-06-02"},
    {"updated_since": "2026-06-02T00:00:00+02:00"},
    {"settled": "false"},
    {"test": "true"},
]


@pytest.mark.row("S1-06")
@pytest.mark.row("S3-04")
async def test_every_filter_finds_its_order(orders: Driver) -> None:
    first, second = await two(orders)
    for filters in ONE_ORDER:
        assert await found(orders, **filters) == {first["code"]}, filters
    for filters in OTHER_ORDER:
        assert await found(orders, **filters) == {second["code"]}, filters
    assert await found(orders, code=[first["code"], second["code"].lower()]) == {first["code"], second["code"]}
    assert await found(orders, status=["received", "shipped"], currency="EUR") == {first["code"], second["code"]}
    assert await found(orders, status=["received"], channel="web") == set()
    assert await found(orders, total_min="1", currency="USD") == set()


async def test_one_box_finds_by_whatever_there_is(orders: Driver) -> None:
    first, second = await two(orders)
    for words in (
        first["code"][:7].lower(),
        "ZOÉ",
        "martin-d",
        "durand",
        "zoe@exa",
        "example.com zoe",
        "902-77",
        "wine",
    ):
        assert await found(orders, q=words) == {first["code"]}, words
    for words in (second["code"].replace("-", ""), "6A 123-4", "6a", "box ali"):
        assert await found(orders, q=words) == {second["code"]}, words
    for nothing in ("%", "_", "zoe ali", "artin", "'", "WINE%", "﷽"):
        assert await found(orders, q=nothing) == set(), nothing
    assert len(await found(orders, q="  ")) == 2


async def test_what_an_order_is_found_by_follows_its_changes(orders: Driver) -> None:
    made = await orders.place(line("WINE"), line("BOX"))
    lines = [{"id": made["lines"][0]["id"], "sku": "CIDER"}, line("MUG")]
    answer = await orders.http.put(f"/api/v1/orders/{made['code']}/lines", json={"lines": lines})
    assert answer.status_code == 200, answer.text
    for sku, expected in (("WINE", set()), ("BOX", set()), ("CIDER", {made["code"]}), ("MUG", {made["code"]})):
        assert await found(orders, sku=sku) == expected, sku
    await orders.move(made["code"], "shipped", shipment={"tracking_number": "OLD"})
    correct = await orders.http.put(f"/api/v1/orders/{made['code']}/parcels/1", json={"tracking_number": "NEW"})
    assert correct.status_code == 200, correct.text
    assert await found(orders, q="old") == set()
    assert await found(orders, q="new") == {made["code"]}
    await orders.http.request("DELETE", f"/api/v1/orders/{made['code']}", json={"decision": {"stock": "none"}})
    assert await found(orders, q="new") == set()


@pytest.mark.row("S0-09")
@pytest.mark.row("S3-15")
async def test_one_client_has_many_orders(orders: Driver) -> None:
    made = []
    for number in range(3):
        made.append((await orders.place(customer=ALI, external_id=f"A-{number}"))["code"])
        await orders.place(customer=ZOE)
        orders.clock.advance(days=400)
    history = await orders.get("orders", email="ali@example.com", sort="placed_at")
    assert [item["code"] for item in history["items"]] == made


@pytest.mark.row("S2-14")
async def test_a_code_identifies_an_order_among_several_shops(orders: Driver) -> None:
    await orders.open_shop("cellar", "a-secret-of-the-administrator")
    by_shop = {}
    for shop in ("cave", "cellar"):
        orders.http.headers["Comptoir-Shop"] = shop
        by_shop[shop] = [(await orders.place())["code"] for _ in range(3)]
    everywhere = [code for codes in by_shop.values() for code in codes]
    assert len(set(everywhere)) == 6
    for shop, codes in by_shop.items():
        orders.http.headers["Comptoir-Shop"] = shop
        for code in everywhere:
            expected = {code} if code in codes else set()
            assert await found(orders, code=code) == await found(orders, q=code.lower()) == expected


@pytest.mark.parametrize("sort", get_args(listing.SortName))
async def test_pages_of_every_sort_hold_every_order_once(orders: Driver, sort: str) -> None:
    for number in range(7):
        await orders.place(line(price=f"{10 + number % 3}.00"))
        orders.clock.advance(seconds=number % 2)
    page = await orders.get("orders", sort=sort, limit=2)
    seen = page["items"]
    while page["next"]:
        page = await orders.get("orders", sort=sort, limit=2, after=page["next"])
        seen += page["items"]
    assert len({item["code"] for item in seen}) == len(seen) == 7
    by = {"placed_at": "placed_at", "total": "totals", "updated": "updated_at", "code": "code"}[sort.removeprefix("-")]
    values = [item["totals"]["gross"] if by == "totals" else item.get(by) for item in seen]
    if by != "updated_at":
        assert values == sorted(values, reverse=sort.startswith("-"))


async def test_the_last_changed_comes_first(orders: Driver) -> None:
    made = []
    for _ in range(3):
        made.append(await orders.place())
        orders.clock.advance(minutes=1)
    await orders.hear(orders.reservation(made[0]))
    orders.clock.advance(minutes=1)
    await orders.move(made[1]["code"], "processing")
    listed = await orders.get("orders", sort="-updated")
    assert [item["code"] for item in listed["items"]] == [made[number]["code"] for number in (1, 0, 2)]


async def test_counts_and_totals_of_the_filtered_orders(orders: Driver) -> None:
    await orders.place(line(price="10.00", quantity=1))
    await orders.place(line(price="20.00", quantity=1), currency="USD")
    moved = await orders.place(line(price="30.00", quantity=2))
    await orders.move(moved["code"], "processing")
    await orders.hear(orders.account(moved, "paid", captured=6000))
    counts = await orders.get("orders/counts")
    assert {item["status"]: item["orders"] for item in counts["items"]} == {"received": 2, "processing": 1}
    assert counts["total"] == 3
    assert counts["totals"] == [
        {"currency": "EUR", "orders": 2, "net": "58.33", "tax": "11.67", "gross": "70.00", "paid": "60.00"},
        {"currency": "USD", "orders": 1, "net": "16.67", "tax": "3.33", "gross": "20.00", "paid": "0.00"},
    ]
    narrowed = await orders.get("orders/counts", status="processing", q="camille")
    assert narrowed["total"] == 1
    assert narrowed["totals"][0]["gross"] == "60.00"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("staus", "shipped"),
        ("status", "no-such"),
        ("type", "sent"),
        ("payment", "maybe"),
        ("total_min", "12,50"),
        ("placed_from", "yesterday"),
        ("placed_to", "9999-12-31"),
        ("settled", "perhaps"),
        ("sort", "name"),
        ("email", "nobody"),
        ("currency", "XXX"),
        ("limit", "1000"),
        ("after", "WyJjb2RlIiwieCIsInkiXQ"),
        ("q", "x\0y"),
    ],
)
async def test_a_bad_filter_is_named(orders: Driver, name: str, value: str) -> None:
    answer = await orders.http.get("/api/v1/orders", params={name: value})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] in (name, f"{name}.0")


def test_the_words_of_the_facts_are_those_of_the_messages() -> None:
    for words, enum in (
        (listing.Payment, PaymentState),
        (listing.StockFact, StockState),
        (listing.Invoice, InvoiceState),
        (listing.Channel, Channel),
    ):
        assert set(get_args(words)) == {word.value for word in enum}
