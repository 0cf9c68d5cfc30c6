"""When an order is said again to a service that lags.

Back-off per (order, service) from 15 s to 1 h, and only to a service that has drained: one that has answered something
sent later than this order's last sending, or whose queue was empty when the sweep began. A service that is merely busy
is left in peace.
"""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=15)
LONGEST = timedelta(hours=1)


def last_sending(sent_at: datetime, resent_at: datetime | None) -> datetime:
    """When the order last went to the service: to all of them, or to it alone."""
    return sent_at if resent_at is None else max(sent_at, resent_at)


def resends_since(sent_at: datetime, resent_at: datetime | None, resends: int) -> int:
    """How often the present version went again to the service: a new version starts anew."""
    return 0 if resent_at is None or resent_at < sent_at else resends


def due_at(sent_at: datetime, resent_at: datetime | None, resends: int) -> datetime:
    """When the next re-sending is due."""
    doublings = min(resends_since(sent_at, resent_at, resends), 10)
    return last_sending(sent_at, resent_at) + min(FIRST * (1 << doublings), LONGEST)


def drained(last: datetime, reached: datetime | None, *, queue_empty: bool) -> bool:
    """Whether the service would have answered by now; `reached` is the latest sending that it has answered."""
    return queue_empty or (reached is not None and reached > last)
