"""Invoices and credit notes as routes answer them: issued here or imported, with their snapshots; prints of many."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.billing.api.answers.money import RecordedPayment
from shared.web.answers import Amount, AnswerModel, Currency, Listed, Number, Sometimes

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DocumentWord = Literal["invoice", "credit_note"]


class DocumentTotals(AnswerModel):
    net: Amount
    tax: Amount
    gross: Amount


class _Document(AnswerModel):
    id: UUID
    number: str
    order: str = Field(description="its code")
    order_id: UUID
    issued_on: date
    issued_at: datetime
    currency: Currency


class IssuedDocument(_Document):
    """A document that was issued here. `live`: an invoice that no credit note took back in full."""

    origin: Literal["internal"]
    kind: DocumentWord
    scope: str = Field(description="`order/2` or `parcel/1` of an invoice, the invoice's id of a credit note")
    generation: int = Field(description="counts the documents of the same scope")
    totals: DocumentTotals
    refers_to: UUID | None = Field(description="a credit note's invoice")
    live: bool
    hash: Sha256 = Field(description="its link in the chain of its series")
    sha256: Sha256 | None = Field(description="of the PDF; null until it is there")
    size: int | None = Field(description="of the PDF, in bytes")
    archivable: bool | None = Field(
        description="whether the PDF is PDF/A, as it is unless it has characters that no typeface has; null: not known"
    )


class TotalsOfFile(AnswerModel):
    """What the file says of them."""

    net: Amount | None
    tax: Amount | None
    gross: Amount


class VoidedImport(AnswerModel):
    at: datetime
    by: str
    reason: str


class ImportedInvoice(_Document):
    """An invoice that other software made. What the file does not say is null; `live` until it is `voided`."""

    origin: Literal["external"]
    kind: Literal["invoice"]
    totals: TotalsOfFile
    refers_to: None
    live: bool
    voided: VoidedImport | None
    syntax: Literal["cii", "ubl", "pdf"]
    profile: str | None
    media_type: str
    sha256: Sha256 = Field(description="of the file")
    size: int = Field(description="of the file, in bytes")
    imported_by: str


class _Sealed(AnswerModel):
    """Later templates say more."""

    model_config = ConfigDict(extra="allow")


class SealedReference(_Sealed):
    id: UUID
    number: str
    issued_on: date


class SealedLine(_Sealed):
    line: int
    sku: str
    name: str
    kind: str
    quantity: int
    unit_price: Number
    tax_rate: Number = Field(description="percent")
    net: Amount
    tax: Amount
    gross: Amount


class SealedRate(_Sealed):
    rate: Number
    net: Amount
    tax: Amount
    gross: Amount


class SealedParty(_Sealed):
    name: str


class SealedOrder(_Sealed):
    id: UUID
    code: str


class Snapshot(_Sealed):
    """All that the document says, as it was sealed; which fields there are besides these depends on its `template`."""

    template: int
    kind: DocumentWord
    id: UUID
    number: str
    series: str
    n: int
    issued_on: date
    language: Literal["fr", "en"]
    currency: Currency
    prices_include_tax: bool
    seller: SealedParty
    buyer: SealedParty
    order: SealedOrder
    reason: str | None
    refers_to: SealedReference | None
    lines: list[SealedLine]
    rates: list[SealedRate]
    totals: DocumentTotals
    paid: Amount
    due: Amount
    mentions: list[str]


class SealedDocument(IssuedDocument):
    """A document with its place in the chain and the snapshot that was sealed."""

    prev_hash: str
    snapshot: Snapshot


Document = Annotated[IssuedDocument | ImportedInvoice, Field(discriminator="origin")]
WholeDocument = Annotated[SealedDocument | ImportedInvoice, Field(discriminator="origin")]


class Documents(Listed[Document]):
    """A page of documents, imported invoices among them."""


class IssuedCreditNote(SealedDocument):
    """The credit note, and the refund that was recorded with it."""

    refund: RecordedPayment | None


class DraftLine(DocumentTotals):
    line: int
    sku: str
    name: str
    quantity: int


class DraftRate(DocumentTotals):
    rate: Number


class CreditDraft(AnswerModel):
    """What a credit note would say; `left` is what would remain of the invoice, gross."""

    kind: Literal["credit_note"]
    refers_to: UUID
    currency: Currency
    totals: DocumentTotals
    left: Amount
    lines: list[DraftLine]
    rates: list[DraftRate]


class Reissued(AnswerModel):
    """The credit note, where one was needed, and the new invoice."""

    items: list[SealedDocument]


class PrintAnswer(AnswerModel):
    """How far a print of many documents is."""

    id: UUID
    state: Literal["waiting", "running", "done", "failed"]
    kind: Literal["invoice", "credit_note", "order_form", "order", "receipt", "packing_slip"]
    done: int
    total: int
    progress: float = Field(ge=0, le=1)
    error: str | None
    by: str
    created_at: datetime
    finished_at: datetime | None
    pdf: str | None = Field(description="where the result is, once it is done")


class SeriesProof(AnswerModel):
    series: str
    documents: int
    hash: str
    ok: bool


class WrongPart(AnswerModel):
    """What is wrong with a document, a series or a closing; `document` is null where it is another shop's, or none."""

    document: UUID | None
    number: str
    part: Sometimes[Literal["number", "hash", "snapshot", "row", "date", "pdf", "file", "series", "closing"]] = None
    problem: str


class Proof(AnswerModel):
    """Whether every series is without a hole, every document as sealed, every PDF as rendered."""

    ok: bool
    series: list[SeriesProof]
    closings: int = Field(description="checked with the last page")
    problems: list[WrongPart]
    checked: int = Field(description="documents and imported files of this page")
    total: int
    next: str | None


class StoredProblem(AnswerModel):
    document: UUID
    number: str
    problem: str


class StorageProof(AnswerModel):
    """Whether the PDFs of a page of documents are what was typeset."""

    checked: int
    total: int
    ok: bool
    problems: list[StoredProblem]
    next: str | None
