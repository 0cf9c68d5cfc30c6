"""What an operator's browser is told of an order: its code and its amount, and nothing of whoever bought."""

from dataclasses import dataclass

from services.notifications.domain.told import Event

PUSH = "push"
"""The channel; the verb is the push service, so that each browser maker's is a lane of its own."""

OFFERED = (Event.PLACED, Event.CANCELLED, Event.SETTLED)
"""What a browser may be told of."""

SERVICE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one browser. `shop` is its name; `total` is in minor units of `currency`."""

    subscription: str
    event: str
    order: str
    code: str
    shop: str
    total: int
    currency: str
    language: str


def service_of(host: str) -> str:
    """The push service as lanes name it."""
    return host[:SERVICE_LENGTH]
