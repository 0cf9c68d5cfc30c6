"""Answers of the other services: what they say becomes facts, the timeline, `settled`, and perhaps an automatic change.

Set-based: a batch of answers, however many, costs the same few statements. An answer raises an order's revision, never
its version; only a rule it triggers (`automatic`) does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from prometheus_client import Histogram
from sqlalchemy import Row, bindparam, select, update

from services.orders.commands.automatic import Trigger, apply_rules
from services.orders.commands.entries import Actor
from services.orders.commands.saving import save_entries
from services.orders.domain.rules import OnShort, Rule, short_cancels
from services.orders.domain.types import StatusType
from services.orders.domain.warnings import ENGLISH, of_money
from services.orders.queries.documents import amount
from services.orders.queries.hearings import (
    BILLING,
    INVENTORY,
    NEVER,
    NOTIFICATIONS,
    HearingRecord,
    as_row,
    find_hearings,
    heard_by_all,
    is_settled,
)
from services.orders.queries.records import EntryRecord
from services.orders.tables import hearings, orders, progress
from shared.contracts import Account, Answer, Delivery, DocumentKind, InvoiceState, Reservation
from shared.database import among, new_id, upsert
from shared.outbox import Transaction

_FACTS = ("stock", "payment", "invoice", "paid", "waived", "warning")
_KNOWN = (
    orders.c.id,
    orders.c.shop,
    orders.c.version,
    orders.c.revision,
    orders.c.type,
    orders.c.status,
    orders.c.currency,
    orders.c.on_short,
    orders.c.raised_by,
    orders.c.sent_at,
    orders.c.settled,
    orders.c.deleted_at,
    orders.c.paid_before,
    orders.c.refunded_before,
    *(orders.c[name] for name in _FACTS),
)
_known_locked = select(*_KNOWN).where(among(orders.c.id, "ids")).order_by(orders.c.id).with_for_update()
_update_facts = update(orders).where(orders.c.id == bindparam("the_id"))
_HEARING_COLUMNS = (
    "version",
    "heard",
    "open",
    "blocked",
    "heard_account",
    "body",
    "answered_at",
    "resent_at",
    "resends",
)

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
HEARD = Histogram(
    "comptoir_order_heard_seconds",
    "From an order's change until a service has dealt with it",
    ["service"],
    buckets=_SECONDS,
)
SETTLED = Histogram(
    "comptoir_order_settled_seconds", "From an order's change until nothing is left to do", buckets=_SECONDS
)

A = TypeVar("A", bound=Answer)
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading(Generic[A]):
    """How one service's answers are read: the facts they bring, and the rules they may trigger."""

    service: str
    facts: Callable[[A], Facts]
    triggers: Callable[[Row[Any], A], Sequence[Trigger]]


@dataclass(slots=True)
class Heard:
    """What a batch of answers adds up to, before it is written."""

    hearings: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    entries: list[tuple[str, EntryRecord]] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    reached: datetime | None = None


async def hear_reservations(tx: Transaction, answers: Sequence[Reservation]) -> None:
    """Inventory's answers: the stock fact; a buyer who wants all or nothing is cancelled when it does not suffice."""
    await _hear(tx, answers, Reading(INVENTORY, lambda answer: {"stock": str(answer.stock)}, _on_short))


async def hear_accounts(tx: Transaction, answers: Sequence[Account]) -> None:
    """Billing's answers: payment and invoice facts; a shop may map a state of payment, or an import, to a status."""
    await _hear(tx, answers, Reading(BILLING, _money, _on_money))


async def hear_deliveries(tx: Transaction, answers: Sequence[Delivery]) -> None:
    """Notifications' answers: what left the house; no fact of the order."""
    await _hear(tx, answers, Reading(NOTIFICATIONS, lambda _answer: {}, lambda _row, _answer: ()))


def _money(answer: Account) -> Facts:
    return {
        "payment": str(answer.payment),
        "invoice": str(answer.invoice),
        "paid": answer.captured - answer.refunded,
        "waived": answer.waived,
        "warning": answer.warning,
    }


def _on_short(row: Row[Any], answer: Reservation) -> tuple[Trigger, ...]:
    cancels = row.deleted_at is None and short_cancels(
        OnShort(row.on_short), StatusType(row.type), answer.stock, heard=answer.heard, version=row.version
    )
    return (Trigger(row.shop, row.id, Rule.ON_SHORT, row.raised_by, StatusType.CANCELLED),) if cancels else ()


def _on_money(row: Row[Any], answer: Account) -> tuple[Trigger, ...]:
    return _on_payment(row, answer) + _on_import(row, answer)


def _on_payment(row: Row[Any], answer: Account) -> tuple[Trigger, ...]:
    """Only a state of payment that is news may move the order; `automatic` asks the shop whether it does.

    What was paid before the order was imported is none.
    """
    if row.deleted_at is not None or answer.payment == row.payment:
        return ()
    if row.paid_before and (answer.captured, answer.refunded) == (row.paid_before, row.refunded_before):
        return ()
    cause = f"{answer.payment}:{answer.captured}:{answer.refunded}"
    return (Trigger(row.shop, row.id, Rule.ON_PAYMENT, cause, str(answer.payment)),)


