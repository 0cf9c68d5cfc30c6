"""How many units of a product a marketplace is told of, and in which order levels leave.

A level is the newest there is, not a change: sending it twice, or only the last of many, is the same. A zero goes
before everything else, since it is what keeps a unit from being sold twice; a new price waits its turn.
"""

from datetime import datetime, timedelta

from services.notifications.domain.channel_accounts import Policy

ZERO_FIRST, OTHERS = 0, 1

INTERVALS = {"amazon": timedelta(seconds=30), "ebay": timedelta(minutes=12)}
"""How long levels of one listing are gathered. eBay revises a listing 250 times a day: at this pace 120 times, and as
often again for the zero that may follow each of them."""


LONGEST_SKU = {"amazon": 200, "ebay": 50}
"""Characters of a listing's SKU that a marketplace takes."""


def exposed(available: int, policy: Policy) -> int:
    """Units shown at the marketplace: what is free less the buffer, at most the maximum, never less than none."""
    shown = max(0, available - policy.buffer)
    return shown if policy.maximum is None else min(shown, policy.maximum)


def urgency(quantity: int) -> int:
    """The place of a level in its lane."""
    return ZERO_FIRST if quantity == 0 else OTHERS


def due(channel: str, attempted_at: datetime | None, now: datetime, *, sold_out: bool) -> datetime:
    """When a new level may leave: at once where it says `sold_out`, else not too soon after the one before."""
    if sold_out or attempted_at is None:
        return now
    return max(now, attempted_at + INTERVALS[channel])
