"""Which process dies where, and what else can go wrong: the cases that seeds take in turn.

`POINTS` and `ALONE` have every crash point of the code; a test compares them with what `comptoir faults list` reads.
"""

from dataclasses import dataclass

from shared.web.routes import SERVICES

POINTS: dict[str, tuple[str, ...]] = {
    "outbox.before_commit": SERVICES,
    "outbox.after_commit": SERVICES,
    "outbox.after_publish": SERVICES,
    "batch.before_commit": SERVICES,
    "batch.after_commit": SERVICES,
    "batch.after_park": SERVICES,
    "dead_letters.after_park": SERVICES,
    "runtime.prepared": SERVICES,
    "runtime.stopping": SERVICES,
    "billing.numbered": ("billing",),
    "billing.claimed": ("billing",),
    "billing.rendered": ("billing",),
    "deliver.after_claim": ("notifications",),
    "deliver.after_call": ("notifications",),
    "deliver.before_record": ("notifications",),
    "deliver.after_record": ("notifications",),
}
"""By crash point, the services that pass it."""

ALONE = frozenset({"billing.call_claimed", "billing.called"})
"""Points on the way of a client's money, which the seeds do not move: `test_provider_crashes` dies there."""


ONCE = frozenset({"batch.after_park", "dead_letters.after_park", "runtime.prepared", "runtime.stopping"})
"""Points that are passed but once in a while: the first passage is the one to die at."""


def _in_turn() -> tuple[tuple[str, str], ...]:
    """(service, point), so that every point comes before any comes again, and services alternate."""
    most = max(map(len, POINTS.values()))
    return tuple(
        (services[(turn + place) % len(services)], point)
        for turn in range(most)
        for place, (point, services) in enumerate(POINTS.items())
        if turn < len(services)
    )


CRASHES = _in_turn()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault, whom it may hit and for how long."""

    name: str
    targets: tuple[str, ...]
    seconds: tuple[float, ...] = (0.0,)


DATABASES = tuple(f"{service}/database" for service in SERVICES)
BROKERS = tuple(f"{service}/broker" for service in SERVICES)
DOORS = tuple(f"{service}/http" for service in ("orders", "inventory", "billing"))
HEARD = tuple(f"{service}/orders.order.v1" for service in ("inventory", "billing", "notifications"))
ANSWERS = ("orders/inventory.reservation.v1", "orders/billing.account.v1", "orders/notifications.delivery.v1")

KINDS = (
    Kind("kill", SERVICES),
    Kind("restart", ("broker",)),
    Kind("mail cut", ("smtp",)),
    Kind("restart", ("database",)),
    Kind("hold", ("amazon", "ebay", "twilio")),
    Kind("poison", SERVICES),
    Kind("lose", ANSWERS),
    Kind("mail down", ("smtp",), (1.0, 3.0)),
    Kind("replace", SERVICES, (2.0,)),
    Kind("kill", ("broker",)),
    Kind("lose", HEARD),
    Kind("lost reply", DOORS),
    Kind("repeat", HEARD + ANSWERS),
    Kind("lost reply", DATABASES),
    Kind("kill", ("database",)),
    Kind("cut answer", ("amazon", "ebay", "twilio")),
    Kind("pause", SERVICES, (1.0, 3.0)),
    Kind("cut", DATABASES + BROKERS),
    Kind("hole", DATABASES + BROKERS, (1.0, 2.0)),
    Kind("refuse", ("smtp", "amazon", "ebay", "twilio")),
    Kind("lost reply", BROKERS),
    Kind("down", DATABASES + BROKERS, (1.0, 3.0)),
    Kind("tokens forgotten", ("amazon", "ebay")),
    Kind("alarm", ("broker",), (2.0,)),
)
"""The first twenty, those of ten seeds, have one of everything that the house promises to survive."""
