"""Who, when, for which order, what: the parts of a document that are no sums.

Everything here turns pieces of the snapshot into printed words, in the language asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Self

from babel import Locale

from services.billing.documents.figures import day, grouped, money, number, percent, plain
from services.billing.documents.labels import LABELS
from services.billing.domain.line_price import LinePrice, line_price

NOT_APPLICABLE = "–"
FISCAL = ("invoice", "credit_note")


@dataclass(frozen=True, slots=True)
class Part:
    """A snapshot and the language it is put into."""

    snapshot: Mapping[str, Any]
    language: str
    labels: Mapping[str, str]

    @classmethod
    def of(cls, snapshot: Mapping[str, Any], language: str) -> Self:
        return cls(snapshot, language, LABELS[language])

    @property
    def kind(self) -> str:
        kind: str = self.snapshot["kind"]
        return kind

    @property
    def pickup(self) -> Mapping[str, Any] | None:
        """The pick-up point; template 1 knew none."""
        pickup: Mapping[str, Any] | None = self.snapshot.get("delivery", {}).get("pickup")
        return pickup

    def money(self, amount: str) -> str:
        return money(amount, self.snapshot["currency"], self.language)


def parties(part: Part) -> list[dict[str, Any]]:
    """Who sells, who buys, where the goods go: label, names, lines."""
    if part.kind == "packing_slip":
        return [
            _party("sender", [part.snapshot["seller"]["name"]], part, part.snapshot["seller"]["address"]),
            _to(part),
        ]
    found = [_seller(part), _buyer(part)]
    if part.pickup or part.snapshot["ship_to"]:
        found.append(_to(part))
    return found


def _seller(part: Part) -> dict[str, Any]:
    seller = part.snapshot["seller"]
    return _party("seller", [seller["name"], seller["legal_form"]], part, seller["address"])


def _buyer(part: Part) -> dict[str, Any]:
    buyer, contact = part.snapshot["buyer"], part.snapshot.get("contact") or {}
    label = "buyer" if part.kind in FISCAL else "customer"
    found = _party(label, _buyer_names(part), part, buyer["address"])
    if siren := buyer.get("siret") or buyer.get("siren"):
        found["lines"].append(f"{'SIRET' if buyer.get('siret') else 'SIREN'} {grouped(siren, 3)}")
    if buyer["vat_number"]:
        found["lines"].append(f"{part.labels['vat_number']} {buyer['vat_number']}")
    found["lines"] += [contact[name] for name in ("email", "phone") if contact.get(name)]
    return found


def _buyer_names(part: Part) -> list[str | None]:
    buyer = part.snapshot["buyer"]
    return [buyer["company"], (buyer["address"] or {}).get("name") or buyer["name"]]


def _to(part: Part) -> dict[str, Any]:
    """Where the goods go: the pick-up point, else the delivery address, else the client's."""
    if point := part.pickup:
        found = _party("pick_up", [point["name"]], part, point["address"])
        if point["date"]:
            found["lines"].append(f"{part.labels['pick_up_on']} {day(point['date'], part.language)}")
        return found
    label = "recipient" if part.kind == "packing_slip" else "ship_to"
    address = part.snapshot["ship_to"]
    if address is None:
        return _party(label, _buyer_names(part), part, part.snapshot["buyer"]["address"])
    return _party(label, [address["name"]], part, address)


def _party(label: str, names: list[str | None], part: Part, address: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "label": part.labels[label],
        "names": [name for name in dict.fromkeys(names) if name],
        "lines": _address(address, part),
    }


def _address(address: Mapping[str, str] | None, part: Part) -> list[str]:
    """The lines of an address; the country only where it is not the seller's."""
    if address is None:
        return []
    country = address["country"]
    abroad = country != part.snapshot["seller"]["address"]["country"]
    lines = [*address["street"].splitlines(), _town(address)] + ([_country(country, part)] if abroad else [])
    return [line for line in lines if line]


def _town(address: Mapping[str, str]) -> str:
    return f"{address['postal_code']} {address['city']}".strip()


def _country(code: str, part: Part) -> str:
    return str(Locale(part.language).territories.get(code, code))


def facts(part: Part) -> list[list[str]]:
    """The row of dates and references: label and value."""
    snapshot, order = part.snapshot, part.snapshot["order"]
    found = [["issued_on" if part.kind in FISCAL else "document_day", day(snapshot["issued_on"], part.language)]]
    if part.kind in FISCAL:
        found.append(["order", order["code"]])
    if part.kind != "order_form":
        found.append(["ordered_on", day(order["placed_on"], part.language)])
    if order["external_id"]:
        found.append([f"channel_{order['channel']}", order["external_id"]])
    if snapshot["delivered_on"]:
        found.append(["shipped_on", day(snapshot["delivered_on"], part.language)])
    if order.get("purchase_order"):
        found.append(["purchase_order", order["purchase_order"]])
    if part.kind in FISCAL:
        found.append(["nature", part.labels[snapshot["nature"]]])
        if snapshot.get("due_on") not in (None, snapshot["issued_on"]):
            found.append(["due_on", day(snapshot["due_on"], part.language)])
    else:
        found += _terms(part)
    return [[part.labels.get(label, label.removeprefix("channel_")), value] for label, value in found]


