"""A message that ends among the dead letters carries its person in the body alone, on both brokers.

Headers and properties are what consoles list and operators copy into tickets; a body is opened on purpose.
"""

from pathlib import Path
from typing import Any

import aio_pika
import orjson
import pytest
from aio_pika.abc import AbstractIncomingMessage

from shared.broker import Bus, Outgoing, Subscription
from shared.contracts import MESSAGES, Message
from tests.eventually import eventually
from tests.shared.conftest import MakeBus, connected

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"
CANARY = "jeanne.dupont@example.invalid"
PERSONAL = {
    "name",
    "email",
    "phone",
    "company",
    "street",
    "city",
    "address",
    "client",
    "link",
    "history_token",
    "secret",
}


def with_canaries(found: Any) -> Any:
    """The same document with another person in it."""
    if isinstance(found, list):
        return [with_canaries(one) for one in found]
    if not isinstance(found, dict):
        return found
    return {
        key: CANARY if key in PERSONAL and isinstance(value, str) else with_canaries(value)
        for key, value in found.items()
    }


def samples() -> list[Message]:
    """One of each message, as the services write them."""
    by_name = {path.name.rsplit(".", 2)[0]: path for path in sorted(GOLDEN.iterdir(), reverse=True)}
    assert {message.name for message in MESSAGES} <= set(by_name)
    return [
        message.decode(orjson.dumps(with_canaries(orjson.loads(by_name[message.name].read_bytes()))))
        for message in MESSAGES
    ]


async def fail(body: bytes) -> None:
    raise ValueError(body.decode())


async def taken(url: str, queue: str) -> AbstractIncomingMessage:
    """What lies first in a queue, with all that came with it."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        return await (await channel.get_queue(queue, ensure=False)).get(no_ack=True)


@pytest.mark.parametrize("message", samples(), ids=lambda message: str(message.name))
async def test_only_the_body_of_a_dead_letter_tells_of_a_person(
    make_bus: MakeBus, broker_url: str, message: Message
) -> None:
    subscription = Subscription("billing", message.name)
    bus: Bus = make_bus(broker_url)
    bus.subscribe(subscription, fail)
    await bus.start()
    await connected(bus)
    out = Outgoing(message.name, message.key, message.shop, "all", message.version, message.encode())
    assert await bus.publish([out]) == [True]

    async def dead() -> bool:
        return await bus.depth(subscription.dead) == 1

    await eventually(dead)
    await bus.stop()
    letter = await taken(broker_url, subscription.dead)
    told = f"{letter.info()} {letter.headers} {letter.routing_key} {letter.exchange}"
    assert "x-death" in letter.headers, "there was something to read"
    assert message.key in str(letter.correlation_id)
    assert CANARY not in told
