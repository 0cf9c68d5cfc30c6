"""The mail with a client's way into the client space: once, soon or never; its link is kept no longer than needed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.tables import attempts, obligations
from shared.contracts import Delivery, SignIn
from shared.outbox.tables import outbox
from tests.notifications.driver import NOON, Driver, order_id

LINK = "https://cave.example.com/a/a-secret"


def way(version: int = 1, **changes: Any) -> SignIn:
    values: dict[str, Any] = {
        "shop": "cave",
        "version": version,
        "id": order_id(99),
        "email": "camille@example.com",
        "client": "Camille Dubois",
        "language": "fr",
        "link": LINK,
        "expires_at": NOON + timedelta(minutes=15),
    }
    return SignIn(**values | changes)


async def hear(house: Driver, *ways: SignIn) -> None:
    for message in ways:
        await house.service.hears[SignIn.name].submit(message.encode())


async def kept(house: Driver) -> list[tuple[str, Any]]:
    rows = await house.rows(select(obligations.c.state, obligations.c.payload).order_by(obligations.c.revision))
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [("fr", "votre accès", "une seule fois, jusqu’à 13:15"), ("en-GB", "your way into", "once, until 1:15")],
)
async def test_link_is_mailed_once_and_forgotten(house: Driver, language: str, subject: str, words: str) -> None:
    await hear(house, way(language=language), way(language=language))
    await house.deliver()
    await house.deliver()
    (mail,) = await house.calls("mail")
    text = str(mail)
    assert subject in text
    assert words in text.replace("\u202f", " ")
    assert LINK in text
    assert "camille@example.com" in text
    assert await kept(house) == [("done", None)]


async def test_nobody_is_answered(house: Driver) -> None:
    """No order asked, so no order hears of it."""
    await hear(house, way())
    await house.deliver()
    assert await house.rows(select(outbox.c.key).where(outbox.c.message == Delivery.name)) == []
    (listed,) = await house.deliveries()
    assert (listed["verb"], listed["order"], listed["outcome"]) == ("sign_in", "", "done")
    for action, body in (("retry", None), ("settle", {"outcome": "done", "reason": "seen"})):
        path = f"/api/v1/notifications/deliveries/{listed['id']}/{action}"
        assert (await house.http.post(path, json=body)).status_code == 409


async def test_link_that_expired_is_not_mailed(house: Driver) -> None:
    await hear(house, way())
    house.clock.forward(minutes=15)
    await house.deliver()
    assert await house.calls("mail") == []
    assert await kept(house) == [("rejected", None)]


async def test_failed_mail_keeps_its_link_for_the_next_try(house: Driver) -> None:
    await house.fault("mail", "500")
    await hear(house, way())
    await house.deliver()
    ((state, payload),) = await kept(house)
    assert (state, payload["link"]) == ("retry", LINK)
    house.clock.forward(seconds=30)
    await house.deliver()
    assert await kept(house) == [("done", None)]


async def test_newer_link_replaces_an_unsent_one_and_erasure_all(house: Driver) -> None:
    await hear(house, way(), way(2, link=f"{LINK}-2"))
    assert [(state, payload and payload["link"]) for state, payload in await kept(house)] == [
        ("obsolete", None),
        ("due", f"{LINK}-2"),
    ]
    await house.deliver()
    assert len(await house.calls("mail")) == 1
    await hear(house, way(3, email="", client="", link=""))
    assert await kept(house) == [("obsolete", None), ("done", None)]
    said = [*await house.rows(select(obligations.c.reason, obligations.c.reference))]
    said += await house.rows(select(attempts.c.reason, attempts.c.reference))
    assert {tuple(row) for row in said} == {(None, None)}
