"""What a document says, for ever: everything that is printed, taken from the order and the shop at the time of issue.

A snapshot is made of plain JSON values, amounts and prices as strings; its canonical text is hashed (`chain`) and
stored, and the PDF is a pure function of it. `TEMPLATE` names the layout it was issued under: a new layout gets a new
number and leaves issued documents alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.billing.domain.grants import Grant
from services.billing.domain.ledger import Issued, Position
from services.billing.domain.mentions import mentions, nature
from services.billing.domain.plan import Draft
from shared.contracts import Address, DocumentKind, Order, Shop
from shared.money import NOTHING, Amounts, from_minor, parse_amount

TEMPLATE = 1


@dataclass(frozen=True, slots=True)
class Numbered:
    """What the series gave: the number, its place, and the date."""

    number: str
    series: str
    n: int
    issued_on: date


@dataclass(frozen=True, slots=True)
class Reference:
    """The invoice that a credit note takes back."""

    id: str
    number: str
    issued_on: date


def snapshot(
    order: Order, shop: Shop, draft: Draft, numbered: Numbered, *, reference: Reference | None = None, paid: int = 0
) -> dict[str, Any]:
    """The content of a document. `paid`: what of its total has been paid already, in minor units."""
    zone = ZoneInfo(shop.timezone)
    total = sum((position.amounts for position in draft.positions), NOTHING)
    return {
        "template": TEMPLATE,
        "kind": str(draft.kind),
        "id": draft.id,
        "number": numbered.number,
        "series": numbered.series,
        "n": numbered.n,
        "issued_on": numbered.issued_on.isoformat(),
        "scope": draft.scope,
        "generation": draft.generation,
        "language": (language := language_of(order)),
        "currency": order.currency,
        "prices_include_tax": order.prices_include_tax,
        "seller": _seller(shop),
        "buyer": _buyer(order),
        "ship_to": _ship_to(order),
        "order": _order(order, zone),
        "delivered_on": _delivered_on(order, draft, zone),
        "nature": nature(draft.positions),
        "reason": draft.reason,
        "refers_to": reference
        and {"id": reference.id, "number": reference.number, "issued_on": reference.issued_on.isoformat()},
        "lines": [_line(position, order.currency) for position in draft.positions],
        "rates": _rates(draft.positions, order.currency),
        "totals": _amounts(total, order.currency),
        "paid": str(from_minor(paid, order.currency)),
        "due": str(from_minor(total.gross - paid, order.currency)),
        "mentions": mentions(shop, order, draft.kind, draft.positions, language),
    } | ({} if draft.grant is None else {"by_hand": _by_hand(draft.grant, order.currency)})


def issued(content: Mapping[str, Any]) -> Issued:
    """Read a snapshot back as far as the rules need it."""
    currency = content["currency"]
    refers_to = content["refers_to"]
    return Issued(
        id=content["id"],
        kind=DocumentKind(content["kind"]),
        number=content["number"],
        issued_on=date.fromisoformat(content["issued_on"]),
        scope=content["scope"],
        generation=content["generation"],
        refers_to=refers_to and refers_to["id"],
        reason=content["reason"],
        currency=currency,
        prices_include_tax=content["prices_include_tax"],
        positions=tuple(_position(line, currency) for line in content["lines"]),
        grant=_grant(content["by_hand"], currency) if "by_hand" in content else None,
    )


def _by_hand(grant: Grant, currency: str) -> dict[str, Any]:
    """Who asked for the document and why, and what was granted by hand until then."""
    return {
        "text": grant.text,
        "by": grant.by,
        "units": {str(line): count for line, count in sorted(grant.units.items()) if count},
        "money": str(from_minor(grant.money, currency)),
        "returned": {str(line): count for line, count in sorted(grant.returned.items()) if count},
        "refunded": str(from_minor(grant.refunded, currency)),
    }


def _grant(content: Mapping[str, Any], currency: str) -> Grant:
    units, returned = ({int(line): count for line, count in content[name].items()} for name in ("units", "returned"))
    money, refunded = (parse_amount(content[name], currency) for name in ("money", "refunded"))
    return Grant(units, money, returned, refunded, content["text"], content["by"])


def language_of(order: Order) -> str:
    """The language of the order's documents: French or English."""
    return "fr" if order.language.lower().startswith("fr") else "en"


