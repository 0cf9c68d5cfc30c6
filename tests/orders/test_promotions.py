"""Coupons and promotions: what they take off, on which lines, within which limits; previews that keep their word."""

import asyncio
import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.orders.driver import Driver, Json, line, order


async def offer(orders: Driver, **more: Any) -> Json:
    """A promotion: ten percent off everything, if nothing else is said."""
    body = {"name": "Ten off", "kind": "percent", "value": "10", **more}
    answer = await orders.http.post("/api/v1/promotions", json=body)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def try_place(orders: Driver, *lines: Json, **more: Any) -> httpx.Response:
    return await orders.http.post("/api/v1/orders", json=order(*lines, **more))


def refused(answer: httpx.Response) -> str:
    """The field that a refusal names."""
    assert answer.status_code == 422, answer.text
    name: str = answer.json()["errors"][0]["field"]
    return name


def amounts(document: Json) -> list[str]:
    return [used["amount"] for used in document["adjustments"]]


@pytest.mark.row("S1-16")
async def test_a_coupon_is_applied_and_shown_as_its_own_line(orders: Driver) -> None:
    await offer(orders, code="wine10", labels={"fr": "Dix pour cent", "en": "Ten percent"})
    made = await orders.place(line("WINE", 3), line("BOOK", 1, "10.00", tax_rate="5.5"), coupons=["Wine10"])
    assert [(used["code"], used["label"], used["amount"]) for used in made["adjustments"]] == [
        ("WINE10", "Dix pour cent", "-4.75")
    ]
    assert [found["discount"] for found in made["lines"]] == ["3.75", "1.00"]
    assert [(found["gross"], found["tax"]) for found in made["lines"]] == [("33.75", "5.62"), ("9.00", "0.47")]
    assert made["totals"]["gross"] == "42.75"
    told = await orders.message(made["id"])
    assert [found.discount for found in told.lines] == [375, 100]
    assert [(used.label, used.code, used.amount) for used in told.adjustments] == [("Dix pour cent", "WINE10", 475)]
    assert told.totals.gross == 4275


@pytest.mark.row("S3-19")
async def test_promotions_apply_by_themselves_to_their_articles_and_dates(orders: Driver) -> None:
    await offer(orders, name="June wine", kind="amount", value="5", currency="EUR", skus=["WINE"], minimum="30.00")
    await offer(orders, name="Next month", starts_at="2026-07-01T00:00:00Z")
    await offer(orders, name="Gone", ends_at="2026-06-01T00:00:00Z")
    await offer(orders, name="Off", active=False)
    made = await orders.place(line("WINE", 3), line("BOX", 1, "10.00"))
    assert [(used["label"], used["amount"]) for used in made["adjustments"]] == [("June wine", "-5.00")]
    assert [found["discount"] for found in made["lines"]] == ["5.00", "0.00"]
    assert (await orders.place(line("WINE", 2), line("BOX", 9, "10.00")))["adjustments"] == []
    assert (await orders.place(line("WINE", 9), currency="USD"))["adjustments"] == []
    imported = await orders.place(line("WINE", 9), imported=True, external_id="X-1")
    assert imported["adjustments"] == []


async def test_promotions_follow_one_another_and_never_below_nothing(orders: Driver) -> None:
    await offer(orders, name="Half", value="50")
    await offer(orders, code="MUCH", kind="amount", value="100", currency="EUR")
    made = await orders.place(line("WINE", 2, "10.00"), coupons=["much"])
    assert (amounts(made), made["totals"]["gross"]) == (["-10.00", "-10.00"], "0.00")


async def test_coupons_that_do_not_fit_are_named(orders: Driver) -> None:
    await offer(orders, code="BIG", kind="amount", value="5", currency="EUR", minimum="100")
    await offer(orders, code="USD", kind="amount", value="5", currency="USD")
    await offer(orders, code="BOX", skus=["BOX"])
    for codes in (["NONE"], ["BIG"], ["USD"], ["BOX"]):
        assert refused(await try_place(orders, coupons=codes)) == "coupons.0"
    assert refused(await try_place(orders, coupons=["BIG"], imported=True)) == "coupons"
    assert (await orders.get("orders"))["total"] == 0


