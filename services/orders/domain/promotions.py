"""What a promotion takes off an order, and how it falls on the lines.

A promotion lowers the *stated* amounts: gross where prices include tax, else net. It is divided over the lines it is
about by largest remainder, so the tax of every rate is computed on what is left of that rate, and lines, rates and
totals still agree to the minor unit. Several promotions follow one another, each on what the earlier ones left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.orders.domain.types import StatusType
from shared.money import apportion, percentage, to_minor

USES_NOTHING = frozenset({StatusType.DRAFT, StatusType.CANCELLED})
"""Types of orders that hold no use of their promotions. Placed or revived, an order holds it (again), and is never
refused for it: a promotion may then be used more often than its limit says, which only the next order is held to."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a promotion takes off: `value` percent, or an amount in the order's currency.

    `skus` narrows it to some articles (empty: the whole order); `minimum` is what these must come to, in minor units.
    """

    kind: str
    value: Decimal
    skus: frozenset[str] = frozenset()
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A line before this promotion: `stated` as quantity times price gives it, `left` after earlier promotions."""

    sku: str
    stated: int
    left: int


def shares(rule: Rule, lines: Mapping[int, Priced], currency: str) -> dict[int, int]:
    """What each line loses, in minor units; nothing where the minimum is not reached. Never more than is left."""
    concerned = {id_: line for id_, line in lines.items() if not rule.skus or line.sku in rule.skus}
    if not reached(rule, lines):
        return {}
    base = sum(line.left for line in concerned.values())
    off = percentage(base, rule.value) if rule.kind == "percent" else min(base, to_minor(rule.value, currency))
    if not off:
        return {}
    parts = apportion(off, [line.left for line in concerned.values()])
    return {id_: part for id_, part in zip(concerned, parts, strict=True) if part}


def reached(rule: Rule, lines: Mapping[int, Priced]) -> bool:
    """Whether the order holds what the promotion is about, and enough of it."""
    worth = [line.stated for line in lines.values() if not rule.skus or line.sku in rule.skus]
    return bool(worth) and (rule.minimum is None or sum(worth) >= rule.minimum)
