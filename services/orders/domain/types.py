"""The 16 status types and what each implies: the one table that every other rule reads.

Every cell is a level, true or false of the present type, so a type that an order only passed through loses nothing.
Sellers put their own statuses on top of these types and never edit the table. The words are those of
`shared.contracts.orders` (a test holds both lists equal); they stand here again because the domain imports nothing.
"""

from dataclasses import dataclass
from enum import StrEnum


class StatusType(StrEnum):
    """The fixed vocabulary, in the order of an order's life."""

    DRAFT = "draft"
    RECEIVED = "received"
    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    READY = "ready"
    ON_HOLD = "on_hold"
    OTHER = "other"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"


class Phase(StrEnum):
    """Where in its life an order of that type is."""

    DRAFT = "draft"
    OPEN = "open"
    OUT = "out"
    BACK = "back"


class Stock(StrEnum):
    """What the type does with the part that is not shipped."""

    NOTHING = "nothing"
    """A draft: nothing was taken yet."""
    HELD = "held"
    SHIPS_REST = "ships_rest"
    """Entering from a type that does not ship the rest records a shipment of it."""
    RELEASED = "released"


class Invoicing(StrEnum):
    """What the type asks of billing."""

    NEVER = "never"
    POLICY = "policy"
    NOTHING_NEW = "nothing_new"
    SHIPPED = "shipped"
    LESS_RETURNED = "less_returned"
    CREDIT = "credit"


class Marketplace(StrEnum):
    """What the type says to the channel the order came from."""

    NONE = "none"
    ACKNOWLEDGED = "acknowledged"
    CANCELLED = "cancelled"
    REFUND_REPORTED = "refund_reported"


class Turnover(StrEnum):
    """How the order counts in the shop's turnover."""

    NO = "no"
    YES = "yes"
    NET = "net"
    """Less what came back or was refunded."""


class Editable(StrEnum):
    """Which lines may be changed."""

    ALL = "all"
    UNSHIPPED = "unshipped"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Implication:
    """One row of the table."""

    phase: Phase
    stock: Stock
    payable: bool
    invoicing: Invoicing
    marketplace: Marketplace
    turnover: Turnover
    editable: Editable
    ships: bool = True
    """A shipment may be recorded with this status."""

    @property
    def holds(self) -> bool:
        """The unshipped part is reserved."""
        return self.stock is Stock.HELD


def _open(
    *,
    payable: bool = False,
    invoicing: Invoicing = Invoicing.POLICY,
    marketplace: Marketplace = Marketplace.ACKNOWLEDGED,
    ships: bool = False,
) -> Implication:
    return Implication(Phase.OPEN, Stock.HELD, payable, invoicing, marketplace, Turnover.YES, Editable.ALL, ships=ships)


def _out(stock: Stock, invoicing: Invoicing, editable: Editable = Editable.NONE, *, ships: bool = True) -> Implication:
    return Implication(Phase.OUT, stock, False, invoicing, Marketplace.NONE, Turnover.YES, editable, ships=ships)


def _back(invoicing: Invoicing, marketplace: Marketplace, turnover: Turnover) -> Implication:
    return Implication(Phase.BACK, Stock.RELEASED, False, invoicing, marketplace, turnover, Editable.NONE, ships=False)


TYPES: dict[StatusType, Implication] = {
    StatusType.DRAFT: Implication(
        Phase.DRAFT, Stock.NOTHING, False, Invoicing.NEVER, Marketplace.NONE, Turnover.NO, Editable.ALL, ships=False
    ),
    StatusType.RECEIVED: _open(payable=True),
    StatusType.AWAITING_PAYMENT: _open(payable=True, marketplace=Marketplace.NONE),
    StatusType.CONFIRMED: _open(),
    StatusType.PROCESSING: _open(),
    StatusType.READY: _open(),
    StatusType.ON_HOLD: _open(invoicing=Invoicing.NOTHING_NEW, marketplace=Marketplace.NONE),
    StatusType.OTHER: _open(),
    StatusType.PARTIALLY_SHIPPED: _out(Stock.HELD, Invoicing.POLICY, Editable.UNSHIPPED),
    StatusType.SHIPPED: _out(Stock.SHIPS_REST, Invoicing.POLICY),
    StatusType.DELIVERED: _out(Stock.SHIPS_REST, Invoicing.POLICY),
    StatusType.COMPLETED: _out(Stock.SHIPS_REST, Invoicing.SHIPPED),
    StatusType.CLOSED: _out(Stock.RELEASED, Invoicing.SHIPPED, ships=False),
    StatusType.CANCELLED: _back(Invoicing.CREDIT, Marketplace.CANCELLED, Turnover.NO),
    StatusType.RETURNED: _back(Invoicing.LESS_RETURNED, Marketplace.REFUND_REPORTED, Turnover.NET),
    StatusType.REFUNDED: _back(Invoicing.LESS_RETURNED, Marketplace.REFUND_REPORTED, Turnover.NET),
}


BACK = frozenset(type_ for type_, implied in TYPES.items() if implied.phase is Phase.BACK)
"""The types of orders that are over; what was imported as one of them was closed where it came from."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What the order's present state implies for billing and for the marketplace."""

    payable: bool
    invoicing: Invoicing
    marketplace: Marketplace


def levels(type_: StatusType) -> Levels:
    """The levels of a living order."""
    implied = TYPES[type_]
    return Levels(implied.payable, implied.invoicing, implied.marketplace)


def tombstone_levels(type_: StatusType, *, credit: bool, anything_shipped: bool) -> Levels:
    """The levels of a deleted order.

    Its documents stay, and are credited only if the deletion's decision said so (or its last type already did); the
    marketplace is told a cancellation only if nothing was ever shipped.
    """
    credits_already = TYPES[type_].invoicing is Invoicing.CREDIT
    return Levels(
        payable=False,
        invoicing=Invoicing.CREDIT if credit or credits_already else Invoicing.NOTHING_NEW,
        marketplace=Marketplace.NONE if anything_shipped else Marketplace.CANCELLED,
    )
