"""Staged rows as the orders of the API: one order per number, the address no better than the file knows it.

A file without e-mail gives its clients an address nobody can be reached at (`.invalid` never resolves), the same for
every order of a customer; a guest has one of his own. What the file takes off — of a line, or of the whole order — is
taken off the prices, to the cent.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.orders.domain.characters import cleaned
from services.orders.files.amounts import prices_of, rate_of
from services.orders.files.countries import UNSAID, country_code
from services.orders.files.deciding import NO_STATUS, TAX, Kind, Row
from services.orders.files.mapping import ADDRESS_FIELDS, CUSTOMER_FIELDS, ORDER_FIELDS, Charge, Mapping
from services.orders.files.totals import OrderMismatch, Priced, at_total, money_before
from shared.money import apportion, from_minor, to_minor

MARKETPLACES = frozenset({"amazon", "ebay"})
YES = frozenset({"true", "yes", "1", "oui", "vrai"})
TAGS = re.compile(r"\s*[,;]\s*")


@dataclass(frozen=True)
class Sender:
    """How the orders of one run are written: `channels` names the orders of another channel than the mapping's."""

    mapping: Mapping
    channels: dict[str, str]
    name_of: Callable[[str], str]

    def order(self, number: str, rows: Sequence[Row]) -> dict[str, Any]:
        """The body of one order; the first row speaks for the whole, and may be no line. Raises `OrderMismatch`."""
        first = rows[0]
        if first.placed_at is None and "placed_at" in self.mapping.fields:
            raise OrderMismatch("the order has no date")
        details = first.details or {}
        channel = self.channels.get(number) or details.get("channel") or self.mapping.channel
        currency = details.get("currency") or self.mapping.currency
        priced = self._priced(rows, currency)
        body = _numbered(number, channel, priced.lines) | {
            "channel": channel,
            "external_id": details.get("external_id") or number,
            "imported": True,
            "currency": currency,
            "prices_include_tax": priced.included,
            "customer": _customer(number, first),
            "billing_address": _address("billing", details),
            "shipping_address": _address("shipping", details),
            **_details(first),
            **self._status(details),
            **({} if channel in MARKETPLACES else money_before(details, priced)),
        }
        found: dict[str, Any] = cleaned(body)
        return found

    def _status(self, details: dict[str, str]) -> dict[str, Any]:
        if NO_STATUS in details:
            raise OrderMismatch(details[NO_STATUS])
        if "status" not in details:
            return {}
        status = self.mapping.status
        return {"status": details["status"], "takes_stock": status is not None and status.stock}

    def _priced(self, rows: Sequence[Row], currency: str) -> Priced:
        """The lines and charges, at the total that the file says. Raises `OrderMismatch`."""
        details = rows[0].details or {}
        untaxed = TAX in details and not Decimal(details[TAX])
        rate = details.get("order_tax_rate") or ("0" if untaxed else f"{self.mapping.tax_rate:f}")
        sold = [row for row in rows if row.kind is not Kind.HEAD]
        amounts = _amounts(sold, details.get("subtotal"), currency)

        def priced(*, included: bool) -> Priced:
            lines = [
                line
                for row, amount in zip(sold, amounts, strict=True)
                for line in self._lines(row, amount, currency, rate, included=included)
            ]
            return Priced([*lines, *self._charges(rows, currency, rate, included=included)], currency, included)

        ways = [priced(included=included) for included in self._prices_include_tax(details)]
        return at_total(ways, details)

    def _prices_include_tax(self, details: dict[str, str]) -> tuple[bool, ...]:
        """Whether prices include tax; both where the total is to tell, what is likelier first."""
        said = details.get("prices_include_tax")
        if said is not None:
            return (said.lower() in YES,)
        usual, total = self.mapping.prices_include_tax, self.mapping.total
        return (usual, not usual) if total is not None and total.tells_tax else (usual,)

    def _lines(
        self, row: Row, amount: int | None, currency: str, usual: str, *, included: bool
    ) -> list[dict[str, Any]]:
        """The row as a line, or as two where no price gives its amount; the amount (minor units) is after discounts."""
        details = row.details or {}
        stated = to_minor(row.quantity * row.unit_price, currency) if amount is None else amount
        rate = details.get("tax_rate") or self._found_rate(details.get("tax"), stated, currency, included=included)
        line = {
            "sku": row.sku,
            "name": details.get("name") or self.name_of(row.sku),
            "kind": details.get("kind") or ("product" if row.is_stocked else "service"),
            "tax_rate": rate or usual,
        }
        line |= {ours: details[field] for field, ours in LINE_FIELDS.items() if field in details}
        prices = [(row.quantity, row.unit_price)] if amount is None else prices_of(row.quantity, amount, currency)
        left, found = int(details.get("shipped", "0")), []
        for quantity, price in prices:
            part = line | {"quantity": quantity, "unit_price": f"{price:f}"}
            found.append(part | {"shipped": min(left, quantity)} if left else part)
            left = max(0, left - quantity)
        return found

    def _charges(self, rows: Sequence[Row], currency: str, usual: str, *, included: bool) -> list[dict[str, Any]]:
        found = []
        for place, charge in enumerate(self.mapping.charges):
            of = rows if charge.per == "row" else rows[:1]
            amount = _charged(of, f"charge {place}", currency)
            if amount <= 0:
                continue
            tax = (
                None if charge.tax is None else str(from_minor(_charged(of, f"charge {place} tax", currency), currency))
            )
            rate = self._found_rate(tax, amount, currency, included=included) if charge.tax_rate is None else None
            found.append(_charge(charge, amount, currency, rate or usual))
        return found

    def _found_rate(self, tax: str | None, amount: int, currency: str, *, included: bool) -> str | None:
        """The percentage that an amount of tax comes from."""
        if tax is None:
            return None
        found = rate_of(amount, to_minor(Decimal(tax), currency), self.mapping.tax_rates, included=included)
        return None if found is None else f"{found:f}"


