"""Which documents an order needs: the table of the status model, line by line."""

from collections.abc import Sequence
from itertools import count

import pytest

from services.billing.domain import Draft, Issued, Paid, due, live_invoices
from shared.contracts import DocumentKind, InvoicePolicy, Invoicing, LineKind, Order
from tests.billing.builders import issue, line, order, parcel

INVOICE, CREDIT_NOTE = DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE
NO_MONEY = Paid()


class Billing:
    """The documents of one order, which hears of it again and again."""

    def __init__(self, policy: InvoicePolicy = InvoicePolicy.ON_SHIPMENT) -> None:
        self.policy = policy
        self.documents: list[Issued] = []
        self._ids = (f"doc-{n}" for n in count(1))

    def hear(self, subject: Order, paid: Paid = NO_MONEY) -> list[tuple[DocumentKind, int, str | None]]:
        """What is issued: (kind, gross, reason of a credit). Hearing it twice issues nothing more."""
        drafts = due(subject, self.policy, paid, self.documents, lambda: next(self._ids))
        self.documents = issue(drafts, subject, self.documents)
        assert due(subject, self.policy, paid, self.documents, lambda: next(self._ids)) == []
        return [(draft.kind, gross(draft), draft.reason) for draft in drafts]

    @property
    def net(self) -> int:
        return sum(invoice.value for invoice in live_invoices(self.documents))


def gross(draft: Draft) -> int:
    return sum(position.amounts.gross for position in draft.positions)


def units(documents: Sequence[Issued]) -> list[dict[int, int]]:
    return [{position.line: position.quantity for position in document.positions} for document in documents]


def test_nothing_is_invoiced_before_shipment() -> None:
    assert Billing().hear(order(line(quantity=2))) == []


def test_a_shipment_is_invoiced_once() -> None:
    billing = Billing()
    assert billing.hear(order(line(quantity=2, shipped=2))) == [(INVOICE, 2400, None)]
    assert billing.hear(order(line(quantity=2, shipped=2), version=2)) == []


def test_a_second_shipment_is_the_difference() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3, shipped=1, price="0.333"), prices_include_tax=False))
    billing.hear(order(line(quantity=3, shipped=3, price="0.333"), prices_include_tax=False))
    assert units(billing.documents) == [{1: 1}, {1: 2}]
    assert billing.net == order(line(quantity=3, price="0.333"), prices_include_tax=False).totals.gross


def test_parts_add_up_to_the_order() -> None:
    """Three invoices of 0.33 net at 20 % bear 0.07 + 0.06 + 0.07: together what the order says."""
    billing = Billing()
    for shipped in (1, 2, 3):
        subject = order(
            *(line(id_, price="0.33", shipped=int(id_ <= shipped)) for id_ in (1, 2, 3)), prices_include_tax=False
        )
        billing.hear(subject)
    taxes = [sum(position.amounts.tax for position in document.positions) for document in billing.documents]
    assert taxes == [7, 6, 7]
    assert billing.net == subject.totals.gross


@pytest.mark.parametrize("policy", [InvoicePolicy.MANUAL, InvoicePolicy.ON_PAYMENT])
def test_other_policies_do_not_invoice_a_shipment(policy: InvoicePolicy) -> None:
    billing = Billing(policy)
    assert billing.hear(order(line(shipped=1))) == []
    assert billing.hear(order(line(shipped=1), invoicing=Invoicing.SHIPPED)) == [(INVOICE, 1200, None)]


def test_on_payment_the_whole_order_is_invoiced() -> None:
    billing = Billing(InvoicePolicy.ON_PAYMENT)
    subject = order(line(quantity=2))
    assert billing.hear(subject, Paid(2300)) == []
    assert billing.hear(subject, Paid(2400)) == [(INVOICE, 2400, None)]
    assert billing.hear(subject, Paid(2400, refunded=500)) == [(CREDIT_NOTE, 500, "refunded")]
    assert billing.hear(subject, Paid(2400, refunded=2400)) == [(CREDIT_NOTE, 1900, "refunded")]


