"""What billing does on a timer or a nudge: typeset documents, deal with orders heard before their shop, close days.

All take no input and are idempotent: what there is to do stands in the tables, so a crash or a second replica costs
nothing but a repetition. Typesetting runs on a thread of its own (typst leaves Python's lock alone meanwhile), one at a
time: a second one gains nothing, since typst shares its caches between them. Neighbour: `payments` (calls to payment
providers).
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import perf_counter
from typing import Any

from prometheus_client import Counter, Histogram

from services.billing.commands.closing import MOST_DAYS, close_days
from services.billing.commands.rendering import Claim, Rendered, claim_due, keep
from services.billing.commands.typesetting import typeset
from services.billing.commands.waiting import converge_waiting
from services.billing.queries.closings import list_sellers
from services.billing.settings import Settings
from shared.crashpoints import crash_point
from shared.observability import span
from shared.outbox import Outbox

PAGE = 50

RENDERED = Counter("comptoir_documents_rendered", "Documents by what came of their rendering", ["outcome"])
SECONDS = Histogram("comptoir_document_render_seconds", "Time to typeset a document")


class Renderer:
    """Turns snapshots into PDFs until none is due."""

    def __init__(
        self, outbox: Outbox, settings: Settings, typeset: Callable[[Mapping[str, Any]], bytes] = typeset
    ) -> None:
        self._outbox = outbox
        self._typeset = typeset
        self._batch = settings.render_batch
        self._lease = timedelta(seconds=settings.render_lease_seconds)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="typst")

    async def run(self) -> None:
        """A batch a turn: claim, typeset, keep."""
        while claims := await self._claim():
            crash_point("billing.claimed")
            results = [await self._render(claim) for claim in claims]
            crash_point("billing.rendered")
            async with self._outbox.transaction(batch=True) as tx:
                await keep(tx, results)

    async def _claim(self) -> list[Claim]:
        async with self._outbox.transaction(batch=True) as tx:
            return await claim_due(tx, self._batch, self._lease)

    async def _render(self, claim: Claim) -> Rendered:
        with span("render document", parent=claim.traceparent, document=claim.document_id, attempt=claim.attempt):
            started = perf_counter()
            try:
                content = await asyncio.get_running_loop().run_in_executor(self._thread, self._typeset, claim.snapshot)
            except Exception as error:
                RENDERED.labels("failed").inc()
                return Rendered(claim, None, f"{type(error).__name__}: {error}"[:2000])
            SECONDS.observe(perf_counter() - started)
            RENDERED.labels("done").inc()
            return Rendered(claim, content)


async def converge_waiting_orders(outbox: Outbox) -> None:
    """Orders whose shop has been heard of since, a page a transaction."""
    dealt_with = PAGE
    while dealt_with == PAGE:
        async with outbox.transaction(batch=True) as tx:
            dealt_with = await converge_waiting(tx, PAGE)


async def close_past_days(outbox: Outbox) -> None:
    """Days, months and years that are over, seller by seller."""
    async with outbox.db.read() as conn:
        known = await list_sellers(conn)
    for seller in known:
        closed = MOST_DAYS
        while closed == MOST_DAYS:
            async with outbox.transaction(batch=True) as tx:
                closed = await close_days(tx, seller)
