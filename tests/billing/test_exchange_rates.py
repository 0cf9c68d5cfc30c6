"""French VAT in another currency is told in euros at the rate that was entered; without one the document waits."""

from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.billing.domain.euros import convert
from services.billing.domain.rates import Rate
from services.billing.einvoice import cii, ubl
from shared.contracts import Invoicing, Line
from shared.money import Amounts
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id

BCE = {"rate": "0.8000", "source": "BCE"}


async def enter(billing: Driver, day: str = "2026-11-20", currency: str = "GBP", **more: Any) -> httpx.Response:
    return await billing.http.put(f"exchange-rates/{currency}/{day}", json=BCE | more)


async def sealed(billing: Driver, document: str) -> dict[str, Any]:
    content: dict[str, Any] = (await billing.get(f"documents/{document}"))["snapshot"]
    return content


def lines() -> tuple[Line, ...]:
    """24.00 at 20 %, and 10.55 at 5.5 %; all of it shipped."""
    return line(1, quantity=2, shipped=2), line(2, price="10.55", rate="5.5", shipped=1)


async def test_an_invoice_waits_for_its_rate_and_says_so(billing: Driver) -> None:
    account = await billing.hear(order(1, 1, *lines(), currency="GBP"))
    assert (account.warning, account.documents[-1:], account.open) == ("exchange_rate_missing", (), 0)
    assert (await billing.get("orders/C-1"))["warning"] == "exchange_rate_missing"
    for day in ("2026-11-14", "2026-11-23"):  # too old, and of a day that is still to come
        assert (await enter(billing, day)).status_code == 200
        await billing.wait()
        assert (await billing.answer(order_id(1))).warning == "exchange_rate_missing"
    assert (await enter(billing)).json()["rate"] == "0.8"
    await billing.wait()
    account = await billing.answer(order_id(1))
    assert (account.warning, [one.number for one in account.documents]) == (None, ["FA2026-00001"])


async def test_the_tax_is_in_euros_on_paper_and_in_both_syntaxes(billing: Driver) -> None:
    await enter(billing)
    await billing.hear(order(1, 1, *lines(), currency="GBP"))
    [invoice] = await billing.documents(1)
    content = await sealed(billing, invoice["id"])
    assert content["totals"] == {"net": "30.00", "tax": "4.55", "gross": "34.55"}
    assert content["euros"] == {
        "rate": "0.8",
        "day": "2026-11-20",
        "source": "BCE",
        "groups": [
            {"net": "25.00", "tax": "5.00", "gross": "30.00"},
            {"net": "12.50", "tax": "0.69", "gross": "13.19"},
        ],
        "totals": {"net": "37.50", "tax": "5.69", "gross": "43.19"},
    }
    for written in (cii(content), ubl(content)):
        assert written is not None
        assert b'currencyID="EUR">5.69<' in written
        assert b"TaxCurrencyCode>EUR<" in written
    await billing.render()
    assert (await billing.http.get(f"documents/{invoice['id']}/pdf")).status_code == 200


async def test_who_waits_is_listed_by_page_and_only_to_their_shop(billing: Driver) -> None:
    for number, currency in enumerate(("GBP", "EUR", "USD"), start=1):
        await billing.hear(order(number, 1, *lines(), currency=currency))
    first = await billing.get("exchange-rates/missing", limit=1)
    second = await billing.get("exchange-rates/missing", limit=1, after=first["next"])
    found = [(one["order"], one["currency"]) for one in first["items"] + second["items"]]
    assert found == [("C-1", "GBP"), ("C-3", "USD")]
    assert (first["total"], second["next"]) == (2, None)
    assert (await enter(billing)).status_code == 200
    await billing.wait()
    assert [one["order"] for one in (await billing.get("exchange-rates/missing"))["items"]] == ["C-3"]
    await billing.open_shop(key="other", shop="autre")
    theirs = await billing.http.get("exchange-rates/missing", headers={"Authorization": "Bearer other"})
    assert theirs.json()["items"] == []


