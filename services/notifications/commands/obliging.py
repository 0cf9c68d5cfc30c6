"""The row of a new obligation: due, never attempted, under the key that makes it happen at most once.

Whoever writes one down says what it is and for what; how it begins stands here alone. `claim` and `record` take it on.
"""

from datetime import datetime, timedelta
from typing import Any

from shared.contracts import Outcome
from shared.database import new_id
from shared.outbox import Transaction

KEY = ("order_id", "channel", "verb", "subject", "role", "revision")
"""What happens at most once: the unique key of the table, for `upsert`."""


def obligation(
    tx: Transaction,
    *,
    order_id: str,
    shop: str,
    channel: str,
    verb: str,
    subject: str,
    role: str,
    sequence: str,
    position: int,
    payload: object,
    revision: int = 0,
    code: str | None = "",
    version: int = 0,
    asked_at: datetime | None = None,
    traceparent: str | None = None,
    wait: timedelta = timedelta(),
) -> dict[str, Any]:
    """A row of `obligations`. `order_id` is the order's, or the id of what it is about where no order asked for it.

    `payload` is a dataclass of `domain.payloads`, or plain JSON; `wait`: how long it is not due yet.
    """
    return {
        "id": new_id(),
        "order_id": order_id,
        "shop": shop,
        "code": code,
        "channel": channel,
        "verb": verb,
        "subject": subject,
        "role": role,
        "revision": revision,
        "sequence": sequence,
        "position": position,
        "state": str(Outcome.DUE),
        "due_at": tx.now + wait,
        "since": tx.now,
        "asked_at": asked_at or tx.now,
        "changed_at": tx.now,
        "attempts": 0,
        "fence": 0,
        "traceparent": traceparent,
        "version": version,
        "payload": payload,
    }
