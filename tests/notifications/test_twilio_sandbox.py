"""The Twilio sandbox as a counterpart: every answer held to Twilio's own file, magic numbers, filters, faults."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI, Request
from twilio.request_validator import RequestValidator

from services.notifications.sandbox import Sandbox
from tests.notifications.driver import Clock
from tests.notifications.vendors_schemas import allowing_null, complaints_of

ACCOUNT = f"AC{'a' * 32}"
MESSAGES = f"/sandbox/sms/2010-04-01/Accounts/{ACCOUNT}/Messages"
FORM = {"To": "+33612345678", "From": "+33700000000", "Body": "Reçue : 4,90 €"}
SPEC = "twilio/twilio_api_v2010.json"
ADDRESS = "https://shop.example/sms/status?order=1"


class Shop:
    """Whoever is told how messages fare, as a Twilio user's application: it checks with Twilio's own library."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.app = FastAPI()
        self.app.add_api_route("/sms/status", self._take, methods=["POST"], response_model=None)

    async def _take(self, request: Request) -> None:
        form = {key: str(value) for key, value in (await request.form()).items()}
        proof = request.headers["X-Twilio-Signature"]
        assert RequestValidator("token").validate(ADDRESS, form, proof)
        assert (form["AccountSid"], form["SmsStatus"]) == (ACCOUNT, form["MessageStatus"])
        self.told.append(f"{form['MessageStatus']}{form.get('ErrorCode', '')}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def sandbox(clock: Clock, shop: Shop) -> Sandbox:
    return Sandbox(clock, lambda: shop.app)


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=sandbox.transport(), base_url="http://sandbox", auth=(ACCOUNT, "token")
    ) as client:
        yield client


async def send(http: httpx.AsyncClient, **changes: str) -> dict[str, Any]:
    answer = await http.post(f"{MESSAGES}.json", data=FORM | changes)
    assert answer.status_code == 201, answer.text
    sent: dict[str, Any] = answer.json()
    return sent


async def listed(http: httpx.AsyncClient, **query: str | int) -> list[str]:
    """The texts of what is found."""
    answer = await http.get(f"{MESSAGES}.json", params=query)
    assert answer.status_code == 200, answer.text
    return [message["body"] for message in answer.json()["messages"]]


async def test_every_answer_is_as_twilios_file_says(http: httpx.AsyncClient, sandbox: Sandbox, specs_dir: Path) -> None:
    root = allowing_null(orjson.loads((specs_dir / SPEC).read_bytes()))
    message = {"$ref": "#/components/schemas/api.v2010.account.message"}
    path = root["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["get"]
    page = path["responses"]["200"]["content"]["application/json"]["schema"]
    sent = [await send(http, To=number) for number in (FORM["To"], "+33639980001", "+33639980002")]
    await http.put("/sandbox/sms/fault", json={"kind": "200_invalid"})
    sent.append(await send(http))
    assert [one["status"] for one in sent] == ["queued", "queued", "queued", "failed"]
    for turn in range(3):
        found = [(await http.get(f"{MESSAGES}/{one['sid']}.json")).json() for one in sent]
        for one in [*sent, *found]:
            assert complaints_of(root, message, one) == []
        answer = (await http.get(f"{MESSAGES}.json", params={"PageSize": 2, "Page": turn})).json()
        assert complaints_of(root, page, answer) == []
        await sandbox.sms.deliver()


async def test_reports_are_signed_with_the_callers_token(http: httpx.AsyncClient, sandbox: Sandbox, shop: Shop) -> None:
    for number in (FORM["To"], "+33639980001", "+33639980002", "+33639980003"):
        await send(http, To=number, StatusCallback=ADDRESS)
    await send(http)
    for _ in range(3):
        await sandbox.sms.deliver()
    assert sorted(shop.told) == ["delivered", "failed30007", "sent", "sent", "sent", "undelivered30003"]
    calls = (await http.get("/sandbox/sms/calls")).json()["items"]
    assert [call["response"]["status"] for call in calls if call["request"]["path"] == "/sms/status"] == [200] * 6


async def test_messages_are_found_as_twilio_finds_them(http: httpx.AsyncClient, sandbox: Sandbox, clock: Clock) -> None:
    for number in range(3):
        await send(http, Body=str(number), To=f"+3361234567{number}")
        await sandbox.sms.deliver()
        clock.forward(days=1)
    await send(http, Body="queued", From="+33700000001")
    assert await listed(http) == ["queued", "2", "1", "0"]
    assert await listed(http, To="+33612345671") == ["1"]
    assert await listed(http, From="+33700000001") == ["queued"]
    assert await listed(http, DateSent="2026-03-03") == ["1"]
    assert await listed(http, **{"DateSent<": "2026-03-03"}) == ["0"]
    assert await listed(http, **{"DateSent>": "2026-03-03"}) == ["2", "1"]
    assert await listed(http, **{"DateSent>": "2026-03-03T13:00:00Z", "DateSent<": "2026-03-05T00:00:00Z"}) == ["2"]
    first = (await http.get(f"{MESSAGES}.json", params={"PageSize": 3})).json()
    rest = (await http.get(f"/sandbox/sms{first['next_page_uri']}")).json()
    assert ([one["body"] for one in rest["messages"]], rest["next_page_uri"]) == (["0"], None)
    for wrong in ({"PageSize": "many"}, {"PageSize": 0}, {"DateSent": "yesterday"}):
        assert (await http.get(f"{MESSAGES}.json", params=wrong)).status_code == 400
    assert (await http.get(f"{MESSAGES}/SM{'0' * 32}.json")).json()["code"] == 20404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550009"}, 21614),
        ({"From": "+15005550008"}, 21611),
        ({"StatusCallback": "shop.example"}, 21609),
    ],
)
async def test_magic_numbers_fail_as_twilios_do(http: httpx.AsyncClient, change: dict[str, str], code: int) -> None:
    answer = await http.post(f"{MESSAGES}.json", data=FORM | change)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert await listed(http) == []


@pytest.mark.parametrize(
    ("kind", "status", "taken"),
    [
        ("429", 429, 0),
        ("429_retry_after", 429, 0),
        ("500", 500, 0),
        ("expired_token", 401, 0),
        ("200_invalid", 201, 1),
        ("garbage", 502, 1),
        ("slow", 201, 1),
        ("reset_after_accept", None, 1),
    ],
)
async def test_faults(http: httpx.AsyncClient, kind: str, status: int | None, taken: int) -> None:
    await http.put("/sandbox/sms/fault", json={"kind": kind, "seconds": 0.01})
    if status is None:
        with pytest.raises(httpx.ReadError):
            await http.post(f"{MESSAGES}.json", data=FORM)
    else:
        answer = await http.post(f"{MESSAGES}.json", data=FORM)
        assert (answer.status_code, "retry-after" in answer.headers) == (status, kind == "429_retry_after")
    assert len(await listed(http)) == taken
