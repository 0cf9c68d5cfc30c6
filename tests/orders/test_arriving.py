"""Imported orders take the status they had, and nothing follows from what is over: by file, over HTTP, in a batch."""

import pytest

from services.orders.files.loading import MappingError, parse_mapping
from shared.contracts import Invoicing, Marketplace, Order
from tests.orders.driver import Driver, Json, line, order
from tests.orders.test_imports import OWN, rejects, worked

STATUS = """
status:
  by:
    - {column: Cancelled, filled: cancelled}
    - {column: State, values: {sent: shipped, closed: archived, back: refunded, part: partially_shipped, new: received}}
"""
FILE = """No,Art,Qty,Price,Mail,State,Cancelled
N-1,WINE,2,12.50,zoe@example.org,sent,
N-1,BOX,1,4.00,zoe@example.org,,
N-2,WINE,2,12.50,zoe@example.org,sent,2026-05-01
N-3,WINE,2,12.50,zoe@example.org,new,
N-4,WINE,2,12.50,zoe@example.org,closed,
N-5,WINE,2,12.50,zoe@example.org,back,
N-6,WINE,2,12.50,zoe@example.org,part,
N-7,WINE,2,12.50,zoe@example.org,lost,
"""


async def make_status(orders: Driver, mnemonic: str, type_: str, **more: object) -> None:
    body = {"mnemonic": mnemonic, "type": type_, "texts": {"fr": {"name": mnemonic}}, **more}
    answer = await orders.http.post("/api/v1/statuses", json=body)
    assert answer.status_code == 201, answer.text


async def by_number(orders: Driver) -> dict[str, Json]:
    """The orders as they are, by their number elsewhere."""
    found = (await orders.get("orders"))["items"]
    return {one["external_id"]: await orders.read(one["code"]) for one in found}


async def test_a_file_gives_each_order_its_status(orders: Driver) -> None:
    await make_status(orders, "archived", "closed")
    done = await worked(orders, FILE, mapping=OWN + STATUS)
    assert done["statuses"] == {
        "archived": 1, "cancelled": 1, "partially_shipped": 1, "received": 1, "refunded": 1, "shipped": 1
    }  # fmt: skip
    assert (done["counts"]["created"], done["counts"]["refused"]) == (5, 2)
    found = await by_number(orders)
    assert {number: one["status"]["mnemonic"] for number, one in found.items()} == {
        "N-1": "shipped", "N-2": "cancelled", "N-3": "received", "N-4": "archived", "N-5": "refunded"
    }  # fmt: skip
    lines = {number: [(each["hold"], each["shipped"]) for each in one["lines"]] for number, one in found.items()}
    assert lines == {"N-1": [(0, 2), (0, 1)], "N-2": [(0, 0)], "N-3": [(2, 0)], "N-4": [(0, 2)], "N-5": [(0, 0)]}
    told = {row["No"]: row["reason"] for row in await rejects(orders, done)}
    assert told["N-6"].endswith("imported as partially_shipped: which of its goods have left is not known.")
    assert told["N-7"] == "the mapping has no status for it: Cancelled is '', State is 'lost'"
    again = await worked(orders, FILE, mapping=OWN + STATUS)
    assert (again["counts"]["created"], again["counts"]["known"]) == (0, 5)


async def test_a_dry_run_tells_how_many_orders_take_which_status(orders: Driver) -> None:
    done = await worked(orders, FILE, mapping=OWN + STATUS + "  otherwise: received\n", dry_run="true")
    assert (done["statuses"]["received"], done["statuses"]["shipped"]) == (2, 1)
    assert (done["counts"]["created"], done["counts"]["refused"]) == (5, 2)
    told = {row["No"]: row["reason"] for row in await rejects(orders, done)}
    assert told["N-4"] == "refused: status: The shop has no status 'archived'."
    assert (await orders.get("orders"))["total"] == 0


async def imported(orders: Driver, status: str, **more: object) -> tuple[Json, Order]:
    """An order of Amazon's that comes with a status, and what the services are told of it."""
    body = {"channel": "amazon", "imported": True, "status": status, "external_id": f"404-{status}", **more}
    answer = await orders.http.post("/api/v1/orders", json=order(line("WINE", 3, external_id="L1"), **body))
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made, await orders.message(made["id"])


