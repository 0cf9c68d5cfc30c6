"""What the API accepts: sheets and prices of products, movements, counts. Unknown fields are refused, so that no
typing slip passes for a wish."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from services.inventory.domain.places import DEFAULT
from services.inventory.domain.prices import ListPrice
from services.inventory.domain.stock import Backorder
from shared.money import UnknownCurrency, exponent

MOST = 1_000_000_000
"""Units in one movement, and in one count."""


def _printable(text: str) -> str:
    if not text.isprintable() or text.isspace():
        raise ValueError("must be printable and not blank")
    return text


def _currency(code: str) -> str:
    try:
        exponent(code)
    except UnknownCurrency as error:
        raise ValueError(str(error)) from error
    return code


def written_price(price: Decimal, currency: str) -> Decimal:
    """The price with exactly the decimals of its currency; raises `ValueError` where it has more."""
    decimals = exponent(currency)
    written = round(price, decimals)
    if written != price:
        raise ValueError(f"has at most {decimals} decimals in this currency")
    return written


Sku = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
"""Case-sensitive, any printable characters."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Place = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""The code of a location."""
ListName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]

Units = Annotated[int, Field(strict=True, ge=-MOST, le=MOST)]


class Bookable(StrEnum):
    """Reasons that people and systems may give.

    Shipments and restocks come from orders alone; counts and transfers have routes of their own, which book the
    difference, and both ends.
    """

    RECEIPT = "receipt"
    CORRECTION = "correction"
    LOSS = "loss"
    SCRAP = "scrap"
    OTHER = "other"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceBody(_Body):
    """A price in a list and a currency; `includes_tax` where clients are shown it with tax (TTC), else it is net."""

    price_list: ListName
    currency: Annotated[str, AfterValidator(_currency)]
    price: Annotated[Decimal, Field(ge=0, max_digits=15)]
    includes_tax: bool = True

    @field_validator("price")
    @classmethod
    def _has_the_decimals_of_its_currency(cls, price: Decimal, info: ValidationInfo) -> Decimal:
        return written_price(price, info.data.get("currency", "EUR"))

    @property
    def listed(self) -> ListPrice:
        return ListPrice(self.price_list, self.currency, self.price, self.includes_tax)


def _placed_once(prices: list[PriceBody]) -> list[PriceBody]:
    if len({price.listed.place for price in prices}) < len(prices):
        raise ValueError("a list and currency stand there twice")
    return prices


Prices = Annotated[list[PriceBody], Field(max_length=200), AfterValidator(_placed_once)]


class PricesBody(_Body):
    """All prices of a product in lists."""

    prices: Prices


class PriceItem(PriceBody):
    """A price within a batch."""

    sku: Sku


class PriceBatch(_Body):
    prices: list[PriceItem] = Field(min_length=1, max_length=500)


class ProductBody(_Body):
    """The sheet of a product, whole: what is absent is empty, or as by default. `tax_rate` is in percent.

    `backorder` says what is on offer beyond what is available, and checkouts are held to it; orders that were sold all
    the same wait. `backorder_limit` is the number of units that may wait, and belongs to `limited`. `safety_stock` is
    never offered, though an order that was taken gets it.
    `prices` are those in lists; absent, they stay as they are.
    """

    name: Name
    price: Decimal | None = Field(default=None, ge=0, max_digits=15, decimal_places=4)
    currency: Annotated[str, AfterValidator(_currency)] | None = None
    tax_rate: Decimal | None = Field(default=None, ge=0, le=100, max_digits=7, decimal_places=4)
    price_includes_tax: bool = True
    prices: Prices | None = None
    backorder: Backorder = Backorder.ALLOWED
    backorder_limit: Annotated[int | None, Field(strict=True, ge=0, le=MOST, validate_default=True)] = None
    safety_stock: Annotated[int, Field(strict=True, ge=0, le=MOST)] = 0

    @field_validator("backorder_limit")
    @classmethod
    def _belongs_to_limited(cls, limit: int | None, info: ValidationInfo) -> int | None:
        if (limit is not None) != (info.data.get("backorder") is Backorder.LIMITED):
            raise ValueError("stands with 'limited', and only there")
        return limit


class ProductItem(ProductBody):
    """A sheet within a batch."""

    sku: Sku


class ProductBatch(_Body):
    products: list[ProductItem] = Field(min_length=1, max_length=500)


class MovementBody(_Body):
    """`quantity` units came (> 0) or went (< 0): a `receipt` comes, a `loss` and a `scrap` go, the others do either."""

    sku: Sku
    reason: Bookable
    quantity: Units
    note: Note | None = None
    location: Place = DEFAULT

    @field_validator("quantity")
    @classmethod
    def _goes_with_its_reason(cls, quantity: int, info: ValidationInfo) -> int:
        reason = info.data.get("reason")
        if quantity == 0:
            raise ValueError("a movement moves something: it cannot be 0")
        if reason is Bookable.RECEIPT and quantity < 0:
            raise ValueError("a receipt comes: above 0")
        if reason in (Bookable.LOSS, Bookable.SCRAP) and quantity > 0:
            raise ValueError(f"a {reason} goes: below 0")
        return quantity


class MovementBatch(_Body):
    movements: list[MovementBody] = Field(min_length=1, max_length=500)


class CountBody(_Body):
    """What somebody counted on the shelf of a location; the difference is booked."""

    sku: Sku
    counted: Annotated[int, Field(strict=True, ge=0, le=MOST)]
    note: Note | None = None
    location: Place = DEFAULT


class CountBatch(_Body):
    counts: list[CountBody] = Field(min_length=1, max_length=500)


class TransferBody(_Body):
    """`quantity` units go from one location to another."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    sku: Sku
    quantity: Annotated[int, Field(strict=True, ge=1, le=MOST)]
    source: Place = Field(alias="from")
    target: Place = Field(alias="to")
    note: Note | None = None


class LocationBody(_Body):
    """A warehouse or a shop floor. The lowest `priority` serves first."""

    name: Name
    priority: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    takes_returns: bool = False


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class SheetBody(_Body):
    """What is written of a product, whole: references by name, and the technical sheet by language."""

    references: dict[Words, Words] = Field(default={}, max_length=20)
    technical_sheet: dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=50_000)]] = Field(
        default={}, max_length=50
    )


class ImageBody(_Body):
    """An image that is shown from where it is."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S*$", max_length=2000)]
