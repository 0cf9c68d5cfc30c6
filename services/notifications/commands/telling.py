"""Writes down what webhooks and browsers are to be told of orders and their money.

Per endpoint and order there is one obligation, which holds the newest state and every event not told yet; while its
call is out only its contents change, and `record` sees that a newer state is told next. The callers hold the orders'
guard rows. Neighbours: `converge` and the handler of accounts, which call this; `domain.webhooks`, which knows events.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

from services.notifications.commands.obliging import obligation
from services.notifications.domain.lifecycle import OPEN
from services.notifications.domain.push import PUSH, Notice
from services.notifications.domain.told import Event, ToldAccount
from services.notifications.domain.webhooks import (
    WEBHOOK,
    News,
    after_account,
    after_order,
    ranked,
    told_account,
    told_order,
)
from services.notifications.queries import Found
from services.notifications.queries.audience import Audience, Listener, State, audiences, owed, states
from services.notifications.tables import exchanges, obligations, order_states
from shared.contracts import Account, Order, Outcome
from shared.database import Json, UtcDateTime, among, upsert
from shared.outbox import Transaction

_refresh = (
    update(obligations)
    .where(obligations.c.id == bindparam("row"))
    .values(version=bindparam("of"), payload=bindparam("contents", type_=Json()))
)
_again = (
    update(obligations)
    .where(obligations.c.id == bindparam("row"))
    .values(
        state=str(Outcome.DUE),
        due_at=bindparam("now", type_=UtcDateTime()),
        since=bindparam("now", type_=UtcDateTime()),
        changed_at=bindparam("now", type_=UtcDateTime()),
        asked_at=bindparam("asked", type_=UtcDateTime()),
        attempts=0,
        unsure_since=None,
        reason=None,
        version=bindparam("of"),
        payload=bindparam("contents", type_=Json()),
    )
)


@dataclass(frozen=True, slots=True)
class Change:
    """An order as it now is, and what has just happened to it."""

    state: State
    events: tuple[Event, ...]
    at: datetime
    traceparent: str | None = None


@dataclass(slots=True)
class _Writing:
    """The rows of a whole batch."""

    new: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    refreshed: list[dict[str, Any]] = field(default_factory=list)


async def tell(tx: Transaction, orders: Sequence[Order]) -> bool:
    """Write down whom these newer orders are to be told to; whether there is work for a worker."""
    await _forget_persons(tx, [order.id for order in orders if order.erased])
    found = await audiences(tx.conn, {order.shop for order in orders})
    told = [order for order in orders if order.shop in found]
    if not told:
        return False
    known = await states(tx.conn, [order.id for order in told])
    changes = [_heard_order(tx, known.get(order.id) or State(order.id, order.shop), order) for order in told]
    return await _write(tx, changes, found)


async def tell_accounts(tx: Transaction, accounts: Sequence[Account]) -> bool:
    """The same of what was paid and invoiced."""
    found = await audiences(tx.conn, {account.shop for account in accounts})
    told = [account for account in accounts if account.shop in found]
    if not told:
        return False
    known = await states(tx.conn, [account.id for account in told])
    changes = [_heard_account(tx, known.get(one.id) or State(one.id, one.shop), one) for one in told]
    return await _write(tx, changes, found)


def _heard_order(tx: Transaction, state: State, order: Order) -> Change:
    facts, events = after_order(state.facts, order)
    if state.facts is None and state.account is not None:
        facts, money = after_account(facts, ToldAccount.model_validate(state.account))
        events = ranked((*events, *money))
    now = replace(
        state,
        code=order.code,
        version=order.version,
        revision=state.revision + 1,
        facts=facts,
        order=None if order.erased else told_order(order),
        account=None if order.erased else state.account,
    )
    newest = order.entries[-1] if order.entries else None
    return Change(now, events, newest.at if newest else tx.now, newest.traceparent if newest else None)


def _heard_account(tx: Transaction, state: State, account: Account) -> Change:
    """Before the order itself was heard there is nobody to be told; its events come with it."""
    told = told_account(account)
    document = told.model_dump(mode="json")
    if state.facts is None:
        return Change(replace(state, account=document), (), tx.now)
    if state.facts.erased:
        return Change(state, (), tx.now)
    facts, events = after_account(state.facts, told)
    return Change(replace(state, revision=state.revision + 1, facts=facts, account=document), events, tx.now)


async def _write(tx: Transaction, changes: Sequence[Change], found: Mapping[str, Audience]) -> bool:
    await _store(tx, [change.state for change in changes])
    ready = [change for change in changes if change.state.facts is not None]
    rows = await owed(tx.conn, [change.state.order_id for change in ready])
    writing = _Writing()
    for change in ready:
        audience = found[change.state.shop]
        for listener in audience.listeners:
            _plan(tx, change, listener, rows.get((change.state.order_id, listener.id)), writing)
        writing.new += _notices(tx, change, audience)
    for statement, values in (
        (insert(obligations), writing.new),
        (_again, writing.again),
        (_refresh, writing.refreshed),
    ):
        if values:
            await tx.execute(statement, values)
    return bool(writing.new or writing.again)


async def _store(tx: Transaction, found: Sequence[State]) -> None:
    columns = ("code", "revision", "version", "facts", "order", "account", "changed_at")
    rows = [
        {
            "order_id": state.order_id,
            "shop": state.shop,
            "code": state.code,
            "revision": state.revision,
            "version": state.version,
            "facts": None if state.facts is None else state.facts.as_row(),
            "order": state.order,
            "account": state.account,
            "changed_at": tx.now,
        }
        for state in found
    ]
    await tx.execute(upsert(tx.conn, order_states, keys=("order_id",), update=columns), rows)


def _plan(tx: Transaction, change: Change, listener: Listener, row: Found | None, writing: _Writing) -> None:
    """What one endpoint is to be told: nothing, or everything that it has not been told yet.

    What need not leave is brought up to date all the same: a replay tells how the order then is.
    """
    state = change.state
    wanted = [(str(event), state.revision) for event in listener.filters.wants(state.order or {}, change.events)]
    if row is None:
        if (
            wanted and listener.active and Event.ERASED not in change.events
        ):  # who never heard of the order has nothing to forget
            writing.new.append(_webhook(tx, change, listener, news_of(state, listener, wanted, tx.now)))
        return
    told = [(event, revision) for event, revision in (row.payload or {}).get("events", ())]
    owing = row.due_at is not None or Outcome(row.state) in OPEN
    kept = told if owing or row.state == Outcome.REJECTED or not (wanted and listener.active) else []
    if not kept and not wanted:
        return
    values = {"row": row.id, "of": state.revision, "contents": asdict(news_of(state, listener, kept + wanted, tx.now))}
    if owing or not wanted or not listener.active:
        writing.refreshed.append(values)
    else:
        writing.again.append({**values, "now": tx.now, "asked": change.at})


def news_of(state: State, listener: Listener, events: Collection[tuple[str, int]], now: datetime) -> News:
    """What an endpoint is told of an order."""
    facts = state.facts
    return News(
        endpoint=listener.id,
        order_id=state.order_id,
        code=state.code or "",
        shop=state.shop,
        version=state.version,
        revision=state.revision,
        at=now.isoformat(),
        events=tuple(events),
        order=state.order if listener.full else None,
        account=state.account if listener.full else None,
        deleted=bool(facts and facts.deleted),
        erased=bool(facts and facts.erased),
    )


def _notices(tx: Transaction, change: Change, audience: Audience) -> list[dict[str, Any]]:
    """A message to each browser that wants one of these events, the one that matters most; none of a test order."""
    order = change.state.order
    if not order or order["test"] or change.state.facts is None or change.state.facts.deleted:
        return []
    rows = []
    for browser in audience.browsers:
        event = next((event for event in change.events if event in browser.events), None)
        if event is not None:
            notice = Notice(
                browser.id,
                str(event),
                change.state.order_id,
                change.state.code or "",
                audience.title or change.state.shop,
                order["totals"]["gross"],
                order["currency"],
                browser.language,
            )
            kind = {"channel": PUSH, "verb": browser.service, "subject": browser.id, "role": "operator"}
            rows.append(_row(tx, change, kind | {"revision": change.state.revision}, notice))
    return rows


def _webhook(tx: Transaction, change: Change, listener: Listener, news: News) -> dict[str, Any]:
    kind = {"channel": WEBHOOK, "verb": listener.id, "subject": "order", "role": "receiver", "revision": 0}
    return _row(tx, change, kind, news)


def _row(tx: Transaction, change: Change, kind: dict[str, Any], payload: News | Notice) -> dict[str, Any]:
    state = change.state
    return obligation(
        tx,
        **kind,
        order_id=state.order_id,
        shop=state.shop,
        code=state.code,
        sequence=f"{kind['subject']}/{kind['verb']}/{state.order_id}",
        position=kind["revision"],
        asked_at=change.at,
        traceparent=change.traceparent,
        version=state.revision,
        payload=asdict(payload),
    )


async def _forget_persons(tx: Transaction, orders: Sequence[str]) -> None:
    """What is kept of these orders here says no name any more."""
    if orders:
        await tx.execute(update(order_states).where(among(order_states.c.order_id, orders)).values(order=None))
        await tx.execute(update(exchanges).where(among(exchanges.c.order_id, orders)).values(said=None))
