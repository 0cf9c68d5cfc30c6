"""Credit notes by hand over HTTP: previewed, sealed, never more than is left, and kept by what comes after."""

import asyncio
from importlib import import_module
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text

from services.billing.documents import view
from services.billing.tables import live_invoices
from shared.contracts import Customer, InvoiceState, Invoicing, PaymentState
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id


async def credit(billing: Driver, invoice: str, **body: Any) -> httpx.Response:
    query = "?dry_run=true" if body.pop("dry_run", False) else ""
    headers = body.pop("headers", None)
    wanted = {"reason": "Bouteille cassée"} | body
    return await billing.http.post(f"documents/{invoice}/credit-notes{query}", json=wanted, headers=headers)


async def invoiced(billing: Driver, number: int = 1, **more: Any) -> str:
    """The id of an invoice over three units of 12.00 and a service of 5.00."""
    lines = line(1, quantity=3, shipped=3), line(2, shipped=1, price="5.00", rate="10")
    account = await billing.hear(order(number, 1, *lines, **more))
    return account.documents[0].id


async def again(billing: Driver, version: int, **more: Any) -> list[tuple[str, str]]:
    """Hear of the order once more; its documents after that."""
    lines = line(1, quantity=3, shipped=3), line(2, shipped=1, price="5.00", rate="10")
    await billing.hear(order(1, version, *lines, **more))
    return [(one["number"], one["totals"]["gross"]) for one in await billing.documents(1)]


async def test_units_of_a_line_are_credited_and_refunded(billing: Driver) -> None:
    invoice = await invoiced(billing, payable=True)
    await billing.pay(1, "41.00")
    wish: dict[str, Any] = {"lines": [{"line": 1, "quantity": 1}]}
    seen = await credit(billing, invoice, **wish, dry_run=True)
    assert seen.json()["totals"] == {"net": "10.00", "tax": "2.00", "gross": "12.00"}
    assert (seen.json()["left"], len(await billing.documents(1))) == ("29.00", 1)

    made = await credit(billing, invoice, **wish, refund={"method": "transfer"})
    assert made.status_code == 201, made.text
    note = made.json()
    assert (note["number"], note["refers_to"], note["totals"]) == ("AV2026-00001", invoice, seen.json()["totals"])
    assert (note["refund"]["amount"], note["refund"]["reference"]) == ("12.00", "AV2026-00001")
    account = await billing.answer(order_id(1))
    assert (account.payment, account.invoice) == (PaymentState.PARTLY_REFUNDED, InvoiceState.ISSUED)
    found = await billing.get(f"documents/{note['id']}")
    assert found["snapshot"]["by_hand"]["text"] == "Bouteille cassée"
    assert "(Bouteille cassée)" in str(view(found["snapshot"])["reason"])
    expected = [("FA2026-00001", "41.00"), ("AV2026-00001", "12.00")]
    assert await again(billing, 2) == await again(billing, 3, invoicing=Invoicing.LESS_RETURNED) == expected
    assert (await billing.get("verify"))["ok"]


async def test_an_amount_is_not_credited_again_when_it_is_refunded_later(billing: Driver) -> None:
    invoice = await invoiced(billing, payable=True)
    await billing.pay(1, "41.00")
    note = (await credit(billing, invoice, amount="4.10")).json()
    assert [rate["rate"] for rate in (await billing.get(f"documents/{note['id']}"))["snapshot"]["rates"]] == [
        "20",
        "10",
    ]
    await again(billing, 2, invoicing=Invoicing.LESS_RETURNED)
    await billing.pay(1, "4.10", kind="refunds")
    assert await again(billing, 3, invoicing=Invoicing.LESS_RETURNED) == [
        ("FA2026-00001", "41.00"),
        ("AV2026-00001", "4.10"),
    ]


async def test_in_full_leaves_nothing_and_no_message_invoices_it_again(billing: Driver) -> None:
    invoice = await invoiced(billing)
    assert (await credit(billing, invoice)).json()["totals"]["gross"] == "41.00"
    assert (await billing.answer(order_id(1))).invoice is InvoiceState.CREDITED
    refused = await credit(billing, invoice, amount="0.01")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:nothing-left")
    assert len(await again(billing, 2)) == 2
    assert len(await again(billing, 3, invoicing=Invoicing.CREDIT)) == 2


