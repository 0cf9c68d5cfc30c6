"""The arithmetic of an order over 20,000 random baskets, checked against fractions.

Several tax rates in a basket, currencies with 0, 2 and 3 decimals, prices shown with or without tax, and promotions:
what the client is shown never moves by a cent, and lines, rates and totals agree.
"""

import random
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.orders.commands.pricing import price
from services.orders.domain.quantities import Line
from services.orders.domain.types import StatusType
from services.orders.queries.records import LineRecord, OrderRecord

BASKETS = 20_000
DECIMALS = {"JPY": 0, "EUR": 2, "TND": 3}
RATES = tuple(Decimal(rate) for rate in ("0", "2.1", "5.5", "7.7", "10", "19", "20", "25.5"))
AT = datetime(2026, 6, 1, tzinfo=UTC)


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def random_order(dice: random.Random, *, included: bool) -> OrderRecord:
    currency = dice.choice(list(DECIMALS))
    decimals = DECIMALS[currency] if included else dice.choice((DECIMALS[currency], 4))
    lines = [
        LineRecord(
            Line(number, dice.randint(0, 40)),
            dice.choice("ABCD"),
            "Article",
            "product",
            Decimal(dice.randint(0, 50_000)).scaleb(-decimals),
            dice.choice(RATES),
        )
        for number in range(1, dice.randint(2, 9))
    ]
    record = OrderRecord(
        id="", shop="cave", code="", channel="web", external_id=None, test=False, placed_at=AT, created_at=AT,
        currency=currency, prices_include_tax=included, language="fr", on_short="wait", email="", customer={},
        billing_address=None, shipping_address=None, status="received", type=StatusType.RECEIVED, status_name="",
        sent_at=AT,
    )  # fmt: skip
    record.lines = lines
    record.adjustments = [random_promotion(dice, DECIMALS[currency]) for _ in range(dice.choice((0, 0, 1, 2)))]
    return record


def random_promotion(dice: random.Random, decimals: int) -> dict[str, Any]:
    percent = dice.random() < 0.5
    value = Decimal(dice.randint(1, 1000)) / 10 if percent else Decimal(dice.randint(1, 20_000)).scaleb(-decimals)
    return {
        "kind": "percent" if percent else "amount",
        "value": f"{value:f}",
        "skus": dice.choice(([], [], ["A"], ["B", "C"])),
        "minimum": dice.choice((None, None, 5_000)),
    }


@pytest.mark.parametrize("included", [True, False])
def test_the_paid_total_never_moves(included: bool) -> None:
    dice = random.Random(6)
    for _ in range(BASKETS):
        record = random_order(dice, included=included)
        price(record)
        scale = 10 ** DECIMALS[record.currency]
        left: dict[Decimal, int] = defaultdict(int)
        for line in record.lines:
            stated = half_up(Fraction(line.unit_price) * line.quantities.ordered * scale)
            assert 0 <= line.discount <= stated
            assert (line.gross if included else line.net) == stated - line.discount, "what was shown moved"
            assert line.net + line.tax == line.gross
            assert min(line.net, line.tax) >= 0
            left[line.tax_rate] += stated - line.discount
        assert sum(line.discount for line in record.lines) == sum(used["amount"] for used in record.adjustments)
        assert (record.gross if included else record.net) == sum(left.values())
        for rate, shown in left.items():
            of_rate = [line for line in record.lines if line.tax_rate == rate]
            if included:
                assert sum(line.net for line in of_rate) == half_up(shown / (1 + Fraction(rate) / 100))
            else:
                assert sum(line.tax for line in of_rate) == half_up(shown * Fraction(rate) / 100)
        assert (record.net, record.tax) == (sum(one.net for one in record.lines), sum(one.tax for one in record.lines))
        assert record.net + record.tax == record.gross
