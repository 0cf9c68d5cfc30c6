"""Automatic changes of status: at most once per (order, rule, cause), five between two human ones, then a warning.

They happen in the transaction that applies the answer (or finds the term expired), so nobody can see the cause without
the effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from services.orders.commands.entries import Actor, warning
from services.orders.commands.guarding import needs_tracking
from services.orders.commands.inputs import MoveOrder
from services.orders.commands.moving import Move, moved
from services.orders.commands.saving import Change, save
from services.orders.domain.rules import LIMIT, Rule, Ruling, ruling
from services.orders.domain.transitions import Verdict, verdict
from services.orders.domain.types import StatusType
from services.orders.domain.warnings import words
from services.orders.queries.catalogue import ShopRules, StatusRecord, default_of, list_statuses, shop_rules
from services.orders.queries.records import OrderRecord, lock_orders
from services.orders.tables import applied_rules
from shared.database import among, upsert
from shared.outbox import Transaction


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule whose condition holds for an order.

    `target` is a type (its default status is taken), or for `on_payment` the state of payment that the shop may map,
    and for `on_invoice` the state of the invoice.
    """

    shop: str
    order: str
    rule: Rule
    cause: str
    target: StatusType | str


@dataclass(frozen=True, slots=True)
class _House:
    """What a shop's rules need to know."""

    statuses: list[StatusRecord]
    rules: ShopRules

    def status_for(self, trigger: Trigger) -> StatusRecord | None:
        if isinstance(trigger.target, StatusType):
            return default_of(self.statuses, trigger.target)
        if trigger.rule is Rule.ON_INVOICE:
            mapped = self.rules.on_invoice_imported
        else:
            mapped = self.rules.on_payment.get(trigger.target)
        return next((status for status in self.statuses if status.mnemonic == mapped and status.active), None)


async def apply_rules(tx: Transaction, triggers: Sequence[Trigger]) -> int:
    """Apply these rules to orders whose rows the caller has locked; how many changed."""
    houses = {shop: await _house(tx, shop) for shop in sorted({trigger.shop for trigger in triggers})}
    possible = [trigger for trigger in triggers if houses[trigger.shop].status_for(trigger) is not None]
    if not possible:
        return 0
    records = {record.id: record for record in await lock_orders(tx.conn, [trigger.order for trigger in possible])}
    used = await _used(tx, possible)
    changes: list[Change] = []
    applied: list[Trigger] = []
    for trigger in possible:
        key = (trigger.order, trigger.rule, trigger.cause)
        change = _ruled(tx, records[trigger.order], trigger, houses[trigger.shop], used=key in used)
        if change is not None:
            changes.append(change)
            applied.append(trigger)
    await _remember(tx, applied)
    await save(tx, changes)
    return len(changes)


async def _house(tx: Transaction, shop: str) -> _House:
    return _House(await list_statuses(tx.conn, shop), await shop_rules(tx.conn, shop))


def _ruled(tx: Transaction, record: OrderRecord, trigger: Trigger, house: _House, *, used: bool) -> Change | None:
    status = house.status_for(trigger)
    if status is None or status.mnemonic == record.status or verdict(record.type, status.type) is not Verdict.FREE:
        return None
    actor = Actor("orders", trigger.rule, trigger.cause)
    match ruling(used=used, automatic=record.automatic):
        case Ruling.SKIP:
            return None
        case Ruling.APPLY if not needs_tracking(house.rules, status.type):
            return moved(tx, record, Move(status, house.rules, MoveOrder(status=status.mnemonic)), actor)
        case Ruling.APPLY:
            told = words("untracked", status=status.mnemonic)
        case Ruling.WARN:
            told = words("in_a_row", limit=LIMIT, status=status.mnemonic)
    change = Change(record)
    change.add(warning(tx, record, actor, told))
    return change


async def _used(tx: Transaction, triggers: Sequence[Trigger]) -> set[tuple[str, str, str]]:
    """Which rules acted for which causes already."""
    statement = select(applied_rules.c.order_id, applied_rules.c.rule, applied_rules.c.cause).where(
        among(applied_rules.c.order_id, sorted({trigger.order for trigger in triggers}))
    )
    return {(row.order_id, row.rule, row.cause) for row in await tx.execute(statement)}


async def _remember(tx: Transaction, applied: Sequence[Trigger]) -> None:
    rows = [
        {"order_id": trigger.order, "rule": trigger.rule, "cause": trigger.cause, "at": tx.now} for trigger in applied
    ]
    if rows:
        await tx.execute(upsert(tx.conn, applied_rules, keys=["order_id", "rule", "cause"]), rows)
