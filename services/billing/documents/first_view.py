"""What `templates/document.typ`, template 1, prints: frozen, as documents issued under it keep their bytes.

Nothing here changes any more, and nothing new is added; `view` serves the documents of today.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel import Locale

from services.billing.documents.figures import day, grouped, money, number, percent, unit_net
from services.billing.documents.labels import LABELS

Snapshot = Mapping[str, Any]
NOT_APPLICABLE = "–"


def view(snapshot: Snapshot) -> dict[str, Any]:
    """What the template reads (as JSON)."""
    language, credit = snapshot["language"], snapshot["kind"] == "credit_note"
    labels = LABELS[language]
    kind = labels["credit_note" if credit else "invoice"]
    return {
        "language": language,
        "labels": labels,
        "kind": kind,
        "number": snapshot["number"],
        "title": f"{kind} {snapshot['number']}",
        "issued_on": snapshot["issued_on"],
        "brand": snapshot["seller"]["title"],
        "parties": _parties(snapshot, labels),
        "facts": _facts(snapshot, labels),
        "reason": _reason(snapshot, labels),
        "lines": [_line(line, snapshot) for line in snapshot["lines"]],
        "rates": [_rate(rate, snapshot) for rate in snapshot["rates"]],
        "totals": _totals(snapshot, labels),
        "balance": _balance(snapshot, labels),
        "payment": _payment(snapshot, labels),
        "mentions": snapshot["mentions"],
        "imprint": _imprint(snapshot["seller"], labels, language),
    }


def _parties(snapshot: Snapshot, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    seller, buyer, home = snapshot["seller"], snapshot["buyer"], snapshot["seller"]["address"]["country"]
    language = snapshot["language"]
    names = [seller["name"]] + ([seller["legal_form"]] if seller["legal_form"] else [])
    parties = [
        {
            "label": labels["seller"],
            "names": names,
            "lines": _address(seller["address"], home, language),
        },
        {
            "label": labels["buyer"],
            "names": _names(buyer["company"], (buyer["address"] or {}).get("name") or buyer["name"]),
            "lines": _address(buyer["address"], home, language)
            + ([f"{labels['vat_number']} {buyer['vat_number']}"] if buyer["vat_number"] else []),
        },
    ]
    if snapshot["ship_to"]:
        ship_to = snapshot["ship_to"]
        parties.append(
            {"label": labels["ship_to"], "names": _names(ship_to["name"]), "lines": _address(ship_to, home, language)}
        )
    return parties


def _names(*names: str | None) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]


def _address(address: Mapping[str, str] | None, home: str, language: str) -> list[str]:
    """The lines of an address; the country only where it is not the seller's."""
    if address is None:
        return []
    town = f"{address['postal_code']} {address['city']}".strip()
    country = address["country"]
    abroad = Locale(language).territories.get(country, country) if country != home else ""
    return [part for part in (*address["street"].splitlines(), town, abroad) if part]


def _contact(seller: Mapping[str, Any]) -> list[str]:
    return [seller[name] for name in ("email", "phone") if seller[name]]


def _facts(snapshot: Snapshot, labels: Mapping[str, str]) -> list[list[str]]:
    """The row of dates and references: label and value."""
    language, order = snapshot["language"], snapshot["order"]
    facts = [[labels["issued_on"], day(snapshot["issued_on"], language)], [labels["order"], order["code"]]]
    facts.append([labels["ordered_on"], day(order["placed_on"], language)])
    if order["external_id"]:
        channel = labels.get(f"channel_{order['channel']}", order["channel"])
        facts.append([channel, order["external_id"]])
    if snapshot["delivered_on"]:
        facts.append([labels["shipped_on"], day(snapshot["delivered_on"], language)])
    facts.append([labels["nature"], labels[snapshot["nature"]]])
    return facts


