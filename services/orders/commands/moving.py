"""Changing an order's status, by a person or by a rule: transition, decision, shipment, actions, one history entry.

`move` is the use case; `moved` is its core, which changes records in memory, so that a batch of automatic changes costs
no more statements than one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.clients import tag_buyer
from services.orders.commands.entries import Actor, chosen_actions, quiet, status_entry, warning
from services.orders.commands.guarding import (
    TRACKING,
    TrackingNeeded,
    Uncancellable,
    against_cancelling,
    check_return,
    holds_goods,
    needs_tracking,
)
from services.orders.commands.inputs import MoveOrder, ShipmentInput
from services.orders.commands.saving import Change, save
from services.orders.domain import quantities
from services.orders.domain.checkout import tracking_url
from services.orders.domain.decisions import Decision
from services.orders.domain.links import foretold_token
from services.orders.domain.quantities import Moved, QuantityError
from services.orders.domain.rules import OnShort, Rule
from services.orders.domain.transitions import Question, Verdict, questions, verdict
from services.orders.domain.types import TYPES, Phase, StatusType, Stock
from services.orders.domain.warnings import words
from services.orders.queries.catalogue import ShopRules, StatusRecord, default_of, list_statuses, status_and_rules
from services.orders.queries.documents import order_document
from services.orders.queries.records import OrderRecord, ParcelRecord, lock_order
from services.orders.tables import applied_rules
from shared.database import upsert
from shared.outbox import Transaction
from shared.problems import Invalid, Problem

MARKETPLACES = ("amazon", "ebay")


class Stale(Problem):
    """`If-Match` names another version."""

    slug = "stale-version"
    title = "The order has changed since"


class Erased(Problem):
    """Documents that a change would bring about have nobody to be made out to."""

    slug = "order-erased"
    title = "The client of the order was erased"


class TransitionRefused(Problem):
    """This status cannot be reached from the present one."""

    slug = "transition-refused"
    title = "The order cannot go there from here"


class DecisionRequired(Problem):
    """The change needs a decision that the command did not carry."""

    slug = "decision-required"
    title = "A decision is needed"


class NothingToShip(Invalid):
    """A shipment of nothing, or with a status that ships nothing."""

    slug = "nothing-to-ship"
    title = "There is nothing to ship"


@dataclass(frozen=True, slots=True)
class Move:
    """A change of status with all that it needs: the target with its shop's rules, and the request."""

    status: StatusRecord
    rules: ShopRules
    request: MoveOrder


async def move(
    tx: Transaction, shop: str, code: str, request: MoveOrder, actor: Actor, *, version: int | None = None
) -> OrderRecord:
    """Change the status of one order; `version` is what `If-Match` says. Raises the problems above."""
    record = await lock_order(tx.conn, shop, code)
    check_version(record, version)
    wanted = await wanted_move(tx.conn, record, request)
    await check_transition(tx, record, wanted, actor)
    origin = TYPES[record.type].phase
    change = moved(tx, record, wanted, actor)
    check_tracking(change, wanted)
    if origin is Phase.BACK and actor.is_human:
        await _use_up_on_short(tx, record)
    if origin is Phase.DRAFT and TYPES[record.type].phase is not Phase.BACK:
        await tag_buyer(tx, record)
    await save(tx, [change])
    return record


async def wanted_move(conn: AsyncConnection, record: OrderRecord, request: MoveOrder) -> Move:
    """What the request comes to for this order. Raises `UnknownStatus`."""
    status, rules = await status_and_rules(conn, record.shop, request.status)
    if _ships_a_part(record, status, request):
        status = default_of(await list_statuses(conn, record.shop), StatusType.PARTIALLY_SHIPPED)
    return Move(status, rules, request)


def check_version(record: OrderRecord, version: int | None) -> None:
    """Refuse a command that was thought for another version, or comes after its client was erased."""
    if record.erased:
        raise Erased("The order stays as it is, since its client's data were erased.")
    if version is not None and version != record.version:
        detail = f"The order is at version {record.version}, not {version}."
        raise Stale(detail, current=order_document(record))


async def check_transition(tx: Transaction, record: OrderRecord, wanted: Move, actor: Actor) -> None:
    """Refuse what the table or a line's kind refuses, and ask for the decision that the table wants."""
    origin, target = record.type, wanted.status.type
    found, reasons = ruling(record, target, wanted.rules, actor, tx.now)
    if found is Verdict.REFUSED:
        allowed = [
            status.mnemonic
            for status in await list_statuses(tx.conn, record.shop)
            if status.active and ruling(record, status.type, wanted.rules, actor, tx.now)[0] is not Verdict.REFUSED
        ]
        if reasons:
            raise Uncancellable(" ".join(reasons), allowed=allowed, reasons=reasons)
        raise TransitionRefused(f"An order that is {origin} cannot become {target}.", allowed=allowed)
    if found is Verdict.CONFIRM and wanted.request.decision.stock is None:
        require_decision(questions(origin, target), f"From {origin} to {target} a decision is needed.")


def ruling(
    record: OrderRecord, target: StatusType, rules: ShopRules, actor: Actor, now: datetime
) -> tuple[Verdict, list[str]]:
    """What the change needs, by types and by the kinds of the lines; and what speaks against it where it is refused."""
    found = verdict(record.type, target, rules.profile, manager=actor.manager)
    if target is StatusType.CANCELLED and (reasons := against_cancelling(record, actor, now)):
        return Verdict.REFUSED, reasons
    return found, []


