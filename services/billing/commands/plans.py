"""Choose the accounts that a shop's entries are posted to."""

from dataclasses import asdict

from services.billing.domain import AccountPlan
from services.billing.tables import account_plans
from shared.database import upsert
from shared.outbox import Transaction


async def set_plan(tx: Transaction, shop: str, plan: AccountPlan) -> None:
    """Post to these accounts from now on; exports of earlier days follow, too."""
    row = {"shop": shop, "body": asdict(plan)}
    await tx.execute(upsert(tx.conn, account_plans, keys=["shop"], update=("body",)), [row])
