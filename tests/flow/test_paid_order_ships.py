"""The story the suite exists for: an order is paid, prepared and shipped, and everything follows."""

from typing import Any

from tests.eventually import eventually
from tests.flow.suite import Suite, parcel


async def test_paid_order_ships(suite: Suite) -> None:
    sku = await suite.product(stock=5)
    order = await suite.placed((sku, 2))
    code = order["code"]
    assert order["totals"]["gross"] == "24.00"
    settled = await suite.settled(code)
    assert _facts(settled) == ("unpaid", "reserved", "none")
    assert (await suite.stock(sku))["available"] == 3

    paid = {"amount": "24.00", "currency": "EUR", "method": "card"}
    response = await suite.client.post(f"/api/v1/billing/orders/{code}/payments", json=paid)
    assert response.status_code == 201, response.text

    async def is_paid() -> bool:
        return bool((await suite.order(code))["facts"]["payment"] == "paid")

    await eventually(is_paid)
    for status in ("confirmed", "processing", "ready"):
        await suite.move(code, status)
    await suite.move(code, "shipped", shipment=parcel("6A00000000001"))
    shipped = await suite.settled(code)
    assert _facts(shipped) == ("paid", "committed", "issued")
    assert shipped["totals"]["due"] == "0.00"
    stock = await suite.stock(sku)
    assert (stock["on_hand"], stock["demand"], stock["allocated"]) == (3, 0, 0)

    [invoice] = await suite.documents(code)
    assert invoice["kind"] == "invoice"
    pdf = await suite.client.get(f"/api/v1/billing/documents/{invoice['id']}/pdf")
    assert pdf.status_code == 200
    assert pdf.content.startswith(b"%PDF-")
    mails = await suite.calls("mail", code)
    assert sum("en route" in _subject(mail) for mail in mails) == 1
    kinds = {item["kind"] for item in (await suite.get(f"/api/v1/orders/{code}/timeline"))["items"]}
    assert {"status", "payment", "document"} <= kinds


def _subject(mail: dict[str, Any]) -> str:
    return str(mail["request"]["subject"]).lower()


def _facts(order: dict[str, Any]) -> tuple[str, str, str]:
    facts = order["facts"]
    return facts["payment"], facts["stock"], facts["invoice"]
