"""What is asked of a million orders: every filter with a common and a rare value, sorts, deep pages, every search.

A case gives many different URLs of its kind, so that no answer is measured twice from the same warm pages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is there to be found: some orders as the API shows them."""

    orders: list[Mapping[str, Any]]


Case = Callable[[Random, Sample], Query]


def _fixed(**query: Any) -> Case:
    return lambda _dice, _sample: query


def _one(path: str, name: str = "q", cut: int | None = None) -> Case:
    """A value of some order, or its first `cut` characters."""

    def case(dice: Random, sample: Sample) -> Query:
        value: Any = dice.choice([order for order in sample.orders if _at(order, path)])
        return {name: _at(value, path)[:cut]}

    return case


def _at(document: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(document, list):
            document = document[int(step)] if document else None
        else:
            document = document and document[step]
    return document


def _deep(sort: str) -> Case:
    """A page behind any order; the bench makes the key."""
    return lambda dice, sample: {"sort": sort, "behind": dice.choice(sample.orders)}


def _days(dice: Random, _sample: Sample) -> Query:
    month = dice.randrange(1, 13)
    return {"placed_from": f"2025-{month:02}-01", "placed_to": f"2025-{month:02}-28", "status": "completed"}


CASES: dict[str, Case] = {
    "newest": _fixed(),
    "deep page by -placed_at": _deep("-placed_at"),
    "deep page by total": _deep("total"),
    **{f"sort {name}": _fixed(sort=name) for name in ("-total", "-updated", "code")},
    **{
        f"{name} {value}": _fixed(**{name: value})
        for name, values in {
            "status": ("completed", "on_hold"),
            "type": ("shipped", "refunded"),
            "channel": ("web", "manual"),
            "payment": ("paid", "failed"),
            "stock": ("committed", "short"),
            "invoice": ("issued", "imported"),
            "language": ("fr", "de"),
            "country": ("FR", "PT"),
            "currency": ("EUR", "CHF"),
            "carrier": ("Colissimo", "Coursier"),
            "settled": ("true", "false"),
            "test": ("false", "true"),
        }.items()
        for value in values
    },
    "status of several": _fixed(status=["received", "processing", "ready"]),
    "rare, by total": _fixed(payment="failed", sort="-total"),
    "two that never meet": _fixed(status="cancelled", stock="reserved"),
    "two that seldom meet": _fixed(status="delivered", payment="authorised", channel="manual"),
    "amounts": _fixed(total_min="20", total_max="21"),
    "high amounts": _fixed(total_min="600"),
    "a month's completed": _days,
    "updated since": _fixed(updated_since="2026-05-30T00:00:00Z"),
    "code": _one("code", "code"),
    "email": _one("customer.email", "email"),
    "client, a name": _one("customer.name", "client"),
    "external id": _one("external_id", "external_id"),
    "tracking number": _one("parcels.0.tracking_number", "tracking"),
    "SKU, common": _fixed(sku="SKU-1"),
    "SKU": _one("lines.0.sku", "sku"),
    "q: code": _one("code"),
    "q: beginning of a code": _one("code", cut=6),
    "q: name": _one("customer.name"),
    "q: beginning of a name": _one("customer.name", cut=7),
    "q: one letter": _fixed(q="f"),
    "q: e-mail": _one("customer.email"),
    "q: beginning of an e-mail": _one("customer.email", cut=12),
    "q: external id": _one("external_id"),
    "q: tracking number": _one("parcels.0.tracking_number"),
    "q: SKU": _one("lines.0.sku"),
    "q: nothing there": _fixed(q="zzzz"),
    "q: name, and a rare status": lambda dice, sample: {
        **_one("customer.name", cut=7)(dice, sample),
        "status": "on_hold",
    },
}
