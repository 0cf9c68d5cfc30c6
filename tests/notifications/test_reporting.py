"""What marketplaces are told of orders besides parcels: cancelled, paid back; by feed, by a signed call, by hand."""

import base64
from decimal import Decimal
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.notifications.domain.payloads import Refunding
from services.notifications.marketplaces.amazon.feeds import read_report
from services.notifications.marketplaces.amazon.reporting import given_back
from services.notifications.marketplaces.ebay.signing import BadKey, Signer, load_key
from shared.contracts import Channel, Invoicing, Levels, Line, LineKind, Marketplace, Order, Outcome, Status, StatusType
from tests.notifications.driver import NOON, Clock, Driver, line, marketplace_order, parcel

CANCELLED = Levels(payable=False, invoicing=Invoicing.CREDIT, marketplace=Marketplace.CANCELLED)
PAID_BACK = Levels(payable=False, invoicing=Invoicing.LESS_RETURNED, marketplace=Marketplace.REFUND_REPORTED)
ACKNOWLEDGED = Levels(payable=False, invoicing=Invoicing.POLICY, marketplace=Marketplace.ACKNOWLEDGED)
REFUNDED = Status(mnemonic="refunded", type=StatusType.REFUNDED)
RETURNED = Status(mnemonic="returned", type=StatusType.RETURNED)


async def bought(house: Driver, channel: Channel, quantity: int = 2) -> tuple[str, Line]:
    """An order that somebody made at a sandbox, 12.00 a unit: its id and our line."""
    order = await house.buy(channel.value, quantity=quantity, unit_price="12.00")
    item = (order.get("orderItems") or order["lineItems"])[0]
    external = item.get("orderItemId") or item["lineItemId"]
    return order["orderId"], line(1, quantity, external_id=external, gross=1200 * quantity)


def cancelled(external: str, wine: Line, version: int = 2) -> Order:
    return marketplace_order(Channel.AMAZON, version, external_id=external, lines=(wine,), levels=CANCELLED)


async def verbs(house: Driver) -> list[tuple[str, str]]:
    return [(row["verb"], row["outcome"]) for row in await house.deliveries()]


async def paid_back(house: Driver, channel: Channel) -> list[str]:
    """The amounts that the sandbox was asked to pay back."""
    if channel is Channel.EBAY:
        bodies = [call["request"]["body"] for call in await house.calls("ebay")]
        return [body["refundItems"][0]["refundAmount"]["value"] for body in bodies if "refundItems" in body]
    sandbox: Any = house.service.state["sandbox"]
    return [str(amount) for amount in sandbox.amazon.feeds.refunds.values()]


async def test_a_cancelled_order_is_cancelled_by_feed(house: Driver, clock: Clock) -> None:
    external, wine = await bought(house, Channel.AMAZON)
    await house.hear(cancelled(external, wine))
    await house.deliver()
    assert await verbs(house) == [("cancel", "unknown")]
    assert (await house.answer()).open == 1
    for _ in range(2):
        clock.forward(minutes=3)
        await house.deliver()
    assert await verbs(house) == [("cancel", "done")]
    assert len(await house.calls("amazon")) == 1  # the feed; looking at it changes nothing


@pytest.mark.parametrize(("asked", "reason"), [(True, "BuyerCanceled"), (False, "NoInventory")])
async def test_amazon_is_told_whose_wish_a_cancellation_is(house: Driver, asked: bool, reason: str) -> None:
    external, wine = await bought(house, Channel.AMAZON)
    await house.http.patch(f"/sandbox/amazon/orders/{external}", json={"cancel_requested": asked})
    await house.hear(cancelled(external, wine))
    await house.deliver()
    sandbox: Any = house.service.state["sandbox"]
    [document] = [content for content in sandbox.amazon.feeds.documents() if b"OrderAcknowledgement" in content]
    assert f"<CancelReason>{reason}</CancelReason>" in document.decode()


async def test_a_shipped_order_is_not_cancelled_and_a_person_reads_why(house: Driver, clock: Clock) -> None:
    external, wine = await bought(house, Channel.AMAZON)
    sandbox: Any = house.service.state["sandbox"]
    detail = {"packageReferenceId": "1", "carrierCode": "UPS", "trackingNumber": "1", "shipDate": "2026-03-02"}
    items = [{"orderItemId": wine.external_id, "quantity": 2}]
    assert sandbox.amazon.orders.confirm(external, detail | {"orderItems": items}) is None
    await house.hear(cancelled(external, wine))
    await house.deliver()
    for _ in range(2):
        clock.forward(minutes=3)
        await house.deliver()
    [row] = await house.deliveries()
    assert (row["outcome"], row["needs_person"]) == ("rejected", True)
    assert "cannot be cancelled" in row["reason"]


