"""A snapshot as EN 16931 sees it: what both syntaxes write, worked out once.

All amounts are the snapshot's own, to the minor unit: the sum of lines, the base and the tax of each rate and the
totals were made to agree when the document was issued. The one thing computed here is the price of a unit, so that
quantity times price is the line again: as agreed, else to four decimals, else to six, else the price of all units
together (BT-149). Reductions are part of that price (BT-147), since the snapshot's lines have them already; a document
has no allowances or charges of its own, and no rounding amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.billing.domain.line_price import line_price
from services.billing.domain.treatments import vat_id

Snapshot = Mapping[str, Any]

GUIDELINE = "urn:cen.eu:en16931:2017"
UNIT = "C62"
"""UN/ECE Recommendation 20: one."""
_TYPES = {"invoice": "380", "credit_note": "381"}
_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset(_CODES.split())
_VAT_PREFIXES = _COUNTRIES | {"EL", "XI"}


@dataclass(frozen=True, slots=True)
class Price:
    """The net price of `base` units, and before its reduction where there is one; all as written."""

    amount: str
    base: int = 1
    before: str | None = None
    reduction: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line. `rate` is None where the category has none (O)."""

    number: str
    sku: str
    name: str
    quantity: str
    price: Price
    net: str
    category: str
    rate: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """The base and the tax of one category and rate, and why there is none."""

    category: str
    rate: str | None
    base: str
    tax: str
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """The seller or the buyer; `vat` is a VAT number (BT-31, BT-48), `fiscal` a seller's other number (BT-32)."""

    name: str
    trading_name: str | None
    legal_form: str | None
    siren: str | None
    siret: str | None
    vat: str | None
    fiscal: str | None
    endpoint: Mapping[str, str] | None
    person: str | None
    phone: str | None
    email: str | None
    address: Mapping[str, str]


def obstacle(snapshot: Snapshot) -> str | None:
    """Why EN 16931 cannot say this document; None where it can."""
    if "process" not in snapshot:
        return "it was issued before invoices had an electronic form"
    if len(snapshot["totals"]["gross"].partition(".")[2]) > 2:
        return f"amounts of EN 16931 have two decimals, those in {snapshot['currency']} have more"
    sold, bought = snapshot["seller"], snapshot["buyer"]
    if not _name(bought):
        return "the client has no name"
    for whose, party in (("seller", sold), ("client", bought)):
        country = (party["address"] or {}).get("country")
        if country not in _COUNTRIES:
            return f"the {whose}'s country is unknown" if country is None else f"{country!r} is no country"
    return _missing_number(snapshot)


def _missing_number(snapshot: Snapshot) -> str | None:
    categories = {group["category"] for group in snapshot["rates"]}
    sold = snapshot["seller"]
    if categories & {"AE", "K", "G"} and not _vat(sold):
        return "the seller has no VAT number, which a sale without tax to another country needs"
    if categories & {"AE", "K"} and not _vat(snapshot["buyer"]):
        return "the client's VAT number is not one"
    return None if _vat(sold) or sold["siren"] else "the seller has neither a VAT number nor a SIREN"


def type_code(snapshot: Snapshot) -> str:
    """Invoice or credit note (BT-3)."""
    return _TYPES[snapshot["kind"]]


def items(snapshot: Snapshot) -> list[Item]:
    """The lines. A credit of money alone is one unit of that amount."""
    found = []
    for number, line in enumerate(snapshot["lines"], 1):
        sign = -1 if line["net"].startswith("-") else 1
        quantity = sign * (line["quantity"] or 1)
        found.append(
            Item(
                str(number),
                line["sku"],
                line["name"],
                str(quantity),
                _price(line, included=snapshot["prices_include_tax"]),
                line["net"],
                line["category"],
                _rate(line["category"], line["tax_rate"]),
            )
        )
    return found


def groups(snapshot: Snapshot) -> list[Group]:
    """The VAT breakdown (BG-23)."""
    found = []
    for row in snapshot["rates"]:
        why = row.get("exemption") or {"code": None, "text": None}
        rate = _rate(row["category"], row["rate"])
        found.append(Group(row["category"], rate, row["net"], row["tax"], why["code"], why["text"]))
    return found


