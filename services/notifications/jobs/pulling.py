"""Reads the orders of every shop's marketplaces: a page a call, all accounts beside one another.

One seller's account that does not answer holds up nobody else's. `commands.pulling` writes what came of a call.
"""

import asyncio
import random
from collections.abc import Callable

from opentelemetry.trace import SpanKind
from prometheus_client import Counter

from services.notifications.commands.channel_orders import anything_due, repeat_orders, warn_of_deadlines
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
    """The job: sees that whatever is due is being read, and waits for none of it. `jitter` gives values in [0, 1)."""

    def __init__(
        self, outbox: Outbox, outlets: Outlets, settings: Settings, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._outbox = outbox
        self._outlets = outlets
        self._settings = settings
        self._jitter = jitter
        self._places = asyncio.Semaphore(AT_ONCE)
        self._reading: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Begin to read what is due, say again what may have been lost, warn of what will be late."""
        now = self._outbox.clock()
        async with self._outbox.db.read() as conn:
            due = await due_pulls(conn, now)
            news = await anything_due(conn, now)
        for key in due:
            running = self._reading.get(key)
            if running is None or running.done():
                task = asyncio.create_task(self._read(*key), name=f"pull-{key[1]}-{key[0]}")
                task.add_done_callback(_complain)
                self._reading[key] = task
        if news:
            async with self._outbox.transaction(batch=True) as tx:
                await repeat_orders(tx)
                await warn_of_deadlines(tx)

    async def idle(self) -> None:
        """Wait until everything that was being read is."""
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def stop(self) -> None:
        """Read no more; a page that was being read is read again, by whoever comes."""
        for task in self._reading.values():
            task.cancel()
        await self.idle()

    async def _read(self, shop: str, channel: str) -> None:
        """Page after page, as long as the vendor's quota allows."""
        async with self._places:
            while await self._page(shop, channel):
                pass

    async def _page(self, shop: str, channel: str) -> bool:
        """Read a page; whether there was one to read."""
        async with self._outbox.transaction(batch=True) as tx:
            claimed = await claim_pull(tx, shop, channel, self._settings.lease_seconds)
        if claimed is None:
            return False
        came = await self._call(claimed)
        async with self._outbox.transaction(batch=True) as tx:
            NEWS.labels(channel).inc(await record_pull(tx, claimed, came, self._jitter()))
        if isinstance(came, Result):
            log.warning("pull.refused", shop=shop, channel=channel, trouble=came.trouble)
        return True

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


def _complain(task: asyncio.Task[None]) -> None:
    """A reading that broke is begun again once its lease is over."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("pull.failed", task=task.get_name(), exc_info=error)
