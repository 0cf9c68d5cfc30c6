"""A shop that publishes histories must tell its clients where: the confirmation carries the link, or it is refused.

Asked after every change of a shop or of its statuses, in the same transaction.
"""

import re

from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import StatusRecord, default_of, list_statuses, shop_rules
from shared.contracts import Shop
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.security import find_shop

_LINK = re.compile(r"\{\{-?\s*order\.history_url\b")


class HistoryLinkMissing(Invalid):
    """Histories would be published, and nobody would get the link."""

    slug = "history-link-missing"
    title = "The confirmation lacks the link to the history"


async def check_publication(tx: Transaction, shop: str) -> None:
    """Refuse the shop as it now is, if it publishes histories without saying where. Raises `HistoryLinkMissing`."""
    if not (await shop_rules(tx.conn, shop)).publish_histories:
        return
    told = await find_shop(tx.conn, shop)
    if told is None:
        return
    if not told.public_url:
        raise HistoryLinkMissing("Histories are published below 'public_url': set it.", field="public_url")
    _check_confirmation(told, default_of(await list_statuses(tx.conn, shop), StatusType.RECEIVED))


def _check_confirmation(shop: Shop, status: StatusRecord) -> None:
    """The status of a new order is mailed, and says in every language of the shop where the history is."""
    name = status.mnemonic
    if not status.mail:
        detail = f"Histories are published, so the status '{name}' must be mailed to the client."
        raise HistoryLinkMissing(detail, field="mail")
    for language in shop.languages:
        if not _LINK.search(status.texts_in(language).get("mail", "")):
            detail = (
                f"Histories are published, so the mail of '{name}' ({language}) must hold {{{{ order.history_url }}}}."
            )
            raise HistoryLinkMissing(detail, field=f"texts.{language}.mail")
