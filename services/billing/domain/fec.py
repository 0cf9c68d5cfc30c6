"""Accounting entries for the FEC, the file of French law (LPF art. A47 A-1): 18 columns, each entry balanced.

A document debits the clients with its total and credits sales by nature and category and the collected tax by rate; a
credit note does the opposite. Money that came debits the bank, or whatever account its method has, and credits the
clients. An amount below zero stands on the other side. `EcritureNum` is given to those that are written, in their
order (`number_entry`). Pure; `services.billing.api.reports` writes the file.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.billing.domain.accounts import Snapshot, parts
from shared.contracts import DocumentKind
from shared.money import from_minor

FEC_COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """The accounts of a shop, the usual ones of the French general plan unless it says otherwise."""

    customers: str = "411000"
    goods: str = "707000"
    services: str = "706000"
    vat: str = "445710"
    bank: str = "512000"
    sales_journal: str = "VT"
    bank_journal: str = "BQ"
    sales_by_category: Mapping[str, str] = field(default_factory=dict)
    vat_by_rate: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, str] = field(default_factory=lambda: {"cash": "530000", "cheque": "511200"})


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came, or went back below zero; `number` is its place among those of the year."""

    number: str
    day: date
    amount: int
    currency: str
    method: str
    reference: str
    order: str


@dataclass(frozen=True, slots=True)
class _Head:
    """What all lines of an entry share."""

    journal: str
    title: str
    day: str
    piece: str
    text: str
    currency: str

    def line(self, account: str, title: str, amount: int) -> dict[str, str]:
        """One line; `amount` is a debit, below zero a credit."""
        debit, credit = (_written(side, self.currency) for side in (max(0, amount), max(0, -amount)))
        blank = {"CompAuxNum": "", "CompAuxLib": "", "EcritureLet": "", "DateLet": "", "Montantdevise": ""}
        row = blank | {
            "JournalCode": self.journal,
            "JournalLib": self.title,
            "EcritureNum": "",
            "EcritureDate": self.day,
            "CompteNum": account,
            "CompteLib": title,
            "PieceRef": self.piece,
            "PieceDate": self.day,
            "EcritureLib": self.text,
            "Debit": debit,
            "Credit": credit,
            "ValidDate": self.day,
            "Idevise": "",
        }
        return {name: _plain(row[name]) for name in FEC_COLUMNS}


def document_entry(content: Snapshot, plan: AccountPlan) -> Iterator[dict[str, str]]:
    """The lines of a document's entry; none for one that comes to nothing."""
    invoice = content["kind"] == str(DocumentKind.INVOICE)
    buyer = content["buyer"]["company"] or content["buyer"]["name"]
    number = content["number"]
    head = _Head(
        plan.sales_journal,
        "Ventes",
        content["issued_on"].replace("-", ""),
        number,
        f"{'Facture' if invoice else 'Avoir'} {number} {buyer}".strip(),
        content["currency"],
    )
    sides: dict[tuple[str, str], int] = {}
    total = 0
    for part in parts(content):
        total += part.amounts.gross
        usual = plan.goods if part.goods else plan.services
        sale = plan.sales_by_category.get(part.category, usual), "Ventes" if part.goods else "Prestations de services"
        tax = plan.vat_by_rate.get(part.rate, plan.vat), f"TVA collectée {part.rate} %"
        sides[sale] = sides.get(sale, 0) + part.amounts.net
        sides[tax] = sides.get(tax, 0) + part.amounts.tax
    if total:
        yield head.line(plan.customers, "Clients", total)
    for (account, title), amount in sides.items():
        if amount:
            yield head.line(account, title, -amount)


def payment_entry(payment: Payment, plan: AccountPlan) -> Iterator[dict[str, str]]:
    """The two lines of money that moved."""
    what = "Règlement" if payment.amount > 0 else "Remboursement"
    head = _Head(
        plan.bank_journal,
        "Banque",
        f"{payment.day:%Y%m%d}",
        payment.reference or payment.number,
        f"{what} {payment.order} ({payment.method})",
        payment.currency,
    )
    yield head.line(plan.methods.get(payment.method, plan.bank), "Trésorerie", payment.amount)
    yield head.line(plan.customers, "Clients", -payment.amount)


def number_entry(entry: Iterable[dict[str, str]], year: int, n: int) -> Iterator[dict[str, str]]:
    """The lines of the year's nth entry; the law wants 1, 2, 3… without a hole."""
    return (line | {"EcritureNum": f"{year}-{n:05}"} for line in entry)


def _written(amount: int, currency: str) -> str:
    return str(from_minor(amount, currency)).replace(".", ",")


def _plain(text: str) -> str:
    """Without the signs that part cells and lines."""
    return " ".join(text.replace("|", " ").split())