async def test_limits_hold_when_all_come_at_once(orders: Driver) -> None:
    found = await offer(orders, code="FIRST3", usage_limit=3)
    customers = [{"name": "A", "email": f"a{number}@example.com"} for number in range(8)]
    answers = await asyncio.gather(*(try_place(orders, coupons=["FIRST3"], customer=one) for one in customers))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [422] * 5
    assert (await orders.get(f"promotions/{found['id']}"))["used"] == 3


async def test_a_client_uses_it_as_often_as_it_says(orders: Driver) -> None:
    await offer(orders, code="ONCE", client_limit=1)
    await offer(orders, name="Welcome", value="5", client_limit=1)
    first = await orders.place(coupons=["ONCE"])
    assert len(first["adjustments"]) == 2
    assert refused(await try_place(orders, coupons=["ONCE"])) == "coupons.0"
    assert (await orders.place())["adjustments"] == []
    other = {"name": "B", "email": "b@example.com"}
    assert len((await orders.place(coupons=["ONCE"], customer=other))["adjustments"]) == 2


@pytest.mark.parametrize("limit", ["usage_limit", "client_limit"])
async def test_a_cancelled_order_gives_its_use_back_and_takes_it_again(orders: Driver, limit: str) -> None:
    found = await offer(orders, code="ONCE", **{limit: 1})
    first = await orders.place(coupons=["ONCE"])
    await orders.move(first["code"], "cancelled")
    second = await orders.place(coupons=["ONCE"])
    assert refused(await try_place(orders, coupons=["ONCE"])) == "coupons.0"
    revived = await orders.move(first["code"], "received", decision={"stock": "all"})
    assert (amounts(revived), (await orders.get(f"promotions/{found['id']}"))["used"]) == (["-3.75"], 2)
    for made in (first, second):
        assert refused(await try_place(orders, coupons=["ONCE"])) == "coupons.0"
        assert (await orders.http.delete(f"/api/v1/orders/{made['code']}?stock=all")).status_code == 204
    await orders.place(coupons=["ONCE"])
    assert (await orders.get("promotions"))["items"][0]["used"] == 1


async def test_a_test_order_uses_no_coupon_up(orders: Driver) -> None:
    found = await offer(orders, code="ONCE", usage_limit=1, client_limit=1)
    assert amounts(await orders.place(coupons=["ONCE"], test=True)) == ["-3.75"]
    assert (await orders.get(f"promotions/{found['id']}"))["used"] == 0
    await orders.place(coupons=["ONCE"])


async def test_a_draft_holds_no_use_until_it_is_placed(orders: Driver) -> None:
    found = await offer(orders, code="ONCE", usage_limit=1)
    drafts = [await orders.place(line("WINE", 4, "10.00"), status="draft", coupons=["ONCE"]) for _ in range(2)]
    assert (await orders.get(f"promotions/{found['id']}"))["used"] == 0
    await orders.move(drafts[0]["code"], "received")
    assert refused(await try_place(orders, coupons=["ONCE"])) == "coupons.0"
    path = f"/api/v1/orders/{drafts[1]['code']}/lines"
    edited = await orders.http.put(path, json={"lines": [{"id": 1, "quantity": 2}]})
    assert amounts(edited.json()) == ["-2.00"], "a draft keeps the coupon that it was given"
    other = await orders.place(status="draft")
    given = {"lines": [{"id": 1}], "coupons": ["ONCE"]}
    assert refused(await orders.http.put(f"/api/v1/orders/{other['code']}/lines", json=given)) == "coupons.0"


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_a_marketplaces_order_keeps_its_price(orders: Driver, channel: str) -> None:
    await offer(orders, name="Half", value="50")
    body = order(line("WINE", 1, "10.00"), channel=channel, external_id="404-1")
    seen = (await orders.http.post("/api/v1/orders/preview", json=body)).json()
    made = (await orders.http.post("/api/v1/orders", json=body)).json()
    assert (seen["totals"]["gross"], made["totals"]["gross"], made["adjustments"]) == ("10.00", "10.00", [])
    manual = await orders.place(line("WINE", 1, "10.00"), channel=channel)
    edit = {"lines": [{"id": 1, "quantity": 2}]}
    edited = (await orders.http.put(f"/api/v1/orders/{manual['code']}/lines", json=edit)).json()
    assert (edited["totals"]["gross"], edited["adjustments"]) == ("20.00", [])
    assert (await orders.place(line("WINE", 1, "10.00"), channel="manual"))["totals"]["gross"] == "5.00"


