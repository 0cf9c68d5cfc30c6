"""Keeping what was changed of a shop's configuration, and by whom, in the transaction that changed it.

A change is seen by comparing the configuration before and after, so the commands themselves know nothing of the log,
and what changes nothing (a dry run, the same once more) leaves no trace. `queries.shop_log` reads it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.statuses import lock_statuses
from services.orders.domain.differences import differences
from services.orders.queries.configuration import (
    checkout_now,
    customers_now,
    groups_now,
    keys_now,
    promotions_now,
    shop_now,
    statuses_now,
)
from services.orders.tables import shop_log
from shared.database import new_id
from shared.outbox import Transaction

HOUSE = "orders"
"""Who acts where nobody asked: the first start."""


class Subject(StrEnum):
    """What of a shop is configured."""

    SHOP = "shop"
    KEYS = "keys"
    STATUSES = "statuses"
    CHECKOUT = "checkout"
    PROMOTIONS = "promotions"
    GROUPS = "groups"
    CUSTOMERS = "customers"


Configuration = Mapping[str, Mapping[str, Any]]
"""What there is of a subject, by name."""

_READ: dict[Subject, Callable[[AsyncConnection, str], Awaitable[Configuration]]] = {
    Subject.SHOP: shop_now,
    Subject.KEYS: keys_now,
    Subject.STATUSES: statuses_now,
    Subject.CHECKOUT: checkout_now,
    Subject.PROMOTIONS: promotions_now,
    Subject.GROUPS: groups_now,
    Subject.CUSTOMERS: customers_now,
}


@asynccontextmanager
async def logged(tx: Transaction, shop: str, actor: str, *subjects: Subject) -> AsyncIterator[None]:
    """Log what the block changes of these subjects; one change of a shop at a time."""
    await lock_statuses(tx, shop)
    before = [await _READ[subject](tx.conn, shop) for subject in subjects]
    yield
    for subject, was in zip(subjects, before, strict=True):
        await _log(tx, shop, actor, subject, was, await _READ[subject](tx.conn, shop))


async def _log(
    tx: Transaction, shop: str, actor: str, subject: Subject, before: Configuration, after: Configuration
) -> None:
    """One row; of what came or went the name says enough."""
    stayed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    told = {
        "created": sorted(after.keys() - before.keys()),
        "changed": sorted(stayed),
        "removed": sorted(before.keys() - after.keys()),
    }
    text = ", ".join(f"{verb} {name}" for verb, names in told.items() for name in names)
    if text:
        changes = differences(_only(before, stayed), _only(after, stayed))
        row = {"id": new_id(), "shop": shop, "at": tx.now, "kind": subject, "actor": actor}
        await tx.execute(shop_log.insert(), [row | {"text": f"{subject}: {text}", "changes": changes}])


def _only(found: Configuration, names: set[str]) -> dict[str, Mapping[str, Any]]:
    return {name: found[name] for name in names}
