"""Has the documents that billing names travel with mails, or in mails of their own (`domain.papers` decides).

The callers hold the orders' guard rows: `converge` once an order was heard, the handler of accounts once an account
was. Both sides are kept, since either may come first. Where no address for documents is known all of this is off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import bindparam, update

from services.notifications.commands.obliging import KEY, obligation
from services.notifications.domain.papers import Client, Known, Paper, Sharing, named, share
from services.notifications.domain.payloads import Covering
from services.notifications.domain.results import Attachment
from services.notifications.domain.verbs import DOCUMENT
from services.notifications.domain.wanted import CLIENT, is_reached
from services.notifications.queries import Standing
from services.notifications.queries.papers import known_papers, mailings
from services.notifications.tables import obligations, order_papers
from shared.contracts import Account, Order, Shop
from shared.database import Json, UtcDateTime, among, upsert
from shared.observability import current_traceparent
from shared.outbox import Transaction
from shared.security import find_shop

_KEPT = ("shop", "code", "heard", "complete", "papers", "client", "merchant", "changed_at")

_take = (
    update(obligations).where(obligations.c.id == bindparam("row")).values(attachments=bindparam("taken", type_=Json()))
)
_leave = (
    update(obligations)
    .where(obligations.c.due_at > bindparam("now", type_=UtcDateTime()), among(obligations.c.id, "rows"))
    .values(due_at=bindparam("now", type_=UtcDateTime()))
)


async def note_readers(tx: Transaction, orders: Sequence[Order]) -> bool:
    """Remember whom these newer orders' mails go to, and give out their documents; whether anything may leave."""
    known = await known_papers(tx.conn, [order.id for order in orders])
    changed = []
    for order in orders:
        before = known.get(order.id) or Known(order.id, order.shop)
        now = _after_order(before, order)
        if now != before:
            changed.append(now)
        known[order.id] = now
    await _keep(tx, changed)
    return await _give_out(tx, list(known.values()), {order.id: order.version for order in orders})


async def note_accounts(tx: Transaction, accounts: Sequence[Account], standing: Mapping[str, Standing]) -> bool:
    """Remember the documents of these accounts, and give them out; whether anything may leave.

    `standing` is what is known of their orders.
    """
    known = await known_papers(tx.conn, [account.id for account in accounts])
    now = []
    for account in accounts:
        before = known.get(account.id) or Known(account.id, account.shop)
        papers = named(account)
        now.append(replace(before, heard=account.heard, complete=account.open == 0, papers=papers))
    await _keep(tx, now)
    return await _give_out(tx, now, {order: found.heard for order, found in standing.items()})


async def forget_readers(tx: Transaction, orders: Sequence[str]) -> None:
    """Nothing more is mailed to these clients, who were erased."""
    nobody = {"client": None, "merchant": False, "changed_at": tx.now}
    await tx.execute(update(order_papers).where(among(order_papers.c.order_id, orders)).values(nobody))


def _after_order(known: Known, order: Order) -> Known:
    if order.erased:
        return replace(known, client=None, merchant=False)
    merchant = known.merchant or any(entry.mail_admins for entry in order.entries)
    client, mailed = known.client, [entry.at for entry in order.entries if entry.mail]
    if is_reached(order) and (client is not None or mailed):
        since = client.since if client is not None else min(mailed)
        client = Client(order.customer.email, order.customer.name, order.language, since)
    return replace(known, code=order.code, client=client, merchant=merchant)


async def _keep(tx: Transaction, found: Sequence[Known]) -> None:
    if not found:
        return
    columns = ("order_id", *_KEPT[:-1])
    rows = [{name: getattr(one, name) for name in columns} | {"changed_at": tx.now} for one in found]
    await tx.execute(upsert(tx.conn, order_papers, keys=("order_id",), update=_KEPT), rows)


async def _give_out(tx: Transaction, every: Sequence[Known], versions: Mapping[str, int]) -> bool:
    """Write down who takes what along. `versions` are the orders' as heard here."""
    found = [known for known in every if known.client is not None or known.merchant]
    if not found:
        return False
    mails = await mailings(tx.conn, [known.order_id for known in found])
    taken: list[dict[str, Any]] = []
    ready: list[str] = []
    alone: list[tuple[Known, str, Paper]] = []
    for known in found:
        own = mails.get(known.order_id, [])
        sharing = share(known, own, versions.get(known.order_id, 0))
        taken += _taken(known, sharing, {mail.id: mail.papers for mail in own})
        ready += sharing.ready
        alone += [(known, role, paper) for role, paper in sharing.alone]
    if taken:
        await tx.execute(_take, taken)
    if ready:
        await tx.execute(_leave, {"rows": ready, "now": tx.now})
    if alone:
        await _write_alone(tx, alone)
    return bool(ready or alone)


def _taken(known: Known, sharing: Sharing, had: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The attachments of the mails that take more along than they did."""
    every = {paper.id: paper for paper in known.papers}
    rows = []
    for row, added in sharing.added.items():
        if added:
            before = [every[paper] for paper in had[row] if paper in every]
            rows.append({"row": row, "taken": [_attachment(paper) for paper in (*before, *added)]})
    return rows


async def _write_alone(tx: Transaction, alone: Sequence[tuple[Known, str, Paper]]) -> None:
    shops = {name: await find_shop(tx.conn, name) for name in sorted({known.shop for known, _, _ in alone})}
    rows = [_row(tx, known, role, paper, shop) for known, role, paper in alone if (shop := shops[known.shop])]
    if rows:
        await tx.execute(upsert(tx.conn, obligations, keys=KEY), rows)


def _row(tx: Transaction, known: Known, role: str, paper: Paper, shop: Shop) -> dict[str, Any]:
    return obligation(
        tx,
        order_id=known.order_id,
        shop=known.shop,
        code=known.code,
        channel="mail",
        verb=DOCUMENT,
        subject=paper.id,
        role=role,
        sequence=f"{known.order_id}/{DOCUMENT}/{role}",
        position=int(paper.issued_at.timestamp()),
        traceparent=current_traceparent(),
        version=known.heard,
        payload=_covering(known, role, paper, shop),
    ) | {"attachments": [_attachment(paper)]}


def _covering(known: Known, role: str, paper: Paper, shop: Shop) -> Covering:
    client = known.client if role == CLIENT else None
    return Covering(
        role=role,
        readers=shop.administrators if client is None else (client.address,),
        client="" if client is None else client.name,
        sender=shop.mail_from,
        shop=shop.title,
        language=(shop.languages[0] if shop.languages else "fr") if client is None else client.language,
        code=known.code or "",
        kind=paper.kind,
        number=paper.number,
    )


def _attachment(paper: Paper) -> dict[str, Any]:
    return asdict(Attachment(paper.id, paper.kind, paper.number, paper.sha256))
