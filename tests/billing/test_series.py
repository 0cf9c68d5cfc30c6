"""Series of a legal entity: shared by its shops, written as it says, beginning anew with the year of the shop."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts import Invoicing
from tests.billing import builders
from tests.billing.builders import line
from tests.billing.driver import Driver, order

FIRST = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def numbers(billing: Driver, **narrowed: Any) -> list[str]:
    """The numbers of the documents, in the order of issue."""
    return [one["number"] for one in (await billing.get("documents", **narrowed))["items"]][::-1]


def of(shop: str, number: int, **more: Any) -> Any:
    return order(number, 1, line(shipped=1), shop=shop, **more)


async def test_two_shops_of_one_siren_share_a_series(billing: Driver) -> None:
    await billing.open_shop(shop="outlet", key="outlet")
    await billing.hear(of("demo", 1))
    await billing.hear(of("outlet", 2))
    await billing.hear(of("demo", 3))
    rows = sorted(await billing.rows("documents"), key=lambda row: row.n)
    assert [(row.number, row.shop, row.seller) for row in rows] == [
        ("FA2026-00001", "demo", "demo"),
        ("FA2026-00002", "outlet", "demo"),
        ("FA2026-00003", "demo", "demo"),
    ]
    assert (await billing.get("verify"))["ok"]


async def test_a_prefix_of_its_own_is_a_series_of_its_own(billing: Driver) -> None:
    await billing.open_shop(shop="outlet", key="outlet", invoice_series="OUT")
    await billing.hear(of("demo", 1))
    await billing.hear(of("outlet", 2))
    assert sorted(row.number for row in await billing.rows("documents")) == ["FA2026-00001", "OUT2026-00001"]


async def test_another_legal_entity_counts_for_itself(billing: Driver) -> None:
    legal = builders.shop().legal.model_copy(update={"siren": "552100554", "vat_number": None})
    await billing.open_shop(shop="friend", key="friend", legal=legal)
    await billing.hear(of("demo", 1))
    await billing.hear(of("friend", 2))
    assert [row.number for row in await billing.rows("documents")] == ["FA2026-00001", "FA2026-00001"]
    answer = await billing.http.get("verify", headers={"Authorization": "Bearer friend"})
    assert [one["documents"] for one in answer.json()["series"]] == [1]


async def test_a_shop_stays_with_its_seller_whatever_its_siren_becomes(billing: Driver) -> None:
    await billing.hear(of("demo", 1))
    legal = builders.shop().legal.model_copy(update={"siren": "552100554"})
    await billing.open_shop(version=2, legal=legal)
    await billing.hear(of("demo", 2))
    assert await numbers(billing) == ["FA2026-00001", "FA2026-00002"]


async def test_one_prefix_does_not_number_two_kinds(billing: Driver) -> None:
    await billing.open_shop(shop="outlet", key="outlet", invoice_series="AV", credit_note_series="AVO")
    await billing.hear(of("demo", 1))
    await billing.hear(order(1, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    account = await billing.hear(of("outlet", 2))
    assert "AV2026 numbers other documents" in (account.blocked or "")


async def test_a_format_holds_from_the_next_year_on(billing: Driver) -> None:
    await billing.hear(of("demo", 1))
    refused = await billing.http.put("series/FA", json={"format": "FA-{yy}/{n:06}", "from_year": 2026})
    assert (refused.status_code, refused.json()["from_year"]) == (409, 2027)
    chosen = await billing.http.put("series/FA", json={"format": "FA-{yy}/{n:06}"})
    assert chosen.json() == {"series": "FA", "format": "FA-{yy}/{n:06}", "from_year": 2027}
    await billing.hear(of("demo", 2))
    billing.clock.advance(days=60)
    await billing.hear(of("demo", 3))
    assert await numbers(billing) == ["FA2026-00001", "FA2026-00002", "FA-27/000001"]
    assert (await billing.get("verify"))["ok"]
    found = await billing.get("series")
    assert [(one["series"], one["year"], one["number"]) for one in found["items"]] == [
        ("FA", 2026, "FA2026-00002"),
        ("FA", 2027, "FA-27/000001"),
    ]


async def test_a_new_series_is_written_as_it_says_at_once(billing: Driver) -> None:
    chosen = await billing.http.put("series/FA", json={"format": "FA{year}-{n}"})
    assert chosen.json()["from_year"] == 2026
    await billing.hear(of("demo", 1))
    assert await numbers(billing) == ["FA2026-1"]


async def test_what_is_no_format_of_the_series_is_refused(billing: Driver) -> None:
    for text in ("FA{n}", "FA{year}{n}", "AV{year}-{n}", "{year}-{n}", "FA{year}-{n:099}", "FA{year}-{n}{0.real}"):
        answer = await billing.http.put("series/FA", json={"format": text})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "format"), text
    long = await billing.http.put("series/ABCDEFGHIJ", json={"format": "{series}-{year}-{n:09}"})
    assert long.status_code == 422


async def test_a_clock_that_goes_back_over_new_year_leaves_no_hole(billing: Driver) -> None:
    """It is 2027 in Paris, then the clock is set right: it was the 31st still."""
    billing.clock.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    await billing.hear(of("demo", 1))
    billing.clock.advance(hours=-2)
    await billing.hear(of("demo", 2))
    billing.clock.advance(hours=3)
    await billing.hear(of("demo", 3))
    rows = await billing.rows("documents")
    assert sorted((row.number, row.issued_on.isoformat()) for row in rows) == [
        ("FA2026-00001", "2026-12-31"),
        ("FA2027-00001", "2027-01-01"),
        ("FA2027-00002", "2027-01-01"),
    ]
    assert (await billing.get("verify"))["ok"]
