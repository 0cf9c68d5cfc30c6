"""Money that comes late, too much or too little: recorded to the cent, said as a warning, and decided by a person."""

from services.billing.sandbox.bank import Card
from shared.contracts import InvoicePolicy, Invoicing, PaymentState
from tests.billing.builders import line
from tests.billing.driver import order, order_id
from tests.billing.till import Till


async def choose(till: Till, choice: str) -> tuple[int, list[str]]:
    """Decide; the status, and what can be chosen then (or could have been)."""
    answer = await till.http.post("orders/C-1/choices", json={"choice": choice})
    return answer.status_code, answer.json()["choices"]


async def late(till: Till) -> None:
    """The order is cancelled while its client is at the provider's page, and pays all the same."""
    await till.ordered()
    page = await till.at_provider()
    await till.hear(order(1, 2, line(quantity=2), invoicing=Invoicing.CREDIT))
    await till.give(page, Card.GOOD)
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.captured, account.warning) == (2400, "paid_not_payable")


async def test_late_money_is_refunded(till: Till) -> None:
    await late(till)
    assert (await till.money())["choices"] == ["refund", "revive"]
    for _again in range(2):
        assert (await choose(till, "refund"))[0] == 202
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.payment, account.refunded, account.warning) == (PaymentState.REFUNDED, 2400, None)
    assert await choose(till, "refund") == (409, [])


async def test_late_money_revives_the_order(till: Till) -> None:
    await till.open_shop(InvoicePolicy.ON_PAYMENT, version=2)
    await late(till)
    assert await choose(till, "keep") == (409, ["refund", "revive"])
    account = await till.hear(order(1, 3, line(quantity=2)))
    assert (account.payment, account.warning) == (PaymentState.PAID, None)
    assert [one["kind"] for one in await till.documents(1)] == ["invoice"]


async def test_late_money_of_an_order_that_goes_on_is_kept(till: Till) -> None:
    await till.ordered(payable=False)
    await till.pay(1, "24.00")
    assert (await till.answer(order_id(1))).warning == "paid_not_payable"
    assert await choose(till, "refund") == (409, ["keep"])
    assert await choose(till, "keep") == (202, [])
    assert (await till.answer(order_id(1))).warning is None
    assert await choose(till, "keep") == (409, [])


async def test_too_much_goes_back_and_nothing_else(till: Till) -> None:
    await till.ordered()
    await till.paid()
    await till.hear(order(1, 2, line(quantity=1), payable=True))
    assert ((await till.answer(order_id(1))).warning, (await till.money())["excess"]) == ("overpaid", "12.00")
    assert (await choose(till, "refund"))[0] == 202
    await till.work()
    account = await till.answer(order_id(1))
    assert (account.captured - account.refunded, account.warning) == (1200, None)
    assert (await till.get("orders/C-1"))["due"] == "0.00"


async def test_what_is_too_much_is_not_kept(till: Till) -> None:
    """It was said for as long as it was there, whoever decided to keep it; what is left then can be kept."""
    await till.ordered(payable=False)
    await till.pay(1, "29.00")
    assert (await till.answer(order_id(1))).warning == "overpaid"
    assert await choose(till, "keep") == (409, ["refund"])
    await till.refund(amount="5.00", method="transfer")
    assert await choose(till, "keep") == (202, [])
    assert (await till.answer(order_id(1))).warning is None


async def test_too_little_waits_for_the_rest(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "23.99")
    account = await till.answer(order_id(1))
    assert (account.payment, account.warning) == (PaymentState.PENDING, "underpaid")
    assert (await till.money())["choices"] == []
    assert "0,01 €" in (await till.page()).text


async def test_money_by_hand_goes_back_by_hand(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "30.00")
    refused = await till.http.post("orders/C-1/choices", json={"choice": "refund"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:refund-not-possible")
    await till.refund(amount="6.00", method="transfer")
    assert (await till.answer(order_id(1))).warning is None
