"""Printing over HTTP: the archived order form, papers of the order as it stands, copies, many as one PDF."""

from io import BytesIO
from typing import Any

import pikepdf
import pytest

from services.billing.commands.bulk import Names
from services.billing.jobs.printing import Printer
from services.billing.queries.printing import Asked
from shared.contracts import DocumentKind, Entry, Invoicing, Status, StatusType, Texts
from tests.billing.builders import NOON, line
from tests.billing.driver import Driver, order, order_id
from tests.statements import statements


def entry(*, mail: bool = True) -> Entry:
    """The entry of an order that is placed; it mails the confirmation unless told otherwise."""
    received = Status(mnemonic="received", type=StatusType.RECEIVED)
    return Entry(id="e-1", version=1, at=NOON, status=received, mail=mail, texts=Texts(name="Reçue"))


async def pdf(billing: Driver, path: str, **parameters: Any) -> bytes:
    """A PDF that must be there."""
    answer = await billing.http.get(path, params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return answer.content


def title(content: bytes) -> str:
    with pikepdf.open(BytesIO(content)) as document, document.open_metadata() as metadata:
        return str(metadata["dc:title"])


def width(content: bytes) -> int:
    """Of the first page, in millimetres."""
    with pikepdf.open(BytesIO(content)) as document:
        left, _, right, _ = document.pages[0].mediabox
        return round(float(right - left) / 72 * 25.4)


def pages(content: bytes) -> int:
    with pikepdf.open(BytesIO(content)) as document:
        return len(document.pages)


@pytest.mark.row("S3-01", "S3-05")
async def test_the_order_form_is_made_when_the_order_is_placed_and_keeps_its_bytes(billing: Driver) -> None:
    """A draft has none; a changed order, another template or theme leave the archived one alone."""
    draft = order(1, 1, line(), status=Status(mnemonic="draft", type=StatusType.DRAFT))
    assert (await billing.hear(draft)).documents == ()
    placed = await billing.hear(order(1, 2, line(), entries=(entry(),)))
    [form] = placed.documents
    assert (placed.open, form.kind, form.number, form.gross) == (1, DocumentKind.ORDER_FORM, "C-1", 1200)
    await billing.render()
    [told] = (await billing.answer(order_id(1))).documents
    assert told.sha256 is not None
    first = await pdf(billing, "orders/C-1/documents/order_form.pdf")
    assert title(first) == "Bon de commande C-1"
    assert await pdf(billing, f"documents/{form.id}/pdf") == first

    await billing.http.put("theme", json={"accent": "#7a1f3d"})
    changed = await billing.hear(order(1, 3, line(quantity=7, name="Other"), entries=(entry(),)))
    assert changed.documents == (told,)
    await billing.render()
    assert await pdf(billing, "orders/C-1/documents/order_form.pdf") == first
    assert (await billing.get("documents"))["items"] == [], "it is no fiscal document"


async def test_a_form_that_no_mail_takes_along_is_typeset_when_somebody_asks(billing: Driver) -> None:
    account = await billing.hear(order(1, 1, line(), entries=(entry(mail=False),)))
    assert (account.open, account.documents) == (0, ())
    content = await pdf(billing, "orders/C-1/documents/order_form.pdf")
    account = await billing.answer(order_id(1))
    assert [(one.kind, one.sha256 is None) for one in account.documents] == [(DocumentKind.ORDER_FORM, False)]
    assert (await billing.rows("renderings"))[0].size == len(content)
    assert await pdf(billing, f"orders/{order_id(1)}/documents/order_form.pdf") == content


@pytest.mark.row("S2-42")
async def test_the_current_order_is_printed_as_it_stands(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(name="Article")))
    before = await pdf(billing, "orders/C-1/documents/order.pdf")
    assert await pdf(billing, "orders/C-1/documents/order.pdf") == before, "the same order, the same bytes"
    await billing.hear(order(1, 2, line(name="Article", quantity=2)))
    assert await pdf(billing, "orders/C-1/documents/order.pdf") != before


