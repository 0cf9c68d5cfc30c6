"""Changing what an order sells: lines added, removed, changed, coupons; and correcting a parcel that left.

Stock follows by itself, since the message carries absolute quantities. What a live invoice covers changes only with the
decision `reinvoice`; billing then credits it in full and issues the next generation.
"""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from services.orders.commands.entries import Actor, plain_entry
from services.orders.commands.guarding import check_correction
from services.orders.commands.inputs import CorrectParcel, EditLines, LineEdit, LineInput, check_price
from services.orders.commands.moving import check_version, require_decision
from services.orders.commands.pricing import price
from services.orders.commands.promoting import coupons_of, offers, promote, replace_uses
from services.orders.commands.quoting import Prices, prices_of
from services.orders.commands.saving import Change, save
from services.orders.domain import lines as rules
from services.orders.domain.checkout import tracking_url
from services.orders.domain.kinds import STOCKED, odd_booking
from services.orders.domain.lines import Edited, EditRefused
from services.orders.domain.quantities import Line, Lines
from services.orders.domain.transitions import Question
from services.orders.queries.catalogue import shop_rules
from services.orders.queries.records import LineRecord, OrderRecord, find_order, lock_order
from shared.contracts import InvoicePolicy
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem
from shared.security import find_shop

LIVE = ("issued", "imported")
"""Invoice facts that say that an invoice stands."""
REINVOICE = Question("reinvoice", ("true",), "Is the invoice credited in full and issued anew?")


class LinesLocked(Problem):
    """The lines cannot be edited so in this state."""

    slug = "lines-locked"
    title = "These lines cannot be changed"


@dataclass(frozen=True, slots=True)
class _Applied:
    """What an edit did: the lines that the request named or made, and whether it asks for more stock."""

    wanted: frozenset[int]
    raised: bool


@dataclass(frozen=True, slots=True)
class _Covered:
    """An edit as an invoice sees it: quantities before it, terms before and after it."""

    stocks: Lines
    before: rules.Sold
    after: rules.Sold


async def edit_lines(
    tx: Transaction, shop: str, code: str, request: EditLines, actor: Actor, *, version: int | None = None
) -> OrderRecord:
    """Bring the lines to what the request says. Raises `LinesLocked`, `DecisionRequired`, `Invalid`."""
    record = await lock_order(tx.conn, shop, code)
    check_version(record, version)
    before, stocks = {line.id: line.terms for line in record.lines}, record.quantities
    change = Change(record, details=True)
    applied = await _apply(tx, change, request)
    after = {line.id: line.terms for line in record.lines if line.id in applied.wanted}
    await _check_invoice(tx, record, request, _Covered(stocks, before, after))
    change.raise_version(tx)
    entry = plain_entry(tx, record, "lines", actor, _summary(before, after))
    entry.message = request.comment
    if applied.raised:
        record.raised_by = entry.id
    record.automatic = 0
    change.add(entry)
    await save(tx, [change])
    return record


async def preview_lines(tx: Transaction, shop: str, code: str, request: EditLines) -> OrderRecord:
    """The order as `edit_lines` would leave it, with the same amounts, and nothing written."""
    record = await find_order(tx.conn, shop, code)
    await _apply(tx, Change(record), request, preview=True)
    return record


async def correct_parcel(
    tx: Transaction, shop: str, code: str, number: int, request: CorrectParcel, actor: Actor
) -> OrderRecord:
    """Give a parcel this carrier and tracking number, or none; a marketplace that knows it is told again.

    Raises `TrackingNeeded` where the shop's guard wants both.
    """
    record = await lock_order(tx.conn, shop, code)
    parcel = next((parcel for parcel in record.shipments if parcel.number == number), None)
    if parcel is None:
        raise NotFound(f"Order {record.code} has no parcel {number}.")
    rules = await shop_rules(tx.conn, shop)
    check_correction(record, parcel, rules, request)
    parcel.carrier, parcel.tracking_number = request.carrier, request.tracking_number
    parcel.tracking_url = tracking_url(rules.checkout, request.carrier, request.tracking_number)
    parcel.revision += 1
    change = Change(record, parcels=[parcel])
    change.raise_version(tx)
    text = f"Parcel {number}: {request.carrier or '-'} {request.tracking_number or '-'}"
    change.add(plain_entry(tx, record, "parcel", actor, text))
    await save(tx, [change])
    return record


def _wanted(record: OrderRecord, request: EditLines, prices: Prices) -> dict[int, LineRecord]:
    """The lines as they shall be, by id; new ones get the next ids."""
    present = {line.id: line for line in record.lines}
    wanted: dict[int, LineRecord] = {}
    next_line = record.next_line
    for number, line in enumerate(request.lines):
        if line.id is None:
            found, next_line = _new_line(record, prices, line, next_line, number), next_line + 1
        elif line.id in present and line.id not in wanted:
            found = _changed_line(present[line.id], line)
        else:
            detail = f"Line {line.id} is named twice." if line.id in wanted else f"There is no line {line.id}."
            raise Invalid(detail, field=f"lines.{number}.id")
        _check_price(record, found, number)
        _check_booking(found, present.get(found.id), number)
        wanted[found.id] = found
    record.next_line = next_line
    return wanted


