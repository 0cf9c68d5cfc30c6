"""Attempts to pay and refunds by providers, as the commands and the pages read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.charging import ChargeState
from services.billing.tables import charges, refunds
from shared.database import among
from shared.money import from_minor


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt of a client to pay; `captured` is what of it is booked."""

    id: str
    shop: str
    order_id: str
    method: str
    account: str | None
    capture_later: bool
    amount: int
    currency: str
    language: str
    return_to: str
    state: ChargeState
    session: str | None
    intent: str | None
    url: str | None
    expires_at: datetime | None
    captured: int
    dispute: str | None
    reason: str | None
    created_at: datetime


async def charges_of(conn: AsyncConnection, orders: Sequence[str]) -> list[Charge]:
    """The attempts at these orders, oldest first."""
    own = among(charges.c.order_id, orders)
    return [_charge(row) for row in await conn.execute(select(charges).where(own).order_by(charges.c.id))]


async def charges_by_id(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Charge]:
    rows = await conn.execute(select(charges).where(among(charges.c.id, ids)))
    return {row.id: _charge(row) for row in rows}


async def find_charge(conn: AsyncConnection, charge_id: str) -> Charge | None:
    row = (await conn.execute(select(charges).where(charges.c.id == charge_id))).one_or_none()
    return None if row is None else _charge(row)


async def charge_named(conn: AsyncConnection, account: str, names: Sequence[str]) -> Charge | None:
    """The attempt that an account's event is about: by our id, its session or its payment."""
    named = among(charges.c.id, names) | among(charges.c.session, names) | among(charges.c.intent, names)
    statement = select(charges).where(charges.c.account == account, named).order_by(charges.c.id).limit(1)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _charge(row)


async def refunds_of(conn: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    """The refunds that providers made or are to make of an order, oldest first."""
    own = refunds.c.order_id == order_id
    return (await conn.execute(select(refunds).where(own).order_by(refunds.c.number))).all()


def charge_view(charge: Charge) -> dict[str, Any]:
    """As the API shows an attempt."""
    return {
        "id": charge.id,
        "method": charge.method,
        "account": charge.account,
        "state": str(charge.state),
        "amount": str(from_minor(charge.amount, charge.currency)),
        "captured": str(from_minor(charge.captured, charge.currency)),
        "currency": charge.currency,
        "payment": charge.intent,
        "dispute": charge.dispute,
        "reason": charge.reason,
        "expires_at": charge.expires_at.isoformat() if charge.expires_at else None,
        "at": charge.created_at.isoformat(),
    }


def refund_view(row: Any) -> dict[str, Any]:
    """As the API shows a provider's refund; `state` due, retry, unknown, done or rejected."""
    return {
        "id": row.id,
        "number": row.number,
        "amount": str(from_minor(row.amount, row.currency)),
        "currency": row.currency,
        "charge": row.charge_id,
        "credit_note": row.document_id,
        "state": row.state,
        "reference": row.reference,
        "reason": row.reason,
        "actor": row.actor,
        "at": row.created_at.isoformat(),
    }


def _charge(row: Any) -> Charge:
    values = {name: getattr(row, name) for name in Charge.__slots__}
    return Charge(**values | {"state": ChargeState(row.state)})
