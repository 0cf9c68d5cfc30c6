"""How VAT applies to each line: the category of EN 16931, and why a line bears no tax.

Chosen by rule, from who sells what to whom and where it goes; never by a template. The order's own rates come first: a
line with a rate is taxed at it, whichever country's it is (distance sales under the one-stop shop come so). A line at
0 % is, in this order:

    franchise        E   the seller is in the French scheme for small businesses (CGI 293 B)
    export           G   goods leave the Union; services that go with them belong to the export
    outside          O   services alone, for a client outside the Union, where nothing of the order is taxed
    intra_goods      K   goods for a client with a VAT number in another country of the Union
    reverse_charge   AE  services for such a client
    exempt           E   the seller has said which law exempts its sales at 0 %
    zero             Z   none of these: the rate is 0 %, and no reason is made up

The treatment of a line is written into the snapshot, and a credit note takes over that of its invoice. Neighbours:
`mentions` prints the sentences, `snapshot` keeps the codes, `services.billing.einvoice` writes them down.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.billing.domain.ledger import Position
from shared.contracts import Address, Line, LineKind, Order, Shop

EUROPEAN_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
_PART_OF = {"MC": "FR"}
"""Countries that are another one's territory for VAT."""
_VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Treatment:
    """An EN 16931 category and its VATEX code; the reason by language, as a French seller and as others quote it."""

    category: str
    code: str | None = None
    french: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)


STANDARD = "standard"
EXEMPT = "exempt"
TREATMENTS: Mapping[str, Treatment] = {
    STANDARD: Treatment("S"),
    "zero": Treatment("Z"),
    EXEMPT: Treatment("E"),
    "franchise": Treatment(
        "E",
        "VATEX-FR-FRANCHISE",
        {
            "fr": "TVA non applicable, art. 293 B du CGI.",
            "en": "VAT not applicable, art. 293 B of the French General Tax Code.",
        },
    ),
    "intra_goods": Treatment(
        "K",
        "VATEX-EU-IC",
        {
            "fr": "Exonération de TVA, art. 262 ter I du CGI (livraison intracommunautaire).",
            "en": "VAT exempt intra-Community supply, art. 262 ter I of the French General Tax Code.",
        },
        {
            "fr": "Livraison intracommunautaire exonérée, art. 138 de la directive 2006/112/CE.",
            "en": "Exempt intra-Community supply, art. 138 of Directive 2006/112/EC.",
        },
    ),
    "reverse_charge": Treatment(
        "AE",
        "VATEX-EU-AE",
        {
            "fr": "Autoliquidation de la TVA par le preneur, art. 283-2 du CGI.",
            "en": "Reverse charge: VAT to be accounted for by the recipient, "
            "art. 283-2 of the French General Tax Code.",
        },
        {
            "fr": "Autoliquidation, art. 196 de la directive 2006/112/CE.",
            "en": "Reverse charge, art. 196 of Directive 2006/112/EC.",
        },
    ),
    "export": Treatment(
        "G",
        "VATEX-EU-G",
        {
            "fr": "Exonération de TVA, art. 262 I du CGI (exportation).",
            "en": "VAT exempt export, art. 262 I of the French General Tax Code.",
        },
        {
            "fr": "Exportation exonérée, art. 146 de la directive 2006/112/CE.",
            "en": "Exempt export, art. 146 of Directive 2006/112/EC.",
        },
    ),
    "outside": Treatment(
        "O",
        "VATEX-EU-O",
        {
            "fr": "TVA non applicable, art. 259 et 259 B du CGI (preneur établi hors de l’Union européenne).",
            "en": "VAT not applicable, art. 259 and 259 B of the French General Tax Code (client outside the Union).",
        },
        {
            "fr": "Hors champ de la TVA (preneur établi hors de l’Union européenne).",
            "en": "Outside the scope of VAT (client outside the European Union).",
        },
    ),
}


def treatment_of(position: Position, untaxed: str) -> str:
    """The key of a position's treatment; `untaxed` is that of the order's lines at 0 %."""
    return position.treatment or (STANDARD if position.tax_rate else untaxed)


def untaxed_treatment(shop: Shop, order: Order) -> str:
    """How the order's lines at 0 % are treated."""
    if shop.legal.vat_exempt:
        return "franchise"
    home, there = _country(shop.legal.address), _country(destination(order))
    if there not in (None, home) and (abroad := _abroad(order, home, there)):
        return abroad
    return EXEMPT if shop.legal.exemption else "zero"


def _abroad(order: Order, home: str | None, there: str | None) -> str | None:
    sold = nature(order.lines)
    if there not in EUROPEAN_UNION:
        if sold != "services":
            return "export"
        return None if any(line.tax_rate for line in order.lines) else "outside"
    if home in EUROPEAN_UNION and order.customer.vat_number:
        return "reverse_charge" if sold == "services" else "intra_goods"
    return None


def reason(key: str, shop: Shop, language: str) -> str | None:
    """The sentence why a treatment bears no tax, in the words of the seller's law; None where there is none."""
    if key == EXEMPT:
        return shop.legal.exemption
    treatment = TREATMENTS[key]
    texts = treatment.french if is_french(shop) else treatment.elsewhere or treatment.french
    return texts.get(language)


def is_french(shop: Shop) -> bool:
    return shop.legal.address.country == "FR"


def is_business(order: Order) -> bool:
    """Whether the client buys as a business, as far as the order tells."""
    client = order.customer
    return bool(client.company or client.vat_number or client.siren or client.siret)


def nature(sold: Iterable[Position | Line]) -> str:
    """`goods`, `services` or `mixed`, as decree 2022-1299 has an invoice say."""
    goods = {one.kind in (LineKind.PRODUCT, LineKind.OTHER) for one in sold}
    return "mixed" if len(goods) > 1 else "goods" if goods == {True} else "services"


def vat_id(text: str | None) -> str | None:
    """A VAT number as registers write it: country first, no spaces; None where it is none."""
    compact = re.sub(r"[\s./-]", "", (text or "").upper())
    return compact if _VAT_ID.fullmatch(compact) else None


def destination(order: Order) -> Address | None:
    """Where the goods change hands."""
    if order.pickup_point is not None:
        return order.pickup_point.address
    return order.shipping_address or order.billing_address


def territory(country: str) -> str:
    """The country whose VAT applies in this one."""
    return _PART_OF.get(country, country)


def _country(address: Address | None) -> str | None:
    return None if address is None else territory(address.country)
