"""Messages that end in their queue: why they do, where they go, what is written on them; and queues that are full."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import DeliveryError
from pamqp.common import FieldTable

from deploy.local.rabbitmq import RabbitMQ
from tests.shared.broker.amqp import CLASSIC, DEADLINE, QUORUM, drain, publish, take, waiting

SAFE: FieldTable = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 1,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
LOSSY: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 1}
KINDS = pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(CLASSIC, id="classic"),
        pytest.param(LOSSY, id="at-most-once"),
        pytest.param(SAFE, id="at-least-once"),
    ],
)


async def dead_letter_queue(channel: AbstractChannel, arguments: FieldTable | None = None) -> AbstractQueue:
    """A queue that hears all of the exchange `dlx`."""
    exchange = await channel.declare_exchange("dlx", ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue("dead", durable=True, arguments=arguments)
    await queue.bind(exchange, "#")
    return queue


async def mortal_queue(channel: AbstractChannel, arguments: FieldTable) -> tuple[AbstractExchange, AbstractQueue]:
    """A queue whose dead letters go to `dlx`, and the exchange that leads to it."""
    exchange = await channel.declare_exchange("ex", ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue("q", durable=True, arguments={**arguments, "x-dead-letter-exchange": "dlx"})
    await queue.bind(exchange, "#")
    return exchange, queue


def deaths(message: AbstractIncomingMessage) -> list[dict[str, Any]]:
    """The death record without its times, which are checked."""
    record = message.headers["x-death"]
    assert isinstance(record, list)
    found = [dict(entry) for entry in record if isinstance(entry, dict)]
    for entry in found:
        time = entry.pop("time")
        assert isinstance(time, datetime)
        assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
    return found


def first_death(message: AbstractIncomingMessage) -> tuple[object, ...]:
    """Exchange, queue and reason of the first death."""
    return tuple(message.headers.get(f"x-first-death-{what}") for what in ("exchange", "queue", "reason"))


@KINDS
@pytest.mark.parametrize("how", ["reject", "nack"])
async def test_rejected_message(channel: AbstractChannel, arguments: FieldTable, how: str) -> None:
    dead = await dead_letter_queue(channel)
    exchange, queue = await mortal_queue(channel, arguments)
    message = Message(b"body", message_id="m", headers={"mine": 1}, delivery_mode=DeliveryMode.PERSISTENT)
    await exchange.publish(message, "a.b", timeout=DEADLINE)
    refused = await take(queue)
    await (refused.reject() if how == "reject" else refused.nack(requeue=False))
    letter = await take(dead)
    assert (letter.body, letter.exchange, letter.routing_key) == (b"body", "dlx", "a.b")
    assert (letter.redelivered, letter.message_id, letter.delivery_mode) == (False, "m", DeliveryMode.PERSISTENT)
    assert letter.headers["mine"] == 1
    assert "x-delivery-count" not in letter.headers, "the count is the queue's, not the message's"
    assert deaths(letter) == [
        {"count": 1, "reason": "rejected", "queue": "q", "exchange": "ex", "routing-keys": ["a.b"]}
    ]
    assert first_death(letter) == ("ex", "q", "rejected")
    assert await waiting(queue, 0) == 0


@KINDS
async def test_second_death_in_the_same_queue(channel: AbstractChannel, arguments: FieldTable) -> None:
    """The count rises, the rest of the record stays; another queue or reason is a new entry before it."""
    dead = await dead_letter_queue(channel, {**QUORUM, "x-dead-letter-exchange": "dlx"})
    exchange, queue = await mortal_queue(channel, arguments)
    await exchange.publish(Message(b"x"), "first", timeout=DEADLINE)
    await (await take(queue)).reject()
    letter = await take(dead)
    await exchange.publish(Message(b"x", headers=letter.headers), "second", timeout=DEADLINE)
    await letter.ack()
    await (await take(queue)).reject()
    letter = await take(dead)
    in_q = {"count": 2, "reason": "rejected", "queue": "q", "exchange": "ex", "routing-keys": ["first"]}
    assert deaths(letter) == [in_q]
    await letter.reject()
    letter = await take(dead)
    in_dead = {"count": 1, "reason": "rejected", "queue": "dead", "exchange": "dlx", "routing-keys": ["second"]}
    assert deaths(letter) == [in_dead, in_q]
    assert first_death(letter) == ("ex", "q", "rejected")


@pytest.mark.parametrize("arguments", [pytest.param(LOSSY, id="at-most-once"), pytest.param(SAFE, id="at-least-once")])
async def test_delivery_limit(channel: AbstractChannel, arguments: FieldTable) -> None:
    dead = await dead_letter_queue(channel)
    _, queue = await mortal_queue(channel, arguments)
    await publish(channel, queue, "x")
    for _ in range(2):
        await (await take(queue)).nack(requeue=True)
    record = {"count": 1, "reason": "delivery_limit", "queue": "q", "exchange": "", "routing-keys": ["q"]}
    assert deaths(await take(dead)) == [record]


@KINDS
async def test_routing_key_and_default_exchange(channel: AbstractChannel, arguments: FieldTable) -> None:
    """As the services declare it: straight into the queue of that name."""
    dead = await channel.declare_queue("q.dead", durable=True, arguments=QUORUM)
    own: FieldTable = {**arguments, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q.dead"}
    queue = await channel.declare_queue("q", durable=True, arguments=own)
    await publish(channel, queue, "x")
    await (await take(queue)).reject()
    letter = await take(dead)
    assert (letter.exchange, letter.routing_key) == ("", "q.dead")
    assert deaths(letter)[0]["routing-keys"] == ["q"]


@KINDS
async def test_several_rejected_at_once_keep_their_order(channel: AbstractChannel, arguments: FieldTable) -> None:
    dead = await dead_letter_queue(channel)
    _, queue = await mortal_queue(channel, arguments)
    await publish(channel, queue, *"1234")
    held = [await take(queue) for _ in range(4)]
    await held[2].nack(multiple=True, requeue=False)
    assert [body for body, *_ in await drain(dead, 3)] == ["1", "2", "3"]
    await held[3].ack()


@KINDS
async def test_without_dead_letter_exchange_it_is_gone(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, "x", "y")
    await (await take(queue)).reject()
    assert [body for body, *_ in await drain(queue, 1)] == ["y"]
    assert await waiting(queue, 0) == 0


@KINDS
async def test_expired_message(channel: AbstractChannel, arguments: FieldTable) -> None:
    dead = await dead_letter_queue(channel)
    exchange, queue = await mortal_queue(channel, {**arguments, "x-message-ttl": 100})
    for body in (b"1", b"2"):
        await exchange.publish(Message(body), "k", timeout=DEADLINE)
    held = await take(queue)
    letter = await take(dead)
    assert letter.body == b"2"
    assert deaths(letter) == [{"count": 1, "reason": "expired", "queue": "q", "exchange": "ex", "routing-keys": ["k"]}]
    assert await waiting(queue, 0) == 0
    await held.ack()


@pytest.mark.parametrize("arguments", [pytest.param(CLASSIC, id="classic"), pytest.param(LOSSY, id="quorum")])
async def test_full_queue_drops_its_head(channel: AbstractChannel, arguments: FieldTable) -> None:
    dead = await dead_letter_queue(channel)
    _, queue = await mortal_queue(channel, {**arguments, "x-max-length": 2, "x-overflow": "drop-head"})
    await publish(channel, queue, *"123")
    letter = await take(dead)
    assert (letter.body, deaths(letter)[0]["reason"]) == (b"1", "maxlen")
    held = [await take(queue) for _ in range(2)]
    await publish(channel, queue, *"45")
    assert await waiting(queue, 2) == 2, "what is held does not fill the queue"
    await held[0].nack(requeue=True)
    assert (await take(dead)).body == b"2", "what came back is the head, and there is one too many"
    await held[1].ack()
    assert [body for body, *_ in await drain(queue, 2)] == ["4", "5"]


async def outcomes(channel: AbstractChannel, queue: AbstractQueue, count: int) -> str:
    """One letter per publish: + confirmed, - refused."""
    letters = ""
    for number in range(count):
        try:
            await publish(channel, queue, str(number))
            letters += "+"
        except DeliveryError:
            letters += "-"
    return letters


async def test_full_classic_queue_refuses(channel: AbstractChannel) -> None:
    arguments: FieldTable = {"x-max-length": 2, "x-overflow": "reject-publish"}
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    assert await outcomes(channel, queue, 4) == "++--"
    assert [body for body, *_ in await drain(queue, 1)] == ["0"]
    assert await outcomes(channel, queue, 2) == "+-"
    assert await waiting(queue, 2) == 2


async def test_full_quorum_queue_refuses_until_it_has_shrunk(channel: AbstractChannel) -> None:
    """One above the limit is taken; then nothing before four messages in five are left."""
    arguments: FieldTable = {**QUORUM, "x-max-length": 10, "x-overflow": "reject-publish"}
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    assert await outcomes(channel, queue, 13) == "+" * 11 + "--"
    for left, letter in ((10, "-"), (9, "-"), (8, "+")):
        await drain(queue, 1)
        assert await waiting(queue, left) == left
        assert await outcomes(channel, queue, 1) == letter


@pytest.mark.parametrize("arguments", [pytest.param(CLASSIC, id="classic"), pytest.param(LOSSY, id="quorum")])
async def test_circle_without_a_client_is_broken(channel: AbstractChannel, arguments: FieldTable) -> None:
    """A message that expires into its own queue would go round for ever; it is dropped. A rejected one returns."""
    to_itself: FieldTable = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q", "x-message-ttl": 500}
    queue = await channel.declare_queue("q", durable=True, arguments=arguments | to_itself)
    await publish(channel, queue, "x")
    await (await take(queue)).reject()
    letter = await take(queue)
    assert deaths(letter)[0]["reason"] == "rejected"
    await letter.nack(requeue=True)
    assert await waiting(queue, 0) == 0


async def test_circle_with_a_client_in_it_goes_on(channel: AbstractChannel) -> None:
    """Expired in one, rejected in the other, back in the first: the client's part makes it no circle."""
    to_b: FieldTable = {"x-message-ttl": 50, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "b"}
    to_a: FieldTable = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "a"}
    first = await channel.declare_queue("a", durable=True, arguments=to_b)
    second = await channel.declare_queue("b", durable=True, arguments=to_a)
    await publish(channel, first, "x")
    await (await take(second)).reject()
    letter = await take(second)
    expected: list[tuple[object, ...]] = [("a", "expired", 2), ("b", "rejected", 1)]
    assert [(death["queue"], death["reason"], death["count"]) for death in deaths(letter)] == expected
    await letter.ack()


