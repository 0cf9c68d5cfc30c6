"""Writes down the mail with a client's way into the client space: an obligation that no order asked for.

It has a lane of its own, so that it does not wait behind a thousand confirmations, and is answered to nobody. The link
is a secret: it is forgotten as soon as the mail has left, or cannot any more. A newer way replaces an unsent older one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from services.notifications.commands.converge import ShopUnknown
from services.notifications.commands.obliging import KEY, obligation
from services.notifications.domain.lifecycle import OPEN
from services.notifications.domain.payloads import Invitation
from services.notifications.domain.verbs import SIGN_IN
from services.notifications.domain.wanted import CLIENT
from services.notifications.tables import attempts, obligations
from shared.contracts import Outcome, Shop, SignIn
from shared.database import among, upsert
from shared.observability import current_traceparent
from shared.outbox import Transaction
from shared.security import find_shop


async def invite(tx: Transaction, ways: Sequence[SignIn]) -> None:
    """Write these mails down; of a client who was erased, forget what was written. Raises `ShopUnknown`."""
    shops = {}
    for name in sorted({way.shop for way in ways}):
        shop = await find_shop(tx.conn, name)
        if shop is None:
            raise ShopUnknown(name)
        shops[name] = shop
    open_ = among(obligations.c.state, [str(state) for state in OPEN])
    older = among(obligations.c.order_id, [way.id for way in ways]) & (obligations.c.verb == SIGN_IN) & open_
    obsolete = {"state": str(Outcome.OBSOLETE), "due_at": None, "changed_at": tx.now, "payload": None}
    await tx.execute(update(obligations).where(older).values(obsolete))
    rows = [_row(tx, way, shops[way.shop]) for way in ways if way.link]
    if rows:
        await tx.execute(upsert(tx.conn, obligations, keys=KEY), rows)
    if gone := [way.id for way in ways if not way.link]:
        nothing = {"reason": None, "reference": None}
        for table in (obligations, attempts):
            await tx.execute(update(table).where(among(table.c.order_id, gone)).values(nothing))


async def forget_closed(tx: Transaction, ids: Sequence[str]) -> None:
    """The contents of those of these mails that will not be tried again."""
    closed = among(obligations.c.id, ids) & obligations.c.due_at.is_(None)
    await tx.execute(update(obligations).where(closed).values(payload=None))


def _row(tx: Transaction, way: SignIn, shop: Shop) -> dict[str, Any]:
    """`order_id` is the client's id: what it stands for here is whose mails follow one another."""
    return obligation(
        tx,
        order_id=way.id,
        shop=way.shop,
        channel="mail",
        verb=SIGN_IN,
        subject="link",
        role=CLIENT,
        revision=way.version,
        sequence=f"{way.id}/{SIGN_IN}",
        position=way.version,
        traceparent=current_traceparent(),
        version=way.version,
        payload=_invitation(way, shop),
    )


def _invitation(way: SignIn, shop: Shop) -> Invitation:
    return Invitation(
        to=way.email,
        name=way.client,
        sender=shop.mail_from,
        shop=shop.title,
        language=way.language,
        timezone=shop.timezone,
        link=way.link,
        expires_at=way.expires_at,
    )
