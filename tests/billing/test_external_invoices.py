"""Invoices made elsewhere over HTTP: imported once, listed and served as they came, never beside one of our own."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from services.billing.tables import live_invoices
from shared.contracts import InvoiceOrigin, InvoiceState, Invoicing
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id
from tests.billing.external_files import attached, blank, carrying, imported, invoice, send, written

TWO = line(quantity=2)
SHIPPED = line(quantity=2, shipped=2)
PLAIN = {"number": "F-7", "issued_on": "2026-11-20", "gross": "24.00", "currency": "EUR"}
NUMBER = "EXT-2026/0815"


@pytest.mark.row("S3-10")
async def test_importing_an_invoice_moves_the_order_to_invoiced(billing: Driver) -> None:
    """The fact that orders acts on; the file is an order's document, and served as it came."""
    await billing.hear(order(1, 1, TWO))
    pdf = carrying(written(invoice()))
    found = await imported(billing, pdf)
    account = await billing.answer(order_id(1))
    assert account.invoice is InvoiceState.IMPORTED
    [document] = account.documents
    assert (document.number, document.gross, document.external, document.sha256) == (
        NUMBER,
        2400,
        True,
        found["sha256"],
    )
    assert (account.open, account.heard) == (0, 1)
    assert await billing.documents(1) == [found]
    assert await billing.get(f"documents/{found['id']}") == found
    assert (found["origin"], found["kind"], found["live"], found["syntax"]) == ("external", "invoice", True, "cii")
    assert found["totals"] == {"net": "20.00", "tax": "4.00", "gross": "24.00"}
    for path in ("original", "pdf"):
        served = await billing.http.get(f"documents/{found['id']}/{path}")
        assert (served.content, served.headers["content-type"]) == (pdf, "application/pdf")
    assert (await billing.http.get(f"documents/{found['id']}/xml")).status_code == 409
    money = await billing.get("orders/C-1")
    assert (money["invoice"], money["invoiced"]) == ("imported", "24.00")
    assert (await billing.get("documents", kind="credit_note"))["total"] == 0


async def test_xml_alone_and_the_order_it_names(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO))
    found = await imported(billing, written(invoice(), "ubl-2.1"), None)
    assert (found["order"], found["syntax"], found["media_type"]) == ("C-1", "ubl", "application/xml")
    assert (await billing.answer(order_id(1))).documents[0].sha256 is None, "there is no PDF to mail"
    assert (await billing.http.get(f"documents/{found['id']}/pdf")).status_code == 409
    assert (await billing.http.get(f"documents/{found['id']}/original")).headers["content-type"] == "application/xml"
    nobody = await send(billing, written(invoice(**{"BT-14": "C-9"})), None)
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "order")


async def test_a_plain_pdf_needs_to_be_told(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO))
    bare = await send(billing, blank())
    assert bare.status_code == 422
    assert [error["field"] for error in bare.json()["errors"]] == ["number", "issued_on", "currency", "gross"]
    found = await imported(billing, blank(), said=PLAIN)
    assert (found["number"], found["syntax"]) == ("F-7", "pdf")
    assert found["totals"] == {"net": None, "tax": None, "gross": "24.00"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"number": "F-8"}, "number"),
        ({"gross": "24.01"}, "gross"),
        ({"currency": "USD"}, "currency"),
        ({"issued_on": "2026-11-21"}, "issued_on"),
        ({"gross": "a lot"}, "gross"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_contradiction_is_named(billing: Driver, said: dict[str, str], field: str) -> None:
    await billing.hear(order(1, 1, TWO))
    answer = await send(billing, written(invoice()), said=said)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]
    assert await billing.documents(1) == []


