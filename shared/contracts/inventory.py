"""`inventory.reservation.v1` (an order's stock) and `inventory.product.v1` (a SKU as others need it)."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Answer, Message, OpenEnum, Part


class StockState(OpenEnum):
    """The stock fact of an order."""

    NONE = "none"
    """Nothing is held and nothing left."""
    RESERVED = "reserved"
    """All that is to be held is allocated."""
    PARTLY = "partly"
    """Some of it is allocated, the rest waits."""
    SHORT = "short"
    """None of it is allocated."""
    COMMITTED = "committed"
    """Nothing is left to hold; goods went out."""
    OTHER = "other"


class ReservedLine(Part):
    line: int
    hold: int
    allocated: int
    reason: str | None = None
    """`unknown_sku` where the product does not exist."""
    unknown_locations: tuple[str, ...] = Field(
        default=(), description="named by the order, but not open: some goods were booked as if none had been named"
    )


class Reservation(Answer):
    """What inventory holds for an order. Being short is a state, not an open obligation."""

    name: ClassVar[str] = "inventory.reservation.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)

    stock: StockState
    lines: tuple[ReservedLine, ...] = ()


class ListPrice(Part):
    """What clients of a price list pay in a currency. The list `public` holds public prices in further currencies."""

    price_list: str
    currency: str
    price: Decimal
    includes_tax: bool = True


class Backorder(OpenEnum):
    """Whether the seller takes orders for more than there is."""

    ALLOWED = "allowed"
    LIMITED = "limited"
    REFUSED = "refused"
    OTHER = "other"


class Product(Message):
    """A SKU of a shop: name, prices (`price` is the public one), and whether it can be had."""

    name: ClassVar[str] = "inventory.product.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "notifications")

    sku: str
    title: str
    price: Decimal | None = None
    tax_rate: Decimal | None = None
    currency: str | None = None
    available: int
    sold_out: bool
    deleted: bool = False
    price_includes_tax: bool = True
    prices: tuple[ListPrice, ...] = ()
    backorder: Backorder | None = Field(default=None, description="absent: allowed")
    orderable: int | None = Field(
        default=None, ge=0, description="units that may be ordered, on back order too; absent: as many as one likes"
    )

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.sku}"
