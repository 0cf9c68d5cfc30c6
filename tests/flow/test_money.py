"""Stories with money: paid by link in the sandbox, invoiced, a part returned, credited and refunded; to the cent."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.eventually import eventually
from tests.flow.suite import Suite, parcel

PUBLIC = "https://cave.example"


async def give_address(suite: Suite) -> None:
    """Give the shop a public address, below which its links begin."""
    shop = await suite.get("/api/v1/shop")
    body = {name: value for name, value in shop.items() if name != "version"} | {"public_url": PUBLIC}
    response = await suite.client.put("/api/v1/shop", json=body)
    assert response.status_code == 200, response.text


async def opened(suite: Suite, url: str) -> str:
    """The path of a payment link, once billing has heard of the order and its shop."""
    path = urlsplit(url).path

    async def look() -> str:
        response = await suite.client.get(path)
        assert response.status_code == 200, response.text
        assert 'value="card"' in response.text
        return path

    return await eventually(look, seconds=30.0, every=0.05)


async def to_provider(suite: Suite, path: str) -> str:
    """Choose the card on the payment page; the path of the provider's page that the client is led to."""
    chosen = await suite.client.post(path, data={"method": "card"})
    assert chosen.status_code == 303, chosen.text
    going = await suite.client.get(chosen.headers["location"])
    assert going.status_code == 303, going.text
    return urlsplit(going.headers["location"]).path


async def mailed(suite: Suite, code: str) -> str:
    """The one mail with the payment link, once it has left."""

    async def look() -> str:
        mails = [mail for mail in await suite.calls("mail", code) if "paiement de votre commande" in str(mail)]
        assert len(mails) == 1, mails
        return str(mails[0])

    return await eventually(look, seconds=30.0, every=0.05)


async def account(suite: Suite, code: str, **expected: str) -> dict[str, Any]:
    """Billing's account of the order, once it says this."""

    async def look() -> dict[str, Any]:
        found: dict[str, Any] = await suite.get(f"/api/v1/billing/orders/{code}")
        assert found | expected == found, found
        return found

    return await eventually(look, seconds=30.0, every=0.05)


@pytest.mark.row("S2-04", owners="OB")
@pytest.mark.row("S1-32", owners="BN")
async def test_paid_by_link_invoiced_returned_in_part_and_refunded(suite: Suite) -> None:
    await give_address(suite)
    sku = await suite.product(stock=5)
    order = await suite.placed((sku, 3))
    code, told = order["code"], order["confirmation"]
    assert told["text"].startswith(f"Merci ! Votre commande {code}")
    assert (told["payment"]["amount"], told["payment"]["url"][: len(PUBLIC)]) == ("36.00", PUBLIC)
    path = await opened(suite, told["payment"]["url"])

    sent = await suite.client.post(f"/api/v1/billing/orders/{code}/payment-link/send")
    assert (sent.status_code, sent.json()["url"]) == (202, told["payment"]["url"])
    assert told["payment"]["url"] in await mailed(suite, code)

    page = await to_provider(suite, path)
    await suite.client.post(page, data={"card": "declined"})
    back = await suite.client.post(page, data={"card": "good"})
    await suite.client.get(urlsplit(back.headers["location"]).path)
    await account(suite, code, payment="paid", captured="36.00", due="0.00")
    refused = await suite.client.post(f"/api/v1/billing/orders/{code}/payment-link/send")
    assert refused.status_code == 409
    assert "Le paiement est correct." in (await suite.client.get(path)).text

    await suite.move(code, "shipped", shipment=parcel("6A00000000009"))
    await suite.settled(code)
    await suite.move(code, "returned", decision={"stock": "lines", "lines": [{"line": 1, "quantity": 1}]})
    await suite.settled(code)
    documents = {found["kind"]: found for found in await suite.documents(code)}
    assert {kind: found["totals"]["gross"] for kind, found in documents.items()} == {
        "invoice": "36.00",
        "credit_note": "12.00",
    }
    await refunded_once(suite, code, documents["credit_note"]["id"])
    assert (await suite.stock(sku))["on_hand"] == 3


