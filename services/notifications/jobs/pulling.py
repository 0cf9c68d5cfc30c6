"""Reads the orders of every shop's marketplaces: a page a call, all accounts beside one another.

One seller's account that does not answer holds up nobody else's. `commands.pulling` writes what came of a call.
"""

import asyncio
import random
from collections.abc import Callable

from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from services.notifications.commands.channel_orders import repeat_orders, warn_of_deadlines
from services.notifications.commands.pulling import Round, claim_pull, due_pulls, record_pull
from services.notifications.domain.channel_orders import Pulled
from services.notifications.domain.results import Result, Trouble, down
from services.notifications.jobs.outlets import Outlets
from services.notifications.marketplaces.amazon import Amazon
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.settings import Settings
from shared.contracts import Outcome
from shared.observability import get_logger, span
from shared.outbox import Outbox

log = get_logger(__name__)

LEASE_USED = 0.8
AT_ONCE = 16
NEWS = Counter("comptoir_channel_orders", "Orders of marketplaces that brought news", ["channel"])


class Puller:
    """The job. `jitter` gives values in [0, 1)."""

    def __init__(
        self, outbox: Outbox, outlets: Outlets, settings: Settings, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._outbox = outbox
        self._outlets = outlets
        self._settings = settings
        self._jitter = jitter

    async def run(self) -> None:
        """Read what is due, say again what may have been lost, warn of what will be late."""
        async with self._outbox.db.read() as conn:
            due = await due_pulls(conn, self._outbox.clock())
        places = asyncio.Semaphore(AT_ONCE)

        async def one(shop: str, channel: str) -> None:
            async with places:
                await self._read(shop, channel)

        failed = await asyncio.gather(*(one(*found) for found in due), return_exceptions=True)
        for (shop, channel), error in zip(due, failed, strict=True):
            if error is not None:
                log.warning("pull.failed", shop=shop, channel=channel, exc_info=error)
        async with self._outbox.transaction(batch=True) as tx:
            await repeat_orders(tx)
        async with self._outbox.transaction(batch=True) as tx:
            await warn_of_deadlines(tx)

    async def _read(self, shop: str, channel: str) -> None:
        """Page after page, as long as the vendor's quota allows."""
        while True:
            async with self._outbox.transaction(batch=True) as tx:
                claimed = await claim_pull(tx, shop, channel, self._settings.lease_seconds)
            if claimed is None:
                return
            came = await self._call(claimed)
            async with self._outbox.transaction(batch=True) as tx:
                NEWS.labels(channel).inc(await record_pull(tx, claimed, came, self._jitter()))
            if isinstance(came, Result):
                log.warning("pull.refused", shop=shop, channel=channel, trouble=came.trouble)

    async def _call(self, claimed: Round) -> Pulled | Result:
        try:
            way = await self._outlets.find(claimed.channel, claimed.shop)
        except Exception as error:
            return down(f"the account could not be read: {type(error).__name__}")
        if not isinstance(way, Amazon | Ebay):
            return Result(Outcome.REJECTED, f"no {claimed.channel} account is set up", trouble=Trouble.REFUSED)
        try:
            async with asyncio.timeout(self._settings.lease_seconds * LEASE_USED):
                with span(f"pull {claimed.channel}", kind=SpanKind.CLIENT):
                    return await way.pull(claimed.window)
        except TimeoutError:
            return down("no end within the lease")
