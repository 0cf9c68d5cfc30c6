"""A coupon's way through the house: the order, its stock, its invoices in parts, its mails, and what comes back."""

from uuid import uuid4

import pytest

from tests.flow.suite import Suite, parcel


async def coupon(suite: Suite) -> str:
    """A code that takes a quarter off, for this story alone."""
    code = f"Q-{uuid4().hex[:8].upper()}"
    body = {"name": "A quarter", "code": code, "kind": "percent", "value": "25"}
    response = await suite.client.post("/api/v1/promotions", json=body)
    assert response.status_code == 201, response.text
    return code


@pytest.mark.row("S1-16")
async def test_parts_of_a_reduced_order_are_invoiced_and_credited_at_what_was_paid(suite: Suite) -> None:
    sku = await suite.product(stock=9)
    order = await suite.placed((sku, 3), coupons=[await coupon(suite)])
    code = order["code"]
    assert (order["totals"]["gross"], order["adjustments"][0]["amount"]) == ("27.00", "-9.00")
    await suite.move(code, "partially_shipped", shipment=parcel("6A1", (1, 1)))
    await suite.settled(code)
    await suite.move(code, "shipped", shipment=parcel("6A2"))
    await suite.settled(code)
    assert sorted(found["totals"]["gross"] for found in await suite.documents(code)) == ["18.00", "9.00"]
    await suite.move(code, "returned", decision={"stock": "all"})
    await suite.settled(code)
    credited = [found["totals"]["gross"] for found in await suite.documents(code) if found["kind"] == "credit_note"]
    assert sorted(credited) == ["18.00", "9.00"]


@pytest.mark.row("S1-18")
async def test_an_internal_note_is_in_no_mail(suite: Suite) -> None:
    sku = await suite.product(stock=9)
    code = (await suite.placed((sku, 1)))["code"]
    note = f"haggles-{uuid4().hex}"
    response = await suite.client.post(f"/api/v1/orders/{code}/notes", json={"text": note})
    assert response.status_code == 201, response.text
    changed = await suite.client.patch(f"/api/v1/orders/{code}", json={"carrier": "Paul", "tags": [note]})
    assert changed.status_code == 200, changed.text
    await suite.move(code, "shipped", shipment=parcel("6A3"))
    await suite.settled(code)
    mails = await suite.calls("mail", code)
    assert mails
    assert note not in str(mails)
