"""What an effect needs to leave the house, copied from the order when the obligation is written.

A mail that is sent a day late says what the order was then. Plain values only: the rows keep them as JSON, and erasing
a person's data empties them. `wanted` fills them, the channels read them.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the order as a mail lists it; amounts in minor units."""

    name: str
    sku: str
    quantity: int
    gross: int
    net: int | None = None
    """Where the order's prices are without tax."""

    @property
    def total(self) -> int:
        """What the line costs, with tax where the order's prices are."""
        return self.gross if self.net is None else self.net


@dataclass(frozen=True, slots=True)
class Tracking:
    """A parcel as the client is told of it."""

    number: int
    carrier: str
    tracking_number: str
    url: str | None = None
    """The carrier's page of the parcel."""


@dataclass(frozen=True, slots=True)
class Postal:
    """An address, ready to print line by line."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A period in which the shop does not ship, both days included, and what it says of it."""

    starts: date
    ends: date
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What texts may speak of: the order, its client, its shop. Amounts are minor units of `currency`."""

    code: str
    placed_at: datetime
    currency: str
    language: str
    timezone: str
    shop: str
    shop_url: str
    status: str
    client: str
    net: int
    tax: int
    gross: int
    items: tuple[Item, ...] = ()
    parcels: tuple[Tracking, ...] = ()
    shipping: Postal | None = None
    history_url: str = ""
    closings: tuple[Closed, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: the seller's texts in Liquid, the operator's own words, and what they may speak of.

    `contact` is what administrators are told of the client; a `test` goes to them alone, and says that it is one.
    """

    role: str
    to: tuple[str, ...]
    name: str
    sender: str
    subject: str
    body: str
    message: str
    words: Words
    contact: tuple[str, ...] = ()
    test: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """An SMS; `region` is the country in which a number without a prefix is read."""

    phone: str
    region: str
    body: str
    words: Words


@dataclass(frozen=True, slots=True)
class Packed:
    """Units of one line of the marketplace's order in a parcel."""

    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel to confirm to the marketplace that the order came from; `order` is the marketplace's id."""

    order: str
    number: int
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime
    items: tuple[Packed, ...]


@dataclass(frozen=True, slots=True)
class Cancelling:
    """An order of the marketplace of which nothing was shipped, and nothing will be."""

    order: str
    items: tuple[Packed, ...]


@dataclass(frozen=True, slots=True)
class Refunding:
    """Units of one line whose price goes back to the buyer: all from the first to `units`, less those `before`.

    `gross` is what the whole line of `quantity` units cost, in minor units of `currency`.
    """

    order: str
    item: str
    currency: str
    gross: int
    quantity: int
    units: int
    before: int = 0

    @property
    def amount(self) -> int:
        """In minor units. Reckoned from the line's total at both ends, so that parts sum to the whole."""
        return self.gross * self.units // self.quantity - self.gross * self.before // self.quantity


@dataclass(frozen=True, slots=True)
class Level:
    """The units of a product that a marketplace shall show, under the marketplace's own names for it.

    `price` in `currency`, with tax, goes along where the shop has the marketplace show its prices.
    """

    sku: str
    quantity: int
    product_type: str
    offer: str | None = None
    price: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A level in a bundle, and the obligation that it stands for, as it was at that version."""

    obligation: str
    version: int
    level: Level


@dataclass(frozen=True, slots=True)
class Levels:
    """Many levels that leave as one document."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """The mail with a client's way into the client space, which is of no use after `expires_at`."""

    to: str
    name: str
    sender: str
    shop: str
    language: str
    timezone: str
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """The mail with the link to an order's payment page; `amount` in minor units."""

    address: str
    client: str
    sender: str
    shop: str
    language: str
    code: str
    amount: int
    currency: str
    url: str


@dataclass(frozen=True, slots=True)
class Covering:
    """The mail of one document of an order, to the client or (`role`) the administrators."""

    role: str
    readers: tuple[str, ...]
    client: str
    sender: str
    shop: str
    language: str
    code: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A mail to the administrators about the installation itself; `about` chooses the words, `values` fill them."""

    to: tuple[str, ...]
    sender: str
    shop: str
    language: str
    about: str
    values: dict[str, str]


Payload = Letter | Note | Shipment | Cancelling | Refunding | Invitation | PaymentRequest | Level | Levels
