"""A client's way through the house: an account with an order, a link by mail, the own space, and the end of it all."""

import re
from typing import Any
from uuid import uuid4

from tests.eventually import eventually
from tests.flow.suite import Suite, parcel

PUBLIC = "https://cave.example"


async def open_space(suite: Suite) -> str:
    """Give the shop a public address and its clients a space; the shop's id."""
    shop = await suite.get("/api/v1/shop")
    body = {name: value for name, value in shop.items() if name != "version"} | {"public_url": PUBLIC}
    for path, content in (("shop", body), ("shop/customers", {"space": True})):
        response = await suite.client.put(f"/api/v1/{path}", json=content)
        assert response.status_code == 200, response.text
    return str(shop["shop"])


async def mailed_link(suite: Suite, email: str) -> str:
    """The path of the link in the mail that the sandbox took."""

    async def look() -> str:
        mails = [call for call in await mails_of(suite) if email in str(call) and "/a/" in str(call)]
        assert mails
        found = re.search(rf"{re.escape(PUBLIC)}(/a/[\w-]+)", str(mails[0]))
        assert found
        return found[1]

    return await eventually(look, seconds=30.0, every=0.05)


async def mails_of(suite: Suite) -> list[dict[str, Any]]:
    """All of them, page by page: this one has no order to ask for, and stories before it sent hundreds."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = await suite.get("/sandbox/mail/calls", limit=200, **after)
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


async def test_a_client_signs_in_by_mail_sees_the_order_and_is_erased(suite: Suite) -> None:
    shop = await open_space(suite)
    email, sku = f"{uuid4().hex[:10]}@example.org", await suite.product(stock=3)
    placed = await suite.placed((sku, 2), customer={"name": "Zoé Martin", "email": email, "account": True})
    code, client = placed["code"], f"/api/v1/customers/{placed['customer_id']}"
    await suite.move(code, "shipped", shipment=parcel("6A9"))
    shown = await suite.client.put(f"/api/v1/orders/{code}/publication", json={"shown": "shown"})
    assert shown.status_code == 200, shown.text
    await suite.settled(code)

    asked = await suite.client.post("/api/v1/account/links", json={"email": email, "shop": shop})
    assert asked.status_code == 202, asked.text
    opened = await suite.client.post(await mailed_link(suite, email))
    assert opened.status_code == 201, opened.text
    session = {"Authorization": f"Bearer {opened.json()['token']}"}
    orders = (await suite.client.get("/api/v1/account/orders", headers=session)).json()
    assert [(order["code"], order["parcels"][0]["tracking_number"]) for order in orders["items"]] == [(code, "6A9")]

    (document,) = await suite.documents(code)
    erased = await suite.client.post(f"{client}/erasure")
    assert erased.status_code == 200, erased.text
    await suite.settled(code)
    assert (await suite.client.get("/api/v1/account", headers=session)).status_code == 401
    kept = await suite.get(f"/api/v1/billing/documents/{document['id']}")
    assert "Zoé Martin" in str(kept), "what was issued stays as it was"
    for held in (await suite.get(f"{client}/export"), await suite.get(f"/api/v1/orders/{code}/timeline")):
        assert "Zoé" not in str(held)
        assert email not in str(held)
