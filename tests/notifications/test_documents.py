"""Order forms, invoices and credit notes go out with the mails that billing's account allows them to, each once."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.notifications.tables import obligations, order_papers
from shared.contracts import Account, Document, DocumentKind, Status, StatusType
from shared.runtime.http import Server
from shared.security import service_key
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import ADMINISTRATORS, NOON, Clock, Driver, account, entry, order, order_id, shop

KEYED = shop(version=2, payment_key="pk_of-the-shop")
SHIPPED = Status(mnemonic="shipped", type=StatusType.SHIPPED)
SLOW = timedelta(minutes=11)


@dataclass(slots=True)
class Archive:
    """What billing answers, by id of a document; who asked is kept."""

    contents: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    async def give(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        self.asked.append((id_, request.headers.get("authorization")))
        if self.status != 200:
            return Response(status_code=self.status, headers={"Retry-After": "1"})
        content = self.contents.get(id_)
        return Response(status_code=404) if content is None else Response(content, media_type="application/pdf")

    def document(self, id_: str, kind: DocumentKind, number: str, **changes: Any) -> Document:
        """A document whose bytes are kept here."""
        self.contents[id_] = b"%PDF-1.7 " + number.encode()
        digest = hashlib.sha256(self.contents[id_]).hexdigest()
        values = {"issued_on": NOON.date(), "issued_at": NOON, "gross": 490, "sha256": digest}
        return Document(id=id_, kind=kind, number=number, **{**values, **changes})

    def form(self) -> Document:
        return self.document("form", DocumentKind.ORDER_FORM, "CO-1")

    def invoice(self, number: int = 1, **changes: Any) -> Document:
        return self.document(f"inv-{number}", DocumentKind.INVOICE, f"FA2026-0000{number}", **changes)

    def note(self) -> Document:
        return self.document("note", DocumentKind.CREDIT_NOTE, "AV2026-00001")


@pytest.fixture
async def archive() -> AsyncIterator[Archive]:
    """A billing that gives documents, over HTTP."""
    found = Archive()
    server = Server(Starlette(routes=[Route("/api/v1/billing/documents/{id}/pdf", found.give)]), "127.0.0.1", 0)
    await server.start()
    found.url = f"http://127.0.0.1:{server.port}"
    yield found
    await server.stop()


@pytest.fixture
async def house(make_driver: MakeDriver, archive: Archive) -> Driver:
    driver = await make_driver(documents_url=archive.url)
    await driver.hear(KEYED)
    return driver


def told(version: int, heard: int, *documents: Document, typeset: bool = True) -> Account:
    """Billing's account, which has applied this version of the order."""
    changes = {"heard": heard, "documents": documents, "open": 0 if typeset else 1}
    return account(1, version).model_copy(update=changes)


async def mails(house: Driver) -> list[tuple[str, list[str]]]:
    """Reader and names of attachments of every mail that left, after all due work."""
    await house.deliver()
    requests = [call["request"] for call in await house.calls("mail") if call["response"]["status"] == 250]
    return [(request["to"][0], [one["name"] for one in request["attachments"]]) for request in requests]


@pytest.mark.row("S3-02")
async def test_the_confirmation_waits_for_the_order_form_and_takes_it_to_client_and_manager(
    house: Driver, archive: Archive
) -> None:
    await house.hear(order(1, 1, entry(1, mail=True, mail_admins=True)))
    assert await mails(house) == []
    [waits, _] = await house.deliveries()
    shown = (await house.http.get(f"/api/v1/notifications/deliveries/{waits['id']}")).json()["waiting"]
    assert (shown["cause"], shown["until"]) == ("documents", "2026-03-02T12:01:00Z")
    form = archive.form()
    await house.hear(told(1, 1, form.model_copy(update={"sha256": None}), typeset=False))
    assert await mails(house) == []
    for version in (2, 2, 3):
        await house.hear(told(version, 1, form))
        assert sorted(await mails(house)) == [
            ("camille@example.com", ["bon-de-commande-co-1.pdf"]),
            (ADMINISTRATORS[0], ["bon-de-commande-co-1.pdf"]),
        ]
    [request, _] = [call["request"] for call in await house.calls("mail")]
    assert request["attachments"][0]["sha256"] == form.sha256
    assert "Ci-joint : bon de commande CO-1" in request["text"]
    assert set(archive.asked) == {("form", f"Bearer {service_key(KEYED)}")}


@pytest.mark.row("S2-38")
async def test_the_invoice_goes_with_the_mail_of_its_entry_and_a_credit_note_by_itself(
    house: Driver, archive: Archive
) -> None:
    form, invoice, note = archive.form(), archive.invoice(), archive.note()
    await house.hear(told(1, 1, form), order(1, 1, entry(1, mail=True)))
    await house.deliver()
    await house.hear(told(2, 2, form, invoice), order(1, 2, entry(2, version=2, status=SHIPPED, mail=True)))
    await house.deliver()
    await house.hear(order(1, 3, entry(3, version=3)), told(3, 3, form, invoice, note), told(4, 3, form, invoice, note))
    assert sorted(await mails(house)) == [
        ("camille@example.com", ["avoir-av2026-00001.pdf"]),
        ("camille@example.com", ["bon-de-commande-co-1.pdf"]),
        ("camille@example.com", ["facture-fa2026-00001.pdf"]),
    ]
    [alone] = [item for item in await house.deliveries() if item["verb"] == "document"]
    assert (alone["subject"], alone["role"], alone["outcome"]) == ("note", "client", "done")
    assert (await house.answer()).open == 0


