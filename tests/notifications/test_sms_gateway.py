"""Any SMS gateway by its settings: requests from templates, answers by pointers, look-ups by our reference, reports."""

import base64
import hashlib
import hmac
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.notifications.channels.sms import Sms
from services.notifications.channels.sms.gateway import Gateway
from services.notifications.channels.web import http_client
from services.notifications.domain.pointers import pointed
from services.notifications.domain.results import Trouble
from services.notifications.jobs.reports import heed_reports
from services.notifications.settings import Settings
from services.notifications.settings.gateway import SmsGateway
from shared.contracts import Outcome
from shared.settings import BadSettings
from tests.notifications.conftest import MakeDriver
from tests.notifications.counterparts import Scripted, call, note
from tests.notifications.driver import NOON, Clock
from tests.notifications.test_sms_reports import STATUS, sent, shown

REFERENCE = "0190-delivery.69a57bc0"
ACCOUNT: dict[str, Any] = {
    "url": "https://sms.example.com/v1/send",
    "headers": {"api-key": "hush"},
    "json_body": {
        "recipients": ["{to_digits}"], "content": "{text}", "from": "{sender}", "tag": "{reference}",
        "options": {"ttl": "{validity}", "unicode": True, "web_url": "{callback}"},
    },
    "sender": "LaCave",
    "id": "/messages/0/id",
    "look_up_url": "https://sms.example.com/v1/sent?tag={reference}",
    "look_up_id": "/messages/0/id",
}  # fmt: skip
REPORTS = {"secret": "0123456789abcdef", "reference": "/tag", "status": "/event", "code": "/why"}


def gateway(vendor: Scripted, clock: Clock | None = None, **changes: Any) -> Sms:
    account, now = SmsGateway.model_validate(ACCOUNT | changes), clock or Clock()
    address = "https://oms.example.com/in"
    one = Gateway(account, http_client(5, transport=vendor), now, seconds=5, callback=address)
    return Sms(one, account.validity_seconds, now)


def settings_of(**values: Any) -> Settings:
    """As the environment gives them: plain objects."""
    return Settings(**values)


def taken(**more: Any) -> httpx.Response:
    return httpx.Response(200, json={"messages": [{"id": 77}]} | more)


@pytest.mark.row("S4-13")
async def test_an_sms_leaves_as_the_template_says() -> None:
    vendor = Scripted(taken())
    result = await gateway(vendor).send(call(note(body="{text} {{ order.code }} {callback}")))
    assert (result.outcome, result.reference) == (Outcome.DONE, "77")
    [request] = vendor.requests
    assert (request.method, str(request.url), request.headers["api-key"]) == ("POST", ACCOUNT["url"], "hush")
    assert orjson.loads(request.content) == {
        "recipients": ["33612345678"], "content": "{text} CO-1 {callback}", "from": "LaCave", "tag": REFERENCE,
        "options": {"ttl": 14_400, "unicode": True, "web_url": "https://oms.example.com/in"},
    }  # fmt: skip


async def test_a_form_and_an_answer_without_an_id() -> None:
    vendor = Scripted(httpx.Response(202, text="queued"))
    form = {"to": "{to}", "text": "{text}"}
    result = await gateway(vendor, json_body=None, form=form, method="PUT", id=None, look_up_url=None).send(
        call(note())
    )
    assert (result.outcome, result.reference) == (Outcome.DONE, REFERENCE)
    assert vendor.methods == ["PUT"]
    assert vendor.requests[0].content == b"to=%2B33612345678&text=Commande+CO-1"