def _order(order: Order, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": order.id,
        "code": order.code,
        "channel": str(order.channel),
        "external_id": order.external_id,
        "placed_on": _day(order.placed_at, zone),
    }


def _seller(shop: Shop) -> dict[str, Any]:
    legal = shop.legal
    return {
        "title": shop.title,
        "name": legal.name,
        "legal_form": legal.legal_form,
        "address": _address(legal.address),
        "siren": legal.siren,
        "vat_number": None if legal.vat_exempt else legal.vat_number,
        "email": legal.email,
        "phone": legal.phone,
        "iban": legal.iban,
    }


def _buyer(order: Order) -> dict[str, Any]:
    address = order.billing_address or order.shipping_address
    return {
        "name": order.customer.name,
        "company": order.customer.company,
        "vat_number": order.customer.vat_number,
        "address": address and _address(address),
    }


def _ship_to(order: Order) -> dict[str, Any] | None:
    """The delivery address where it differs from the billing address."""
    if order.shipping_address is None or order.billing_address in (None, order.shipping_address):
        return None
    return _address(order.shipping_address)


def _delivered_on(order: Order, draft: Draft, zone: ZoneInfo) -> str | None:
    """The day the goods on this invoice left: the parcel's, or the last parcel's that holds any of them."""
    if draft.kind is not DocumentKind.INVOICE:
        return None
    lines = {position.line for position in draft.positions}
    moments = [
        parcel.shipped_at
        for parcel in order.parcels
        if draft.scope == f"parcel/{parcel.number}"
        or (draft.scope.startswith("order/") and lines & {line.line for line in parcel.lines})
    ]
    return _day(max(moments), zone) if moments else None


def _address(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "street": address.street,
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
    }


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _amounts(amounts: Amounts, currency: str) -> dict[str, str]:
    return {
        "net": str(from_minor(amounts.net, currency)),
        "tax": str(from_minor(amounts.tax, currency)),
        "gross": str(from_minor(amounts.gross, currency)),
    }


def _rates(positions: Sequence[Position], currency: str) -> list[dict[str, str]]:
    rates = sorted({position.tax_rate for position in positions}, reverse=True)
    return [
        {"rate": _plain(rate)}
        | _amounts(sum((position.amounts for position in positions if position.tax_rate == rate), NOTHING), currency)
        for rate in rates
    ]


def _line(position: Position, currency: str) -> dict[str, Any]:
    discounted = {"discount": position.discount, "ordered": position.ordered} if position.discount else {}
    return (
        discounted
        | {
            "line": position.line,
            "sku": position.sku,
            "name": position.name,
            "kind": position.kind,
            "quantity": position.quantity,
            "unit_price": _plain(position.unit_price),
            "tax_rate": _plain(position.tax_rate),
        }
        | _amounts(position.amounts, currency)
    )


def _position(line: Mapping[str, Any], currency: str) -> Position:
    net, tax, gross = (parse_amount(line[name], currency) for name in ("net", "tax", "gross"))
    return Position(
        line["line"],
        line["sku"],
        line["name"],
        line["kind"],
        Decimal(line["unit_price"]),
        Decimal(line["tax_rate"]),
        line["quantity"],
        Amounts(net, tax, gross),
        line.get("discount", 0),
        line.get("ordered", 0),
    )


def _plain(number: Decimal) -> str:
    """Without exponent and without idle zeros: `20`, `5.5`, `4.90` is `4.9`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