def _on_import(row: Row[Any], answer: Account) -> tuple[Trigger, ...]:
    """An invoice that was imported is news once; its document is the cause, so that another one is news again."""
    if row.deleted_at is not None or answer.invoice is not InvoiceState.IMPORTED or row.invoice == answer.invoice:
        return ()
    cause = next((found.id for found in reversed(answer.documents) if found.kind is DocumentKind.INVOICE), "")
    return (Trigger(row.shop, row.id, Rule.ON_INVOICE, cause, str(answer.invoice)),)


async def _hear(tx: Transaction, answers: Sequence[A], reading: Reading[A]) -> None:
    by_id = {answer.id: answer for answer in answers}
    rows = (await tx.execute(_known_locked, {"ids": sorted(by_id)})).all()
    known = await find_hearings(tx.conn, [row.id for row in rows])
    heard = Heard()
    for row in rows:
        answer = by_id[row.id]
        if answer.version > known[row.id].get(reading.service, NEVER).version:
            _take(tx, heard, row, answer, reading, known[row.id])
    await _write(tx, heard, reading.service)
    for rule in Rule:  # one after the other, so that each finds what the one before has done
        await apply_rules(tx, [trigger for trigger in heard.triggers if trigger.rule is rule])


def _take(
    tx: Transaction, heard: Heard, row: Row[Any], answer: A, reading: Reading[A], known: dict[str, HearingRecord]
) -> None:
    before = known.get(reading.service, NEVER)
    now = _hearing(tx, before, answer)
    known[reading.service] = now
    heard.hearings.append(as_row(row.id, reading.service, now) | {"body": answer.encode().decode()})
    present = {name: getattr(row, name) for name in _FACTS}
    facts = present | reading.facts(answer)
    values = facts | {
        "revision": row.revision + 1,
        "updated_at": tx.now,
        "heard": heard_by_all(known),
        "settled": is_settled(row.version, known),
    }
    heard.orders.append({"the_id": row.id, **values})
    heard.entries += [(row.id, entry) for entry in _entries(tx, row, reading.service, present, facts)]
    heard.triggers += reading.triggers(row, answer)
    _measure(tx, row, reading.service, settled=values["settled"], first=before.heard < row.version == answer.heard)
    if answer.heard == row.version:
        sent = max(row.sent_at, before.resent_at or row.sent_at)
        heard.reached = max(heard.reached or sent, sent)


def _measure(tx: Transaction, row: Row[Any], service: str, *, settled: bool, first: bool) -> None:
    since = (tx.now - row.sent_at).total_seconds()
    if first:
        HEARD.labels(service).observe(since)
    if settled and not row.settled:
        SETTLED.observe(since)


def _hearing(tx: Transaction, before: HearingRecord, answer: Answer) -> HearingRecord:
    """The hearing after this answer; one that says something new about versions ends the back-off of re-sends."""
    account = answer.heard_account if isinstance(answer, Delivery) else 0
    advanced = answer.heard > before.heard or account > before.heard_account
    return replace(
        before,
        version=answer.version,
        heard=answer.heard,
        open=answer.open,
        blocked=answer.blocked,
        heard_account=account,
        answered_at=tx.now,
        resends=0 if advanced else before.resends,
    )


def _entries(tx: Transaction, row: Row[Any], service: str, before: Facts, after: Facts) -> Iterator[EntryRecord]:
    for kind, text in _news(row.currency, before, after):
        yield _entry(tx, row, service, kind, text)
    code = after["warning"]
    if code and code != before["warning"]:
        told = of_money(code)
        yield replace(_entry(tx, row, service, "warning", told[ENGLISH]), words=told)


def _news(currency: str, before: Facts, after: Facts) -> list[tuple[str, str]]:
    """What the timeline says of changed facts."""
    told = []
    if after["stock"] != before["stock"]:
        told.append(("stock", f"Stock: {after['stock']}"))
    if (after["payment"], after["paid"]) != (before["payment"], before["paid"]):
        told.append(("payment", f"Payment: {after['payment']}, {amount(after['paid'], currency)} {currency} held"))
    if after["invoice"] != before["invoice"]:
        told.append(("invoice", f"Invoice: {after['invoice']}"))
    return told


def _entry(tx: Transaction, row: Row[Any], service: str, kind: str, text: str) -> EntryRecord:
    actor = Actor(service)
    return EntryRecord(new_id(), row.shop, None, tx.now, kind, actor.name, row.status, StatusType(row.type), text)


async def _write(tx: Transaction, heard: Heard, service: str) -> None:
    if not heard.orders:
        return
    await tx.execute(_update_facts, heard.orders)
    await tx.execute(upsert(tx.conn, hearings, keys=["order_id", "service"], update=_HEARING_COLUMNS), heard.hearings)
    await save_entries(tx, heard.entries)
    if heard.reached is not None:
        later = upsert(tx.conn, progress, keys=["service"], update=["sent_at"], newest_by="sent_at")
        await tx.execute(later, [{"service": service, "sent_at": heard.reached}])
    for row in heard.orders:
        tx.hint(row["the_id"], row["revision"])
