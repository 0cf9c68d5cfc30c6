"""Import an invoice that other software made: it then is the order's one invoice, and billing issues none.

The order's guard row is locked, so that of an import and an issue at the same moment one comes first and the other
finds it; the key of `live_invoices` is the database's own word for it. The file is kept for ever as it came. An import
that was wrong is taken back (`void`), which is recorded and erases nothing. Neighbours: `services.billing.einvoice`
(reads files), `converge` (issues nothing beside an import).
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from services.billing.commands.answers import answer_again, blocked_reasons
from services.billing.commands.converge import converge
from services.billing.commands.pay import order_of
from services.billing.domain import live_invoices, other_seller
from services.billing.einvoice import Reading
from services.billing.queries.external import read_external
from services.billing.queries.ledgers import ledgers
from services.billing.tables import accounts, blobs, documents, external_invoices, external_numbers, external_voids
from services.billing.tables import live_invoices as live_table
from shared.batch import lock_keys
from shared.contracts import Invoicing, Order
from shared.database import new_id, upsert
from shared.money import InvalidAmount, UnknownCurrency, from_minor, parse_amount
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem
from shared.security import find_shop

LONGEST = 100
"""Characters of an issuer's number."""
GRACE = timedelta(days=1)
"""By which another program's clock may be ahead."""
SCOPE = "order/1"
"""An imported invoice is for the whole order."""


class AlreadyInvoiced(Problem):
    """The order has a live invoice."""

    slug = "already-invoiced"
    title = "The order is invoiced already"


class NothingToInvoice(Problem):
    """The order is a draft, or was cancelled."""

    slug = "nothing-to-invoice"
    title = "Nothing of the order is to be invoiced"


class InvoiceDiffers(Problem):
    """The invoice is for another amount, currency or order."""

    slug = "invoice-differs"
    title = "The invoice is not this order's"


class NumberTaken(Problem):
    """Another invoice of the shop has this number."""

    slug = "number-taken"
    title = "The number is another invoice's"


class AlreadyVoided(Problem):
    """The import was taken back before."""

    slug = "already-voided"
    title = "The import was taken back already"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a file that does not say it itself; amounts as written."""

    number: str | None = None
    issued_on: date | None = None
    gross: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known of an imported invoice; amounts in minor units."""

    number: str
    issued_on: date
    currency: str
    gross: int
    net: int | None
    tax: int | None


def facts(reading: Reading, said: Said) -> Facts:
    """Put together what the file and the person say. Raises `Invalid` naming what is missing or contradicts."""
    if reading.credit:
        raise Invalid("The file is a credit note; only invoices are imported.", field="file")
    read_on = date.fromisoformat(reading.issued_on) if reading.issued_on else None
    number, issued_on = reading.number or said.number, read_on or said.issued_on
    currency, gross = reading.currency or said.currency, reading.gross or said.gross
    known = {
        "number": (reading.number, said.number),
        "issued_on": (read_on, said.issued_on),
        "currency": (reading.currency, said.currency),
        "gross": (_decimal(reading.gross), _decimal(said.gross)),
    }
    errors = [error for name, (read, claimed) in known.items() if (error := _unclear(name, read, claimed))]
    if errors or number is None or issued_on is None or currency is None or gross is None:
        raise Invalid("The file does not say what an import needs, or something else than you.", errors=errors)
    if len(number) > LONGEST:
        raise Invalid(f"A number has at most {LONGEST} characters.", field="number")
    return Facts(
        number,
        issued_on,
        currency,
        _minor(gross, currency, "gross"),
        None if reading.net is None else _minor(reading.net, currency, "net"),
        None if reading.tax is None else _minor(reading.tax, currency, "tax"),
    )


async def order_named(tx: Transaction, shop: str, references: tuple[str, ...]) -> str:
    """The code of the one order that an invoice refers to (BT-14, BT-13). Raises `Invalid`."""
    found = await _codes(tx, shop, references)
    if len(found) != 1:
        named = ", ".join(references) or "none"
        raise Invalid(f"The file names no order that is known here (it names {named}): say which.", field="order")
    return found[0]


async def import_invoice(
    tx: Transaction, shop: str, code: str, content: bytes, reading: Reading, said: Said, actor: str
) -> tuple[dict[str, Any], bool]:
    """The imported invoice, and whether it is new: the same file again is the same invoice.

    Raises `Invalid`, `NotFound`, `AlreadyInvoiced`, `InvoiceDiffers`, `NothingToInvoice` or `NumberTaken`.
    """
    found = facts(reading, said)
    order_id = await order_of(tx.conn, shop, code)
    await lock_keys(tx, Order.name, [order_id])
    ledger = (await ledgers(tx.conn, [order_id]))[order_id]
    sha256 = hashlib.sha256(content).hexdigest()
    if ledger.imported is not None:
        known = await read_external(tx.conn, ledger.imported.id)
        if known["sha256"] == sha256:
            return known, False
        _refuse(f"Invoice {ledger.imported.number} was imported for the order.", known)
    for invoice in live_invoices(ledger.issued):
        number = next(one.number for one in ledger.issued if one.id == invoice.id)
        _refuse(f"Invoice {number} was issued for the order.", {"id": invoice.id, "number": number})
    await _check_issuer(tx, shop, found, reading)
    await _check(tx, ledger.order, found, reading)
    id_ = await _keep(tx, ledger.order, found, reading, content, actor)
    await answer_again(tx, [order_id])
    return await read_external(tx.conn, id_), True


