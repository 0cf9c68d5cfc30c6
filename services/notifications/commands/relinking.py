"""Mails and SMS that have not left yet keep their words, but for a link to the history that no longer opens.

A mail may wait for hours. Its order may be hidden from its client meanwhile, or have got another link.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, select, update

from services.notifications.domain.wanted import link_now
from services.notifications.tables import obligations
from shared.contracts import Order
from shared.database import Json, among
from shared.outbox import Transaction

_put = (
    update(obligations).where(obligations.c.id == bindparam("row")).values(payload=bindparam("contents", type_=Json()))
)


async def relink(tx: Transaction, waiting: Mapping[str, Order]) -> None:
    """Bring the links of these obligations to what their orders say."""
    if not waiting:
        return
    changed = []
    statement = select(obligations.c.id, obligations.c.payload).where(among(obligations.c.id, waiting))
    for row in await tx.execute(statement):
        words = (row.payload or {}).get("words", {})
        before = words.get("history_url", "")
        if (now := link_now(before, waiting[row.id])) != before:
            changed.append({"row": row.id, "contents": row.payload | {"words": words | {"history_url": now}}})
    if changed:
        await tx.execute(_put, changed)
