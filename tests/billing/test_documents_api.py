"""Documents over HTTP: lists, one with its snapshot, the PDF, and what happens while it is not there."""

from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest

from services.billing.commands.rendering import Rendered, claim_due, keep
from services.billing.documents import Job
from shared.contracts import Invoicing
from shared.security import find_shop, service_key
from tests.billing.builders import PARIS, line
from tests.billing.driver import Driver, order, order_id
from tests.billing.external_files import blank


async def test_an_orders_documents_by_code_and_by_id(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(1, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    await billing.hear(order(2, 1, line(shipped=1)))
    found = await billing.documents(1)
    assert [(one["kind"], one["number"], one["order"]) for one in found] == [
        ("invoice", "FA2026-00001", "C-1"),
        ("credit_note", "AV2026-00001", "C-1"),
    ]
    assert found[0]["totals"] == {"net": "10.00", "tax": "2.00", "gross": "12.00"}
    assert found[1]["refers_to"] == found[0]["id"]
    assert (await billing.get("documents", order=order_id(1)))["items"] == found


async def test_all_documents_newest_first_page_by_page(billing: Driver) -> None:
    for number in range(1, 6):
        await billing.hear(order(number, 1, line(shipped=1)))
    seen, after = [], None
    while True:
        page = await billing.get("documents", limit=2, **({"after": after} if after else {}))
        assert page["total"] == 5
        seen += [one["number"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [f"FA2026-0000{n}" for n in (5, 4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"kind": "credit_note"}, 1),
        ({"number": "FA2026-00002"}, 1),
        ({"issued_from": "2026-11-23"}, 0),
        ({"issued_to": "2026-11-22", "kind": "invoice"}, 2),
        ({"order": "nobody"}, 0),
    ],
)
async def test_filters(billing: Driver, parameters: dict[str, str], count: int) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(2, 1, line(shipped=1)))
    await billing.hear(order(2, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    page = await billing.get("documents", **parameters)
    assert (page["total"], len(page["items"])) == (count, count)


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "0"), ("limit", "201"), ("after", "x"), ("kind", "receipt"), ("issued_from", "May")]
)
async def test_bad_parameters(billing: Driver, name: str, value: str) -> None:
    answer = await billing.http.get("documents", params={name: value})
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [name])


async def test_the_pdf_is_kept_for_ever(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    [document] = await billing.documents(1)
    path = f"documents/{document['id']}/pdf"
    pdf = await billing.http.get(path)
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    [document] = await billing.documents(1)
    assert pdf.headers["etag"] == f'"{document["sha256"]}"'
    assert "immutable" in pdf.headers["cache-control"]
    assert document["size"] == len(pdf.content)
    assert 'filename="FA2026-00001.pdf"' in pdf.headers["content-disposition"]
    again = await billing.http.get(path, headers={"If-None-Match": pdf.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_pdf_that_a_worker_is_at_is_asked_for_again(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    [document] = await billing.documents(1)
    async with billing.service.outbox.transaction() as tx:
        await claim_due(tx, 10, timedelta(seconds=20))
    early = await billing.http.get(f"documents/{document['id']}/pdf")
    assert (early.status_code, early.headers["content-type"]) == (503, "application/problem+json")
    assert int(early.headers["retry-after"]) >= 1


async def test_a_number_with_a_slash_makes_a_files_name(billing: Driver) -> None:
    assert (await billing.http.put("series/FA", json={"format": "FA-{yy}/{n:04}"})).status_code == 200
    await billing.hear(order(1, 1, line(shipped=1)))
    [document] = await billing.documents(1)
    assert document["number"] == "FA-26/0001"
    for path, name in (("pdf", "FA-26-0001.pdf"), ("xml?syntax=ubl", "FA-26-0001.ubl.xml")):
        answer = await billing.http.get(f"documents/{document['id']}/{path}")
        assert f'filename="{name}"' in answer.headers["content-disposition"]


async def test_no_such_document(billing: Driver) -> None:
    for path in ("documents/x", "documents/x/pdf"):
        assert (await billing.http.get(path)).status_code == 404


@pytest.mark.parametrize(("name", "archivable"), [("Claire Fontaine", True), ("张伟", False)])
async def test_a_pdf_that_is_no_pdf_a_says_so(billing: Driver, name: str, archivable: bool) -> None:
    await billing.hear(order(1, 1, line(shipped=1), billing_address=PARIS.model_copy(update={"name": name})))
    [document] = await billing.documents(1)
    assert (document["sha256"], document["archivable"]) == (None, None)
    await billing.render()
    [document] = await billing.documents(1)
    assert document["archivable"] is archivable
    pdf = (await billing.http.get(f"documents/{document['id']}/pdf")).content
    with pikepdf.open(BytesIO(pdf)) as found, found.open_metadata() as metadata:
        assert ("pdfaid:part" in metadata) is archivable
        assert "factur-x.xml" in found.attachments


async def test_a_failing_rendering_is_put_off_and_keeps_its_number(
    billing: Driver,
) -> None:
    def broken(_job: Job) -> bytes:
        raise MemoryError("no room to typeset")

    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.render(broken)
    assert (await billing.answer(order_id(1))).open == 1
    [row] = await billing.rows("renderings")
    assert (row.attempts, row.sha256, row.lease_until) == (1, None, None)
    assert "no room" in row.error

    await billing.render()  # not due yet
    assert (await billing.answer(order_id(1))).open == 1
    billing.clock.advance(seconds=5)
    await billing.render()
    account = await billing.answer(order_id(1))
    assert (account.open, [document.number for document in account.documents]) == (0, ["FA2026-00001"])
    assert (await billing.rows("renderings"))[0].error is None


async def test_a_dead_workers_claim_is_taken_over_and_its_late_report_ignored(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    lease = timedelta(seconds=20)
    async with billing.service.outbox.transaction() as tx:
        [dead] = await claim_due(tx, 10, lease)
    async with billing.service.outbox.transaction() as tx:
        assert await claim_due(tx, 10, lease) == []
    billing.clock.advance(seconds=21)
    await billing.render()
    kept = (await billing.documents(1))[0]["sha256"]
    async with billing.service.outbox.transaction() as tx:
        await keep(tx, [Rendered(dead, blank())])
    assert (await billing.documents(1))[0]["sha256"] == kept


async def test_the_service_key_opens_the_pdfs_of_its_shop_and_nothing_else(billing: Driver) -> None:
    await billing.open_shop(version=2, payment_key="pk_demo")
    await billing.open_shop(shop="other", key="theirs", payment_key="pk_other")
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.render()
    [document] = await billing.documents(1)
    path = f"documents/{document['id']}"
    keys = {}
    async with billing.service.db.read() as conn:
        for name in ("demo", "other"):
            found = await find_shop(conn, name)
            assert found is not None
            keys[name] = {"Authorization": f"Bearer {service_key(found)}"}
    assert (await billing.http.get(f"{path}/pdf", headers=keys["demo"])).status_code == 200
    assert (await billing.http.get(f"{path}/pdf", headers=keys["other"])).status_code == 404
    for closed in (path, "documents", f"{path}/xml", "orders/C-1"):
        assert (await billing.http.get(closed, headers=keys["demo"])).status_code == 403, closed