@pytest.mark.parametrize(
    ("language", "subject"), [("fr", "facture FA2026-00001, commande CO-1"), ("de", "invoice FA2026-00001, order CO-1")]
)
async def test_a_mail_leaves_when_its_time_is_over_and_the_document_follows_it(
    house: Driver, archive: Archive, clock: Clock, language: str, subject: str
) -> None:
    await house.hear(order(1, 1, entry(1, mail=True), language=language))
    clock.forward(seconds=61)
    assert await mails(house) == [("camille@example.com", [])]
    await house.hear(told(1, 1, archive.invoice()))
    assert len(await mails(house)) == 2
    follows = (await house.calls("mail"))[-1]["request"]
    assert subject in follows["subject"]
    assert [one["size"] for one in follows["attachments"]] == [len(archive.contents["inv-1"])]


async def test_a_refreshed_mail_keeps_what_it_takes_along(house: Driver, archive: Archive) -> None:
    await house.fault("mail", "500")
    await house.hear(told(1, 1, archive.form()), order(1, 1, entry(1, mail=True)))
    assert await mails(house) == []
    await house.hear(order(1, 2, entry(1, mail=True), entry(2, version=2)), told(2, 2, archive.form()))
    house.clock.forward(seconds=30)
    assert await mails(house) == [("camille@example.com", ["bon-de-commande-co-1.pdf"])]


async def test_a_mail_that_is_asked_for_again_takes_everything_along_again(house: Driver, archive: Archive) -> None:
    papers = archive.form(), archive.invoice()
    await house.hear(order(1, 1, entry(1, mail=True)), told(1, 1, *papers))
    await house.deliver()
    await house.hear(order(1, 2, entry(1, mail=True, resend=1)), told(2, 2, *papers))
    names = ["bon-de-commande-co-1.pdf", "facture-fa2026-00001.pdf"]
    assert await mails(house) == [("camille@example.com", names)] * 2


async def test_nobody_is_mailed_documents_who_was_not_written_to(house: Driver, archive: Archive) -> None:
    """An imported order, an old invoice of one that is written to later, and a client who was erased."""
    old = archive.invoice(1, issued_at=NOON - timedelta(days=30), external=True)
    await house.hear(order(1, 1, entry(1)), told(1, 1, old))
    await house.hear(order(1, 2, entry(2, version=2, mail=True)), told(2, 2, old))
    assert await mails(house) == [("camille@example.com", [])]
    await house.hear(order(1, 3, erased=True), told(3, 3, old, archive.invoice(2)))
    assert len(await mails(house)) == 1
    [row] = await house.rows(select(order_papers.c.client).where(order_papers.c.order_id == order_id(1)))
    assert row.client is None


async def test_an_imported_invoice_goes_as_it_is_or_not_at_all(house: Driver, archive: Archive) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)), told(1, 1))
    await house.deliver()
    xml = archive.invoice(1, external=True, sha256=None)
    await house.hear(told(2, 1, xml), told(3, 1, archive.invoice(2, external=True)))
    assert [names for _, names in await mails(house)] == [[], ["facture-fa2026-00002.pdf"]]


@pytest.mark.parametrize("trouble", ["503", "other bytes"])
async def test_a_document_that_cannot_be_had_is_tried_again_and_then_named(
    house: Driver, archive: Archive, clock: Clock, trouble: str
) -> None:
    invoice = archive.invoice()
    if trouble == "503":
        archive.status = 503
    else:
        archive.contents["inv-1"] += b"!"
    await house.hear(told(1, 1, invoice), order(1, 1, entry(1, mail=True)))
    assert await mails(house) == []
    [waits] = await house.deliveries()
    assert waits["outcome"] == "retry"
    assert waits["reason"].startswith("FA2026-00001: ")
    clock.now += SLOW
    assert await mails(house) == [("camille@example.com", [])]
    text = (await house.calls("mail"))[0]["request"]["text"]
    assert "Non joint, faute d’avoir pu l’obtenir à temps : facture FA2026-00001." in text


async def test_a_document_by_itself_does_not_leave_without_it(house: Driver, archive: Archive, clock: Clock) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)), told(1, 1))
    await mails(house)
    archive.status = 503
    await house.hear(told(2, 1, archive.invoice()))
    clock.now += SLOW
    assert len(await mails(house)) == 1
    archive.status = 200
    clock.forward(hours=1)
    assert (await mails(house))[1:] == [("camille@example.com", ["facture-fa2026-00001.pdf"])]
    del archive.contents["inv-1"]
    await house.hear(told(3, 1, archive.invoice(), archive.invoice(2).model_copy(update={"id": "nowhere"})))
    await house.deliver()
    states = await house.rows(
        select(obligations.c.subject, obligations.c.state).where(obligations.c.verb == "document")
    )
    assert sorted(map(tuple, states)) == [("inv-1", "done"), ("nowhere", "rejected")]


async def test_two_replicas_send_a_document_once(make_driver: MakeDriver, archive: Archive) -> None:
    one = await make_driver(documents_url=archive.url)
    await one.hear(KEYED, order(1, 1, entry(1, mail=True)), told(1, 1))
    other = await make_driver(documents_url=archive.url)
    await one.deliver()
    await one.hear(told(2, 1, archive.invoice()))
    await other.hear(told(2, 1, archive.invoice()))
    sent = await mails(one) + await mails(other)
    assert [names for _, names in sent if names] == [["facture-fa2026-00001.pdf"]]
