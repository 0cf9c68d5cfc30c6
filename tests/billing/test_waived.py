"""Money that went back on purpose is not asked for again, and every answer says so alike; a revived order is."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts import InvoicePolicy, Invoicing, Status, StatusType
from tests.billing.builders import line
from tests.billing.driver import order, order_id
from tests.billing.till import Till

REFUNDED = {"status": Status(mnemonic="remboursee", type=StatusType.REFUNDED), "invoicing": Invoicing.LESS_RETURNED}


async def asked(till: Till) -> list[str]:
    """What is due and asked, and what the payment link asks for."""
    account, link = await till.get("orders/C-1"), await till.get("orders/C-1/payment-link")
    assert link["payable"] == (link["amount"] != "0.00")
    return [account["due"], account["asked"], link["amount"]]


async def paid_back(till: Till, amount: str) -> str:
    """Pay back by hand; what the answer says is due."""
    answer = await till.refund(amount=amount, method="transfer")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["due"])


@pytest.fixture
async def settled(till: Till) -> Till:
    """Two of 12.00, paid, and still in a status in which its client could pay."""
    await till.ordered()
    await till.pay(1, "24.00")
    return till


@pytest.mark.parametrize("policy", [InvoicePolicy.ON_SHIPMENT, InvoicePolicy.ON_PAYMENT])
@pytest.mark.parametrize("amount", ["3.00", "24.00"])
async def test_a_refund_is_not_asked_for_again(settled: Till, policy: InvoicePolicy, amount: str) -> None:
    await settled.open_shop(policy, version=2)
    assert await paid_back(settled, amount) == "0.00"
    assert await asked(settled) == ["0.00"] * 3
    assert (await settled.page()).methods == []
    refused = await settled.http.post("orders/C-1/payment-link/send")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:not-payable")
    put = await settled.http.put("orders/C-1/payment-state", json={"state": "paid"})
    assert (put.status_code, put.json()["captured"]) == (200, "24.00")


@pytest.mark.parametrize(
    "back", [{"invoicing": Invoicing.CREDIT}, REFUNDED, {"invoicing": Invoicing.LESS_RETURNED}], ids=str
)
async def test_a_revived_order_is_to_be_paid_again(settled: Till, back: dict[str, Any]) -> None:
    await settled.hear(order(1, 2, line(quantity=2), **back))
    assert await paid_back(settled, "24.00") == "0.00"
    assert await asked(settled) == ["0.00"] * 3
    await settled.hear(order(1, 3, line(quantity=2), payable=True))
    assert await asked(settled) == ["24.00"] * 3
    await settled.pay(1, "24.00")
    assert await paid_back(settled, "3.00") == "0.00"
    assert await asked(settled) == ["0.00"] * 3


async def test_a_returned_order_that_goes_on_without_payment_owes_nothing(settled: Till) -> None:
    back = line(quantity=2, shipped=2, restocked=1)
    await settled.hear(order(1, 2, back, invoicing=Invoicing.LESS_RETURNED))
    assert await paid_back(settled, "12.00") == "0.00"
    assert await asked(settled) == ["0.00"] * 3
    await settled.hear(order(1, 3, back, invoicing=Invoicing.SHIPPED))
    assert await asked(settled) == ["0.00"] * 3


async def test_what_was_paid_back_is_not_unpaid(settled: Till) -> None:
    await paid_back(settled, "24.00")
    refused = await settled.http.put("orders/C-1/payment-state", json={"state": "unpaid"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:paid-back")


async def test_what_is_added_later_is_owed(settled: Till) -> None:
    await paid_back(settled, "3.00")
    await settled.hear(order(1, 2, line(quantity=3), payable=True))
    assert await asked(settled) == ["12.00"] * 3


async def test_what_was_taken_off_the_order_and_put_back_is_owed(settled: Till) -> None:
    """Whichever came first, the refund or the change of lines."""
    await paid_back(settled, "12.00")
    await settled.hear(order(1, 2, line(quantity=1), payable=True))
    assert await asked(settled) == ["0.00"] * 3
    await settled.hear(order(1, 3, line(quantity=2), payable=True))
    assert await asked(settled) == ["12.00"] * 3


async def test_an_excess_that_went_back_waives_nothing(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "36.00")
    await paid_back(till, "12.00")
    await till.hear(order(1, 2, line(quantity=3), payable=True))
    assert await asked(till) == ["12.00"] * 3


async def test_a_part_that_was_never_paid_stays_owed(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "10.00")
    assert await paid_back(till, "4.00") == "14.00"
    assert await asked(till) == ["14.00"] * 3


async def test_a_refund_that_failed_leaves_the_order_paid(till: Till) -> None:
    await till.ordered()
    await till.paid()
    await till.refund(amount="3.00")
    await till.work()
    assert await asked(till) == ["0.00"] * 3
    [failed] = till.sandbox.bank.refunds.values()
    failed["status"] = "failed"
    event = {"id": "evt_1", "type": "refund.failed", "data": {"object": failed}}
    await till.send_event(json.dumps(event).encode())
    await till.work()
    assert (await till.answer(order_id(1))).waived == 0
    assert await asked(till) == ["0.00"] * 3


async def test_what_is_due_of_a_shipped_order_is_not_asked_for(till: Till) -> None:
    await till.ordered(payable=False)
    answer = await till.pay(1, "4.00")
    assert answer.json()["due"] == "20.00"
    assert await asked(till) == ["20.00", "0.00", "0.00"]


async def test_refunds_of_earlier_releases_are_waived(settled: Till) -> None:
    """As the migration leaves them: whatever was refunded, also what was too much."""
    await paid_back(settled, "3.00")
    async with settled.service.db.write() as conn:
        await conn.execute(text("UPDATE accounts SET waived = refunded"))
    assert await asked(settled) == ["0.00"] * 3