def sold_by(**more: str) -> dict[str, Any]:
    return invoice(**{"BG-4": invoice()["BG-4"] | more})


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (invoice(), 201),
        (sold_by(legal_identifier="552100554", vat_identifier="FR23552100554"), 422),
        (sold_by(legal_identifier="552100554"), 422),
        (sold_by(vat_identifier="FR23552100554"), 422),
        (sold_by(vat_identifier="DE123456789"), 201),  # the shop's own SIREN, registered in Germany, too
        (sold_by(legal_identifier="55210055400021", legal_identifier_schemeid="0009"), 422),
        (sold_by(legal_identifier="552100554", legal_identifier_schemeid="0088"), 201),
    ],
)
@pytest.mark.parametrize("flavor", ["factur-x", "ubl-2.1"])
async def test_the_seller_is_the_shops(billing: Driver, content: dict[str, Any], status: int, flavor: str) -> None:
    await billing.hear(order(1, 1, TWO))
    answer = await send(billing, written(content, flavor))
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "seller"


@pytest.mark.parametrize(("day", "status"), [("2026-11-22", 201), ("2026-11-23", 201), ("2026-11-24", 422)])
async def test_an_invoice_is_made_before_it_is_imported(billing: Driver, day: str, status: int) -> None:
    """Another clock may be a day ahead."""
    await billing.hear(order(1, 1, TWO))
    answer = await send(billing, written(invoice(**{"BT-2": date.fromisoformat(day)})))
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "issued_on"


async def test_the_total_and_the_currency_are_the_orders(billing: Driver) -> None:
    """To the cent, and both figures are told."""
    await billing.hear(order(1, 1, line(quantity=2, price="12.01")))
    answer = await send(billing, written(invoice()))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:comptoir:problem:invoice-differs")
    assert (answer.json()["invoice"], answer.json()["order"]) == ("24.00 EUR", "24.02 EUR")
    dollars = await send(billing, blank(), said=PLAIN | {"gross": "24.02", "currency": "USD"})
    assert (dollars.json()["invoice"], dollars.json()["order"]) == ("24.02 USD", "24.02 EUR")
    assert (await billing.answer(order_id(1))).invoice is InvoiceState.NONE


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "neither a PDF nor XML"),
        (b"<!DOCTYPE a><a/>", "document type"),
        (written(invoice(**{"BT-3": "381"})), "credit note"),
    ],
)
async def test_a_file_that_is_no_invoice_is_refused(billing: Driver, content: bytes, why: str) -> None:
    await billing.hear(order(1, 1, TWO))
    answer = await send(billing, content)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")
    assert why in answer.json()["detail"]


async def test_a_scan_may_be_large_and_not_endless(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO))
    scan = attached(("scan.bin", bytes(3 * 1024 * 1024)))
    assert (await imported(billing, scan, said=PLAIN))["size"] == len(scan)
    endless = await send(billing, bytes(21 * 1024 * 1024))
    assert endless.status_code == 413


async def test_no_file_no_order_nothing_to_invoice(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO, invoicing=Invoicing.CREDIT))
    assert (await billing.http.post("orders/C-1/external-invoices", data=PLAIN)).status_code == 422
    assert (await send(billing, written(invoice()), 2)).status_code == 404
    cancelled = await send(billing, written(invoice()))
    assert cancelled.json()["type"] == "urn:comptoir:problem:nothing-to-invoice"


@pytest.mark.row("S3-11")
async def test_import_after_issue_and_issue_after_import(billing: Driver) -> None:
    await billing.hear(order(1, 1, SHIPPED))
    late = await send(billing, written(invoice()))
    assert (late.status_code, late.json()["invoice"]["number"]) == (409, "FA2026-00001")
    await billing.hear(order(2, 1, TWO))
    found = await imported(billing, written(invoice(**{"BT-14": "C-2"})), 2)
    account = await billing.hear(order(2, 2, SHIPPED))
    assert [document.number for document in account.documents] == [NUMBER]
    assert [document["id"] for document in await billing.documents(2)] == [found["id"]]
    assert account.invoice is InvoiceState.IMPORTED
    assert (await billing.get("verify"))["series"][0]["documents"] == 1