def _terms(part: Part) -> list[list[str]]:
    """How the goods travel and how they are paid; a packing slip speaks of no money."""
    delivery, payment = part.snapshot["delivery"], part.snapshot["payment"]
    how = delivery["method"] or part.labels["delivery_pickup" if part.pickup else "delivery_standard"]
    found = [["delivery_mode", " · ".join(filter(None, (how, delivery["carrier"])))]]
    if part.kind == "order":
        found.append(["version", str(part.snapshot["version"])])
    if part.kind != "packing_slip":
        if payment["method"]:
            found.append(["payment_mode", part.labels.get(f"method_{payment['method']}", payment["method"])])
        found.append(["settlement", part.labels.get(f"state_{payment['state']}", payment["state"])])
    return found


def settlement(part: Part) -> str | None:
    """Whether it is paid, and how: one line of a receipt; None on other kinds."""
    payment = part.snapshot.get("payment")
    if payment is None:
        return None
    words = [part.labels.get(f"state_{payment['state']}", payment["state"])]
    if payment["method"]:
        words.append(part.labels.get(f"method_{payment['method']}", payment["method"]))
    return " · ".join(words)


def promotions(part: Part) -> list[str]:
    """What was taken off, in words; the lines have it already."""
    return [
        part.labels["promotion"].format(label=one["label"], amount=part.money(f"-{one['amount']}"))
        for one in part.snapshot.get("promotions", ())
    ]


def line(part: Part, one: Mapping[str, Any]) -> dict[str, str | None]:
    """One position; `price`, `amount` and `stated_discount` are as the shop states prices: with tax, or without.

    `unit`, `net` and `discount` are without tax. Either way, quantity times price less the discount is the amount.
    """
    language, quantity = part.language, one["quantity"]
    included = part.snapshot["prices_include_tax"]
    priced = line_price(one, included=included)
    return {
        "name": one["name"],
        "sku": one["sku"],
        "quantity": number(str(quantity), language) if quantity else NOT_APPLICABLE,
        "unit": number(_unit_price(part, one, priced), language) if priced else NOT_APPLICABLE,
        "price": number(_stated_price(part, one), language) if quantity else NOT_APPLICABLE,
        "rate": percent(one["tax_rate"], language),
        "net": number(one["net"], language),
        "gross": number(one["gross"], language),
        "amount": number(one["gross" if included else "net"], language),
        "discount": _discount(part, priced.discount) if priced else None,
        "stated_discount": _discount(part, _stated(part, one)),
    }


def _discount(part: Part, taken: Decimal) -> str | None:
    return f"{part.labels['discount']} {part.money(f'-{taken}')}" if taken > 0 else None


def _stated(part: Part, one: Mapping[str, Any]) -> Decimal:
    """What was taken off a line of an order."""
    if not one.get("discount"):
        return Decimal(0)
    stated = Decimal(one["gross" if part.snapshot["prices_include_tax"] else "net"])
    full = Decimal(one["unit_price"]) * one["quantity"]
    return Decimal(full.quantize(stated, rounding=ROUND_HALF_UP) - stated)


def _unit_price(part: Part, one: Mapping[str, Any], priced: LinePrice) -> str:
    """Without tax, with at least the currency's decimals."""
    sign = "-" if one["net"].startswith("-") else ""
    return sign + plain(priced.unit, _decimals(part))


def _stated_price(part: Part, one: Mapping[str, Any]) -> str:
    """As agreed, with at least the currency's decimals."""
    return plain(Decimal(one["unit_price"]), _decimals(part))


def _decimals(part: Part) -> int:
    return max(0, -int(Decimal(part.snapshot["totals"]["net"]).as_tuple().exponent))


def imprint(part: Part) -> list[list[str]]:
    """Who the seller is before the law, in rows: the foot of every page."""
    seller = part.snapshot["seller"]
    address = seller["address"]
    lines = (*address["street"].splitlines(), _town(address), _country(address["country"], part))
    who = [seller["name"], seller["legal_form"], ", ".join(filter(None, lines))]
    ids = [f"SIREN {grouped(seller['siren'], 3)}"] if seller["siren"] else []
    if seller["vat_number"]:
        ids.append(f"{part.labels['vat_number']} {seller['vat_number']}")
    ids += [seller[name] for name in ("email", "phone") if seller[name]]
    return [row for row in ([text for text in who if text], ids) if row]
