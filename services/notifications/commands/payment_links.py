"""Writes down the mail with an order's payment link: one obligation for each time that billing says it is to be sent.

It has a lane of its own, so that a client on the telephone does not wait behind a thousand confirmations. Once the
account has no link any more (the order is paid, or its client erased) what was not sent is not, and is forgotten.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update

from services.notifications.commands.converge import ShopUnknown
from services.notifications.commands.obliging import KEY, obligation
from services.notifications.domain.lifecycle import OPEN
from services.notifications.domain.payloads import PaymentRequest
from services.notifications.domain.wanted import CLIENT
from services.notifications.queries import Standing
from services.notifications.tables import obligations
from shared.contracts import Account, Outcome, PaymentLink, Shop
from shared.database import among, upsert
from shared.observability import current_traceparent
from shared.outbox import Transaction
from shared.security import find_shop

PAYMENT_LINK = "payment_link"
"""The verb of these mails; with channel and shop it is their lane."""


async def request_payments(tx: Transaction, accounts: Sequence[Account], standing: Mapping[str, Standing]) -> bool:
    """Bring the mails of these accounts, whose orders are locked, to what is said; whether anything was written.

    `standing` is what is known of their orders. Raises `ShopUnknown`.
    """
    linked = [(account, account.payment_link) for account in accounts if account.payment_link is not None]
    shops = {}
    for name in sorted({account.shop for account, _ in linked}):
        shop = await find_shop(tx.conn, name)
        if shop is None:
            raise ShopUnknown(name)
        shops[name] = shop
    silent = [account.id for account in accounts if account.payment_link is None and _is_open(standing[account.id])]
    if silent:
        await _forget(tx, silent)
    rows = [_row(tx, account, link, shops[account.shop]) for account, link in linked]
    if rows:
        await tx.execute(upsert(tx.conn, obligations, keys=KEY), rows)
    return bool(rows or silent)


def _is_open(standing: Standing) -> bool:
    return any(row.verb == PAYMENT_LINK and Outcome(row.state) in OPEN for row in standing.obligations)


async def _forget(tx: Transaction, orders: Sequence[str]) -> None:
    """What was to be sent of these orders is of no use any more."""
    open_ = among(obligations.c.state, [str(state) for state in OPEN])
    unsent = among(obligations.c.order_id, orders) & (obligations.c.verb == PAYMENT_LINK) & open_
    obsolete = {"state": str(Outcome.OBSOLETE), "due_at": None, "changed_at": tx.now, "payload": None}
    await tx.execute(update(obligations).where(unsent).values(obsolete))


def _row(tx: Transaction, account: Account, link: PaymentLink, shop: Shop) -> dict[str, Any]:
    return obligation(
        tx,
        order_id=account.id,
        shop=account.shop,
        code=link.code,
        channel="mail",
        verb=PAYMENT_LINK,
        subject=PAYMENT_LINK,
        role=CLIENT,
        revision=link.sent,
        sequence=f"{account.id}/{PAYMENT_LINK}",
        position=link.sent,
        asked_at=link.asked_at,
        traceparent=current_traceparent(),
        version=account.heard,
        payload=PaymentRequest(
            address=link.email,
            client=link.client,
            sender=shop.mail_from,
            shop=shop.title,
            language=link.language,
            code=link.code,
            amount=link.amount,
            currency=account.currency,
            url=link.url,
        ),
    )
