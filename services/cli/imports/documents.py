"""Staged rows as the orders of the API: one order per number, the address no better than the file knows it.

A file without e-mail gives its clients an address nobody can be reached at (`.invalid` never resolves), the same for
every order of a customer; a guest has one of his own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.imports.countries import country_code
from services.cli.imports.deciding import Row
from services.cli.imports.mapping import ADDRESS_FIELDS, CUSTOMER_FIELDS, Mapping

MARKETPLACES = frozenset({"amazon", "ebay"})


@dataclass(frozen=True)
class Sender:
    """How the orders of one run are written: `channels` names the orders of another channel than the mapping's."""

    mapping: Mapping
    channels: dict[str, str]
    name_of: Callable[[str], str]

    def order(self, number: str, rows: Sequence[Row]) -> dict[str, Any]:
        """The body of one order; the first row speaks for the whole."""
        first = rows[0]
        details = first.details or {}
        channel = self.channels.get(number, self.mapping.channel)
        return {
            "channel": channel,
            "external_id": number,
            "imported": True,
            "currency": self.mapping.currency,
            "prices_include_tax": self.mapping.prices_include_tax,
            "customer": _customer(number, first),
            "billing_address": _address("billing", details),
            "shipping_address": _address("shipping", details),
            "lines": [self._line(number, row, place, channel) for place, row in enumerate(rows, 1)],
        } | ({"placed_at": first.placed_at.isoformat()} if first.placed_at else {})

    def _line(self, number: str, row: Row, place: int, channel: str) -> dict[str, Any]:
        details = row.details or {}
        external_id = details.get("line_id")
        if external_id is None and channel in MARKETPLACES:
            external_id = f"{number}{place:04d}"  # a parcel is confirmed per line, so each needs a number there
        line = {
            "sku": row.sku,
            "name": details.get("name") or self.name_of(row.sku),
            "kind": "product" if row.is_stocked else "service",
            "quantity": row.quantity,
            "unit_price": f"{row.unit_price:f}",
            "tax_rate": details.get("tax_rate") or f"{self.mapping.tax_rate:f}",
        }
        return line | ({"external_id": external_id} if external_id else {})


def _customer(number: str, row: Row) -> dict[str, str]:
    details = row.details or {}
    who = f"customer-{row.customer}" if row.customer else f"guest-{number}"
    customer = {
        "email": details.get("email") or f"{re.sub('[^A-Za-z0-9._-]', '-', who)}@import.invalid",
        "name": details.get("customer_name") or details.get("company") or who.replace("-", " ", 1).capitalize(),
    }
    return customer | {name: details[name] for name in CUSTOMER_FIELDS if name in details}


def _address(kind: str, details: dict[str, str]) -> dict[str, str]:
    """The address as far as the file has it; the country is there in any case."""
    address = {name: details[f"{kind}_{name}"] for name in ADDRESS_FIELDS if f"{kind}_{name}" in details}
    country = address.get("country") or details.get("country", "")
    return address | {"country": country_code(country)}
