"""Orders that were over elsewhere are taken over as they were: no mail, no stock, no invoice and no call follows."""

from uuid import uuid4

from tests.eventually import eventually
from tests.flow.suite import Suite

MAPPING = """
currency: EUR
fields: {order: No, sku: Art, quantity: Qty, unit_price: Price, email: Mail, name: Art, placed_at: Date, channel: Via,
         paid: {columns: State, values: {over: all, sent: all, stopped: all}, default: "0"}}
status:
  by:
    - {column: State, values: {sent: shipped, stopped: cancelled, new: received, over: completed}}
"""
VIA = {"sent": "amazon", "stopped": "ebay", "new": "web", "over": "web"}


async def taken_over(suite: Suite, sku: str) -> dict[str, str]:
    """An order of two units in each state; their numbers elsewhere."""
    numbers = {state: f"{uuid4().hex[:8]}-{state}" for state in VIA}
    rows = [f"{numbers[state]},{sku},2,12.00,zoe@example.org,2026-01-05,{state},{via}" for state, via in VIA.items()]
    files = {"file": ("past.csv", "\n".join(["No,Art,Qty,Price,Mail,Date,State,Via", *rows]))}
    answer = await suite.client.post("/api/v1/orders/imports", files=files, data={"mapping": MAPPING})
    assert answer.status_code == 202, answer.text

    async def done() -> bool:
        found = (await suite.client.get(answer.headers["location"])).json()
        assert (found["state"], found["counts"]["created"]) == ("done", 4), found
        return True

    await eventually(done, seconds=30)
    return numbers


async def test_past_orders_are_taken_over_and_nothing_follows(suite: Suite) -> None:
    sku = await suite.product(stock=5)
    numbers = await taken_over(suite, sku)
    found = {state: await suite.get("/api/v1/orders", external_id=number) for state, number in numbers.items()}
    codes = {state: page["items"][0]["code"] for state, page in found.items()}
    orders = {state: await suite.settled(code) for state, code in codes.items()}
    facts = {state: (order["status"]["type"], order["facts"]["stock"]) for state, order in orders.items()}
    assert facts == {
        "sent": ("shipped", "none"), "stopped": ("cancelled", "none"), "new": ("received", "reserved"),
        "over": ("completed", "none"),
    }  # fmt: skip
    paid = {state: order["facts"]["payment"] for state, order in orders.items()}
    assert paid == {"sent": "unpaid", "stopped": "unpaid", "new": "unpaid", "over": "paid"}, "payouts tell the others"
    account = await suite.get(f"/api/v1/billing/orders/{codes['over']}")
    assert (account["payment"], account["due"], account["asked"]) == ("paid", "0.00", "0.00")
    stock = await suite.stock(sku)
    assert (stock["on_hand"], stock["allocated"]) == (5, 2)
    for state, code in codes.items():
        assert await suite.documents(code) == []
        assert (await suite.get("/api/v1/notifications/deliveries", order=code))["items"] == []
        assert not [*await suite.calls("amazon", numbers[state]), *await suite.calls("ebay", numbers[state])]

    await suite.move(codes["over"], "returned", decision={"stock": "all"})
    await suite.settled(codes["over"])
    assert (await suite.stock(sku))["on_hand"] == 7
    assert await suite.documents(codes["over"]) == []


async def test_the_rest_of_an_order_that_left_in_part_leaves_here(suite: Suite) -> None:
    sku = await suite.product(stock=5)
    address = {"name": "Zoé", "country": "FR"}
    line = {"sku": sku, "name": "Médoc", "tax_rate": "20", "unit_price": "12.00"}
    body = {
        "channel": "web", "currency": "EUR", "imported": True, "external_id": uuid4().hex,
        "status": "partially_shipped",
        "customer": {"name": "Zoé", "email": "zoe@example.org"}, "billing_address": address, "paid_before": "36.00",
        "lines": [{**line, "quantity": 2, "shipped": 2}, {**line, "quantity": 1}],
    }  # fmt: skip
    answer = await suite.client.post("/api/v1/orders", json=body)
    assert answer.status_code == 201, answer.text
    code = answer.json()["code"]
    facts = (await suite.settled(code))["facts"]
    assert (facts["stock"], facts["payment"]) == ("reserved", "paid")
    stock = await suite.stock(sku)
    assert (stock["on_hand"], stock["allocated"]) == (5, 1)
    await suite.move(code, "shipped", shipment={"carrier": "Colissimo", "tracking_number": "6A1"})
    order = await suite.settled(code)
    assert [(one["shipped"], one["hold"]) for one in order["lines"]] == [(2, 0), (1, 0)]
    assert (await suite.stock(sku))["on_hand"] == 4
    assert [one["kind"] for one in await suite.documents(code)] == [], "it was invoiced where it was sold"
    await suite.move(code, "delivered", actions={"invoice": True})
    await suite.settled(code)
    [invoice] = await suite.documents(code)
    assert (invoice["kind"], invoice["totals"]["gross"]) == ("invoice", "36.00")
