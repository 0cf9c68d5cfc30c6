"""The mail with a payment link: once for each time that billing says, and not at all once there is nothing to pay."""

from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.tables import obligations
from shared.contracts import Account, PaymentLink
from tests.notifications.driver import NOON, Driver, account, order, order_id

LINK = "https://cave.example.com/p/a-token"


def linked(version: int, sent: int | None, **changes: Any) -> Account:
    """An account whose link is to be mailed for the `sent`th time."""
    values: dict[str, Any] = {
        "url": LINK,
        "sent": sent,
        "asked_at": NOON,
        "amount": 490,
        "code": "CO-1",
        "email": "camille@example.com",
        "client": "Camille Dubois",
        "language": "fr",
    }
    link = None if sent is None else PaymentLink(**values | changes)
    return account(1, version).model_copy(update={"payment_link": link})


@pytest.mark.row("S1-32")
@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("fr", "paiement de votre commande CO-1", "Il reste 4,90 € à régler"),
        ("en-GB", "payment of your order CO-1", "€4.90 is still to be paid"),
    ],
)
async def test_the_link_is_mailed_and_mailed_again(house: Driver, language: str, subject: str, words: str) -> None:
    await house.hear(order(), linked(1, 1, language=language), linked(1, 1, language=language))
    await house.deliver()
    await house.deliver()
    (mail,) = await house.calls("mail")
    assert mail["order"] == "CO-1"
    text = str(mail["request"]).replace("\\xa0", " ").replace("\u202f", " ").replace("\xa0", " ")
    for part in (subject, words, LINK, "Camille Dubois"):
        assert part in text
    await house.hear(linked(2, 2, language=language))
    await house.deliver()
    assert len(await house.calls("mail")) == 2
    answer = await house.answer()
    assert [(item.subject, str(item.outcome)) for item in answer.items] == [("payment_link", "done")] * 2
    assert answer.heard_account == 2


async def test_a_mail_that_was_not_sent_is_not_once_the_order_is_paid(house: Driver) -> None:
    await house.hear(order(), linked(1, 1), linked(2, None))
    await house.deliver()
    assert await house.calls("mail") == []
    assert await house.outcomes() == [("mail", "obsolete")]
    assert (await house.answer()).open == 0


async def test_an_erased_client_is_forgotten(house: Driver) -> None:
    await house.hear(order(), linked(1, 1))
    await house.deliver()
    await house.hear(order(1, 2, erased=True), linked(2, None))
    rows = await house.rows(select(obligations.c.payload).where(obligations.c.order_id == order_id(1)))
    assert [row.payload for row in rows] == [None]
