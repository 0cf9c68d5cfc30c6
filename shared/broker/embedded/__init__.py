"""AMQP 0-9-1 inside the process, so that `make run` needs no RabbitMQ.

Why a broker and not a shortcut past it: the services then run the same FastStream and aio-pika code, with the same
acknowledgements, redeliveries and dead letters, on a laptop and in production. It is limited to what they use, refuses
the rest aloud, keeps everything in memory and listens on loopback only. Where RabbitMQ has a behaviour of its own, this
one has RabbitMQ 3.10's; `tests/shared/broker` asserts it on both.

Read `server` (listener) > `connection` (one socket) > `channel` (one conversation) > `topology` (exchanges, queues) >
`queue`, `quorum` (where messages wait).
"""

from shared.broker.embedded.server import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
