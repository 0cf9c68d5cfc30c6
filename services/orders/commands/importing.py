"""Imports of files over the API: received piece by piece, then worked through in batches, each in one transaction.

What is done stands in the import's row and changes with the orders themselves, so an import that was cut off goes on
where it stopped, and two workers can never both do a batch: `done` is the fence. Neighbours: `files` (what the file
says), `placing` (the orders), `jobs` (who works).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from services.orders.commands.entries import Actor
from services.orders.commands.foreseeing import foresee
from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import Placed, Refusals, checked_order, place_many
from services.orders.queries.imports import OPEN, Import, find_import, next_import
from services.orders.tables import import_parts, import_rejects, imports
from services.orders.tables.imports import COUNTS
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.problems import Problem
from shared.security import Caller

LEASE = timedelta(seconds=30)
"""How long a worker may be silent."""
ABANDONED = timedelta(hours=1)
"""After which a file that did not arrive whole is forgotten."""
ERRORS_SHOWN = 3


class ImportFinished(Problem):
    """It is over: nothing is left to cancel."""

    slug = "import-finished"
    title = "The import is finished"


class Superseded(Exception):
    """The import was cancelled, or another worker has gone on with it."""


class Reject(NamedTuple):
    """A row that was not taken, with its cells in the order of the file's columns."""

    line: int
    reason: str
    cells: list[str]


@dataclass(frozen=True)
class Waiting:
    """An order of the file: its body, or why there is none, and its rows for the rejects."""

    number: str
    body: dict[str, Any] | str
    rows: Sequence[Reject] = field(default=())


async def receive(tx: Transaction, caller: Caller, *, file: str, form: str, mapping: str, dry_run: bool) -> Import:
    """A new import, whose pieces come next."""
    counts = dict.fromkeys(COUNTS, 0)
    found = Import(
        id=new_id(), shop=caller.shop, actor=caller.actor, file=file, format=form, mapping=mapping, dry_run=dry_run,
        state="receiving", size=0, columns=[], statuses={}, error=None, created_at=tx.now, finished_at=None,
        leased_until=None, **counts,
    )  # fmt: skip
    await tx.execute(insert(imports).values({name: getattr(found, name) for name in Import.__slots__}))
    return found


async def add_part(tx: Transaction, id_: str, number: int, body: bytes) -> None:
    """A piece of the file."""
    await tx.execute(insert(import_parts).values(import_id=id_, number=number, body=body))


async def begin(tx: Transaction, id_: str, size: int) -> None:
    """The file is whole: whoever works may begin."""
    await tx.execute(update(imports).where(imports.c.id == id_).values(state="waiting", size=size))


async def cancel(tx: Transaction, shop: str, id_: str) -> Import:
    """Stop an import; the orders that were made stay. Raises `NotFound`, `ImportFinished`."""
    found = await find_import(tx.conn, shop, id_, lock=True)
    if found.state not in OPEN:
        raise ImportFinished(f"The import is {found.state}.", state=found.state)
    await finish(tx, found, "cancelled")
    return await find_import(tx.conn, shop, id_)


async def claim(tx: Transaction) -> Import | None:
    """The next import to work on, for `LEASE`; forgets files that never arrived whole."""
    abandoned = imports.c.id.in_(_abandoned(tx))
    await tx.execute(delete(import_parts).where(import_parts.c.import_id.in_(_abandoned(tx))))
    await tx.execute(delete(imports).where(abandoned))
    found = await next_import(tx.conn, tx.now)
    if found is not None:
        values = {"state": "running", "leased_until": tx.now + LEASE}
        await tx.execute(update(imports).where(imports.c.id == found.id).values(values))
    return found


async def note_file(
    tx: Transaction, found: Import, counts: dict[str, int], columns: list[str], statuses: dict[str, int]
) -> None:
    """What the file holds: `rows`, `orders`, `skipped`, and orders by status. Raises `Superseded`."""
    await _go_on(tx, found.id, found.done, {"columns": columns, "statuses": statuses, **counts})


