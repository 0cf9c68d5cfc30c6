"""The ways to pay of a shop, and states of payment that people set."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts import Channel, PaymentState
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id
from tests.billing.till import Till

SUMUP = {"id": "sumup", "kind": "card", "names": {"fr": "Carte au comptoir", "en": "Card at the counter"}}


@pytest.mark.row("S1-29")
async def test_the_list_is_managed_in_the_settings(till: Till) -> None:
    usual = await till.get("payment-methods")
    assert [(one["id"], one["active"], one["available"]) for one in usual["items"]] == [
        ("card", True, True),
        ("transfer", True, True),
        ("cheque", True, True),
        ("cash", False, False),
        ("on_account", False, False),
    ]
    cheque = {"id": "cheque", "kind": "cheque", "names": {"fr": "Chèque"}, "instructions": {"fr": "À l’ordre de M."}}
    off = {"id": "transfer", "kind": "transfer", "names": {"fr": "Virement"}, "active": False}
    answer = await till.http.put("payment-methods", json={"items": [SUMUP, cheque, off]})
    assert answer.status_code == 200, answer.text
    await till.ordered()
    page = await till.page()
    assert page.methods == ["sumup", "cheque"]
    assert "À l’ordre de M." in page.text
    await till.http.put("payment-methods", json={"items": []})
    assert await till.get("payment-methods") == usual


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"id": "Card!"}, "items.0.id"),
        ({"kind": "seashells"}, "items.0.kind"),
        ({"names": {}}, "items.0.names"),
        ({"names": {"french": "Carte"}}, "items.0.names.french.[key]"),
        ({"provider": "paypal"}, "items.0.provider"),
        ({"capture": "later"}, "items.0.capture"),
    ],
)
async def test_what_is_no_method_is_refused(billing: Driver, item: dict[str, object], field: str) -> None:
    answer = await billing.http.put("payment-methods", json={"items": [SUMUP | item]})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_two_methods_have_two_ids(billing: Driver) -> None:
    answer = await billing.http.put("payment-methods", json={"items": [SUMUP, SUMUP]})
    assert [error["field"] for error in answer.json()["errors"]] == ["items"]


async def test_each_shop_has_its_own(till: Till) -> None:
    await till.open_shop(shop="other", key="theirs")
    await till.http.put("payment-methods", json={"items": [SUMUP]})
    theirs = await till.http.get("payment-methods", headers={"Authorization": "Bearer theirs"})
    assert theirs.json()["items"][0]["id"] == "card"


async def test_without_an_account_a_card_is_not_offered(billing: Driver) -> None:
    card = (await billing.get("payment-methods"))["items"][0]
    assert (card["id"], card["active"], card["available"]) == ("card", True, False)


@pytest.mark.row("S1-26", "S3-07")
async def test_paid_and_unpaid_can_be_set(till: Till) -> None:
    await till.ordered(payment_method="cheque")
    for _again in range(2):
        answer = await till.http.put("orders/C-1/payment-state", json={"state": "paid", "reference": "n° 12"})
        assert answer.status_code == 200, answer.text
        account = answer.json()
        assert (account["payment"], account["captured"], account["method"]) == ("paid", "24.00", "cheque")
    for _again in range(2):
        answer = await till.http.put("orders/C-1/payment-state", json={"state": "unpaid"})
        assert (answer.json()["payment"], answer.json()["captured"]) == ("unpaid", "0.00")
    listed = (await till.get("orders/C-1/payments"))["items"]
    assert [(one["kind"], one["amount"], one["method"]) for one in listed] == [
        ("capture", "24.00", "cheque"),
        ("reversal", "24.00", "cheque"),
    ], "nothing is erased"
    assert (await till.answer(order_id(1))).payment is PaymentState.UNPAID
    assert "card" in (await till.page()).methods


@pytest.mark.parametrize(
    ("chosen", "recorded"),
    [("CHÈQUE", "cheque"), ("Card at the counter", "sumup"), ("PayPal", "PayPal"), ("Bon " * 20, "Bon " * 10)],
)
async def test_an_order_says_how_it_is_paid_in_words_of_its_own(till: Till, chosen: str, recorded: str) -> None:
    """An imported order names its method as another house did: the one of the list that has that name, else as told."""
    cheque = {"id": "cheque", "kind": "cheque", "names": {"fr": "Chèque"}}
    await till.http.put("payment-methods", json={"items": [SUMUP, cheque]})
    await till.ordered(payment_method=chosen)
    answer = await till.http.put("orders/C-1/payment-state", json={"state": "paid"})
    assert answer.status_code == 200, answer.text
    assert [one["method"] for one in (await till.get("orders/C-1/payments"))["items"]] == [recorded.strip()]


@pytest.mark.parametrize(
    ("verb", "path", "body", "field"),
    [
        ("POST", "orders/C-1/payments", {"amount": "1.00", "currency": "EUR"}, "method"),
        ("POST", "orders/C-1/refunds", {"amount": "1.00", "currency": "EUR"}, "method"),
        ("PUT", "orders/C-1/payment-state", {"state": "paid"}, "method"),
        ("POST", "documents/{invoice}/credit-notes", {"reason": "Cassé", "amount": "1.00"}, "refund.method"),
        ("POST", "documents/{invoice}/credit-notes?dry_run=true", {"reason": "Cassé"}, "refund.method"),
    ],
)
async def test_money_is_recorded_under_a_method_that_there_is(
    till: Till, verb: str, path: str, body: dict[str, Any], field: str
) -> None:
    await till.http.put("payment-methods", json={"items": [SUMUP, {**SUMUP, "id": "old", "active": False}]})
    await till.hear(order(1, 1, line(shipped=1), payable=True))
    await till.pay(1, "6.00")
    [invoice] = await till.documents(1)
    path = path.format(invoice=invoice["id"])

    def told(method: str) -> dict[str, Any]:
        return body | ({"refund": {"method": method}} if field.startswith("refund") else {"method": method})

    refused = await till.http.request(verb, path, json=told("bananas"))
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    there_are = ["sumup", "old", "card", "transfer", "cheque", "cash", "on_account", "other"]
    assert refused.json()["known"] == there_are
    assert len(await till.rows("payments")) == len(await till.rows("documents")) == 1
    assert (await till.http.request(verb, path, json=told("old"))).status_code in (200, 201), "inactive, but there is"


async def test_money_goes_back_the_way_it_came(till: Till) -> None:
    """A method that was taken off the list since, and a marketplace's own."""
    await till.http.put("payment-methods", json={"items": [SUMUP]})
    await till.ordered()
    await till.pay(1, "24.00", method="sumup")
    await till.http.put("payment-methods", json={"items": []})
    assert (await till.pay(1, "4.00", method="sumup", kind="refunds")).status_code == 201
    await till.ordered(2, channel=Channel.AMAZON, external_id="403-1")
    assert (await till.pay(2, "24.00", method="ebay")).status_code == 422
    assert (await till.pay(2, "24.00", method="amazon")).status_code == 201


