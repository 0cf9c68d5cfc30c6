"""What a seed means: orders and what is done to them, in phases, and the faults that go with each phase.

Pure: the same seed gives the same plan on every machine. What the processes make of it is theirs. Consecutive seeds
take crash points and kinds of fault in turn, so that few seeds miss none; the rest is drawn.
"""

import random
from dataclasses import dataclass
from typing import Literal

from tests.faults.cases import CRASHES, KINDS, ONCE

Channel = Literal["web", "amazon", "ebay"]

ORDERS = 5
SKUS = 2
CRASHES_PER_SEED = 2
FAULTS_PER_SEED = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `target` is a service, a vendor or a server; `point` and `count` belong to a crash."""

    kind: str
    target: str
    point: str = ""
    count: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        at = f" at {self.point}:{self.count}" if self.point else ""
        lasting = f" for {self.seconds:g} s" if self.seconds else ""
        return f"{self.kind} {self.target}{at}{lasting}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a person or a shop's front does to an order. `parcel`: some of the goods leave with it."""

    do: Literal["place", "move", "edit", "pay"]
    phase: int
    status: str = ""
    parcel: Literal["", "part", "rest"] = ""
    mail: bool = False
    sms: bool = False
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """An order's life. `lines` are (SKU, quantity)."""

    number: int
    channel: Channel
    lines: tuple[tuple[int, int], ...]
    on_short: Literal["wait", "cancel"]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. `receipts` are (phase, SKU, quantity); `phases` the faults that happen at the same time."""

    seed: int
    stock: tuple[int, ...]
    receipts: tuple[tuple[int, int, int], ...]
    orders: tuple[OrderPlan, ...]
    phases: tuple[tuple[Fault, ...], ...]


def plan(seed: int) -> Plan:
    """The plan of a seed."""
    chance = random.Random(seed)
    phases = _phases(seed, chance)
    count = len(phases)
    return Plan(
        seed=seed,
        stock=tuple(chance.randint(0, 12) for _ in range(SKUS)),
        receipts=tuple((chance.randrange(count), sku, chance.randint(1, 8)) for sku in range(SKUS)),
        orders=tuple(_order(number, count, chance) for number in range(ORDERS)),
        phases=phases,
    )


def _phases(seed: int, chance: random.Random) -> tuple[tuple[Fault, ...], ...]:
    first = CRASHES_PER_SEED * seed
    crashes = [CRASHES[(first + turn) % len(CRASHES)] for turn in range(CRASHES_PER_SEED)]
    together = tuple(
        Fault("crash", service, point, 1 if point in ONCE else chance.choice((1, 1, 2, 3)))
        for service, point in crashes
    )
    phases = [together] if len({fault.target for fault in together}) == len(together) else [(one,) for one in together]
    for number in range(FAULTS_PER_SEED * seed, FAULTS_PER_SEED * (seed + 1)):
        around, turn = divmod(number, len(KINDS))
        kind = KINDS[turn]
        target = kind.targets[around % len(kind.targets)]
        phases.append((Fault(kind.name, target, seconds=chance.choice(kind.seconds)),))
    chance.shuffle(phases)
    return tuple(phases)


def _order(number: int, phases: int, chance: random.Random) -> OrderPlan:
    life = chance.choice(LIVES)
    at = sorted(chance.randrange(phases) for _ in life)
    steps = (_step(word, phase, chance) for word, phase in zip(life, at, strict=True))
    skus = chance.sample(range(SKUS), k=chance.randint(1, SKUS))
    return OrderPlan(
        number=number,
        channel=("amazon", "ebay", "web", "amazon", "ebay")[number % 5],
        lines=tuple((sku, chance.randint(1, 4)) for sku in skus),
        on_short="cancel" if chance.random() < 0.1 else "wait",
        steps=(Step("place", 0, mail=chance.random() < 0.5), *steps),
    )


LIVES = (
    ("pay", "part", "shipped"),
    ("confirmed", "pay", "shipped", "delivered"),
    ("pay", "shipped", "cancelled"),
    ("cancelled", "processing", "shipped"),
    ("edit", "part", "part", "shipped"),
    ("part", "edit", "shipped", "pay"),
    ("on_hold", "processing", "part", "cancelled"),
    ("shipped", "returned", "refunded"),
    ("confirmed", "edit", "cancelled"),
    ("pay", "ready", "shipped", "completed"),
)


def _step(word: str, phase: int, chance: random.Random) -> Step:
    mail, sms = chance.random() < 0.4, chance.random() < 0.3
    match word:
        case "pay":
            return Step("pay", phase)
        case "edit":
            return Step("edit", phase, quantity=chance.randint(1, 5))
        case "part":
            return Step("move", phase, "partially_shipped", "part", mail=mail)
        case "shipped":
            return Step("move", phase, word, "rest", mail=True, sms=sms)
        case _:
            return Step("move", phase, word, mail=mail)
