"""What notifications keeps: obligations and their attempts (`delivery`), beside the tables every service has.

Written by `commands`, read by `queries`; `migrations` makes the same tables (a test compares).
"""

from services.notifications.tables.delivery import access_tokens, attempts, lanes, obligations
from services.notifications.tables.metadata import answers, guards, idempotency_keys, metadata, outbox, parked, shops

__all__ = [
    "access_tokens",
    "answers",
    "attempts",
    "guards",
    "idempotency_keys",
    "lanes",
    "metadata",
    "obligations",
    "outbox",
    "parked",
    "shops",
]
