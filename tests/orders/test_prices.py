"""The arithmetic of an order over 20,000 random baskets, checked against fractions; and prices of lists all the way.

Several tax rates in a basket, currencies with 0, 2 and 3 decimals, prices shown with or without tax, and promotions:
what the client is shown never moves by a cent, and lines, rates and totals agree. With prices of the client's list,
the route that shows them, the preview, the saved order and billing find the same amounts.
"""

import random
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.billing.domain.pricing import price_more
from services.orders.commands.pricing import price
from services.orders.domain.prices import Price, shown
from services.orders.domain.quantities import Line
from services.orders.domain.types import StatusType
from services.orders.queries.records import LineRecord, OrderRecord
from shared.contracts import ListPrice, Order
from shared.money import to_minor
from tests.orders.driver import Driver, Json
from tests.orders.tariffs import bought, client, make_group, put_into, sell

BASKETS = 20_000
DECIMALS = {"JPY": 0, "EUR": 2, "TND": 3, "KWD": 3}
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
        for rate, paid in left.items():
            of_rate = [line for line in record.lines if line.tax_rate == rate]
            if included:
                assert sum(line.net for line in of_rate) == half_up(paid / (1 + Fraction(rate) / 100))
            else:
                assert sum(line.tax for line in of_rate) == half_up(paid * Fraction(rate) / 100)
        assert (record.net, record.tax) == (sum(one.net for one in record.lines), sum(one.tax for one in record.lines))
        assert record.net + record.tax == record.gross


def amounts(currency: str, finer: int = 0) -> st.SearchStrategy[Decimal]:
    """Prices up to 500 or so, with the currency's decimals, or with `finer` more of them."""
    return st.integers(0, 50_000).map(lambda units: Decimal(units).scaleb(-DECIMALS[currency] - finer))


@settings(max_examples=2000, deadline=None)
@given(st.data(), st.sampled_from(sorted(DECIMALS)), st.sampled_from(RATES), st.booleans(), st.booleans())
def test_a_price_is_shown_in_the_currencys_decimals_rounded_half_up(
    data: st.DataObject, currency: str, rate: Decimal, included: bool, with_tax: bool
) -> None:
    written = data.draw(amounts(currency))
    found = shown(Price("public", written, included), rate, currency, with_tax=with_tax)
    assert -int(found.as_tuple().exponent) == DECIMALS[currency]
    factor = 1 + Fraction(rate) / 100
    exact = Fraction(written) * 10 ** DECIMALS[currency]
    if included != with_tax:
        exact = exact * factor if with_tax else exact / factor
    assert to_minor(found, currency) == half_up(exact)


SKUS = ("A", "B", "C")
LISTS = ("public", "reseller", "historic")


@st.composite
def grids(draw: st.DrawFn) -> dict[str, Any]:
    """What one article costs: its own price in euros, and prices in some lists and currencies."""
    listed = [
        ListPrice(price_list=name, currency=currency, price=draw(amounts(currency)), includes_tax=draw(st.booleans()))
        for name in LISTS
        for currency in sorted(DECIMALS)
        if (name, currency) != ("public", "EUR") and draw(st.integers(0, 4))
    ]
    return {
        "price": str(draw(amounts("EUR", draw(st.sampled_from((0, 2)))))),
        "tax_rate": draw(st.sampled_from(RATES)),
        "price_includes_tax": draw(st.booleans()),
        "listed": listed,
    }


@st.composite
def baskets(draw: st.DrawFn) -> Json:
    """An order of anybody's in some currency, most of its lines without a price."""
    currency = draw(st.sampled_from(sorted(DECIMALS)))
    lines = draw(
        st.lists(
            st.fixed_dictionaries(
                {"sku": st.sampled_from(SKUS), "name": st.just("Article"), "quantity": st.integers(1, 40)},
                optional={"unit_price": amounts(currency).map(str)},
            ),
            min_size=1,
            max_size=6,
        )
    )
    basis = draw(st.sampled_from(({}, {}, {"prices_include_tax": True}, {"prices_include_tax": False})))
    coupons = draw(st.sampled_from(([], ["SEVEN"], [currency], [currency, "SEVEN"])))
    buyer = client(draw(st.sampled_from(("guest", "trade", "old"))))
    return {"lines": lines, "currency": currency, "coupons": coupons, **basis, **buyer}


