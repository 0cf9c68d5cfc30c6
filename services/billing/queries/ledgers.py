"""What is stored of orders and their documents, in the shape the rules take, for many orders at once.

The callers hold the orders' locks; two statements serve a batch of any size.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import Issued, Paid, Paper, issued, warning
from services.billing.domain.euros import RATE_MISSING
from services.billing.tables import accounts, documents, external_invoices, live_invoices, papers, refunds, renderings
from shared.contracts import Order, Outcome, PaymentState
from shared.database import among


@dataclass(frozen=True, slots=True)
class Stored:
    """An issued document, and the hash of its PDF once there is one."""

    issued: Issued
    issued_at: datetime
    gross: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The archived order form. `wanted`: it was asked for, so it has bytes or is about to."""

    id: str
    issued_on: date
    issued_at: datetime
    gross: int
    wanted: bool = False
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """An invoice made elsewhere that stands for an order; `sha256` is that of its PDF, None where it is XML alone."""

    id: str
    number: str
    issued_on: date
    imported_at: datetime
    gross: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class SentLink:
    """The payment link as it was last to be mailed, for the `number`th time."""

    url: str
    number: int
    asked_at: datetime


@dataclass(slots=True)
class Ledger:
    """The money side of one order. `body` is its message as last applied, None before that."""

    paid: Paid = field(default_factory=Paid)
    version: int = 0
    body: str | None = None
    waiting: bool = False
    link: SentLink | None = None
    documents: list[Stored] = field(default_factory=list)
    form: Form | None = None
    imported: Imported | None = None
    rate_missing: str | None = None
    """The currency whose rate of exchange its documents wait for."""

    @property
    def order(self) -> Order:
        """The order as last applied; raises on an order that was never heard of."""
        if self.body is None:
            raise LookupError("this order was never heard of")
        return Order.decode(self.body)

    def warning(self, order: Order) -> str | None:
        """What a person should look at first: the money, else a document that waits for a rate of exchange."""
        return warning(order, self.paid) or (RATE_MISSING if self.rate_missing else None)

    @property
    def issued(self) -> list[Issued]:
        return [document.issued for document in self.documents]


async def ledgers(conn: AsyncConnection, orders: Sequence[str]) -> dict[str, Ledger]:
    """The ledgers of these orders; an order that was never heard of has an empty one."""
    found = {order: Ledger() for order in orders}
    for row in await conn.execute(_accounts, {"ids": list(found)}):
        imported, form = _imported(row), _form(row)
        found[row.order_id] = Ledger(
            paid_of(row),
            row.version,
            row.body,
            row.waiting,
            _link(row),
            form=form,
            imported=imported,
            rate_missing=row.rate_missing,
        )
    for row in await conn.execute(_documents, {"ids": list(found)}):
        found[row.order_id].documents.append(
            Stored(issued(json.loads(row.snapshot)), row.issued_at, row.gross, row.sha256)
        )
    return found


def paid_of(row: Row[Any]) -> Paid:
    """The money of a row of `accounts` that has `returning` beside it."""
    progress = None if row.progress is None else PaymentState(row.progress)
    return Paid(row.captured, row.refunded, row.late, progress, row.concern, int(row.going_back), row.waived)


def _link(row: Row[Any]) -> SentLink | None:
    return SentLink(row.link_url, row.link_sent, row.link_asked_at) if row.link_sent else None


def _form(row: Row[Any]) -> Form | None:
    if row.form_id is None:
        return None
    wanted = row.form_due_at is not None
    return Form(row.form_id, row.form_issued_on, row.form_issued_at, row.form_gross, wanted, row.form_sha256)


def _imported(row: Row[Any]) -> Imported | None:
    if row.imported_id is None:
        return None
    sha256 = row.imported_sha256 if row.imported_media_type == "application/pdf" else None
    return Imported(
        row.imported_id, row.imported_number, row.imported_issued_on, row.imported_at, row.imported_gross, sha256
    )


_MAY_STILL_GO = (str(Outcome.DUE), str(Outcome.RETRY), str(Outcome.UNKNOWN))
_on_their_way = (refunds.c.order_id == accounts.c.order_id) & refunds.c.state.in_(_MAY_STILL_GO)
returning = (
    select(func.coalesce(func.sum(refunds.c.amount), 0)).where(_on_their_way).scalar_subquery().label("going_back")
)
"""Of a row of `accounts`: what providers were asked to pay back and may still do, in minor units."""
_form_of_order = (papers.c.order_id == accounts.c.order_id) & (papers.c.kind == Paper.ORDER_FORM)
_standing = (live_invoices.c.order_id == accounts.c.order_id) & live_invoices.c.external_id.is_not(None)
_accounts = (
    select(
        accounts,
        returning,
        papers.c.id.label("form_id"),
        papers.c.issued_on.label("form_issued_on"),
        papers.c.issued_at.label("form_issued_at"),
        papers.c.gross.label("form_gross"),
        renderings.c.due_at.label("form_due_at"),
        renderings.c.sha256.label("form_sha256"),
        external_invoices.c.imported_at,
        *(
            external_invoices.c[name].label(f"imported_{name}")
            for name in ("id", "number", "issued_on", "gross", "sha256", "media_type")
        ),
    )
    .select_from(accounts)
    .join(papers, _form_of_order, isouter=True)
    .join(renderings, renderings.c.document_id == papers.c.id, isouter=True)
    .join(live_invoices, _standing, isouter=True)
    .join(external_invoices, external_invoices.c.id == live_invoices.c.external_id, isouter=True)
    .where(among(accounts.c.order_id, "ids"))
)
_documents = (
    select(
        documents.c.order_id,
        documents.c.snapshot,
        documents.c.issued_at,
        documents.c.gross,
        renderings.c.sha256,
    )
    .join(renderings, renderings.c.document_id == documents.c.id)
    .where(among(documents.c.order_id, "ids"))
    .order_by(documents.c.order_id, documents.c.position)
)
