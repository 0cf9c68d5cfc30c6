"""The accounts over HTTP: what each report says, and that anybody can make it again from the documents."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from services.billing.domain import AccountPlan, document_entry, e_reporting, journal_row, vat_report
from shared.contracts import Address, Customer, Invoicing, LineKind
from tests.billing.builders import PARIS, line
from tests.billing.driver import Driver, order

DAYS = {"from": "2026-11-01", "to": "2026-12-31"}
BERLIN = Address(name="Uta", street="Torstr. 1", postal_code="10119", city="Berlin", country="DE")
GENEVA = Address(name="Luc", street="Rue du Rhône 1", postal_code="1204", city="Genève", country="CH")


async def some_sales(billing: Driver) -> None:
    """A private person at two rates, a business, one in Berlin without tax, one in Geneva; a credit, and money."""
    wine, service = line(1, shipped=1), line(2, shipped=1, price="10.55", rate="5.5", kind=LineKind.SERVICE)
    await billing.hear(order(1, 1, wine, service))
    await billing.hear(order(2, 1, wine, customer=Customer(name="A", email="a@example.org", company="=SUM(A1)|\tSARL")))
    untaxed = line(1, shipped=1, rate="0", price="100.00")
    company = Customer(name="Uta", email="u@example.org", company="Weine GmbH", vat_number="DE136695976")
    await billing.hear(order(3, 1, untaxed, customer=company, billing_address=BERLIN, shipping_address=BERLIN))
    billing.clock.advance(days=10)
    await billing.hear(order(4, 1, untaxed, billing_address=PARIS, shipping_address=GENEVA))
    await billing.hear(order(1, 2, wine, service, invoicing=Invoicing.CREDIT))
    await billing.pay(2, "12.00", method="cash")
    billing.clock.advance(days=1)
    await billing.pay(3, "100.00", reference="VIR 42")
    await billing.pay(3, "5.00", kind="refunds")


async def items(billing: Driver, name: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await billing.get(f"reports/{name}", **DAYS | {"format": "json"} | more))["items"]
    return found


async def snapshots(billing: Driver) -> list[dict[str, Any]]:
    """The documents as anybody can read them, in the order of issue."""
    listed = (await billing.get("documents", limit=200))["items"][::-1]
    return [(await billing.get(f"documents/{one['id']}"))["snapshot"] for one in listed]


async def test_vat_by_month_category_and_rate(billing: Driver) -> None:
    await some_sales(billing)
    found = [
        (row["period"], row["category"], row["rate"], row["net"], row["tax"], row["documents"])
        for row in await items(billing, "vat")
    ]
    assert found == [
        ("2026-11", "K", "0", "100.00", "0.00", 1),
        ("2026-11", "S", "20", "20.00", "4.00", 2),
        ("2026-11", "S", "5.5", "10.00", "0.55", 1),
        ("2026-12", "G", "0", "100.00", "0.00", 1),
        ("2026-12", "S", "20", "-10.00", "-2.00", 1),
        ("2026-12", "S", "5.5", "-10.00", "-0.55", 1),
    ]


async def test_e_reporting_by_day_leaves_out_businesses_of_the_country(billing: Driver) -> None:
    await some_sales(billing)
    found = [
        (row["day"], row["scope"], row["category"], row["rate"], row["gross"])
        for row in await items(billing, "e-reporting")
    ]
    assert found == [
        ("2026-11-22", "b2c", "S", "20", "12.00"),
        ("2026-11-22", "b2c", "S", "5.5", "10.55"),
        ("2026-11-22", "cross_border", "K", "0", "100.00"),
        ("2026-12-02", "b2c", "S", "20", "-12.00"),
        ("2026-12-02", "b2c", "S", "5.5", "-10.55"),
        ("2026-12-02", "cross_border", "G", "0", "100.00"),
    ]


async def test_every_report_can_be_made_again_from_the_documents(billing: Driver) -> None:
    await some_sales(billing)
    contents = await snapshots(billing)
    vat, days = vat_report(), e_reporting()
    for content in contents:
        vat.add(content)
        days.add(content)
    assert await items(billing, "vat") == list(vat.rows())
    assert await items(billing, "e-reporting") == list(days.rows())
    assert await items(billing, "journal") == [journal_row(content) for content in contents]
    entries = [line for content in contents for line in document_entry(content, AccountPlan())]
    sold = [line for line in await items(billing, "fec") if line["JournalCode"] == "VT"]
    assert [line | {"EcritureNum": ""} for line in sold] == entries


async def test_money_day_after_day(billing: Driver) -> None:
    await some_sales(billing)
    assert [
        (row["day"], row["number"], row["order"], row["method"], row["reference"], row["amount"])
        for row in await items(billing, "payments")
    ] == [
        ("2026-12-02", "P2026-00001", "C-2", "cash", None, "12.00"),
        ("2026-12-03", "P2026-00002", "C-3", "transfer", "VIR 42", "100.00"),
        ("2026-12-03", "P2026-00003", "C-3", "transfer", None, "-5.00"),
    ]
    [second, third] = await items(billing, "payments", **{"from": "2026-12-03"})
    assert (second["number"], third["number"]) == ("P2026-00002", "P2026-00003")


@pytest.mark.parametrize(("separator", "sign"), [("tab", "\t"), ("pipe", "|")])
async def test_the_fec_has_18_columns_and_balanced_entries(billing: Driver, separator: str, sign: str) -> None:
    await some_sales(billing)
    answer = await billing.http.get("reports/fec", params=DAYS | {"separator": separator})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = [row.split(sign) for row in answer.text.split("\r\n")[:-1]]
    assert {len(row) for row in lines} == {18}
    assert lines[0][:4] == ["JournalCode", "JournalLib", "EcritureNum", "EcritureDate"]
    balance: Counter[str] = Counter()
    for row in lines[1:]:
        balance[row[2]] += int(row[11].replace(",", "")) - int(row[12].replace(",", ""))
    assert set(balance.values()) == {0}
    assert [row[3] for row in lines[1:]] == sorted(row[3] for row in lines[1:])
    posted = [(row[4], row[11], row[12]) for row in lines[1:] if row[8] in ("FA2026-00001", "P2026-00001")]
    assert posted == [
        ("411000", "22,55", "0,00"),
        ("706000", "0,00", "10,00"),
        ("445710", "0,00", "0,55"),
        ("707000", "0,00", "10,00"),
        ("445710", "0,00", "2,00"),
        ("530000", "12,00", "0,00"),
        ("411000", "0,00", "12,00"),
    ]
    assert "Facture FA2026-00002 =SUM(A1) SARL" in {row[10] for row in lines}


async def test_accounts_are_the_shops_own(billing: Driver) -> None:
    assert (await billing.get("account-plan"))["customers"] == "411000"
    plan = {"customers": "411WEB", "vat_by_rate": {"5.50": "445711"}, "sales_by_category": {"G": "707300"}}
    answer = await billing.http.put("account-plan", json=plan)
    assert (answer.status_code, answer.json()["goods"]) == (200, "707000")
    await some_sales(billing)
    accounts = {line["CompteNum"] for line in await items(billing, "fec")}
    assert accounts == {"411WEB", "445710", "445711", "512000", "530000", "706000", "707000", "707300"}
    for wrong in ({"customers": "4|1"}, {"sales_by_category": {"QQ": "707300"}}, {"vat_by_rate": {"1e1": "445711"}}):
        refused = await billing.http.put("account-plan", json=wrong)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].split(".")[0] in wrong


async def test_the_fec_is_in_one_currency(billing: Driver) -> None:
    await billing.http.put("exchange-rates/CHF/2026-11-20", json={"rate": "0.9312", "source": "BCE"})
    await billing.hear(order(1, 1, line(shipped=1), currency="CHF"))
    await billing.hear(order(2, 1, line(shipped=1)))
    assert {line["PieceRef"] for line in await items(billing, "fec")} == {"FA2026-00002"}
    assert {line["PieceRef"] for line in await items(billing, "fec", currency="CHF")} == {"FA2026-00001"}


async def test_a_spreadsheet_runs_no_clients_name(billing: Driver) -> None:
    await some_sales(billing)
    text = (await billing.http.get("reports/journal", params=DAYS)).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["buyer"][:9] for row in rows][:2] == ["Claire Fo", "'=SUM(A1)"]
    assert (rows[-1]["number"], rows[-1]["gross"], rows[-1]["refers_to"]) == ("AV2026-00001", "-22.55", "FA2026-00001")


async def test_a_report_of_nothing_and_one_of_wrong_days(billing: Driver) -> None:
    assert await items(billing, "vat") == []
    for wrong in ({"from": "2026-12-01", "to": "2026-11-01"}, {"from": "yesterday"}, {"to": "2026-11-01"}):
        assert (await billing.http.get("reports/vat", params=wrong)).status_code == 422


async def test_pages_follow_one_another_and_other_shops_stay_out(billing: Driver) -> None:
    """More documents than a page, on two days, beside another shop's of the same seller."""
    await billing.open_shop(shop="outlet", key="outlet")
    await billing.hear(order(999, 1, line(shipped=1), shop="outlet"))
    for first in (1, 121):
        messages = [order(number, 1, line(shipped=1)) for number in range(first, first + 120)]
        async with billing.service.outbox.transaction() as tx:
            await billing.converge(tx, messages)
        billing.clock.advance(days=1)
    found = await items(billing, "journal")
    assert [row["order"] for row in found] == [f"C-{number}" for number in range(1, 241)]
    [row] = await items(billing, "vat")
    assert (row["documents"], row["gross"]) == (240, "2880.00")


async def test_a_day_is_the_shops_own(billing: Driver) -> None:
    billing.clock.now = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # 00:30 in Paris
    await billing.hear(order(1, 1, line(shipped=1), payable=True))
    await billing.pay(1, "12.00")
    december = {"from": "2026-12-01", "to": "2026-12-01"}
    assert len(await items(billing, "journal", **december)) == len(await items(billing, "payments", **december)) == 1


async def test_a_payment_that_is_taken_back_comes_to_nothing(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1), payable=True))
    for state in ("paid", "unpaid"):
        assert (await billing.http.put("orders/C-1/payment-state", json={"state": state})).status_code == 200
    assert [(row["kind"], row["amount"]) for row in await items(billing, "payments")] == [
        ("capture", "12.00"),
        ("reversal", "-12.00"),
    ]
    moved = [line for line in await items(billing, "fec") if line["JournalCode"] == "BQ"]
    assert [(line["CompteNum"], line["Debit"], line["Credit"]) for line in moved] == [
        ("512000", "12,00", "0,00"),
        ("411000", "0,00", "12,00"),
        ("512000", "0,00", "12,00"),
        ("411000", "12,00", "0,00"),
    ]
