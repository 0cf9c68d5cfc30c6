"""What the routes answer: models for the OpenAPI document, which the tests hold true (`shared.web.answers`).

`queries` makes the documents themselves; `bodies` is what the routes accept.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.inventory.domain.stock import Backorder, Reason
from shared.web.answers import AnswerModel, Currency, Language, Listed, Number, Sometimes


class ListedPrice(AnswerModel):
    """A price in a list and a currency; `includes_tax` where clients are shown it with tax."""

    price_list: str
    currency: Currency
    price: Number
    includes_tax: bool


class ProductAnswer(AnswerModel):
    """A product's sheet; the `ETag` is its version."""

    sku: str
    name: str
    price: Number | None
    currency: Currency | None
    tax_rate: Number | None = Field(description="percent")
    price_includes_tax: bool
    prices: list[ListedPrice]
    deleted: bool
    available: int = Field(description="units on hand that are neither allocated nor safety stock")
    sold_out: bool
    backorder: Backorder
    backorder_limit: int | None = Field(description="units that may wait, where `backorder` is limited")
    safety_stock: int
    version: int = Field(description="of the sheet")
    updated_at: datetime


class ProductBatchAnswer(AnswerModel):
    created: int
    total: int


class PriceBatchAnswer(AnswerModel):
    """How many prices were put, and at how many products something changed."""

    total: int
    changed: int


class PriceListAnswer(AnswerModel):
    """A price list, and how many products it prices in which currency."""

    name: str
    prices: dict[str, int]


class LocationAnswer(AnswerModel):
    """A location; the lowest `priority` serves first."""

    code: str
    name: str
    priority: int
    takes_returns: bool
    default: bool
    closed: bool


class Locations(AnswerModel):
    """All locations, the first to serve first."""

    items: list[LocationAnswer]


class PlaceStock(AnswerModel):
    location: str
    on_hand: int
    allocated: int
    free: int


class StockAnswer(AnswerModel):
    """A SKU's counters, in units. It is not `known` where orders name it and nobody has made the product."""

    sku: str
    name: str | None
    known: bool
    deleted: bool
    on_hand: int
    demand: int = Field(description="what orders hold")
    allocated: int = Field(description="of it, what they have got")
    waiting: int
    available: int
    sold_out: bool
    safety_stock: int
    orderable: int | None = Field(description="null: as many as one likes")
    discrepancy_since: datetime | None
    locations: list[PlaceStock]


class Discrepancy(StockAnswer):
    """A SKU of which more left than was there."""

    task: Literal["count"]


class Image(AnswerModel):
    id: UUID
    url: str = Field(description="where to load it from")
    sha256: str | None = Field(description="of an image that is kept here")


class SheetAnswer(ProductAnswer):
    """All that is sold, written and shown of a product, and its stock."""

    references: dict[str, str]
    technical_sheet: dict[Language, str]
    images: list[Image]
    stock: StockAnswer


class Movement(AnswerModel):
    """A line of the ledger; `number` counts within the SKU, `on_hand` is the balance after it."""

    id: UUID
    sku: str
    number: int
    quantity: int
    reason: Reason
    on_hand: int
    location: str
    order: UUID | None
    line: int | None = Field(description="of the order")
    actor: str
    note: str | None
    at: datetime


class MovementBatchAnswer(AnswerModel):
    total: int


class CountAnswer(AnswerModel):
    """What was counted, and the movement of the difference; null where there is none."""

    sku: str
    location: str
    on_hand: int
    movement: Movement | None


class CountBatchAnswer(AnswerModel):
    """How many counts, and how many of them differed and were booked."""

    total: int
    booked: int


class TransferAnswer(AnswerModel):
    """What left and what came."""

    movements: list[Movement]


class ReservedAt(AnswerModel):
    location: str
    quantity: int


class ReservationLine(AnswerModel):
    line: int
    sku: str
    hold: int
    allocated: int
    locations: list[ReservedAt] = Field(description="where it is to be taken")


class ReservationAnswer(AnswerModel):
    """The stocked lines of an order."""

    order: UUID
    lines: list[ReservationLine]


class Waiting(AnswerModel):
    """A part of an order's line that waits for the SKU."""

    order: UUID
    line: int
    since: datetime
    quantity: int
    allocated: int
    waiting: int


class StockDifference(AnswerModel):
    """Two sides of a check that should be equal, of a SKU (at a location) or of an order."""

    sku: Sometimes[str] = None
    location: str | None = None
    order: Sometimes[UUID] = None
    check: str
    left: int
    right: int


class StockVerification(AnswerModel):
    """Whether ledger, balances, reservations and answers agree."""

    ok: bool
    skus: int
    orders: int
    differences: list[StockDifference]


class StockRepair(StockVerification):
    """SKUs and orders that were made anew, and what is left of the differences."""

    repaired: list[str]
    answered: list[UUID]


Products = Listed[ProductAnswer]
PriceLists = Listed[PriceListAnswer]
Movements = Listed[Movement]
Stocks = Listed[StockAnswer]
WaitingList = Listed[Waiting]
Discrepancies = Listed[Discrepancy]