def test_returning_an_overpayment_credits_nothing() -> None:
    billing = Billing(InvoicePolicy.ON_PAYMENT)
    billing.hear(order(line(quantity=2)), Paid(3000))
    assert billing.hear(order(line(quantity=2)), Paid(3000, refunded=600)) == []


def test_each_parcel_has_its_invoice() -> None:
    billing = Billing(InvoicePolicy.PER_SHIPMENT)
    parcels = [parcel(1, {1: 1}), parcel(2, {1: 2})]
    gift_wrap = line(2, price="3.00", shipped=1, kind=LineKind.SERVICE)
    billing.hear(order(line(quantity=4, shipped=3), gift_wrap, parcels=parcels))
    assert [document.scope for document in billing.documents] == ["parcel/1", "parcel/2"]
    assert units(billing.documents) == [{1: 1, 2: 1}, {1: 2}]
    billing.hear(order(line(quantity=4, shipped=4), gift_wrap, parcels=[*parcels, parcel(3, {1: 1})]))
    assert [document.scope for document in billing.documents][2:] == ["parcel/3"]


def test_wanted_now_invoices_the_whole_order() -> None:
    billing = Billing(InvoicePolicy.MANUAL)
    assert billing.hear(order(line(quantity=2), invoice_wanted=True)) == [(INVOICE, 2400, None)]
    assert billing.hear(order(line(quantity=2, shipped=2), invoicing=Invoicing.SHIPPED, invoice_wanted=True)) == []


def test_an_early_invoice_is_kept_when_nobody_wants_it_any_more() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=2), invoice_wanted=True))
    assert billing.hear(order(line(quantity=2))) == []


def test_suppressed_is_not_invoiced() -> None:
    assert Billing().hear(order(line(shipped=1), invoice_wanted=False)) == []


@pytest.mark.parametrize("level", [Invoicing.NEVER, Invoicing.NOTHING_NEW, Invoicing.CREDIT, Invoicing.OTHER])
def test_levels_that_invoice_nothing(level: Invoicing) -> None:
    assert Billing().hear(order(line(shipped=1), invoicing=level)) == []


def test_a_test_order_takes_no_number() -> None:
    assert Billing().hear(order(line(shipped=1), test=True)) == []


def test_on_hold_keeps_what_is_invoiced() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=2, shipped=1)))
    assert billing.hear(order(line(quantity=2, shipped=2), invoicing=Invoicing.NOTHING_NEW)) == []


def test_cancelled_is_credited_in_full_and_uncancelled_is_the_next_generation() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=2, shipped=2)))
    assert billing.hear(order(line(quantity=2, shipped=2), invoicing=Invoicing.CREDIT)) == [
        (CREDIT_NOTE, 2400, "cancelled")
    ]
    assert billing.hear(order(line(quantity=2, shipped=2))) == [(INVOICE, 2400, None)]
    assert [(document.scope, document.generation) for document in billing.documents][::2] == [
        ("order/1", 1),
        ("order/1", 2),
    ]


def test_a_cancel_that_was_never_heard_changes_nothing() -> None:
    billing = Billing()
    billing.hear(order(line(shipped=1)))
    assert billing.hear(order(line(shipped=1), version=3)) == []


def test_what_came_back_is_credited() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3, shipped=3)))
    back = order(line(quantity=3, shipped=3, restocked=1), invoicing=Invoicing.LESS_RETURNED)
    assert billing.hear(back) == [(CREDIT_NOTE, 1200, "returned")]
    assert units(billing.documents)[1] == {1: 1}


def test_a_return_that_is_then_refunded_is_credited_once() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3, shipped=3)), Paid(3600))
    back = order(line(quantity=3, shipped=3, restocked=1), invoicing=Invoicing.LESS_RETURNED)
    billing.hear(back, Paid(3600))
    assert billing.hear(back, Paid(3600, refunded=1200)) == []
    assert billing.hear(back, Paid(3600, refunded=1500)) == [(CREDIT_NOTE, 300, "refunded")]


