"""Events that a provider signed: kept once each, and each about a charge of ours is a reason to look at that charge.

What the event itself says is not believed beyond that, so events that come twice, late or in the wrong order cost one
look at the most. An event of a kind we do not know is kept, too: the look tells whether it meant money.
"""

from typing import Any

import orjson

from services.billing.commands.asking import look
from services.billing.payments.shapes import kept_of, names_in
from services.billing.queries.charges import charge_named
from services.billing.tables import provider_events
from shared.batch import lock_keys
from shared.contracts import Order
from shared.database import upsert
from shared.outbox import Transaction


async def take_event(tx: Transaction, account: str, event: dict[str, Any]) -> bool:
    """Keep an event whose signature was checked; whether it is news about a charge of ours."""
    names = names_in(event)
    charge = await charge_named(tx.conn, account, names)
    if charge is not None:
        await lock_keys(tx, Order.name, [charge.order_id])
    row = {
        "account": account,
        "event": event["id"],
        "kind": str(event.get("type") or "")[:100],
        "charge_id": None if charge is None else charge.id,
        "body": orjson.dumps(kept_of(event)).decode(),
        "received_at": tx.now,
    }
    kept = await tx.execute(upsert(tx.conn, provider_events, keys=("account", "event")).values(row))
    if charge is None or kept.rowcount == 0:
        return False
    await look(tx, charge)
    return True
