"""What billing says of an order: `billing.account.v1`, made of its ledger."""

from collections.abc import Iterator, Sequence

from services.billing.domain import invoice_fact, live_invoices, payable, payment_fact
from services.billing.queries.ledgers import Form, Ledger, ledgers
from shared.contracts import Account, Document, DocumentKind, InvoiceState, Order, PaymentLink, PaymentState
from shared.outbox import Transaction


def answer(tx: Transaction, order: Order, ledger: Ledger, blocked: str | None = None) -> None:
    """Say how an order stands. Open is a document without its PDF, a shop not heard of yet, money on its way back.

    The order form is named once somebody wants it: the mail that confirms the order, or whoever asks for it.
    """
    invoices = sum(stored.issued.kind is DocumentKind.INVOICE for stored in ledger.documents)
    forms = () if ledger.form is None or not ledger.form.wanted else (_form(order, ledger.form),)
    unrendered = sum(stored.sha256 is None for stored in [*ledger.documents, *forms])
    tx.answer(
        Account(
            shop=order.shop,
            version=1,
            id=order.id,
            heard=ledger.version,
            open=unrendered + ledger.waiting + (ledger.paid.returning > 0),
            blocked=blocked,
            currency=order.currency,
            payment=payment_fact(order, ledger.paid),
            captured=ledger.paid.captured,
            refunded=ledger.paid.refunded,
            waived=ledger.paid.waived,
            invoice=invoice_fact(invoices, live_invoices(ledger.issued), imported=ledger.imported is not None),
            documents=(*forms, *_documents(ledger)),
            warning=ledger.warning(order),
            payment_link=_payment_link(order, ledger),
        )
    )


def _form(order: Order, form: Form) -> Document:
    return Document(
        id=form.id,
        kind=DocumentKind.ORDER_FORM,
        number=order.code,
        issued_on=form.issued_on,
        issued_at=form.issued_at,
        gross=form.gross,
        sha256=form.sha256,
    )


def _documents(ledger: Ledger) -> Iterator[Document]:
    """In the order of issue; an invoice made elsewhere last, while it stands."""
    for stored in ledger.documents:
        yield Document(
            id=stored.issued.id,
            kind=stored.issued.kind,
            number=stored.issued.number,
            issued_on=stored.issued.issued_on,
            issued_at=stored.issued_at,
            gross=stored.gross,
            refers_to=stored.issued.refers_to,
            sha256=stored.sha256,
        )
    if (imported := ledger.imported) is not None:
        yield Document(
            id=imported.id,
            kind=DocumentKind.INVOICE,
            number=imported.number,
            issued_on=imported.issued_on,
            issued_at=imported.imported_at,
            gross=imported.gross,
            sha256=imported.sha256,
            external=True,
        )


def _payment_link(order: Order, ledger: Ledger) -> PaymentLink | None:
    """The link that is to be mailed, for as long as it leads to a payment."""
    amount = payable(order, ledger.paid)
    if ledger.link is None or not amount or order.erased or not order.customer.email:
        return None
    return PaymentLink(
        url=ledger.link.url,
        sent=ledger.link.number,
        asked_at=ledger.link.asked_at,
        amount=amount,
        code=order.code,
        email=order.customer.email,
        client=order.customer.name,
        language=order.language,
    )


async def answer_again(tx: Transaction, orders: Sequence[str]) -> None:
    """Say how these orders stand after something else than an order changed; their guard rows are locked."""
    kept = await blocked_reasons(tx, orders)
    for key, ledger in (await ledgers(tx.conn, orders)).items():
        answer(tx, ledger.order, ledger, kept.get(key))


async def blocked_reasons(tx: Transaction, orders: Sequence[str]) -> dict[str, str]:
    """Why newer versions of these orders are parked: it stays in their answers until such a version is applied."""
    said = {key: Account.decode(body).blocked for key, body in (await tx.answers(orders)).items()}
    return {key: reason for key, reason in said.items() if reason is not None}


async def answer_blocked(tx: Transaction, order: Order, reason: str) -> None:
    """Say that this version could not be applied; everything else is as it was."""
    ledger = (await ledgers(tx.conn, [order.id]))[order.id]
    if ledger.body is not None:
        answer(tx, ledger.order, ledger, reason)
        return
    tx.answer(
        Account(
            shop=order.shop,
            version=1,
            id=order.id,
            heard=0,
            blocked=reason,
            currency=order.currency,
            payment=PaymentState.UNPAID,
            invoice=InvoiceState.NONE,
        )
    )
