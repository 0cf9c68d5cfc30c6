"""New orders, one or many in a transaction: from a checkout, typed by hand, imported, or pulled from a channel.

An order of an external channel exists once: asked again, it is found and left alone, so an import may be repeated and a
marketplace may repeat itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.arriving import check_first, check_moment, first_actions, first_quantities, first_status
from services.orders.commands.choosing import chosen_pickup, refused
from services.orders.commands.clients import fill_in, keep_clients
from services.orders.commands.entries import Actor, status_entry
from services.orders.commands.inputs import AddressInput, LineInput, PlaceOrder
from services.orders.commands.offering import check_offered, is_checkout, offered_to_checkouts
from services.orders.commands.pricing import price
from services.orders.commands.promoting import Offers, offers, promote, save_uses
from services.orders.commands.quoting import Quote, Quoted, prices_for
from services.orders.commands.saving import Change, save
from services.orders.domain.checkout import Checkout, carrier_named, field_values, method_named
from services.orders.domain.code import new_code, parse_code
from services.orders.domain.links import make_token
from services.orders.domain.quantities import Line
from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import ShopRules, StatusRecord
from services.orders.queries.records import LineRecord, OrderRecord
from services.orders.tables import orders
from shared.database import among, new_id
from shared.money import to_minor
from shared.outbox import Transaction
from shared.problems import Invalid, Problem
from shared.security import find_shop


class ExternalIdTaken(Problem):
    """The channel's order is here already."""

    slug = "external-id-taken"
    title = "An order with this external id exists"


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of one request: the new order, or the code of the one that has its external id.

    Neither, where it was only asked whether there is one.
    """

    code: str | None
    record: OrderRecord | None

    @property
    def is_known(self) -> bool:
        """Whether it was here already."""
        return self.code is not None and self.record is None


Refusals = list[dict[str, str]]
"""What is wrong with an order: `field` and `detail` of each error."""


def checked_order(document: dict[str, Any]) -> PlaceOrder | Refusals:
    """An order of many, or what is wrong with it."""
    try:
        return PlaceOrder.model_validate_json(orjson.dumps(document))
    except orjson.JSONEncodeError as error:  # half a surrogate pair, a number beyond 64 bits
        return [{"field": "", "detail": f"cannot be stored: {error}"}]
    except ValidationError as error:
        return [
            {"field": ".".join(map(str, found["loc"])), "detail": found["msg"]}
            for found in error.errors(include_url=False, include_input=False, include_context=False)
        ]


def refusals_of(refused: Invalid) -> Refusals:
    """The same of an order that the shop cannot take."""
    return refused.members.get("errors") or [{"field": "", "detail": refused.detail}]


async def place(
    tx: Transaction, shop: str, request: PlaceOrder, actor: Actor, *, id_: str | None = None
) -> OrderRecord:
    """Create one order, with this id if the caller chose one. Raises `ExternalIdTaken`, `UnknownStatus`, `Invalid`."""
    (placed,) = await place_many(tx, shop, [request], actor, ids=[id_ or new_id()])
    if placed.record is None:
        raise _taken(request, placed.code)
    return placed.record


async def place_many(
    tx: Transaction, shop: str, requests: Sequence[PlaceOrder], actor: Actor, *, ids: Sequence[str] | None = None
) -> list[Placed]:
    """Create orders with a fixed number of statements; those whose external id is known are only found."""
    requests = await fill_in(tx, shop, requests)
    known = await find_known(tx.conn, shop, requests)
    language = await _language(tx, shop, requests)
    found: dict[tuple[str, bool], tuple[StatusRecord, ShopRules]] = {}
    new = [request for request in requests if (request.channel, request.external_id) not in known]
    for word, imported in {(request.status, request.imported) for request in new}:
        found[word, imported] = await first_status(tx.conn, shop, word, imported=imported)
    offered = await _offers(tx, shop, requests)
    prices = await prices_for(tx, shop, requests)
    supply = await offered_to_checkouts(tx.conn, shop, new)
    results: list[Placed] = []
    changes: list[Change] = []
    for request, id_ in zip(requests, ids or [new_id() for _ in requests], strict=True):
        external = (request.channel, request.external_id)
        if request.external_id is not None and external in known:
            results.append(Placed(known[external], None))
            continue
        status, rules = found[request.status, request.imported]
        change = _placed(tx, shop, request, prices.quote(request), status, rules, actor, id_, language)
        if is_checkout(request):
            check_offered(change.record, supply)
        await _choose(tx, change.record, request, rules.checkout)
        if offered is not None and not request.imported:
            promote(change.record, offered, request.coupons, tx.now)
        known[external] = change.record.code
        changes.append(change)
        results.append(Placed(change.record.code, change.record))
    placed = [change.record for change in changes]
    accounts = {request.customer.email.lower() for request in requests if request.customer.account}
    await keep_clients(tx, placed, accounts)
    await save(tx, changes)
    await save_uses(tx, placed)
    return results


async def preview(tx: Transaction, shop: str, request: PlaceOrder, actor: Actor) -> OrderRecord:
    """The order as `place` would make it, and nothing written: the same rules, the same amounts, the same refusals."""
    (request,) = await fill_in(tx, shop, [request])
    known = await find_known(tx.conn, shop, [request])
    if (code := known.get((request.channel, request.external_id))) is not None:
        raise _taken(request, code)
    status, rules = await first_status(tx.conn, shop, request.status, imported=request.imported)
    language = await _language(tx, shop, [request])
    offered = await _offers(tx, shop, [request], lock=False)
    quote = (await prices_for(tx, shop, [request])).quote(request)
    change = _placed(tx, shop, request, quote, status, rules, actor, new_id(), language)
    check_offered(change.record, await offered_to_checkouts(tx.conn, shop, [request]))
    await _choose(tx, change.record, request, rules.checkout)
    if offered is not None:
        promote(change.record, offered, request.coupons, tx.now)
    return change.record


async def _offers(tx: Transaction, shop: str, requests: Sequence[PlaceOrder], *, lock: bool = True) -> Offers | None:
    """The shop's promotions; imported orders have their prices, so None where all of them are."""
    own = [request for request in requests if not request.imported]
    if not own:
        return None
    codes = [code for request in own for code in request.coupons]
    return await offers(tx, shop, codes, [request.customer.email.lower() for request in own], lock=lock)