async def test_what_amazon_cancelled_itself_is_found(house: Driver) -> None:
    external, wine = await bought(house, Channel.AMAZON)
    await house.http.patch(f"/sandbox/amazon/orders/{external}", json={"cancelled": True})
    await house.hear(cancelled(external, wine))
    await house.deliver()
    assert await verbs(house) == [("cancel", "done")]
    assert await house.calls("amazon") == []


async def test_a_cancellation_taken_back_in_time_is_never_said(house: Driver) -> None:
    external, wine = await bought(house, Channel.AMAZON)
    back = marketplace_order(Channel.AMAZON, 3, external_id=external, lines=(wine,), levels=ACKNOWLEDGED)
    await house.hear(cancelled(external, wine), back)
    await house.deliver()
    assert await verbs(house) == [("cancel", "obsolete")]
    assert await house.calls("amazon") == []


@pytest.mark.parametrize("channel", [Channel.AMAZON, Channel.EBAY])
async def test_what_came_back_and_then_the_rest_are_paid_back_once(
    house: Driver, clock: Clock, channel: Channel
) -> None:
    external, wine = await bought(house, channel, quantity=3)

    def order(version: int, status: Status, restocked: int) -> Order:
        lines = (wine.model_copy(update={"restocked": restocked}),)
        return marketplace_order(
            channel, version, parcel(1, (1, 3)), external_id=external, lines=lines, levels=PAID_BACK, status=status
        )

    async def settle() -> None:
        for _ in range(3):
            await house.deliver()
            clock.forward(minutes=3)

    await house.hear(order(1, RETURNED, 1))
    await settle()
    await house.hear(order(2, RETURNED, 1))
    await settle()
    await house.hear(order(3, REFUNDED, 1))
    await settle()
    assert [row for row in await verbs(house) if row[0] == "refund"] == [("refund", "done")] * 2
    amounts = await paid_back(house, channel)
    assert amounts == (["36.00"] if channel is Channel.AMAZON else ["12.00", "24.00"])


async def with_delivery(house: Driver, channel: Channel) -> Order:
    """An order at a sandbox whose buyer paid 4.50 for delivery, as it is here when all of it is paid back."""
    bought = await house.buy(channel.value, unit_price="12.00", shipping="4.50")
    item = (bought.get("orderItems") or bought["lineItems"])[0]
    wine = line(1, 1, external_id=item.get("orderItemId") or item["lineItemId"], gross=1200)
    delivery = line(2, 1, external_id="shipping", gross=450, kind=LineKind.SERVICE)
    return marketplace_order(
        channel, 1, external_id=bought["orderId"], lines=(wine, delivery), levels=PAID_BACK, status=REFUNDED
    )


async def test_delivery_is_paid_back_with_the_items_that_amazon_charged_it_to(house: Driver, clock: Clock) -> None:
    order = await with_delivery(house, Channel.AMAZON)
    await house.hear(order)
    for _ in range(3):
        await house.deliver()
        clock.forward(minutes=3)
    assert await verbs(house) == [("refund", "done")] * 2
    item = order.lines[0].external_id
    sandbox: Any = house.service.state["sandbox"]
    assert {key: str(paid) for key, paid in sandbox.amazon.feeds.refunds.items()} == {
        item: "12.00",
        f"{item}/Shipping": "4.50",
    }


async def test_delivery_is_paid_back_as_an_amount_of_ebays_order(house: Driver, clock: Clock) -> None:
    await house.hear(await with_delivery(house, Channel.EBAY))
    for _ in range(3):
        await house.deliver()
        clock.forward(minutes=3)
    assert await verbs(house) == [("refund", "done")] * 2
    bodies = [call["request"]["body"] for call in await house.calls("ebay")]
    assert [body.get("orderLevelRefundAmount") for body in bodies if "refundItems" not in body] == [
        {"value": "4.50", "currency": "EUR"}
    ]
    assert await paid_back(house, Channel.EBAY) == ["12.00"]


