"""What there is to print of orders: originals by their ids, copies and passing papers as jobs for the typesetters.

An invoice, a credit note and the order form are originals, whose bytes are kept; a copy of one, or one in another
language than its own, is set anew and marked. The other papers show the order as it now stands and are not kept.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.documents import ROLL, Job, Look
from services.billing.domain import Paid, Paper, Printing, is_placed, paper
from services.billing.queries.documents import Original, find_originals
from services.billing.queries.ledgers import paid_of, returning
from services.billing.queries.themes import find_looks, newest_themes
from services.billing.tables import accounts, documents, live_invoices, papers
from shared.contracts import Order, Shop
from shared.database import among
from shared.security import find_shop

KEPT = ("invoice", "credit_note", Paper.ORDER_FORM)
WORDS = {"invoice": "no invoice", "credit_note": "no credit note", Paper.ORDER_FORM: "not been placed"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What to print, and how. `language` None: the order's; `gift` are words on a packing slip."""

    kind: str
    language: str | None = None
    paper: str = "a4"
    copy: bool = False
    gift: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One thing to print: an original by its id, or a job; neither: the order's form, which is to be filed first."""

    name: str
    order_id: str | None = None
    document: str | None = None
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The sheets in the order asked for; `refused` says by place why there is nothing to print."""

    sheets: list[Sheet]
    refused: dict[int, str]


def wrong(asked: Asked) -> tuple[str, str] | None:
    """The field that does not fit the kind, and why."""
    if asked.paper == ROLL and asked.kind != Paper.RECEIPT:
        return "format", "Only a receipt is printed on an 80 mm roll."
    if asked.gift is not None and asked.kind != Paper.PACKING_SLIP:
        return "message", "Only a packing slip has a message to enclose."
    return None


async def sheets_of_orders(
    conn: AsyncConnection, shop: str, codes: Sequence[str], asked: Asked, now: datetime
) -> Found:
    """What to print of the orders with these codes (or ids): every live invoice, else the newest document."""
    named = among(accounts.c.code, codes) | among(accounts.c.order_id, codes)
    rows = (await conn.execute(select(accounts, returning).where(accounts.c.shop == shop, named))).all()
    by_name = {name: row for row in rows for name in (row.code, row.order_id)}
    if asked.kind in KEPT:
        kept = await _kept(conn, [row.order_id for row in rows], asked.kind)
        return await _originals(conn, shop, codes, by_name, kept, asked)
    seller = await find_shop(conn, shop)
    version = (await newest_themes(conn, [shop])).get(shop)
    look = (await find_looks(conn, [(shop, version)]))[shop, version]
    return _passing(codes, by_name, _Passing(asked, seller, version, look, now))


async def sheets_of_documents(conn: AsyncConnection, shop: str, ids: Sequence[str], asked: Asked) -> Found:
    """What to print of documents by their ids."""
    originals = await find_originals(conn, shop, ids)
    refused = {place: f"There is no document {id_!r}." for place, id_ in enumerate(ids) if id_ not in originals}
    sheets = await _sheets(conn, shop, originals, asked)
    return Found([sheets[id_] for id_ in ids if id_ in sheets], refused)


async def _kept(conn: AsyncConnection, orders: Sequence[str], kind: str) -> dict[str, list[str]]:
    """The ids of the originals to print, by order."""
    if kind == Paper.ORDER_FORM:
        forms = select(papers.c.order_id, papers.c.id).where(among(papers.c.order_id, orders), papers.c.kind == kind)
        return {row.order_id: [row.id] for row in await conn.execute(forms)}
    statement = (
        select(documents.c.order_id, documents.c.id, live_invoices.c.document_id.label("live"))
        .join(live_invoices, live_invoices.c.document_id == documents.c.id, isouter=True)
        .where(among(documents.c.order_id, orders), documents.c.kind == kind)
        .order_by(documents.c.order_id, documents.c.position)
    )
    live: dict[str, list[str]] = {}
    newest: dict[str, list[str]] = {}
    for row in await conn.execute(statement):
        newest[row.order_id] = [row.id]
        if row.live is not None:
            live.setdefault(row.order_id, []).append(row.id)
    return newest | live


async def _originals(
    conn: AsyncConnection,
    shop: str,
    codes: Sequence[str],
    rows: Mapping[str, Row[Any]],
    kept: Mapping[str, list[str]],
    asked: Asked,
) -> Found:
    originals = await find_originals(conn, shop, [id_ for ids in kept.values() for id_ in ids])
    sheets = await _sheets(conn, shop, originals, asked)
    found = Found([], {})
    for place, code in enumerate(codes):
        row = rows.get(code)
        if row is None:
            found.refused[place] = f"There is no order {code!r}."
        elif ids := kept.get(row.order_id):
            found.sheets.extend(sheets[id_] for id_ in ids)
        elif asked.kind == Paper.ORDER_FORM and is_placed(Order.decode(row.body)) and not row.waiting:
            found.sheets.append(Sheet(row.code, order_id=row.order_id))
        else:
            found.refused[place] = f"Order {row.code} has {WORDS[asked.kind]}."
    return found


async def _sheets(
    conn: AsyncConnection, shop: str, originals: Mapping[str, Original], asked: Asked
) -> dict[str, Sheet]:
    """By id, each original itself or a job for a copy of it."""
    found = {id_: Sheet(one.number, document=id_) for id_, one in originals.items()}
    contents = {id_: json.loads(one.snapshot) for id_, one in originals.items()}
    copied = {id_: of for id_, of in contents.items() if asked.copy or asked.language not in (None, of["language"])}
    looks = await find_looks(conn, [(shop, content.get("theme")) for content in copied.values()])
    for id_, content in copied.items():
        job = Job(content, looks[shop, content.get("theme")], asked.language, mark="copy")
        found[id_] = Sheet(originals[id_].number, job=job)
    return found


@dataclass(frozen=True, slots=True)
class _Passing:
    """What all papers of one printing share."""

    asked: Asked
    shop: Shop | None
    theme: int | None
    look: Look
    now: datetime


def _passing(codes: Sequence[str], rows: Mapping[str, Row[Any]], given: _Passing) -> Found:
    """Papers made of the orders as they now stand."""
    found = Found([], {})
    for place, code in enumerate(codes):
        row = rows.get(code)
        if row is None:
            found.refused[place] = f"There is no order {code!r}."
            continue
        order = Order.decode(row.body)
        if given.shop is None or order.erased or order.deleted or not order.lines:
            found.refused[place] = f"Order {row.code} has nothing to print."
        else:
            found.sheets.append(Sheet(order.code, job=_job(order, given.shop, paid_of(row), given)))
    return found


def _job(order: Order, shop: Shop, paid: Paid, given: _Passing) -> Job:
    day = given.now.astimezone(ZoneInfo(shop.timezone)).date()
    if given.asked.language:
        order = order.model_copy(update={"language": given.asked.language})
    printing = Printing(order.id, day, paid, given.theme, given.asked.gift)
    return Job(paper(order, shop, Paper(given.asked.kind), printing), given.look, paper=given.asked.paper)
