"""Payouts from the files that marketplaces hand out: Amazon's settlement report, eBay's transaction report, any CSV.

The columns of the first two are the vendors' own; of any other file a mapping says which column is what. How amounts
and days are written is `written`'s. A file may tell of several payouts; each becomes one `domain.payouts.Payout`.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.billing.domain.payouts import LineKind, Payout, PayoutLine
from services.billing.payments.written import BadDay, decimal_sign, read_amount, read_day
from shared.money import InvalidAmount, UnknownCurrency

MOST_LINES = 50_000
Row = Mapping[str, str]


class BadFile(ValueError):
    """The file cannot be read; says in which line, and why."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of an own file is what; `kinds` translates its words into sale, refund, fee and other."""

    reference: str
    amount: str
    order: str | None = None
    kind: str | None = None
    currency: str | None = None
    text: str | None = None
    paid_on: str | None = None
    kinds: Mapping[str, LineKind] | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one row says: lines of a payout, or the payout's own amount."""

    reference: str
    currency: str
    lines: tuple[PayoutLine, ...] = ()
    amount: int | None = None
    paid_on: date | None = None


@dataclass(slots=True)
class _Collected:
    """A payout as far as the rows have told of it."""

    currency: str
    lines: list[PayoutLine] = field(default_factory=list)
    amount: int | None = None
    paid_on: date | None = None

    def add(self, piece: _Piece) -> None:
        self.currency = piece.currency or self.currency
        self.lines += piece.lines
        self.amount = piece.amount if piece.amount is not None else self.amount
        self.paid_on = piece.paid_on or self.paid_on


_Amounts = Callable[[str, str], int]
"""What was written, and the currency, as minor units."""


def read_payouts(content: str, source: str, currency: str, mapping: Columns | None = None) -> list[Payout]:
    """The payouts of a file; `currency` is taken where the file names none. Raises `BadFile`."""
    amounts: tuple[str, ...]
    if mapping is not None:
        own = mapping
        key, amounts = own.reference, (own.amount.lower(),)
        return _gather(content, source, key, amounts, lambda row, amount: _own(row, own, currency, amount))
    if source == "amazon":
        key, amounts = "settlement-id", ("total-amount", "amount")
        return _gather(content, source, key, amounts, lambda row, amount: _amazon(row, currency, amount))
    key, amounts = "payout id", ("net amount", "gross transaction amount")
    return _gather(content, source, key, amounts, lambda row, amount: _ebay(row, currency, amount))


def _gather(
    content: str, source: str, key: str, amounts: Sequence[str], read: Callable[[Row, _Amounts], _Piece | None]
) -> list[Payout]:
    """The rows by payout; the columns `amounts` tell together which sign stands before the decimals."""
    rows = list(_rows(content, key.lower()))
    sign = decimal_sign(row.get(column, "") for _, row in rows for column in amounts)
    found: dict[str, _Collected] = {}
    for number, row in rows:
        try:
            piece = read(row, lambda written, currency: read_amount(written, currency, sign))
        except (BadDay, InvalidAmount, UnknownCurrency, KeyError) as error:
            raise BadFile(f"line {number}: {error}") from error
        if piece is None:
            continue
        payout = found.setdefault(piece.reference, _Collected(piece.currency))
        if piece.lines and payout.lines and piece.currency != payout.currency:
            raise BadFile(f"line {number}: payout {piece.reference} is in two currencies")
        payout.add(piece)
    if not found:
        raise BadFile("the file tells of no payout")
    return [
        Payout(source, reference, payout.currency, tuple(payout.lines), payout.amount, payout.paid_on)
        for reference, payout in found.items()
    ]


def _rows(content: str, key: str) -> Iterator[tuple[int, Row]]:
    """The rows below the header, which is the first line that has the column `key`; words above it are passed over."""
    lines = content.removeprefix("\ufeff").splitlines()
    header = next((place for place, line in enumerate(lines) if key in _names(line)), None)
    if header is None:
        raise BadFile(f"no line has the column {key!r}")
    if len(lines) - header > MOST_LINES:
        raise BadFile(f"the file has more than {MOST_LINES} lines")
    names = _names(lines[header])
    for number, values in enumerate(csv.reader(lines[header + 1 :], delimiter=_separator(lines[header])), header + 2):
        if any(values):
            yield number, dict(zip(names, (value.strip() for value in values), strict=False))