@pytest.mark.row("S3-11")
async def test_twice_is_once(billing: Driver) -> None:
    """The same file is the same invoice; another one for the order, or the number on another order, is refused."""
    await billing.hear(order(1, 1, TWO))
    await billing.hear(order(2, 1, TWO))
    xml = written(invoice())
    first = await imported(billing, xml)
    again = await send(billing, xml)
    assert (again.status_code, again.json()) == (200, first)
    other = await send(billing, written(invoice(**{"BT-1": "EXT-2"})))
    assert (other.status_code, other.json()["invoice"]["number"]) == (409, NUMBER)
    taken = await send(billing, written(invoice(**{"BT-14": "PO"})), 2)
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:comptoir:problem:number-taken")
    wrong = await send(billing, written(invoice(**{"BT-1": "EXT-3"})), 2)
    assert (wrong.status_code, wrong.json()["invoice"]) == (409, "C-1"), "the file names another order"
    assert len(await billing.rows("external_invoices")) == len(await billing.rows("live_invoices")) == 1


@pytest.mark.row("S3-11")
async def test_one_wins_of_an_issue_and_two_imports_at_once(billing: Driver) -> None:
    for number in range(1, 7):
        await billing.hear(order(number, 1, TWO))
        one, two = (written(invoice(**{"BT-1": f"{word}-{number}", "BT-14": f"C-{number}"})) for word in ("A", "B"))
        await asyncio.gather(
            send(billing, one, number), billing.hear(order(number, 2, SHIPPED)), send(billing, two, number)
        )
        live = [document for document in await billing.documents(number) if document["live"]]
        assert len(live) == 1
        account = await billing.answer(order_id(number))
        assert account.invoice is (InvoiceState.IMPORTED if live[0]["origin"] == "external" else InvoiceState.ISSUED)
    assert len(await billing.rows("live_invoices")) == 6


@pytest.mark.row("S3-11")
async def test_the_database_itself_refuses_a_second_live_invoice(billing: Driver) -> None:
    await billing.hear(order(1, 1, SHIPPED))
    await billing.hear(order(2, 1, TWO))
    found = await imported(billing, written(invoice(**{"BT-14": "C-2"})), 2)
    [own] = [row for row in await billing.rows("live_invoices") if row.document_id]
    for values in (
        {"order_id": own.order_id, "scope": "order/1", "external_id": found["id"]},
        {"order_id": order_id(2), "scope": "order/1", "document_id": own.document_id},
        {"order_id": own.order_id, "scope": "parcel/1", "external_id": found["id"]},
    ):
        with pytest.raises(IntegrityError):
            async with billing.service.db.write() as conn:
                await conn.execute(insert(live_invoices).values(values))


async def test_a_shop_that_invoices_elsewhere_issues_nothing(unopened: Driver) -> None:
    await unopened.open_shop(invoicing=InvoiceOrigin.EXTERNAL)
    assert (await unopened.hear(order(1, 1, SHIPPED))).invoice is InvoiceState.NONE
    await imported(unopened, written(invoice()))
    assert (await unopened.answer(order_id(1))).invoice is InvoiceState.IMPORTED
    await unopened.open_shop(invoicing=InvoiceOrigin.INTERNAL, version=2)
    await unopened.hear(order(2, 1, SHIPPED))
    await unopened.open_shop(invoicing=InvoiceOrigin.EXTERNAL, version=3)
    credited = await unopened.hear(order(2, 2, SHIPPED, invoicing=Invoicing.CREDIT))
    assert credited.invoice is InvoiceState.CREDITED, "what was issued here is credited here"


async def test_another_shops_invoice_is_not_there(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO))
    found = await imported(billing, written(invoice()))
    await billing.open_shop(shop="other", key="theirs")
    theirs = {"Authorization": "Bearer theirs"}
    for path in ("", "/pdf", "/original", "/xml"):
        assert (await billing.http.get(f"documents/{found['id']}{path}", headers=theirs)).status_code == 404
    void = await billing.http.post(f"external-invoices/{found['id']}/void", json={"reason": "?"}, headers=theirs)
    assert void.status_code == 404
    assert (await billing.http.get("documents", headers=theirs)).json()["items"] == []


async def test_a_key_of_the_command_is_good_once(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO))
    headers = {"Idempotency-Key": "import-1"}
    content = written(invoice())
    answers = [
        await billing.http.post(
            "orders/C-1/external-invoices",
            content=b"--x\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n"
            + content
            + b"\r\n--x--\r\n",
            headers=headers | {"Content-Type": "multipart/form-data; boundary=x"},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["idempotent-replayed"] == "true"
