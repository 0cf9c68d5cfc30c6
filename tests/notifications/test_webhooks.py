"""What a webhook's receiver is told, and when: events, filters, the newest state, order, signatures."""

from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.cli.schemas import schemas
from services.notifications.tables import obligations
from shared.contracts import DocumentKind, Order, Outcome, PaymentState, Status, StatusType
from shared.contracts.billing import Document
from tests.eventually import eventually
from tests.notifications.driver import NOON, Clock, Driver, account, entry, line, order, parcel
from tests.notifications.receiving import WEBHOOKS, Receiver, listen

SHIPPED = Status(mnemonic="shipped", type=StatusType.SHIPPED)
CANCELLED = Status(mnemonic="cancelled", type=StatusType.CANCELLED)


def moved(version: int, status: Status, number: int = 1, **changes: Any) -> Order:
    """The order in a status, with the entry that moved it there."""
    return order(number, version, entry(version, version=version, status=status), status=status, **changes)


@pytest.mark.row("S2-13", "S1-37")
async def test_a_new_order_is_pushed_to_an_external_application(house: Driver, receiver: Receiver) -> None:
    made = await listen(house, receiver, description="Caisse du magasin")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    [got] = receiver.got
    told = got.document
    assert (told["type"], told["data"]["code"], told["data"]["events"]) == ("order.placed", "CO-1", ["order.placed"])
    whole = told["data"]["order"]
    assert whole["customer"]["email"] == "camille@example.com"
    assert [(line["sku"], line["quantity"], line["gross"]) for line in whole["lines"]] == [("wine-1", 6, 490)]
    assert whole["totals"] == {"net": 408, "tax": 82, "gross": 490}
    Draft202012Validator(schemas()["webhook.v1"], format_checker=FormatChecker()).validate(told)
    assert (
        Webhook(made["secret"]).sign(got.headers["webhook-id"], NOON, got.body.decode())
        in (got.headers["webhook-signature"])
    )
    assert await house.outcomes() == [("webhook", "done")]
    assert (await house.answer()).open == 0


async def test_without_an_endpoint_nothing_is_written(house: Driver, receiver: Receiver) -> None:
    await house.hear(order(1, 1, entry(1)))
    assert await house.rows(select(obligations.c.id)) == []
    await listen(house, receiver, active=False)
    await house.hear(order(2, 1, entry(2)))
    assert await house.rows(select(obligations.c.id)) == []