async def test_a_changed_promotion_moves_no_order(orders: Driver) -> None:
    found = await offer(orders, code="TEN")
    made = await orders.place(line("WINE", 4, "10.00"), coupons=["TEN"])
    body = {"code": "TEN", "name": "Half", "kind": "percent", "value": "50", "active": False}
    changed = await orders.http.put(f"/api/v1/promotions/{found['id']}", json=body)
    assert (changed.json()["value"], changed.json()["used"]) == ("50", 1)
    assert await orders.read(made["code"]) == made
    path = f"/api/v1/orders/{made['code']}/lines"
    edited = (await orders.http.put(path, json={"lines": [{"id": 1, "quantity": 8}]})).json()
    assert (amounts(edited), edited["totals"]["gross"]) == (["-8.00"], "72.00")
    renamed = await orders.http.put(f"/api/v1/promotions/{found['id']}", json=body | {"code": "OTHER"})
    assert refused(renamed) == "code"


async def test_an_edit_gives_and_takes_coupons(orders: Driver) -> None:
    found = await offer(orders, code="TEN", usage_limit=1)
    made = await orders.place(line("WINE", 4, "10.00"))
    path = f"/api/v1/orders/{made['code']}/lines"
    given = (await orders.http.put(path, json={"lines": [{"id": 1}], "coupons": ["ten"]})).json()
    assert (amounts(given), given["totals"]["gross"], given["version"]) == (["-4.00"], "36.00", 2)
    assert refused(await try_place(orders, coupons=["TEN"])) == "coupons.0"
    taken = (await orders.http.put(path, json={"lines": [{"id": 1}], "coupons": []})).json()
    assert (taken["adjustments"], taken["totals"]) == ([], made["totals"])
    assert (await orders.get(f"promotions/{found['id']}"))["used"] == 0


async def test_codes_are_unique_in_a_shop(orders: Driver) -> None:
    await offer(orders, code="TEN")
    body = {"name": "Again", "code": "ten", "kind": "percent", "value": "1"}
    assert (await orders.http.post("/api/v1/promotions", json=body)).status_code == 409
    assert (await orders.get("promotions"))["total"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "percent", "value": "101"}, "value"),
        ({"kind": "percent", "value": "0"}, "value"),
        ({"kind": "amount", "value": "5"}, "currency"),
        ({"kind": "amount", "value": "5.001", "currency": "EUR"}, "value"),
        ({"kind": "percent", "value": "5", "minimum": "10"}, "currency"),
        (
            {"kind": "percent", "value": "5", "starts_at": "2026-06-02T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"},
            "ends_at",
        ),
    ],
)
async def test_bad_promotions_are_refused(orders: Driver, body: Json, field: str) -> None:
    assert refused(await orders.http.post("/api/v1/promotions", json={"name": "Bad", **body})) == field