async def keep_lease(tx: Transaction, found: Import) -> None:
    """The file is still being read. Raises `Superseded`."""
    await _go_on(tx, found.id, found.done, {})


async def reject(tx: Transaction, found: Import, rejects: Sequence[Reject]) -> None:
    """Rows that are no orders' (again, when the file is read again after a restart)."""
    rows = [{"import_id": found.id, **entry._asdict()} for entry in rejects]
    if rows:
        await tx.execute(upsert(tx.conn, import_rejects, keys=["import_id", "line"]), rows)


async def place_batch(tx: Transaction, found: Import, done: int, batch: Sequence[Waiting]) -> None:
    """Place the next orders of the file, of which `done` were dealt with before. Raises `Superseded`, or what placing
    raises for one of them.
    """
    refused: list[tuple[Waiting, str]] = []
    valid: list[tuple[Waiting, PlaceOrder]] = []
    for waiting in batch:
        checked = waiting.body if isinstance(waiting.body, str) else checked_order(waiting.body)
        if isinstance(checked, PlaceOrder):
            valid.append((waiting, checked))
        else:
            refused.append((waiting, checked if isinstance(checked, str) else _reason(checked)))
    is_known: list[bool] = []
    for (waiting, _), result in zip(valid, await _place(tx, found, [order for _, order in valid]), strict=True):
        if isinstance(result, Placed):
            is_known.append(result.is_known)
        else:
            refused.append((waiting, _reason(result)))
    await _count(tx, found, done, len(batch), is_known, refused)


async def refuse(tx: Transaction, found: Import, done: int, waiting: Waiting, reason: str) -> None:
    """The next order of the file cannot be placed. Raises `Superseded`."""
    await _count(tx, found, done, 1, [], [(waiting, reason)])


async def finish(tx: Transaction, found: Import, state: str, error: str | None = None) -> None:
    """It is over; the file is not kept."""
    values = {"state": state, "error": error, "finished_at": tx.now, "leased_until": None}
    running = update(imports).where(imports.c.id == found.id, imports.c.state.in_(OPEN))
    if (await tx.execute(running.values(values))).rowcount:
        await tx.execute(delete(import_parts).where(import_parts.c.import_id == found.id))


async def _place(tx: Transaction, found: Import, valid: list[PlaceOrder]) -> Sequence[Placed | Refusals]:
    """What became of each order; a dry run only looks."""
    if found.dry_run:
        return await foresee(tx.conn, found.shop, valid, tx.now)
    return await place_many(tx, found.shop, valid, Actor(found.actor)) if valid else []


async def _count(
    tx: Transaction, found: Import, done: int, size: int, is_known: list[bool], refused: list[tuple[Waiting, str]]
) -> None:
    rejects = [row._replace(reason=reason) for waiting, reason in refused for row in waiting.rows]
    counts = {
        "done": imports.c.done + size,
        "created": imports.c.created + is_known.count(False),
        "known": imports.c.known + is_known.count(True),
        "refused": imports.c.refused + len(refused),
        "rejected": imports.c.rejected + len(rejects),
    }
    await _go_on(tx, found.id, done, counts)
    await reject(tx, found, rejects)


async def _go_on(tx: Transaction, id_: str, done: int, values: dict[str, Any]) -> None:
    """Change the row of an import that is still running, and of which so many orders were done; keeps the lease."""
    mine = (imports.c.id == id_) & (imports.c.state == "running") & (imports.c.done == done)
    changed = await tx.execute(update(imports).where(mine).values(values | {"leased_until": tx.now + LEASE}))
    if changed.rowcount == 0:
        raise Superseded(id_)


def _abandoned(tx: Transaction) -> Any:
    return select(imports.c.id).where(imports.c.state == "receiving", imports.c.created_at < tx.now - ABANDONED)


def _reason(errors: Sequence[dict[str, str]]) -> str:
    return "refused: " + "; ".join(f"{error['field']}: {error['detail']}" for error in errors[:ERRORS_SHOWN])
