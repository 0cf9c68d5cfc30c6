"""What a shop lets through: the strict profile, tracking before shipping, what a line's kind says to a cancellation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.orders.driver import Driver, Json, line

ALL = {"decision": {"stock": "all"}}
SELLER = ("orders:read", "orders:write")
PARCEL = {"carrier": "Colissimo", "tracking_number": "6A1"}


async def seller(orders: Driver, *more_scopes: str, name: str = "the-guarded", **shop: Any) -> None:
    """Go on as somebody who may read and write orders in a shop of this kind."""
    await orders.open_shop(name, f"a-secret-of-{name}", (*SELLER, *more_scopes), **shop)
    orders.service.keyring.forget()
    orders.http = orders.client(f"a-secret-of-{name}")


def sold(kind: str, after_days: int = 9) -> Json:
    """One of that kind; a booking takes place so many days after the tests begin."""
    at = datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(days=after_days)
    return line("THING", 1, kind=kind, **{"booked_for": at.isoformat()} if kind == "booking" else {})


async def way(orders: Driver, made: Json, mnemonic: str) -> Json:
    found = await orders.get(f"orders/{made['code']}/transitions")
    lists = [status for name in ("allowed", "confirm", "refused") for status in found[name]]
    (status,) = [status for status in lists if status["mnemonic"] == mnemonic]
    return dict(status)


async def test_only_a_manager_revives_in_a_strict_shop(orders: Driver) -> None:
    await seller(orders, profile="strict")
    made = await orders.place()
    await orders.move(made["code"], "ready")
    assert (await orders.try_move(made["code"], "received")).status_code == 409, "forward only"
    await orders.move(made["code"], "cancelled")
    assert (await way(orders, made, "confirmed"))["verdict"] == "refused"
    assert (await orders.try_move(made["code"], "confirmed", **ALL)).status_code == 409
    await seller(orders, "orders:manage", name="the-managed", profile="strict")
    made = await orders.place()
    await orders.move(made["code"], "cancelled")
    assert (await way(orders, made, "confirmed"))["verdict"] == "confirm"
    assert (await orders.move(made["code"], "confirmed", **ALL))["lines"][0]["hold"] == 3


@pytest.mark.row("S1-23")
async def test_shipping_needs_carrier_and_tracking_where_the_shop_says_so(orders: Driver) -> None:
    await seller(orders, tracking_required=True)
    made = await orders.place(line("WINE", 3), line("CARD", 1, kind="service"))
    warned = (await way(orders, made, "shipped"))["effects"]["warnings"]
    assert "tracking_needed" in [found["code"] for found in warned]
    for shipment, missing in (
        (None, ["shipment.carrier", "shipment.tracking_number"]),
        ({"carrier": "Colissimo"}, ["shipment.tracking_number"]),
        ({"tracking_number": "6A1", "lines": [{"line": 1, "quantity": 1}]}, ["shipment.carrier"]),
    ):
        answer = await orders.try_move(made["code"], "shipped", shipment=shipment)
        assert answer.status_code == 422
        assert [found["field"] for found in answer.json()["errors"]] == missing
        asked = {"status": "shipped", "shipment": shipment}
        shown = await orders.http.post(f"/api/v1/orders/{made['code']}/transitions", json=asked)
        assert shown.json() == answer.json()
    assert await orders.read(made["code"]) == made
    part = await orders.move(made["code"], "shipped", shipment=PARCEL | {"lines": [{"line": 1, "quantity": 1}]})
    assert part["status"]["type"] == "partially_shipped"
    assert (await orders.move(made["code"], "shipped", shipment=PARCEL))["status"]["type"] == "shipped"
    fetched = await orders.place()
    assert (await orders.try_move(fetched["code"], "delivered")).status_code == 200, "fetched in the shop"
    await seller(orders, name="the-trusting")
    assert (await orders.try_move((await orders.place())["code"], "shipped")).status_code == 200, "configurable"


@pytest.mark.row("S1-23")
async def test_a_correction_leaves_carrier_and_tracking_where_they_are_needed(orders: Driver) -> None:
    await seller(orders, tracking_required=True)
    made = await orders.place()
    shipped = await orders.move(made["code"], "shipped", shipment=PARCEL)
    path = f"/api/v1/orders/{made['code']}/parcels/1"
    for status in ("shipped", "delivered"):
        for body, missing in (({}, ["carrier", "tracking_number"]), ({"tracking_number": "6A2"}, ["carrier"])):
            answer = await orders.http.put(path, json=body)
            assert (answer.status_code, answer.json()["type"]) == (422, "urn:comptoir:problem:tracking-needed")
            assert [found["field"] for found in answer.json()["errors"]] == missing
        if status == "shipped":
            assert (await orders.read(made["code"]))["parcels"] == shipped["parcels"]
            await orders.move(made["code"], "delivered")
    corrected = await orders.http.put(path, json=PARCEL | {"tracking_number": "6A2"})
    assert corrected.json()["parcels"][0]["tracking_number"] == "6A2"
    fetched = await orders.place()
    await orders.move(fetched["code"], "delivered")
    handed = await orders.http.put(f"/api/v1/orders/{fetched['code']}/parcels/1", json={"carrier": "Colissimo"})
    assert handed.status_code == 200, "it never had a number"


async def test_no_rule_ships_past_the_guard(orders: Driver) -> None:
    await seller(orders, tracking_required=True, on_payment={"paid": "shipped"})
    made = await orders.place()
    await orders.hear(orders.account(made, "paid"))
    found = await orders.timeline(made["code"])
    assert [item["text"] for item in found if item["kind"] == "warning"] == [
        "'shipped' was not set: it needs a carrier and a tracking number."
    ]
    assert (await orders.read(made["code"]))["status"]["type"] == "received"


@pytest.mark.row("S0-15")
@pytest.mark.parametrize(
    ("kind", "cancels"),
    [("product", True), ("subscription", True), ("service", False), ("digital", False), ("booking", False)],
)
async def test_cancellation_depends_on_the_kind_and_on_what_happened(orders: Driver, kind: str, cancels: bool) -> None:
    await seller(orders)
    thing = sold(kind)
    untouched = await orders.place(thing)
    assert (await orders.try_move(untouched["code"], "cancelled")).status_code == 200
    made = await orders.place(thing)
    await orders.move(made["code"], "delivered")
    orders.clock.advance(days=10)
    answer = await orders.try_move(made["code"], "cancelled", **ALL)
    assert answer.status_code == (200 if cancels else 409), answer.text
    if not cancels:
        assert answer.json()["reasons"] == (await way(orders, made, "cancelled"))["reasons"]
        assert f"({kind})" in answer.json()["detail"]
        assert "cancelled" not in answer.json()["allowed"]
        await seller(orders, "orders:manage", name="the-managed")
        made = await orders.place(thing)
        await orders.move(made["code"], "delivered")
        assert (await orders.try_move(made["code"], "cancelled", **ALL)).status_code == 200


@pytest.mark.row("S0-15")
@pytest.mark.parametrize("kind", ["service", "digital", "booking"])
async def test_what_cannot_be_cancelled_neither_comes_back_nor_is_deleted(orders: Driver, kind: str) -> None:
    await seller(orders)
    made = await orders.place(sold(kind))
    await orders.move(made["code"], "delivered")
    orders.clock.advance(days=10)
    refusal = (409, "urn:comptoir:problem:unreturnable")
    lines = {"decision": {"stock": "lines", "lines": [{"line": 1, "quantity": 1}]}}
    for status, decision in (
        ("returned", ALL),
        ("refunded", ALL),
        ("closed", ALL),
        ("received", ALL),
        ("returned", lines),
    ):
        answer = await orders.try_move(made["code"], status, **decision)
        assert (answer.status_code, answer.json()["type"]) == refusal
        assert answer.json()["reasons"][0].startswith(f"Line 1 ({kind}) ")
    assert sorted((await way(orders, made, "returned"))["choices"]) == ["none", "unshipped"]
    path = f"/api/v1/orders/{made['code']}"
    for stock in ("all", "none"):
        answer = await orders.http.delete(path, params={"stock": stock})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:comptoir:problem:uncancellable")
    refunded = await orders.move(made["code"], "refunded", decision={"stock": "none"})
    assert refunded["lines"][0]["restocked"] == 0, "money may go back all the same"
    orders.http = orders.client("a-secret-of-the-administrator")
    made = await orders.place(sold(kind, after_days=20))
    await orders.move(made["code"], "delivered")
    orders.clock.advance(days=20)
    await orders.move(made["code"], "returned", **ALL)
    assert (await orders.http.delete(f"/api/v1/orders/{made['code']}?stock=all")).status_code == 204


async def test_a_delivery_comes_back_with_its_goods_and_a_file_does_not(orders: Driver) -> None:
    await seller(orders)
    sale = (line("WINE", 2), line("POST", 1, kind="service"))
    made = await orders.place(*sale)
    await orders.move(made["code"], "delivered")
    assert [found["restocked"] for found in (await orders.move(made["code"], "returned", **ALL))["lines"]] == [2, 1]
    made = await orders.place(*sale, line("EBOOK", 1, kind="digital"))
    await orders.move(made["code"], "delivered")
    assert (await orders.try_move(made["code"], "returned", **ALL)).status_code == 409
    wine = {"stock": "lines", "lines": [{"line": 1, "quantity": 2}]}
    back = await orders.move(made["code"], "returned", decision=wine)
    assert [found["restocked"] for found in back["lines"]] == [2, 0, 0]


@pytest.mark.row("S0-15")
async def test_what_was_not_delivered_is_deleted(orders: Driver) -> None:
    await seller(orders)
    for status, kind in (("received", "digital"), ("draft", "booking")):
        made = await orders.place(sold(kind), status=status)
        if status == "draft":
            orders.clock.advance(days=10)
        assert (await orders.http.delete(f"/api/v1/orders/{made['code']}?stock=all")).status_code == 204


@pytest.mark.row("S0-15")
async def test_a_booking_is_cancelled_until_its_date(orders: Driver) -> None:
    await seller(orders)
    booked = line("TASTING", 2, kind="booking", booked_for="2026-06-10T16:00:00Z")
    made, late = await orders.place(booked), await orders.place(booked)
    assert made["lines"][0]["booked_for"] == "2026-06-10T16:00:00Z"
    await orders.move(made["code"], "cancelled")
    orders.clock.advance(days=10)
    answer = await orders.try_move(late["code"], "cancelled")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:comptoir:problem:uncancellable")
    path = f"/api/v1/orders/{late['code']}/lines"
    moved = await orders.http.put(path, json={"lines": [{"id": 1, "booked_for": "2026-07-01T16:00:00Z"}]})
    assert moved.json()["lines"][0]["booked_for"] == "2026-07-01T16:00:00Z"
    await orders.move(late["code"], "cancelled")


@pytest.mark.row("S0-13", "S0-14")
async def test_three_endings_before_the_order_is_final(orders: Driver) -> None:
    """Cancelled, interrupted, abandoned: told apart by type, status and indicator, and never erased."""
    made_status = await orders.http.post("/api/v1/statuses", json={}, params={"template": "abandoned"})
    assert made_status.json()["indicator"] == "abandoned"
    endings = {}
    for ending in ("cancelled", "on_hold", "abandoned"):
        made = await orders.place()
        await orders.move(made["code"], ending)
        document = await orders.read(made["code"])
        entry = (await orders.timeline(made["code"]))[-1]
        endings[ending] = (document["status"]["mnemonic"], document["status"]["type"], entry["status"]["mnemonic"])
        listed = await orders.get("orders", status=ending)
        assert [found["code"] for found in listed["items"]] == [made["code"]]
    assert endings == {
        "cancelled": ("cancelled", "cancelled", "cancelled"),
        "on_hold": ("on_hold", "on_hold", "on_hold"),
        "abandoned": ("abandoned", "cancelled", "abandoned"),
    }
