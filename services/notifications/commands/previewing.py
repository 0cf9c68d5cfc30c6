"""What a change of status would say, and to whom: a function of the message that orders would send.

`foretell` is the handler's own `wanted`, for the newest entry alone, without writing anything. `send_test` writes down
one mail to the shop's own administrators: it says that it is a test, is answered to nobody, and is forgotten when sent.
"""

from dataclasses import replace

from sqlalchemy import insert

from services.notifications.commands.obliging import obligation
from services.notifications.domain.effects import Wanted
from services.notifications.domain.payloads import Letter
from services.notifications.domain.verbs import TEST
from services.notifications.domain.wanted import ADMINISTRATOR, wanted
from services.notifications.tables import obligations
from shared.contracts import Order, Shop
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid, Problem

TEXTS = ("mail", "sms")


class NothingSaid(Problem):
    """The change sends nothing to whom it was asked for."""

    status = 422
    slug = "nothing-said"
    title = "Nothing would be sent"


def foretell(order: Order, shop: Shop, role: str | None = None) -> list[Wanted]:
    """The mails and SMS of the order's newest entry, to all roles or one. Raises `Invalid`."""
    if order.shop != shop.shop:
        raise Invalid("The order is another shop's.", field="order.shop")
    if not order.entries:
        raise Invalid("The order has no entry that says anything.", field="order.entries")
    newest = order.model_copy(update={"entries": order.entries[-1:]})
    return [want for want in wanted(newest, shop) if want.channel in TEXTS and role in (None, want.role)]


async def send_test(tx: Transaction, order: Order, shop: Shop, role: str, to: str | None) -> str:
    """Mail what `role` would get to one administrator, or all; the delivery's id. Raises `Invalid`, `NothingSaid`."""
    if to is not None and to not in shop.administrators:
        raise Invalid("A test goes to one of the shop's administrators.", field="to", known=list(shop.administrators))
    if not shop.administrators:
        raise Invalid("The shop has no administrators to send a test to.", field="to")
    letters = [want.payload for want in foretell(order, shop, role) if isinstance(want.payload, Letter)]
    if not letters:
        raise NothingSaid(f"This change sends no mail to the {role}.")
    readers = shop.administrators if to is None else (to,)
    row = obligation(
        tx,
        order_id=new_id(),
        shop=shop.shop,
        code=order.code,
        channel="mail",
        verb=TEST,
        subject=TEST,
        role=ADMINISTRATOR,
        sequence=f"{shop.shop}/{TEST}",
        position=0,
        payload=replace(letters[0], to=readers, name="", test=True),
    )
    await tx.execute(insert(obligations).values(row))
    return str(row["id"])
