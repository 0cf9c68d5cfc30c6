"""Finding orders by what people wrote on them: methods, tags, operator and origin, alone, together and wrongly."""

from typing import Any

import pytest

from tests.orders.driver import Driver, Json

METHODS: Json = {"shipping_methods": ["Express", "Relais"], "carriers": [], "pickup_points": [], "fields": []}


async def found(orders: Driver, **filters: Any) -> set[str]:
    """The codes of a filtered list; the counts of the same filters say how many."""
    listed = await orders.get("orders", **filters)
    counted = await orders.get("orders/counts", **filters)
    assert counted["total"] == listed["total"] == len(listed["items"])
    return {item["code"] for item in listed["items"]}


async def three(orders: Driver) -> list[str]:
    """Marie's by card and express; Paul's by cheque and relay point; one of which nothing is said."""
    assert (await orders.http.put("/api/v1/shop/checkout", json=METHODS)).status_code == 200
    said: list[Json] = [
        {
            "payment_method": "Card",
            "shipping_method": "Express",
            "operator": "Marie",
            "origin": "Salon d'été",
            "tags": ["high priority", "gift"],
        },
        {
            "payment_method": "Chèque",
            "shipping_method": "Relais",
            "operator": "Paul",
            "origin": "newsletter",
            "tags": ["problem", "gift"],
        },
        {},
    ]
    return [(await orders.place(**one))["code"] for one in said]


@pytest.mark.row("S1-07")
async def test_by_payment_method_and_shipping_method(orders: Driver) -> None:
    card, cheque, _plain = await three(orders)
    assert await found(orders, payment_method="card") == {card}
    assert await found(orders, payment_method="CHEQUE") == {cheque}, "neither case nor accents count"
    assert await found(orders, payment_method=["Card", "Chèque"]) == {card, cheque}
    assert await found(orders, shipping_method="express") == {card}
    assert await found(orders, payment_method="card", shipping_method="Relais") == set()
    assert await found(orders, payment_method="Chèque", shipping_method=["Express", "Relais"]) == {cheque}
    assert await found(orders, payment_method="car") == set(), "the whole name, not its beginning"
    await orders.http.patch(f"/api/v1/orders/{cheque}", json={"payment_method": "Card"})
    assert await found(orders, payment_method="card") == {card, cheque}


@pytest.mark.row("S1-08")
async def test_by_tags_operator_and_origin(orders: Driver) -> None:
    card, cheque, plain = await three(orders)
    assert await found(orders, tag="gift") == {card, cheque}
    assert await found(orders, operator="marie") == {card}
    assert await found(orders, origin="salon d'ete") == {card}
    assert await found(orders, tag="gift", operator="paul", origin="newsletter") == {cheque}
    assert await found(orders, tag="gift", operator="paul", origin="Salon d'été") == set()
    assert await found(orders, operator=["Marie", "Paul"], payment_method="card", status="received") == {card}
    await orders.http.patch(f"/api/v1/orders/{plain}", json={"operator": "Marie", "origin": "phone"})
    assert await found(orders, operator="Marie") == {card, plain}
    assert await found(orders, operator="Marie", origin="phone") == {plain}


@pytest.mark.row("S1-39")
async def test_priority_tags_are_a_filter(orders: Driver) -> None:
    card, cheque, plain = await three(orders)
    assert await found(orders, tag="high priority") == {card}
    assert await found(orders, tag="Problem") == {cheque}
    assert await found(orders, tag=["high priority", "problem"]) == {card, cheque}
    assert await found(orders, tag="priority") == set(), "a tag is one text"
    await orders.http.patch(f"/api/v1/orders/{plain}", json={"tags": ["problem"]})
    await orders.http.patch(f"/api/v1/orders/{cheque}", json={"tags": []})
    assert await found(orders, tag="problem") == {plain}
    assert await found(orders, tag="gift") == {card}


async def test_other_shops_words_are_theirs(orders: Driver) -> None:
    await orders.open_shop("other", "a-secret-of-the-other-shop")
    await three(orders)
    orders.http = orders.client("a-secret-of-the-other-shop")
    for filters in ({"tag": "gift"}, {"operator": "Marie"}, {"payment_method": "Card"}, {"origin": "newsletter"}):
        assert await found(orders, **filters) == set(), filters


@pytest.mark.parametrize("name", ["payment_method", "shipping_method", "tag", "operator", "origin"])
@pytest.mark.parametrize("value", ["", "x" * 101, "a\0b", ["ok"] * 51])
async def test_a_bad_value_is_named(orders: Driver, name: str, value: str | list[str]) -> None:
    answer = await orders.http.get("/api/v1/orders", params={name: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].partition(".")[0] == name
