"""What an order's actions and prices make of its invoice: wanted at once, not wanted, with tax or without; and kept."""

from decimal import Decimal

import pytest

from shared.contracts import InvoicePolicy, InvoiceState, Invoicing, Status, StatusType
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id

COMPLETED = Status(mnemonic="completed", type=StatusType.COMPLETED)


@pytest.mark.row("S2-38", "S4-17")
async def test_the_action_invoice_issues_it_at_once_and_by_itself(unopened: Driver) -> None:
    """A shop that invoices by hand: nothing was shipped, the status's option asks for the invoice all the same."""
    await unopened.open_shop(InvoicePolicy.MANUAL)
    assert (await unopened.hear(order(1, 1, line(quantity=2)))).invoice is InvoiceState.NONE
    account = await unopened.hear(order(1, 2, line(quantity=2), invoice_wanted=True))
    [document] = account.documents
    assert (account.invoice, document.number, document.gross) == (InvoiceState.ISSUED, "FA2026-00001", 2400)
    await unopened.render()
    assert (await unopened.answer(order_id(1))).documents[0].sha256 is not None
    again = await unopened.hear(order(1, 3, line(quantity=2), invoice_wanted=True))
    assert [one.number for one in again.documents] == ["FA2026-00001"]


@pytest.mark.row("S4-17")
async def test_a_status_without_the_action_holds_the_invoice_back(billing: Driver) -> None:
    account = await billing.hear(order(1, 1, line(quantity=2, shipped=2), invoice_wanted=False))
    assert (account.invoice, account.documents) == (InvoiceState.NONE, ())
    account = await billing.hear(order(1, 2, line(quantity=2, shipped=2)))
    assert account.invoice is InvoiceState.ISSUED


@pytest.mark.row("S3-18")
@pytest.mark.parametrize(("included", "net", "gross"), [(True, "10.00", "12.00"), (False, "12.00", "14.40")])
async def test_prices_are_with_tax_or_without_by_choice(billing: Driver, included: bool, net: str, gross: str) -> None:
    """The same price of 12.00 at 20 %: the document says which one it is, and comes to the total of that choice."""
    await billing.hear(order(1, 1, line(shipped=1), prices_include_tax=included))
    [document] = await billing.documents(1)
    snapshot = (await billing.get(f"documents/{document['id']}"))["snapshot"]
    assert snapshot["prices_include_tax"] is included
    assert (snapshot["totals"]["net"], snapshot["totals"]["gross"]) == (net, gross)
    assert Decimal(snapshot["lines"][0]["unit_price"]) == Decimal(12)


@pytest.mark.row("S0-18")
async def test_a_sale_that_ended_stays_in_the_books(billing: Driver) -> None:
    """Paid, shipped, completed, its client erased: what was issued and what was paid are there as they were."""
    await billing.hear(order(1, 1, line(quantity=2, shipped=2), payable=True))
    await billing.pay(1, "24.00")
    await billing.hear(order(1, 2, line(quantity=2, shipped=2), status=COMPLETED, invoicing=Invoicing.SHIPPED))
    await billing.render()
    before = (await billing.documents(1), (await billing.get("orders/C-1/payments"))["items"])
    assert ([one["number"] for one in before[0]], [one["amount"] for one in before[1]]) == (["FA2026-00001"], ["24.00"])
    await billing.hear(
        order(1, 3, line(quantity=2, shipped=2), status=COMPLETED, invoicing=Invoicing.SHIPPED, erased=True)
    )
    assert (await billing.documents(1), (await billing.get("orders/C-1/payments"))["items"]) == before
    assert (await billing.get("verify"))["ok"]
