"""Writes down what mail servers reported of a mail: it did not arrive, or is late.

A mail that reached none of its readers is rejected, whatever the relay said when it took it; where some of several got
it, or it is only late, it stays as it is and the reason tells. A client's bad address is told to the administrators.
A report that comes twice does nothing the second time.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from services.notifications.channels.bounces import Recipient, Report
from services.notifications.commands.alerting import alert
from services.notifications.commands.person import NotNow
from services.notifications.commands.say import say
from services.notifications.domain.results import clip
from services.notifications.domain.verbs import UNANSWERED
from services.notifications.domain.wanted import CLIENT
from services.notifications.queries import Found
from services.notifications.queries.waiting import find_delivery
from services.notifications.tables import bounces, obligations
from shared.batch import lock_keys
from shared.contracts import Order, Outcome
from shared.outbox import Transaction

OVER = frozenset({Outcome.OBSOLETE})
"""Nobody waits for it any more."""
ALERTED = "mail_bounced"


async def take_report(tx: Transaction, shop: str, report: Report) -> Found | None:
    """The delivery that it is about, as it now stands; None where it is no mail of this shop. Raises `NotNow`."""
    row = await find_delivery(tx.conn, shop, report.delivery)
    if row is None or row.channel != "mail":
        return None
    answered = row.verb not in UNANSWERED
    if answered:
        await lock_keys(tx, Order.name, [row.order_id])
    await tx.execute(select(obligations.c.id).where(obligations.c.id == row.id).with_for_update())
    row = await find_delivery(tx.conn, shop, report.delivery)
    if row is None:
        return None
    if row.leased:
        raise NotNow("An attempt is being made at this moment: report it again.", outcome=row.state)
    news = await _news(tx, report)
    if not news or row.state in OVER:
        return row
    await tx.execute(insert(bounces), [_row(tx, report, one) for one in news])
    values = await _values(tx, row, news)
    await tx.execute(update(obligations).where(obligations.c.id == row.id).values(values | {"changed_at": tx.now}))
    if answered:
        await say(tx, {row.order_id: row.shop})
    if answered and row.role == CLIENT and values.get("state") == Outcome.REJECTED:
        told = next(one for one in news if one.failed)
        await alert(tx, shop, row.id, ALERTED, {"code": row.code, "status": told.status})
    return await find_delivery(tx.conn, shop, report.delivery)


async def _news(tx: Transaction, report: Report) -> list[Recipient]:
    """Its recipients, unless it came before."""
    seen = (await tx.execute(select(bounces.c.recipient).where(bounces.c.report == report.id).limit(1))).one_or_none()
    return [] if seen else list({one.digest: one for one in report.recipients}.values())


async def _values(tx: Transaction, row: Found, news: Sequence[Recipient]) -> dict[str, Any]:
    """What changes: state and reason where nobody got it, else the reason."""
    told = max(news, key=lambda one: one.failed)
    word = "bounced" if told.failed else "late"
    said = clip(f"{word} {told.status}: {told.address}: {told.said}".removesuffix(": "))
    c = bounces.c
    failed = (c.obligation_id == row.id) & c.failed & (c.at >= row.since)
    lost = (await tx.execute(select(func.count(c.recipient.distinct())).where(failed))).scalar_one()
    readers = _readers(row)
    if lost >= readers:
        return {"state": str(Outcome.REJECTED), "due_at": None, "unsure_since": None, "reason": said}
    return {"reason": clip(f"{lost} of {readers} {said}") if lost else said}


def _readers(row: Found) -> int:
    """To how many it went; contents that are no longer kept were a client's mail."""
    payload = row.payload or {}
    return max(1, len(payload.get("to") or payload.get("readers") or ())) if row.role != CLIENT else 1


def _row(tx: Transaction, report: Report, one: Recipient) -> dict[str, Any]:
    return {
        "report": report.id,
        "recipient": one.digest,
        "obligation_id": report.delivery,
        "failed": one.failed,
        "status": one.status,
        "at": tx.now,
    }