async def void(tx: Transaction, shop: str, id_: str, reason: str, actor: str) -> tuple[dict[str, Any], int]:
    """Take an import back, and issue what the order then asks for; how many documents that was.

    Raises `NotFound` or `AlreadyVoided`.
    """
    own = (external_invoices.c.shop == shop) & (external_invoices.c.id == id_)
    order_id = (await tx.execute(select(external_invoices.c.order_id).where(own))).scalar_one_or_none()
    if order_id is None:
        raise NotFound(f"There is no imported invoice {id_!r}.")
    await lock_keys(tx, Order.name, [order_id])
    gone = await tx.execute(delete(live_table).where(live_table.c.external_id == id_))
    if gone.rowcount == 0:
        raise AlreadyVoided("It was taken back before.")
    await tx.execute(delete(external_numbers).where(external_numbers.c.invoice_id == id_))
    row = {"invoice_id": id_, "reason": reason, "actor": actor, "voided_at": tx.now}
    await tx.execute(insert(external_voids).values(row))
    ledger = (await ledgers(tx.conn, [order_id]))[order_id]
    issued = await converge(tx, [ledger.order], blocked=await blocked_reasons(tx, [order_id]))
    return await read_external(tx.conn, id_), issued


def _decimal(text: str | None) -> Decimal | None:
    """An amount to compare; what is no number is found by `_minor`."""
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None


def _unclear(name: str, read: object, said: object) -> dict[str, str] | None:
    if read is None and said is None:
        return {"field": name, "detail": "The file does not say it: say it beside the file."}
    if read is not None and said is not None and read != said:
        return {"field": name, "detail": f"The file says {read}, not {said}."}
    return None


def _minor(text: str, currency: str, field: str) -> int:
    try:
        return parse_amount(text, currency)
    except UnknownCurrency as error:
        raise Invalid(str(error), field="currency") from error
    except InvalidAmount as error:
        raise Invalid(str(error), field=field) from error


def _refuse(detail: str, standing: dict[str, Any]) -> NoReturn:
    raise AlreadyInvoiced(detail, invoice={"id": standing["id"], "number": standing["number"]})


async def _check_issuer(tx: Transaction, shop: str, found: Facts, reading: Reading) -> None:
    """The shop's seller made the invoice, as far as the file tells, and made it already. Raises `Invalid`."""
    own = await find_shop(tx.conn, shop)
    if own is None:
        return
    if found.issued_on > tx.now.astimezone(ZoneInfo(own.timezone)).date() + GRACE:
        raise Invalid(f"The invoice is dated {found.issued_on}, which is still to come.", field="issued_on")
    if stranger := other_seller(own.legal, reading.siren, reading.vat):
        raise Invalid(f"The invoice is one of {stranger}, who is not this shop's seller.", field="seller")


async def _check(tx: Transaction, order: Order, found: Facts, reading: Reading) -> None:
    """The invoice is this order's, to the cent, and its number nobody else's."""
    if order.levels.invoicing in (Invoicing.NEVER, Invoicing.CREDIT):
        raise NothingToInvoice("The order is a draft or was cancelled.")
    if others := [code for code in await _codes(tx, order.shop, reading.orders) if code != order.code]:
        raise InvoiceDiffers(f"The invoice names order {others[0]}.", order=order.code, invoice=others[0])
    invoiced, ordered = _figure(found.gross, found.currency), _figure(order.totals.gross, order.currency)
    if invoiced != ordered:
        detail = f"The invoice is for {invoiced}, the order for {ordered}."
        raise InvoiceDiffers(detail, order=ordered, invoice=invoiced)
    own = (documents.c.shop == order.shop) & (documents.c.number == found.number)
    if (await tx.execute(select(documents.c.id).where(own))).first() is not None:
        raise NumberTaken(f"{found.number} is the number of a document that was issued here.")


def _figure(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency)} {currency}"


async def _codes(tx: Transaction, shop: str, references: tuple[str, ...]) -> list[str]:
    """Those of the references that are codes of orders."""
    if not references:
        return []
    statement = select(accounts.c.code).where(accounts.c.shop == shop, accounts.c.code.in_(references))
    return list((await tx.execute(statement.order_by(accounts.c.code))).scalars())


async def _keep(tx: Transaction, order: Order, found: Facts, reading: Reading, content: bytes, actor: str) -> str:
    """Store the file and what it says, and make it the order's live invoice; its id. Raises `NumberTaken`."""
    id_, sha256 = new_id(), hashlib.sha256(content).hexdigest()
    blob = {"sha256": sha256, "media_type": reading.media_type, "content": content}
    await tx.execute(upsert(tx.conn, blobs, keys=["sha256"]), [blob])
    row = {
        "id": id_,
        "shop": order.shop,
        "order_id": order.id,
        "number": found.number,
        "issued_on": found.issued_on,
        "currency": found.currency,
        "net": found.net,
        "tax": found.tax,
        "gross": found.gross,
        "syntax": reading.syntax,
        "profile": reading.profile,
        "media_type": reading.media_type,
        "sha256": sha256,
        "size": len(content),
        "actor": actor,
        "imported_at": tx.now,
    }
    await tx.execute(insert(external_invoices).values(row))
    number = {"shop": order.shop, "number": found.number, "invoice_id": id_}
    claimed = await tx.execute(upsert(tx.conn, external_numbers, keys=["shop", "number"]).values(number))
    if claimed.rowcount == 0:
        raise NumberTaken(f"An invoice {found.number} was imported for another order.")
    await tx.execute(insert(live_table).values({"order_id": order.id, "scope": SCOPE, "external_id": id_}))
    return id_