async def heard(suite: Suite, code: str, paid: str) -> dict[str, Any]:
    """The order, once orders has heard that this is what is kept of its money."""

    async def look() -> dict[str, Any]:
        order = await suite.order(code)
        assert (order["totals"]["paid"], order["settled"]) == (paid, True), order["facts"]
        return order

    return await eventually(look, seconds=30.0, every=0.05)


async def refunded_once(suite: Suite, code: str, note: str) -> None:
    """The credit note is paid back through the provider, once however often it is asked for."""
    wish = {"total": "12.00", "currency": "EUR", "credit_note": note}
    for _again in range(2):
        response = await suite.client.post(f"/api/v1/billing/orders/{code}/refunds", json=wish)
        assert response.status_code == 202, response.text
    await account(suite, code, payment="partly_refunded", captured="36.00", refunded="12.00")
    assert (await heard(suite, code, "24.00"))["facts"]["payment"] == "partly_refunded"
    movements = (await suite.get(f"/api/v1/billing/orders/{code}/payments"))["items"]
    assert [(one["kind"], one["amount"], one["credit_note"]) for one in movements] == [
        ("capture", "36.00", None),
        ("refund", "12.00", note),
    ]
    assert len(await suite.documents(code)) == 2
    made = [call for call in await suite.calls("payments", code) if call["request"]["path"].endswith("/refunds")]
    assert [call["response"]["body"]["amount"] for call in made] == [1200]


async def test_the_status_refunded_gives_back_what_was_paid_once(suite: Suite) -> None:
    await give_address(suite)
    sku = await suite.product(stock=5)
    order = await suite.placed((sku, 2))
    code = order["code"]
    page = await to_provider(suite, await opened(suite, order["confirmation"]["payment"]["url"]))
    await suite.client.post(page, data={"card": "good"})
    await account(suite, code, payment="paid", captured="24.00")

    await suite.move(code, "refunded", decision={"stock": "unshipped"})
    await account(suite, code, payment="refunded", refunded="24.00")
    assert (await heard(suite, code, "0.00"))["facts"]["payment"] == "refunded"
    await suite.move(code, "received", decision={"stock": "all"})
    await suite.settled(code)
    await suite.move(code, "refunded", decision={"stock": "unshipped"})
    await suite.settled(code)
    movements = (await suite.get(f"/api/v1/billing/orders/{code}/payments"))["items"]
    assert [(one["kind"], one["amount"]) for one in movements] == [("capture", "24.00"), ("refund", "24.00")]
    made = [call for call in await suite.calls("payments", code) if call["request"]["path"].endswith("/refunds")]
    assert [call["response"]["body"]["amount"] for call in made] == [2400]
    assert (await suite.stock(sku))["available"] == 5


async def test_a_client_who_pays_after_the_cancellation_gets_the_money_back(suite: Suite) -> None:
    await give_address(suite)
    sku = await suite.product(stock=5)
    order = await suite.placed((sku, 2))
    code = order["code"]
    page = await to_provider(suite, await opened(suite, order["confirmation"]["payment"]["url"]))
    await suite.client.post(page, data={"card": "action"})
    await suite.move(code, "cancelled")
    await suite.settled(code)
    await suite.client.post(page, data={"decision": "confirm"})

    async def settled_late() -> str:
        """Either the page was ended before the bank had decided, or the money came, and is to go back."""
        found = await suite.get(f"/api/v1/billing/orders/{code}/money")
        states = [charge["state"] for charge in found["charges"]]
        assert states in (["expired"], ["captured"]), found
        return str(states[0])

    if await eventually(settled_late, seconds=30.0, every=0.05) == "captured":
        await account(suite, code, warning="paid_not_payable", captured="24.00")
        chosen = await suite.client.post(f"/api/v1/billing/orders/{code}/choices", json={"choice": "refund"})
        assert chosen.status_code == 202, chosen.text
        await account(suite, code, payment="refunded", refunded="24.00")
    await heard(suite, code, "0.00")
    assert (await suite.stock(sku))["available"] == 5
