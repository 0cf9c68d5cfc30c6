"""Claim documents that have no PDF, and keep what came of it. The typesetting itself happens between the two
transactions, so that it never holds a number's lock.

A claim is a lease with a fence: a worker that was thought dead and comes back late reports under an old fence, and is
not listened to. A failing document is tried again, later and later; its number stays.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, true, update

from services.billing.commands.answers import answer_again
from services.billing.documents import MEDIA_TYPE, Job, is_archivable
from services.billing.queries.themes import find_looks
from services.billing.tables import blobs, documents, papers, renderings
from shared.batch import lock_keys
from shared.contracts import Order
from shared.database import among, upsert
from shared.observability import get_logger
from shared.outbox import Transaction

log = get_logger(__name__)

LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A document that this worker is to render."""

    document_id: str
    order_id: str
    fence: int
    attempt: int
    job: Job
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of a claim: the bytes, or an error."""

    claim: Claim
    content: bytes | None
    error: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content or b"").hexdigest()


async def claim_due(tx: Transaction, limit: int, lease: timedelta, *, only: str | None = None) -> list[Claim]:
    """Take documents that are due and that no living worker holds, oldest first; `only`: this one, if it is free."""
    free = or_(renderings.c.lease_until.is_(None), renderings.c.lease_until <= tx.now)
    own = true() if only is None else renderings.c.document_id == only
    due = _due.where(own, renderings.c.due_at <= tx.now, free).limit(limit)
    rows = (await tx.execute(due)).all()
    if not rows:
        return []
    taken = among(renderings.c.document_id, [row.document_id for row in rows])
    values = {"fence": renderings.c.fence + 1, "attempts": renderings.c.attempts + 1, "lease_until": tx.now + lease}
    await tx.execute(update(renderings).where(taken).values(values))
    snapshots = [json.loads(row.snapshot) for row in rows]
    issued = [(row.shop, content.get("theme")) for row, content in zip(rows, snapshots, strict=True)]
    looks = await find_looks(tx.conn, issued)
    return [
        Claim(row.document_id, row.order_id, row.fence + 1, row.attempts + 1, Job(content, looks[of]), row.traceparent)
        for row, content, of in zip(rows, snapshots, issued, strict=True)
    ]


async def keep(tx: Transaction, results: Sequence[Rendered], *, stored: bool = False) -> None:
    """Record the PDFs by their hash, and answer for their orders; put off what failed.

    `stored`: a store outside has the bytes already; else they become rows.
    """
    orders = sorted({result.claim.order_id for result in results})
    await lock_keys(tx, Order.name, orders)
    done = [result for result in results if result.content is not None]
    if done and not stored:
        bytes_ = [{"sha256": one.sha256, "content": one.content, "media_type": MEDIA_TYPE} for one in done]
        await tx.execute(upsert(tx.conn, blobs, keys=["sha256"]), bytes_)
    if done:
        await tx.execute(_set_done, [_done(tx, result) for result in done])
    failed = [_failed(tx, result) for result in results if result.content is None]
    if failed:
        await tx.execute(_set_failed, failed)
    await answer_again(tx, orders)


_due = (
    select(
        renderings,
        func.coalesce(documents.c.snapshot, papers.c.snapshot).label("snapshot"),
        func.coalesce(documents.c.shop, papers.c.shop).label("shop"),
    )
    .join(documents, documents.c.id == renderings.c.document_id, isouter=True)
    .join(papers, papers.c.id == renderings.c.document_id, isouter=True)
    .where(renderings.c.sha256.is_(None))
    .order_by(renderings.c.due_at, renderings.c.document_id)
    .with_for_update(skip_locked=True, of=renderings)
)
_mine = (
    (renderings.c.document_id == bindparam("b_document_id"))
    & (renderings.c.fence == bindparam("b_fence"))
    & renderings.c.sha256.is_(None)
)
_set_done = (
    update(renderings)
    .where(_mine)
    .values(
        sha256=bindparam("b_sha256"),
        size=bindparam("b_size"),
        rendered_at=bindparam("b_rendered_at"),
        archivable=bindparam("b_archivable"),
        lease_until=None,
        error=None,
    )
)
_set_failed = (
    update(renderings).where(_mine).values(error=bindparam("b_error"), due_at=bindparam("b_due_at"), lease_until=None)
)


def _done(tx: Transaction, result: Rendered) -> dict[str, Any]:
    archivable = is_archivable(result.content or b"")
    if not archivable:
        log.warning("document.not_archivable", document=result.claim.document_id)
    return {
        "b_document_id": result.claim.document_id,
        "b_fence": result.claim.fence,
        "b_sha256": result.sha256,
        "b_size": len(result.content or b""),
        "b_rendered_at": tx.now,
        "b_archivable": archivable,
    }


def _failed(tx: Transaction, result: Rendered) -> dict[str, Any]:
    claim = result.claim
    pause = min(timedelta(seconds=2.0 ** min(claim.attempt, 12)), LONGEST_PAUSE)
    log.warning("document.not_rendered", document=claim.document_id, attempt=claim.attempt)  # its row says why
    return {
        "b_document_id": claim.document_id,
        "b_fence": claim.fence,
        "b_error": result.error,
        "b_due_at": tx.now + pause,
    }
