"""A service with one of its safeguards switched off, so that each oracle can be seen to miss it.

`SABOTAGE=outbox,healing python -m tests.faults.sabotage serve orders` is `python -m services serve orders` without
them. What is switched off is one function each; everything else is the product's own code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

from fastapi import Request
from sqlalchemy import insert, text

from services.__main__ import main
from shared import batch
from shared.batch import Consumer
from shared.batch.guards import Guard, lock_keys
from shared.outbox import Outbox, Transaction
from shared.runtime import Service
from shared.security import Caller
from shared.web import idempotency as keeping


def outbox() -> None:
    """Messages are published after the commit as ever, but nothing remembers them."""
    write_out = Transaction.write_out

    async def forget(tx: Transaction) -> Any:
        rows = await write_out(tx)
        await tx.execute(text("DELETE FROM outbox"))
        return rows

    _replace(Transaction, "write_out", forget)


def healing() -> None:
    """Orders never says anything again to a service that lags."""

    async def nothing(*_: object) -> int:
        return 0

    _replace(import_module("services.orders.jobs").LagSweep, "run", nothing)
    _replace(import_module("services.orders.handlers"), "resend_lacking", nothing)


def guard() -> None:
    """Every message counts as new, whatever was applied before."""

    async def unguarded(tx: Any, message: str, keys: Iterable[str]) -> dict[str, Guard]:
        return {key: Guard(0, held.parked) for key, held in (await lock_keys(tx, message, keys)).items()}

    _replace(batch, "lock_keys", unguarded)


def idempotency() -> None:
    """A request that comes twice is done twice."""

    async def every_time(
        _request: Request, out: Outbox, _caller: Caller, command: Callable[[Transaction], Awaitable[Any]]
    ) -> Any:
        async with out.transaction() as tx:
            return await command(tx)

    for name, module in list(sys.modules.items()):
        if name.startswith("services.") and getattr(module, "once", None) is keeping.once:
            _replace(module, "once", every_time)


def obligations() -> None:
    """An effect has no key: each version of an order asks for it anew."""
    converging = import_module("services.notifications.commands.converge")
    compare = converging.compare
    _replace(converging, "compare", lambda order, wants, _written: compare(order, wants, ()))
    _replace(converging, "upsert", lambda _conn, table, **_: insert(table))
    _without("obligations", "uq_obligations_key")


def invoices() -> None:
    """A document has no key: each version of an order is invoiced anew."""
    converging = import_module("services.billing.commands.converge")
    due = converging.due
    _replace(converging, "due", lambda order, policy, paid, _issued, new_id: due(order, policy, paid, (), new_id))
    _without("documents", "uq_documents_generation")
    _replace(import_module("services.billing.commands.issue"), "_mark_live", _do_nothing)


def parking() -> None:
    """What cannot be read is thrown away."""
    _replace(Consumer, "_park_broken", _do_nothing)


async def _do_nothing(*_: object) -> None:
    return None


SWITCHES = {
    function.__name__: function for function in (outbox, healing, guard, idempotency, obligations, invoices, parking)
}


def _replace(owner: Any, name: str, value: Any) -> None:
    """Put something in the place of a thing that must be there."""
    assert hasattr(owner, name), f"{owner} has no {name} to switch off"
    setattr(owner, name, value)


def _without(table: str, constraint: str) -> None:
    """Take a constraint out of the database when the service starts."""
    prepare = Service.prepare

    async def prepared(service: Service) -> None:
        await prepare(service)
        async with service.db.write() as conn:
            await conn.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}"))

    _replace(Service, "prepare", prepared)


def run(arguments: Sequence[str]) -> int:
    """Switch off what the environment names, then run the service."""
    import_module(f"services.{arguments[1]}.wiring")
    for name in os.environ["SABOTAGE"].split(","):
        SWITCHES[name]()
    return main(list(arguments))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
