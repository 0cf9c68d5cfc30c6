"""Refunds through the provider: once each, however often they are wished or tried, and never more than was taken."""

import asyncio
from typing import Any

import orjson
import pytest

from shared.contracts import Invoicing, PaymentState
from tests.billing.builders import line
from tests.billing.driver import order, order_id
from tests.billing.till import Till


@pytest.mark.row("S1-27")
async def test_a_refund_is_launched_where_the_provider_can(till: Till) -> None:
    await till.ordered()
    await till.paid()
    assert (await till.money())["refundable"] == {"provider": "24.00", "by_hand": "24.00"}
    answer = await till.refund(amount="10.00")
    assert answer.status_code == 202, answer.text
    [wished] = answer.json()["refunds"]
    assert (wished["amount"], wished["state"], wished["number"]) == ("10.00", "due", 1)
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.payment, account.refunded) == (PaymentState.PARTLY_REFUNDED, 1000)
    [made] = (await till.money())["refunds"]
    assert (made["state"], made["reference"][:3]) == ("done", "re_")
    [call] = await till.calls("/refunds")
    assert call["request"]["key"] == f"refund:{order_id(1)}:1"
    assert call["request"]["body"]["amount"] == "1000"
    movement = (await till.get("orders/C-1/payments"))["items"][1]
    assert (movement["kind"], movement["amount"], movement["actor"]) == ("refund", "10.00", "Alix")


@pytest.mark.row("S1-27")
async def test_otherwise_the_button_is_absent(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "24.00")
    assert (await till.money())["refundable"] == {"provider": "0.00", "by_hand": "24.00"}
    refused = await till.refund(amount="10.00")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:refund-not-possible")
    by_hand = await till.refund(amount="10.00", method="transfer", reference="VIR 1")
    assert (by_hand.status_code, by_hand.json()["payment"]) == (201, "partly_refunded")


async def test_a_total_that_is_wished_again_pays_nothing_twice(till: Till) -> None:
    """Refunded, opened, refunded: the wish is what shall have been paid back."""
    await till.ordered()
    await till.paid()
    for _again in range(2):
        assert (await till.refund(total="24.00")).status_code == 202
    await till.work()
    await till.hear(order(1, 2, line(quantity=2), invoicing=Invoicing.LESS_RETURNED))
    await till.hear(order(1, 3, line(quantity=2), payable=True))
    answer = await till.refund(total="24.00")
    assert (answer.status_code, answer.json()["refunds"]) == (202, [])
    await till.work()
    assert (await till.answer(order_id(1))).refunded == 2400
    assert len(await till.calls("/refunds")) == 1