async def test_a_credit_note_converts_at_its_invoices_rate(billing: Driver) -> None:
    await enter(billing)
    await billing.hear(order(1, 1, *lines(), currency="GBP"))
    billing.clock.advance(days=30)
    await billing.hear(order(1, 2, *lines(), currency="GBP", invoicing=Invoicing.CREDIT))
    invoice, note = [await sealed(billing, one["id"]) for one in await billing.documents(1)]
    assert (note["kind"], note["euros"]) == ("credit_note", invoice["euros"])
    rows = (await billing.get("reports/vat", **{"from": "2026-11-01", "to": "2026-12-31", "format": "json"}))["items"]
    told = [(row["period"], row["currency"], row["rate"], row["tax"], row["tax_eur"]) for row in rows]
    assert told == [
        ("2026-11", "GBP", "20", "4.00", "5.00"),
        ("2026-11", "GBP", "5.5", "0.55", "0.69"),
        ("2026-12", "GBP", "20", "-4.00", "-5.00"),
        ("2026-12", "GBP", "5.5", "-0.55", "-0.69"),
    ]


async def test_what_is_asked_by_hand_is_refused_without_a_rate(billing: Driver) -> None:
    await enter(billing)
    await billing.hear(order(1, 1, *lines(), currency="GBP"))
    [invoice] = await billing.documents(1)
    billing.clock.advance(days=30)
    refused = await billing.http.post(f"documents/{invoice['id']}/reissue", json={"reason": "Adresse"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:exchange-rate-missing")
    assert (await billing.http.post(f"documents/{invoice['id']}/credit-notes", json={"reason": "Geste"})).is_success


@pytest.mark.parametrize(("currency", "rate"), [("EUR", "20"), ("GBP", "0")])
async def test_who_needs_no_rate_waits_for_none(billing: Driver, currency: str, rate: str) -> None:
    account = await billing.hear(order(1, 1, line(shipped=1, rate=rate), currency=currency))
    assert (account.warning, len(account.documents)) == (None, 1)


async def test_rates_are_listed_by_page_and_only_to_their_shop(billing: Driver) -> None:
    for day in ("2026-11-18", "2026-11-19", "2026-11-20"):
        await enter(billing, day)
        await enter(billing, day, "USD", rate="1.0856")
    await enter(billing, rate="0.81")
    first = await billing.get("exchange-rates", limit=3)
    rest = await billing.get("exchange-rates", limit=3, after=first["next"])
    seen = [(one["day"], one["currency"], one["rate"]) for one in first["items"] + rest["items"]]
    assert seen[:3] == [("2026-11-20", "USD", "1.0856"), ("2026-11-20", "GBP", "0.81"), ("2026-11-19", "USD", "1.0856")]
    assert (len(seen), first["total"], rest["next"]) == (6, 6, None)
    assert (await billing.get("exchange-rates", currency="USD"))["total"] == 3
    await billing.open_shop(key="other", shop="autre")
    theirs = await billing.http.get("exchange-rates", headers={"Authorization": "Bearer other"})
    assert theirs.json()["total"] == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("EUR/2026-11-20", BCE, "currency"),
        ("QQQ/2026-11-20", BCE, "currency"),
        ("GBP/2026-13-20", BCE, "day"),
        ("GBP/2026-11-20", BCE | {"rate": "0"}, "rate"),
        ("GBP/2026-11-20", {"rate": "0.8"}, "source"),
        ("GBP/2026-11-20", BCE | {"rate": "1e5"}, "rate"),
        ("GBP/2026-11-24", BCE, "day"),
    ],
)
async def test_a_wrong_rate_names_its_field(billing: Driver, path: str, body: dict[str, str], field: str) -> None:
    answer = await billing.http.put(f"exchange-rates/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_amounts_are_rounded_half_up_and_add_up() -> None:
    rate = Rate(Decimal("0.8"), date(2026, 11, 20), "BCE")
    assert convert(Amounts(1002, 202, 1204), "GBP", rate) == Amounts(1253, 253, 1506)
    assert convert(Amounts(-1002, -202, -1204), "GBP", rate).gross == -1506
