"""What the columns of a file mean, as data: the mappings that come with Comptoir, or a file of the user's.

A mapping is YAML (docs/import.md has every setting): for each of our fields a rule that says which column it is in, or
a constant, and how its cells are read. A TOML file with a table `[columns]` is the same with columns alone. Whatever a
file says wrongly is named by its place, as in `fields.quantity.columns`. Neighbours: `loading` (from files, and from
`formats/`, the mappings that come along), `reading` (records of a file), `deciding` (a record as a row).
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.money import UnknownCurrency, exponent

NEEDED = ("order", "sku", "quantity")
ADDRESS_FIELDS = ("name", "street", "postal_code", "city", "country")
CUSTOMER_FIELDS = ("phone", "language", "company", "vat_number", "siren", "siret", "electronic_address")
ORDER_FIELDS = (
    "payment_method", "shipping_method", "carrier", "operator", "origin", "indicator", "purchase_order",
)  # fmt: skip
"""What an order takes over as it is written."""
OTHER_FIELDS = (
    "unit_price", "amount", "discount", "subtotal", "tax", "tax_rate", "name", "kind", "line_id", "booked_for",
    "shipped", "placed_at", "external_id", "channel", "currency", "prices_include_tax", "test", "tags", "own_fields",
    "order_language", "order_tax_rate", "paid", "refunded", "customer_id", "customer_name", "email", "country",
)  # fmt: skip
FIELDS = frozenset((*NEEDED, *OTHER_FIELDS, *CUSTOMER_FIELDS, *ORDER_FIELDS)) | {
    f"{kind}_{name}" for kind in ("billing", "shipping") for name in ADDRESS_FIELDS
}
CHANNELS = ("web", "manual", "amazon", "ebay")


def _checked_currency(code: str) -> str:
    try:
        exponent(code)
    except UnknownCurrency as error:
        raise ValueError(str(error)) from None
    return code


def _checked_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"{name!r} is no encoding") from None
    return name


def _checked_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone")
    return name


def _checked_pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"needs one group in parentheses, and has {groups}")
    return text


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1)]
Columns = Annotated[tuple[Text, ...], BeforeValidator(_several)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Rule(_Part):
    """How one field is read: the first of `columns` that is there and filled, or all of them joined, or a constant.

    Then, in this order: characters of `strip` go from both ends, `pattern` takes its group, `values` translates, and
    `default` stands for what is empty or (where there are `values`) not among them.
    """

    columns: Columns = ()
    value: str | None = None
    join: str | None = None
    strip: str = ""
    pattern: Annotated[str, AfterValidator(_checked_pattern)] | None = None
    values: dict[str, str] = Field(default_factory=dict)
    default: str | None = None
    optional: bool = False
    """Whether the file may lack all the columns."""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if bool(self.columns) == (self.value is not None):
            raise ValueError("needs either columns or a constant value")
        return self

    def read(self, cells: dict[str, str]) -> str:
        """What the cells say of this field; empty for nothing."""
        if self.value is not None:
            return self.value
        filled = (text for column in self.columns if (text := cells.get(column, "").strip().strip(self.strip or None)))
        text = next(filled, "") if self.join is None else self.join.join(filled)
        if text and self.pattern is not None:
            match = re.search(self.pattern, text)
            text = (match[1] or "") if match else ""
        if text and self.values:
            text = self.values.get(text, text if self.default is None else self.default)
        return text or self.default or ""


class Charge(_Part):
    """Something charged beside the lines, such as postage: a line of its own, a service, where it is above zero.

    Its amount is the sum of the columns `amount` less those of `minus`: of the order's first row (`per: order`), or of
    all its rows. The rate is that of the column `tax`, an amount, else `tax_rate`, else the mapping's.
    """

    sku: Text
    name: Text
    amount: Columns
    minus: Columns = ()
    tax: Text | None = None
    tax_rate: Percent | None = None
    per: Literal["order", "row"] = "order"


class Total(_Part):
    """What the file says an order comes to, tax included: the sum of the columns `amount` of its first row.

    `minus` are columns that may be in it and are no money of the seller's, such as a tax that a marketplace keeps, and
    `tax` is what of it is tax. An order that comes to anything else is rejected. With `tells_tax` it shows whether the
    prices include tax, and `prices_include_tax` is what is tried first.
    """

    amount: Columns
    minus: Columns = ()
    tax: Columns = ()
    tells_tax: bool = False


class Skip(_Part):
    """Rows that are no lines of orders to take over, and why: the column is one of `values`, or is (not) `filled`.

    What is left out is the row; with `whole: order` all rows of its order; with `whole: head` the row is no line, but
    speaks for its order all the same.
    """

    column: Text
    values: tuple[str, ...] = ()
    filled: bool | None = None
    because: Text
    whole: Literal["row", "order", "head"] = "row"

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if bool(self.values) == (self.filled is not None):
            raise ValueError("needs either values or filled")
        return self

    def applies(self, cells: dict[str, str]) -> bool:
        """Whether this row is left out."""
        cell = cells.get(self.column, "").strip()
        return cell in self.values if self.values else bool(cell) == self.filled


class StatusRule(_Part):
    """What one column (the first of `column` that is there and filled) says of an order's status.

    `values` translate its cell, `filled` is the status where it has any; with neither, the cell is the status itself.
    """

    column: Columns
    values: dict[str, Text] = Field(default_factory=dict)
    filled: Text | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.values and self.filled is not None:
            raise ValueError("needs either values or filled")
        return self

    def cell(self, cells: dict[str, str]) -> str:
        """What stands there; empty for nothing."""
        return next((text for column in self.column if (text := cells.get(column, "").strip())), "")

    def read(self, cells: dict[str, str]) -> str | None:
        """The status, None where this column does not decide."""
        cell = self.cell(cells)
        if not cell:
            return None
        return self.values.get(cell) if self.values else self.filled or cell


class Statuses(_Part):
    """Which status an order takes: what the first rule of `by` says that says anything, else `otherwise`.

    A status is a mnemonic of the shop's, or a type. Where there is no `otherwise`, an order whose status nothing tells
    is rejected. What has left already leaves the stock here with `stock` only.
    """

    by: Annotated[tuple[StatusRule, ...], Field(min_length=1)]
    otherwise: Text | None = None
    stock: bool = False

    def read(self, cells: dict[str, str]) -> str | None:
        """The status; None where nothing tells it."""
        return next((status for rule in self.by if (status := rule.read(cells))), self.otherwise)

    def unread(self, cells: dict[str, str]) -> str:
        """Why there is none: what the columns say."""
        said = ", ".join(f"{' or '.join(rule.column)} is {rule.cell(cells)[:40]!r}" for rule in self.by)
        return f"the mapping has no status for it: {said}"


def _as_rules(value: Any) -> Any:
    """A text alone is a column's name."""
    if not isinstance(value, dict):
        return value
    return {name: {"columns": rule} if isinstance(rule, str | list) else rule for name, rule in value.items()}