def _names(line: str) -> list[str]:
    return [name.strip().lower() for name in next(csv.reader([line], delimiter=_separator(line)), [])]


def _separator(line: str) -> str:
    return max("\t;,", key=line.count)


def _amazon(row: Row, currency: str, amount_of: _Amounts) -> _Piece | None:
    """Settlement report: the first row has the total, each further one a price, a fee or a promotion of an order."""
    reference = row.get("settlement-id", "")
    named = row.get("currency") or currency
    if not reference:
        return None
    if row.get("total-amount"):
        return _Piece(
            reference, named, amount=amount_of(row["total-amount"], named), paid_on=read_day(row["deposit-date"])
        )
    type_, what = row.get("transaction-type", ""), row.get("amount-type", "")
    order = row.get("order-id") or None
    if "fee" in what.lower():
        kind = LineKind.FEE
    elif order is None:
        kind = LineKind.OTHER
    else:
        kind = (
            LineKind.REFUND
            if type_.lower() in ("refund", "chargeback refund", "a-to-z guarantee refund")
            else LineKind.SALE
        )
    text = " ".join(filter(None, (type_, what, row.get("amount-description", ""))))
    return _Piece(reference, named, (PayoutLine(kind, amount_of(row["amount"], named), order, text[:200]),))


def _ebay(row: Row, currency: str, amount_of: _Amounts) -> _Piece | None:
    """Transaction report: a row has the gross amount of an order and its net; the difference is what eBay keeps."""
    reference = row.get("payout id", "").strip("-")
    named = row.get("payout currency") or row.get("transaction currency") or currency
    if not reference:
        return None
    type_ = row.get("type", "")
    net = amount_of(row["net amount"], named)
    day = read_day(row.get("payout date", ""))
    if type_.lower() == "payout":
        return _Piece(reference, named, amount=abs(net), paid_on=day)
    order = row.get("order number", "").strip("-") or None
    gross = (
        amount_of(row["gross transaction amount"], named) if row.get("gross transaction amount", "--") != "--" else net
    )
    if type_.lower() in ("order", "refund") and order:
        kind = LineKind.SALE if type_.lower() == "order" else LineKind.REFUND
        lines = [PayoutLine(kind, gross, order, type_)]
        if net != gross:
            lines.append(PayoutLine(LineKind.FEE, net - gross, order, f"{type_} fees"))
        return _Piece(reference, named, tuple(lines), paid_on=day)
    kind = LineKind.FEE if "fee" in type_.lower() else LineKind.OTHER
    return _Piece(reference, named, (PayoutLine(kind, net, order, type_[:200]),), paid_on=day)


def _own(row: Row, mapping: Columns, currency: str, amount_of: _Amounts) -> _Piece | None:
    """Any file: a row is a line of the payout that it names."""

    def cell(column: str | None) -> str:
        return row.get(column.lower(), "") if column else ""

    reference = cell(mapping.reference)
    named = cell(mapping.currency) or currency
    if not reference:
        return None
    amount = amount_of(cell(mapping.amount), named)
    order = cell(mapping.order) or None
    kind = _kind(cell(mapping.kind), mapping, order, amount)
    line = PayoutLine(kind, amount, order, cell(mapping.text)[:200])
    return _Piece(reference, named, (line,), paid_on=read_day(cell(mapping.paid_on)))


def _kind(said: str, mapping: Columns, order: str | None, amount: int) -> LineKind:
    """The mapping's word for it, our own, or what the sign of an order's amount tells."""
    known = {str(kind): kind for kind in LineKind}
    found = (mapping.kinds or {}).get(said) or known.get(said.lower())
    if found is not None:
        return found
    if said or order is None:
        return LineKind.OTHER
    return LineKind.SALE if amount > 0 else LineKind.REFUND