async def test_each_change_is_an_event_and_the_state_is_whole(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    steps = [
        order(1, 1, entry(1)),
        moved(2, Status(mnemonic="in_work", type=StatusType.PROCESSING)),
        moved(3, SHIPPED, parcels=(parcel(1),)),
        moved(4, SHIPPED, parcels=(parcel(1, revision=2),)),
        moved(5, CANCELLED, parcels=(parcel(1, revision=2),)),
    ]
    for step in steps:
        await house.hear(step)
        await house.deliver()
    assert [one["data"]["events"] for one in receiver.documents()] == [
        ["order.placed"],
        ["order.status_changed"],
        ["order.shipped", "order.status_changed"],
        ["order.updated"],
        ["order.cancelled", "order.status_changed"],
    ]
    revisions = [one["data"]["revision"] for one in receiver.documents()]
    assert revisions == sorted(set(revisions))
    assert receiver.documents()[-1]["data"]["order"]["parcels"][0]["tracking_number"] == "6A 00001"


async def test_a_line_tells_what_came_back_and_how_much_of_it_unfit(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    returned = Status(mnemonic="returned", type=StatusType.RETURNED)
    await house.hear(moved(2, returned, lines=(line(1, 3, shipped=3, restocked=2, scrapped=1),)))
    await house.deliver()
    [told] = receiver.documents()[0]["data"]["order"]["lines"]
    assert (told["shipped"], told["restocked"], told["scrapped"]) == (3, 2, 1)


async def test_money_is_told_with_the_order_it_belongs_to(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    invoice = Document(
        id="d1", kind=DocumentKind.INVOICE, number="FA-1", issued_on=NOON.date(), issued_at=NOON, gross=490
    )
    paid = account(1, 2).model_copy(update={"payment": PaymentState.PAID, "captured": 490, "documents": (invoice,)})
    await house.hear(paid)
    await house.deliver()
    await house.hear(paid.model_copy(update={"version": 3, "payment": PaymentState.REFUNDED, "refunded": 490}))
    await house.deliver()
    first, *money = receiver.documents()
    assert "account" not in first["data"]
    assert [one["data"]["events"] for one in money] == [["payment.settled", "invoice.issued"], ["payment.refunded"]]
    assert money[0]["data"]["account"]["documents"][0]["number"] == "FA-1"
    assert money[0]["data"]["order"] == first["data"]["order"]


async def test_what_was_paid_before_the_import_is_no_news(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    await house.hear(order(1, 1, entry(1), paid_before=490, refunded_before=100))
    before = {"payment": PaymentState.PARTLY_REFUNDED, "captured": 490, "refunded": 100}
    await house.hear(account(1, 1).model_copy(update=before))
    await house.deliver()
    assert [one["data"]["events"] for one in receiver.documents()] == [["order.placed"]]
    await house.hear(account(1, 2).model_copy(update=before | {"payment": PaymentState.REFUNDED, "refunded": 490}))
    await house.deliver()
    assert receiver.documents()[-1]["data"]["events"] == ["payment.refunded"]


async def test_an_account_that_comes_before_its_order_is_told_with_it(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    await house.hear(account(1, 1).model_copy(update={"payment": PaymentState.PAID, "captured": 490}))
    await house.deliver()
    assert receiver.got == []
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    assert [one["data"]["events"] for one in receiver.documents()] == [["order.placed", "payment.settled"]]


@pytest.mark.parametrize(
    ("filters", "heard"),
    [
        ({"events": ["order.placed"]}, ["order.placed"]),
        ({"events": ["order.*"]}, ["order.placed", "order.shipped", "order.cancelled"]),
        ({"events": ["payment.*"]}, []),
        ({"status_types": ["shipped", "delivered"]}, ["order.shipped"]),
        ({"channels": ["amazon"]}, []),
    ],
)
async def test_an_endpoint_hears_of_what_it_asked_for(
    house: Driver, receiver: Receiver, filters: dict[str, Any], heard: list[str]
) -> None:
    await listen(house, receiver, filters=filters)
    for step in (order(1, 1, entry(1)), moved(2, SHIPPED), moved(3, CANCELLED)):
        await house.hear(step)
        await house.deliver()
    assert [kind for _, kind in receiver.types()] == heard


async def test_an_imported_history_greets_nobody(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    await house.hear(order(1, 1, entry(1, status=SHIPPED), status=SHIPPED, placed_at=NOON - timedelta(days=400)))
    await house.deliver()
    assert [one["data"]["events"] for one in receiver.documents()] == [["order.updated"]]


async def test_test_orders_and_references_are_asked_for(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver, "/all", filters={"test_orders": True}, format="reference")
    await listen(house, receiver)
    await house.hear(order(1, 1, entry(1), test=True))
    await house.deliver()
    assert receiver.types() == []
    [told] = receiver.documents("/all")
    assert told["data"].keys() == {"id", "code", "shop", "version", "revision", "events", "deleted", "erased"}


async def test_what_happened_before_the_call_goes_as_one_state(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    await house.hear(order(1, 1, entry(1)), moved(2, SHIPPED), moved(3, CANCELLED))
    await house.deliver()
    [told] = receiver.documents()
    assert told["type"] == "order.placed"
    assert told["data"]["events"] == ["order.placed", "order.cancelled", "order.shipped", "order.status_changed"]
    assert (told["data"]["version"], told["data"]["order"]["status"]["type"]) == (3, "cancelled")
    assert len(await house.deliveries(order="CO-1")) == 1


async def test_a_state_that_comes_while_a_call_is_out_is_told_next(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver, "/slow")
    await house.hear(order(1, 1, entry(1)))
    await house.deliverer.run()
    await eventually(lambda: receiver.got)
    await house.hear(moved(2, SHIPPED))
    await house.deliverer.run()
    assert len(receiver.got) == 1, "one call of an order at a time"
    receiver.held.set()
    await house.deliverer.idle()
    await house.deliver()
    events = [one["data"]["events"] for one in receiver.documents("/slow")]
    assert events == [["order.placed"], ["order.shipped", "order.status_changed"]]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 2
    assert await house.outcomes() == [("webhook", "done")]


async def test_a_change_not_asked_for_while_a_call_is_out_is_not_told(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver, "/slow", filters={"events": ["order.placed"]})
    await house.hear(order(1, 1, entry(1)))
    await house.deliverer.run()
    await eventually(lambda: receiver.got)
    await house.hear(moved(2, SHIPPED))
    receiver.held.set()
    await house.deliverer.idle()
    await house.deliver()
    assert (receiver.types("/slow"), await house.outcomes()) == ([("CO-1", "order.placed")], [("webhook", "done")])


async def test_two_secrets_sign_while_one_is_being_changed(house: Driver, receiver: Receiver, clock: Clock) -> None:
    made = await listen(house, receiver)
    url = f"{WEBHOOKS}/{made['id']}"
    changed = (await house.http.post(f"{url}/rotate", json={"overlap_hours": 2})).json()
    assert changed["secret"] != made["secret"]
    assert "secret" not in (await house.http.get(url)).json()
    clock.forward(hours=1)
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    clock.forward(hours=2)
    await house.hear(order(2, 1, entry(2)))
    await house.deliver()
    during, after = receiver.got
    for secret, got in ((made["secret"], during), (changed["secret"], during), (changed["secret"], after)):
        _verify(secret, got.headers, got.body)
    with pytest.raises(WebhookVerificationError):
        _verify(made["secret"], after.headers, after.body)


async def test_an_erasure_is_told_to_whoever_was_told(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    await house.hear(order(1, 2, erased=True), order(2, 1, erased=True))
    await house.deliver()
    assert receiver.types() == [("CO-1", "order.placed"), ("CO-1", "order.erased")]
    told = receiver.documents()[-1]["data"]
    assert told["erased"]
    assert "order" not in told
    kept = await house.rows(select(obligations.c.payload))
    assert "camille" not in str(kept).lower()
    assert (await house.answer()).items[0].outcome == Outcome.DONE


def _verify(secret: str, headers: Any, body: bytes) -> None:
    """As the library does it, but for the clock, which is the test's."""
    signature = Webhook(secret).sign(
        headers["webhook-id"], NOON.fromtimestamp(int(headers["webhook-timestamp"]), NOON.tzinfo), body.decode()
    )
    if signature not in headers["webhook-signature"].split(" "):
        raise WebhookVerificationError("no matching signature")
