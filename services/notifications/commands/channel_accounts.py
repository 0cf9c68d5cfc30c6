"""Writes down how a shop deals with a marketplace; credentials are sealed before they come here.

A change is seen by every replica at its next call (by the row's version); the access token of older credentials is
forgotten in the same transaction, and what refused credentials held back is tried at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update

from services.notifications.commands.claim import probe_now
from services.notifications.commands.stock import expose_all
from services.notifications.domain.channel_accounts import policy_of
from services.notifications.queries import Found
from services.notifications.queries.channels import find_account
from services.notifications.tables import access_tokens, channel_accounts, channel_pulls
from shared.database import upsert
from shared.outbox import Transaction

FIRST_PULL = timedelta(days=2)
"""How far back the first round reads: what is older was dealt with before the shop came here."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Credentials as they rest; None takes them away, so that those of the environment serve."""

    text: str | None


async def put_account(
    tx: Transaction, shop: str, channel: str, account: dict[str, Any], credentials: Sealed | None
) -> Found:
    """Make or change the account; None leaves its credentials as they are."""
    key = {"shop": shop, "channel": channel}
    row = {"version": 0, "account": account, "credentials": None, "changed_at": tx.now}
    await tx.execute(upsert(tx.conn, channel_accounts, keys=("shop", "channel")), [key | row])
    c = channel_accounts.c
    values: dict[str, Any] = {"version": c.version + 1, "account": account, "changed_at": tx.now}
    if credentials is not None:
        values["credentials"] = credentials.text
        t = access_tokens.c
        await tx.execute(delete(access_tokens).where(t.shop == shop, t.channel == channel))
    await tx.execute(update(channel_accounts).where(c.shop == shop, c.channel == channel).values(values))
    await probe_now(tx, channel, shop)
    await _schedule(tx, shop, channel, account)
    await expose_all(tx, shop, channel)
    found = await find_account(tx.conn, shop, channel)
    assert found is not None  # noqa: S101 - it was written above
    return found


async def _schedule(tx: Transaction, shop: str, channel: str, account: dict[str, Any]) -> None:
    """Pull at once, or no more; how far the orders were read stays."""
    policy = policy_of(account)
    due = tx.now if policy.enabled and policy.pull_orders else None
    row = {"shop": shop, "channel": channel, "since": tx.now - FIRST_PULL, "due_at": due, "fence": 0}
    await tx.execute(upsert(tx.conn, channel_pulls, keys=("shop", "channel"), update=("due_at",)), [row])
