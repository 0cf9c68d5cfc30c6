"""Cards that are authorised first: captured when the shop ships, given back when nothing is sold; each once."""

from shared.contracts import Invoicing, PaymentState
from tests.billing.builders import line
from tests.billing.driver import order, order_id
from tests.billing.till import Till


async def test_money_is_authorised_first_where_the_shop_says_so(till: Till) -> None:
    card = {"id": "card", "kind": "card", "names": {"fr": "Carte"}, "provider": "stripe", "capture": "later"}
    await till.http.put("payment-methods", json={"items": [card]})
    await till.ordered()
    await till.paid()
    account = await till.answer(order_id(1))
    assert (account.payment, account.captured) == (PaymentState.AUTHORISED, 0)
    assert "Votre banque réserve le montant" in (await till.page()).text
    await till.hear(order(1, 2, line(quantity=2), payable=False))
    for _again in range(2):
        assert (await till.http.post("orders/C-1/captures")).status_code == 202
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.payment, account.captured, account.warning) == (PaymentState.PAID, 2400, None)
    assert len(await till.calls("/capture")) == 1
    assert (await till.http.post("orders/C-1/captures")).status_code == 409


async def _authorised(till: Till) -> str:
    """An order whose money the bank holds; its charge's id."""
    card = {"id": "card", "kind": "card", "names": {"fr": "Carte"}, "provider": "stripe", "capture": "later"}
    await till.http.put("payment-methods", json={"items": [card]})
    await till.ordered()
    await till.paid()
    [charge] = await till.rows("charges")
    return str(charge.id)


async def test_a_capture_that_was_refused_is_asked_for_again(till: Till) -> None:
    charge = await _authorised(till)
    refused = 402, {"error": {"message": "The bank refuses."}}
    [intent] = till.sandbox.bank.intents
    path = f"/sandbox/payments/v1/payment_intents/{intent}/capture".encode()
    till.sandbox.bank.answers[f"capture:{charge}"] = (path, *refused)
    for taken in (0, 2400):
        assert (await till.http.post("orders/C-1/captures")).status_code == 202
        await till.work()
        assert (await till.answer(order_id(1))).captured == taken
    assert [call["response"]["status"] for call in await till.calls("/capture")] == [402, 200]


async def test_a_capture_that_got_no_answer_is_looked_up_and_not_made_twice(till: Till) -> None:
    await _authorised(till)
    await till.fault("reset_after_accept")
    for _again in range(2):
        assert (await till.http.post("orders/C-1/captures")).status_code == 202
        await till.job("call_providers")
    till.clock.advance(minutes=1)
    await till.job("call_providers")
    assert (await till.answer(order_id(1))).captured == 2400
    assert len(await till.calls("/capture")) == 1


async def test_an_end_that_was_refused_is_asked_for_again(till: Till) -> None:
    charge = await _authorised(till)
    [intent] = till.sandbox.bank.intents
    path = f"/sandbox/payments/v1/payment_intents/{intent}/cancel".encode()
    till.sandbox.bank.answers[f"expire:{charge}:authorised"] = (path, 402, {"error": {"message": "Not now."}})
    await till.hear(order(1, 2, line(quantity=2), invoicing=Invoicing.CREDIT))
    for payment in (PaymentState.AUTHORISED, PaymentState.UNPAID):
        await till.work()
        assert (await till.answer(order_id(1))).payment is payment
        till.clock.advance(minutes=11)
        await till.job("look_at_payments")
    assert [call["response"]["status"] for call in await till.calls("/cancel")] == [402, 200]


async def test_an_authorisation_is_given_back_when_the_order_is_cancelled(till: Till) -> None:
    card = {"id": "card", "kind": "card", "names": {"fr": "Carte"}, "provider": "stripe", "capture": "later"}
    await till.http.put("payment-methods", json={"items": [card]})
    await till.ordered()
    await till.paid()
    await till.hear(order(1, 2, line(quantity=2), invoicing=Invoicing.CREDIT))
    await till.work()
    assert len(await till.calls("/cancel")) == 1
    assert (await till.answer(order_id(1))).payment is PaymentState.UNPAID
