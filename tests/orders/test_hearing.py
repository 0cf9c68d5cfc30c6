"""Answers of the services: facts, settled, timeline, automatic changes; set-based, once each, on both databases."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from shared.contracts import Account, Delivery, DeliveryItem, Product, Reservation
from tests.orders.driver import Driver, Json, invoice, line
from tests.statements import statements

ALL = {"decision": {"stock": "all"}}


async def test_settled_when_all_have_heard_and_nothing_is_open(orders: Driver) -> None:
    made = await orders.place()
    await orders.hear(orders.reservation(made))
    await orders.hear(orders.account(made, open=1))
    await orders.hear(orders.delivery(made))
    assert not (await orders.read(made["code"]))["settled"]
    await orders.hear(orders.account(made))
    assert not (await orders.read(made["code"]))["settled"], "notifications has not heard the account"
    await orders.hear(orders.delivery(made))
    settled = await orders.read(made["code"])
    assert (settled["settled"], settled["version"]) == (True, 1)
    assert settled["revision"] > made["revision"]
    assert not (await orders.move(made["code"], "processing"))["settled"]


async def test_blocked_is_not_settled(orders: Driver) -> None:
    made = await orders.place()
    await orders.settle(made)
    await orders.hear(orders.account(made, heard=0, blocked="a parked message"))
    assert not (await orders.read(made["code"]))["settled"]
    (found,) = (await orders.get("operations/unsettled"))["items"]
    assert found["code"] == made["code"]
    assert "is blocked: a parked message" in found["reasons"]["billing"]


async def test_facts_follow_the_answers(orders: Driver) -> None:
    made = await orders.place()
    await orders.hear(orders.reservation(made, "short"))
    await orders.hear(orders.account(made, "paid", "issued", captured=3750, documents=(invoice(),)))
    found = await orders.read(made["code"])
    assert found["facts"] == {"payment": "paid", "stock": "short", "invoice": "issued", "publication": "automatic"}
    assert (found["totals"]["paid"], found["totals"]["due"]) == ("37.50", "0.00")
    assert found["version"] == 1
    assert [one["allocated"] for one in found["lines"]] == [0]
    await orders.hear(orders.account(made, "partly_refunded", captured=3750, refunded=700, waived=700))
    assert (await orders.read(made["code"]))["totals"]["due"] == "0.00"


async def test_timeline_is_one_list(orders: Driver) -> None:
    made = await orders.place()
    orders.clock.advance(minutes=1)
    await orders.hear(orders.reservation(made))
    orders.clock.advance(minutes=1)
    await orders.hear(orders.account(made, "paid", "issued", captured=3750, documents=(invoice(),)))
    mail = DeliveryItem.model_validate(
        {"id": "d1", "channel": "mail", "subject": "e1", "outcome": "done", "at": "2026-06-01T14:00:00Z"}
    )
    await orders.hear(orders.delivery(made, mail))
    orders.clock.advance(minutes=1)
    await orders.move(made["code"], "shipped", shipment={"carrier": "La Poste", "tracking_number": "A1"})
    items = await orders.timeline(made["code"])
    assert [item["kind"] for item in items] == [
        "status",
        "stock",
        "payment",
        "invoice",
        "status",
        "shipment",
        "document",
        "delivery",
    ]
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    assert items[0]["status"]["type"] == "received"
    assert (items[0]["actor"], items[0]["published"], items[0]["version"]) == ("key of cave", True, 1)
    assert set(items[1]) >= {"at", "kind", "actor", "text", "published", "version"}


async def test_an_older_or_equal_answer_changes_nothing(orders: Driver) -> None:
    made = await orders.place()
    first, second = orders.reservation(made, "short"), orders.reservation(made, "reserved")
    await orders.hear(second)
    before = await orders.read(made["code"])
    await orders.hear(first)
    await orders.hear(second)
    assert await orders.read(made["code"]) == before
    assert before["facts"]["stock"] == "reserved"


async def test_answer_about_an_unknown_order_is_nothing(orders: Driver) -> None:
    made = await orders.place()
    stranger = orders.reservation(made).model_copy(update={"id": "01980000-0000-7000-8000-000000000000"})
    await orders.hear(stranger)
    assert [row.order_id for row in await orders.rows("hearings")] == []


async def test_a_batch_costs_the_same_however_large(orders: Driver) -> None:
    made = [await orders.place() for _ in range(42)]

    async def submit(documents: list[Json]) -> int:
        messages = [orders.reservation(document, "short") for document in documents]
        consumer = orders.service.hears[Reservation.name]
        with statements(orders.service.db) as seen:
            await asyncio.gather(*(consumer.submit(message.encode()) for message in messages))
        return len([text for text in seen if not text.startswith("BEGIN")])

    few, many = await submit(made[:2]), await submit(made[2:])
    assert many == few
    assert many <= 10


class TestOnShort:
    """A buyer who wants all or nothing."""

    async def test_short_order_is_cancelled_in_the_same_transaction(self, orders: Driver) -> None:
        made = await orders.place(on_short="cancel")
        await orders.hear(orders.reservation(made, "partly"))
        found = await orders.read(made["code"])
        assert (found["status"]["type"], found["version"]) == ("cancelled", 2)
        told = await orders.message(made["id"])
        assert [one.hold for one in told.lines] == [0]
        (status,) = [item for item in await orders.timeline(made["code"]) if item["version"] == 2]
        assert status["actor"] == "automatic: on_short"

    async def test_reserved_or_waiting_orders_stay(self, orders: Driver) -> None:
        for on_short, stock in (("cancel", "reserved"), ("wait", "short")):
            made = await orders.place(on_short=on_short)
            await orders.hear(orders.reservation(made, stock))
            assert (await orders.read(made["code"]))["status"]["type"] == "received"

    async def test_answer_to_an_older_version_cancels_nothing(self, orders: Driver) -> None:
        made = await orders.place(on_short="cancel")
        await orders.move(made["code"], "confirmed")
        await orders.hear(orders.reservation(made, "short"))
        assert (await orders.read(made["code"]))["status"]["type"] == "confirmed"

    async def test_human_uncancel_uses_it_up_until_lines_are_raised(self, orders: Driver) -> None:
        made = await orders.place(on_short="cancel")
        await orders.hear(orders.reservation(made, "short"))
        revived = await orders.move(made["code"], "received", **ALL)
        await orders.hear(orders.reservation(revived, "short"))
        assert (await orders.read(made["code"]))["status"]["type"] == "received"
        body = {"lines": [{"id": 1, "quantity": 9}]}
        raised = (await orders.http.put(f"/api/v1/orders/{made['code']}/lines", json=body)).json()
        await orders.hear(orders.reservation(raised, "short"))
        assert (await orders.read(made["code"]))["status"]["type"] == "cancelled"

    async def test_a_persons_own_cancellation_and_revival_use_it_up_too(self, orders: Driver) -> None:
        made = await orders.place(on_short="cancel")
        await orders.move(made["code"], "cancelled")
        revived = await orders.move(made["code"], "received", **ALL)
        await orders.hear(orders.reservation(revived, "short"))
        assert (await orders.read(made["code"]))["status"]["type"] == "received"


class TestOnPayment:
    """A shop may map a state of payment to a status; without that a payment moves nothing."""

    async def test_unmapped_payment_moves_nothing(self, orders: Driver) -> None:
        made = await orders.place()
        await orders.hear(orders.account(made, "paid", captured=3750))
        assert (await orders.read(made["code"]))["status"]["type"] == "received"

    async def test_mapped_payment_moves_once_per_cause_and_five_times_in_a_row(self, orders: Driver) -> None:
        await orders.open_shop("mapped", "a-secret-of-the-mapper", on_payment={"paid": "processing"})
        orders.http = orders.client("a-secret-of-the-mapper")
        made = await orders.place()
        await orders.hear(orders.account(made, "paid", captured=3750))
        assert (await orders.read(made["code"]))["status"]["type"] == "processing"
        await orders.move(made["code"], "on_hold")
        await orders.hear(orders.account(made, "pending", captured=3750))
        await orders.hear(orders.account(made, "paid", captured=3750))
        assert (await orders.read(made["code"]))["status"]["type"] == "on_hold", "the same cause acts once"

    async def test_after_five_automatic_changes_a_person_is_warned(self, orders: Driver) -> None:
        mapping = {"paid": "processing", "pending": "received"}
        await orders.open_shop("mapped", "a-secret-of-the-mapper", on_payment=mapping)
        orders.http = orders.client("a-secret-of-the-mapper")
        made = await orders.place()
        for turn in range(8):
            state = "paid" if turn % 2 == 0 else "pending"
            await orders.hear(orders.account(made, state, captured=turn))
        found = await orders.read(made["code"])
        assert found["version"] == 6
        kinds = [item["kind"] for item in await orders.timeline(made["code"])]
        assert kinds.count("warning") >= 1
        await orders.move(made["code"], "confirmed")
        await orders.hear(orders.account(made, "paid", captured=99))
        assert (await orders.read(made["code"]))["status"]["type"] == "processing"


class TestOnInvoiceImported:
    """A shop may have a status for orders whose invoice was made in other software."""

    async def seller(self, orders: Driver, status: str | None = "invoiced", **more: Any) -> None:
        secret = "a-secret-of-the-importer"
        await orders.open_shop("importer", secret, on_invoice_imported=status, **more)
        orders.http = orders.client(secret)
        texts = {"fr": {"name": "Facturée"}, "en": {"name": "Invoiced"}}
        body = {"mnemonic": "invoiced", "type": "processing", "texts": texts}
        assert (await orders.http.post("/api/v1/statuses", json=body)).status_code == 201

    def imported(self, orders: Driver, made: Json, number: str = "EXT-1", **more: Any) -> Account:
        return orders.account(made, invoice="imported", documents=(invoice(number),), **more)

    async def status_of(self, orders: Driver, made: Json) -> str:
        return str((await orders.read(made["code"]))["status"]["mnemonic"])

    @pytest.mark.row("S3-10")
    async def test_importing_an_invoice_moves_the_order_to_invoiced(self, orders: Driver) -> None:
        await self.seller(orders)
        made = await orders.place()
        await orders.hear(self.imported(orders, made))
        found = await orders.read(made["code"])
        assert (found["status"]["name"], found["facts"]["invoice"], found["version"]) == ("Facturée", "imported", 2)
        told = await orders.message(made["id"])
        assert (told.status.mnemonic, told.entries[-1].status.mnemonic) == ("invoiced", "invoiced")
        (moved,) = [item for item in await orders.timeline(made["code"]) if item["version"] == 2]
        assert moved["actor"] == "automatic: on_invoice"

    async def test_without_a_status_for_it_nothing_moves(self, orders: Driver) -> None:
        await self.seller(orders, None)
        made = await orders.place()
        await orders.hear(self.imported(orders, made))
        assert await self.status_of(orders, made) == "received"

    async def test_a_person_has_the_last_word_on_one_invoice(self, orders: Driver) -> None:
        await self.seller(orders)
        made = await orders.place()
        await orders.hear(self.imported(orders, made))
        await orders.move(made["code"], "on_hold")
        await orders.hear(self.imported(orders, made))
        await orders.hear(orders.account(made))
        await orders.hear(self.imported(orders, made))
        assert await self.status_of(orders, made) == "on_hold", "the same invoice acts once"
        await orders.hear(orders.account(made))
        await orders.hear(self.imported(orders, made, "EXT-2"))
        assert await self.status_of(orders, made) == "invoiced"

    async def test_paid_and_imported_in_one_answer_are_two_steps(self, orders: Driver) -> None:
        await self.seller(orders, on_payment={"paid": "confirmed"})
        made = await orders.place()
        await orders.hear(self.imported(orders, made, payment="paid", captured=3750))
        found = [item["status"]["mnemonic"] for item in await orders.timeline(made["code"]) if item["kind"] == "status"]
        assert found == ["received", "confirmed", "invoiced"]
        assert (await orders.message(made["id"])).version == 3

    async def test_no_import_goes_past_a_guard(self, orders: Driver) -> None:
        await self.seller(orders, "shipped", tracking_required=True)
        made = await orders.place()
        await orders.hear(self.imported(orders, made))
        assert await self.status_of(orders, made) == "received"
        assert "warning" in [item["kind"] for item in await orders.timeline(made["code"])]
        cancelled = await orders.move(made["code"], "cancelled")
        await orders.hear(orders.account(cancelled))
        await orders.hear(self.imported(orders, cancelled, "EXT-2"))
        assert await self.status_of(orders, made) == "cancelled", "what needs a decision is a person's"

    async def test_its_status_stays(self, orders: Driver) -> None:
        await self.seller(orders)
        assert (await orders.http.delete("/api/v1/statuses/invoiced")).status_code == 409


async def test_money_that_needs_a_person_warns_once(orders: Driver) -> None:
    made = await orders.place()
    for _ in range(2):
        await orders.hear(orders.account(made, "paid", captured=9999, warning="overpaid"))
    assert (await orders.read(made["code"]))["warning"] == "overpaid"
    kinds = [item["kind"] for item in await orders.timeline(made["code"])]
    assert kinds.count("warning") == 1


async def test_products_are_projected_newest_first(orders: Driver) -> None:
    newest = Product(
        shop="cave", version=3, sku="WINE", title="Wine", price=Decimal("12.50"), available=4, sold_out=False
    )
    await orders.hear(newest)
    await orders.hear(newest.model_copy(update={"version": 2, "title": "Old"}))
    (row,) = await orders.rows("products")
    assert (row.version, row.title, row.price, row.sold_out) == (3, "Wine", Decimal("12.50"), False)


async def test_an_answer_and_a_command_at_once_lose_nothing(orders: Driver) -> None:
    """Both lock the order's row, so neither overwrites the other."""
    made = await orders.place(line(quantity=1))
    deliveries = [orders.delivery(made, open=1) for _ in range(5)]

    async def change() -> None:
        for status in ("confirmed", "processing", "ready"):
            await orders.move(made["code"], status)

    consumer = orders.service.hears[Delivery.name]
    await asyncio.gather(change(), *(consumer.submit(delivery.encode()) for delivery in deliveries))
    found = await orders.read(made["code"])
    assert (found["version"], found["status"]["type"]) == (4, "ready")
    assert found["revision"] >= 5