def seller(snapshot: Snapshot) -> Party:
    """BG-4. Where nothing is subject to VAT (O), no VAT number may stand."""
    sold, free = snapshot["seller"], _not_subject(snapshot)
    vat = None if free else _vat(sold)
    return Party(
        sold["name"],
        sold["title"] if sold["title"] != sold["name"] else None,
        sold["legal_form"],
        _compact(sold["siren"]),
        _compact(sold["siret"]),
        vat,
        None if vat or free else _compact(sold["siren"]),
        sold["electronic_address"],
        None,
        sold["phone"],
        sold["email"],
        sold["address"],
    )


def buyer(snapshot: Snapshot) -> Party:
    """BG-7."""
    bought = snapshot["buyer"]
    name = _name(bought)
    return Party(
        name,
        None,
        None,
        _compact(bought["siren"]),
        _compact(bought["siret"]),
        None if _not_subject(snapshot) else _vat(bought),
        None,
        bought["electronic_address"],
        bought["name"] if bought["name"] != name else None,
        None,
        None,
        bought["address"],
    )


def delivery(snapshot: Snapshot) -> tuple[Mapping[str, str], str | None]:
    """Where and when the goods were handed over (BG-15, BT-72).

    A delivery within the Union must say the day, too: where no parcel left before, it is that of the invoice.
    """
    place, day = snapshot["deliver_to"], snapshot["delivered_on"]
    if not day and any(row["category"] == "K" for row in snapshot["rates"]):
        day = (snapshot["refers_to"] or snapshot)["issued_on"]
    return (place if place["country"] in _COUNTRIES else snapshot["buyer"]["address"]), day


def tax_in_euros(snapshot: Snapshot) -> str | None:
    """The tax in euros (BT-111), as France asks of invoices in other currencies; None in euros, and elsewhere.

    Documents with tax that were issued before rates of exchange were entered do not say it.
    """
    french = snapshot["seller"]["address"]["country"] == "FR"
    if not french or snapshot["currency"] == "EUR":
        return None
    if "euros" in snapshot:
        return str(snapshot["euros"]["totals"]["tax"])
    return None if Decimal(snapshot["totals"]["tax"]) else "0.00"


def transfer(snapshot: Snapshot) -> tuple[str, str] | None:
    """The code of the payment means (a SEPA transfer, or another) and the IBAN, while something is to be paid."""
    iban = _compact(snapshot["seller"]["iban"])
    if snapshot["kind"] != "invoice" or not iban or Decimal(snapshot["due"]) <= 0:
        return None
    return ("58" if snapshot["currency"] == "EUR" else "30"), iban


def _price(line: Mapping[str, Any], *, included: bool) -> Price:
    net, quantity = abs(Decimal(line["net"])), line["quantity"] or 1
    agreed, stated = Decimal(line["unit_price"]), line_price(line, included=included)
    if not included and "discount" not in line and line["quantity"] and _fits(agreed, quantity, net):
        return Price(line["unit_price"])
    for decimals in (4, 6):
        unit = (net / quantity).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        if _fits(unit, quantity, net):
            if stated is None or not stated.discount:
                return Price(_plain(unit))
            before = stated.unit.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
            return _reduced(unit, before)
    return Price(_plain(net), quantity)


def _reduced(unit: Decimal, before: Decimal) -> Price:
    return Price(_plain(unit), 1, _plain(before), _plain(before - unit)) if before > unit else Price(_plain(unit))


def _fits(unit: Decimal, quantity: int, net: Decimal) -> bool:
    return (unit * quantity).quantize(net, rounding=ROUND_HALF_UP) == net


def _plain(number: Decimal) -> str:
    """Without idle zeros beyond cents."""
    whole, _, decimals = f"{number:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _rate(category: str, rate: str) -> str | None:
    return None if category == "O" else rate


def _not_subject(snapshot: Snapshot) -> bool:
    return any(row["category"] == "O" for row in snapshot["rates"])


def _vat(party: Mapping[str, Any]) -> str | None:
    found = vat_id(party["vat_number"])
    return found if found and found[:2] in _VAT_PREFIXES else None


def _name(bought: Mapping[str, Any]) -> str:
    return bought["company"] or (bought["address"] or {}).get("name") or bought["name"] or ""


def _compact(number: str | None) -> str | None:
    return "".join(number.split()) if number else None
