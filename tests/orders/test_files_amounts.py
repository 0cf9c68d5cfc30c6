"""Numbers as exports write them, prices that come to the cent, rates found from amounts of tax."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.files.amounts import number, prices_of, rate_of
from shared.money import line_amount, tax_of

RATES = [Decimal(rate) for rate in ("20", "10", "5.5", "2.1", "0")]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("12.50", "12.50"),
        ("-11062.06", "-11062.06"),
        ("AU $3,000.00", "3000.00"),
        ("-$5.00", "-5.00"),
        ("£15.50", "15.50"),
        ("1,234,567.8", "1234567.8"),
        ("1’234.50", "1234.50"),
        ("12,50", None),
        ("12abc", None),
        ("1e5", None),
        ("NaN", None),
        ("", None),
    ],
)
def test_a_number_with_a_decimal_point(cell: str, found: str | None) -> None:
    assert number(cell) == (None if found is None else Decimal(found))


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("12,50", "12.50"),
        ("12,50 €", "12.50"),
        ("1 234,50 EUR", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1.012,50", "1012.50"),
        ("12.50", None),  # a thousand has three digits: this file does not write decimal commas after all
    ],
)
def test_a_number_with_a_decimal_comma(cell: str, found: str | None) -> None:
    assert number(cell, decimal_comma=True) == (None if found is None else Decimal(found))


@given(st.integers(1, 5000), st.integers(0, 10**8), st.sampled_from(["EUR", "JPY", "TND"]))
def test_prices_come_to_exactly_the_amount(quantity: int, amount: int, currency: str) -> None:
    prices = prices_of(quantity, amount, currency)
    assert sum(pieces for pieces, _ in prices) == quantity
    assert sum(line_amount(pieces, price, currency) for pieces, price in prices) == amount
    assert all(price >= 0 and -int(price.as_tuple().exponent) <= 4 for _, price in prices)
    if currency == "EUR" and quantity < 100:
        assert len(prices) == 1


@given(st.integers(50, 10**7), st.sampled_from(RATES), st.booleans())
def test_the_rate_of_an_amount_of_tax_is_a_known_one(net: int, rate: Decimal, included: bool) -> None:
    tax = tax_of(net, rate, included=False)
    found = rate_of(net + tax if included else net, tax, RATES, included=included)
    assert found is not None
    assert abs(tax_of(net, found, included=False) - tax) <= 1


def test_an_unknown_rate_is_the_quotient_and_no_amount_has_none() -> None:
    assert rate_of(10_000, 770, RATES, included=False) == Decimal("7.70")
    assert rate_of(0, 0, RATES, included=False) is None
