"""Mails that come back: the report finds its delivery, once, and the shop's people learn of the bad address."""

from typing import Any

import pytest

from shared.contracts import Outcome
from tests.notifications.driver import ADMINISTRATORS, Driver, entry, order

URL = "/api/v1/notifications"


def report(
    delivery: str, *recipients: tuple[str, str, str, str], name: str = "r1@mx.example.net", headers: bool = False
) -> bytes:
    """A report as Postfix writes it; a recipient is address, action, status, diagnostic."""
    blocks = "".join(
        f"Final-Recipient: rfc822; {address}\nOriginal-Recipient: rfc822;{address}\nAction: {action}\n"
        f"Status: {status}\nRemote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; {said}\n\n"
        for address, action, status, said in recipients
    )
    kind = "text/rfc822-headers" if headers else "message/rfc822"
    body = "" if headers else "Content-Type: text/plain\n\nMerci\n"
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: cave@example.com
Message-Id: <{name}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I am sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4F1
Arrival-Date: Mon,  2 Mar 2026 12:00:00 +0000 (UTC)

{blocks}--B
Content-Type: {kind}

From: La Cave <cave@example.com>
Message-ID: <{delivery}@example.com>
Subject: Votre commande CO-1
{body}
--B--
""".encode()


FAILED = ("camille@example.com", "failed", "5.1.1", "550 5.1.1 <camille@example.com>: no such user")
LATE = ("camille@example.com", "delayed", "4.4.1", "connect to mx.example.com: timed out")


async def bounce(house: Driver, content: bytes) -> dict[str, Any]:
    answer = await house.http.post(f"{URL}/bounces", content=content, headers={"Content-Type": "message/rfc822"})
    assert answer.status_code == 202, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


async def sent(house: Driver, **actions: bool) -> str:
    """A mail that the relay took; the delivery's id."""
    await house.hear(order(1, 1, entry(1, **actions or {"mail": True})))
    await house.deliver()
    [delivery] = await house.deliveries(order="CO-1", role="administrator" if "mail_admins" in actions else "client")
    assert delivery["outcome"] == "done"
    id_: str = delivery["id"]
    return id_


@pytest.mark.parametrize("headers", [False, True])
async def test_bounce_rejects_the_delivery_and_tells_the_operators(house: Driver, *, headers: bool) -> None:
    id_ = await sent(house)
    before = (await house.answer()).version
    taken = await bounce(house, report(id_, FAILED, headers=headers))
    assert (taken["delivery"], taken["outcome"]) == (id_, "rejected")
    assert taken["reason"] == "bounced 5.1.1: camille@example.com: 550 5.1.1 <camille@example.com>: no such user"
    told = await house.answer()
    assert (told.version > before, [item.outcome for item in told.items]) == (True, [Outcome.REJECTED])
    [waiting] = await house.deliveries(needs_person="true")
    assert (waiting["id"], waiting["needs_person"]) == (id_, True)
    await house.deliver()
    alerts = [call for call in await house.calls("mail") if "n’est pas arrivé" in str(call)]
    assert len(alerts) == 1
    assert all(reader in str(alerts[0]) for reader in ADMINISTRATORS)
    assert "5.1.1" in str(alerts[0])


async def test_the_same_report_does_nothing_twice(house: Driver) -> None:
    id_ = await sent(house)
    first = await bounce(house, report(id_, FAILED))
    version = (await house.answer()).version
    again = await bounce(house, b"Received: from elsewhere\n" + report(id_, FAILED))
    assert (again, (await house.answer()).version) == (first, version)
    await house.deliver()
    assert len([call for call in await house.calls("mail") if "n’est pas arrivé" in str(call)]) == 1
    retried = await house.http.post(f"{URL}/deliveries/{id_}/retry")
    assert retried.status_code == 200
    await house.deliver()
    assert (await bounce(house, report(id_, FAILED)))["outcome"] == "done", "that was of the first time"
    assert (await bounce(house, report(id_, FAILED, name="r2@mx.example.net")))["outcome"] == "rejected"


async def test_a_late_mail_is_noted_and_may_still_bounce(house: Driver) -> None:
    id_ = await sent(house)
    late = await bounce(house, report(id_, LATE))
    assert (late["outcome"], late["reason"]) == (
        "done",
        "late 4.4.1: camille@example.com: connect to mx.example.com: timed out",
    )
    assert (await bounce(house, report(id_, FAILED, name="r2@mx.example.net")))["outcome"] == "rejected"


async def test_one_of_several_administrators_is_not_all(house: Driver) -> None:
    id_ = await sent(house, mail_admins=True)
    first, second = ((reader, "failed", "5.2.2", "mailbox full") for reader in ADMINISTRATORS)
    some = await bounce(house, report(id_, first))
    assert some["outcome"] == "done"
    assert some["reason"].startswith("1 of 2 bounced 5.2.2")
    assert (await bounce(house, report(id_, second, name="r2@mx.example.net")))["outcome"] == "rejected"


async def test_a_report_of_success_or_of_a_stranger_changes_nothing(house: Driver) -> None:
    id_ = await sent(house)
    arrived = ("camille@example.com", "delivered", "2.0.0", "250 ok")
    assert (await bounce(house, report(id_, arrived)))["outcome"] == "done"
    unknown = await bounce(house, report("01900000-0000-7000-8000-000000000000", FAILED))
    assert unknown == {"delivery": None, "outcome": None, "reason": None}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\x00\xfe" * 100,
        report("x", FAILED),
        report("0190", FAILED).replace(b"multipart/report", b"multipart/mixed"),
        report("0190", FAILED).replace(b"message/delivery-status", b"text/plain"),
        b"Content-Type: multipart/report; boundary=a\n\n"
        + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 3000,
        b"Content-Type: multipart/report; boundary=\n\n--\n",
        b"Content-Type: message/delivery-status; charset=unknown-8bit\n\n\n",
    ],
)
async def test_a_broken_report_is_refused(house: Driver, content: bytes) -> None:
    answer = await house.http.post(f"{URL}/bounces", content=content)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")
