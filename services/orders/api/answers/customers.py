"""Clients as routes answer them, to the seller and to themselves: records, groups, prices, news, the client space."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.orders.api.answers.histories import History, Note, OrderLogItem, TimelineItem
from services.orders.api.answers.orders import OrderAnswer
from shared.contracts import Address
from shared.web.answers import AnswerModel, Currency, Language, Listed, Number


class _Person(AnswerModel):
    email: str
    name: str
    phone: str | None
    language: Language | None
    company: str | None
    vat_number: str | None
    siren: str | None = Field(description="of a French business client")
    siret: str | None = Field(description="of its establishment; begins with the SIREN")
    electronic_address: str | None = Field(description="where e-invoices find the client, scheme first")
    billing_address: Address | None
    shipping_address: Address | None
    number: str | None = Field(description="of an outside system")


class CustomerAnswer(_Person):
    """A client as the seller sees it; a guest has no `account`."""

    id: UUID
    version: int = Field(description="for `If-Match`")
    account: bool
    tags: list[str]
    group: str | None
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class TagRuleAnswer(AnswerModel):
    """Buying the product tags the client."""

    sku: str
    tags: list[str]


class CustomerSettingsAnswer(AnswerModel):
    """What the shop does with its clients: a space of their own, tags for what they buy."""

    space: bool
    tagging: bool
    tag_rules: list[TagRuleAnswer]


class ErasedCustomer(AnswerModel):
    """What is left of a client, and of how many orders the personal data went."""

    customer: CustomerAnswer
    orders: int


class ExportedOrder(OrderAnswer):
    """An order with all that is held of its history."""

    deleted: bool
    timeline: list[TimelineItem]
    log: list[OrderLogItem]
    notes: list[Note]


class ExportedWish(AnswerModel):
    sku: str
    added_at: datetime


class ExportedLink(AnswerModel):
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ExportedSession(AnswerModel):
    created_at: datetime
    expires_at: datetime


class CustomerExport(AnswerModel):
    """Everything that orders holds of a person."""

    customer: CustomerAnswer
    wishes: list[ExportedWish]
    links: list[ExportedLink]
    sessions: list[ExportedSession]
    orders: list[ExportedOrder]


class TextsOfGroup(AnswerModel):
    name: str
    comment: str = ""


class GroupAnswer(AnswerModel):
    """A group of customers, and how many are in it."""

    name: str
    texts: dict[Language, TextsOfGroup]
    price_list: str | None = Field(description="null: the public prices")
    prices_shown: Literal["gross", "net"]
    position: int
    members: int


class ShownPrice(AnswerModel):
    """What a client sees of an article."""

    sku: str
    name: str | None
    tax_rate: Number | None = Field(description="percent")
    price_list: str | None
    price: Number | None
    reason: Literal["unknown_sku", "no_price", "no_tax_rate"] | None = Field(description="why there is no price")


class Prices(Listed[ShownPrice]):
    """The prices that a client sees, with tax where `prices_include_tax` says so."""

    group: str | None = Field(description="null: of no group")
    prices_include_tax: bool
    currency: Currency


class TextsOfNews(AnswerModel):
    title: str
    body: str = ""


class NewsAnswer(AnswerModel):
    """News for the client space, as the seller sees them."""

    id: UUID
    texts: dict[Language, TextsOfNews]
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Told(AnswerModel):
    """The same for everybody, whether there is such a client or not."""

    detail: str


class SpaceLink(AnswerModel):
    """A link that is good."""

    shop: str
    title: str
    expires_at: datetime


class SpaceSession(AnswerModel):
    """A session; `token` is told this once."""

    shop: str
    token: str
    expires_at: datetime


class AccountAnswer(_Person):
    """What clients see of their own record."""

    shop: str = Field(description="its title")
    since: datetime


class SpaceNews(AnswerModel):
    """News in force, in one language."""

    id: UUID
    since: datetime
    language: Language
    title: str
    body: str = ""


class Wish(AnswerModel):
    """A product that the client wishes for; one that is gone is not `available`."""

    sku: str
    added_at: datetime
    name: str | None
    price: Number | None
    currency: Currency | None
    available: bool


Customers = Listed[CustomerAnswer]
Groups = Listed[GroupAnswer]
NewsList = Listed[NewsAnswer]
OwnOrders = Listed[History]
SpaceNewsList = Listed[SpaceNews]
Wishes = Listed[Wish]
