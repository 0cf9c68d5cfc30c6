"""The sentences the law asks for on a document, chosen by who sells what to whom.

They become part of the immutable snapshot, in the client's language. French rules for a French seller: franchise
(CGI 293 B), exemption of deliveries within the Union and of exports, and towards a business client the late payment
terms of the commercial code. A seller elsewhere gets the exemptions only.
"""

from collections.abc import Iterable

from services.billing.domain.ledger import Position
from shared.contracts import DocumentKind, LineKind, Order, Shop

EUROPEAN_UNION = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)

_TEXTS = {
    "franchise": {
        "fr": "TVA non applicable, art. 293 B du CGI.",
        "en": "VAT not applicable, art. 293 B of the French General Tax Code.",
    },
    "intra_goods": {
        "fr": "Exonération de TVA, art. 262 ter I du CGI (livraison intracommunautaire).",
        "en": "VAT exempt intra-Community supply, art. 262 ter I of the French General Tax Code.",
    },
    "reverse_charge": {
        "fr": "Autoliquidation de la TVA par le preneur, art. 283-2 du CGI.",
        "en": "Reverse charge: VAT to be accounted for by the recipient, art. 283-2 of the French General Tax Code.",
    },
    "export": {
        "fr": "Exonération de TVA, art. 262 I du CGI (exportation).",
        "en": "VAT exempt export, art. 262 I of the French General Tax Code.",
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
}


def mentions(shop: Shop, order: Order, kind: DocumentKind, positions: Iterable[Position], language: str) -> list[str]:
    """The sentences for this document, in the order in which they are printed."""
    taxed = any(position.amounts.tax for position in positions)
    french = shop.legal.address.country == "FR"
    business = bool(order.customer.company or order.customer.vat_number)
    chosen = []
    if shop.legal.vat_exempt:
        chosen.append("franchise")
    elif french and not taxed:
        chosen += _exemption(shop, order, nature(positions))
    if french and business and kind is DocumentKind.INVOICE:
        chosen += ["late", "discount"]
    return [_TEXTS[key][language] for key in chosen]


def nature(positions: Iterable[Position]) -> str:
    """`goods`, `services` or `mixed`, as decree 2022-1299 has an invoice say."""
    goods = {position.kind in (LineKind.PRODUCT, LineKind.OTHER) for position in positions}
    return "mixed" if len(goods) > 1 else "goods" if goods == {True} else "services"


def _exemption(shop: Shop, order: Order, sold: str) -> list[str]:
    """Why a document of a taxable French seller bears no tax; nothing where the order does not tell."""
    destination = order.shipping_address or order.billing_address
    if destination is None or destination.country == shop.legal.address.country:
        return []
    if destination.country not in EUROPEAN_UNION:
        return ["export"] if sold != "services" else []
    if not order.customer.vat_number:
        return []
    return ["reverse_charge"] if sold == "services" else ["intra_goods"]