def check_tracking(change: Change, wanted: Move) -> None:
    """Refuse a parcel that the shop's guard does not let out."""
    if missing := missing_tracking(change, wanted):
        detail = f"A status of type {wanted.status.type} needs a carrier and a tracking number in this shop."
        raise TrackingNeeded(detail, errors=[{"field": field, "detail": "is needed"} for field in missing])


def missing_tracking(change: Change, wanted: Move) -> list[str]:
    """The fields that a shop with the guard asks of a parcel of goods; empty where nothing is missing."""
    if not needs_tracking(wanted.rules, wanted.status.type) or not change.parcels:
        return []
    (parcel,) = change.parcels
    if not holds_goods(change.record, parcel):
        return []
    return [f"shipment.{field}" for field in TRACKING if not getattr(parcel, field)]


def require_decision(asked: tuple[Question, ...], detail: str) -> None:
    """Ask, as a problem that names the questions."""
    raise DecisionRequired(detail, questions=[question_document(question) for question in asked])


def question_document(question: Question) -> dict[str, Any]:
    """A question as the API shows it."""
    return {
        "name": question.name,
        "choices": list(question.choices),
        "required": question.required,
        "text": question.text,
    }


def moved(tx: Transaction, record: OrderRecord, wanted: Move, actor: Actor) -> Change:
    """Change the record; the transition has been checked.

    Raises `Invalid` for quantities that are not there, `Unreturnable` for what cannot come back.
    """
    request, status = wanted.request, wanted.status
    origin, change = record.type, Change(record)
    repeats = record.status == status.mnemonic and not request.decision.resend
    outcome = _quantities(tx, record, status.type, request.decision.decided(), request.shipment)
    check_return(record, outcome.lines, actor, tx.now)
    change.raise_version(tx)
    _set_quantities(change, outcome)
    _ship(tx, change, outcome, wanted)
    _set_status(tx, record, status, wanted.rules)
    if wanted.rules.publish_histories and record.history_token is None:
        record.history_token = foretold_token(wanted.rules.link_secret, record.id)
    actions = chosen_actions(status, quiet(request.actions) if repeats else request.actions)
    if actions.invoice is not None:
        record.invoice_wanted = actions.invoice
    entry = status_entry(tx, record, status, actions, actor, request.comment, request.texts)
    record.status_entry = entry.id
    record.automatic = 0 if actor.is_human else record.automatic + 1
    change.add(entry)
    if origin is StatusType.CANCELLED and record.channel in MARKETPLACES and TYPES[status.type].phase is not Phase.BACK:
        change.add(warning(tx, record, actor, words("revived", channel=record.channel.capitalize())))
    return change


def _quantities(
    tx: Transaction, record: OrderRecord, target: StatusType, decision: Decision, shipment: ShipmentInput | None
) -> Moved:
    if shipment is not None and not TYPES[target].ships:
        raise NothingToShip(f"A shipment cannot go with a status of type {target}.", field="shipment")
    try:
        outcome = quantities.move(
            record.quantities,
            record.type,
            target,
            tx.now,
            decision,
            None if shipment is None else shipment.quantities(),
        )
    except QuantityError as error:
        raise Invalid(str(error), field="shipment" if shipment is not None else "decision") from None
    if shipment is not None and not outcome.parcel:
        raise NothingToShip("Everything has left already.", field="shipment")
    return outcome


def _set_quantities(change: Change, outcome: Moved) -> None:
    for line, stock in zip(change.record.lines, outcome.lines, strict=True):
        if line.quantities != stock:
            line.quantities = stock
            change.lines.append(line)


def _ship(tx: Transaction, change: Change, outcome: Moved, wanted: Move) -> None:
    """Record the parcel, numbered for ever: marketplaces know it by its number."""
    if not outcome.parcel:
        return
    record, shipment = change.record, wanted.request.shipment
    record.parcels += 1
    carrier = (shipment.carrier if shipment else None) or record.carrier
    number = shipment.tracking_number if shipment else None
    parcel = ParcelRecord(
        number=record.parcels,
        carrier=carrier,
        tracking_number=number,
        shipped_at=tx.now,
        lines=sorted(outcome.parcel.items()),
        tracking_url=tracking_url(wanted.rules.checkout, carrier, number),
    )
    record.shipments.append(parcel)
    change.parcels.append(parcel)


def _set_status(tx: Transaction, record: OrderRecord, status: StatusRecord, rules: ShopRules) -> None:
    if status.type is not StatusType.AWAITING_PAYMENT:
        record.expires_at = None
    elif record.type is not StatusType.AWAITING_PAYMENT and rules.payment_term_hours is not None:
        record.expires_at = tx.now + timedelta(hours=rules.payment_term_hours)
    record.status = status.mnemonic
    record.type = status.type
    record.indicator = status.indicator or record.indicator
    record.status_name = status.texts_in(record.language).get("name", status.mnemonic)


def _ships_a_part(record: OrderRecord, status: StatusRecord, request: MoveOrder) -> bool:
    """Whether goods stay behind although the status says that all left: `partially_shipped` is what is true then."""
    if request.shipment is None or request.shipment.lines is None or TYPES[status.type].stock is not Stock.SHIPS_REST:
        return False
    named = request.shipment.quantities().lines or {}
    return any(line.stocked and line.left > named.get(line.id, 0) for line in record.quantities)


async def _use_up_on_short(tx: Transaction, record: OrderRecord) -> None:
    """A person who revives an order decides about its stock: `on_short` does not cancel it again."""
    if record.on_short == OnShort.CANCEL:
        row = {"order_id": record.id, "rule": Rule.ON_SHORT, "cause": record.raised_by, "at": tx.now}
        await tx.execute(upsert(tx.conn, applied_rules, keys=["order_id", "rule", "cause"]), [row])
