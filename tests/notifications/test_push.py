"""Push messages to operators' browsers, received as a push service and a browser receive them."""

from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from sqlalchemy import select

from services.notifications.tables import own_keys, push_subscriptions
from shared.contracts import Status, StatusType
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Clock, Driver, account, entry, order
from tests.notifications.receiving import PUSH, Browser, Receiver, bytes_of, subscribe, text_of

CANCELLED = Status(mnemonic="cancelled", type=StatusType.CANCELLED)


@pytest.mark.row("S2-09")
async def test_a_new_order_is_pushed_to_the_phone_at_once(
    house: Driver, receiver: Receiver, browser: Browser, clock: Clock
) -> None:
    made = await subscribe(house, receiver, browser, label="Téléphone d’Alix")
    assert (made["language"], made["events"], made["label"]) == ("fr", ["order.placed"], "Téléphone d’Alix")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    [got] = receiver.got
    assert browser.read(got.body) == {
        "type": "order.placed",
        "title": "La Cave",
        "body": "Nouvelle commande CO-1 : 4,90\u00a0€",
        "code": "CO-1",
        "total": 490,
        "currency": "EUR",
    }
    headers = got.headers
    assert (headers["content-encoding"], headers["urgency"], int(headers["ttl"])) == ("aes128gcm", "high", 14400)
    assert len(headers["topic"]) <= 32
    await verify(house, headers["authorization"], receiver.url, clock)
    assert await house.outcomes() == [("push", "done")]


async def verify(house: Driver, authorization: str, audience: str, clock: Clock) -> None:
    """As a push service verifies: the signature, by the key that the browser subscribed with, and the claims."""
    assert Vapid02.verify(authorization)
    values = dict(part.split("=", 1) for part in authorization.removeprefix("vapid ").split(","))
    assert values["k"] == (await house.http.get(f"{PUSH}/key")).json()["public_key"]
    header, claims, _signature = values["t"].split(".")
    assert orjson.loads(bytes_of(header))["alg"] == "ES256"
    said = orjson.loads(bytes_of(claims))
    assert (said["aud"], said["sub"]) == (audience, "https://comptoir.invalid")
    assert 0 < said["exp"] - clock.now.timestamp() <= 24 * 3600


async def test_it_is_told_what_its_operator_wants_in_his_language(
    house: Driver, receiver: Receiver, browser: Browser
) -> None:
    await subscribe(house, receiver, browser, events=["order.cancelled", "payment.settled"], language="en")
    await house.hear(order(1, 1, entry(1)))
    await house.hear(account(1, 1))
    await house.hear(order(1, 2, entry(2, version=2, status=CANCELLED), status=CANCELLED))
    await house.hear(order(2, 1, entry(3), test=True))
    await house.deliver()
    said = sorted(browser.read(got.body)["body"] for got in receiver.got)
    assert said == ["Order CO-1 cancelled: €4.90", "Order CO-1 paid: €4.90"]


async def test_nothing_in_it_names_anybody(house: Driver, receiver: Receiver, browser: Browser) -> None:
    await subscribe(house, receiver, browser)
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    message = str(browser.read(receiver.got[0].body)).lower()
    assert not [word for word in ("camille", "dubois", "example.com", "0612", "bordeaux") if word in message]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_ended_is_forgotten(
    house: Driver, receiver: Receiver, browser: Browser, status: int
) -> None:
    await subscribe(house, receiver, browser)
    receiver.answer(status, path="/send/1")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    assert await house.outcomes() == [("push", "rejected")]
    assert (await house.http.get(f"{PUSH}/subscriptions")).json()["total"] == 0
    await house.hear(order(2, 1, entry(2)))
    await house.deliver()
    assert len(receiver.got) == 1


@pytest.mark.parametrize(("status", "outcome"), [(429, "retry"), (500, "retry"), (403, "retry"), (413, "rejected")])
async def test_what_a_push_service_answers(
    house: Driver, receiver: Receiver, browser: Browser, clock: Clock, status: int, outcome: str
) -> None:
    await subscribe(house, receiver, browser)
    receiver.answer(status, 201, path="/send/1")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    assert await house.outcomes() == [("push", outcome)]
    clock.forward(seconds=30)
    await house.deliver()
    assert await house.outcomes() == [("push", "done" if outcome == "retry" else "rejected")]


async def test_a_message_that_is_hours_late_is_not_sent(
    house: Driver, receiver: Receiver, browser: Browser, clock: Clock
) -> None:
    await subscribe(house, receiver, browser)
    receiver.answer(503, path="/send/1")
    await house.hear(order(1, 1, entry(1)))
    for _ in range(12):
        await house.deliver()
        clock.forward(minutes=30)
    assert await house.outcomes() == [("push", "rejected")]


async def test_a_browser_is_subscribed_once(house: Driver, receiver: Receiver, browser: Browser) -> None:
    first = await subscribe(house, receiver, browser)
    again = await subscribe(house, receiver, browser, events=["order.cancelled"])
    assert (again["id"], again["events"]) == (first["id"], ["order.cancelled"])
    listed = (await house.http.get(f"{PUSH}/subscriptions")).json()
    assert [one["id"] for one in listed["items"]] == [first["id"]]
    assert (await house.http.delete(f"{PUSH}/subscriptions/{first['id']}")).status_code == 204
    assert (await house.http.delete(f"{PUSH}/subscriptions/{first['id']}")).status_code == 404


async def test_addresses_and_secrets_rest_sealed(house: Driver, receiver: Receiver, browser: Browser) -> None:
    await subscribe(house, receiver, browser)
    await house.http.get(f"{PUSH}/key")
    rows = str(await house.rows(select(push_subscriptions))) + str(await house.rows(select(own_keys)))
    assert receiver.url not in rows
    assert text_of(browser.auth) not in rows
    shown = (await house.http.get(f"{PUSH}/subscriptions")).text
    assert "127.0.0.1:" not in shown
    assert browser.p256dh not in shown


async def test_replicas_sign_with_one_key_or_with_the_one_given(make_driver: MakeDriver) -> None:
    one, two = await make_driver(), await make_driver()
    keys = [(await house.http.get(f"{PUSH}/key")).json()["public_key"] for house in (one, two, one)]
    assert len(set(keys)) == 1
    given = Vapid02()
    given.generate_keys()
    private = text_of(given.private_key.private_numbers().private_value.to_bytes(32, "big"))
    three = await make_driver(vapid_private_key=private)
    public = given.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert (await three.http.get(f"{PUSH}/key")).json()["public_key"] == text_of(public)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "https://192.168.1.1/send"}, "endpoint"),
        ({"endpoint": "http://push.example.com/send"}, None),
        ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "keys"),
        ({"keys": {"p256dh": text_of(b"\x04" + bytes(64)), "auth": text_of(bytes(16))}}, "keys"),
        ({"events": ["order.erased"]}, "events"),
        ({"language": "French"}, "language"),
    ],
)
async def test_what_is_no_subscription_is_refused(
    make_driver: MakeDriver, browser: Browser, change: dict[str, Any], field: str | None
) -> None:
    house = await make_driver(webhook_loopback=False)
    body = browser.subscription("https://push.example.com/send/1") | change
    answer = await house.http.post(f"{PUSH}/subscriptions", json=body)
    assert answer.status_code == 422, answer.text
    assert field is None or answer.json()["errors"][0]["field"].startswith(field)