@pytest.mark.parametrize("status", ["shipped", "delivered", "completed", "closed"])
async def test_of_what_left_elsewhere_nothing_leaves_here(orders: Driver, status: str) -> None:
    made, told = await imported(orders, status)
    (sold,) = told.lines
    assert (sold.hold, sold.shipped, sold.shipped_before) == (0, 3, 3)
    assert (told.parcels, told.invoice_wanted, made["parcels"]) == ((), False, [])
    (entry,) = told.entries
    assert (entry.mail, entry.mail_admins, entry.sms) == (False, False, False)
    back = await orders.move(made["code"], "returned", decision={"stock": "all"})
    assert [(one["shipped"], one["restocked"]) for one in back["lines"]] == [(3, 3)]
    assert (await orders.message(made["id"])).levels.marketplace is Marketplace.REFUND_REPORTED


async def test_of_what_left_in_part_the_rest_is_held_and_leaves_here(orders: Driver) -> None:
    body = {"imported": True, "external_id": "#1004", "status": "partially_shipped", "paid_before": "41.50"}
    lines = line("WINE", 3, shipped=3), line("BOX", 1, "4.00", shipped=0)
    made = (await orders.http.post("/api/v1/orders", json=order(*lines, **body))).json()
    assert made["status"]["type"] == "partially_shipped"
    told = await orders.message(made["id"])
    assert [(sold.hold, sold.shipped, sold.shipped_before) for sold in told.lines] == [(0, 3, 3), (1, 0, 0)]
    assert (told.parcels, told.invoice_wanted) == ((), False)
    sent = await orders.move(made["code"], "shipped")
    assert [parcel["lines"] for parcel in sent["parcels"]] == [[{"line": 2, "quantity": 1}]]


@pytest.mark.parametrize(
    ("shipped", "imported", "field"),
    [(0, True, "status"), (3, True, "status"), (4, True, "lines.0.shipped"), (1, False, "lines.0.shipped")],
)
async def test_a_part_is_some_and_not_all(orders: Driver, shipped: int, imported: bool, field: str) -> None:
    status = "partially_shipped" if imported else "received"
    body = order(line("WINE", 3, shipped=shipped), imported=imported, external_id="#1", status=status)
    refused = await orders.http.post("/api/v1/orders", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), refused.text


async def test_a_file_says_which_lines_have_left(orders: Driver) -> None:
    content = """No,Art,Qty,Price,Mail,State,Cancelled,Sent
N-1,WINE,2,12.50,zoe@example.org,part,,1
N-1,BOX,1,4.00,zoe@example.org,,,all
N-2,WINE,2,12.50,zoe@example.org,sent,,0
N-3,WINE,2,12.50,zoe@example.org,part,,0
N-4,WINE,2,12.50,zoe@example.org,part,,some
"""
    mapping = OWN.replace("order: No,", "order: No, shipped: Sent,") + STATUS
    done = await worked(orders, content, mapping=mapping, dry_run="true")
    assert (done["statuses"], done["counts"]["created"]) == ({"partially_shipped": 2, "shipped": 1}, 2)
    done = await worked(orders, content, mapping=mapping)
    found = await by_number(orders)
    lines = {number: [(each["hold"], each["shipped"]) for each in one["lines"]] for number, one in found.items()}
    assert lines == {"N-1": [(1, 1), (0, 1)], "N-2": [(0, 2)]}
    told = {row["No"]: row["reason"] for row in await rejects(orders, done)}
    assert told["N-4"] == "the shipped quantity 'some' is no whole number"


async def test_an_import_may_take_its_goods_from_the_stock(orders: Driver) -> None:
    _, told = await imported(orders, "shipped", takes_stock=True)
    assert [(sold.shipped, sold.shipped_before) for sold in told.lines] == [(3, 0)]
    refused = await orders.http.post("/api/v1/orders", json=order(takes_stock=True))
    assert "is not imported" in refused.json()["errors"][0]["detail"]


@pytest.mark.parametrize("status", ["cancelled", "returned", "refunded"])
async def test_a_marketplace_is_not_told_what_it_said_itself(orders: Driver, status: str) -> None:
    made, told = await imported(orders, status)
    assert (told.levels.marketplace, told.lines[0].hold, told.lines[0].shipped) == (Marketplace.NONE, 0, 0)
    answer = await orders.http.request("DELETE", f"/api/v1/orders/{made['code']}", json={"decision": {"stock": "none"}})
    assert answer.status_code == 204, answer.text
    assert (await orders.message(made["id"])).levels.marketplace is Marketplace.NONE


