"""Which events a change of an order is, which of them an endpoint wants, and what it is then told.

A body says how the order now is, so events that nobody has been told yet gather on one obligation and leave together.
`told` has the words of the body, `commands.telling` writes the obligations, `channels.webhooks` sends them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.notifications.domain.told import Body, Event, ToldAccount, ToldOrder
from shared.contracts import Account, DocumentKind, Order, PaymentState, StatusType

WEBHOOK = "webhook"
"""The channel; the verb is the endpoint's id, so that each endpoint is a lane of its own."""

HISTORY = timedelta(days=7)
"""What was placed longer ago when we first hear of it is imported: no client waits, and nobody is to be greeted."""

BY_TYPE = {
    StatusType.PARTIALLY_SHIPPED: Event.SHIPPED,
    StatusType.SHIPPED: Event.SHIPPED,
    StatusType.DELIVERED: Event.DELIVERED,
    StatusType.COMPLETED: Event.COMPLETED,
    StatusType.CANCELLED: Event.CANCELLED,
    StatusType.RETURNED: Event.RETURNED,
    StatusType.REFUNDED: Event.REFUNDED,
}
_BY_DOCUMENT = {DocumentKind.INVOICE: Event.INVOICED, DocumentKind.CREDIT_NOTE: Event.CREDITED}
_RANK = {event: place for place, event in enumerate(Event)}


@dataclass(frozen=True, slots=True)
class Facts:
    """What events are told by: the order as it was when somebody was last to be told of it."""

    version: int = 0
    status: str = ""
    type: str = ""
    parcels: int = 0
    deleted: bool = False
    erased: bool = False
    payment: str = str(PaymentState.UNPAID)
    refunded: int = 0
    documents: tuple[str, ...] = ()

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> "Facts":
        """As a row holds them."""
        return cls(**{**known, "documents": tuple(known["documents"])})

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Filters:
    """What an endpoint wants to hear of; empty: everything. An event may be a whole family, `order.*`."""

    events: tuple[str, ...] = ()
    status_types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    test_orders: bool = False

    def wants(self, order: Mapping[str, Any], events: Iterable[Event]) -> tuple[Event, ...]:
        """Which of these events of the told `order` it wants; an erasure concerns everybody."""
        chosen = tuple(event for event in events if self._names(event))
        if not chosen or Event.ERASED in chosen:
            return chosen
        passes = (
            (self.test_orders or not order.get("test"))
            and (not self.status_types or order["status"]["type"] in self.status_types)
            and (not self.channels or order["channel"] in self.channels)
        )
        return chosen if passes else ()

    def _names(self, event: Event) -> bool:
        family = f"{event.partition('.')[0]}.*"
        return event is Event.ERASED or not self.events or event in self.events or family in self.events


def after_order(facts: Facts | None, order: Order) -> tuple[Facts, tuple[Event, ...]]:
    """The facts once the order was heard, and what happened to it since `facts` (None: nobody was told of it yet)."""
    before = facts or _imported(order)
    now = replace(
        before,
        version=order.version,
        status=order.status.mnemonic,
        type=str(order.status.type),
        parcels=len(order.parcels),
        deleted=order.deleted,
        erased=order.erased,
    )
    if order.erased or order.deleted:
        gone = {Event.ERASED: order.erased and not before.erased, Event.DELETED: order.deleted and not before.deleted}
        return now, tuple(event for event, news in gone.items() if news)
    return now, ranked(_events(facts, now, order) or {Event.UPDATED})


def _imported(order: Order) -> Facts:
    """Before an order was heard of; what was paid for it before it was imported is no news."""
    paid = order.paid_before and order.paid_before >= order.totals.gross
    return Facts(payment=str(PaymentState.PAID if paid else PaymentState.UNPAID), refunded=order.refunded_before)


def _events(facts: Facts | None, now: Facts, order: Order) -> set[Event]:
    """What happened to an order that is still there; of one that nobody knew, only what has just happened."""
    found = set()
    if _is_placed(facts, order):
        found.add(Event.PLACED)
    elif _is_moved(facts, order):
        found.add(Event.MOVED)
    if facts is None and not found:
        return found
    before = facts or Facts()
    if before.type != now.type and order.status.type in BY_TYPE:
        found.add(BY_TYPE[order.status.type])
    if now.parcels > before.parcels:
        found.add(Event.SHIPPED)
    return found


def after_account(facts: Facts, account: ToldAccount) -> tuple[Facts, tuple[Event, ...]]:
    """The facts once the account was heard, and what happened to the order's money since."""
    issued = [document for document in account.documents if document.id not in facts.documents]
    found = {_BY_DOCUMENT[document.kind] for document in issued if document.kind in _BY_DOCUMENT}
    if account.payment == PaymentState.PAID and facts.payment != PaymentState.PAID:
        found.add(Event.SETTLED)
    if account.refunded > facts.refunded:
        found.add(Event.PAID_BACK)
    documents = tuple(document.id for document in account.documents)
    now = replace(facts, payment=str(account.payment), refunded=account.refunded, documents=documents)
    return now, ranked(found)


def ranked(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each once, what matters most first."""
    return tuple(sorted(set(events), key=_RANK.__getitem__))


def told_order(order: Order) -> dict[str, Any]:
    """The order as it is kept to be told; nothing of one that was erased."""
    return {} if order.erased else ToldOrder.model_validate(order.model_dump()).model_dump(mode="json")


def told_account(account: Account) -> ToldAccount:
    """The money as it is kept to be told."""
    return ToldAccount.model_validate(account.model_dump())


@dataclass(frozen=True, slots=True)
class News:
    """What an endpoint is told of one order: as an obligation's payload holds it.

    `events` are (event, the revision that brought it): what came while a call was out is still to be told after it.
    """

    endpoint: str
    order_id: str
    code: str
    shop: str
    version: int
    revision: int
    at: str
    events: tuple[tuple[str, int], ...]
    order: dict[str, Any] | None = None
    account: dict[str, Any] | None = None
    deleted: bool = False
    erased: bool = False


def body_of(news: News) -> Body:
    """The body of a webhook."""
    events = ranked(Event(event) for event, _ in news.events)
    data = asdict(news) | {"id": news.order_id, "events": events}
    return Body.model_validate({"type": events[0], "timestamp": datetime.fromisoformat(news.at), "data": data})


def untold(payload: Mapping[str, Any], told: int) -> list[list[Any]]:
    """The events of a payload that came after the revision which was told."""
    return [[event, revision] for event, revision in payload["events"] if revision > told]


def _is_placed(facts: Facts | None, order: Order) -> bool:
    if order.status.type == StatusType.DRAFT:
        return False
    if facts is None or not facts.type:
        return any(entry.version == 1 and entry.at - order.placed_at < HISTORY for entry in order.entries)
    return facts.type == StatusType.DRAFT


def _is_moved(facts: Facts | None, order: Order) -> bool:
    if facts is None or not facts.type:
        return order.version > 1 and bool(order.entries) and order.entries[-1].version == order.version
    return facts.status != order.status.mnemonic
