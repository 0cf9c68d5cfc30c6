"""The client's view of one order: its link made anew or revoked, and whether the order is shown at all.

Services must know both: a mail carries the link, and other pages the publication.
"""

from services.orders.commands.entries import Actor, plain_entry
from services.orders.commands.saving import Change, save
from services.orders.domain.links import make_token
from services.orders.queries.catalogue import shop_rules
from services.orders.queries.records import OrderRecord, lock_order
from shared.outbox import Transaction
from shared.problems import Problem

REVOKED = ""
"""Instead of a token: no change of status makes another one."""


class HistoriesOff(Problem):
    """The shop publishes no histories, so there is nothing to link to."""

    slug = "histories-off"
    title = "The shop publishes no histories"


async def renew_link(tx: Transaction, shop: str, code: str, actor: Actor) -> OrderRecord:
    """Another link to the history; the one before opens nothing any more. Raises `HistoriesOff`."""
    rules = await shop_rules(tx.conn, shop)
    record = await lock_order(tx.conn, shop, code)
    if not (rules.publish_histories or record.shown == "shown"):
        raise HistoriesOff("Set 'publish_histories' of the shop first, or 'shown' of this order.")
    record.history_token = make_token(rules.link_secret, record.id)
    return await _save(tx, record, actor, "New link to the history")


async def revoke_link(tx: Transaction, shop: str, code: str, actor: Actor) -> OrderRecord:
    """The link opens nothing any more, and there is no other."""
    record = await lock_order(tx.conn, shop, code)
    if record.history_token == REVOKED:
        return record
    record.history_token = REVOKED
    return await _save(tx, record, actor, "Link to the history revoked")


async def show_order(tx: Transaction, shop: str, code: str, shown: str, actor: Actor) -> OrderRecord:
    """Show the order to its client, hide it, or leave it to the payment (`automatic`)."""
    record = await lock_order(tx.conn, shop, code)
    if record.shown == shown:
        return record
    record.shown = shown
    return await _save(tx, record, actor, f"Publication: {shown}")


async def _save(tx: Transaction, record: OrderRecord, actor: Actor, text: str) -> OrderRecord:
    change = Change(record)
    change.raise_version(tx)
    change.add(plain_entry(tx, record, "publication", actor, text))
    await save(tx, [change])
    return record
