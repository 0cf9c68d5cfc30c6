"""The sandboxes as counterparts: shaped by the vendors' protocols, stateful, failing on order, and good to look at."""

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.notifications.sandbox import Sandbox
from tests.notifications.driver import Clock, Driver, entry, order
from tests.notifications.test_vendors_files import _published_cases

AMAZON = "/sandbox/amazon/orders/v0/orders/902-1/shipmentConfirmation"
EBAY = "/sandbox/ebay/sell/fulfillment/v1/order/12-1/shipping_fulfillment"
TWILIO = f"/sandbox/sms/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
FORM = {"To": "+33612345678", "From": "+33700000000", "Body": "Bonjour"}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=Sandbox(Clock()).transport(), base_url="http://sandbox") as client:
        yield client


async def _token(http: httpx.AsyncClient, url: str, **options: Any) -> str:
    answer = await http.post(url, **options)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def _amazon(http: httpx.AsyncClient) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c", "client_secret": "s"}
    return {"x-amz-access-token": await _token(http, "/sandbox/amazon/auth/o2/token", data=form)}


async def _ebay(http: httpx.AsyncClient) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "refresh_token": "r"}
    url = "/sandbox/ebay/identity/v1/oauth2/token"
    return {"Authorization": f"Bearer {await _token(http, url, data=form, auth=('id', 'secret'))}"}


async def test_amazons_published_cases_are_answered_as_published(http: httpx.AsyncClient, specs_dir: Path) -> None:
    token = await _amazon(http)
    for status, body in _published_cases(specs_dir):
        answer = await http.post(AMAZON, json=body, headers=token)
        assert answer.status_code == int(status)
    calls = (await http.get("/sandbox/amazon/calls")).json()
    assert calls["total"] == 2
    assert {call["order"] for call in calls["items"]} == {"902-1"}


async def test_amazon_edits_a_package_that_is_confirmed_again(http: httpx.AsyncClient) -> None:
    token = await _amazon(http)
    for tracking in ("A1", "A2"):
        detail = {
            "packageReferenceId": "1", "carrierCode": "UPS", "trackingNumber": tracking,
            "shipDate": "2026-03-02T12:00:00Z", "orderItems": [{"orderItemId": "1", "quantity": 1}],
        }  # fmt: skip
        body = {"marketplaceId": "A13V1IB3VIYZZH", "packageDetail": detail}
        assert (await http.post(AMAZON, json=body, headers=token)).status_code == 204
    answer = await http.get("/sandbox/amazon/orders/2026-01-01/orders/902-1", headers=token)
    assert [package["trackingNumber"] for package in answer.json()["order"]["packages"]] == ["A2"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"lineItems": [{"lineItemId": "1"}], "trackingNumber": "A-1", "shippingCarrierCode": "UPS"}, 32300),
        ({"lineItems": [{"lineItemId": "1"}], "trackingNumber": "A1"}, 32300),
        ({"lineItems": [{"lineItemId": "1"}, {"lineItemId": "1"}]}, 32210),
        ({"lineItems": [{"lineItemId": "1"}], "shippedDate": "yesterday"}, 32500),
        ({"lineItems": []}, 32200),
        ({}, 32200),
        ([], 32600),
    ],
)
async def test_ebay_refuses_what_ebay_refuses(http: httpx.AsyncClient, body: object, code: int) -> None:
    answer = await http.post(EBAY, json=body, headers=await _ebay(http))
    assert (answer.status_code, answer.json()["errors"][0]["errorId"]) == (400, code)


async def test_ebay_has_each_tracking_number_once(http: httpx.AsyncClient) -> None:
    token = await _ebay(http)
    body = {"lineItems": [{"lineItemId": "1"}], "trackingNumber": "A1", "shippingCarrierCode": "UPS"}
    assert [(await http.post(EBAY, json=body, headers=token)).status_code for _ in range(2)] == [201, 409]
    assert (await http.get(EBAY, headers=token)).json()["total"] == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (FORM, 201),
        (FORM | {"To": "0612345678"}, 400),
        (FORM | {"Body": ""}, 400),
        (FORM | {"ValidityPeriod": "soon"}, 400),
        ({"To": FORM["To"], "Body": "x"}, 400),
    ],
)
async def test_twilio_refuses_what_twilio_refuses(http: httpx.AsyncClient, form: dict[str, str], status: int) -> None:
    assert (await http.post(TWILIO, data=form, auth=("id", "token"))).status_code == status


async def test_nobody_gets_in_without_credentials(http: httpx.AsyncClient) -> None:
    assert (await http.post(AMAZON, json={}, headers={"x-amz-access-token": "guess"})).status_code == 403
    assert (await http.post(EBAY, json={}, headers={"Authorization": "Bearer guess"})).status_code == 401
    assert (await http.post(TWILIO, data=FORM)).status_code == 401
    assert (await http.post("/sandbox/amazon/auth/o2/token", data={"grant_type": "x"})).status_code == 401
    assert (await http.get("/sandbox/amazon/calls")).json() == {"items": [], "next": None, "total": 0}


