"""What notifications keeps: obligations and their attempts (`delivery`), a shop's marketplaces (`channel`).

Beside them stand the tables every service has.

Written by `commands`, read by `queries`; `migrations` makes the same tables (a test compares).
"""

from services.notifications.tables.channel import (
    channel_accounts,
    channel_listings,
    channel_orders,
    channel_pulls,
    stock,
)
from services.notifications.tables.delivery import access_tokens, attempts, lanes, obligations
from services.notifications.tables.metadata import answers, guards, idempotency_keys, metadata, outbox, parked, shops

__all__ = [
    "access_tokens",
    "answers",
    "attempts",
    "channel_accounts",
    "channel_listings",
    "channel_orders",
    "channel_pulls",
    "guards",
    "idempotency_keys",
    "lanes",
    "metadata",
    "obligations",
    "outbox",
    "parked",
    "shops",
    "stock",
]
