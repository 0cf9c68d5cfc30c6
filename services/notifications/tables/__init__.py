"""What notifications keeps: obligations and attempts (`delivery`), marketplaces (`channel`), receivers (`webhook`),
documents (`papers`), what SMS providers report (`sms`), undelivered mails (`bounce`).

Beside them stand the tables every service has.

Written by `commands`, read by `queries`; `migrations` makes the same tables (a test compares).
"""

from services.notifications.tables.bounce import bounces
from services.notifications.tables.channel import (
    channel_accounts,
    channel_listings,
    channel_orders,
    channel_pulls,
    stock,
)
from services.notifications.tables.delivery import access_tokens, attempts, lanes, obligations
from services.notifications.tables.metadata import answers, guards, idempotency_keys, metadata, outbox, parked, shops
from services.notifications.tables.papers import order_papers
from services.notifications.tables.sms import sms_reports
from services.notifications.tables.webhook import (
    exchanges,
    order_states,
    own_keys,
    push_subscriptions,
    webhook_endpoints,
)

__all__ = [
    "access_tokens",
    "answers",
    "attempts",
    "bounces",
    "channel_accounts",
    "channel_listings",
    "channel_orders",
    "channel_pulls",
    "exchanges",
    "guards",
    "idempotency_keys",
    "lanes",
    "metadata",
    "obligations",
    "order_papers",
    "order_states",
    "outbox",
    "own_keys",
    "parked",
    "push_subscriptions",
    "shops",
    "sms_reports",
    "stock",
    "webhook_endpoints",
]
