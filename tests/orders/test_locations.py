"""A shipment and a decision may name a location: the order says so; odd ones are refused by field."""

from tests.orders.driver import Driver


async def test_goods_leave_from_and_come_back_to_a_location(orders: Driver) -> None:
    made = await orders.place()
    await orders.move(made["code"], "shipped", shipment={"carrier": "Colissimo", "location": "cellar"})
    back = {"line": 1, "quantity": 1}
    for decision, field in (
        ({"stock": "unshipped", "location": "cellar"}, "decision.location"),
        ({"stock": "all", "location": "The Cellar"}, "decision.location"),
        ({"stock": "lines", "location": "cellar", "lines": [back]}, "decision.location"),
        ({"stock": "lines", "lines": [back | {"location": "cellar"}, back | {"location": "cellar"}]}, "decision.lines"),
        ({"stock": "lines", "lines": [back | {"location": ""}]}, "decision.lines.0.location"),
    ):
        refused = await orders.try_move(made["code"], "returned", decision=decision)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    lines = [back | {"location": "cellar", "scrapped": 1}, back | {"location": "north"}, back]
    returned = await orders.move(made["code"], "returned", decision={"stock": "lines", "lines": lines})
    [line] = returned["lines"]
    assert (line["shipped"], line["restocked"], line["scrapped"]) == (3, 3, 1)
    assert line["locations"] == [
        {"location": "cellar", "shipped": 3, "restocked": 1, "scrapped": 1},
        {"location": "north", "shipped": 0, "restocked": 1, "scrapped": 0},
    ]
    [told] = (await orders.message(made["id"])).lines
    assert [(at.location, at.shipped, at.restocked, at.scrapped) for at in told.locations] == [
        ("cellar", 3, 1, 1),
        ("north", 0, 1, 0),
    ]


async def test_a_location_goes_with_what_leaves_or_comes_back(orders: Driver) -> None:
    made = await orders.place()
    nothing_leaves = {"carrier": "Colissimo", "location": "cellar"}
    refused = await orders.try_move(made["code"], "processing", shipment=nothing_leaves)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "shipment")
    await orders.move(made["code"], "cancelled")
    decision = {"stock": "all", "location": "cellar"}
    refused = await orders.try_move(made["code"], "processing", decision=decision)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "decision")


async def test_a_deleted_order_s_goods_come_back_to_a_location(orders: Driver) -> None:
    made = await orders.place()
    await orders.move(made["code"], "shipped")
    body = {"decision": {"stock": "all", "location": "cellar"}}
    path = f"/api/v1/orders/{made['code']}"
    assert (await orders.http.request("DELETE", path, json=body)).status_code == 204
    told = await orders.message(made["id"])
    assert [(at.location, at.restocked) for at in told.lines[0].locations] == [("cellar", 3)]


async def test_a_document_that_is_sent_back_may_have_them(orders: Driver) -> None:
    made = await orders.place()
    shipment = {"lines": [{"line": 1, "quantity": 1}], "location": "cellar"}
    moved = await orders.move(made["code"], "partially_shipped", shipment=shipment)
    answer = await orders.http.put(f"/api/v1/orders/{made['code']}/lines", json={"lines": moved["lines"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["lines"][0]["locations"] == moved["lines"][0]["locations"] != []
