"""Numbers without a hole, seals that show, rows that cannot be changed."""

import asyncio
import json
import random

import pytest
from sqlalchemy.exc import DBAPIError

from services.billing.commands.converge import converge
from services.billing.domain import GENESIS, canonical, link
from shared.batch import lock_keys
from shared.contracts import Order
from shared.web.paging import encode_key
from tests.billing.builders import line
from tests.billing.driver import Driver, order
from tests.billing.tampering import change, problems, tamper


class RolledBack(Exception):
    """What the test raises to undo a transaction that has taken numbers."""


async def test_200_issuers_at_once_leave_no_hole(billing: Driver) -> None:
    """A fifth of them is rolled back after taking its numbers, and tries again until it stands."""
    dice = random.Random(200)

    async def issue(number: int) -> int:
        undone = 0
        while True:
            try:
                async with billing.service.outbox.transaction() as tx:
                    message = order(number, 1, line(shipped=1))
                    await lock_keys(tx, Order.name, [message.id])
                    assert await converge(tx, [message]) == 1
                    if dice.random() < 0.2:
                        raise RolledBack
            except RolledBack:
                undone += 1
            else:
                return undone

    undone = await asyncio.gather(*(issue(number) for number in range(1, 201)))
    assert sum(undone) >= 20
    rows = await billing.rows("documents")
    assert sorted(row.n for row in rows) == list(range(1, 201))
    proof = await billing.get("verify")
    assert proof["ok"], proof["problems"]
    assert proof["series"][0]["documents"] == 200


async def test_two_replicas_issue_one_invoice(billing: Driver) -> None:
    """The same order converged twice at once: the guard row lets one in after the other."""
    message = order(1, 1, line(shipped=1))

    async def issue() -> int:
        async with billing.service.outbox.transaction() as tx:
            await lock_keys(tx, Order.name, [message.id])
            return await converge(tx, [message])

    assert sorted(await asyncio.gather(issue(), issue(), issue())) == [0, 0, 1]


