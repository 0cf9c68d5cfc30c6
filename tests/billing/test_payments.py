"""Money in and out by hand: always recorded, never in the wrong currency, and the documents follow."""

import pytest

from shared.contracts import InvoicePolicy, Invoicing, PaymentState
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id


async def test_a_payment_settles_the_order(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(quantity=2), payable=True))
    response = await billing.pay(1, "24.00", reference="VIR 123")
    assert response.status_code == 201, response.text
    paid = response.json()
    assert (paid["amount"], paid["method"], paid["reference"], paid["warning"]) == (
        "24.00",
        "transfer",
        "VIR 123",
        None,
    )
    account = await billing.answer(order_id(1))
    assert (account.payment, account.captured, account.heard) == (PaymentState.PAID, 2400, 1)
    listed = await billing.get("orders/C-1/payments")
    assert [(one["id"], one["kind"], one["actor"]) for one in listed["items"]] == [(paid["id"], "capture", "Alix")]
    view = await billing.get("orders/C-1")
    assert (view["due"], view["payment"]) == ("0.00", "paid")


@pytest.mark.parametrize(
    ("amounts", "state", "warning"),
    [
        (("10.00",), PaymentState.PENDING, "underpaid"),
        (("10.00", "14.00"), PaymentState.PAID, None),
        (("24.00", "24.00"), PaymentState.PAID, "overpaid"),
        (("24.00", "-4.00"), PaymentState.PARTLY_REFUNDED, None),
        (("24.00", "-24.00"), PaymentState.REFUNDED, None),
    ],
)
async def test_the_payment_fact(
    billing: Driver, amounts: tuple[str, ...], state: PaymentState, warning: str | None
) -> None:
    await billing.hear(order(1, 1, line(quantity=2), payable=True))
    for amount in amounts:
        kind = "refunds" if amount.startswith("-") else "payments"
        assert (await billing.pay(1, amount.lstrip("-"), kind=kind)).status_code == 201
    account = await billing.answer(order_id(1))
    assert (account.payment, account.warning) == (state, warning)


async def test_money_that_comes_late_is_recorded_with_a_warning(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(), invoicing=Invoicing.CREDIT))
    response = await billing.pay(1, "12.00")
    assert (response.status_code, response.json()["warning"]) == (201, "paid_not_payable")
    assert (await billing.answer(order_id(1))).warning == "paid_not_payable"