class Mapping(_Part):
    """How to read a file: the rule of each field, and what holds for the whole."""

    fields: Annotated[dict[str, Rule], BeforeValidator(_as_rules)]
    currency: Annotated[str, AfterValidator(_checked_currency)]
    title: str = ""
    prices_include_tax: bool = True
    channel: Literal["web", "manual", "amazon", "ebay"] = "web"
    tax_rate: Percent = Decimal(20)
    tax_rates: tuple[Percent, ...] = ()
    """The rates there are, for files that say an amount of tax."""
    timezone: Annotated[str, AfterValidator(_checked_zone)] | None = None
    date_format: Columns = ()
    """As Python writes them, tried in turn; ISO 8601 is understood in any case."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Found out from the header where absent."""
    encoding: Annotated[str, AfterValidator(_checked_encoding)] = "utf-8"
    decimal_comma: bool = False
    free_lines: bool = False
    """Whether a price may be 0."""
    cancellation_prefix: Text | None = None
    services: frozenset[str] = frozenset()
    """SKUs that need no stock."""
    charges: tuple[Charge, ...] = ()
    total: Total | None = None
    """Absent, or its columns empty: nothing is compared."""
    status: Statuses | None = None
    """Absent: all orders are received."""
    skip: tuple[Skip, ...] = ()
    whole_orders: bool = True
    """Whether a rejected row rejects its whole order."""
    opening_stock: bool = False
    """Whether such a file takes over a shop with its stock: then, unless told otherwise, what it orders is received."""
    stop_at: Text | None = None
    """A text of a cell with which the file's records end."""

    @model_validator(mode="after")
    def _fields_are_ours(self) -> Self:
        if unknown := sorted(self.fields.keys() - FIELDS):
            raise ValueError(f"fields: there is no field {unknown[0]!r}; there are {', '.join(sorted(FIELDS))}")
        if missing := [name for name in NEEDED if name not in self.fields]:
            raise ValueError(f"fields: {missing[0]!r} is needed")
        if ("unit_price" in self.fields) == ("amount" in self.fields):
            raise ValueError("fields: either unit_price or amount (of the whole line) is needed")
        return self

    @property
    def needed(self) -> list[tuple[str, ...]]:
        """Of each of these sets of columns a file must have one."""
        rules = [rule.columns for rule in self.fields.values() if rule.columns and not rule.optional]
        charged = [(column,) for charge in self.charges for column in (*charge.amount, *charge.minus)]
        return [*rules, *charged, *(rule.column for rule in (self.status.by if self.status else ()))]