@pytest.fixture
def prompt_retries(request: pytest.FixtureRequest, amqp_url: str) -> Iterator[None]:
    """RabbitMQ offers a dead letter again after three minutes; here it does after half a second, like the embedded."""
    if "rabbitmq" not in request.node.callspec.id:
        yield
        return
    server: RabbitMQ = request.getfixturevalue("rabbitmq")
    setting = "application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, {})."
    server.ctl("eval", setting.format(500))
    yield
    server.ctl("eval", setting.format(180_000))


@pytest.mark.usefixtures("prompt_retries")
async def test_safe_dead_letter_waits_for_a_queue(channel: AbstractChannel) -> None:
    exchange, queue = await mortal_queue(channel, SAFE)
    await channel.declare_exchange("dlx", ExchangeType.TOPIC, durable=True)
    await exchange.publish(Message(b"x"), "k", timeout=DEADLINE)
    await (await take(queue)).reject()
    assert await waiting(queue, 0) == 0
    dead = await dead_letter_queue(channel)
    assert (await take(dead)).body == b"x"


@pytest.mark.usefixtures("prompt_retries")
async def test_safe_dead_letter_waits_for_room(channel: AbstractChannel) -> None:
    dead = await dead_letter_queue(channel, {"x-max-length": 1, "x-overflow": "reject-publish"})
    _, queue = await mortal_queue(channel, SAFE)
    await publish(channel, queue, *"123")
    for _ in range(3):
        await (await take(queue)).reject()
    assert sorted(body for body, *_ in await drain(dead, 3)) == ["1", "2", "3"]


@pytest.mark.parametrize("arguments", [pytest.param(CLASSIC, id="classic"), pytest.param(LOSSY, id="at-most-once")])
async def test_other_dead_letter_without_a_queue_is_gone(channel: AbstractChannel, arguments: FieldTable) -> None:
    _, queue = await mortal_queue(channel, arguments)
    await publish(channel, queue, "1", "2")
    await (await take(queue)).reject()
    dead = await dead_letter_queue(channel)
    await (await take(queue)).reject()
    assert [body for body, *_ in await drain(dead, 1)] == ["2"]
