"""Closing periods: what the site shows, what the other services are told, and what is no period."""

import httpx
import pytest

from shared.contracts import Shop
from tests.answers import CheckedTransport
from tests.orders.driver import Driver, Json, shop_input

SUMMER = {"starts": "2026-08-01", "ends": "2026-08-16", "texts": {"fr": "Congés d'été", "en": "Summer break"}}
NOW = {"starts": "2026-05-30", "ends": "2026-06-02", "texts": {"fr": "Salon de Paris"}}
OVER = {"starts": "2026-05-01", "ends": "2026-05-31", "texts": {"fr": "Pont de mai"}}


async def close(orders: Driver, *closings: Json) -> None:
    body = shop_input("cave").model_dump(mode="json") | {"closings": list(closings)}
    answer = await orders.http.put("/api/v1/shop", json=body)
    assert answer.status_code == 200, answer.text


async def visit(orders: Driver, **query: str) -> httpx.Response:
    """What somebody without a key gets."""
    transport = CheckedTransport(orders.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orders") as visitor:
        return await visitor.get("/api/v1/closings", params={"shop": "cave"} | query)


@pytest.mark.row("S3-20")
async def test_closing_periods_are_shown_on_the_site_and_told_to_who_writes_mails(orders: Driver) -> None:
    await close(orders, SUMMER, NOW, OVER)
    shown = await visit(orders, language="en")
    assert shown.headers["cache-control"].startswith("public")
    assert shown.json()["items"] == [
        {"starts": "2026-05-30", "ends": "2026-06-02", "now": True, "text": "Salon de Paris"},
        {"starts": "2026-08-01", "ends": "2026-08-16", "now": False, "text": "Summer break"},
    ]
    told = Shop.decode((await orders.said(Shop.name))["cave"][1])
    assert [closing.model_dump() for closing in told.closings] == [SUMMER, NOW, OVER]


@pytest.mark.parametrize(
    ("language", "text"), [(None, "Congés d'été"), ("fr-BE", "Congés d'été"), ("de", "Congés d'été")]
)
async def test_without_a_text_in_the_language_the_shops_own_is_shown(
    orders: Driver, language: str | None, text: str
) -> None:
    await close(orders, SUMMER)
    shown = await visit(orders, **({"language": language} if language else {}))
    assert [item["text"] for item in shown.json()["items"]] == [text]


async def test_days_are_those_of_the_shops_zone(orders: Driver) -> None:
    """In Paris it is the third already, when in Greenwich the second has two hours left."""
    await close(orders, NOW)
    orders.clock.advance(hours=33.5)
    assert len((await visit(orders)).json()["items"]) == 1
    orders.clock.advance(hours=1)
    assert (await visit(orders)).json()["items"] == []


async def test_bad_questions_and_bad_periods_are_named(orders: Driver) -> None:
    assert (await visit(orders, shop="nobody")).status_code == 404
    assert (await visit(orders, language="french")).json()["errors"][0]["field"] == "language"
    body = shop_input("cave").model_dump(mode="json")
    for wrong, field in (
        ({"starts": "2026-08-16", "ends": "2026-08-01"}, "closings.0.ends"),
        ({"starts": "soon", "ends": "2026-08-01"}, "closings.0.starts"),
    ):
        answer = await orders.http.put("/api/v1/shop", json=body | {"closings": [wrong]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
