"""Orders heard, documents issued and answers given, on both databases."""

import asyncio

from services.billing.commands.answers import answer_blocked
from shared.batch import lock_keys
from shared.contracts import (
    DocumentKind,
    InvoicePolicy,
    InvoiceState,
    Invoicing,
    Order,
    PaymentState,
)
from tests.billing.builders import line, parcel
from tests.billing.driver import Driver, order, order_id
from tests.statements import statements


async def test_an_unshipped_order_is_answered_without_documents(billing: Driver) -> None:
    account = await billing.hear(order(1, 1, line(quantity=2)))
    assert (account.heard, account.open, account.documents) == (1, 0, ())
    assert (account.payment, account.invoice) == (PaymentState.UNPAID, InvoiceState.NONE)


async def test_a_shipped_order_is_invoiced_and_open_until_rendered(billing: Driver) -> None:
    account = await billing.hear(order(1, 1, line(quantity=2, shipped=2)))
    [document] = account.documents
    assert (document.kind, document.number, document.gross) == (DocumentKind.INVOICE, "FA2026-00001", 2400)
    assert (account.invoice, account.open, document.sha256) == (InvoiceState.ISSUED, 1, None)

    await billing.render()
    rendered = await billing.answer(order_id(1))
    assert rendered.open == 0
    assert rendered.documents[0].sha256 is not None
    assert rendered.version == account.version + 1


async def test_cancel_and_uncancel(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    account = await billing.hear(order(1, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    assert account.invoice is InvoiceState.CREDITED
    assert [document.number for document in account.documents] == ["FA2026-00001", "AV2026-00001"]
    assert account.documents[1].refers_to == account.documents[0].id

    account = await billing.hear(order(1, 3, line(shipped=1)))
    assert account.invoice is InvoiceState.ISSUED
    assert [document.number for document in account.documents][2:] == ["FA2026-00002"]
    assert (await billing.get("verify"))["ok"]


async def test_an_invoice_and_its_credit_in_one_message(billing: Driver) -> None:
    """The refund was recorded before the shipment was heard: both documents come at once, the one naming the other."""
    await billing.hear(order(1, 1, line(quantity=2), payable=True))
    await billing.pay(1, "24.00")
    await billing.pay(1, "18.00", kind="refunds")
    account = await billing.hear(order(1, 2, line(quantity=2, shipped=2), invoicing=Invoicing.LESS_RETURNED))
    assert [(document.number, document.gross) for document in account.documents] == [
        ("FA2026-00001", 2400),
        ("AV2026-00001", 1800),
    ]
    await billing.render()
    assert (await billing.get("verify"))["ok"]


async def test_a_batch_takes_a_contiguous_range(billing: Driver) -> None:
    messages = [order(number, 1, line(shipped=1)) for number in range(1, 51)]
    await asyncio.gather(*(billing.hear(message) for message in messages))
    rows = sorted(await billing.rows("documents"), key=lambda row: row.n)
    assert [row.n for row in rows] == list(range(1, 51))
    assert [row.order_id for row in rows] == [message.id for message in messages]


async def test_the_statements_of_a_batch_do_not_grow(billing: Driver) -> None:
    def some(version: int, count: int, shipped: int) -> list[Order]:
        return [order(number, version, line(quantity=2, shipped=shipped)) for number in range(1, count + 1)]

    counts = []
    await asyncio.gather(*(billing.hear(message) for message in some(1, 50, 0)))
    await billing.hear(order(99, 1, line(shipped=1)))  # the series exists
    for version, count, shipped in ((2, 2, 0), (3, 50, 0), (4, 2, 1), (5, 50, 2)):
        messages = some(version, count, shipped)
        with statements(billing.service.db) as seen:
            await asyncio.gather(*(billing.service.hears[Order.name].submit(message.encode()) for message in messages))
        counts.append(len(seen))
    assert counts[0] == counts[1], counts
    assert counts[2] == counts[3], counts


async def test_an_order_before_its_shop_waits(unopened: Driver) -> None:
    account = await unopened.hear(order(1, 1, line(shipped=1)))
    assert (account.heard, account.open, account.documents) == (1, 1, ())
    await unopened.wait()
    assert (await unopened.answer(order_id(1))).documents == ()

    await unopened.open_shop()
    await unopened.wait()
    await unopened.render()
    account = await unopened.answer(order_id(1))
    assert (account.open, len(account.documents)) == (0, 1)


async def test_each_parcel_has_its_invoice(unopened: Driver) -> None:
    await unopened.open_shop(InvoicePolicy.PER_SHIPMENT)
    await unopened.hear(order(1, 1, line(quantity=3, shipped=1), parcels=[parcel(1, {1: 1})]))
    await unopened.hear(order(1, 2, line(quantity=3, shipped=3), parcels=[parcel(1, {1: 1}), parcel(2, {1: 2})]))
    found = await unopened.documents(1)
    assert [(one["scope"], one["totals"]["gross"]) for one in found] == [("parcel/1", "12.00"), ("parcel/2", "24.00")]


async def test_the_year_of_the_shop_begins_its_series(billing: Driver) -> None:
    billing.clock.now = billing.clock.now.replace(month=12, day=31, hour=22, minute=30)
    await billing.hear(order(1, 1, line(shipped=1)))
    billing.clock.advance(hours=1)  # 00:30 in Paris
    await billing.hear(order(2, 1, line(shipped=1)))
    assert [one["number"] for one in (await billing.get("documents"))["items"]] == ["FA2027-00001", "FA2026-00001"]


async def test_dates_never_go_back_within_a_series(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    billing.clock.advance(days=-3)
    await billing.hear(order(2, 1, line(shipped=1)))
    assert {one["issued_on"] for one in (await billing.get("documents"))["items"]} == {"2026-11-22"}


async def test_a_message_that_cannot_be_applied_is_answered_as_blocked(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.service.hears[Order.name].submit(order(2, 1, line()).encode())
    twin = order(2, 1, line()).model_copy(update={"id": order_id(3)})  # another order with the same code
    account = await billing.hear(twin)
    assert account.heard == 0
    assert account.blocked is not None
    assert (await billing.answer(order_id(1))).blocked is None


async def test_what_was_parked_stays_so_when_the_shop_is_heard_of(unopened: Driver) -> None:
    """The version that could be applied is invoiced; that a newer one is parked is still said."""
    await unopened.hear(order(1, 1, line(shipped=1)))
    async with unopened.service.outbox.transaction() as tx:
        await lock_keys(tx, Order.name, [order_id(1)])
        await answer_blocked(tx, order(1, 2, line(shipped=1)), "it cannot be applied")
    await unopened.open_shop()
    await unopened.wait()
    account = await unopened.answer(order_id(1))
    assert (account.heard, len(account.documents), account.blocked) == (1, 1, "it cannot be applied")


async def test_erased_leaves_issued_documents_alone(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    before = (await billing.get(f"documents/{(await billing.documents(1))[0]['id']}"))["snapshot"]
    nobody = order(1, 2, line(shipped=1), erased=True)
    scrubbed = nobody.model_copy(
        update={"customer": nobody.customer.model_copy(update={"name": "", "email": ""}), "billing_address": None}
    )
    await billing.hear(scrubbed.model_copy(update={"shipping_address": None}))
    [account] = await billing.rows("accounts")
    assert "Fontaine" not in account.body
    assert (await billing.get(f"documents/{(await billing.documents(1))[0]['id']}"))["snapshot"] == before
