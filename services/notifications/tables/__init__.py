"""What notifications keeps: obligations and their attempts (`delivery`), whom webhooks and push go to (`webhook`).

Beside them stand the tables every service has.

Written by `commands`, read by `queries`; `migrations` makes the same tables (a test compares).
"""

from services.notifications.tables.delivery import access_tokens, attempts, lanes, obligations
from services.notifications.tables.metadata import answers, guards, idempotency_keys, metadata, outbox, parked, shops
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
    "exchanges",
    "guards",
    "idempotency_keys",
    "lanes",
    "metadata",
    "obligations",
    "order_states",
    "outbox",
    "own_keys",
    "parked",
    "push_subscriptions",
    "shops",
    "webhook_endpoints",
]
