"""What billing does on a timer or a nudge: typeset, print many, deal with orders heard before their shop, close days.

All take no input and are idempotent: what there is to do stands in the tables, so a crash or a second replica costs
nothing but a repetition. The typesetting itself happens beside the event loop (`documents.typesetters`). Neighbours:
`printing` (many at once), `payments` (calls to payment providers).
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter

from prometheus_client import Counter, Histogram

from services.billing.commands.closing import MOST_DAYS, close_days
from services.billing.commands.rendering import Claim, Rendered, claim_due, keep
from services.billing.commands.waiting import converge_waiting
from services.billing.documents.store import Store, StoreFailed
from services.billing.documents.typesetters import Typesetters
from services.billing.queries.closings import list_sellers
from services.billing.settings import Settings
from shared.crashpoints import crash_point
from shared.observability import span
from shared.outbox import Outbox

PAGE = 50

RENDERED = Counter("comptoir_documents_rendered", "Documents by what came of their rendering", ["outcome"])
SECONDS = Histogram("comptoir_document_render_seconds", "Time to typeset the documents that a worker took at once")


class Renderer:
    """Turns snapshots into PDFs until none is due; `store` is where the bytes go, None for the database."""

    def __init__(
        self, outbox: Outbox, settings: Settings, typesetters: Typesetters, store: Store | None = None
    ) -> None:
        self._outbox = outbox
        self._typesetters = typesetters
        self._store = store
        self._batch = settings.render_batch
        self._lease = timedelta(seconds=settings.render_lease_seconds)

    async def run(self) -> None:
        """A batch a turn: claim, typeset, keep."""
        while claims := await self._claim():
            await self._render(claims)

    async def now(self, document_id: str) -> None:
        """Typeset this one, unless it is done or another worker has it."""
        if claims := await self._claim(document_id):
            await self._render(claims)

    async def _claim(self, only: str | None = None) -> list[Claim]:
        async with self._outbox.transaction(batch=only is None) as tx:
            return await claim_due(tx, self._batch, self._lease, only=only)

    async def _render(self, claims: Sequence[Claim]) -> None:
        crash_point("billing.claimed")
        started = perf_counter()
        found = await self._typesetters.all([claim.job for claim in claims])
        SECONDS.observe(perf_counter() - started)
        results = await asyncio.gather(*map(self._stored, claims, found))
        crash_point("billing.rendered")
        async with self._outbox.transaction(batch=True) as tx:
            await keep(tx, results, stored=self._store is not None)

    async def _stored(self, claim: Claim, found: bytes | BaseException) -> Rendered:
        """What came of a claim, once its bytes are where they belong."""
        with span("render document", parent=claim.traceparent, document=claim.document_id, attempt=claim.attempt):
            result = Rendered(claim, found) if isinstance(found, bytes) else _failed(claim, found)
            if self._store is not None and result.content is not None:
                try:
                    await self._store.put(result.sha256, result.content)
                except StoreFailed as error:
                    result = _failed(claim, error)
            RENDERED.labels("failed" if result.content is None else "done").inc()
            return result


def _failed(claim: Claim, error: BaseException) -> Rendered:
    return Rendered(claim, None, f"{type(error).__name__}: {error}"[:2000])


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
