"""The books as routes answer them: number series, closings, reports; and a shop's theme."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.billing.api.answers.money import MovementKind
from shared.web.answers import Amount, AnswerModel, Currency, Language, Listed, Number, Sometimes


class SeriesRow(AnswerModel):
    """A series that has begun, and how far it is."""

    series: str
    year: int
    kind: Literal["invoice", "credit_note"]
    format: str
    last: int
    number: str | None = Field(description="the last one")
    last_date: date
    hash: str = Field(description="of the last document")


class ChosenFormat(AnswerModel):
    """How the numbers of a series are written from a year on."""

    series: str
    from_year: int
    format: str


class SeriesAnswer(AnswerModel):
    """The number series of the shop's legal entity, and the formats that were chosen."""

    seller: str | None
    items: list[SeriesRow]
    formats: list[ChosenFormat]


class Head(AnswerModel):
    series: str
    last: int
    hash: str


class PerpetualTotal(AnswerModel):
    shop: str
    currency: Currency
    net: Amount
    tax: Amount
    gross: Amount


class PeriodTotal(PerpetualTotal):
    series: str
    documents: int


class ClosingAnswer(AnswerModel):
    """A closed day, month or year: the heads of its series, the shop's totals of it and since the beginning."""

    seller: str
    n: int
    period: Literal["day", "month", "year"]
    starts_on: date
    ends_on: date
    heads: list[Head]
    totals: list[PeriodTotal]
    perpetual: list[PerpetualTotal]
    closed_at: datetime
    prev_hash: str
    hash: str


class RateAnswer(AnswerModel):
    """Units of a currency for one euro on a day, as they were published."""

    currency: Currency
    day: date
    rate: Number
    source: str
    by: str
    at: datetime


class MissingRate(AnswerModel):
    """An order whose documents wait for the rate of its currency."""

    order: str
    currency: Currency
    placed_at: datetime


AmountInEuros = Annotated[Amount | Literal[""], Field(description="empty where a document told no amount in euros")]


class _Sum(AnswerModel):
    currency: Currency
    category: str = Field(description="of EN 16931: S, Z, E, AE, K, G, O")
    rate: str = Field(description="percent")
    documents: int
    net: Amount
    tax: Amount
    gross: Amount
    net_eur: AmountInEuros
    tax_eur: AmountInEuros
    gross_eur: AmountInEuros


class VatRow(_Sum):
    period: str = Field(pattern=r"^\d{4}-\d{2}$")


class EReportingRow(_Sum):
    day: date
    scope: Literal["b2c", "cross_border"]


class JournalRow(AnswerModel):
    """A document in the sales journal."""

    issued_on: date
    number: str
    kind: Literal["invoice", "credit_note"]
    refers_to: str | None = Field(description="the invoice's number")
    order: str
    buyer: str
    country: str | None
    business: bool
    currency: Currency
    net: Amount
    tax: Amount
    gross: Amount


class PaymentRow(AnswerModel):
    """A movement in the journal of payments."""

    day: date
    number: str
    kind: MovementKind
    order: str
    method: str
    reference: str | None
    currency: Currency
    amount: Amount
    actor: str


class FecLine(AnswerModel):
    """A line of an entry, its columns named and written as the law has them (LPF A47 A-1)."""

    JournalCode: str
    JournalLib: str
    EcritureNum: str
    EcritureDate: str
    CompteNum: str
    CompteLib: str
    CompAuxNum: str
    CompAuxLib: str
    PieceRef: str
    PieceDate: str
    EcritureLib: str
    Debit: str
    Credit: str
    EcritureLet: str
    DateLet: str
    ValidDate: str
    Montantdevise: str
    Idevise: str


class ReportAnswer(AnswerModel):
    """The rows of the report that was asked for."""

    items: list[VatRow] | list[EReportingRow] | list[JournalRow] | list[PaymentRow] | list[FecLine]


class LogoAnswer(AnswerModel):
    sha256: str
    media_type: str
    width: int
    height: int


class TextsOfTheme(AnswerModel):
    """Words of the shop's own."""

    greeting: Sometimes[str] = None
    terms: Sometimes[str] = None
    thanks: Sometimes[str] = None
    farewell: Sometimes[str] = None


class ThemeAnswer(AnswerModel):
    """The theme that new documents are issued under; version 0: nothing was chosen."""

    version: int
    logo: LogoAnswer | None
    accent: str = Field(pattern=r"^#[0-9a-f]{6}$")
    font: Literal["source-sans", "libertinus-serif", "new-computer-modern"]
    footer: dict[Language, str]
    mentions: dict[Language, list[str]]
    texts: dict[Language, TextsOfTheme]


Closings = Listed[ClosingAnswer]
Rates = Listed[RateAnswer]
MissingRates = Listed[MissingRate]
