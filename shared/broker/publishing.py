"""Publishing: many messages on their way at once, each confirmed by the broker before it counts as sent.

The client's own `publish` waits for the socket after every message, one at a time; here the frames of all of them go
out together, and only the confirms are waited for.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aio_pika import DeliveryMode
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError
from aiormq.channel import Channel
from pamqp.commands import Basic

from shared.broker.probing import uncancelled
from shared.broker.topology import EXCHANGE, routing_key

SHORT_STRING = 255
"""Bytes of an AMQP property."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out, as the outbox holds it."""

    message: str
    key: str
    shop: str
    detail: str
    version: int
    body: bytes


async def publish_pipelined(
    channel: AbstractChannel, rows: Sequence[Outgoing], seconds: float
) -> list[BaseException | None]:
    """Send all; per row None if the broker confirmed it, else why that is not known."""
    try:
        with uncancelled():
            async with asyncio.timeout(seconds):
                underlay = cast(Channel, await channel.get_underlay_channel())
    except (AMQPError, OSError, RuntimeError) as closed:
        return [closed] * len(rows)
    results = await asyncio.gather(*(_send(underlay, row, seconds) for row in rows), return_exceptions=True)
    return [result if isinstance(result, BaseException) else None for result in results]


async def _send(channel: Channel, row: Outgoing, seconds: float) -> None:
    await channel.basic_publish(
        row.body,
        exchange=EXCHANGE,
        routing_key=routing_key(row.message, row.shop, row.detail),
        properties=_properties(row),
        mandatory=True,
        timeout=seconds,
        wait=False,
    )


def _properties(row: Outgoing) -> Basic.Properties:
    return Basic.Properties(
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        # For people. Not `message_id`: the client tells returned messages apart by that, and a row may go out twice.
        correlation_id=_identity(row),
    )


def _identity(row: Outgoing) -> str:
    identity = f"{row.message}/{row.key}/{row.version}"
    return identity if len(identity.encode()) <= SHORT_STRING else hashlib.sha256(identity.encode()).hexdigest()
