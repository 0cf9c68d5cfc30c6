"""What happened to an order, as routes answer it: timeline, log, notes; and the history that its client sees."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.orders.api.answers.orders import StatusName
from services.orders.commands.shop_log import Subject
from shared.contracts import DocumentKind, Outcome, Shown
from shared.web.answers import Amount, AnswerModel, Currency, Language, Listed, Sometimes

Command = Literal["status", "edit", "lines", "note", "parcel", "publication", "warning", "deletion", "erasure"]
News = Literal["stock", "payment", "invoice", "shipment", "document", "delivery"]
Fact = Literal["stock", "payment", "invoice"]
Rule = Literal["on_short", "expiry", "on_payment", "on_invoice"]
Texts = Sometimes[dict[Language, str]]
"""A warning's text by language: `en` and `fr`."""
Changes = dict[str, tuple[Any, Any]]
"""Values before and after, by field."""


class Actions(AnswerModel):
    """What the entry asked for besides the change."""

    mail: bool
    mail_admins: bool
    sms: bool


class TimelineDocument(AnswerModel):
    id: str
    kind: DocumentKind
    number: str


class TimelineDelivery(AnswerModel):
    channel: str = Field(description="mail, sms, amazon, ebay …")
    outcome: Outcome
    subject: str = Field(description="what it is about: the entry's id, or `parcel/1`")
    reference: str | None = Field(description="the other side's id")


class TimelineItem(AnswerModel):
    """One thing that happened. `entry` has those of orders' own entries, the rest what another service said."""

    at: datetime
    kind: Command | News
    actor: str = Field(description="a key's name, a service, or `automatic: <rule>`")
    text: str
    texts: Texts = Field(default=None, description="a warning's, by language: `en` and `fr`")
    published: bool = Field(description="the client sees it")
    version: int | None = Field(description="the order's, where services had to hear of it")
    entry: Sometimes[UUID] = None
    status: Sometimes[StatusName] = None
    actions: Sometimes[Actions] = None
    edited: Sometimes[list[Literal["subject", "mail", "sms"]]] = Field(
        default=None, description="the texts that a person wrote for this one change"
    )
    comment: Sometimes[str] = None
    parcel: Sometimes[int] = None
    document: Sometimes[TimelineDocument] = None
    delivery: Sometimes[TimelineDelivery] = None


class OrderLogItem(AnswerModel):
    """A command on an order."""

    id: UUID
    at: datetime
    who: str
    what: Command
    text: str
    texts: Texts = None
    status: str = Field(description="the mnemonic it then had")
    rule: Rule | None = Field(description="the rule that acted by itself")
    version: int | None
    changes: Changes


class ShopLogItem(AnswerModel):
    """What was done in the shop: to an order, or to its configuration."""

    id: UUID
    at: datetime
    kind: Command | Fact | Subject
    actor: str
    order: str | None = Field(description="its code")
    text: str
    texts: Texts = None
    status: str | None
    rule: Rule | None
    changes: Changes


class ShopLog(AnswerModel):
    """A page of the log, which nobody counts."""

    items: list[ShopLogItem]
    next: str | None


class Note(AnswerModel):
    """An internal note, which no message, mail or page for clients holds."""

    id: UUID
    at: datetime
    author: str
    text: str


class HistoryLink(AnswerModel):
    """The link to an order's history."""

    url: str | None = Field(description="null where there is none, or the shop has no public address")
    publication: Shown
    shown: bool = Field(description="whether it shows anything now")
    listed: bool = Field(description="whether the client space lists the order")


class HistoryEntry(AnswerModel):
    at: datetime
    name: str = Field(description="the status")
    comment: str
    message: str = Field(description="the operator's own words")


class HistoryLine(AnswerModel):
    name: str
    quantity: int


class HistoryParcel(AnswerModel):
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    shipped_at: datetime


class History(AnswerModel):
    """All that the client of an order sees of it, in the order's language."""

    code: str
    language: Language
    shop: str = Field(description="its title")
    placed_at: datetime
    currency: Currency
    total: Amount
    status: str | None = Field(description="the name of the last published one")
    entries: list[HistoryEntry]
    lines: list[HistoryLine]
    parcels: list[HistoryParcel]


Timeline = Listed[TimelineItem]
OrderLog = Listed[OrderLogItem]
Notes = Listed[Note]
