"""What each service says of an order, and what keeps an order from being settled.

An order is settled when every service has heard its version, notifications has heard the account's, and nothing is
open or blocked. `commands.hearing` writes these rows, `jobs` re-sends by them, `comptoir doctor` shows them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import hearings
from shared.contracts import Reservation
from shared.database import among

INVENTORY = "inventory"
BILLING = "billing"
NOTIFICATIONS = "notifications"
SERVICES = (INVENTORY, BILLING, NOTIFICATIONS)


@dataclass(frozen=True, slots=True)
class HearingRecord:
    """A service's newest answer about one order, without its body."""

    version: int = 0
    heard: int = 0
    open: int = 0
    blocked: str | None = None
    heard_account: int = 0
    answered_at: datetime | None = None
    resent_at: datetime | None = None
    resends: int = 0


Hearings = Mapping[str, HearingRecord]
"""By service; a service that never answered is absent."""

NEVER = HearingRecord()
_COLUMNS = [hearings.c[name] for name in HearingRecord.__slots__]


_of_orders = select(hearings.c.order_id, hearings.c.service, *_COLUMNS).where(among(hearings.c.order_id, "ids"))
_bodies = select(hearings.c.service, hearings.c.body).where(
    hearings.c.order_id == bindparam("id"), hearings.c.body.is_not(None)
)
_reservations = select(hearings.c.order_id, hearings.c.body).where(
    among(hearings.c.order_id, "ids"), hearings.c.service == INVENTORY, hearings.c.body.is_not(None)
)


async def find_hearings(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, dict[str, HearingRecord]]:
    """What has been heard of these orders, by order and service."""
    found: dict[str, dict[str, HearingRecord]] = {id_: {} for id_ in ids}
    for row in await conn.execute(_of_orders, {"ids": list(found)}):
        found[row.order_id][row.service] = HearingRecord(*row[2:])
    return found


async def find_bodies(conn: AsyncConnection, id_: str) -> dict[str, str]:
    """The answers themselves (JSON), by service."""
    return {row.service: row.body for row in await conn.execute(_bodies, {"id": id_})}


async def find_reservations(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, Reservation]:
    """Inventory's answers about these orders."""
    rows = await conn.execute(_reservations, {"ids": list(ids)})
    return {row.order_id: Reservation.decode(row.body) for row in rows}


def heard_by_all(heard: Hearings) -> int:
    """The newest version that every service has heard."""
    return min(heard.get(service, NEVER).heard for service in SERVICES)


def is_settled(version: int, heard: Hearings) -> bool:
    """Whether nothing is left to do for this version of the order."""
    return not any(reasons_unsettled(version, heard).values())


def reasons_unsettled(version: int, heard: Hearings) -> dict[str, list[str]]:
    """By service, what it still owes: `not heard`, `open`, `blocked`, `account not heard`."""
    reasons = {service: _reasons(version, heard.get(service, NEVER)) for service in SERVICES}
    account = heard.get(BILLING, NEVER).version
    if heard.get(NOTIFICATIONS, NEVER).heard_account < account:
        reasons[NOTIFICATIONS].append(f"has not heard version {account} of the account")
    return reasons


def lagging(version: int, heard: Hearings) -> list[str]:
    """To whom the order is to be said again: whoever owes something of its own; for a lost account, billing.

    Billing's equal answer publishes the account once more.
    """
    found = {service for service in SERVICES if _reasons(version, heard.get(service, NEVER))}
    if heard.get(NOTIFICATIONS, NEVER).heard_account < heard.get(BILLING, NEVER).version:
        found.add(BILLING)
    return sorted(found)


def _reasons(version: int, hearing: HearingRecord) -> list[str]:
    reasons = []
    if hearing.heard < version:
        reasons.append(f"has heard version {hearing.heard} of {version}")
    if hearing.open:
        reasons.append(f"has {hearing.open} open")
    if hearing.blocked:
        reasons.append(f"is blocked: {hearing.blocked}")
    return reasons


def as_row(order: str, service: str, hearing: HearingRecord) -> dict[str, Any]:
    """The columns of a hearing, without its body."""
    values = {name: getattr(hearing, name) for name in HearingRecord.__slots__}
    return {"order_id": order, "service": service, **values}
