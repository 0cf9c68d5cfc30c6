"""The sentences the law asks for on a document, chosen by who sells what to whom.

They become part of the immutable snapshot, in the client's language. French rules for a French seller: why no tax is
due (`treatments`), VAT on debits, and towards a business client the late payment terms of the commercial code. The
same terms stand in an e-invoice as coded notes (`notes`), where the French rules ask for them whoever the client is.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from services.billing.domain.ledger import Position
from services.billing.domain.treatments import (
    EXEMPT,
    destination,
    is_business,
    is_french,
    nature,
    reason,
    territory,
    treatment_of,
)
from shared.contracts import Address, DocumentKind, Order, Shop

_TEXTS = {
    "debits": {
        "fr": "Option pour le paiement de la taxe d’après les débits.",
        "en": "VAT is paid on the basis of debits.",
    },
    "late": {
        "fr": "En cas de retard de paiement, une pénalité égale à trois fois le taux d’intérêt légal est exigible, "
        "ainsi qu’une indemnité forfaitaire pour frais de recouvrement de 40 € (art. L441-10 du code de commerce).",
        "en": "Late payment bears a penalty of three times the French legal interest rate and a fixed recovery charge "
        "of EUR 40 (art. L441-10 of the French Commercial Code).",
    },
    "discount": {
        "fr": "Pas d’escompte pour paiement anticipé.",
        "en": "No discount for early payment.",
    },
    "recovery": {
        "fr": "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €.",
        "en": "Fixed charge for recovery costs in case of late payment: EUR 40.",
    },
    "penalty": {
        "fr": "Pénalité de retard : trois fois le taux d’intérêt légal (art. L441-10 du code de commerce).",
        "en": "Late payment penalty: three times the French legal interest rate (art. L441-10 of the Commercial Code).",
    },
    "private": {
        "fr": "Sans objet : le client n’est pas un professionnel.",
        "en": "Not applicable: the client is no business.",
    },
    "on_receipt": {"fr": "Payable à réception.", "en": "Payable on receipt."},
    "in_days": {"fr": "Payable à {days} jours, date de facture.", "en": "Payable within {days} days of invoice date."},
    "credit": {"fr": "Montant porté à votre crédit.", "en": "Amount credited to you."},
}
_PROCESS = {"goods": "B1", "services": "S1", "mixed": "M1"}


def mentions(
    shop: Shop, order: Order, kind: DocumentKind, positions: Iterable[Position], untaxed: str, language: str
) -> list[str]:
    """The sentences for this document, in the order in which they are printed."""
    positions = list(positions)
    keys = dict.fromkeys(treatment_of(position, untaxed) for position in positions)
    said = [reason(key, shop, language) for key in keys if is_french(shop) or key == EXEMPT]
    chosen = []
    if is_french(shop) and shop.legal.vat_on_debits and nature(positions) != "goods":
        chosen.append("debits")
    if is_french(shop) and is_business(order) and kind is DocumentKind.INVOICE:
        chosen += ["late", "discount"]
    return [sentence for sentence in said if sentence] + [_TEXTS[key][language] for key in chosen]


def notes(shop: Shop, order: Order, language: str) -> list[dict[str, str]]:
    """The coded notes of a French seller's e-invoice: late payment (PMT, PMD), discount (AAB), who is served (BAR)."""
    if not is_french(shop):
        return []
    business = is_business(order)
    found = [
        ("PMT", _TEXTS["recovery" if business else "private"][language]),
        ("PMD", _TEXTS["penalty" if business else "private"][language]),
        ("AAB", _TEXTS["discount"][language]),
    ]
    if circuit := _circuit(order):
        found.append(("BAR", circuit))
    return [{"code": code, "text": text} for code, text in found]


def process(positions: Iterable[Position]) -> str:
    """The French "cadre de facturation" (BT-23): an invoice of goods, services or both."""
    return _PROCESS[nature(positions)]


def payment_terms(shop: Shop, kind: DocumentKind, language: str) -> str:
    if kind is not DocumentKind.INVOICE:
        return _TEXTS["credit"][language]
    return _TEXTS["in_days" if shop.payment_days else "on_receipt"][language].format(days=shop.payment_days)


def due_on(shop: Shop, kind: DocumentKind, issued_on: date) -> date | None:
    """The day by which an invoice is to be paid; None for a credit note."""
    return issued_on + timedelta(days=shop.payment_days) if kind is DocumentKind.INVOICE else None


def _circuit(order: Order) -> str | None:
    """Which reporting the document belongs to; None of a French business whose SIREN is not known."""
    abroad = _is_abroad(destination(order))
    if not is_business(order):
        return "B2CINT" if abroad else "B2C"
    if abroad or _is_abroad(order.billing_address):
        return "B2BINT"
    return "B2B" if siren_of(order) and _in_directory(order) else None


def _is_abroad(address: Address | None) -> bool:
    return address is not None and territory(address.country) != "FR"


def siren_of(order: Order) -> str | None:
    """The client's SIREN, which a SIRET begins with."""
    return order.customer.siren or (order.customer.siret or "")[:9] or None


def _in_directory(order: Order) -> bool:
    """Whether e-invoices reach the client by its SIREN, as the French directory has it."""
    given = order.customer.electronic_address
    return given is None or given.startswith(f"0225:{siren_of(order)}")
