"""The payment page: what the link opens, what it offers, and that nothing is charged where nothing is asked."""

import hashlib
from base64 import b64encode

import pytest

from services.billing.sandbox.bank import Card
from shared.contracts import Invoicing, PaymentState, Status, StatusType
from tests.billing.builders import line
from tests.billing.driver import order, order_id
from tests.billing.till import Till


@pytest.mark.row("S2-44")
async def test_the_link_opens_the_payment_page_and_can_be_copied_and_sent(till: Till) -> None:
    await till.ordered()
    link = await till.get("orders/C-1/payment-link")
    assert (link["payable"], link["amount"], link["sent"]) == (True, "24.00", 0)
    assert link["url"] == f"https://boutique.example{await till.path()}"
    page = await till.page()
    for text in ("Commande C-1", "Article 1", "24,00 €", "À payer", "Comment souhaitez-vous payer ?"):
        assert text in page.text
    assert page.methods == ["card", "transfer", "cheque"]
    sent = await till.http.post("orders/C-1/payment-link/send")
    assert (sent.status_code, sent.json()["sent"]) == (202, 1)
    told = (await till.answer(order_id(1))).payment_link
    assert told is not None
    assert (told.sent, told.amount, told.url, told.email) == (1, 2400, link["url"], "claire@example.org")


async def test_the_page_needs_no_script_and_nobody_keeps_it(till: Till) -> None:
    await till.ordered(language="en")
    answer = await till.browser.get(await till.path())
    assert (await till.page()).scripts == 0
    assert "How would you like to pay?" in answer.text
    policy = answer.headers["content-security-policy"]
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    known = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{known}';")
    assert "script" not in policy
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert answer.headers["content-language"] == "en"


@pytest.mark.row("S2-21", "S2-22")
@pytest.mark.parametrize("type_", list(StatusType))
async def test_clients_pay_in_received_and_awaiting_payment_alone(till: Till, type_: StatusType) -> None:
    """The level comes with the order's message; in any other status the page says that the payment is correct."""
    payable = type_ in (StatusType.RECEIVED, StatusType.AWAITING_PAYMENT)
    await till.ordered(payable=payable, status=Status(mnemonic=str(type_), type=type_))
    page = await till.page()
    assert ("card" in page.methods) is payable
    assert ("Le paiement est correct." in page.text) is not payable
    await till.choose("card")
    assert len(await till.rows("charges")) == (1 if payable else 0)
    await till.work()
    assert len(await till.calls("/checkout/sessions")) == (1 if payable else 0)


@pytest.mark.row("S2-22")
async def test_a_page_that_is_open_cannot_be_charged_after_the_status_changed(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    await till.hear(order(1, 2, line(quantity=2), payable=False))
    await till.work()
    assert [one["state"] for one in (await till.money())["charges"]] == ["expired"]
    await till.give(page, Card.GOOD)
    await till.work()
    assert (await till.answer(order_id(1))).captured == 0


@pytest.mark.row("S2-04")
async def test_the_client_is_led_to_the_provider_and_back(till: Till) -> None:
    await till.ordered()
    page = await till.at_provider()
    assert (await till.answer(order_id(1))).payment is PaymentState.PENDING
    assert "24.00 EUR" in (await till.browser.get(page)).text
    back = await till.give(page, Card.GOOD)
    assert back.startswith(f"https://boutique.example{await till.path()}/back/")
    returned = await till.browser.get(back.removeprefix("https://boutique.example"))
    waiting = await till.browser.get(returned.headers["location"])
    assert "en cours de confirmation" in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    await till.work()
    assert "Le paiement est correct." in (await till.page()).text
    account = await till.answer(order_id(1))
    assert (account.payment, account.captured, account.warning) == (PaymentState.PAID, 2400, None)


async def test_a_cheque_is_announced_and_another_way_replaces_it(till: Till) -> None:
    await till.ordered()
    assert await till.choose("cheque") == await till.path()
    assert (await till.answer(order_id(1))).payment is PaymentState.PENDING
    page = await till.page()
    assert "Nous attendons votre paiement : Chèque." in page.text
    await till.choose("transfer")
    assert "FR7630006000011234567890189" in (await till.page()).text
    assert [one["state"] for one in (await till.money())["charges"]] == ["expired", "announced"]
    await till.hear(order(1, 2, line(quantity=2), invoicing=Invoicing.CREDIT))
    assert (await till.answer(order_id(1))).payment is PaymentState.UNPAID


async def test_choosing_again_finds_the_same_page(till: Till) -> None:
    await till.ordered()
    first = await till.at_provider()
    assert await till.at_provider() == first
    assert len(await till.calls("/checkout/sessions")) == 1


async def test_what_is_left_is_asked_for(till: Till) -> None:
    await till.ordered()
    await till.pay(1, "10.00")
    assert "14,00 €" in (await till.page()).text
    await till.paid()
    assert (await till.answer(order_id(1))).payment is PaymentState.PAID


async def test_nobody_makes_a_link(till: Till) -> None:
    await till.ordered()
    path = await till.path()
    for wrong in (path[:-2] + "AA", "/p/nothing", "/p/%00", f"{path}x"):
        for answer in (await till.browser.get(wrong), await till.browser.post(wrong, data={"method": "card"})):
            assert answer.status_code == 404, wrong
            assert "Ce lien n’est pas valable." in answer.text
            assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert (await till.browser.get(f"{path}/go/unknown")).status_code == 404
    await till.open_shop(shop="other", key="theirs", payment_key="pk_theirs")
    assert (await till.browser.get(await till.path(1, "other"))).status_code == 404


async def test_an_order_that_is_erased_or_deleted_has_no_page(till: Till) -> None:
    await till.ordered()
    await till.http.post("orders/C-1/payment-link/send")
    await till.hear(order(1, 2, line(quantity=2), payable=True, erased=True))
    assert (await till.browser.get(await till.path())).status_code == 404
    assert (await till.answer(order_id(1))).payment_link is None


@pytest.mark.row("S1-32")
async def test_the_link_of_a_paid_order_is_not_mailed(till: Till) -> None:
    await till.ordered()
    for number in (1, 2):
        assert (await till.http.post("orders/C-1/payment-link/send")).json()["sent"] == number
    await till.pay(1, "24.00")
    refused = await till.http.post("orders/C-1/payment-link/send")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:not-payable")
    assert (await till.answer(order_id(1))).payment_link is None


async def test_without_a_public_address_nothing_can_be_mailed(till: Till) -> None:
    await till.open_shop(version=2, public_url="")
    await till.ordered()
    assert (await till.get("orders/C-1/payment-link"))["url"] == await till.path()
    assert (await till.http.post("orders/C-1/payment-link/send")).status_code == 409
