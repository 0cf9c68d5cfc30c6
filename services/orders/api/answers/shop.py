"""A shop's own data as routes answer them: identity and rules, keys, checkout, closings, imports, views."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.orders.domain.transitions import Profile
from shared.contracts import Address, Closing, InvoiceOrigin, InvoicePolicy, LegalIdentity
from shared.web.answers import AnswerModel, Currency, Language, Listed


class ShopIdentity(AnswerModel):
    """A shop as all services know it."""

    shop: str
    version: int
    title: str
    legal: LegalIdentity
    languages: list[Language]
    timezone: str
    currency: Currency
    public_url: str
    mail_from: str
    administrators: list[str]
    sms: bool
    invoice_policy: InvoicePolicy
    invoice_series: str
    credit_note_series: str
    invoicing: InvoiceOrigin
    payment_days: int
    closings: list[Closing]


class ShopAnswer(ShopIdentity):
    """The same with the rules that only orders reads."""

    profile: Profile
    payment_term_hours: int | None
    on_payment: dict[Literal["pending", "authorised", "paid", "failed", "refunded"], str] = Field(
        description="the status that an order gets when its payment does, by mnemonic"
    )
    on_invoice_imported: str | None
    tracking_required: bool
    publish_histories: bool


class NewKey(AnswerModel):
    """A key that was made; `key` is told this once."""

    id: UUID
    name: str
    scopes: list[str]
    key: str


class NewShop(ShopIdentity):
    """A shop that was made, with its first key."""

    key: NewKey


class Key(AnswerModel):
    """A key that was made at some time; none can be read again."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Carrier(AnswerModel):
    name: str
    tracking_url: str | None = Field(description="has `{tracking_number}` where the number goes")


class OfferedPickupPoint(AnswerModel):
    id: str
    name: str
    address: Address
    starts: date | None
    ends: date | None


class OwnField(AnswerModel):
    name: str
    labels: dict[Language, str]
    kind: Literal["text", "number", "date", "boolean", "choice"]
    required: bool
    choices: list[str]


class CheckoutAnswer(AnswerModel):
    """What the shop's orders may choose among."""

    carriers: list[Carrier]
    shipping_methods: list[str]
    pickup_points: list[OfferedPickupPoint]
    fields: list[OwnField]


class ClosingPeriod(AnswerModel):
    """Days on which the shop does not ship, both included."""

    starts: date
    ends: date
    now: bool
    text: str


class ImportCounts(AnswerModel):
    """`orders` are found in the file, `done` of them dealt with: created, known before, or refused."""

    rows: int
    orders: int
    done: int
    created: int
    known: int
    refused: int
    rejected: int = Field(description="rows")
    skipped: int = Field(description="rows")


class ImportAnswer(AnswerModel):
    """How far an import of a file is."""

    id: UUID
    state: Literal["receiving", "waiting", "running", "done", "failed", "cancelled"]
    file: str
    format: str
    dry_run: bool
    size: int = Field(description="bytes")
    counts: ImportCounts
    statuses: dict[str, int] = Field(description="how many orders the file gives each status of the mapping")
    progress: float = Field(ge=0, le=1)
    error: str | None = Field(description="why the file cannot be read")
    by: str
    created_at: datetime
    finished_at: datetime | None


class ViewAnswer(AnswerModel):
    """A list of orders under a name."""

    id: UUID
    name: str
    query: str
    filters: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(description="name and value")
    url: str
    shared: bool
    own: bool
    created_at: datetime
    updated_at: datetime


Keys = Listed[Key]
Closings = Listed[ClosingPeriod]
Imports = Listed[ImportAnswer]
Views = Listed[ViewAnswer]