async def test_a_paid_order_that_is_cancelled_owes_a_refund(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(), payable=True))
    await billing.pay(1, "12.00")
    assert (await billing.hear(order(1, 2, line(), invoicing=Invoicing.CREDIT))).warning == "refund_due"
    await billing.pay(1, "12.00", kind="refunds")
    assert (await billing.answer(order_id(1))).warning is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"currency": "USD"}, "currency"),
        ({"currency": "XQZ"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": 12}, "amount"),
        ({"amount": "999999999999999"}, "amount"),
        ({"method": " "}, "method"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_not_clear_is_refused(billing: Driver, body: dict[str, object], field: str) -> None:
    await billing.hear(order(1, 1, line(), payable=True))
    response = await billing.pay(1, **({"amount": "12.00"} | body))  # type: ignore[arg-type]
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert await billing.rows("payments") == []


async def test_an_order_that_was_never_heard_of(billing: Driver) -> None:
    assert (await billing.pay(1, "12.00")).status_code == 404
    assert (await billing.http.get("orders/C-1")).status_code == 404


async def test_more_than_was_taken_is_not_refunded(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(), payable=True))
    await billing.pay(1, "12.00")
    await billing.pay(1, "5.00", kind="refunds")
    response = await billing.pay(1, "7.01", kind="refunds")
    assert (response.status_code, response.json()["refundable"]) == (409, "7.00")


async def test_a_payment_sent_twice_is_recorded_once(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(), payable=True))
    headers = {"Idempotency-Key": "abc"}
    first = await billing.pay(1, "5.00", headers=headers)
    again = await billing.pay(1, "5.00", headers=headers)
    other = await billing.pay(1, "6.00", headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert (await billing.answer(order_id(1))).captured == 500


async def test_on_payment_the_invoice_follows_the_money(unopened: Driver) -> None:
    await unopened.open_shop(InvoicePolicy.ON_PAYMENT)
    await unopened.hear(order(1, 1, line(quantity=2), payable=True))
    await unopened.pay(1, "20.00")
    assert await unopened.documents(1) == []
    await unopened.pay(1, "4.00")
    await unopened.pay(1, "6.00", kind="refunds")
    found = [(one["kind"], one["totals"]["gross"], one["live"]) for one in await unopened.documents(1)]
    assert found == [("invoice", "24.00", True), ("credit_note", "6.00", False)]
    snapshot = (await unopened.get(f"documents/{(await unopened.documents(1))[0]['id']}"))["snapshot"]
    assert (snapshot["paid"], snapshot["due"]) == ("24.00", "0.00")
    assert (await unopened.answer(order_id(1))).open == 2


async def test_another_shop_sees_nothing(billing: Driver) -> None:
    await billing.open_shop(shop="other", key="theirs")
    await billing.hear(order(1, 1, line(shipped=1), payable=True))
    document = (await billing.documents(1))[0]["id"]
    theirs = {"Authorization": "Bearer theirs"}
    for path in ("orders/C-1", "orders/C-1/payments", f"documents/{document}", f"documents/{document}/pdf"):
        assert (await billing.http.get(path, headers=theirs)).status_code == 404, path
    listed = (await billing.http.get("documents", headers=theirs)).json()
    assert listed == {"items": [], "next": None, "total": 0}
    assert (await billing.pay(1, "1.00", headers=theirs)).status_code == 404


async def test_a_reader_cannot_pay(billing: Driver) -> None:
    await billing.open_shop(version=2, scopes=("billing:read",))
    billing.service.keyring.forget()
    assert (await billing.http.get("documents")).status_code == 200
    assert (await billing.pay(1, "1.00")).status_code == 403


@pytest.mark.parametrize(
    ("paid", "refunded", "state", "due"),
    [
        (2400, 0, PaymentState.PAID, "0.00"),
        (2400, 500, PaymentState.PARTLY_REFUNDED, "0.00"),
        (2400, 2400, PaymentState.REFUNDED, "0.00"),
        (1000, 0, PaymentState.PENDING, "14.00"),
    ],
)
async def test_what_was_paid_before_the_import_is_no_payment_of_ours(
    billing: Driver, paid: int, refunded: int, state: PaymentState, due: str
) -> None:
    for version in (1, 2):  # it counts once
        sold = order(1, version, line(quantity=2), payable=True, paid_before=paid, refunded_before=refunded)
        account = await billing.hear(sold)
        assert (account.payment, account.captured, account.refunded) == (state, paid, refunded)
    view = await billing.get("orders/C-1")
    assert (view["payment"], view["due"], view["paid_before"]) == (state, due, f"{paid / 100:.2f}")
    assert await billing.rows("payments") == []


async def test_money_that_came_before_the_import_is_paid_back_by_hand(billing: Driver) -> None:
    await billing.open_shop(InvoicePolicy.ON_PAYMENT, version=2)
    await billing.hear(order(1, 1, line(quantity=2), invoice_wanted=False, paid_before=2400))
    assert await billing.documents(1) == []
    unpaid = await billing.http.put("orders/C-1/payment-state", json={"state": "unpaid"})
    assert (unpaid.status_code, unpaid.json()["title"]) == (409, "The money was taken before the order was imported")
    response = await billing.pay(1, "24.00", kind="refunds")
    assert response.status_code == 201, response.text
    assert (await billing.answer(order_id(1))).payment is PaymentState.REFUNDED


async def test_an_open_order_that_was_paid_before_is_invoiced_as_the_shop_does(billing: Driver) -> None:
    await billing.open_shop(InvoicePolicy.ON_PAYMENT, version=2)
    await billing.hear(order(1, 1, line(quantity=2), paid_before=2400))
    assert [one["totals"]["gross"] for one in await billing.documents(1)] == ["24.00"]