LINE_FIELDS = {"line_id": "external_id", "booked_for": "booked_for"}


def _amounts(rows: Sequence[Row], subtotal: str | None, currency: str) -> list[int | None]:
    """What each row comes to in minor units after all discounts; None where quantity times price says it.

    Raises `OrderMismatch`.
    """
    amounts = [_line_amount(row, currency) for row in rows]
    taken_off = 0 if subtotal is None else sum(amounts) - to_minor(Decimal(subtotal), currency)
    if taken_off < 0:
        raise OrderMismatch(f"the lines come to {from_minor(sum(amounts), currency)}, the file says {subtotal}")
    if taken_off == 0:
        plain = [not {"amount", "discount"} & (row.details or {}).keys() for row in rows]
        return [None if is_plain else amount for is_plain, amount in zip(plain, amounts, strict=True)]
    shares = apportion(taken_off, amounts)
    return [amount - share for amount, share in zip(amounts, shares, strict=True)]


def _line_amount(row: Row, currency: str) -> int:
    details = row.details or {}
    stated = Decimal(details["amount"]) if "amount" in details else row.quantity * row.unit_price
    amount = to_minor(stated, currency) - to_minor(abs(Decimal(details.get("discount", "0"))), currency)
    if amount < 0:
        raise OrderMismatch(f"the discount on line {row.line} is greater than its amount")
    return amount


def _charge(charge: Charge, amount: int, currency: str, rate: str) -> dict[str, Any]:
    line = {"sku": charge.sku, "name": charge.name, "kind": "service", "quantity": 1}
    rate = rate if charge.tax_rate is None else f"{charge.tax_rate:f}"
    return line | {"unit_price": str(from_minor(amount, currency)), "tax_rate": rate}


def _charged(rows: Sequence[Row], name: str, currency: str) -> int:
    return to_minor(sum((Decimal((row.details or {}).get(name, "0")) for row in rows), Decimal(0)), currency)


def _numbered(number: str, channel: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """A parcel is confirmed per line, so each line of a marketplace needs a number there."""
    if channel in MARKETPLACES:
        lines = [{"external_id": f"{number}{place:04d}"} | line for place, line in enumerate(lines, 1)]
    return {"lines": lines}


def _details(first: Row) -> dict[str, Any]:
    details = first.details or {}
    found: dict[str, Any] = {name: details[name] for name in ORDER_FIELDS if name in details}
    if "order_language" in details:
        found["language"] = details["order_language"]
    if first.placed_at:
        found["placed_at"] = first.placed_at.isoformat()
    if "tags" in details:
        found["tags"] = _tags(details["tags"])
    if "test" in details:
        found["test"] = details["test"].lower() in YES
    if "own_fields" in details:
        found["fields"] = _json(details["own_fields"], "own fields")
    return found


def _tags(cell: str) -> Any:
    """Set apart by commas or semicolons, or a list in JSON, since a tag may hold either."""
    return _json(cell, "tags") if cell.startswith("[") else [tag for tag in TAGS.split(cell) if tag]


def _json(cell: str, what: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        raise OrderMismatch(f"the {what} {cell[:40]!r} are no JSON") from None


def _customer(number: str, row: Row) -> dict[str, str]:
    details = row.details or {}
    who = f"customer-{row.customer}" if row.customer else f"guest-{number}"
    customer = {
        "email": details.get("email") or f"{re.sub('[^A-Za-z0-9._-]', '-', who)}@import.invalid",
        "name": details.get("customer_name") or details.get("company") or who.replace("-", " ", 1).capitalize(),
    }
    return customer | {name: details[name] for name in CUSTOMER_FIELDS if name in details}


def _address(kind: str, details: dict[str, str]) -> dict[str, str] | None:
    """The address as far as the file has it; None where it says nothing. Raises `OrderMismatch` without a country."""
    address = {name: details[f"{kind}_{name}"] for name in ADDRESS_FIELDS if f"{kind}_{name}" in details}
    country = address.get("country") or details.get("country", "")
    code = country_code(country)
    if code is not None:
        return address | {"country": code}
    if country.strip().casefold() not in UNSAID:
        raise OrderMismatch(f"the {kind} country {country[:40]!r} is no country's name or code that is known")
    if address.keys() & {"street", "postal_code", "city"}:
        raise OrderMismatch(f"the {kind} address has no country")
    return None
