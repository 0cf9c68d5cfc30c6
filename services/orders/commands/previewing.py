"""What a change of status would do, computed by doing it to a copy: `moving.moved`, and the message it would send.

So a preview cannot differ from the change: stock, publication, mail and SMS are read off the copy and off the entry
that the services would hear. `paperwork` foretells the documents. Nothing is written.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.orders.commands.entries import Actor
from services.orders.commands.guarding import Unreturnable
from services.orders.commands.inputs import MoveOrder
from services.orders.commands.moving import MARKETPLACES, Move, check_tracking, missing_tracking, moved
from services.orders.commands.paperwork import foretold
from services.orders.commands.saving import Change
from services.orders.domain.transitions import stock_choices
from services.orders.domain.types import StatusType, levels
from services.orders.queries.documents import amount
from services.orders.queries.messages import order_message
from services.orders.queries.records import EntryRecord, LineRecord, OrderRecord, ParcelRecord
from shared.contracts import Account, LineKind, Order, Shop
from shared.outbox import Transaction

UNPAID = ("unpaid", "failed")
SHORT = ("short", "partly")
LINES = "lines"
"""The choice that needs quantities: whoever asks for it previews with them."""


@dataclass(frozen=True, slots=True)
class StockEffect:
    """What happens to one line: units newly held, leaving, released, back, scrapped of these; and what it then has."""

    line: int
    sku: str
    hold: int
    ship: int
    release: int
    restock: int
    scrap: int
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Who is written to; `role` is `client` or `administrator`."""

    role: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Warned:
    """What a person should know before; `code` for programs, `text` for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Effects:
    """All that one change of status does. `status` is where the order ends; a part shipped is `partially_shipped`."""

    status: str
    type: str
    stock: tuple[StockEffect, ...]
    parcel: int | None
    publish: bool
    mail: tuple[Told, ...]
    sms: str | None
    invoice: bool
    credit_note: bool
    refund: str | None
    marketplace: str | None
    payable: bool
    warnings: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the effects depend on besides the order: its shop, and what billing last said of it."""

    shop: Shop
    account: Account | None


def preview(
    tx: Transaction, record: OrderRecord, wanted: Move, actor: Actor, around: Surroundings, *, strictly: bool = False
) -> Effects:
    """What the change would do; `tx` lends its clock. Raises what the change itself would raise.

    Only `strictly` does a missing tracking number count as an error: before anybody wrote one it is a warning.
    """
    after = _copy(record)
    change = moved(tx, after, wanted, actor)
    if strictly:
        check_tracking(change, wanted)
    entry = change.entries[0]
    message = order_message(after, publishes=wanted.rules.publish_histories)
    papers = foretold(message, around.shop.invoice_policy, around.account)
    confirms = after.channel in MARKETPLACES and not after.test and _holds_items(after, change.parcels)
    return Effects(
        status=after.status,
        type=after.type,
        stock=() if record.test else tuple(_stock(record.lines, after.lines)),
        parcel=change.parcels[0].number if change.parcels else None,
        publish=entry.publish,
        mail=tuple(_mail(after, entry, around.shop)),
        sms=_phone(after, around.shop) if entry.sms else None,
        invoice=papers.invoice,
        credit_note=papers.credit_note,
        refund=_refund(record, after, around.account),
        marketplace="confirm" if confirms else None,
        payable=levels(after.type).payable,
        warnings=tuple(_warnings(record, change, wanted, around.shop)),
    )


def foreseen(tx: Transaction, record: OrderRecord, wanted: Move, actor: Actor, language: str | None = None) -> Order:
    """The message that the change would send: notifications previews mails and SMS from it, as it would make them.

    `language`: as if the order were in this one.
    """
    after = _copy(record)
    after.language = language or record.language
    check_tracking(moved(tx, after, wanted, actor), wanted)
    return order_message(after, publishes=wanted.rules.publish_histories)


def choices(
    tx: Transaction, record: OrderRecord, wanted: Move, actor: Actor, around: Surroundings
) -> dict[str, Effects]:
    """The effects by each word of a decision on stock, but for `lines` and for what the lines' kinds rule out."""
    found = {}
    for word in stock_choices(record.type, wanted.status.type):
        if word != LINES:
            request = MoveOrder.model_validate({"status": wanted.status.mnemonic, "decision": {"stock": word}})
            with suppress(Unreturnable):
                found[word] = preview(tx, record, replace(wanted, request=request), actor, around)
    return found


def _copy(record: OrderRecord) -> OrderRecord:
    """A record that may be changed; what commands replace as a whole is shared."""
    return replace(
        record,
        lines=[replace(line) for line in record.lines],
        shipments=list(record.shipments),
        unheard=list(record.unheard),
    )


def _holds_items(record: OrderRecord, parcels: Iterable[ParcelRecord]) -> bool:
    """Whether a marketplace is told of the parcels: what was paid for delivery is no item of its."""
    items = {line.id for line in record.lines if line.kind != LineKind.SERVICE}
    return any(line in items for parcel in parcels for line, _ in parcel.lines)


def _stock(before: list[LineRecord], after: list[LineRecord]) -> Iterator[StockEffect]:
    for old, new in zip(before, after, strict=True):
        was, now = old.quantities, new.quantities
        if (was.hold, was.shipped, was.restocked) == (now.hold, now.shipped, now.restocked):
            continue
        ship = now.shipped - was.shipped
        yield StockEffect(
            line=new.id,
            sku=new.sku,
            hold=max(0, now.hold - was.hold),
            ship=ship,
            release=max(0, was.hold - now.hold - ship),
            restock=now.restocked - was.restocked,
            scrap=now.scrapped - was.scrapped,
            after={
                "hold": now.hold,
                "shipped": now.shipped,
                "restocked": now.restocked,
                "scrapped": now.scrapped,
                "locations": [asdict(at) for at in now.locations],
            },
        )


def _mail(record: OrderRecord, entry: EntryRecord, shop: Shop) -> Iterator[Told]:
    if entry.mail and record.email:
        yield Told("client", (record.customer["email"],))
    if entry.mail_admins and shop.administrators:
        yield Told("administrator", shop.administrators)


def _phone(record: OrderRecord, shop: Shop) -> str | None:
    return (record.customer.get("phone") or None) if shop.sms else None


def _refund(before: OrderRecord, after: OrderRecord, account: Account | None) -> str | None:
    """What the client gets back for entering this status; marketplaces pay their own clients."""
    enters = after.type == StatusType.REFUNDED and before.type != StatusType.REFUNDED
    if account is None or not enters or after.channel in MARKETPLACES:
        return None
    kept = account.captured - account.refunded
    return amount(kept, account.currency) if kept > 0 else None


def _warnings(record: OrderRecord, change: Change, wanted: Move, shop: Shop) -> Iterator[Warned]:
    after, entry = change.record, change.entries[0]
    stops = levels(record.type).payable and not levels(after.type).payable
    if stops and record.payment in UNPAID:
        yield Warned("stops_being_payable", "The order is not paid, and its client can no longer pay it.")
    if missing_tracking(change, wanted):
        yield Warned("tracking_needed", "A carrier and a tracking number are needed.")
    if change.parcels and record.stock in SHORT:
        yield Warned("short", "Not everything is in stock: what leaves is taken from orders that wait.")
    if entry.sms and not shop.sms:
        yield Warned("sms_off", "SMS are not activated in this shop: none is sent.")
    elif entry.sms and _phone(after, shop) is None:
        yield Warned("no_phone", "The client has no phone number: no SMS is sent.")
    for more in change.entries[1:]:
        yield Warned("marketplace", more.text)