@pytest.mark.parametrize(
    ("channel", "reason"), [(Channel.AMAZON, "more than was paid"), (Channel.EBAY, "Can't find the item")]
)
async def test_the_sandboxes_refuse_an_item_that_the_order_has_not(
    house: Driver, clock: Clock, channel: Channel, reason: str
) -> None:
    external, wine = await bought(house, channel)
    lines = (wine.model_copy(update={"external_id": "item-of-nobody"}),)
    await house.hear(
        marketplace_order(channel, 1, external_id=external, lines=lines, levels=PAID_BACK, status=REFUNDED)
    )
    for _ in range(3):
        await house.deliver()
        clock.forward(minutes=3)
    [row] = await house.deliveries()
    assert (row["outcome"], reason in row["reason"]) == ("rejected", True), row["reason"]


def test_what_the_items_were_charged_is_given_back_in_turn_and_no_more() -> None:
    def shares(gross: int) -> dict[str, Decimal] | None:
        return given_back(Refunding("o", "shipping", "EUR", gross, 1, 1), {"a": Decimal(3), "b": Decimal("1.5")})

    assert shares(450) == {"a": Decimal("3.00"), "b": Decimal("1.50")}
    assert shares(350) == {"a": Decimal("3.00"), "b": Decimal("0.50")}
    assert shares(451) is None


async def test_a_refund_without_an_answer_is_a_persons(house: Driver, clock: Clock) -> None:
    external, wine = await bought(house, Channel.EBAY)
    await house.hear(
        marketplace_order(Channel.EBAY, 1, external_id=external, lines=(wine,), levels=PAID_BACK, status=REFUNDED)
    )
    await house.fault("ebay", "500")
    await house.deliver()
    assert await verbs(house) == [("refund", "unknown")]
    clock.forward(minutes=3)
    await house.deliver()
    [row] = await house.deliveries()
    assert (row["outcome"], row["needs_person"]) == ("unknown", True)
    assert await paid_back(house, Channel.EBAY) == ["24.00"]  # asked once


def test_parts_of_a_line_sum_to_its_price() -> None:
    steps = [Refunding("o", "i", "EUR", 1000, 3, units, units - 1).amount for units in (1, 2, 3)]
    assert (steps, sum(steps)) == ([333, 333, 334], 1000)


@pytest.mark.parametrize(
    "report",
    [b"", b"no xml", b"<AmazonEnvelope/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><AmazonEnvelope>&b;</AmazonEnvelope>"],
)
def test_a_report_that_names_no_success_is_none(report: bytes) -> None:
    assert read_report("1", report).outcome == Outcome.REJECTED


def test_a_signature_covers_what_ebay_asks() -> None:
    """The key of RFC 9421, B.1.4; the base is checked by hand against its rules, the signature by the public half."""
    key = load_key(base64.b64encode(bytes(range(32))).decode())
    body = b'{"hello": "world"}'
    url = httpx.URL("https://api.ebay.com/sell/fulfillment/v1/order/1/issue_refund")
    headers = Signer("the-jwe", key).headers("POST", url, body, NOON)
    digest = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"  # RFC 9421's own example of this body
    assert headers["Content-Digest"] == digest
    covered = '("content-digest" "x-ebay-signature-key" "@method" "@path" "@authority")'
    created = int(NOON.timestamp())
    base = "\n".join(
        [
            f'"content-digest": {digest}',
            '"x-ebay-signature-key": the-jwe',
            '"@method": POST',
            '"@path": /sell/fulfillment/v1/order/1/issue_refund',
            '"@authority": api.ebay.com',
            f'"@signature-params": {covered};created={created}',
        ]
    )
    assert headers["Signature-Input"] == f"sig1={covered};created={created}"
    signature = base64.b64decode(headers["Signature"].removeprefix("sig1=:").removesuffix(":"))
    key.public_key().verify(signature, base.encode())


def test_keys_are_read_in_every_form_ebay_gives() -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    der = base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()
    assert {load_key(form).public_key().public_bytes_raw() for form in (pem, der)} == {
        key.public_key().public_bytes_raw()
    }
    for bad in ("", "hello", base64.b64encode(b"short").decode(), "-----BEGIN PRIVATE KEY-----"):
        with pytest.raises(BadKey):
            load_key(bad)