def test_a_refund_whose_goods_then_return_is_credited_once() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3, shipped=3)), Paid(3600))
    out = order(line(quantity=3, shipped=3), invoicing=Invoicing.LESS_RETURNED)
    assert billing.hear(out, Paid(3600, refunded=1200)) == [(CREDIT_NOTE, 1200, "refunded")]
    back = order(line(quantity=3, shipped=3, restocked=1), invoicing=Invoicing.LESS_RETURNED)
    assert billing.hear(back, Paid(3600, refunded=1200)) == []
    all_back = order(line(quantity=3, shipped=3, restocked=3), invoicing=Invoicing.LESS_RETURNED)
    assert billing.hear(all_back, Paid(3600, refunded=1200)) == [(CREDIT_NOTE, 2400, "returned")]


def test_a_refunded_order_that_goes_on_is_invoiced_again() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3, shipped=3)), Paid(3600))
    out = order(line(quantity=3, shipped=3), invoicing=Invoicing.LESS_RETURNED)
    billing.hear(out, Paid(3600, refunded=1000))
    assert billing.hear(order(line(quantity=3, shipped=3)), Paid(3600, refunded=1000)) == [
        (CREDIT_NOTE, 2600, "corrected"),
        (INVOICE, 3600, None),
    ]


def test_a_changed_price_is_a_new_generation() -> None:
    billing = Billing()
    billing.hear(order(line(1, shipped=1), line(2, quantity=2)))
    billing.hear(order(line(1, shipped=1), line(2, quantity=2, shipped=2)))
    changed = order(line(1, shipped=1), line(2, quantity=2, shipped=2, price="11.00"))
    assert billing.hear(changed) == [(CREDIT_NOTE, 2400, "corrected"), (INVOICE, 2200, None)]
    assert [document.scope for document in billing.documents] == ["order/1", "order/2", "doc-2", "order/2"]


def test_a_line_reduced_under_its_invoice_is_a_new_generation() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3), invoice_wanted=True))
    assert billing.hear(order(line(quantity=2), invoice_wanted=True)) == [
        (CREDIT_NOTE, 3600, "corrected"),
        (INVOICE, 2400, None),
    ]


def test_a_line_raised_above_its_invoice_is_the_difference() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=3), invoice_wanted=True))
    assert billing.hear(order(line(quantity=5), invoice_wanted=True)) == [(INVOICE, 2400, None)]


def test_money_back_is_spread_over_the_rates() -> None:
    billing = Billing()
    subject = order(line(1, price="60.00", rate="20", shipped=1), line(2, price="40.00", rate="5.5", shipped=1))
    billing.hear(subject, Paid(10000))
    back = subject.model_copy(
        update={"levels": subject.levels.model_copy(update={"invoicing": Invoicing.LESS_RETURNED})}
    )
    billing.hear(back, Paid(10000, refunded=1000))
    credit = billing.documents[1].positions
    assert [(position.quantity, position.amounts.gross) for position in credit] == [(0, 600), (0, 400)]
    assert [position.amounts.tax for position in credit] == [100, 21]


def test_more_than_invoiced_is_never_credited() -> None:
    billing = Billing()
    billing.hear(order(line(quantity=2, shipped=1)), Paid(2400))
    back = order(line(quantity=2, shipped=1), invoicing=Invoicing.LESS_RETURNED)
    assert billing.hear(back, Paid(2400, refunded=1200)) == []  # the refund of what was never sent
    assert billing.hear(back, Paid(2400, refunded=2400)) == [(CREDIT_NOTE, 1200, "refunded")]
    assert billing.net == 0


def test_an_invoice_lost_to_a_refund_is_not_issued_twice() -> None:
    """The refund took the newest invoice and a part of the first; the first line's return must leave it so."""
    billing = Billing()
    shipped = [line(1, price="4.90", shipped=1), line(2, price="0.40", shipped=1)]
    billing.hear(order(shipped[0], line(2, price="0.40")))
    billing.hear(order(*shipped), Paid(530))
    billing.hear(order(*shipped, invoicing=Invoicing.LESS_RETURNED), Paid(530, refunded=300))
    back = order(line(1, price="4.90", shipped=1, restocked=1), shipped[1], invoicing=Invoicing.LESS_RETURNED)
    assert billing.hear(back, Paid(530, refunded=300)) == [(CREDIT_NOTE, 190, "returned")]
    assert billing.net == 40
