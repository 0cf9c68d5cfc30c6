"""Payments through the provider, from the client's choice to the account: good and bad cards, events, lost answers."""

import orjson
import pytest
from sqlalchemy import update

from services.billing.payments.signatures import sign
from services.billing.sandbox import EVENT_ATTEMPTS, SECRET, WEBHOOK
from services.billing.sandbox.bank import Card
from services.billing.tables import provider_calls
from shared.contracts import PaymentState
from tests.billing.driver import order_id
from tests.billing.till import Till


async def test_a_declined_card_charges_nothing_and_the_client_tries_again(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    assert await till.give(page, Card.DECLINED) == page
    assert "Your card was declined." in (await till.browser.get(page)).text
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.payment, account.captured) == (PaymentState.PENDING, 0)
    await till.give(page, Card.GOOD)
    await till.work()
    assert (await till.answer(order_id(1))).payment is PaymentState.PAID


@pytest.mark.parametrize(("decision", "state"), [("confirm", PaymentState.PAID), ("refuse", PaymentState.PENDING)])
async def test_a_card_that_needs_action(till: Till, decision: str, state: PaymentState) -> None:
    await till.ordered()
    page = await till.at_provider()
    assert await till.give(page, Card.ACTION) == page
    await till.work()
    assert (await till.answer(order_id(1))).captured == 0
    await till.give(page, decision)
    await till.work()
    assert (await till.answer(order_id(1))).payment is state