async def test_a_providers_money_is_not_unpaid_by_hand(till: Till) -> None:
    await till.ordered()
    await till.paid()
    answer = await till.http.put("orders/C-1/payment-state", json={"state": "unpaid"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:comptoir:problem:paid-through-provider")


async def test_what_was_booked_stays(till: Till) -> None:
    """Movements of every kind, those the migration brought too, can be neither changed nor taken away."""
    await till.ordered()
    await till.http.put("orders/C-1/payment-state", json={"state": "paid"})
    await till.http.put("orders/C-1/payment-state", json={"state": "unpaid"})
    for statement in ("UPDATE payments SET amount = 1", "DELETE FROM payments"):
        with pytest.raises(Exception, match="immutable"):
            async with till.service.db.write() as conn:
                await conn.execute(text(statement))
    assert len(await till.rows("payments")) == 2


@pytest.mark.row("S3-25")
async def test_turnover_by_transaction_type(till: Till) -> None:
    for number in (1, 2, 3):
        await till.ordered(number)
    await till.paid(1)
    await till.pay(2, "24.00", method="cheque")
    await till.pay(2, "4.00", method="cheque", kind="refunds")
    await till.pay(3, "24.00", method="transfer")
    await till.http.put("orders/C-3/payment-state", json={"state": "unpaid"})
    found = (await till.get("takings", taken_from="2026-11-22", taken_to="2026-11-22"))["items"]
    assert [(one["method"], one["kind"], one["captured"], one["refunded"], one["kept"]) for one in found] == [
        ("card", "card", "24.00", "0.00", "24.00"),
        ("cheque", "cheque", "24.00", "4.00", "20.00"),
        ("transfer", "transfer", "0.00", "0.00", "0.00"),
    ]
    for outside in ({"taken_to": "2026-11-21"}, {"taken_from": "2026-11-23"}, {"taken_to": "0001-01-01"}):
        assert await till.get("takings", **outside) == {"items": []}
