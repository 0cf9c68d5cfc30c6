"""Prints of many documents: asked for, claimed by a worker, advanced, finished, forgotten after a day.

A claim is a lease with a fence, as for a rendering; a print that was cut off begins anew, since it changes nothing.
Neighbour: `services.billing.jobs.printing`, the worker.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from services.billing.queries.printing import Asked
from services.billing.tables import prints
from shared.database import new_id
from shared.outbox import Transaction
from shared.security import Caller

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Names:
    """What is printed: orders by code or id, or documents by id; one of the two."""

    orders: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintClaim:
    """A print that this worker is at."""

    id: str
    shop: str
    fence: int
    asked: Asked
    names: Names


async def begin_print(tx: Transaction, caller: Caller, asked: Asked, names: Names, total: int) -> str:
    """Note that these are to be printed; the id of the print."""
    id_ = new_id()
    row = {
        "id": id_,
        "shop": caller.shop,
        "actor": caller.actor,
        "asked": {"how": asdict(asked), "names": asdict(names)},
        "state": "waiting",
        "done": 0,
        "total": total,
        "created_at": tx.now,
        "fence": 0,
    }
    await tx.execute(insert(prints), [row])
    return id_


async def claim_print(tx: Transaction) -> PrintClaim | None:
    """Take the oldest print that no living worker is at; one that has failed its workers too often is given up."""
    free = or_(prints.c.lease_until.is_(None), prints.c.lease_until <= tx.now)
    statement = select(prints.c.id, prints.c.shop, prints.c.fence, prints.c.asked)
    statement = statement.where(prints.c.finished_at.is_(None), free).order_by(prints.c.created_at).limit(1)
    row = (await tx.execute(statement.with_for_update(skip_locked=True))).one_or_none()
    if row is None:
        return None
    names = {name: tuple(values) for name, values in row.asked["names"].items()}
    claim = PrintClaim(row.id, row.shop, row.fence + 1, Asked(**row.asked["how"]), Names(**names))
    values = {"fence": claim.fence, "state": "running", "done": 0, "lease_until": tx.now + LEASE}
    await tx.execute(update(prints).where(prints.c.id == row.id).values(values))
    if claim.fence > MOST_ATTEMPTS:
        await finish_print(tx, claim, None, f"it was tried {MOST_ATTEMPTS} times in vain")
        return None
    return claim


async def advance_print(tx: Transaction, claim: PrintClaim, done: int) -> bool:
    """Tell how far it is and keep the lease; False where another worker has taken over."""
    return await _write(tx, claim, {"done": done, "lease_until": tx.now + LEASE})


async def finish_print(tx: Transaction, claim: PrintClaim, content: bytes | None, error: str | None = None) -> None:
    """Keep the result, or why there is none."""
    values: dict[str, Any] = {"finished_at": tx.now, "lease_until": None, "error": error}
    if content is None:
        await _write(tx, claim, values | {"state": "failed"})
    else:
        await _write(tx, claim, values | {"state": "done", "done": prints.c.total, "content": content})


async def forget_prints(tx: Transaction) -> int:
    """Delete what was finished more than a day ago; how many."""
    return (await tx.execute(delete(prints).where(prints.c.finished_at <= tx.now - KEPT))).rowcount


async def _write(tx: Transaction, claim: PrintClaim, values: dict[str, Any]) -> bool:
    mine = (prints.c.id == claim.id) & (prints.c.fence == claim.fence) & prints.c.finished_at.is_(None)
    return (await tx.execute(update(prints).where(mine).values(values))).rowcount == 1
