"""What a client may ask of a queue: the `x-` arguments of queue.declare, checked as RabbitMQ 3.10 checks them.

An argument this broker does not know is refused: a queue that silently lacks what its owner relies on would be worse
than one that cannot be declared. `declarations` calls this; `queue` and `quorum` act on the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pamqp.exceptions import AMQPPreconditionFailed

_CLASSIC = {
    "x-queue-type": str,
    "x-dead-letter-exchange": str,
    "x-dead-letter-routing-key": str,
    "x-max-length": int,
    "x-overflow": str,
    "x-message-ttl": int,
}
_QUORUM = _CLASSIC | {"x-delivery-limit": int, "x-dead-letter-strategy": str}


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """The checked arguments; `given` keeps them as they came (with the type always set), for later comparison."""

    given: dict[str, Any]
    quorum: bool
    dead_letter_exchange: str | None
    dead_letter_routing_key: str | None
    at_least_once: bool
    delivery_limit: int | None
    """A message that comes back more often than this is dead-lettered."""
    max_length: int | None
    reject_publish: bool
    """What happens at `max_length`: refuse the new message, or (default) drop the oldest."""
    message_ttl: int | None
    """Milliseconds."""

    @classmethod
    def parse(cls, queue: str, arguments: dict[str, Any]) -> QueueOptions:
        """Raises AMQPPreconditionFailed with RabbitMQ's wording."""
        given = {"x-queue-type": "classic", **arguments}
        kind = given["x-queue-type"]
        if kind not in ("classic", "quorum"):
            raise _invalid(queue, "x-queue-type", f"unsupported queue type '{kind}'")
        known = _QUORUM if kind == "quorum" else _CLASSIC
        for name, value in given.items():
            _check(queue, name, value, known)
        _check_choice(queue, given, "x-overflow", ("drop-head", "reject-publish"), "invalid_overflow")
        _check_choice(queue, given, "x-dead-letter-strategy", ("at-most-once", "at-least-once"), "invalid_dlx_strategy")
        if "x-dead-letter-routing-key" in given and "x-dead-letter-exchange" not in given:
            raise _invalid(queue, "x-dead-letter-routing-key", "routing_key_but_no_dlx_defined")
        reject_publish = given.get("x-overflow") == "reject-publish"
        return cls(
            given=given,
            quorum=kind == "quorum",
            dead_letter_exchange=given.get("x-dead-letter-exchange"),
            dead_letter_routing_key=given.get("x-dead-letter-routing-key"),
            # RabbitMQ falls back to at-most-once, too, where the queue may drop messages.
            at_least_once=given.get("x-dead-letter-strategy") == "at-least-once" and reject_publish,
            delivery_limit=given.get("x-delivery-limit"),
            max_length=given.get("x-max-length"),
            reject_publish=reject_publish,
            message_ttl=given.get("x-message-ttl"),
        )

    def require_equal(self, queue: str, arguments: dict[str, Any]) -> None:
        """Raises AMQPPreconditionFailed where a declaration with `arguments` does not describe this queue."""
        other = {"x-queue-type": "classic", **arguments}
        for name in (*other, *self.given):
            if self.given.get(name) != other.get(name):
                raise inequivalent("queue", queue, name, other.get(name), self.given.get(name))


def inequivalent(kind: str, entity: str, argument: str, received: object, current: object) -> AMQPPreconditionFailed:
    """The refusal of a declaration that differs from what exists, in RabbitMQ's words."""
    return AMQPPreconditionFailed(
        f"inequivalent arg '{argument}' for {kind} '{entity}' in vhost '/': "
        f"received {_worded(received)} but current is {_worded(current)}"
    )


def _worded(value: object) -> str:
    return "none" if value is None else f"'{str(value).lower() if isinstance(value, bool) else value}'"


def _check(queue: str, name: str, value: object, known: dict[str, type]) -> None:
    if name not in known:
        if name in _QUORUM:
            raise AMQPPreconditionFailed(f"invalid arg '{name}' for queue '{queue}' in vhost '/' of type classic")
        raise _invalid(queue, name, "not supported by the embedded broker")
    if not isinstance(value, known[name]) or isinstance(value, bool):
        raise _invalid(queue, name, f"expected {known[name].__name__}, got {type(value).__name__}")
    if isinstance(value, int) and value < 0:
        raise _invalid(queue, name, f"{{value_negative,{value}}}")


def _check_choice(queue: str, given: dict[str, Any], name: str, choices: tuple[str, ...], complaint: str) -> None:
    if given.get(name, choices[0]) not in choices:
        raise _invalid(queue, name, complaint)


def _invalid(queue: str, name: str, reason: str) -> AMQPPreconditionFailed:
    return AMQPPreconditionFailed(f"invalid arg '{name}' for queue '{queue}' in vhost '/': {reason}")
