"""The arithmetic that the official rules pass over: of any basket, invoiced and credited in any parts, to the cent.

They accept a tax that is half a euro wrong as long as the totals follow it, and a line that is not its quantity times
its price; they know nothing of the order.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.billing.domain import Issued, Paid, due, issued
from services.billing.einvoice import cii, ubl
from services.billing.einvoice.reader import read
from shared.contracts import Invoicing, Order
from tests.billing.builders import line, order, shop
from tests.billing.einvoice_cases import seal

CENT = Decimal("0.01")
RATES = ("20", "10", "5.5", "2.1")


@st.composite
def sales(draw: st.DrawFn) -> Order:
    """Baskets with odd prices, several rates and reductions, priced with or without tax."""
    included = draw(st.booleans())
    decimals = 2 if included else 4
    lines = []
    for id_ in range(1, draw(st.integers(1, 6)) + 1):
        quantity = draw(st.integers(1, 40))
        price = Decimal(draw(st.integers(0, 10 ** (decimals + 3)))).scaleb(-decimals)
        most = int((price * quantity * 100).to_integral_value(rounding=ROUND_HALF_UP))
        lines.append(
            line(
                id_,
                quantity=quantity,
                shipped=draw(st.integers(0, quantity)),
                price=str(price),
                rate=draw(st.sampled_from(RATES)),
                discount=draw(st.sampled_from((0, most // 3))),
            )
        )
    return order(*lines, prices_include_tax=included)


def life(subject: Order, back: int) -> list[dict[str, Any]]:
    """Invoiced as shipped, then whole; some units back; cancelled."""
    everything = [one.model_copy(update={"shipped": one.quantity}) for one in subject.lines]
    returned = [one.model_copy(update={"restocked": min(back, one.quantity)}) for one in everything]
    ledger: list[Issued] = []
    contents = []
    for lines, level in (
        (subject.lines, Invoicing.POLICY),
        (everything, Invoicing.POLICY),
        (returned, Invoicing.LESS_RETURNED),
        (returned, Invoicing.CREDIT),
    ):
        levels = subject.levels.model_copy(update={"invoicing": level})
        now = subject.model_copy(update={"lines": tuple(lines), "levels": levels})
        for draft in due(now, shop().invoice_policy, Paid(), ledger, lambda: f"doc-{len(ledger)}"):
            content = seal(now, shop(), draft, ledger, Paid())
            ledger.append(issued(content))
            contents.append(content)
    return contents


@settings(max_examples=60, deadline=None)
@given(subject=sales(), back=st.integers(0, 5))
def test_every_figure_holds_in_both_syntaxes(subject: Order, back: int) -> None:
    contents = life(subject, back)
    for content in contents:
        for write, figures in ((cii, cii_figures), (ubl, ubl_figures)):
            xml = write(content)
            assert xml is not None
            check(content, figures(etree.fromstring(xml)))
            found = read(xml)
            assert Decimal(found.gross or "") == Decimal(content["totals"]["gross"])
            assert Decimal(found.tax or "") == Decimal(content["totals"]["tax"])
    signs = {"invoice": 1, "credit_note": -1}
    left = sum(signs[content["kind"]] * Decimal(content["totals"]["gross"]) for content in contents)
    assert left == 0, "what was invoiced is credited"


Figures = dict[str, Any]


def check(content: dict[str, Any], found: Figures) -> None:
    """What is written is what was sealed, and adds up."""
    for quantity, price, base, net in found["lines"]:
        assert (quantity * price / base).quantize(CENT, rounding=ROUND_HALF_UP) == net
        assert price >= 0
    totals = {name: Decimal(amount) for name, amount in content["totals"].items()}
    assert found["totals"] == (totals["net"], totals["tax"], totals["gross"])
    assert sum(net for *_, net in found["lines"]) == totals["net"] == sum(base for base, _, _ in found["groups"])
    assert sum(tax for _, tax, _ in found["groups"]) == totals["tax"]
    assert totals["net"] + totals["tax"] == totals["gross"]
    parts = len(content["lines"]) + 2  # each document before may have rounded a cent of the rate away
    for base, tax, rate in found["groups"]:
        assert abs(tax - (base * rate / 100).quantize(CENT, rounding=ROUND_HALF_UP)) <= CENT * parts


def numbers(node: etree._Element, *paths: str) -> tuple[Decimal, ...]:
    """The amounts at these local paths; a quantity that is not there is 1."""
    return tuple(Decimal(node.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or 1) for path in paths)


def _all(root: etree._Element, name: str) -> list[etree._Element]:
    return list(root.iter(f"{{*}}{name}"))


def cii_figures(root: etree._Element) -> Figures:
    price = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice"
    line_total = "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"
    paths = ("SpecifiedLineTradeDelivery/BilledQuantity", f"{price}/ChargeAmount", f"{price}/BasisQuantity", line_total)
    [sums] = _all(root, "SpecifiedTradeSettlementHeaderMonetarySummation")
    [settled] = _all(root, "ApplicableHeaderTradeSettlement")
    return {
        "lines": [numbers(one, *paths) for one in _all(root, "IncludedSupplyChainTradeLineItem")],
        "groups": [
            numbers(one, "BasisAmount", "CalculatedAmount", "RateApplicablePercent")
            for one in settled.iterchildren("{*}ApplicableTradeTax")
        ],
        "totals": numbers(sums, "TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount"),
    }


def ubl_figures(root: etree._Element) -> Figures:
    kind = etree.QName(root).localname
    quantity = "InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity"
    paths = (quantity, "Price/PriceAmount", "Price/BaseQuantity", "LineExtensionAmount")
    [sums] = _all(root, "LegalMonetaryTotal")
    net, gross = numbers(sums, "TaxExclusiveAmount", "TaxInclusiveAmount")
    return {
        "lines": [numbers(one, *paths) for one in _all(root, f"{kind}Line")],
        "groups": [
            numbers(one, "TaxableAmount", "TaxAmount", "TaxCategory/Percent") for one in _all(root, "TaxSubtotal")
        ],
        "totals": (net, *numbers(root, "TaxTotal/TaxAmount"), gross),
    }


WRITERS: tuple[Callable[[Any], bytes | None], ...] = (cii, ubl)


def test_a_price_that_no_decimals_can_say_is_that_of_all_units() -> None:
    """300,000 for a million units and three cents: more than six decimals would be needed."""
    subject = order(line(quantity=999_999, shipped=999_999, price="0.33"), prices_include_tax=True)
    [content] = life(subject, 0)[:1]
    for write, figures in zip(WRITERS, (cii_figures, ubl_figures), strict=True):
        [(quantity, price, base, net)] = figures(etree.fromstring(write(content) or b""))["lines"]
        assert quantity == 999_999
        assert (quantity * price / base).quantize(CENT, rounding=ROUND_HALF_UP) == net
