"""What a line says of its price: quantity times price less the discount is its amount, on paper and in the XML."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.documents import view
from services.billing.domain import Case, Issued, Paid, Paper, Wish, credit_note, due, issued
from services.billing.einvoice.content import items
from shared.contracts import InvoicePolicy, Order
from tests.billing.builders import line, order, shop
from tests.billing.einvoice_cases import seal
from tests.billing.samples import printed
from tests.billing.test_einvoice_amounts import life, sales

COUPON = (
    line(1, quantity=3, shipped=3, price="10.00", discount=225),
    line(2, quantity=3, shipped=3, price="3.33", discount=75),
    line(3, shipped=1, price="5.55", discount=555),
)


def figure(text: str | None) -> Decimal:
    """What stands on an English page, without its signs."""
    return Decimal("".join(re.findall(r"[0-9.]", text or "0")))


def told(content: dict[str, Any]) -> list[tuple[str | None, ...]]:
    return [
        (row["quantity"], row["unit"], row["discount"], row["net"]) for row in view(content, language="en")["lines"]
    ]


def check(content: dict[str, Any], *, unit: str = "unit", discount: str = "discount", amount: str = "net") -> None:
    """Every line of a document comes out."""
    for row in view(content, language="en")["lines"]:
        if row["quantity"] != "–":
            full = figure(row["quantity"]) * figure(row[unit])
            total = figure(row[amount])
            assert full.quantize(total, rounding=ROUND_HALF_UP) - figure(row[discount]) == total, row


def credited(subject: Order, *amounts: int) -> list[dict[str, Any]]:
    """The invoice, credit notes of these amounts by hand, and that of the rest."""
    policy, paid = InvoicePolicy.ON_SHIPMENT, Paid()
    drafts, documents, contents = due(subject, policy, paid, [], lambda: "doc-1"), list[Issued](), []
    for amount in (*amounts, None):
        contents.append(seal(subject, shop(), drafts[0], documents, paid))
        documents.append(issued(contents[-1]))
        case, wish = Case(subject, policy, paid, documents), Wish("?", "op", amount=amount)
        drafts = [credit_note(case, "doc-1", wish, lambda: f"doc-{len(documents) + 1}")]
    return [*contents, seal(subject, shop(), drafts[0], documents, paid)]


@settings(max_examples=60, deadline=None)
@given(subject=sales(), back=st.integers(0, 5))
def test_every_printed_line_comes_out(subject: Order, back: int) -> None:
    for content in life(subject, back):
        check(content)
    check(printed(subject, Paper.ORDER_FORM), unit="price", discount="stated_discount", amount="amount")


@settings(max_examples=60, deadline=None)
@given(subject=sales(), part=st.integers(1, 99))
def test_every_line_comes_out_after_credits_of_money(subject: Order, part: int) -> None:
    everything = [one.model_copy(update={"shipped": one.quantity}) for one in subject.lines]
    subject = subject.model_copy(update={"lines": tuple(everything)})
    if subject.totals.gross < 100:
        return
    invoice, *credits_ = credited(subject, subject.totals.gross * part // 100)
    for content in (invoice, *credits_):
        check(content)
    reduced = {one.sku for one in items(invoice) if one.price.reduction}
    assert {one.sku for one in items(credits_[-1]) if one.price.reduction} <= reduced


@pytest.mark.parametrize(
    ("included", "lines"),
    [
        (
            True,
            [
                ("3", "8.3333", "discount −€1.87", "23.13"),
                ("3", "2.775", "discount −€0.63", "7.70"),
                ("1", "4.625", "discount −€4.63", "0.00"),
            ],
        ),
        (
            False,
            [
                ("3", "10.00", "discount −€2.25", "27.75"),
                ("3", "3.33", "discount −€0.75", "9.24"),
                ("1", "5.55", "discount −€5.55", "0.00"),
            ],
        ),
    ],
)
def test_a_discount_is_told_once(included: bool, lines: list[tuple[str, ...]]) -> None:
    invoice, whole = credited(order(*COUPON, prices_include_tax=included))
    assert told(invoice) == lines
    assert told(whole) == lines


def test_what_was_credited_before_is_no_discount() -> None:
    """2 × 12.00 less 1.80, of which 10.00 was given back before: the reduction stays 0.75 a unit without tax."""
    invoice, money, rest = credited(order(line(quantity=2, shipped=2, discount=180)), 1000)
    assert told(invoice) == [("2", "10.00", "discount −€1.50", "18.50")]
    assert told(money) == [("–", "–", None, "8.33")]
    assert told(rest) == [("2", "5.835", "discount −€1.50", "10.17")]
    prices = [items(content)[0].price for content in (invoice, money, rest)]
    assert [(one.amount, one.before, one.reduction) for one in prices] == [
        ("9.25", "10.00", "0.75"),
        ("8.33", None, None),
        ("5.085", "5.835", "0.75"),
    ]


def test_what_was_credited_before_is_in_no_price_without_a_discount_either() -> None:
    *_, rest = credited(order(line(quantity=2, shipped=2), prices_include_tax=False), 1000)
    assert told(rest) == [("2", "7.835", None, "15.67")]
