"""Turnover: what counts, where and when; and that the sums always are what a computation from scratch comes to."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.orders.domain.statistics import RULES, Amounts, Facts, Key, Sold, contribution, difference, total
from services.orders.domain.types import StatusType
from services.orders.jobs import count_changed
from services.orders.tables import counted_orders, counted_shops, turnover
from tests.orders.driver import Driver, Json, invoice, line, shop_input
from tests.orders.tariffs import make_group, put_into
from tests.statements import statements


async def turned_over(orders: Driver, by: str = "day", **query: Any) -> dict[str, Json]:
    """Turnover by whatever, counted and proven; one currency."""
    await count_changed(orders.service.outbox)
    proof = await orders.get("statistics/verify")
    assert proof["differences"] == []
    assert proof["pending"] == 0
    items = (await orders.get("statistics/turnover", by=by, **query))["items"]
    return {item[by]: item for item in items}


def gross(found: dict[str, Json]) -> dict[str, str]:
    return {value: item["booked"]["gross"] for value, item in found.items()}


@pytest.mark.row("S3-23")
@pytest.mark.row("S0-11")
async def test_turnover_by_day_month_and_year_of_the_shops_zone(orders: Driver) -> None:
    for placed_at in ("2025-12-31T22:59:59Z", "2025-12-31T23:00:00Z", "2026-01-31T12:00:00Z", "2026-06-01T09:00:00Z"):
        await orders.place(line(quantity=1, price="10.00"), placed_at=placed_at)
    assert gross(await turned_over(orders, "day")) == {
        "2025-12-31": "10.00", "2026-01-01": "10.00", "2026-01-31": "10.00", "2026-06-01": "10.00"
    }  # fmt: skip
    assert gross(await turned_over(orders, "month")) == {"2025-12": "10.00", "2026-01": "20.00", "2026-06": "10.00"}
    assert gross(await turned_over(orders, "year")) == {"2025": "10.00", "2026": "30.00"}
    narrowed = await turned_over(orders, "month", **{"from": "2026-01-01", "to": "2026-01-30"})
    assert gross(narrowed) == {"2026-01": "10.00"}


async def test_an_order_imported_as_refunded_is_no_turnover_and_a_shipped_one_is(orders: Driver) -> None:
    for status in ("refunded", "returned", "cancelled", "shipped"):
        await orders.place(line(quantity=1, price="10.00"), imported=True, status=status, external_id=status)
    assert gross(await turned_over(orders, "channel")) == {"web": "10.00"}


@pytest.mark.row("S3-24")
async def test_ranking_by_client_type(orders: Driver) -> None:
    await orders.place(line(quantity=1, price="10.00"))
    company = {"name": "Bo", "email": "bo@example.org", "company": "Bo & Co"}
    await orders.place(line(quantity=2, price="10.00"), customer=company)
    found = await turned_over(orders, "client_type")
    assert list(gross(found).items()) == [("company", "20.00"), ("private", "10.00")]
    assert gross(await turned_over(orders, "channel")) == {"web": "30.00"}


async def test_turnover_by_customer_group(orders: Driver) -> None:
    """The group the client was in at the time of the order; a later change of it moves no past turnover."""
    await orders.place(line(quantity=1, price="10.00"))
    await make_group(orders, "resellers")
    await put_into(orders, "resellers")
    await orders.place(line(quantity=1, price="20.00"))
    await put_into(orders, None)
    assert gross(await turned_over(orders, "customer_group")) == {"resellers": "20.00", "public": "10.00"}


@pytest.mark.row("S3-25")
async def test_turnover_by_transaction_type(orders: Driver) -> None:
    """Card, cheque, transfer: whatever the order names; a corrected method moves its turnover."""
    made = {method: await orders.place(payment_method=method) for method in ("card", "cheque", "transfer")}
    await orders.place(line(quantity=1, price="100.00"), payment_method="cheque")
    await orders.place(line(quantity=1, price="1.00"))
    await orders.hear(orders.account(made["card"], "paid", captured=3750))
    found = await turned_over(orders, "payment_method")
    assert gross(found) == {"cheque": "137.50", "card": "37.50", "transfer": "37.50", "": "1.00"}
    assert {method: row["paid"] for method, row in found.items() if row["paid"] != "0.00"} == {"card": "37.50"}
    await orders.http.patch(f"/api/v1/orders/{made['transfer']['code']}", json={"payment_method": "card"})
    assert gross(await turned_over(orders, "payment_method")) == {"cheque": "137.50", "card": "75.00", "": "1.00"}


@pytest.mark.row("S3-26")
async def test_average_basket(orders: Driver) -> None:
    for price in ("10.00", "10.00", "10.01"):
        await orders.place(line(quantity=1, price=price))
    (month,) = (await turned_over(orders, "month")).values()
    assert month["booked"]["average_basket"] == "10.00"
    assert month["booked"]["orders"] == 3
    for price in ("0.02", "0.02", "0.02"):
        await orders.place(line(quantity=1, price=price))
    assert (await turned_over(orders, "year"))["2026"]["booked"]["average_basket"] == "5.01"  # 30.07 / 6, half up


@pytest.mark.row("S2-02")
async def test_a_test_order_is_in_no_statistic(orders: Driver) -> None:
    made = await orders.place(test=True)
    await orders.hear(orders.account(made, "paid", "issued", captured=3750, documents=(invoice(),)))
    assert await turned_over(orders) == {}


async def test_booked_paid_and_invoiced_are_kept_apart(orders: Driver) -> None:
    made = await orders.place(line("WINE", quantity=3, price="12.50"))
    assert (await turned_over(orders))["2026-06-01"]["paid"] == "0.00"
    document = invoice(gross=3750).model_copy(update={"issued_on": datetime(2026, 7, 2, tzinfo=UTC).date()})
    await orders.hear(orders.account(made, "paid", "issued", captured=3750, documents=(document,)))
    found = await turned_over(orders)
    assert (found["2026-06-01"]["booked"]["gross"], found["2026-06-01"]["paid"]) == ("37.50", "37.50")
    assert found["2026-06-01"]["invoiced"] == "0.00"
    assert (found["2026-07-02"]["booked"]["gross"], found["2026-07-02"]["invoiced"]) == ("0.00", "37.50")
    assert (await turned_over(orders, "product"))["WINE"]["booked"]["quantity"] == 3


@pytest.mark.parametrize(
    ("status", "decision", "expected"),
    [
        ("processing", {}, "37.50"),
        ("cancelled", {"stock": "all"}, None),
        ("returned", {"stock": "lines", "lines": [{"line": 1, "quantity": 1}]}, "25.00"),
        ("returned", {"stock": "all"}, None),
        ("closed", {"stock": "none"}, "37.50"),
    ],
)
async def test_a_status_counts_as_its_type_says(orders: Driver, status: str, decision: Json, expected: str) -> None:
    made = await orders.place(line("WINE", quantity=3, price="12.50"))
    if status != "processing":
        await orders.move(made["code"], "shipped")
    await turned_over(orders)
    await orders.move(made["code"], status, decision=decision)
    booked = gross(await turned_over(orders)).get("2026-06-01")
    assert booked == expected
    assert gross(await turned_over(orders, "product")).get("WINE") == expected


async def test_money_given_back_is_no_turnover_of_a_refunded_order(orders: Driver) -> None:
    made = await orders.place(line("WINE", quantity=1, price="30.00"), line("BOX", quantity=1, price="10.00"))
    moved = await orders.move(made["code"], "refunded", decision={"stock": "all"})
    await orders.hear(orders.account(moved, "partly_refunded", captured=4000, refunded=1000))
    found = await turned_over(orders)
    assert found["2026-06-01"]["booked"]["gross"] == found["2026-06-01"]["paid"] == "30.00"
    assert gross(await turned_over(orders, "product")) == {"WINE": "22.50", "BOX": "7.50"}


async def test_another_zone_counts_every_order_anew(orders: Driver) -> None:
    for _ in range(3):
        await orders.place(placed_at="2026-03-01T23:30:00Z")
    assert list(await turned_over(orders)) == ["2026-03-02"]
    moved = shop_input("cave", timezone="America/New_York").model_dump(mode="json")
    answer = await orders.http.put("/api/v1/shop", json=moved)
    assert answer.status_code == 200, answer.text
    assert list(await turned_over(orders)) == ["2026-03-01"]


async def test_orders_counted_by_older_rules_are_counted_anew(orders: Driver) -> None:
    await orders.place(payment_method="card")
    await turned_over(orders)
    async with orders.service.db.write() as conn:
        await conn.execute(turnover.delete().where(turnover.c.dimension == "payment_method"))
        kept = [row for (row,) in await conn.execute(select(counted_orders.c.contribution))]
        older = [[added for added in one if added[0] != "payment_method"] for one in kept]
        await conn.execute(counted_orders.update().values(contribution=older[0]))
        await conn.execute(counted_shops.update().values(rules=RULES - 1))
    assert gross(await turned_over(orders, "payment_method")) == {"card": "37.50"}


async def test_what_is_wrong_is_found(orders: Driver) -> None:
    await orders.place(line(quantity=1, price="10.00"))
    await turned_over(orders)
    async with orders.service.db.write() as conn:
        await conn.execute(turnover.update().where(turnover.c.dimension == "channel").values(gross=1))
    proof = await orders.get("statistics/verify")
    assert not proof["ok"]
    assert [(wrong["dimension"], wrong["excess"]["gross"]) for wrong in proof["differences"]] == [("channel", -999)]


async def test_a_change_costs_no_statement_of_the_statistics(orders: Driver) -> None:
    made = await orders.place()
    with statements(orders.service.db) as seen:
        await orders.move(made["code"], "processing")
    assert not [statement for statement in seen if "turnover" in statement or "counted_" in statement]


@pytest.mark.parametrize(
    "query", [{"by": "hour"}, {"from": "x"}, {"from": "2026-02-01", "to": "2026-01-01"}, {"odd": 1}]
)
async def test_a_bad_question_is_refused(orders: Driver, query: Json) -> None:
    answer = await orders.http.get("/api/v1/statistics/turnover", params=query)
    assert answer.status_code == 422


Step = Callable[[Driver, Random, Json], Awaitable[Any]]


async def _pay(orders: Driver, dice: Random, document: Json) -> None:
    captured = dice.randrange(0, 8000)
    money = {"captured": captured, "refunded": dice.randrange(0, captured + 1)}
    await orders.hear(orders.account(document, "paid", "issued", documents=(invoice(gross=captured),), **money))


async def _move(orders: Driver, dice: Random, document: Json) -> None:
    status = dice.choice([type_.value for type_ in StatusType])
    decision = {"stock": dice.choice(["all", "unshipped", "none"])}
    await orders.try_move(document["code"], status, decision=decision)


async def _edit(orders: Driver, dice: Random, document: Json) -> None:
    lines = [line(dice.choice("ABC"), quantity=dice.randrange(1, 5), price=f"{dice.randrange(1, 40)}.99")]
    await orders.http.put(f"/api/v1/orders/{document['code']}/lines", json={"lines": lines})


async def _delete(orders: Driver, dice: Random, document: Json) -> None:
    if dice.random() < 0.3:
        path = f"/api/v1/orders/{document['code']}"
        await orders.http.request("DELETE", path, json={"decision": {"stock": "all"}})


async def _count(orders: Driver, _dice: Random, _document: Json) -> None:
    await count_changed(orders.service.outbox)


STEPS: list[Step] = [_pay, _move, _move, _edit, _delete, _count]


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_the_sums_are_those_from_scratch(orders: Driver, seed: int) -> None:
    dice = Random(seed)
    made = [
        await orders.place(
            line(dice.choice("ABC"), quantity=dice.randrange(1, 4)),
            line("D", quantity=1, price="7.77"),
            test=number == 4,
            channel=dice.choice(["web", "manual"]),
            placed_at=f"2026-0{dice.randrange(1, 6)}-28T23:{dice.randrange(10, 60)}:00Z",
        )
        for number in range(5)
    ]
    for _ in range(25):
        await dice.choice(STEPS)(orders, dice, dice.choice(made))
    await turned_over(orders)


DAYS = st.dates(datetime(2026, 1, 1, tzinfo=UTC).date(), datetime(2026, 1, 3, tzinfo=UTC).date())
CENTS = st.integers(0, 10_000)
SOLD = st.builds(
    lambda sku, kept, back, released, net, tax: Sold(sku, kept + back + released, kept, back, net, net + tax),
    st.sampled_from("AB"), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), CENTS, st.integers(0, 2000),
)  # fmt: skip


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    lines = tuple(draw(st.lists(SOLD, max_size=3)))
    return Facts(
        type=draw(st.sampled_from(StatusType)),
        day=draw(DAYS),
        currency=draw(st.sampled_from(["EUR", "JPY"])),
        net=sum(line.net for line in lines),
        gross=sum(line.gross for line in lines),
        lines=lines,
        dimensions={"all": "", "channel": draw(st.sampled_from(["web", "amazon"]))},
        paid=draw(CENTS),
        refunded=draw(CENTS),
        documents=tuple(draw(st.lists(st.tuples(DAYS, st.integers(-9999, 9999)), max_size=2))),
        deleted=draw(st.booleans()),
        test=draw(st.booleans()),
    )


@given(st.lists(st.tuples(st.integers(0, 4), facts()), max_size=30))
def test_moving_by_differences_comes_to_the_sum(history: list[tuple[int, Facts]]) -> None:
    projection: dict[Key, Amounts] = {}
    last: dict[int, dict[Key, Amounts]] = {}
    for order, now in history:
        added = contribution(now)
        projection = total([projection, difference(added, last.get(order, {}))])
        last[order] = added
    assert projection == total(last.values())


@given(facts())
def test_an_orders_turnover_adds_up(one: Facts) -> None:
    found = contribution(one)
    whole = sum(amounts.gross for key, amounts in found.items() if key.dimension == "all")
    of_products = sum(amounts.gross for key, amounts in found.items() if key.dimension == "product")
    assert whole == of_products == sum(a.gross for key, a in found.items() if key.dimension == "channel")
    assert 0 <= whole <= one.gross
    assert all(amounts.net + amounts.tax == amounts.gross for amounts in found.values())
