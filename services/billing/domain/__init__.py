"""The rules of billing, without a database and without a clock.

`coverage` says what an order's present state asks to be invoiced, `ledger` what its documents cover, `due` which
documents bring the one to the other; `payment` reads the money, `charging` the attempts to pay, `methods` the ways to;
`treatments` says how VAT applies, `snapshot`, `parties`, `mentions` and `chain` what a document contains for ever,
`papers` what the other prints of an order do, `theme` how they may look; `closing`, `accounts` and `fec` what the
documents come to. `services.billing.commands` is the only caller that writes.
"""

from services.billing.domain.accounts import (
    E_REPORTING_COLUMNS,
    JOURNAL_COLUMNS,
    VAT_COLUMNS,
    Sums,
    e_reporting,
    journal_row,
    vat_category,
    vat_report,
)
from services.billing.domain.amounts import read_amounts, written
from services.billing.domain.by_hand import (
    Case,
    NothingLeft,
    TooMuch,
    UnknownLine,
    Wish,
    credit_note,
    is_invoice,
    reissue,
)
from services.billing.domain.chain import GENESIS, Link, canonical, link
from services.billing.domain.closing import (
    DayFigures,
    Period,
    closing_content,
    periods_ending,
    perpetual_after,
)
from services.billing.domain.due import due
from services.billing.domain.fec import FEC_COLUMNS, AccountPlan, Payment, document_entry, number_entry, payment_entry
from services.billing.domain.ledger import Invoice, Issued, Position, live_invoices
from services.billing.domain.numbers import DEFAULT_FORMAT, WrongFormat, checked_format, number_of
from services.billing.domain.papers import LONGEST_GIFT, Paper, Printing, is_placed, paper
from services.billing.domain.parties import other_seller
from services.billing.domain.payment import (
    Kind,
    Paid,
    choices,
    excess,
    invoice_fact,
    is_marketplace,
    missing,
    owed,
    payable,
    payment_fact,
    unwanted,
    waived,
    wants_back,
    warning,
)
from services.billing.domain.plan import Draft
from services.billing.domain.snapshot import Numbered, Reference, issued, language_of, snapshot
from services.billing.domain.theme import LEAST_CONTRAST, Logo, Theme, contrast_with_white

__all__ = [
    "DEFAULT_FORMAT",
    "E_REPORTING_COLUMNS",
    "FEC_COLUMNS",
    "GENESIS",
    "JOURNAL_COLUMNS",
    "LEAST_CONTRAST",
    "LONGEST_GIFT",
    "VAT_COLUMNS",
    "AccountPlan",
    "Case",
    "DayFigures",
    "Draft",
    "Invoice",
    "Issued",
    "Kind",
    "Link",
    "Logo",
    "NothingLeft",
    "Numbered",
    "Paid",
    "Paper",
    "Payment",
    "Period",
    "Position",
    "Printing",
    "Reference",
    "Sums",
    "Theme",
    "TooMuch",
    "UnknownLine",
    "Wish",
    "WrongFormat",
    "canonical",
    "checked_format",
    "choices",
    "closing_content",
    "contrast_with_white",
    "credit_note",
    "document_entry",
    "due",
    "e_reporting",
    "excess",
    "invoice_fact",
    "is_invoice",
    "is_marketplace",
    "is_placed",
    "issued",
    "journal_row",
    "language_of",
    "link",
    "live_invoices",
    "missing",
    "number_entry",
    "number_of",
    "other_seller",
    "owed",
    "paper",
    "payable",
    "payment_entry",
    "payment_fact",
    "periods_ending",
    "perpetual_after",
    "read_amounts",
    "reissue",
    "snapshot",
    "unwanted",
    "vat_category",
    "vat_report",
    "waived",
    "wants_back",
    "warning",
    "written",
]
