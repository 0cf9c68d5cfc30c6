"""Money arithmetic: the total a client was shown never moves, and lines, rates and totals agree to the minor unit."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import (
    Amounts,
    InvalidAmount,
    Item,
    UnknownCurrency,
    apportion,
    basket,
    exponent,
    from_minor,
    line_amount,
    parse_amount,
    tax_of,
    to_minor,
)

RATES = [Decimal(rate) for rate in ("0", "2.1", "5.5", "7.7", "10", "19", "20", "25.5")]
CURRENCIES = ("EUR", "JPY", "TND")
BASKETS = 20_000


def random_items(dice: random.Random) -> list[Item]:
    decimals = dice.choice((0, 2, 2, 2, 4, 6))
    return [
        Item(dice.randint(1, 40), Decimal(dice.randint(0, 10**6)).scaleb(-decimals), dice.choice(RATES))
        for _ in range(dice.randint(1, 12))
    ]


@pytest.mark.parametrize("prices_include_tax", [True, False])
def test_baskets_agree_to_the_cent(prices_include_tax: bool) -> None:
    dice = random.Random(20_000)
    for _ in range(BASKETS):
        items, currency = random_items(dice), dice.choice(CURRENCIES)
        found = basket(items, currency, prices_include_tax=prices_include_tax)
        stated = [line_amount(item.quantity, item.unit_price, currency) for item in items]

        shown = [line.gross if prices_include_tax else line.net for line in found.lines]
        assert shown == stated, "a line's shown amount moved"
        assert (found.gross if prices_include_tax else found.net) == sum(stated), "the shown total moved"
        for parts in (found.lines, [rate.amounts for rate in found.rates]):
            assert sum(part.net for part in parts) == found.net
            assert sum(part.tax for part in parts) == found.tax
            assert sum(part.gross for part in parts) == found.gross
        assert found.net + found.tax == found.gross
        assert all(line.net + line.tax == line.gross and line.net >= 0 and line.tax >= 0 for line in found.lines)
        for rate in found.rates:
            if prices_include_tax:
                assert abs(rate.tax - tax_of(rate.net, rate.rate, included=False)) <= 1
            else:
                assert rate.tax == tax_of(rate.net, rate.rate, included=False)


def test_a_basket_with_tax_included() -> None:
    found = basket(
        [Item(3, Decimal("4.90"), Decimal(20)), Item(1, Decimal("10.00"), Decimal("5.5"))],
        "EUR",
        prices_include_tax=True,
    )
    assert found.lines == (Amounts(1225, 245, 1470), Amounts(948, 52, 1000))
    assert [(rate.rate, rate.net, rate.tax) for rate in found.rates] == [(20, 1225, 245), (Decimal("5.5"), 948, 52)]
    assert (found.net, found.tax, found.gross) == (2173, 297, 2470)


def test_the_tax_of_a_rate_is_computed_once() -> None:
    """Three lines of 0.33 bear 0.20 together; rounded line by line they would bear 0.21."""
    found = basket([Item(1, Decimal("0.33"), Decimal(20))] * 3, "EUR", prices_include_tax=False)
    assert [line.tax for line in found.lines] == [7, 7, 6]
    assert found.tax == 20


def test_equal_rates_form_one_group() -> None:
    found = basket(
        [Item(1, Decimal(1), Decimal("20")), Item(1, Decimal(1), Decimal("20.00"))], "EUR", prices_include_tax=False
    )
    assert len(found.rates) == 1


def test_an_empty_basket() -> None:
    found = basket([], "EUR", prices_include_tax=True)
    assert (found.lines, found.rates, found.gross) == ((), (), 0)


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30))
def test_parts_add_up(total: int, weights: list[int]) -> None:
    assert sum(apportion(total, weights)) == total


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
def test_a_part_is_within_one_of_its_share(total: int, weights: list[int]) -> None:
    for part, weight in zip(apportion(total, weights), weights, strict=True):
        assert abs(part - Decimal(total) * weight / sum(weights)) < 1


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1.005", "EUR", 101),
        ("-1.005", "EUR", -101),
        ("1234.5", "JPY", 1235),
        ("0.0005", "TND", 1),
        ("0.004", "EUR", 0),
    ],
)
def test_rounding_is_half_up(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@given(st.integers(1 - 10**15, 10**15 - 1), st.sampled_from([*CURRENCIES, "CLF"]))
def test_the_json_form_reads_back(minor: int, currency: str) -> None:
    assert parse_amount(str(from_minor(minor, currency)), currency) == minor


@pytest.mark.parametrize("text", ["", "12,50", "1e3", " 1", "1.", ".5", "+1", "NaN", "1_000", "12.505", "٣", "1" * 16])
def test_unclear_amounts_are_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text, "EUR")


def test_exponents() -> None:
    assert {code: exponent(code) for code in ("EUR", "HUF", "JPY", "CLP", "ISK", "KWD", "TND")} == {
        "EUR": 2,
        "HUF": 2,
        "JPY": 0,
        "CLP": 0,
        "ISK": 0,
        "KWD": 3,
        "TND": 3,
    }
    with pytest.raises(UnknownCurrency):
        exponent("XYZ")
