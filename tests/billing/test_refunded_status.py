"""A status of type refunded pays back what was paid: once, through whoever can; the rest waits for a person."""

from typing import Any

import pytest

from shared.contracts import Account, Channel, Invoicing, Order, PaymentState, Status, StatusType
from tests.billing.builders import line
from tests.billing.driver import order, order_id
from tests.billing.till import Till

REFUNDED = Status(mnemonic="remboursee", type=StatusType.REFUNDED)


def refunded(version: int, number: int = 1, **more: Any) -> Order:
    """The order of `Till.ordered` in a status of type refunded."""
    changed = {"status": REFUNDED, "invoicing": Invoicing.LESS_RETURNED} | more
    return order(number, version, line(quantity=2), **changed)


async def movements(till: Till) -> list[tuple[str, str, str]]:
    """Kind, amount and actor of what was booked, oldest first."""
    items = (await till.get("orders/C-1/payments"))["items"]
    return [(one["kind"], one["amount"], one["actor"]) for one in items]


def said(account: Account) -> tuple[PaymentState, int, str | None, int]:
    return account.payment, account.refunded, account.warning, account.open


async def test_the_status_has_the_provider_pay_back_what_it_took(till: Till) -> None:
    await till.ordered()
    await till.paid()
    assert said(await till.hear(refunded(2))) == (PaymentState.PAID, 0, None, 1)
    await till.work()
    assert said(await till.answer(order_id(1))) == (PaymentState.REFUNDED, 2400, None, 0)
    assert await movements(till) == [("capture", "24.00", "provider"), ("refund", "24.00", "status")]
    [call] = await till.calls("/refunds")
    assert (call["request"]["key"], call["request"]["body"]["amount"]) == (f"refund:{order_id(1)}:1", "2400")


async def test_the_invoice_is_credited_by_the_refund(till: Till) -> None:
    await till.ordered()
    await till.paid()
    await till.hear(order(1, 2, line(quantity=2, shipped=2)))
    shipped = order(1, 3, line(quantity=2, shipped=2), status=REFUNDED, invoicing=Invoicing.LESS_RETURNED)
    await till.hear(shipped)
    await till.work()
    invoice, note = await till.documents(1)
    assert (invoice["kind"], note["kind"], note["totals"]["gross"]) == ("invoice", "credit_note", "24.00")
    assert (await till.get("orders/C-1/payments"))["items"][1]["credit_note"] == note["id"]


async def test_said_twice_opened_again_and_refunded_again_pays_nothing_twice(till: Till) -> None:
    await till.ordered()
    await till.paid()
    for version in (2, 2, 3):
        await till.hear(refunded(version))
    await till.hear(order(1, 4, line(quantity=2)))
    await till.hear(refunded(5))
    await till.work()
    await till.hear(order(1, 6, line(quantity=2)))
    await till.hear(refunded(7))
    assert (await till.refund(total="24.00")).json()["refunds"] == []
    await till.work()
    assert len(await till.calls("/refunds")) == 1
    assert said(await till.answer(order_id(1))) == (PaymentState.REFUNDED, 2400, None, 0)


async def test_only_what_is_kept_goes_back(till: Till) -> None:
    """A part was paid back before, and another is on its way."""
    await till.ordered()
    await till.paid()
    await till.refund(amount="10.00")
    await till.work()
    await till.refund(amount="4.00")
    await till.hear(refunded(2))
    await till.work()
    assert [call["request"]["body"]["amount"] for call in await till.calls("/refunds")] == ["1000", "400", "1000"]
    assert said(await till.answer(order_id(1))) == (PaymentState.REFUNDED, 2400, None, 0)


async def test_each_payment_goes_back_the_way_it_came(till: Till) -> None:
    """A transfer of a part, then the rest by card: the provider gives back its own, a person the transfer."""
    await till.ordered()
    await till.pay(1, "9.00")
    await till.paid()
    await till.hear(refunded(2))
    await till.work()
    assert said(await till.answer(order_id(1))) == (PaymentState.PARTLY_REFUNDED, 1500, "refund_due", 0)
    assert (await till.money())["choices"] == ["refund", "revive"]
    asked = await till.http.post("orders/C-1/choices", json={"choice": "refund"})
    assert (asked.status_code, asked.json()["refundable"]) == (409, "0.00")
    by_hand = await till.refund(amount="9.00", method="transfer", reference="VIR 9")
    assert (by_hand.status_code, by_hand.json()["payment"]) == (201, "refunded")
    assert said(await till.answer(order_id(1))) == (PaymentState.REFUNDED, 2400, None, 0)


async def test_money_by_hand_is_asked_of_a_person_at_once(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "24.00")
    assert said(await till.hear(refunded(2))) == (PaymentState.PAID, 0, "refund_due", 0)
    assert said(await till.hear(order(1, 3, line(quantity=2), payable=True))) == (PaymentState.PAID, 0, None, 0)


async def test_a_provider_that_refuses_is_not_asked_again(till: Till) -> None:
    """Neither by further versions, nor once a person has seen to it."""
    await till.ordered()
    await till.paid()
    next(iter(till.sandbox.bank.intents.values()))["latest_charge"]["amount_refunded"] = 2000
    await till.hear(refunded(2))
    await till.work()
    assert said(await till.answer(order_id(1))) == (PaymentState.PAID, 0, "refund_failed", 0)
    await till.hear(refunded(3))
    await till.http.post("orders/C-1/choices", json={"choice": "keep"})
    await till.work()
    assert len(await till.calls("/refunds")) == 1


async def test_money_that_comes_later_waits_for_a_person(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "10.00")
    await till.hear(refunded(2))
    await till.refund(amount="10.00", method="transfer")
    await till.pay(1, "14.00")
    assert said(await till.answer(order_id(1))) == (PaymentState.PARTLY_REFUNDED, 1000, "paid_not_payable", 0)
    assert (await till.money())["choices"] == ["refund", "revive"]
    revived = await till.hear(order(1, 3, line(quantity=2), payable=True))
    assert revived.warning == "underpaid" or revived.warning is None


async def test_a_marketplace_pays_its_clients_back_itself(till: Till) -> None:
    await till.ordered(channel=Channel.AMAZON, external_id="403-1")
    await till.pay(1, "24.00", method="amazon")
    account = await till.hear(refunded(2, channel=Channel.AMAZON, external_id="403-1"))
    assert said(account) == (PaymentState.PAID, 0, None, 0)


@pytest.mark.parametrize("invoicing", [Invoicing.NOTHING_NEW, Invoicing.CREDIT])
async def test_a_deleted_order_launches_nothing(till: Till, invoicing: Invoicing) -> None:
    await till.ordered()
    await till.paid()
    await till.hear(refunded(2, deleted=True, invoicing=invoicing))
    await till.work()
    assert await till.calls("/refunds") == []