async def test_faults_are_shown_as_often_as_ordered(http: httpx.AsyncClient) -> None:
    assert (await http.put("/sandbox/sms/fault", json={"kind": 429, "count": 2})).json()["count"] == 2
    answers = [await http.post(TWILIO, data=FORM, auth=("id", "token")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert (await http.get("/sandbox/sms/fault")).json()["kind"] == "none"
    assert (await http.put("/sandbox/sms/fault", json={"kind": "explode"})).status_code == 422


async def test_calls_are_paged_and_forgotten(http: httpx.AsyncClient) -> None:
    for number in range(5):
        headers = {"X-Comptoir-Order": f"CO-{number % 2}"}
        await http.post(TWILIO, data=FORM | {"Body": str(number)}, auth=("id", "token"), headers=headers)
    first = (await http.get("/sandbox/sms/calls", params={"limit": 3})).json()
    rest = (await http.get("/sandbox/sms/calls", params={"limit": 3, "after": first["next"]})).json()
    bodies = [call["request"]["body"]["Body"] for call in first["items"] + rest["items"]]
    assert (bodies, first["total"], rest["next"]) == (["0", "1", "2", "3", "4"], 5, None)
    assert (await http.get("/sandbox/sms/calls", params={"order": "CO-1"})).json()["total"] == 2
    assert (await http.delete("/sandbox/sms/calls")).status_code == 204
    assert (await http.get("/sandbox/sms/calls")).json()["total"] == 0


async def test_the_mail_sandbox_speaks_smtp_with_anybody() -> None:
    sandbox = Sandbox(Clock())
    await sandbox.start()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Été"
    message.set_content("Bonjour")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", sandbox.mail.port, timeout=5) as client:
            client.send_message(message)

    await asyncio.to_thread(send)
    [seen] = sandbox.mail.ledger.newest(10)
    await sandbox.stop()
    assert (seen.order, seen.request["subject"], seen.request["text"].strip()) == (None, "Été", "Bonjour")


async def test_pages_show_what_left_and_run_nothing(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True, message="<script>alert(1)</script>")))
    await house.deliver()
    page = await house.http.get("/sandbox/mail")
    assert page.status_code == 200
    assert "Votre commande CO-1" in page.text
    assert "<iframe sandbox" in page.text
    assert "<script>alert" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'href="/sandbox/ebay"' in (await house.http.get("/sandbox")).text
    assert (await house.http.get("/sandbox/amazon")).status_code == 200


def _rows(page: httpx.Response) -> list[str]:
    """Each call of a page in one line: vendor, order, answer, request."""
    assert page.status_code == 200
    found = re.findall(r"<summary>(.*?)</summary>", page.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


async def test_one_page_shows_every_call_and_a_filter_less_of_them(http: httpx.AsyncClient) -> None:
    empty = await http.get("/sandbox", headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"})
    assert "Rien n’est encore parti." in empty.text
    assert '<html lang="fr">' in empty.text
    assert "Nothing has left yet." in (await http.get("/sandbox", params={"lang": "en"})).text
    for form in (FORM, FORM | {"To": "12"}):
        await http.post(TWILIO, data=form, headers={"X-Comptoir-Order": "CO-1"}, auth=("id", "token"))
    await http.post(AMAZON, json={}, headers=await _amazon(http))
    assert [row.split(" UTC ")[1].rpartition(" /")[0] for row in _rows(await http.get("/sandbox"))] == [
        "SMS CO-1 400", "SMS CO-1 201", "Amazon 902-1 400",
    ]  # fmt: skip
    for query, count in (
        ({"vendor": "sms"}, 2),
        ({"order": "902-1"}, 1),
        ({"result": "refused"}, 2),
        ({"result": "accepted", "vendor": "sms"}, 1),
        ({"result": "unanswered"}, 0),
        ({"vendor": "nobody", "result": "nothing"}, 3),
    ):
        assert len(_rows(await http.get("/sandbox", params=query))) == count
    assert len(_rows(await http.get("/sandbox/amazon"))) == 1
    assert "No call matches." in (await http.get("/sandbox", params={"order": "CO-9"})).text


async def test_faults_are_ordered_and_calls_forgotten_on_the_page(http: httpx.AsyncClient) -> None:
    ordered = await http.post("/sandbox?vendor=sms&lang=fr", data={"vendor": "sms", "kind": "500", "count": "3"})
    assert (ordered.status_code, ordered.headers["location"]) == (303, "/sandbox?vendor=sms&lang=fr")
    assert "SMS: 500 × 3" in (await http.get("/sandbox")).text
    assert (await http.post(TWILIO, data=FORM, auth=("id", "token"))).status_code == 500
    await http.post("/sandbox", data={"vendor": "sms", "act": "forget"})
    assert (await http.get("/sandbox/sms/calls")).json()["total"] == 0
    assert (await http.post("/sandbox", data={"vendor": "nobody"})).status_code == 404
    assert (await http.post("/sandbox", data={"vendor": "sms", "kind": "explode"})).status_code == 422


async def test_there_are_no_sandboxes_where_they_are_off(make_driver: Any) -> None:
    house = await make_driver(sandbox=False)
    for path in ("/sandbox", "/sandbox/mail", "/sandbox/mail/calls", "/sandbox/amazon/auth/o2/token"):
        assert (await house.http.get(path)).status_code == 404