@pytest.mark.parametrize(
    ("answer", "outcome", "trouble"),
    [
        (httpx.Response(429), Outcome.RETRY, Trouble.BUSY),
        (httpx.Response(500), Outcome.UNKNOWN, Trouble.DOWN),
        (httpx.Response(400, json={"message": "no credit"}), Outcome.REJECTED, None),
        (httpx.Response(302, headers={"location": "/login"}), Outcome.REJECTED, None),
        (httpx.Response(401), Outcome.RETRY, Trouble.REFUSED),
        (httpx.ConnectError("refused"), Outcome.RETRY, Trouble.DOWN),
        (httpx.ReadError("reset"), Outcome.UNKNOWN, Trouble.DOWN),
        (taken(state="0"), Outcome.DONE, None),
        (taken(state="5"), Outcome.REJECTED, None),
        (httpx.Response(200, text="<html>"), Outcome.UNKNOWN, Trouble.DOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_outcomes(answer: httpx.Response | Exception, outcome: Outcome, trouble: Trouble | None) -> None:
    result = await gateway(Scripted(answer), status="/state", accepted=["0"]).send(call(note()))
    assert (result.outcome, result.trouble) == (outcome, trouble)


async def test_in_doubt_it_is_looked_up_by_our_reference() -> None:
    clock = Clock()
    missing = [httpx.Response(404), httpx.Response(200, json={"messages": []})]
    vendor = Scripted(taken(), *missing, httpx.Response(503), httpx.ConnectError("refused"))
    doubt = replace(call(note(), NOON), since=NOON)
    assert (await gateway(vendor, clock).send(doubt)).reference == "77"
    assert str(vendor.requests[0].url) == f"https://sms.example.com/v1/sent?tag={REFERENCE}"
    first = await gateway(vendor, clock).send(doubt)
    clock.forward(seconds=31)
    second = await gateway(vendor, clock).send(doubt)
    assert [(one.outcome, one.person) for one in (first, second)] == [(Outcome.UNKNOWN, False), (Outcome.UNKNOWN, True)]
    for _ in range(2):
        broken = await gateway(vendor, clock).send(doubt)
        assert (broken.outcome, broken.person) == (Outcome.UNKNOWN, False)
    assert set(vendor.methods) == {"GET"}


async def test_without_a_look_up_a_person_decides_at_once() -> None:
    vendor = Scripted()
    result = await gateway(vendor, look_up_url=None).send(call(note(), NOON))
    assert (result.outcome, result.person, vendor.requests) == (Outcome.UNKNOWN, True, [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "sms.example.com"}, "'url' must be an address with http or https"),
        ({"json_body": None}, "exactly one of 'json_body' and 'form' is needed"),
        ({"json_body": {"to": "{to}"}, "look_up_url": None}, "the body has to name {text}, and {to} or {to_digits}"),
        ({"json_body": {"to": "{to}", "text": "{texte}"}}, "{texte} is not known"),
        ({"json_body": {"to": "{to}", "text": "{text}"}}, "the body has to name {reference}"),
        ({"look_up_url": "https://sms.example.com/"}, "'look_up_url' has to name {reference}"),
        ({"status": "/state"}, "'status' and 'accepted' belong together"),
        ({"id": "messages.0.id"}, "String should match pattern"),
        ({"reports": {"secret": "short", "status": "/s", "id": "/i"}}, "at least 16"),
        ({"reports": {"secret": "0123456789abcdef", "status": "/s"}}, "'reference' or 'id' has to say"),
        ({"colour": "blue"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_the_start(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSettings, match="COMPTOIR_SMS_GATEWAY") as refused:
        settings_of(sms_gateway=ACCOUNT | change)
    assert said in str(refused.value)
    assert "hush" not in str(refused.value)


def test_sms_leave_by_one_provider_and_a_shops_own_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    twilio = {"account_sid": f"AC{'0' * 32}", "auth_token": "hush", "sender": "+33700000000"}
    with pytest.raises(BadSettings, match="there is a Twilio account too"):
        settings_of(twilio=twilio, sms_gateway=ACCOUNT)
    monkeypatch.setenv("COMPTOIR_SMS_GATEWAY", orjson.dumps(ACCOUNT).decode())
    settings = settings_of(shop_accounts={"other": {"twilio": twilio}})
    own, other = settings.accounts("cave"), settings.accounts("other")
    assert (own.twilio, own.sms_gateway is None) == (None, False)
    assert (other.twilio is None, other.sms_gateway) == (False, None)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8}), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0),
        ("/a~1b", 1), ("/m~0n", 8), ("/foo/2", None), ("/foo/-", None), ("/foo/bar", None), ("/foo/0/1", None),
    ],
)  # fmt: skip
def test_pointers_are_those_of_rfc_6901(pointer: str, found: object) -> None:
    assert pointed({"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8}, pointer) == found


def test_the_documented_gateway_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs/sms.md").read_text().split("```json\n")[1].split("```")[0]
    account = SmsGateway.model_validate_json(text)
    assert account.reports is not None
    assert account.reports.statuses["hardBounce"] == "undelivered"


def signed(raw: bytes, shape: str) -> str:
    digest = hmac.new(REPORTS["secret"].encode(), raw, hashlib.sha256)
    return {"hex": digest.hexdigest(), "prefixed": f"sha256={digest.hexdigest()}"}.get(
        shape, base64.b64encode(digest.digest()).decode()
    )


@pytest.mark.parametrize("shape", ["hex", "prefixed", "base64"])
async def test_reports_are_proven_by_an_hmac_of_their_bytes(make_driver: MakeDriver, shape: str) -> None:
    own = ACCOUNT | {"reports": REPORTS | {"statuses": {"soft_bounce": "undelivered"}}}
    house = await make_driver(sandbox=False, sms_gateway=own)
    delivery = await sent(house, reference="77")
    row = (await house.deliveries(channel="sms"))[0]
    assert row["id"] == delivery
    raw = orjson.dumps({"tag": f"{delivery}.{int(NOON.timestamp()):x}", "event": "soft_bounce", "why": 12})
    for proof, status in ((signed(raw + b" ", shape), 403), ("", 403), (signed(raw, shape), 204)):
        answer = await house.http.post(f"{STATUS}/gateway/cave", content=raw, headers={"X-Signature": proof})
        assert answer.status_code == status, answer.text
    await heed_reports(house.service.outbox)
    found = await shown(house)
    assert (found["outcome"], found["reason"], found["reference"]) == ("rejected", "undelivered: 12", "77")


async def test_reports_are_proven_by_a_shared_secret_and_name_the_gateways_id(make_driver: MakeDriver) -> None:
    reports = REPORTS | {"proof": "token", "header": "Authorization", "reference": None, "id": "/sms/id"}
    house = await make_driver(sandbox=False, sms_gateway=ACCOUNT | {"reports": reports})
    url, proof = f"{STATUS}/gateway/cave", {"Authorization": f"Bearer {REPORTS['secret']}"}
    assert (await house.http.post(url, json={"sms": {"id": 77}, "event": "failed"})).status_code == 403
    assert (await house.http.post(url, json={"sms": {}, "event": "failed"}, headers=proof)).status_code == 400
    assert (await house.http.post(url, content=b"{", headers=proof)).status_code == 400
    assert (await house.http.post(url, json={"event": "seen"}, headers=proof)).status_code == 204
    assert (await house.http.post(url, json={"sms": {"id": 77}, "event": "failed"}, headers=proof)).status_code == 204
    await heed_reports(house.service.outbox)
    await sent(house, reference="77")
    await heed_reports(house.service.outbox)
    found = await shown(house)
    assert (found["outcome"], found["report"]["reached"]) == ("rejected", "failed")
