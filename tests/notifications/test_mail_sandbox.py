"""The mail sandbox as users' tests meet it: addresses that fail, AUTH, STARTTLS, size, faults, mail that comes back."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from services.notifications.sandbox import Sandbox
from tests.notifications.driver import Clock


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    found = Sandbox(Clock())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=sandbox.transport(), base_url="http://sandbox") as client:
        yield client


def mail(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "cave@example.com", to, "Votre commande"
    message["Message-ID"], message["X-Comptoir-Order"] = "<1@cave>", "CO-1"
    message.set_content("Bonjour")
    return message


async def talk(sandbox: Sandbox, act: Callable[[smtplib.SMTP], Any]) -> Any:
    """Do this on a connection of its own; what it gives, or the exception that it raises."""

    def connected() -> Any:
        with smtplib.SMTP("127.0.0.1", sandbox.mail.port, timeout=5) as client:
            return act(client)

    try:
        return await asyncio.to_thread(connected)
    except smtplib.SMTPException as error:
        return error


async def send(sandbox: Sandbox, to: str) -> Any:
    return await talk(sandbox, lambda client: client.send_message(mail(to)))


@pytest.mark.parametrize(("domain", "code"), [("unknown.example", 550), ("full.example", 552)])
async def test_recipients_that_are_refused(sandbox: Sandbox, http: httpx.AsyncClient, domain: str, code: int) -> None:
    refused = await send(sandbox, f"camille@{domain}")
    assert isinstance(refused, smtplib.SMTPRecipientsRefused)
    assert refused.recipients[f"camille@{domain}"][0] == code
    [call] = (await http.get("/sandbox/mail/calls")).json()["items"]
    assert (call["request"]["to"], call["response"]["status"]) == ([f"camille@{domain}"], code)


async def test_greylisting_refuses_once(sandbox: Sandbox) -> None:
    first = await send(sandbox, "camille@greylisted.example")
    assert first.recipients["camille@greylisted.example"][0] == 451
    assert await send(sandbox, "camille@greylisted.example") == {}
    assert isinstance(await send(sandbox, "other@greylisted.example"), smtplib.SMTPRecipientsRefused)


async def test_slow_and_disconnecting(sandbox: Sandbox) -> None:
    assert await send(sandbox, "0.01@slow.example") == {}
    assert isinstance(await send(sandbox, "camille@disconnecting.example"), smtplib.SMTPServerDisconnected)


async def test_credentials_may_be_asked_for(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    assert (await http.put("/sandbox/mail/server", json={"auth_required": True})).status_code == 200
    refused = await send(sandbox, "camille@example.com")
    assert (refused.smtp_code, type(refused)) == (530, smtplib.SMTPSenderRefused)
    wrong = await talk(sandbox, lambda client: client.login("cave", "wrong"))
    assert isinstance(wrong, smtplib.SMTPAuthenticationError)

    def in_order(client: smtplib.SMTP) -> Any:
        client.login("cave", "hush")
        return client.send_message(mail("camille@example.com"))

    assert await talk(sandbox, in_order) == {}


async def test_starttls_with_a_certificate_that_can_be_checked(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    server = (await http.put("/sandbox/mail/server", json={"starttls": True})).json()
    assert server["port"] == sandbox.mail.port
    trusted = ssl.create_default_context(cadata=server["certificate"])

    def sealed(client: smtplib.SMTP) -> Any:
        client.starttls(context=trusted)
        return client.send_message(mail("camille@example.com"))

    assert await talk(sandbox, sealed) == {}
    assert (await http.put("/sandbox/mail/server", json={})).json()["certificate"] is None
    assert isinstance(await talk(sandbox, sealed), smtplib.SMTPNotSupportedError)


async def test_a_mail_may_be_too_large(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    await http.put("/sandbox/mail/server", json={"size": 50})
    refused = await send(sandbox, "camille@example.com")
    assert refused.smtp_code == 552


@pytest.mark.parametrize(
    ("kind", "code"), [("429", 450), ("500", 451), ("expired_token", 535), ("200_invalid", 554), ("garbage", -1)]
)
async def test_faults_of_a_relay(sandbox: Sandbox, http: httpx.AsyncClient, kind: str, code: int) -> None:
    await http.put("/sandbox/mail/fault", json={"kind": kind})
    refused = await send(sandbox, "camille@example.com")
    assert refused.smtp_code == code
    assert await send(sandbox, "camille@example.com") == {}


@pytest.mark.parametrize("kind", ["timeout_after_accept", "reset_after_accept", "slow"])
async def test_faults_after_it_was_taken(sandbox: Sandbox, http: httpx.AsyncClient, kind: str) -> None:
    await http.put("/sandbox/mail/fault", json={"kind": kind, "seconds": 0.01})
    broken = await send(sandbox, "camille@example.com")
    assert broken == {} if kind == "slow" else isinstance(broken, smtplib.SMTPServerDisconnected)
    [call] = (await http.get("/sandbox/mail/calls")).json()["items"]
    assert (call["order"], call["response"]["answered"]) == ("CO-1", kind == "slow")


async def test_mail_comes_back_as_a_report(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    assert await send(sandbox, "camille@bounced.example") == {}
    [bounce] = (await http.get("/sandbox/mail/bounces")).json()["items"]
    assert (bounce["order"], bounce["to"], bounce["message_id"]) == ("CO-1", "cave@example.com", "<1@cave>")
    answer = await http.get(bounce["url"])
    assert answer.headers["content-type"] == "message/rfc822"
    report: Any = message_from_bytes(answer.content)
    assert (report.get_content_type(), report.get_param("report-type")) == ("multipart/report", "delivery-status")
    assert report["Auto-Submitted"] == "auto-replied"
    _words, status, headers = report.get_payload()
    whole, recipient = status.get_payload()
    assert whole["Reporting-MTA"] == "dns; sandbox.invalid"
    assert dict(recipient.items()) == {
        "Final-Recipient": "rfc822; camille@bounced.example",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 The mailbox does not exist",
    }
    assert "Message-ID: <1@cave>" in headers.get_payload()
    assert (await http.get("/sandbox/mail/bounces/9")).status_code == 404