def _taken(request: PlaceOrder, code: str | None) -> ExternalIdTaken:
    return ExternalIdTaken(f"The {request.channel} order {request.external_id} is here as {code}.", code=code)


async def find_known(
    conn: AsyncConnection, shop: str, requests: Sequence[PlaceOrder]
) -> dict[tuple[str, str | None], str]:
    """Codes of the orders that have one of these external ids.

    An imported order may be one of our own that comes back from an export: then its external id is our code.
    """
    wanted = [request.external_id for request in requests if request.external_id is not None]
    if not wanted:
        return {}
    columns = (orders.c.channel, orders.c.external_id, orders.c.code)
    own = select(*columns).where(orders.c.shop == shop, among(orders.c.external_id, wanted))
    known = {(row.channel, row.external_id): row.code for row in await conn.execute(own)}
    codes = [request.external_id for request in requests if request.imported and parse_code(request.external_id or "")]
    if codes:
        returned = select(*columns).where(
            orders.c.shop == shop, among(orders.c.code, codes), orders.c.external_id.is_(None)
        )
        known |= {(row.channel, row.code): row.code for row in await conn.execute(returned)}
    return known


async def _language(tx: Transaction, shop: str, requests: Sequence[PlaceOrder]) -> str:
    """The shop's first language, looked up only where an order needs it."""
    if all(request.language or request.customer.language for request in requests):
        return ""
    known = await find_shop(tx.conn, shop)
    return known.languages[0] if known is not None and known.languages else "en"


def _placed(
    tx: Transaction,
    shop: str,
    request: PlaceOrder,
    quote: Quote,
    status: StatusRecord,
    rules: ShopRules,
    actor: Actor,
    id_: str,
    language: str,
) -> Change:
    check_first(status, request)
    check_moment(request, tx.now)
    record = _record(tx, shop, request, quote, status, id_, language)
    for line, stock in zip(record.lines, first_quantities(record, request), strict=True):
        line.quantities = stock
    record.next_line = len(record.lines) + 1
    if rules.publish_histories:
        record.history_token = make_token(rules.link_secret, id_)
    price(record)
    if status.type is StatusType.AWAITING_PAYMENT and rules.payment_term_hours is not None:
        record.expires_at = tx.now + timedelta(hours=rules.payment_term_hours)
    change = Change(record, new=True, lines=list(record.lines))
    change.raise_version(tx)
    actions = first_actions(status, request)
    record.invoice_wanted = actions.invoice
    entry = status_entry(tx, record, status, actions, actor, request.comment)
    record.status_entry = record.raised_by = entry.id
    change.add(entry)
    return change


def _record(
    tx: Transaction, shop: str, request: PlaceOrder, quote: Quote, status: StatusRecord, id_: str, language: str
) -> OrderRecord:
    chosen = request.language or request.customer.language or language
    priced = zip(request.lines, quote.lines, strict=True)
    return OrderRecord(
        id=id_,
        shop=shop,
        code=new_code(),
        channel=request.channel,
        external_id=request.external_id,
        test=request.test,
        placed_at=request.placed_at or tx.now,
        created_at=tx.now,
        currency=request.currency,
        prices_include_tax=quote.with_tax,
        language=chosen,
        on_short=request.on_short,
        email=request.customer.email.lower(),
        customer=request.customer.model_dump(exclude={"account"}),
        billing_address=_address(request.billing_address),
        shipping_address=_address(request.shipping_address or request.billing_address),
        status=status.mnemonic,
        type=status.type,
        status_name=status.texts_in(chosen).get("name", status.mnemonic),
        sent_at=tx.now,
        same_as_billing=request.shipping_address is None and request.billing_address is not None,
        payment_method=request.payment_method,
        purchase_order=request.purchase_order,
        operator=request.operator,
        origin=request.origin,
        indicator=request.indicator,
        tags=list(request.tags),
        paid_before=to_minor(request.paid_before or Decimal(0), request.currency),
        refunded_before=to_minor(request.refunded_before or Decimal(0), request.currency),
        lines=[_line(number, line, quoted) for number, (line, quoted) in enumerate(priced, 1)],
    )


async def _choose(tx: Transaction, record: OrderRecord, request: PlaceOrder, offered: Checkout) -> None:
    """What the buyer chose of the shop's lists; an imported order is taken as it comes."""
    with refused():
        record.carrier = None if request.carrier is None else carrier_named(offered, request.carrier)
        if request.shipping_method is not None:
            imported = request.imported
            record.shipping_method = (
                request.shipping_method if imported else method_named(offered, request.shipping_method)
            )
        record.fields = field_values(offered.fields, request.fields, complete=not request.imported)
    record.pickup = await chosen_pickup(tx, record.shop, offered, request.pickup)


def _line(number: int, line: LineInput, quoted: Quoted) -> LineRecord:
    return LineRecord(
        Line(number, line.quantity, line.stocked),
        line.sku,
        line.name,
        line.kind,
        quoted.unit_price,
        line.tax_rate,
        line.external_id,
        booked_for=line.booked_for,
        price_list=quoted.price_list,
    )


def _address(address: AddressInput | None) -> dict[str, Any] | None:
    return None if address is None else address.model_dump()