def _reason(snapshot: Snapshot, labels: Mapping[str, str]) -> str | None:
    """What a credit note takes back, and why."""
    refers_to = snapshot["refers_to"]
    if refers_to is None:
        return None
    issued = day(refers_to["issued_on"], snapshot["language"])
    return labels["credits"].format(number=refers_to["number"], day=issued, why=labels[snapshot["reason"]])


def _line(line: Mapping[str, Any], snapshot: Snapshot) -> dict[str, str]:
    language, quantity = snapshot["language"], line["quantity"]
    return {
        "name": line["name"],
        "sku": line["sku"],
        "quantity": number(str(quantity), language) if quantity else NOT_APPLICABLE,
        "unit": number(_unit_price(line, snapshot), language) if quantity else NOT_APPLICABLE,
        "rate": percent(line["tax_rate"], language),
        "net": number(line["net"], language),
        "gross": number(line["gross"], language),
    }


def _unit_price(line: Mapping[str, Any], snapshot: Snapshot) -> str:
    """Without tax: as agreed, or, where prices include tax or are reduced, what one unit comes to."""
    if snapshot["prices_include_tax"] or "discount" in line:
        return unit_net(line["net"], line["quantity"])
    decimals = max(0, -int(Decimal(snapshot["totals"]["net"]).as_tuple().exponent))
    whole, _, fraction = line["unit_price"].partition(".")
    fraction = fraction.ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def _rate(rate: Mapping[str, str], snapshot: Snapshot) -> list[str]:
    language = snapshot["language"]
    return [percent(rate["rate"], language), *(number(rate[name], language) for name in ("net", "tax", "gross"))]


def _totals(snapshot: Snapshot, labels: Mapping[str, str]) -> list[list[str]]:
    """Label and amount above the balance."""
    totals, currency, language = snapshot["totals"], snapshot["currency"], snapshot["language"]
    rows = [[labels["total_net"], money(totals["net"], currency, language)]]
    rows.append([labels["total_tax"], money(totals["tax"], currency, language)])
    if Decimal(snapshot["paid"]) and snapshot["kind"] == "invoice":
        rows.append([labels["total_gross"], money(totals["gross"], currency, language)])
        rows.append([labels["paid"], money(f"-{snapshot['paid']}", currency, language)])
    return rows


def _balance(snapshot: Snapshot, labels: Mapping[str, str]) -> list[str]:
    """The one figure a reader looks for."""
    currency, language = snapshot["currency"], snapshot["language"]
    if snapshot["kind"] == "credit_note":
        return [labels["credited"], money(snapshot["totals"]["gross"], currency, language)]
    label = labels["due"] if Decimal(snapshot["paid"]) else labels["total_gross"]
    return [label, money(snapshot["due"], currency, language)]


def _payment(snapshot: Snapshot, labels: Mapping[str, str]) -> dict[str, Any] | None:
    """How to pay, or that it is paid; nothing on a credit note."""
    if snapshot["kind"] == "credit_note":
        return None
    if Decimal(snapshot["due"]) <= 0:
        return {"settled": labels["settled"]}
    iban = snapshot["seller"]["iban"]
    return {
        "terms": labels["terms"],
        "iban": grouped(iban, 4) if iban else None,
        "reference": snapshot["number"],
    }


def _imprint(seller: Mapping[str, Any], labels: Mapping[str, str], language: str) -> list[list[str]]:
    """Who the seller is before the law, in rows: the foot of every page."""
    address = seller["address"]
    country = Locale(language).territories.get(address["country"], address["country"])
    town = f"{address['postal_code']} {address['city']}".strip()
    place = ", ".join(part for part in (*address["street"].splitlines(), town, country) if part)
    who = [part for part in (seller["name"], seller["legal_form"], place) if part]
    ids = [f"SIREN {grouped(seller['siren'], 3)}"] if seller["siren"] else []
    if seller["vat_number"]:
        ids.append(f"{labels['vat_number']} {seller['vat_number']}")
    return [row for row in (who, ids + _contact(seller)) if row]