async def test_what_is_on_its_way_counts(till: Till) -> None:
    await till.ordered()
    await till.paid()
    await till.refund(amount="20.00")
    bodies: list[dict[str, Any]] = [{"amount": "4.01"}, {"amount": "4.01", "method": "transfer"}]
    for more in bodies:
        refused = await till.refund(**more)
        assert (refused.status_code, refused.json()["refundable"]) == (409, "4.00")
    answers = await asyncio.gather(*(till.refund(amount="3.00") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    await till.work()
    assert (await till.answer(order_id(1))).refunded == 2300


async def test_a_refund_pays_back_the_credit_note_it_belongs_to(till: Till) -> None:
    await till.ordered()
    await till.paid()
    await till.hear(order(1, 2, line(quantity=2, shipped=2)))
    await till.hear(order(1, 3, line(quantity=2, shipped=2, restocked=1), invoicing=Invoicing.LESS_RETURNED))
    [note] = [one for one in await till.documents(1) if one["kind"] == "credit_note"]
    assert note["totals"]["gross"] == "12.00"
    await till.refund(amount="12.00")
    await till.work()
    assert [one["kind"] for one in await till.documents(1)] == ["invoice", "credit_note"], "credited once"
    movement = (await till.get("orders/C-1/payments"))["items"][-1]
    assert (movement["kind"], movement["credit_note"]) == ("refund", note["id"])
    wrong = await till.refund(amount="1.00", credit_note="unknown")
    assert [error["field"] for error in wrong.json()["errors"]] == ["credit_note"]


@pytest.mark.parametrize("kind", ["500", "429"])
@pytest.mark.failure_mode(2)
async def test_a_refund_that_the_provider_did_not_answer_is_made_once(till: Till, kind: str) -> None:
    await till.ordered()
    await till.paid()
    await till.fault(kind, 3)
    await till.refund(amount="5.00")
    for _attempt in range(5):
        await till.work()
        till.clock.advance(minutes=2)
    made = [call for call in await till.calls("/refunds") if call["response"]["status"] == 200]
    assert len(made) == 1
    assert len({call["request"]["key"] for call in await till.calls("/refunds")}) == 1
    assert (await till.answer(order_id(1))).refunded == 500


@pytest.mark.failure_mode(14)
async def test_after_a_day_the_provider_is_asked_what_it_has_done(till: Till) -> None:
    """It made the refund, we never learnt of it, and it has forgotten the key since."""
    await till.ordered()
    await till.paid()
    await till.fault("timeout_after_accept")
    await till.refund(amount="5.00")
    await till.job("call_providers")
    assert (await till.money())["refunds"][0]["state"] == "unknown"
    assert (await till.answer(order_id(1))).refunded == 0
    till.clock.advance(hours=25)
    till.sandbox.bank.answers.clear()
    await till.work()
    assert len(till.sandbox.bank.refunds) == 1, "the same key would have paid again"
    assert (await till.answer(order_id(1))).refunded == 500
    assert (await till.money())["refunds"][0]["state"] == "done"


async def test_a_refund_made_at_the_provider_is_recorded(till: Till) -> None:
    await till.ordered()
    page = await till.paid()
    await till.give(page, "refund")
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.payment, account.refunded) == (PaymentState.REFUNDED, 2400)
    assert [(one["actor"], one["state"]) for one in (await till.money())["refunds"]] == [("provider", "done")]


async def test_a_refund_that_fails_later_is_taken_back(till: Till) -> None:
    await till.ordered()
    await till.paid()
    await till.refund(amount="5.00")
    await till.work()
    failed = next(iter(till.sandbox.bank.refunds.values()))
    failed["status"] = "failed"
    event = {"id": "evt_1", "type": "refund.failed", "data": {"object": failed}}
    for _again in range(2):
        assert (await till.send_event(orjson.dumps(event))).status_code == 200
        await till.work()
    account = await till.answer(order_id(1))
    assert (account.refunded, account.warning, account.payment) == (0, "refund_failed", PaymentState.PAID)
    assert [one["kind"] for one in (await till.get("orders/C-1/payments"))["items"]] == ["capture", "refund", "return"]
    await till.refund(amount="5.00", method="transfer")
    assert (await till.answer(order_id(1))).refunded == 500


async def test_a_refund_that_is_refused_leaves_the_way_by_hand(till: Till) -> None:
    await till.ordered()
    await till.paid()
    next(iter(till.sandbox.bank.intents.values()))["latest_charge"]["amount_refunded"] = 2000
    await till.refund(amount="5.00")
    await till.work()
    [refund] = (await till.money())["refunds"]
    assert (refund["state"], "greater than unrefunded" in refund["reason"]) == ("rejected", True)
    assert (await till.answer(order_id(1))).warning == "refund_failed"
    assert (await till.refund(amount="5.00", method="transfer")).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": "1.00", "total": "1.00"}, "amount"),
        ({"total": "1.00", "method": "transfer"}, "total"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"total": "1.001"}, "total"),
        ({"total": "0"}, "total"),
        ({"amount": "1.00", "currency": "USD"}, "currency"),
    ],
)
async def test_what_is_not_clear_is_refused(till: Till, body: dict[str, Any], field: str) -> None:
    await till.ordered()
    await till.paid()
    answer = await till.refund(**body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
