"""Tells administrators of an account that needs them: credentials refused at once, calls that fail once it is an hour.

One mail a day for each account, whichever of its lanes are concerned. `record` and `pulling` call this in their own
transaction; mail, webhooks and push are not watched here: a relay that is away brings no mail, endpoints and browsers
have their own rules (`receivers`).
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from services.notifications.commands.alerting import alert
from services.notifications.commands.claim import LaneKey
from services.notifications.domain.lanes import Lane
from services.notifications.domain.results import Result, Trouble
from shared.outbox import Transaction

WATCHED = {"amazon": "Amazon", "ebay": "eBay", "sms": "SMS"}
LATE = timedelta(hours=1)
"""How long calls may fail before somebody is told."""


async def raise_alarm(
    tx: Transaction, lane: LaneKey, state: Lane, results: Iterable[Result], *, late: bool = False
) -> None:
    """Mail the administrators, if there is reason to and today's mail has not been written yet.

    `state` is the lane after these results; `late`: one of them left something undone that has been tried for long.
    """
    troubled = [result for result in results if result.trouble is not None]
    if lane.channel not in WATCHED or not troubled:
        return
    if any(result.trouble is Trouble.REFUSED for result in troubled):
        about = "account_refused"
    elif late or (state.opened_at is not None and tx.now - state.opened_at > LATE):
        about = "calls_failing"
    else:
        return
    subject = str(uuid5(NAMESPACE_URL, f"comptoir:account/{lane.shop}/{lane.channel}"))
    values = {"channel": WATCHED[lane.channel], "reason": troubled[-1].reason or ""}
    await alert(tx, lane.shop, subject, about, values, once=f"{tx.now:%Y-%m-%d}")
