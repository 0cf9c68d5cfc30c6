"""The books as functions of the issued documents alone: VAT, e-reporting, the sales journal. `fec` makes entries.

They read snapshots, so that anybody can make them again from the documents; credit notes count below zero, and every
sum is one of stored amounts, never a computation of tax. Money is in minor units until `rows` writes it. What another
currency comes to in euros is what the documents said; nothing where one of them did not have to.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.billing.domain.amounts import read_amounts, written
from services.billing.domain.euros import EURO
from services.billing.domain.treatments import EUROPEAN_UNION, territory
from shared.contracts import DocumentKind, LineKind
from shared.money import NOTHING, Amounts

Snapshot = Mapping[str, Any]
GOODS = (str(LineKind.PRODUCT), str(LineKind.OTHER))

IN_EUROS = ("net_eur", "tax_eur", "gross_eur")
VAT_COLUMNS = ("period", "currency", "category", "rate", "documents", "net", "tax", "gross", *IN_EUROS)
E_REPORTING_COLUMNS = (
    "day", "currency", "scope", "category", "rate", "documents", "net", "tax", "gross", *IN_EUROS,
)  # fmt: skip
JOURNAL_COLUMNS = (
    "issued_on", "number", "kind", "refers_to", "order", "buyer", "country", "business", "currency",
    "net", "tax", "gross",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What a document comes to in one VAT category and rate, of goods or of services; below zero on a credit note."""

    category: str
    rate: str
    goods: bool
    amounts: Amounts


def vat_category(content: Snapshot, line: Mapping[str, Any]) -> str:
    """The line's own category (EN 16931: S, Z, E, AE, K, G, O), or what a snapshot without one amounts to."""
    if "category" in line:
        return str(line["category"])
    if Decimal(line["tax_rate"]) > 0:
        return "S"
    if content["seller"]["vat_number"] is None:
        return "E"
    if not crosses_border(content):
        return "Z"
    goods = line["kind"] in GOODS
    if destination(content) not in EUROPEAN_UNION:
        return "G" if goods else "O"
    if content["buyer"]["vat_number"]:
        return "K" if goods else "AE"
    return "Z"


def destination(content: Snapshot) -> str:
    """Where a document's goods change hands, as `treatments` sees it; the seller's own country where nothing tells."""
    told = content.get("deliver_to") or content["ship_to"] or content["buyer"]["address"]
    return territory(told["country"]) if told else _home(content)


def _home(content: Snapshot) -> str:
    return territory(content["seller"]["address"]["country"])


def crosses_border(content: Snapshot) -> bool:
    """Whether what was sold leaves the seller's country."""
    return destination(content) != _home(content)


def is_business(content: Snapshot) -> bool:
    """Whether the buyer is one that gets e-invoices."""
    buyer = content["buyer"]
    return any(buyer.get(name) for name in ("company", "vat_number", "siren"))


def parts(content: Snapshot) -> Iterator[Part]:
    """A document by category, rate and nature, in that order; together they are its totals."""
    sums: defaultdict[tuple[str, Decimal, bool], Amounts] = defaultdict(lambda: NOTHING)
    for line in content["lines"]:
        key = vat_category(content, line), Decimal(line["tax_rate"]), line["kind"] in GOODS
        sums[key] += read_amounts(line, content["currency"])
    credit = content["kind"] == str(DocumentKind.CREDIT_NOTE)
    for (category, rate, goods), amounts in sorted(sums.items()):
        yield Part(category, f"{rate:f}", goods, NOTHING - amounts if credit else amounts)


def in_euros(content: Snapshot) -> Iterator[tuple[str, str, Amounts]]:
    """What a document in another currency tells in euros, by category and rate; below zero on a credit note."""
    found: defaultdict[tuple[str, Decimal], Amounts] = defaultdict(lambda: NOTHING)
    for row, group in zip(content["rates"], content["euros"]["groups"] if "euros" in content else (), strict=False):
        found[row["category"], Decimal(row["rate"])] += read_amounts(group, EURO)
    credit = content["kind"] == str(DocumentKind.CREDIT_NOTE)
    for (category, rate), amounts in found.items():
        yield category, f"{rate:f}", NOTHING - amounts if credit else amounts


class Sums:
    """Amounts and numbers of documents under a key, a category and a rate, for as many documents as are added.

    `key` gives what comes before category and rate, in the order of `columns`, or None for a document that stands in no
    sum.
    """

    def __init__(self, columns: tuple[str, ...], key: Callable[[Snapshot], tuple[str, ...] | None]) -> None:
        self._columns = columns[: columns.index("documents")]
        self._currency = columns.index("currency")
        self._key = key
        self._amounts: defaultdict[tuple[str, ...], Amounts] = defaultdict(lambda: NOTHING)
        self._documents: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._euros: defaultdict[tuple[str, ...], Amounts] = defaultdict(lambda: NOTHING)
        self._told: defaultdict[tuple[str, ...], int] = defaultdict(int)

    def add(self, content: Snapshot) -> None:
        """Take in a document."""
        key = self._key(content)
        if key is None:
            return
        found = set()
        for part in parts(content):
            whole = (*key, part.category, part.rate)
            self._amounts[whole] += part.amounts
            found.add(whole)
        for whole in found:
            self._documents[whole] += 1
        for category, rate, amounts in in_euros(content):
            self._euros[*key, category, rate] += amounts
            self._told[*key, category, rate] += 1

    def rows(self) -> Iterator[dict[str, Any]]:
        """One a key, sorted."""
        for key, amounts in sorted(self._amounts.items()):
            row = dict(zip(self._columns, key, strict=True))
            yield (
                row | {"documents": self._documents[key]} | written(amounts, key[self._currency]) | self._in_euros(key)
            )

    def _in_euros(self, key: tuple[str, ...]) -> dict[str, str]:
        """The sums in euros, where every document told them; those in euros are their own."""
        if key[self._currency] == EURO:
            amounts = self._amounts[key]
        elif self._told[key] == self._documents[key]:
            amounts = self._euros[key]
        else:
            return dict.fromkeys(IN_EUROS, "")
        return {f"{name}_eur": amount for name, amount in written(amounts, EURO).items()}


def vat_report() -> Sums:
    """By month, currency, category and rate."""
    return Sums(VAT_COLUMNS, lambda content: (content["issued_on"][:7], content["currency"]))


def e_reporting() -> Sums:
    """By day, currency, category and rate: sales to private persons (`b2c`) and across the border (`cross_border`).

    A business of another country is across the border wherever it takes the goods. Sales to businesses of the seller's
    own country are e-invoiced one by one and stand in no total.
    """
    return Sums(E_REPORTING_COLUMNS, _reported)


def _reported(content: Snapshot) -> tuple[str, ...] | None:
    business, seat = is_business(content), content["buyer"]["address"]
    if crosses_border(content) or (business and seat and territory(seat["country"]) != _home(content)):
        return content["issued_on"], content["currency"], "cross_border"
    return None if business else (content["issued_on"], content["currency"], "b2c")


def journal_row(content: Snapshot) -> dict[str, Any]:
    """A document as one line of the sales journal."""
    total = sum((part.amounts for part in parts(content)), NOTHING)
    buyer = content["buyer"]
    return {
        "issued_on": content["issued_on"],
        "number": content["number"],
        "kind": content["kind"],
        "refers_to": content["refers_to"] and content["refers_to"]["number"],
        "order": content["order"]["code"],
        "buyer": buyer["company"] or buyer["name"],
        "country": destination(content),
        "business": is_business(content),
        "currency": content["currency"],
    } | written(total, content["currency"])