async def test_ten_hands_at_once_never_credit_more_than_is_left(billing: Driver) -> None:
    invoice = await invoiced(billing)
    wish: dict[str, Any] = {"lines": [{"line": 1, "quantity": 1}]}
    hearing = asyncio.create_task(again(billing, 2))
    answers = await asyncio.gather(*(credit(billing, invoice, **wish) for _ in range(10)))
    await hearing
    assert sorted(one.status_code for one in answers) == [201] * 3 + [409] * 7
    account = await billing.get("orders/C-1")
    assert account["invoiced"] == "5.00"
    assert (await billing.get("verify"))["ok"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"lines": [{"line": 1, "quantity": 4}]}, 409, {"left": 3, "line": 1}),
        ({"amount": "41.01"}, 409, {"left": "41.00", "line": None}),
        ({"refund": {"method": "card"}}, 409, {"refundable": "0.00"}),
        ({"lines": [{"line": 7, "quantity": 1}]}, 422, {"field": "lines"}),
        ({"amount": "1.234"}, 422, {"field": "amount"}),
        ({"amount": "0.00"}, 422, {"field": "amount"}),
        ({"amount": "-1.00"}, 422, {"field": "amount"}),
        ({"amount": "1.00", "lines": [{"line": 1, "quantity": 1}]}, 422, {"field": "amount"}),
        ({"lines": [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]}, 422, {"field": "lines"}),
        ({"reason": " "}, 422, {"field": "reason"}),
    ],
)
async def test_what_cannot_be_credited_is_refused(
    billing: Driver, body: dict[str, Any], status: int, told: dict[str, Any]
) -> None:
    """And takes no number with it."""
    invoice = await invoiced(billing)
    refused = await credit(billing, invoice, **body)
    assert refused.status_code == status, refused.text
    said = refused.json()["errors"][0] if status == 422 else refused.json()
    assert told.items() <= said.items()
    assert (await credit(billing, invoice)).json()["number"] == "AV2026-00001"


async def test_neither_a_credit_note_nor_another_shops_invoice(billing: Driver) -> None:
    await billing.open_shop(shop="friend", key="friend")
    invoice = await invoiced(billing)
    other = await credit(billing, invoice, headers={"Authorization": "Bearer friend"})
    note = (await credit(billing, invoice, amount="1.00")).json()["id"]
    assert (other.status_code, (await credit(billing, note)).status_code) == (404, 404)


async def test_asked_twice_with_one_key_it_is_issued_once(billing: Driver) -> None:
    invoice = await invoiced(billing)
    first, second = [
        await credit(billing, invoice, amount="1.00", headers={"Idempotency-Key": "one"}) for _ in range(2)
    ]
    assert first.json() == second.json()
    assert len(await billing.documents(1)) == 2


async def test_a_wrong_buyer_is_corrected_by_a_new_generation(billing: Driver) -> None:
    invoice = await invoiced(billing)
    buyer = Customer(name="Paul Vidal", email="paul@example.org", company="Vidal SARL")
    await again(billing, 2, customer=buyer)
    made = await billing.http.post(f"documents/{invoice}/reissue", json={"reason": "Raison sociale"})
    note, new = made.json()["items"]
    assert (note["number"], note["refers_to"], note["totals"]["gross"]) == ("AV2026-00001", invoice, "41.00")
    assert (new["number"], new["generation"], new["live"]) == ("FA2026-00002", 2, True)
    assert (await billing.get(f"documents/{new['id']}"))["snapshot"]["buyer"]["company"] == "Vidal SARL"
    assert len(await again(billing, 3, customer=buyer)) == 3