@pytest.mark.row("S1-35", "S2-39", "S2-41")
async def test_papers_over_http(billing: Driver) -> None:
    """A4 or 80 mm receipt, packing slip, in the language asked for."""
    await billing.hear(order(1, 1, line()))
    await billing.pay(1, "12.00")
    receipt = await pdf(billing, "orders/C-1/documents/receipt.pdf")
    roll = await pdf(billing, "orders/C-1/documents/receipt.pdf", format="80mm")
    slip = await pdf(billing, "orders/C-1/documents/packing_slip.pdf", language="en", message="Happy birthday!")
    assert [title(one) for one in (receipt, roll, slip)] == ["Reçu C-1", "Reçu C-1", "Packing slip C-1"]
    assert [width(one) for one in (receipt, roll, slip)] == [210, 80, 210]
    assert slip != await pdf(billing, "orders/C-1/documents/packing_slip.pdf", language="en"), "the message is on it"
    assert (await billing.rows("renderings")) == [], "none of them is kept"


async def test_a_copy_is_marked_and_the_original_stays(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.render()
    [invoice] = await billing.documents(1)
    path = f"documents/{invoice['id']}/pdf"
    original, french = await pdf(billing, path), await pdf(billing, path, language="fr")
    copy, english = await pdf(billing, path, copy=True), await pdf(billing, path, language="en")
    assert original == french == await pdf(billing, "orders/C-1/documents/invoice.pdf")
    assert len({original, copy, english}) == 3
    assert [title(one) for one in (copy, english)] == ["Facture FA2026-00001", "Invoice FA2026-00001"]
    with pikepdf.open(BytesIO(copy)) as document:
        assert not document.attachments


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("orders/C-9/documents/order.pdf", 404, "There is no order 'C-9'."),
        ("orders/C-1/documents/invoice.pdf", 404, "Order C-1 has no invoice."),
        ("orders/C-1/documents/credit_note.pdf", 404, "Order C-1 has no credit note."),
        ("orders/C-1/documents/order.pdf?format=80mm", 422, "Only a receipt is printed on an 80 mm roll."),
        ("orders/C-1/documents/order.pdf?message=x", 422, "Only a packing slip has a message to enclose."),
        ("orders/C-1/documents/poem.pdf", 422, "kind: Input should be"),
        ("orders/C-2/documents/order_form.pdf", 404, "Order C-2 has not been placed."),
        ("documents/nowhere/pdf", 404, "There is no document 'nowhere'."),
    ],
)
async def test_what_cannot_be_printed(billing: Driver, path: str, status: int, said: str) -> None:
    await billing.hear(order(1, 1, line()))
    await billing.hear(order(2, 1, line(), status=Status(mnemonic="draft", type=StatusType.DRAFT)))
    answer = await billing.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


@pytest.mark.row("S1-36")
async def test_many_are_one_pdf_at_once_or_by_a_job(billing: Driver) -> None:
    for number in range(1, 13):
        await billing.hear(order(number, 1, line(shipped=1)))
    few = {"kind": "invoice", "orders": [f"C-{number}" for number in range(1, 4)]}
    answer = await billing.http.post("documents/bulk", json=few)
    assert (answer.status_code, pages(answer.content)) == (200, 3)

    all_ = {"kind": "packing_slip", "orders": [f"C-{number}" for number in range(1, 13)]}
    key = {"Idempotency-Key": "prints-1"}
    begun = await billing.http.post("documents/bulk", json=all_, headers=key)
    assert (begun.status_code, begun.json()["state"], begun.json()["total"]) == (202, "waiting", 12)
    assert (await billing.http.post("documents/bulk", json=all_, headers=key)).json() == begun.json()
    path = begun.headers["location"].removeprefix("/api/v1/billing/")
    assert (await billing.http.get(f"{path}/pdf")).status_code == 503
    await print_all(billing)
    found = (await billing.http.get(path)).json()
    assert (found["state"], found["done"], found["progress"], found["error"]) == ("done", 12, 1.0, None)
    assert pages(await pdf(billing, found["pdf"].removeprefix("/api/v1/billing/"))) == 12

    billing.clock.advance(days=2)
    await print_all(billing)
    assert (await billing.http.get(path)).status_code == 404, "a print is forgotten"