async def open_shop(orders: Driver) -> None:
    """Clients of a net and of a gross list, a promotion by itself, and coupons: of percents, and one a currency.

    Once: the examples of a test share its database.
    """
    if (await orders.get("customer-groups"))["items"]:
        return
    for name, group, shows in (("trade", "reseller", "net"), ("old", "historic", "gross")):
        await make_group(orders, group, price_list=group, prices_shown=shows)
        await orders.place(**client(name))
        await put_into(orders, group, f"{name}@example.com")
    await make_group(orders, "public")
    offers = [
        {"name": "A by itself", "kind": "percent", "value": "3", "skus": ["A"]},
        {"name": "Seven", "kind": "percent", "value": "7.5", "code": "SEVEN"},
    ]
    for currency, value in (("EUR", "5.01"), ("JPY", "499"), ("TND", "2.125"), ("KWD", "0.333")):
        offers.append({"name": currency, "kind": "amount", "value": value, "currency": currency, "code": currency})
    for offer in offers:
        answer = await orders.http.post("/api/v1/promotions", json=offer)
        assert answer.status_code == 201, answer.text


def check_amounts(document: Json, message: Order) -> None:
    """The lines, the totals, what was shown, and what billing makes of the message."""
    minor = {name: to_minor(Decimal(document["totals"][name]), message.currency) for name in ("net", "tax", "gross")}
    assert minor == {name: sum(getattr(line, name) for line in message.lines) for name in minor}
    assert minor == message.totals.model_dump(include=set(minor))
    assert minor["net"] + minor["tax"] == minor["gross"]
    stated = sum(to_minor(line.quantity * line.unit_price, message.currency) for line in message.lines)
    off = sum(used.amount for used in message.adjustments)
    assert minor["gross" if message.prices_include_tax else "net"] == stated - off, "what was shown moved"
    positions = price_more(message, [], {line.id: line.quantity for line in message.lines})
    invoiced = [(found.line, found.amounts.net, found.amounts.tax, found.amounts.gross) for found in positions]
    assert invoiced == [(line.id, line.net, line.tax, line.gross) for line in message.lines]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(catalogue=st.tuples(*[grids() for _ in SKUS]), basket=baskets(), public=st.sampled_from(("gross", "net")))
async def test_shown_previewed_saved_and_invoiced_amounts_are_the_same(
    orders: Driver, catalogue: tuple[dict[str, Any], ...], basket: Json, public: str
) -> None:
    await open_shop(orders)
    answer = await orders.http.put("/api/v1/customer-groups/public", json={"name": "public", "prices_shown": public})
    assert answer.status_code == 200, answer.text
    known = dict(zip(SKUS, catalogue, strict=True))
    for sku, sheet in known.items():
        rest = {name: sheet[name] for name in ("tax_rate", "price_includes_tax")}
        version = orders.next_version("inventory", sku)
        await sell(orders, sku, sheet["price"], *sheet["listed"], version=version, **rest)
    lines = [{**line, "tax_rate": f"{known[line['sku']]['tax_rate']}"} for line in basket.pop("lines")]
    body = bought(*lines, **basket)
    previewed = await orders.http.post("/api/v1/orders/preview", json=body)
    saved = await orders.http.post("/api/v1/orders", json=body)
    asked = {"sku": list(SKUS), "customer": body["customer"]["email"], "currency": body["currency"]}
    seen = await orders.get("prices", **asked)
    seen_price = {item["sku"]: item["price"] for item in seen["items"]}
    if any("unit_price" not in line and seen_price[line["sku"]] is None for line in lines):
        assert (previewed.status_code, saved.status_code) == (422, 422)
        assert previewed.json()["type"] == saved.json()["type"] == "urn:comptoir:problem:no-price"
        return
    assert (previewed.status_code, saved.status_code) == (200, 201), saved.text
    document = saved.json()
    del document["confirmation"]
    assert {**document, **previewed.json()} == document == await orders.read(document["code"])
    check_amounts(document, await orders.message(document["id"]))
    for line, made in zip(lines, document["lines"], strict=True):
        if "unit_price" in line:
            assert (made["unit_price"], made["price_list"]) == (line["unit_price"], None)
        elif document["prices_include_tax"] == seen["prices_include_tax"]:
            assert made["unit_price"] == seen_price[line["sku"]]
