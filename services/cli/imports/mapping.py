"""What the columns of a file mean: the built-in mapping of a known format, or a TOML file of the user's.

    currency = "EUR"                    # and these, each with its default:
    prices_include_tax = true
    channel = "web"                     # web, manual, amazon, ebay
    tax_rate = "20"                     # percent, where no column says it
    timezone = "Europe/Paris"           # of the moments; the shop's own where absent
    date_format = "%Y-%m-%d %H:%M"      # as Python writes it; ISO 8601 where absent
    delimiter = ";"                     # ","
    encoding = "cp1252"                 # "utf-8"
    decimal_comma = true                # false
    cancellation_prefix = "C"           # order numbers that begin with it are credits
    services = ["POST", "GIFT-WRAP"]    # SKUs that need no stock

    [columns]                           # our field = "their column"
    order = "Order ID"                  # order, sku, quantity and unit_price are needed
    sku = "Item"
    quantity = "Qty"
    unit_price = "Price"
    placed_at = "Date"

The other fields: name, tax_rate, line_id, customer_id, customer_name, email, phone, language, company, vat_number,
country, and name, street, postal_code, city, country behind `billing_` and `shipping_`.
"""

import tomllib
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.money import UnknownCurrency, exponent

NEEDED = ("order", "sku", "quantity", "unit_price")
CUSTOMER_FIELDS = ("phone", "language", "company", "vat_number")
ADDRESS_FIELDS = ("name", "street", "postal_code", "city", "country")
OTHER_FIELDS = ("name", "tax_rate", "line_id", "placed_at", "customer_id", "customer_name", "email", "country")
FIELDS = frozenset((*NEEDED, *OTHER_FIELDS, *CUSTOMER_FIELDS)) | {
    f"{kind}_{name}" for kind in ("billing", "shipping") for name in ADDRESS_FIELDS
}
CHANNELS = ("web", "manual", "amazon", "ebay")


class MappingError(Exception):
    """A mapping file says something that cannot be; the message names it."""


@dataclass(frozen=True)
class Mapping:
    """How to read a file: `columns` gives the column of each of our fields."""

    columns: dict[str, str]
    currency: str
    prices_include_tax: bool = True
    channel: str = "web"
    tax_rate: Decimal = Decimal(20)
    timezone: str | None = None
    date_format: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal_comma: bool = False
    cancellation_prefix: str | None = None
    services: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if missing := [name for name in NEEDED if name not in self.columns]:
            raise MappingError(f"[columns] does not say which column is {missing[0]!r}")
        if unknown := sorted(self.columns.keys() - FIELDS):
            raise MappingError(f"[columns] knows no field {unknown[0]!r}")
        if self.channel not in CHANNELS:
            raise MappingError(f"channel is {self.channel!r}, not one of {', '.join(CHANNELS)}")
        if len(self.delimiter) != 1:
            raise MappingError("delimiter is not one character")
        try:
            exponent(self.currency)
            "".encode(self.encoding)
            ZoneInfo(self.timezone or "UTC")
        except (UnknownCurrency, LookupError, ZoneInfoNotFoundError, ValueError) as error:
            raise MappingError(str(error)) from None


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file; raises `MappingError`."""
    settings = load_toml(path)
    if unknown := sorted(settings.keys() - {entry.name for entry in fields(Mapping)}):
        raise MappingError(f"{path}: {unknown[0]!r} is no setting of a mapping")
    columns = settings.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(column, str) for column in columns.values()):
        raise MappingError(f"{path}: a table [columns] with names of columns is needed")
    try:
        if "tax_rate" in settings:
            settings["tax_rate"] = Decimal(str(settings["tax_rate"]))
        settings["services"] = frozenset(settings.get("services", ()))
        return Mapping(**settings)
    except (MappingError, TypeError, InvalidOperation) as error:
        raise MappingError(f"{path}: {error}") from None


def load_channels(path: Path) -> dict[str, str]:
    """The channel of each order that a channel map names: `amazon = ["536365", …]`, `ebay = […]`."""
    channels: dict[str, str] = {}
    for channel, numbers in load_toml(path).items():
        if channel not in CHANNELS:
            raise MappingError(f"{path}: {channel!r} is no channel; there are {', '.join(CHANNELS)}")
        if not isinstance(numbers, list):
            raise MappingError(f"{path}: {channel} is no list of order numbers")
        for number in map(str, numbers):
            if channels.setdefault(number, channel) != channel:
                raise MappingError(f"{path}: {number} stands under {channels[number]} and under {channel}")
    return channels


def load_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: {error}") from None