async def test_documents_by_id_and_every_live_invoice_of_an_order(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(quantity=3, shipped=1)))
    await billing.hear(order(1, 2, line(quantity=3, shipped=3)))
    await billing.hear(order(2, 1, line(shipped=1)))
    await billing.hear(order(2, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    answer = await billing.http.post("documents/bulk", json={"orders": ["C-1", "C-2"]})
    assert pages(answer.content) == 3, "both parts of the first, and what the second had"
    ids = [one["id"] for one in [*await billing.documents(1), *await billing.documents(2)]]
    answer = await billing.http.post("documents/bulk", json={"ids": ids, "copies": True})
    assert pages(answer.content) == 4


async def test_looking_for_many_reads_no_bytes_and_asks_as_often_as_for_few(billing: Driver) -> None:
    for number in range(1, 6):
        await billing.hear(order(number, 1, line(shipped=1)))
    await billing.render()
    ids = [one["id"] for one in (await billing.get("documents"))["items"]]
    press, asked = billing.service.state["tools"].printing.press, []
    for names in (Names(documents=tuple(ids[:2])), Names(documents=tuple(ids))):
        with statements(billing.service.db) as seen:
            found = await press.find("demo", Asked("invoice", copy=True), names)
        assert len(found.sheets) == len(names.documents)
        assert not any("blobs" in statement for statement in seen)
        asked.append(len(seen))
    assert asked[0] == asked[1]


async def test_bulk_names_everything_that_cannot_be_printed(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(2, 1, line()))
    answer = await billing.http.post("documents/bulk", json={"orders": ["C-1", "C-2", "C-9"]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "orders.1", "detail": "Order C-2 has no invoice."},
        {"field": "orders.2", "detail": "There is no order 'C-9'."},
    ]
    for body in ({}, {"orders": ["C-1"], "ids": ["x"]}):
        answer = await billing.http.post("documents/bulk", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "orders")


async def test_a_print_that_was_cut_off_is_taken_over(billing: Driver) -> None:
    """A worker claims it and dies; when its lease is over another one prints it, and a sixth death ends it."""
    await billing.hear(order(1, 1, line()))
    ask = {"kind": "order", "orders": ["C-1"]}
    prefer = {"Prefer": "respond-async"}
    first, second = [(await billing.http.post("documents/bulk", json=ask, headers=prefer)).json() for _ in range(2)]
    await claim(billing)
    await print_all(billing)
    assert [(await billing.get(f"prints/{one['id']}"))["state"] for one in (first, second)] == ["running", "done"]
    for _ in range(5):
        billing.clock.advance(seconds=61)
        await claim(billing)
    failed = await billing.get(f"prints/{first['id']}")
    assert (failed["state"], failed["error"]) == ("failed", "it was tried 5 times in vain")
    assert (await billing.http.get(f"prints/{first['id']}/pdf")).status_code == 404


async def test_another_shop_prints_nothing(billing: Driver) -> None:
    await billing.open_shop(shop="other", key="stranger-secret")
    await billing.hear(order(1, 1, line(shipped=1), entries=(entry(),)))
    await billing.render()
    begun = await billing.http.post("documents/bulk", json={"orders": ["C-1"]}, headers={"Prefer": "respond-async"})
    [form], [invoice] = await billing.rows("papers"), await billing.documents(1)
    billing.http.headers["Authorization"] = "Bearer stranger-secret"
    for path in (
        "orders/C-1/documents/order.pdf",
        f"orders/{order_id(1)}/documents/order_form.pdf",
        f"documents/{form.id}/pdf",
        f"documents/{invoice['id']}/pdf?copy=1",
        f"prints/{begun.json()['id']}",
        f"prints/{begun.json()['id']}/pdf",
    ):
        assert (await billing.http.get(path)).status_code == 404, path
    refused = await billing.http.post("documents/bulk", json={"ids": [invoice["id"]]})
    assert refused.status_code == 422
    assert (await billing.get("storage/verify"))["total"] == 0


def printer(billing: Driver) -> Printer:
    return Printer(billing.service.outbox, billing.service.state["tools"].printing.press)


async def print_all(billing: Driver) -> None:
    """Run the job that prints many."""
    await printer(billing).run()


async def claim(billing: Driver) -> None:
    """A worker takes a print, and is not heard of again."""
    await printer(billing)._claimed()