async def test_a_revived_order_is_like_any_other(orders: Driver) -> None:
    made, told = await imported(orders, "cancelled")
    assert (told.levels.invoicing, told.invoice_wanted) == (Invoicing.CREDIT, None)
    revived = await orders.move(made["code"], "processing", decision={"stock": "all"})
    assert [one["hold"] for one in revived["lines"]] == [3]
    told = await orders.message(made["id"])
    assert (told.levels.invoicing, told.levels.marketplace) == (Invoicing.POLICY, Marketplace.ACKNOWLEDGED)


async def test_a_type_stands_for_the_shops_first_active_status_of_it(orders: Driver) -> None:
    await make_status(orders, "colis_parti", "shipped", default_of_type=True)
    made, _ = await imported(orders, "shipped")
    assert made["status"]["mnemonic"] == "shipped", "a mnemonic comes first"
    await make_status(orders, "remise", "delivered", default_of_type=True)
    body = {"mnemonic": "livree", "type": "delivered", "texts": {"fr": {"name": "Livrée"}}}
    assert (await orders.http.put("/api/v1/statuses/delivered", json=body)).status_code == 200
    made, _ = await imported(orders, "delivered")
    assert made["status"]["mnemonic"] == "remise"
    typed = await orders.http.post("/api/v1/orders", json=order(status="delivered"))
    assert (typed.status_code, typed.json()["title"]) == (422, "There is no such status")


async def test_an_order_that_is_not_imported_begins_open(orders: Driver) -> None:
    refused = await orders.http.post("/api/v1/orders", json=order(status="cancelled"))
    assert refused.json()["detail"] == "A new order cannot be cancelled."


def test_a_rule_of_the_status_says_one_thing() -> None:
    wrong = OWN + "status: {by: [{column: A, filled: x, values: {a: b}}]}\n"
    with pytest.raises(MappingError, match=r"status\.by\.0: needs either values or filled"):
        parse_mapping(wrong, "mine.yaml")


async def test_nothing_is_placed_in_the_future(orders: Driver) -> None:
    """The tests' now is noon of the first of June; a client's clock may be a day ahead."""
    late = order(placed_at="2026-06-02T12:00:01Z")
    batch = {"orders": [order(placed_at="2026-06-02T12:00:00Z"), late]}
    for dry_run in (True, False):
        answer = await orders.http.post("/api/v1/orders/batch", json=batch | {"dry_run": dry_run})
        assert [item["status"] for item in answer.json()["items"]] == [201, 422]
        assert answer.json()["items"][1]["errors"][0]["field"] == "placed_at"
    for path in ("/api/v1/orders", "/api/v1/orders/preview"):
        answer = await orders.http.post(path, json=late)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "placed_at")
    assert (await orders.place(placed_at="2050-01-01T00:00:00Z", imported=True))["placed_at"].startswith("2050")
    assert len(await orders.rows("orders")) == 2


async def test_what_was_paid_elsewhere_is_told_to_billing(orders: Driver) -> None:
    _, told = await imported(orders, "shipped", channel="web", paid_before="37.50", refunded_before="12.00")
    assert (told.paid_before, told.refunded_before) == (3750, 1200)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"imported": False}, "paid_before: a payment for an order that is not imported is recorded with billing"),
        ({"channel": "amazon"}, "paid_before: a payout tells what amazon paid for its order"),
        ({"paid_before": "1.005"}, "paid_before: 1.005 has more decimals than EUR"),
        ({"refunded_before": "5.01"}, "refunded_before: is more than paid_before"),
    ],
)
async def test_money_that_cannot_have_been_paid_elsewhere_is_refused(orders: Driver, body: Json, reason: str) -> None:
    more = {"imported": True, "external_id": "N-1", "paid_before": "5.00", **body}
    answer = await orders.http.post("/api/v1/orders", json=order(line(), **more))
    assert answer.status_code == 422, answer.text
    assert reason in answer.text


async def test_what_was_paid_elsewhere_moves_no_status(orders: Driver) -> None:
    await orders.open_shop("mapped", "a-secret-of-the-mapper", on_payment={"paid": "processing", "pending": "on_hold"})
    orders.http = orders.client("a-secret-of-the-mapper")
    made = await orders.place(imported=True, external_id="N-1", paid_before="30.00")
    await orders.hear(orders.account(made, "pending", captured=3000))
    assert (await orders.read(made["code"]))["status"]["type"] == "received"
    await orders.hear(orders.account(made, "paid", captured=3750))
    assert (await orders.read(made["code"]))["status"]["type"] == "processing"
