"""Orders that a marketplace shows: created once, reported about, never moved."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from shared.batch.tables import parked
from shared.contracts import Address, Channel, ChannelLine, ChannelOrder, Customer, LineKind
from tests.orders.driver import Driver

HOME = Address(name="Kim", street="1 High St", postal_code="N1", city="London", country="GB")


def shown(version: int = 1, **more: Any) -> ChannelOrder:
    values: dict[str, Any] = {
        "shop": "cave",
        "version": version,
        "channel": Channel.AMAZON,
        "external_id": "902-1",
        "placed_at": datetime(2026, 5, 30, 8, tzinfo=UTC),
        "currency": "GBP",
        "language": "en_GB",
        "customer": Customer(name="Kim", email="kim@marketplace.example"),
        "shipping_address": HOME,
        "lines": (ChannelLine(external_id="item-1", sku="WINE", title="Wine", quantity=2, unit_price=Decimal("9.99")),),
    }
    return ChannelOrder(**values | more)


async def the_order(orders: Driver) -> dict[str, Any]:
    page = await orders.get("orders", channel="amazon")
    assert page["total"] == 1
    document: dict[str, Any] = page["items"][0]
    return document


async def warnings(orders: Driver, code: str) -> list[str]:
    return [item["text"] for item in await orders.timeline(code) if item["kind"] == "warning"]


async def test_order_is_created_once_and_quietly(orders: Driver) -> None:
    await orders.hear(shown(1))
    await orders.hear(shown(2))
    found = await the_order(orders)
    assert (found["external_id"], found["language"], found["totals"]["gross"]) == ("902-1", "en-GB", "19.98")
    assert found["lines"][0]["external_id"] == "item-1"
    (entry,) = (await orders.message(found["id"])).entries
    assert (entry.mail, entry.mail_admins) == (False, False)


async def test_what_no_mail_could_say_is_cleaned_and_the_order_is_there(orders: Driver) -> None:
    odd = Address(
        name="Kim\x01", street="1 High St\u2028Flat 2", postal_code="N1", city="Lon\ndon", country="united kingdom"
    )
    line = ChannelLine(external_id="1", sku="WINE", title="\x02", quantity=1, unit_price=Decimal("9.99"))
    who = Customer(name="Ki\x01m", email="kim@marketplace.example")
    for version in (1, 2):
        await orders.hear(shown(version, customer=who, shipping_address=odd, lines=(line,)))
    found = await orders.read((await the_order(orders))["code"])
    assert (found["customer"]["name"], found["lines"][0]["name"]) == ("Kim", "WINE")
    address = found["shipping_address"]
    assert (address["name"], address["street"], address["city"]) == ("Kim", "1 High St\nFlat 2", "Lon don")
    assert address["country"] == "GB"
    assert await warnings(orders, found["code"]) == []


async def test_requests_warn_once_and_move_nothing(orders: Driver) -> None:
    await orders.hear(shown(1))
    await orders.hear(shown(2, cancel_requested=True))
    await orders.hear(shown(3, cancel_requested=True, shipping_address=HOME.model_copy(update={"city": "Leeds"})))
    await orders.hear(shown(4, cancel_requested=True, shipping_address=HOME.model_copy(update={"city": "Leeds"})))
    found = await the_order(orders)
    assert (found["status"]["type"], found["version"]) == ("received", 1)
    assert await warnings(orders, found["code"]) == [
        "The buyer asked Amazon to cancel this order.",
        "Amazon shows another shipping address for this order.",
    ]


async def test_a_rate_that_nobody_knows_is_told_once_and_the_order_is_there(orders: Driver) -> None:
    wine = shown().lines[0].model_copy(update={"tax_rate_known": False})
    known = wine.model_copy(update={"tax_rate_known": True, "tax_rate": Decimal(20)})
    for version in (1, 2):
        await orders.hear(shown(version, lines=(known, wine.model_copy(update={"external_id": "item-2"}))))
    found = await the_order(orders)
    assert await warnings(orders, found["code"]) == [
        "The tax rate of line 2 (WINE) is not known here: check it before the invoice."
    ]
    [told] = [item for item in await orders.timeline(found["code"]) if item["kind"] == "warning"]
    assert told["texts"] == {
        "en": told["text"],
        "fr": "Le taux de TVA de la ligne 2 (WINE) n’est pas connu ici : vérifiez-le avant la facture.",
    }


async def test_last_moment_to_ship_is_warned_of_once_for_each(orders: Driver) -> None:
    await orders.hear(shown(1))
    first, second = (datetime(2026, 6, day, 22, tzinfo=UTC) for day in (2, 3))
    for version, moment in ((2, first), (3, first), (4, second)):
        await orders.hear(shown(version, ship_by=moment, ship_soon=True))
    found = await the_order(orders)
    assert (found["status"]["type"], found["version"]) == ("received", 1)
    assert await warnings(orders, found["code"]) == [
        "Amazon wants this order shipped by 2026-06-02 22:00 UTC.",
        "Amazon wants this order shipped by 2026-06-03 22:00 UTC.",
    ]


async def test_what_was_paid_for_delivery_holds_no_stock(orders: Driver) -> None:
    delivery = ChannelLine(
        external_id="shipping",
        sku="SHIPPING",
        title="Shipping",
        quantity=1,
        unit_price=Decimal("4.50"),
        kind=LineKind.SERVICE,
    )
    await orders.hear(shown(1, lines=(*shown().lines, delivery)))
    found = await the_order(orders)
    assert [(line["kind"], line["hold"]) for line in found["lines"]] == [("product", 2), ("service", 0)]


async def test_order_that_was_cancelled_before_we_saw_it_is_reported(orders: Driver) -> None:
    await orders.hear(shown(1, cancelled=True))
    found = await the_order(orders)
    assert await warnings(orders, found["code"]) == ["Amazon shows this order as cancelled."]


async def test_deleted_order_stays_deleted(orders: Driver) -> None:
    await orders.hear(shown(1))
    found = await the_order(orders)
    await orders.http.delete(f"/api/v1/orders/{found['code']}", params={"stock": "all"})
    await orders.hear(shown(2, cancel_requested=True))
    assert (await orders.get("orders"))["total"] == 0


async def test_message_that_cannot_be_an_order_is_parked_alone(orders: Driver) -> None:
    await orders.hear(shown(1, external_id="902-2", lines=()))
    await orders.hear(shown(1))
    await the_order(orders)
    async with orders.service.db.read() as conn:
        (row,) = list(await conn.execute(parked.select()))
    assert row.key == "cave/amazon/902-2"
    assert "lines" in row.reason
