"""What a document says, for ever: everything that is printed, taken from the order and the shop at the time of issue.

What an e-invoice says beyond print stands here too; snapshots of earlier releases have none of that. A snapshot is made
of plain JSON values, amounts and prices as strings; its canonical text is hashed (`chain`) and stored, and the PDF is a
pure function of it. `TEMPLATE` names the layout it was issued under: a new layout gets a new number and leaves issued
documents alone. Who sells to whom is taken by `parties`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.billing.domain.amounts import read_amounts, written
from services.billing.domain.euros import converted, is_told_in_euros, rate_in
from services.billing.domain.grants import Grant
from services.billing.domain.ledger import Issued, Position
from services.billing.domain.mentions import due_on, mentions, notes, payment_terms, process
from services.billing.domain.parties import buyer, deliver_to, delivery, seller, ship_to
from services.billing.domain.plan import Draft
from services.billing.domain.rates import Rate
from services.billing.domain.treatments import TREATMENTS, nature, reason, treatment_of, untaxed_treatment
from shared.contracts import DocumentKind, Order, Shop
from shared.money import NOTHING, Amounts, from_minor, parse_amount

TEMPLATE = 2


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
    order: Order,
    shop: Shop,
    draft: Draft,
    numbered: Numbered,
    *,
    reference: Reference | None = None,
    paid: int = 0,
    theme: int | None = None,
    rate: Rate | None = None,
) -> dict[str, Any]:
    """The content of a document.

    `paid`: what of its total has been paid already, in minor units; `theme`: the version of the shop's theme;
    `rate`: of exchange, for a document that tells its tax in euros.
    """
    zone = ZoneInfo(shop.timezone)
    total = sum((position.amounts for position in draft.positions), NOTHING)
    untaxed, language = untaxed_treatment(shop, order), language_of(order)
    return {
        "template": TEMPLATE,
        "theme": theme,
        "kind": str(draft.kind),
        "id": draft.id,
        "number": numbered.number,
        "series": numbered.series,
        "n": numbered.n,
        "issued_on": numbered.issued_on.isoformat(),
        "scope": draft.scope,
        "generation": draft.generation,
        "language": language,
        "currency": order.currency,
        "prices_include_tax": order.prices_include_tax,
        "seller": seller(shop),
        "buyer": buyer(order),
        "ship_to": ship_to(order),
        "order": _order(order, zone),
        "delivery": delivery(order),
        "delivered_on": _delivered_on(order, draft, zone),
        "nature": nature(draft.positions),
        "reason": draft.reason,
        "refers_to": reference
        and {"id": reference.id, "number": reference.number, "issued_on": reference.issued_on.isoformat()},
        "lines": [_line(position, order.currency, untaxed) for position in draft.positions],
        "rates": _rates(draft.positions, order.currency, untaxed, shop, language),
        "totals": written(total, order.currency),
        "paid": str(from_minor(paid, order.currency)),
        "due": str(from_minor(total.gross - paid, order.currency)),
        "mentions": mentions(shop, order, draft.kind, draft.positions, untaxed, language),
        **_electronic(order, shop, draft, numbered, language),
        **_in_euros(order, shop, draft, untaxed, rate),
    }


def _electronic(order: Order, shop: Shop, draft: Draft, numbered: Numbered, language: str) -> dict[str, Any]:
    """What an e-invoice says beyond print."""
    due = due_on(shop, draft.kind, numbered.issued_on)
    return {
        "process": process(draft.positions),
        "notes": notes(shop, order, language),
        "deliver_to": deliver_to(order),
        "due_on": due and due.isoformat(),
        "payment_terms": payment_terms(shop, draft.kind, language),
        "vat_on_debits": shop.legal.vat_on_debits and nature(draft.positions) != "goods",
    } | ({} if draft.grant is None else {"by_hand": _by_hand(draft.grant, order.currency)})


def _in_euros(order: Order, shop: Shop, draft: Draft, untaxed: str, rate: Rate | None) -> dict[str, Any]:
    """The amounts in euros, `groups` as in `rates`; nothing for a document that needs none."""
    if rate is None or not is_told_in_euros(shop, order.currency, draft.positions):
        return {}
    groups = [amounts for _, amounts in _groups(draft.positions, untaxed)]
    return {"euros": converted(groups, order.currency, rate)}


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
        rate=rate_in(content),
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
        "purchase_order": order.purchase_order,
    }


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


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _rates(
    positions: Sequence[Position], currency: str, untaxed: str, shop: Shop, language: str
) -> list[dict[str, Any]]:
    """The amounts of each rate and treatment, by falling rate; an `exemption` where there is a reason for no tax."""
    found = []
    for (rate, treatment), amounts in _groups(positions, untaxed):
        row = {"rate": _plain(rate), "category": TREATMENTS[treatment].category, **written(amounts, currency)}
        code, text = TREATMENTS[treatment].code, reason(treatment, shop, language)
        found.append(row | ({"exemption": {"code": code, "text": text}} if code or text else {}))
    return found


def _groups(positions: Sequence[Position], untaxed: str) -> list[tuple[tuple[Decimal, str], Amounts]]:
    """The amounts of each rate and treatment, by falling rate."""
    groups: dict[tuple[Decimal, str], Amounts] = {}
    for position in positions:
        key = position.tax_rate, treatment_of(position, untaxed)
        groups[key] = groups.get(key, NOTHING) + position.amounts
    return sorted(groups.items(), key=lambda item: (-item[0][0], item[0][1]))


def _line(position: Position, currency: str, untaxed: str) -> dict[str, Any]:
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
            "treatment": (treatment := treatment_of(position, untaxed)),
            "category": TREATMENTS[treatment].category,
        }
        | written(position.amounts, currency)
    )


def _position(line: Mapping[str, Any], currency: str) -> Position:
    return Position(
        line["line"],
        line["sku"],
        line["name"],
        line["kind"],
        Decimal(line["unit_price"]),
        Decimal(line["tax_rate"]),
        line["quantity"],
        read_amounts(line, currency),
        line.get("discount", 0),
        line.get("ordered", 0),
        line.get("treatment", ""),
    )


def _plain(number: Decimal) -> str:
    """Without exponent and without idle zeros: `20`, `5.5`, `4.90` is `4.9`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
