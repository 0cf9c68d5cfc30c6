"""Documents reach the client by mail, each once: the form with the confirmation, the invoice, the credit note."""

import hashlib
from typing import Any

import pytest

from tests.eventually import eventually
from tests.flow.suite import Suite, parcel


async def attached(suite: Suite, code: str, count: int) -> list[dict[str, Any]]:
    """The attachments of an order's mails to its client, once there are so many; `subject` is their mail's."""

    async def look() -> list[dict[str, Any]]:
        requests = [call["request"] for call in await suite.calls("mail", code)]
        mine = [request for request in requests if request["to"] == ["zoe@example.org"]]
        found = [{**one, "subject": request["subject"]} for request in mine for one in request["attachments"]]
        assert len(found) == count, found
        return found

    return await eventually(look, seconds=50.0, every=0.05)


async def digest(suite: Suite, path: str) -> str:
    """The SHA-256 of a PDF as billing gives it."""
    response = await suite.client.get(path)
    assert response.status_code == 200, response.text
    return hashlib.sha256(response.content).hexdigest()


@pytest.mark.row("S2-38")
@pytest.mark.row("S3-02")
async def test_form_invoice_and_credit_note_are_mailed_once(suite: Suite) -> None:
    sku = await suite.product(stock=5)
    code = (await suite.placed((sku, 3)))["code"]
    [form] = await attached(suite, code, 1)
    assert form["name"] == f"bon-de-commande-{code.lower()}.pdf"
    assert form["sha256"] == await digest(suite, f"/api/v1/billing/orders/{code}/documents/order_form.pdf")

    await suite.move(code, "shipped", shipment=parcel("6A00000000021"))
    await suite.settled(code)
    [_, invoice] = await attached(suite, code, 2)
    [issued] = await suite.documents(code)
    assert invoice["sha256"] == issued["sha256"] == await digest(suite, f"/api/v1/billing/documents/{issued['id']}/pdf")
    assert "en route" in invoice["subject"]

    actions, back = {"mail": False}, {"stock": "lines", "lines": [{"line": 1, "quantity": 1}]}
    await suite.move(code, "returned", decision=back, actions=actions)
    await suite.settled(code)
    [_, _, note] = await attached(suite, code, 3)
    [credit] = [found for found in await suite.documents(code) if found["kind"] == "credit_note"]
    assert note["sha256"] == credit["sha256"]
    assert credit["number"] in note["subject"]

    assert {item["outcome"] for item in await suite.deliveries(code, "mail")} == {"done"}
    await suite.move(code, "returned", actions={"mail": True})
    await suite.settled(code)
    await attached(suite, code, 3)