async def test_a_page_that_nobody_uses_times_out(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    await till.give(page, Card.TIMEOUT)
    await till.work()
    assert (await till.answer(order_id(1))).payment is PaymentState.UNPAID
    assert await till.at_provider() != page


@pytest.mark.parametrize(("decision", "state"), [("confirm", PaymentState.PAID), ("refuse", PaymentState.FAILED)])
async def test_a_slow_payment_is_decided_later(till: Till, decision: str, state: PaymentState) -> None:
    await till.ordered()
    page = await till.paid(card=Card.SLOW)
    assert (await till.answer(order_id(1))).payment is PaymentState.PENDING
    assert (await till.page()).methods == []
    await till.choose("card")
    assert len(await till.rows("charges")) == 1, "nobody pays twice while the first payment is under way"
    await till.give(page, decision)
    await till.work()
    assert (await till.answer(order_id(1))).payment is state


@pytest.mark.failure_mode(13)
async def test_events_may_come_twice_late_and_in_any_order(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    await till.give(page, Card.GOOD)
    events = _events(till)
    assert len(events) == 2
    for body in [*reversed(events), *events]:
        answer = await till.send_event(body)
        assert answer.json() == {"received": True}
        await till.job("call_providers")
    account = await till.answer(order_id(1))
    assert (account.captured, account.payment) == (2400, PaymentState.PAID)
    assert len(await till.rows("provider_events")) == 2
    assert len(await till.rows("payments")) == 1


async def test_a_payment_whose_events_are_lost_is_found(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    await till.give(page, Card.GOOD)
    till.clock.advance(minutes=11)
    await till.job("look_at_payments")
    await till.job("call_providers")
    assert (await till.answer(order_id(1))).payment is PaymentState.PAID


@pytest.mark.failure_mode(13)
async def test_an_event_that_is_not_signed_now_by_the_account_is_refused(till: Till) -> None:
    await till.ordered()
    await till.give(await till.at_provider(), Card.GOOD)
    body = _events(till)[0]
    good = sign(body, SECRET, till.clock())
    old = sign(body, SECRET, till.clock().replace(hour=11))
    for header in ("", "t=,v1=", "nonsense", sign(body, "other", till.clock()), old, good.replace("t=", "t=1,t=")):
        answer = await till.send_event(body, header)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:comptoir:problem:unproven-event"), header
    assert (await till.send_event(body + b" ", good)).status_code == 400, "one byte more"
    assert (await till.browser.post(WEBHOOK.replace("sandbox", "nobody"), content=body)).status_code == 404
    assert await till.rows("provider_events") == []


async def test_events_that_mean_nothing_here_are_kept(till: Till) -> None:
    for number, body in enumerate(
        (b'{"id": "evt_1", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}', b'{"id": "evt_2"}')
    ):
        assert (await till.send_event(body)).status_code == 200
        assert len(await till.rows("provider_events")) == number + 1
    odd = b'{"id": "evt_3", "data": {"object": {"id": "ch_1", "metadata": "odd"}}}'
    assert (await till.send_event(odd)).status_code == 200
    bad = (b"[]", b"{}", b'{"id": ""}', b"{", b'{"id": "a\\u0000"}', b'{"id": "evt_4", "data": "odd"}')
    for body in (*bad, b'{"id": "evt_5", "data": ["odd"]}'):
        assert (await till.send_event(body)).status_code == 400, body
    assert await till.rows("provider_calls") == []


async def test_an_event_that_is_refused_is_tried_again_and_holds_nothing_up_for_good(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    await till.give(page, Card.DECLINED)
    [(event, _body)] = till.sandbox.bank.unsent()
    event["id"] = ""
    await till.give(page, Card.GOOD)
    for _ in range(EVENT_ATTEMPTS):
        await till.work()
        till.clock.advance(minutes=3)
    assert (await till.answer(order_id(1))).payment is PaymentState.PAID
    assert len(await till.calls(WEBHOOK)) == EVENT_ATTEMPTS + 2


async def test_of_an_event_nothing_is_kept_that_tells_of_a_person(till: Till) -> None:
    about = {"id": "ch_1", "status": "succeeded", "billing_details": {"name": "Claire", "email": "claire@example.org"}}
    event = {"id": "evt_1", "type": "charge.succeeded", "data": {"object": about | {"customer_email": "claire@x.org"}}}
    assert (await till.send_event(orjson.dumps(event))).status_code == 200
    [row] = await till.rows("provider_events")
    assert "laire" not in row.body
    assert "ch_1" in row.body


@pytest.mark.parametrize("kind", ["429", "500"])
@pytest.mark.failure_mode(2)
async def test_a_provider_in_trouble_is_asked_again_with_the_same_key(till: Till, kind: str) -> None:
    await till.ordered()
    await till.fault(kind, 2)
    go = await till.choose("card")
    for _attempt in range(3):
        await till.job("call_providers")
        till.clock.advance(minutes=1)
    assert (await till.browser.get(go)).headers["location"].startswith("https://boutique.example/sandbox/")
    keys = [call["request"]["key"] for call in await till.calls("/checkout/sessions")]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len({row.outcome for row in await till.rows("provider_journal")}) == 2


async def test_an_answer_that_was_lost_comes_again(till: Till) -> None:
    """The provider had made the page: the same key, and the very same request, find it."""
    await till.ordered()
    await till.fault("timeout_after_accept")
    go = await till.choose("card")
    await till.job("call_providers")
    assert [row.outcome for row in await till.rows("provider_journal")] == ["unknown"]
    till.clock.advance(minutes=1)
    await till.job("call_providers")
    assert (await till.browser.get(go)).headers["location"].startswith("https://boutique.example/sandbox/")
    assert len(till.sandbox.bank.sessions) == 1


async def test_a_page_that_cannot_be_had_is_given_up(till: Till) -> None:
    await till.ordered()
    await till.fault("500", 100)
    go = await till.choose("card")
    for _attempt in range(12):
        await till.job("call_providers")
        till.clock.advance(minutes=2)
    assert [one["state"] for one in (await till.money())["charges"]] == ["rejected"]
    assert (await till.answer(order_id(1))).payment is PaymentState.FAILED
    page = await till.browser.get((await till.browser.get(go)).headers["location"])
    assert "Le paiement n’a pas abouti." in page.text


async def test_a_worker_that_died_in_a_call_is_followed_by_another(till: Till) -> None:
    """Its outcome is unknown: the next attempt sends the same key, and the provider does nothing twice."""
    await till.ordered()
    go = await till.choose("card")
    await till.job("call_providers")
    async with till.service.db.write() as conn:
        lost = {"due_at": till.clock(), "state": "due", "lease_until": till.clock()}
        await conn.execute(update(provider_calls).values(lost))
    await till.job("call_providers")
    assert len(await till.calls("/checkout/sessions")) == 2
    assert (await till.browser.get(go)).status_code == 303
    assert len({row.session for row in await till.rows("charges")}) == 1


async def test_two_pages_paid_at_once_are_money_that_came_twice(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    await till.pay(1, "24.00")
    await till.give(page, Card.GOOD)
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.captured, account.warning) == (4800, "overpaid")
    money = await till.money()
    assert (money["excess"], money["choices"]) == ("24.00", ["refund"])
    chosen = await till.http.post("orders/C-1/choices", json={"choice": "refund"})
    assert [one["amount"] for one in chosen.json()["refunds"]] == ["24.00"]
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.refunded, account.payment, account.warning) == (2400, PaymentState.PAID, None)


async def test_a_dispute_is_a_warning_until_it_is_won(till: Till) -> None:
    await till.ordered()
    page = await till.paid()
    for decision, warning in (("dispute", "disputed"), ("lose", "dispute_lost"), ("win", None)):
        await till.give(page, decision)
        await till.work()
        assert (await till.answer(order_id(1))).warning == warning


def _events(till: Till) -> list[bytes]:
    """What the sandbox would send, before it does."""
    return [body for _, body in till.sandbox.bank.unsent()]
