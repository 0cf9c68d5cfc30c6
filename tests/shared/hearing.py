"""What the tests of hearing share: a consumer of orders with a weakness, and looks at what came of its messages."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import select

from shared.batch import Consumer, guards, parked
from shared.contracts import Account, Order
from shared.database import Database
from shared.outbox import Outbox, Transaction
from shared.outbox.tables import answers
from tests.shared.model import applied, converge

POISON = 666
"""An order of this amount makes `converge` fail, whatever is tried."""


async def picky(tx: Transaction, orders: Sequence[Order]) -> None:
    if any(heard.totals.gross == POISON for heard in orders):
        raise ValueError("Ada <ada@example.invalid> cannot be applied\nand so on")
    await converge(tx, orders)


def hearing(outbox: Outbox, **options: object) -> Consumer[Order, Transaction]:
    options = {"again": Outbox.again(Account), **options}
    return Consumer(Order, outbox.transaction, picky, **options)  # type: ignore[arg-type]


async def hear(consumer: Consumer[Order, Transaction], *messages: Order | bytes) -> None:
    """Submit them all at once, in this order, and return when all are dealt with."""
    bodies = [message if isinstance(message, bytes) else message.encode() for message in messages]
    async with asyncio.timeout(60):
        await asyncio.gather(*map(consumer.submit, bodies))


async def times_applied(db: Database, id: str) -> int:
    async with db.read() as conn:
        return int((await conn.execute(select(applied.c.times).where(applied.c.id == id))).scalar_one())


async def answer_version(db: Database, id: str) -> int:
    async with db.read() as conn:
        return int((await conn.execute(select(answers.c.version).where(answers.c.id == id))).scalar_one())


async def aside(db: Database) -> dict[str, tuple[int, str]]:
    """What is parked: key -> (version, reason)."""
    async with db.read() as conn:
        return {row.key: (row.version, row.reason) for row in await conn.execute(select(parked))}


async def guard(db: Database, id: str) -> tuple[int, bool] | None:
    async with db.read() as conn:
        row = (await conn.execute(select(guards.c.version, guards.c.parked).where(guards.c.key == id))).one_or_none()
        return None if row is None else (row.version, row.parked)
