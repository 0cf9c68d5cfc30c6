"""What a row of an export holds: one row a line of an order, or one an order, with headers in French or English.

The mapping `formats/comptoir.yaml` reads the lines back, by either language's headers; a test holds the two together.
Amounts are decimals of the order's currency, moments ISO 8601 in UTC.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import orjson

from shared.money import from_minor

Language = Literal["fr", "en"]
Cell = str | int | Decimal | None
Order = Any
"""An order with lines and parcels, as `queries.records.OrderRecord` has it."""
Line = Any
"""One of its lines."""


@dataclass(frozen=True, slots=True)
class Column:
    """A header in both languages, and what stands below it."""

    en: str
    fr: str
    of: Callable[[Order, Line], Cell]

    def title(self, language: Language) -> str:
        """The header."""
        return self.fr if language == "fr" else self.en


def columns_of(rows: Literal["lines", "orders"]) -> tuple[Column, ...]:
    """The columns of one kind of export."""
    return (*ORDER, *LINE) if rows == "lines" else (*ORDER, *SUMS)


def cells_of(order: Order, rows: Literal["lines", "orders"]) -> Iterator[list[Cell]]:
    """The rows of one order."""
    columns = columns_of(rows)
    for line in order.lines if rows == "lines" else (None,):
        yield [column.of(order, line) for column in columns]


def _own(name: str) -> Callable[[Order, Line], Cell]:
    return lambda order, line: getattr(order, name)


def _customer(name: str) -> Callable[[Order, Line], Cell]:
    return lambda order, line: order.customer.get(name)


def _address(kind: str, name: str) -> Callable[[Order, Line], Cell]:
    return lambda order, line: (getattr(order, f"{kind}_address") or {}).get(name)


def _of_line(name: str) -> Callable[[Order, Line], Cell]:
    return lambda order, line: getattr(line, name)


def _amount(name: str) -> Callable[[Order, Line], Cell]:
    return lambda order, line: from_minor(getattr(order, name), order.currency)


def _line_amount(name: str) -> Callable[[Order, Line], Cell]:
    return lambda order, line: from_minor(getattr(line, name), order.currency)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json(value: Any) -> str | None:
    return orjson.dumps(value).decode() if value else None


def _tags(tags: Sequence[str]) -> str | None:
    """In one cell as a person would write them, or in JSON where a tag holds what sets them apart."""
    plain = not any(set(tag) & set(",;[") for tag in tags)
    return ", ".join(tags) if plain else _json(tags)


def _tracking(order: Order, line: Line) -> str:
    return ", ".join(parcel.tracking_number for parcel in order.shipments if parcel.tracking_number)


ORDER = (
    Column("Code", "Code", _own("code")),
    Column("External id", "Numéro externe", _own("external_id")),
    Column("Channel", "Canal", _own("channel")),
    Column("Placed at", "Date", lambda order, line: _moment(order.placed_at)),
    Column("Status", "Statut", _own("status")),
    Column("Status type", "Type de statut", lambda order, line: str(order.type)),
    Column("Payment", "Paiement", _own("payment")),
    Column("Stock", "Stock", _own("stock")),
    Column("Invoice", "Facture", _own("invoice")),
    Column("Currency", "Devise", _own("currency")),
    Column("Prices include tax", "Prix TTC", lambda order, line: _yes(order.prices_include_tax)),
    Column("Language", "Langue", _own("language")),
    Column("Customer", "Client", _customer("name")),
    Column("E-mail", "Courriel", _customer("email")),
    Column("Phone", "Téléphone", _customer("phone")),
    Column("Company", "Société", _customer("company")),
    Column("VAT number", "Numéro de TVA", _customer("vat_number")),
    Column("SIREN", "SIREN", _customer("siren")),
    Column("SIRET", "SIRET", _customer("siret")),
    Column("Electronic address", "Adresse électronique", _customer("electronic_address")),
    Column("Purchase order", "Numéro de bon de commande", _own("purchase_order")),
    Column("Billing name", "Facturation : nom", _address("billing", "name")),
    Column("Billing street", "Facturation : rue", _address("billing", "street")),
    Column("Billing postal code", "Facturation : code postal", _address("billing", "postal_code")),
    Column("Billing city", "Facturation : ville", _address("billing", "city")),
    Column("Billing country", "Facturation : pays", _address("billing", "country")),
    Column("Shipping name", "Livraison : nom", _address("shipping", "name")),
    Column("Shipping street", "Livraison : rue", _address("shipping", "street")),
    Column("Shipping postal code", "Livraison : code postal", _address("shipping", "postal_code")),
    Column("Shipping city", "Livraison : ville", _address("shipping", "city")),
    Column("Shipping country", "Livraison : pays", _address("shipping", "country")),
    Column("Payment method", "Mode de paiement", _own("payment_method")),
    Column("Shipping method", "Mode de livraison", _own("shipping_method")),
    Column("Carrier", "Transporteur", _own("carrier")),
    Column("Tracking numbers", "Numéros de suivi", _tracking),
    Column("Operator", "Opérateur", _own("operator")),
    Column("Origin", "Origine", _own("origin")),
    Column("Indicator", "Indicateur", _own("indicator")),
    Column("Tags", "Étiquettes", lambda order, line: _tags(order.tags)),
    Column("Own fields", "Champs propres", lambda order, line: _json(order.fields)),
    Column("Test", "Test", lambda order, line: _yes(order.test)),
)

LINE = (
    Column("SKU", "Référence", _of_line("sku")),
    Column("Name", "Désignation", _of_line("name")),
    Column("Kind", "Nature", _of_line("kind")),
    Column("Quantity", "Quantité", lambda order, line: line.quantities.ordered),
    Column("Unit price", "Prix unitaire", _of_line("unit_price")),
    Column("Discount", "Remise", _line_amount("discount")),
    Column("Tax rate", "Taux de TVA", _of_line("tax_rate")),
    Column("Net", "Montant HT", _line_amount("net")),
    Column("Tax", "TVA", _line_amount("tax")),
    Column("Gross", "Montant TTC", _line_amount("gross")),
    Column("Shipped", "Expédié", lambda order, line: line.quantities.shipped),
    Column("Line id", "Numéro de ligne", _of_line("external_id")),
    Column("Booked for", "Réservé pour", lambda order, line: _moment(line.booked_for)),
)

SUMS = (
    Column("Lines", "Lignes", lambda order, line: len(order.lines)),
    Column("Units", "Unités", lambda order, line: sum(sold.quantities.ordered for sold in order.lines)),
    Column("Net", "Total HT", _amount("net")),
    Column("Tax", "TVA", _amount("tax")),
    Column("Gross", "Total TTC", _amount("gross")),
    Column("Paid", "Payé", _amount("paid")),
)
