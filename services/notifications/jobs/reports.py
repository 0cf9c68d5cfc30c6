"""Heeds what SMS providers reported, batch by batch; on a timer, since a report may come before what it is about."""

from services.notifications.commands.sms_reports import heed
from shared.outbox import Outbox


async def heed_reports(outbox: Outbox) -> None:
    """The job."""
    more = True
    while more:
        async with outbox.transaction(batch=True) as tx:
            more = await heed(tx)
