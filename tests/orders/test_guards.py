"""What a shop lets through: the strict profile, tracking before shipping, what a line's kind says to a cancellation."""

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
    untouched = await orders.place(line("THING", 1, kind=kind))
    assert (await orders.try_move(untouched["code"], "cancelled")).status_code == 200
    made = await orders.place(line("THING", 1, kind=kind))
    await orders.move(made["code"], "delivered")
    answer = await orders.try_move(made["code"], "cancelled", **ALL)
    assert answer.status_code == (200 if cancels else 409), answer.text
    if not cancels:
        assert answer.json()["reasons"] == (await way(orders, made, "cancelled"))["reasons"]
        assert f"({kind})" in answer.json()["detail"]
        assert "cancelled" not in answer.json()["allowed"]
        await seller(orders, "orders:manage", name="the-managed")
        made = await orders.place(line("THING", 1, kind=kind))
        await orders.move(made["code"], "delivered")
        assert (await orders.try_move(made["code"], "cancelled", **ALL)).status_code == 200


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
