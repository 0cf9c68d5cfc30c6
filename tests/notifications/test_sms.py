"""SMS by Twilio: never twice. What it may have taken is looked for, and otherwise left to a person."""

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from services.notifications.channels.sms import Sms, normalise
from services.notifications.channels.sms.twilio import Twilio
from services.notifications.channels.web import http_client
from services.notifications.domain.results import Trouble
from shared.contracts import Outcome
from tests.notifications.counterparts import Scripted, call, note, twilio_account
from tests.notifications.driver import NOON, Clock


def _callback(delivery: str) -> str:
    return f"https://oms.example.com/{delivery}"


def _sms(vendor: Scripted, clock: Clock | None = None, **changes: Any) -> Sms:
    account, now = twilio_account(**changes), clock or Clock()
    twilio = Twilio(account, http_client(5, transport=vendor), now, seconds=5, callback=_callback)
    return Sms(twilio, account.validity_seconds, now)


def _listed(body: str = "Commande CO-1", **age: float) -> httpx.Response:
    message = {"sid": "SM1", "body": body, "status": "sent", "date_created": format_datetime(NOON - timedelta(**age))}
    return httpx.Response(200, json={"messages": [message]})


@pytest.mark.row("S4-13")
async def test_an_sms_leaves_as_a_form() -> None:
    vendor = Scripted(httpx.Response(201, json={"sid": "SM1", "status": "queued"}))
    result = await _sms(vendor).send(call(note()))
    assert (result.outcome, result.reference) == (Outcome.DONE, "SM1")
    [request] = vendor.requests
    assert request.url.path == f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
    assert request.headers["authorization"].startswith("Basic ")
    assert dict(httpx.QueryParams(request.content.decode())) == {
        "To": "+33612345678",
        "From": "+33700000000",
        "Body": "Commande CO-1",
        "ValidityPeriod": "14400",
        "StatusCallback": "https://oms.example.com/0190-delivery",
    }


@pytest.mark.parametrize(
    ("answer", "outcome", "trouble"),
    [
        (httpx.Response(429, json={"code": 20429}), Outcome.RETRY, Trouble.BUSY),
        (httpx.Response(500), Outcome.UNKNOWN, Trouble.DOWN),
        (httpx.Response(400, json={"code": 21211}), Outcome.REJECTED, None),
        (httpx.Response(401), Outcome.RETRY, Trouble.REFUSED),
        (httpx.ConnectError("refused"), Outcome.RETRY, Trouble.DOWN),
        (httpx.ReadTimeout("slow"), Outcome.UNKNOWN, Trouble.DOWN),
        (httpx.Response(201, json={"sid": "SM1", "status": "failed", "error_code": 30007}), Outcome.REJECTED, None),
        (httpx.Response(201, text="not json"), Outcome.DONE, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_outcomes(answer: httpx.Response | Exception, outcome: Outcome, trouble: Trouble | None) -> None:
    result = await _sms(Scripted(answer)).send(call(note()))
    assert (result.outcome, result.trouble) == (outcome, trouble)


async def test_in_doubt_it_is_looked_up_and_never_sent() -> None:
    found = Scripted(_listed(seconds=1))
    assert (await _sms(found).send(call(note(), NOON))).reference == "SM1"
    assert found.methods == ["GET"]
    assert dict(found.requests[0].url.params) == {"To": "+33612345678", "From": "+33700000000", "PageSize": "50"}


@pytest.mark.parametrize("listed", [_listed("another text"), _listed(minutes=3), httpx.Response(200, json={})])
async def test_what_is_not_found_waits_for_a_person_in_the_end(listed: httpx.Response) -> None:
    clock = Clock()
    vendor = Scripted(listed, listed)
    first = await _sms(vendor, clock).send(call(note(), NOON))
    assert (first.outcome, first.person) == (Outcome.UNKNOWN, False)
    clock.forward(seconds=31)
    second = await _sms(vendor, clock).send(call(note(), NOON))
    assert (second.outcome, second.person) == (Outcome.UNKNOWN, True)
    assert vendor.methods == ["GET", "GET"]


@pytest.mark.parametrize("broken", [httpx.ConnectError("refused"), httpx.Response(500), httpx.Response(429)])
async def test_a_look_up_that_fails_decides_nothing(broken: httpx.Response | Exception) -> None:
    result = await _sms(Scripted(broken)).send(call(note(), NOON - timedelta(hours=1)))
    assert (result.outcome, result.person) == (Outcome.UNKNOWN, False)
    assert result.trouble is not None


@pytest.mark.parametrize("bad", [note(phone="hello"), note(phone="12"), note(body="x" * 1601), note(body="{{ a")])
async def test_what_cannot_be_sent_is_rejected(bad: object) -> None:
    vendor = Scripted()
    assert (await _sms(vendor).send(call(bad))).outcome == Outcome.REJECTED
    assert vendor.requests == []


async def test_an_account_has_one_kind_of_sender() -> None:
    service = f"MG{'a' * 32}"
    vendor = Scripted(httpx.Response(201, json={}))
    await _sms(vendor, sender=None, messaging_service_sid=service).send(call(note()))
    assert dict(httpx.QueryParams(vendor.requests[0].content.decode()))["MessagingServiceSid"] == service
    both = await _sms(Scripted(), messaging_service_sid=service).send(call(note()))
    assert both.outcome == Outcome.REJECTED


async def test_what_waited_is_valid_for_the_rest_of_its_time_and_then_not_sent() -> None:
    clock = Clock()
    vendor = Scripted(httpx.Response(201, json={"sid": "SM1"}))
    waiting = replace(call(note()), since=NOON)
    clock.forward(hours=3, minutes=59)
    assert (await _sms(vendor, clock).send(waiting)).outcome == Outcome.DONE
    assert dict(httpx.QueryParams(vendor.requests[0].content.decode()))["ValidityPeriod"] == "60"
    clock.forward(minutes=1)
    late = await _sms(Scripted(), clock).send(waiting)
    assert (late.outcome, late.reason) == (Outcome.REJECTED, "too late: an SMS is worth 14400 s")
    in_doubt = replace(waiting, unsure_since=NOON)
    assert (await _sms(Scripted(_listed(seconds=1)), clock).send(in_doubt)).outcome == Outcome.DONE


def test_numbers_are_read_as_their_country_writes_them() -> None:
    assert normalise("06 12 34 56 78", "FR") == "+33612345678"
    assert normalise("+44 7700 900123", "FR") == "+447700900123"
    with pytest.raises(ValueError, match="cannot be read"):
        normalise("none", "FR")