async def test_what_was_granted_is_told_when_it_is_credited_on_the_new_invoice(billing: Driver) -> None:
    invoice = await invoiced(billing)
    await credit(billing, invoice, amount="2.50")
    made = await billing.http.post(f"documents/{invoice}/reissue", json={"reason": "Raison sociale"})
    assert [(one["kind"], one["totals"]["gross"]) for one in made.json()["items"]] == [
        ("credit_note", "38.50"),
        ("invoice", "41.00"),
        ("credit_note", "2.50"),
    ]
    assert [one["id"] for one in made.json()["items"]] == [one["id"] for one in (await billing.documents(1))[2:]]


async def test_an_invoice_credited_by_mistake_is_issued_again_and_one_the_state_took_back_is_not(
    billing: Driver,
) -> None:
    invoice = await invoiced(billing)
    await credit(billing, invoice)
    made = await billing.http.post(f"documents/{invoice}/reissue", json={"reason": "Erreur"})
    [new] = made.json()["items"]
    assert (new["number"], new["totals"]["gross"]) == ("FA2026-00002", "41.00")
    assert len(await again(billing, 2)) == 3
    await again(billing, 3, invoicing=Invoicing.CREDIT)
    refused = await billing.http.post(f"documents/{new['id']}/reissue", json={"reason": "Erreur"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:nothing-left")
    assert len(await billing.documents(1)) == 4


async def returned(billing: Driver) -> str:
    """The id of an invoice of 41.00: 0.01 was credited by hand, then all of it came back."""
    invoice = await invoiced(billing)
    await credit(billing, invoice, amount="0.01")
    back = line(1, quantity=3, shipped=3, restocked=3), line(2, shipped=1, restocked=1, price="5.00", rate="10")
    account = await billing.hear(order(1, 2, *back, invoicing=Invoicing.LESS_RETURNED))
    assert account.invoice is InvoiceState.CREDITED
    return invoice


async def test_goods_that_come_back_take_all_that_money_left_of_their_invoice(billing: Driver) -> None:
    invoice = await returned(billing)
    items = await billing.documents(1)
    assert [(one["totals"]["gross"], one["live"]) for one in items] == [
        ("41.00", False),
        ("0.01", False),
        ("40.99", False),
    ]
    for refused in (
        await credit(billing, invoice),
        await billing.http.post(f"documents/{invoice}/reissue", json={"reason": "Erreur"}),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:nothing-left")


async def test_goods_sent_again_are_invoiced_again_and_nothing_else(billing: Driver) -> None:
    await returned(billing)
    lines = line(1, quantity=3, shipped=6, restocked=3), line(2, shipped=2, restocked=1, price="5.00", rate="10")
    await billing.hear(order(1, 3, *lines))
    assert [one["totals"]["gross"] for one in (await billing.documents(1))[3:]] == ["41.00", "0.01"]


async def test_no_credit_note_over_nothing(billing: Driver) -> None:
    """Of goods given away with others; an invoice of such goods alone is one of 0.00, and so is its credit note."""
    free = line(2, shipped=1, price="0.00")
    invoice = (await billing.hear(order(1, 1, line(1, shipped=1), free))).documents[0].id
    refused = await credit(billing, invoice, lines=[{"line": 2, "quantity": 1}])
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:nothing-left")
    back = line(2, shipped=1, restocked=1, price="0.00")
    await billing.hear(order(1, 2, line(1, shipped=1), back, invoicing=Invoicing.LESS_RETURNED))
    assert len(await billing.documents(1)) == 1
    for version, invoicing in ((1, Invoicing.POLICY), (2, Invoicing.CREDIT)):
        await billing.hear(order(2, version, free, invoicing=invoicing))
    assert [one["totals"]["gross"] for one in await billing.documents(2)] == ["0.00", "0.00"]


async def test_an_emptied_invoice_of_earlier_releases_is_live_no_more(billing: Driver) -> None:
    invoice = await returned(billing)
    other = await invoiced(billing, 2)
    migration = import_module("services.billing.migrations.versions.0010_waived")
    async with billing.service.db.write() as conn:
        await conn.execute(insert(live_invoices), {"order_id": order_id(1), "scope": "order/1", "document_id": invoice})
        await conn.execute(text(migration.EMPTIED))
    assert [row.document_id for row in await billing.rows("live_invoices")] == [other]
