"""Writes down a mail to a shop's administrators about the installation itself: an obligation that no order asked for.

It has a lane of its own, is answered to nobody, and is not repeated by hand.
"""

from dataclasses import asdict

from services.notifications.commands.obliging import KEY, obligation
from services.notifications.domain.payloads import Alert
from services.notifications.domain.verbs import ALERT
from services.notifications.domain.wanted import ADMINISTRATOR
from services.notifications.tables import obligations
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.security import find_shop


async def alert(
    tx: Transaction, shop: str, subject: str, about: str, values: dict[str, str], *, once: str | None = None
) -> None:
    """Tell the administrators, if the shop has any; `subject` is the id of what it is about.

    Of alerts with the same `once` the first alone is written.
    """
    found = await find_shop(tx.conn, shop)
    if found is None or not found.administrators:
        return
    language = found.languages[0] if found.languages else "fr"
    contents = Alert(found.administrators, found.mail_from, found.title, language, about, values)
    row = obligation(
        tx,
        order_id=subject,
        shop=shop,
        channel="mail",
        verb=ALERT,
        subject=once or new_id(),
        role=ADMINISTRATOR,
        sequence=f"{subject}/{ALERT}",
        position=int(tx.now.timestamp()),
        payload=asdict(contents),
    )
    await tx.execute(upsert(tx.conn, obligations, keys=KEY), [row])
