"""Cancelling gives stock back; un-cancelling takes it again; what was invoiced is credited, and invoiced anew."""

from tests.flow.suite import Suite, parcel


async def test_uncancel_takes_stock_again(suite: Suite) -> None:
    sku = await suite.product(stock=3)
    code = (await suite.placed((sku, 2)))["code"]
    await suite.settled(code)
    await suite.move(code, "cancelled")
    await suite.settled(code)
    assert (await suite.stock(sku))["available"] == 3

    refused = await suite.client.post(f"/api/v1/orders/{code}/status", json={"status": "processing"})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("decision-required")
    assert refused.json()["questions"]

    await suite.move(code, "processing", decision={"stock": "all"})
    again = await suite.settled(code)
    assert again["facts"]["stock"] == "reserved"
    assert (await suite.stock(sku))["available"] == 1


async def test_cancel_after_invoice_credits_it(suite: Suite) -> None:
    sku = await suite.product(stock=2)
    code = (await suite.placed((sku, 2)))["code"]
    await suite.move(code, "shipped", shipment=parcel("6A00000000002"))
    await suite.settled(code)
    await suite.move(code, "cancelled", decision={"stock": "all"})
    cancelled = await suite.settled(code)
    assert cancelled["facts"]["invoice"] == "credited"
    documents = await suite.documents(code)
    assert sorted(document["kind"] for document in documents) == ["credit_note", "invoice"]
    assert (await suite.stock(sku))["on_hand"] == 2

    await suite.move(code, "processing", decision={"stock": "all"})
    await suite.move(code, "shipped", shipment=parcel("6A00000000003"))
    shipped = await suite.settled(code)
    assert shipped["facts"]["invoice"] == "issued"
    kinds = [document["kind"] for document in await suite.documents(code)]
    assert sorted(kinds) == ["credit_note", "invoice", "invoice"]
    assert (await suite.stock(sku))["on_hand"] == 0


async def test_what_comes_back_broken_is_credited_and_serves_nobody(suite: Suite) -> None:
    sku = await suite.product(stock=1)
    code = (await suite.placed((sku, 1)))["code"]
    await suite.move(code, "shipped", shipment=parcel("6A00000000004"))
    await suite.settled(code)
    waiting = (await suite.placed((sku, 1)))["code"]
    broken = {"line": 1, "quantity": 1, "scrapped": 1}
    await suite.move(code, "returned", decision={"stock": "lines", "lines": [broken]})
    returned = await suite.settled(code)
    assert (returned["facts"]["invoice"], returned["lines"][0]["scrapped"]) == ("credited", 1)
    assert (await suite.settled(waiting))["facts"]["stock"] == "short"
    found = await suite.stock(sku)
    assert (found["on_hand"], found["sold_out"]) == (0, True)
