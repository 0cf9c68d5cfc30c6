"""Puts stock levels together where a shop has more of them due than its lane takes in a minute."""

from collections.abc import Callable

from services.notifications.commands.bundling import bundle, crowded
from shared.observability import get_logger
from shared.outbox import Outbox

log = get_logger(__name__)


async def bundle_levels(outbox: Outbox, nudge: Callable[[], object]) -> None:
    """One bundle for each such shop; `nudge` wakes the worker for it."""
    async with outbox.db.read() as conn:
        shops = await crowded(conn, outbox.clock())
    for shop in shops:
        async with outbox.transaction(batch=True) as tx:
            count = await bundle(tx, shop)
            tx.after_commit(nudge)
        log.info("levels.bundled", shop=shop, count=count)