async def test_a_second_live_invoice_on_a_scope_is_refused(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    [live] = await billing.rows("live_invoices")
    await billing.hear(order(2, 1, line(shipped=1)))
    other = next(row for row in await billing.rows("live_invoices") if row.order_id != live.order_id)
    with pytest.raises(DBAPIError):
        await change(
            billing, f"UPDATE live_invoices SET order_id = '{live.order_id}' WHERE document_id = '{other.document_id}'"
        )


@pytest.mark.parametrize("table", ["documents", "blobs", "payments"])
@pytest.mark.parametrize("statement", ["DELETE FROM {table}", "UPDATE {table} SET {column} = {column}"])
async def test_what_was_issued_or_paid_cannot_be_changed(billing: Driver, table: str, statement: str) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.pay(1, "12.00")
    await billing.render()
    column = "sha256" if table == "blobs" else "id"
    with pytest.raises(DBAPIError, match="immutable"):
        await change(billing, statement.format(table=table, column=column))
    assert len(await billing.rows(table)) == 1


@pytest.mark.parametrize(
    "statement", ["DELETE FROM renderings", "UPDATE renderings SET sha256 = NULL, rendered_at = NULL"]
)
async def test_a_pdf_that_is_typeset_keeps_its_row(billing: Driver, statement: str) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await change(billing, "UPDATE renderings SET attempts = 1")  # as a worker does that has not come to an end
    await billing.render()
    [kept] = await billing.rows("renderings")
    with pytest.raises(DBAPIError, match="immutable"):
        await change(billing, statement)
    assert await billing.rows("renderings") == [kept]


async def test_the_snapshot_is_what_was_sealed(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(2, 1, line(shipped=1)))
    first, second = sorted(await billing.rows("documents"), key=lambda row: row.n)
    assert canonical(json.loads(first.snapshot)) == first.snapshot
    assert first.prev_hash == GENESIS
    assert second.prev_hash == first.hash == link(GENESIS, "FA2026", 1, first.snapshot).hash
    view = await billing.get(f"documents/{second.id}")
    assert view["snapshot"]["number"] == view["number"] == "FA2026-00002"


async def test_one_changed_letter_is_found(billing: Driver) -> None:
    await some_documents(billing)
    await tamper(billing, "UPDATE documents SET snapshot = REPLACE(snapshot, 'Article 1', 'Article 7') WHERE n = 2")
    assert await problems(billing) == {("FA2026-00002", "the content is not what was sealed")}


@pytest.mark.parametrize(
    ("change_to", "problem"),
    [
        ("number = 'FA2026-00009'", "the number is not that of its place in the series"),
        ("gross = gross + 1, tax = tax + 1", "the columns do not say what was sealed"),
        ("hash = REPLACE(hash, SUBSTR(hash, 1, 3), 'abc')", "the content is not what was sealed"),
    ],
)
async def test_a_changed_column_is_found(billing: Driver, change_to: str, problem: str) -> None:
    await some_documents(billing)
    await tamper(billing, f"UPDATE documents SET {change_to} WHERE n = 2")
    assert problem in {found for _, found in await problems(billing)}


async def test_a_series_that_is_taken_away_is_found(billing: Driver) -> None:
    await some_documents(billing)
    await change(billing, "DELETE FROM series")
    assert {problem for _, problem in await problems(billing)} == {"stands in no series"}


async def test_a_forged_seal_is_found(billing: Driver) -> None:
    """Whoever changes a document and seals it anew cannot make the next one follow it."""
    await some_documents(billing)
    row = next(row for row in await billing.rows("documents") if row.n == 2)
    forged = row.snapshot.replace("Article 1", "Article 7")
    seal = link(row.prev_hash, "FA2026", 2, forged).hash
    await tamper(
        billing,
        f"UPDATE documents SET snapshot = '{forged.replace(chr(39), chr(39) * 2)}', hash = '{seal}' WHERE n = 2",
    )
    assert await problems(billing) == {("FA2026-00003", "does not follow the document before it")}


async def test_a_missing_document_is_found(billing: Driver) -> None:
    await some_documents(billing)
    await tamper(
        billing,
        "DELETE FROM renderings WHERE document_id IN (SELECT id FROM documents WHERE n = 3)",
        "DELETE FROM live_invoices WHERE document_id IN (SELECT id FROM documents WHERE n = 3)",
        "DELETE FROM documents WHERE n = 3",
    )
    assert await problems(billing) == {
        ("FA2026", "the series says 3 documents, and the last one found is number 2"),
    }


async def test_one_changed_byte_of_a_pdf_is_found(billing: Driver) -> None:
    await some_documents(billing)
    [blob, *_] = await billing.rows("blobs")
    other = bytes([blob.content[0] ^ 1]) + blob.content[1:]
    await tamper(billing, (f"UPDATE blobs SET content = :content WHERE sha256 = '{blob.sha256}'", {"content": other}))
    assert {problem for _, problem in await problems(billing)} == {"the PDF is not what was rendered"}


async def some_documents(billing: Driver) -> None:
    for number in (1, 2, 3):
        await billing.hear(order(number, 1, line(shipped=1)))
    await billing.render()
    assert await problems(billing) == set()


async def test_a_place_that_no_proof_reached_is_answered(billing: Driver) -> None:
    """Whatever a caller makes of `after`."""
    await billing.hear(order(1, 1, line(1, shipped=1)))
    for place in (["FA", 2026, 2**31, None], ["FA", 2026, 2**63 - 1, None], ["", 0, 0, "x"], ["FA", 2026, -5, None]):
        answer = await billing.http.get("verify", params={"limit": 5, "after": encode_key(place)})
        assert answer.status_code == 200, answer.text
    beyond = encode_key(["FA", 2026, 2**64 - 1, None])
    assert (await billing.http.get("verify", params={"after": beyond})).status_code == 422
