"""Imports that were wrong: taken back with a reason, never erased; and files that somebody touched."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from services.billing.tables import blobs
from shared.contracts import InvoiceState
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id
from tests.billing.external_files import blank, imported, invoice, written

TWO = line(quantity=2)
SHIPPED = line(quantity=2, shipped=2)
NUMBER = "EXT-2026/0815"


async def test_an_import_is_taken_back_and_nothing_is_erased(billing: Driver) -> None:
    await billing.hear(order(1, 1, SHIPPED, invoice_wanted=False))
    xml = written(invoice())
    found = await imported(billing, xml)
    await billing.hear(order(1, 2, SHIPPED))
    path = f"external-invoices/{found['id']}/void"
    voided = await billing.http.post(path, json={"reason": "the wrong order"})
    assert voided.status_code == 200
    assert (voided.json()["live"], voided.json()["voided"]["reason"]) == (False, "the wrong order")
    account = await billing.answer(order_id(1))
    assert (account.invoice, [document.number for document in account.documents]) == (
        InvoiceState.ISSUED,
        ["FA2026-00001"],
    )
    both = await billing.documents(1)
    assert [(one["origin"], one["live"]) for one in both] == [("external", False), ("internal", True)]
    assert (await billing.http.get(f"documents/{found['id']}/original")).content == xml
    for way in ("credit-notes", "reissue"):
        refused = await billing.http.post(f"documents/{found['id']}/{way}", json={"reason": "x"})
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:made-elsewhere")
    again = await billing.http.post(path, json={"reason": "once more"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:comptoir:problem:already-voided")
    assert (await billing.http.post("external-invoices/x/void", json={"reason": "?"})).status_code == 404
    for table in ("external_invoices", "external_voids"):
        with pytest.raises(DBAPIError, match="immutable"):
            async with billing.service.db.write() as conn:
                await conn.exec_driver_sql(f"DELETE FROM {table}")


async def test_one_changed_byte_of_a_file_is_found(billing: Driver) -> None:
    await billing.hear(order(1, 1, TWO))
    await imported(billing, written(invoice()))
    assert (await billing.get("verify"))["ok"]
    async with billing.service.db.write() as conn:
        sqlite = billing.service.db.dialect == "sqlite"
        off = "DROP TRIGGER blobs_no_update" if sqlite else "ALTER TABLE blobs DISABLE TRIGGER USER"
        await conn.exec_driver_sql(off)
        await conn.execute(update(blobs).values(content=blank()))
    proof = await billing.get("verify")
    assert [(one["number"], one["part"], one["problem"]) for one in proof["problems"]] == [
        (NUMBER, "file", "the file is not what was imported")
    ]


async def test_what_was_taken_back_may_come_again(billing: Driver) -> None:
    for number in (1, 2):
        await billing.hear(order(number, 1, TWO))
    xml = written(invoice(**{"BT-14": "PO"}))
    wrong = await imported(billing, xml, 1)
    await billing.http.post(f"external-invoices/{wrong['id']}/void", json={"reason": "the other order"})
    right = await imported(billing, xml, 2)
    assert (right["sha256"], right["order"]) == (wrong["sha256"], "C-2")