@pytest.mark.row("S1-17")
async def test_previews_answer_what_saving_gives(orders: Driver) -> None:
    """Random baskets, placed and then edited: net and gross, several rates, three currencies, promotions."""
    rng = random.Random(11)
    await offer(orders, code="TEN")
    await offer(orders, code="SOME", value="12.5", skus=["A", "C"])
    await offer(orders, name="Seven", kind="amount", value="7", currency="EUR", minimum="20")
    for _ in range(15):
        body = _basket(rng)
        seen = await orders.http.post("/api/v1/orders/preview", json=body)
        assert seen.status_code == 200, seen.text
        made = (await orders.http.post("/api/v1/orders", json=body)).json()
        assert seen.json() == _previewed(made, seen.json())
        lines = [{"id": found["id"], "quantity": rng.randint(1, 30)} for found in made["lines"]]
        edit = {"lines": [*lines, _line(rng, body["currency"])], "coupons": rng.choice([[], ["TEN"], ["TEN", "SOME"]])}
        path = f"/api/v1/orders/{made['code']}/lines"
        seen = await orders.http.post(f"{path}/preview", json=edit)
        saved = await orders.http.put(path, json=edit)
        if saved.status_code != 200:
            assert (seen.status_code, refused(seen)) == (saved.status_code, refused(saved))
            continue
        assert seen.json() == _previewed(saved.json(), seen.json())


async def test_a_preview_writes_nothing(orders: Driver) -> None:
    found = await offer(orders, code="ONE", usage_limit=1)
    answer = await orders.http.post("/api/v1/orders/preview", json=order(coupons=["ONE"]))
    assert answer.json()["totals"]["gross"] == "33.75"
    assert (await orders.get("orders"))["total"] == 0
    assert await orders.rows("customers") == []
    assert await orders.said() == {}
    assert (await orders.get(f"promotions/{found['id']}"))["used"] == 0
    refusal = await orders.http.post("/api/v1/orders/preview", json=order(coupons=["TWO"]))
    assert refused(refusal) == "coupons.0"
    await orders.place(external_id="X-1")
    taken = await orders.http.post("/api/v1/orders/preview", json=order(external_id="X-1"))
    assert (taken.status_code, taken.json()["title"]) == (409, "An order with this external id exists")


def _line(rng: random.Random, currency: str) -> Json:
    decimals = {"JPY": 0, "EUR": 2, "TND": 3}[currency]
    price = Decimal(rng.randint(1, 30_000)).scaleb(-decimals)
    rate = rng.choice(["0", "2.1", "5.5", "10", "20"])
    return line(rng.choice("ABC"), rng.randint(1, 30), f"{price:f}", tax_rate=rate)


def _basket(rng: random.Random) -> Json:
    currency = rng.choice(["JPY", "EUR", "TND"])
    lines = [_line(rng, currency) for _ in range(rng.randint(1, 6))]
    return order(*lines, currency=currency, prices_include_tax=rng.random() < 0.6, coupons=rng.choice([[], ["TEN"]]))


def _previewed(document: Json, seen: Json) -> Json:
    return {name: document[name] for name in seen}


async def test_discounts_leave_every_rate_its_right_tax(orders: Driver) -> None:
    await offer(orders, code="ODD", kind="amount", value="3.33", currency="EUR")
    lines = [line("A", 1, "9.99", tax_rate="20"), line("B", 2, "4.95", tax_rate="5.5"), line("C", 1, "0.01")]
    made = await orders.place(*lines, coupons=["ODD"])
    gross: defaultdict[str, Decimal] = defaultdict(Decimal)
    tax: defaultdict[str, Decimal] = defaultdict(Decimal)
    for found in made["lines"]:
        gross[found["tax_rate"]] += Decimal(found["gross"])
        tax[found["tax_rate"]] += Decimal(found["tax"])
    assert made["totals"]["gross"] == "16.57"
    for rate, paid in gross.items():
        net = (paid * 100 / (100 + Decimal(rate))).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        assert tax[rate] == paid - net