def _new_line(record: OrderRecord, prices: Prices, line: LineEdit, id_: int, number: int) -> LineRecord:
    given = line.model_dump(include=set(LineInput.model_fields) - {"shipped"}, exclude_none=True)
    try:
        new = LineInput.model_validate(given)
    except ValidationError as error:
        errors = [
            {"field": f"lines.{number}.{'.'.join(map(str, found['loc']))}", "detail": found["msg"]}
            for found in error.errors()
        ]
        raise Invalid("A new line needs everything that an order's line needs.", errors=errors) from None
    quoted = prices.line(new, number, record.email, record.currency, with_tax=record.prices_include_tax)
    return LineRecord(
        Line(id_, new.quantity, new.stocked),
        new.sku,
        new.name,
        new.kind,
        quoted.unit_price,
        new.tax_rate,
        new.external_id,
        booked_for=new.booked_for,
        price_list=quoted.price_list,
    )


def _changed_line(line: LineRecord, wanted: LineEdit) -> LineRecord:
    given = wanted.model_dump(
        include={"sku", "name", "kind", "unit_price", "tax_rate", "external_id", "booked_for"}, exclude_none=True
    )
    stock = line.quantities
    ordered = stock.ordered if wanted.quantity is None else wanted.quantity
    stocked = stock.stocked if wanted.kind is None else wanted.kind in STOCKED
    changed = replace(line, **given, quantities=replace(stock, ordered=ordered, stocked=stocked))
    if (changed.sku, changed.unit_price) != (line.sku, line.unit_price):
        changed.price_list = None
    if changed.kind != line.kind and changed.kind != "booking":
        changed.booked_for = wanted.booked_for
    return changed


def _check_booking(line: LineRecord, before: LineRecord | None, number: int) -> None:
    """Refuse a new or changed line whose moment does not go with its kind; what was imported so may stay."""
    stays = before is not None and (before.kind, before.booked_for) == (line.kind, line.booked_for)
    if not stays and (reason := odd_booking(line.kind, line.booked_for)):
        raise Invalid(f"Line {line.id}: {reason}.", field=f"lines.{number}.booked_for")


def _check_price(record: OrderRecord, line: LineRecord, number: int) -> None:
    field = f"lines.{number}.unit_price"
    try:
        check_price(line.unit_price, record.currency, record.prices_include_tax, field)
    except ValueError as error:
        raise Invalid(str(error), field=field) from None


async def _apply(tx: Transaction, change: Change, request: EditLines, *, preview: bool = False) -> _Applied:
    """Bring the record to the request, amounts and promotions with it."""
    record = change.record
    before = {line.id: line.terms for line in record.lines}
    unpriced = [line.sku for line in request.lines if line.id is None and line.unit_price is None and line.sku]
    wanted = _wanted(record, request, await prices_of(tx, record.shop, [record.email], unpriced))
    try:
        after = {id_: line.terms for id_, line in wanted.items()}
        edited = rules.edit(record.quantities, before, after, record.type, tx.now)
    except EditRefused as error:
        raise LinesLocked(str(error)) from None
    if not any(line.ordered for line in edited.lines):
        raise Invalid("An order keeps a line: cancel or delete it where nothing is wanted any more.", field="lines")
    _set_lines(change, edited, wanted)
    await _promote(tx, record, request, preview=preview)
    return _Applied(frozenset(wanted), edited.raised)


async def _promote(tx: Transaction, record: OrderRecord, request: EditLines, *, preview: bool) -> None:
    """Coupons as they are, or as the request says; an order that came with its prices gets no promotions."""
    coupons = coupons_of(record) if request.coupons is None else list(request.coupons)
    if record.external_id is not None and not coupons:
        price(record)
        return
    before = [used["promotion"] for used in record.adjustments]
    offered = await offers(tx, record.shop, coupons, [record.email], lock=not preview)
    promote(record, offered, coupons, tx.now)
    if not preview and before != [used["promotion"] for used in record.adjustments]:
        await replace_uses(tx, record)


async def _check_invoice(tx: Transaction, record: OrderRecord, request: EditLines, edit: _Covered) -> None:
    if record.invoice not in LIVE or request.decision.reinvoice:
        return
    shop = await find_shop(tx.conn, record.shop)
    by_shipment = shop is None or shop.invoice_policy in (InvoicePolicy.ON_SHIPMENT, InvoicePolicy.PER_SHIPMENT)
    whole = record.invoice_wanted is True or not by_shipment
    if covered := rules.covered_changes(edit.stocks, edit.before, edit.after, whole=whole):
        numbers = ", ".join(map(str, covered))
        require_decision((REINVOICE,), f"The invoice that stands covers line {numbers}.")


def _set_lines(change: Change, edited: Edited, wanted: dict[int, LineRecord]) -> None:
    record = change.record
    present = {line.id: line for line in record.lines}
    record.lines = [replace(wanted.get(stock.id) or present[stock.id], quantities=stock) for stock in edited.lines]
    change.lines = record.lines
    change.removed_lines = sorted(present.keys() - {line.id for line in record.lines})


def _summary(before: rules.Sold, after: rules.Sold) -> str:
    """The edit in a line of the timeline."""
    told: list[Any] = [f"+ {terms.quantity} × {terms.sku}" for id_, terms in after.items() if id_ not in before]
    told += [f"- {terms.quantity} × {terms.sku}" for id_, terms in before.items() if id_ not in after]
    told += [
        f"{after[id_].sku}: {terms.quantity} → {after[id_].quantity}"
        + (f" at {after[id_].unit_price:f}" if after[id_].unit_price != terms.unit_price else "")
        for id_, terms in before.items()
        if id_ in after and after[id_] != replace(terms, discount=after[id_].discount)
    ]
    return "; ".join(told) or "no change"
