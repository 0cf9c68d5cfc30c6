"""Writes down a mail to a shop's administrators about the installation itself: an obligation that no order asked for.

It has a lane of its own, is answered to nobody, and is not repeated by hand.
"""

from dataclasses import asdict

from sqlalchemy import insert

from services.notifications.domain.payloads import Alert
from services.notifications.domain.verbs import ALERT
from services.notifications.domain.wanted import ADMINISTRATOR
from services.notifications.tables import obligations
from shared.contracts import Outcome
from shared.database import new_id
from shared.outbox import Transaction
from shared.security import find_shop


async def alert(tx: Transaction, shop: str, subject: str, about: str, values: dict[str, str]) -> None:
    """Tell the administrators, if the shop has any; `subject` is the id of what it is about."""
    found = await find_shop(tx.conn, shop)
    if found is None or not found.administrators:
        return
    language = found.languages[0] if found.languages else "fr"
    contents = Alert(found.administrators, found.mail_from, found.title, language, about, values)
    row = {
        "id": new_id(),
        "order_id": subject,
        "shop": shop,
        "code": "",
        "channel": "mail",
        "verb": ALERT,
        "subject": new_id(),
        "role": ADMINISTRATOR,
        "revision": 0,
        "sequence": f"{subject}/{ALERT}",
        "position": int(tx.now.timestamp()),
        "state": str(Outcome.DUE),
        "due_at": tx.now,
        "since": tx.now,
        "asked_at": tx.now,
        "changed_at": tx.now,
        "attempts": 0,
        "fence": 0,
        "version": 0,
        "payload": asdict(contents),
    }
    await tx.execute(insert(obligations).values(row))
