"""`billing.account.v1`: the money side of an order — payment, invoice, documents. Published by billing."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Answer, Minor, OpenEnum, Part, Utc


class PaymentState(OpenEnum):
    """The payment fact of an order."""

    UNPAID = "unpaid"
    PENDING = "pending"
    AUTHORISED = "authorised"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"
    OTHER = "other"


class InvoiceState(OpenEnum):
    """The invoice fact of an order."""

    NONE = "none"
    ISSUED = "issued"
    IMPORTED = "imported"
    CREDITED = "credited"
    OTHER = "other"


class DocumentKind(OpenEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    ORDER_FORM = "order_form"
    OTHER = "other"


class Document(Part):
    """An issued document; `sha256` is there once its bytes are. An order form has the order's code for its number."""

    id: str
    kind: DocumentKind
    number: str
    issued_on: date
    issued_at: Utc
    gross: Minor
    refers_to: str | None = Field(default=None, description="a credit note's invoice")
    sha256: str | None = None
    external: bool = Field(default=False, description="made by other software and imported")


class PaymentLink(Part):
    """A payment link that was to be mailed `sent` times; it is there for as long as the client may pay."""

    url: str
    sent: int = Field(ge=1, description="each number is one mail")
    asked_at: Utc
    amount: Minor = Field(description="still to be paid")
    code: str = Field(description="of the order")
    email: str
    client: str = Field(default="", description="the client's name")
    language: str


class Account(Answer):
    """What was paid and invoiced. An unpaid order is a state; a document that is not rendered yet is open."""

    name: ClassVar[str] = "billing.account.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "notifications")

    currency: str
    payment: PaymentState
    captured: Minor = 0
    refunded: Minor = 0
    waived: Minor = Field(default=0, description="of what was refunded, what the client does not owe again")
    invoice: InvoiceState
    documents: tuple[Document, ...] = ()
    warning: str | None = Field(
        default=None, description="`overpaid`, `paid_not_payable`, …: money that needs a person"
    )
    payment_link: PaymentLink | None = Field(default=None, description="absent: there is no mail to send, or no more")
