"""What inventory does on a timer or a nudge: answer for orders served by others' work, publish products that are due.

Both take no input and are idempotent: what there is to do stands in the tables, so a crash or a second replica costs
nothing but a repetition.
"""

from services.inventory.commands.answers import answer_marked
from services.inventory.commands.demonstration import fill_shelf
from services.inventory.commands.products import publish_due_products, repeat_recent_products
from shared.outbox import Outbox

PAGE = 200


async def answer_marked_orders(outbox: Outbox) -> None:
    """Write the answers of all marked orders, a page a transaction."""
    dealt_with = PAGE
    while dealt_with == PAGE:
        async with outbox.transaction(batch=True) as tx:
            dealt_with = await answer_marked(tx, PAGE)


async def publish_products(outbox: Outbox) -> None:
    """Publish what changed since a second ago, and repeat what changed an hour ago or was last said a day ago."""
    published = PAGE
    while published == PAGE:
        async with outbox.transaction(batch=True) as tx:
            published = await publish_due_products(tx, PAGE)


async def recover_products(outbox: Outbox) -> None:
    """At a start: the embedded broker keeps its queues in memory, and a crash loses them."""
    async with outbox.transaction() as tx:
        await repeat_recent_products(tx)


async def open_demonstration(outbox: Outbox) -> None:
    """At a first start with `COMPTOIR_SEED`: the demonstration shop's products and their stock."""
    async with outbox.transaction() as tx:
        await fill_shelf(tx)
