"""Payouts from the files that marketplaces hand out: Amazon's settlement report, eBay's transaction report, any CSV.

The columns of the first two are the vendors' own; of any other file a mapping says which column is what. Amounts may
have a comma or a point. A file may tell of several payouts; each becomes one `domain.payouts.Payout`.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.billing.domain.payouts import LineKind, Payout, PayoutLine
from shared.money import InvalidAmount, UnknownCurrency, exponent, parse_amount

MOST_LINES = 50_000
_NUMBER = re.compile(r"^(-?)([0-9]{1,3}(?:[ \u00a0\u202f.,][0-9]{3})*|[0-9]+)(?:[.,]([0-9]{1,4}))?$")
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%b %d, %Y", "%d %b %Y")
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


def read_payouts(content: str, source: str, currency: str, mapping: Columns | None = None) -> list[Payout]:
    """The payouts of a file; `currency` is taken where the file names none. Raises `BadFile`."""
    if mapping is not None:
        own = mapping
        return _gather(content, source, own.reference, lambda row: _own(row, own, currency))
    if source == "amazon":
        return _gather(content, source, "settlement-id", lambda row: _amazon(row, currency))
    return _gather(content, source, "payout id", lambda row: _ebay(row, currency))


def _gather(content: str, source: str, key: str, read: Callable[[Row], _Piece | None]) -> list[Payout]:
    found: dict[str, Payout] = {}
    for number, row in _rows(content, key.lower()):
        try:
            piece = read(row)
        except (InvalidAmount, UnknownCurrency, KeyError) as error:
            raise BadFile(f"line {number}: {error}") from error
        if piece is None:
            continue
        before = found.get(piece.reference) or Payout(source, piece.reference, piece.currency, ())
        if piece.lines and before.lines and piece.currency != before.currency:
            raise BadFile(f"line {number}: payout {piece.reference} is in two currencies")
        found[piece.reference] = replace(
            before,
            currency=piece.currency or before.currency,
            lines=before.lines + piece.lines,
            amount=piece.amount if piece.amount is not None else before.amount,
            paid_on=piece.paid_on or before.paid_on,
        )
    if not found:
        raise BadFile("the file tells of no payout")
    return list(found.values())


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


def _amazon(row: Row, currency: str) -> _Piece | None:
    """Settlement report: the first row has the total, each further one a price, a fee or a promotion of an order."""
    reference = row.get("settlement-id", "")
    named = row.get("currency") or currency
    if not reference:
        return None
    if row.get("total-amount"):
        return _Piece(reference, named, amount=_amount(row["total-amount"], named), paid_on=_day(row["deposit-date"]))
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
    return _Piece(reference, named, (PayoutLine(kind, _amount(row["amount"], named), order, text[:200]),))


def _ebay(row: Row, currency: str) -> _Piece | None:
    """Transaction report: a row has the gross amount of an order and its net; the difference is what eBay keeps."""
    reference = row.get("payout id", "").strip("-")
    named = row.get("payout currency") or row.get("transaction currency") or currency
    if not reference:
        return None
    type_ = row.get("type", "")
    net = _amount(row["net amount"], named)
    day = _day(row.get("payout date", ""))
    if type_.lower() == "payout":
        return _Piece(reference, named, amount=abs(net), paid_on=day)
    order = row.get("order number", "").strip("-") or None
    gross = (
        _amount(row["gross transaction amount"], named) if row.get("gross transaction amount", "--") != "--" else net
    )
    if type_.lower() in ("order", "refund") and order:
        kind = LineKind.SALE if type_.lower() == "order" else LineKind.REFUND
        lines = [PayoutLine(kind, gross, order, type_)]
        if net != gross:
            lines.append(PayoutLine(LineKind.FEE, net - gross, order, f"{type_} fees"))
        return _Piece(reference, named, tuple(lines), paid_on=day)
    kind = LineKind.FEE if "fee" in type_.lower() else LineKind.OTHER
    return _Piece(reference, named, (PayoutLine(kind, net, order, type_[:200]),), paid_on=day)


def _own(row: Row, mapping: Columns, currency: str) -> _Piece | None:
    """Any file: a row is a line of the payout that it names."""

    def cell(column: str | None) -> str:
        return row.get(column.lower(), "") if column else ""

    reference = cell(mapping.reference)
    named = cell(mapping.currency) or currency
    if not reference:
        return None
    amount = _amount(cell(mapping.amount), named)
    order = cell(mapping.order) or None
    kind = _kind(cell(mapping.kind), mapping, order, amount)
    line = PayoutLine(kind, amount, order, cell(mapping.text)[:200])
    return _Piece(reference, named, (line,), paid_on=_day(cell(mapping.paid_on)))


def _kind(said: str, mapping: Columns, order: str | None, amount: int) -> LineKind:
    """The mapping's word for it, our own, or what the sign of an order's amount tells."""
    known = {str(kind): kind for kind in LineKind}
    found = (mapping.kinds or {}).get(said) or known.get(said.lower())
    if found is not None:
        return found
    if said or order is None:
        return LineKind.OTHER
    return LineKind.SALE if amount > 0 else LineKind.REFUND


def _amount(written: str, currency: str) -> int:
    """`1 234,50`, `1,234.50` or `-12.5` in minor units; more decimals than the currency has are refused."""
    match = _NUMBER.fullmatch(written.replace("\u2212", "-").replace("+", ""))
    if match is None:
        raise InvalidAmount(f"{written!r} is no amount")
    whole = re.sub(r"[^0-9]", "", match[2])
    decimals = (match[3] or "").rstrip("0")
    if match[3] and len(match[3]) == 3 and exponent(currency) < 3:  # `1.234` is a thousand and more
        whole, decimals = whole + match[3], ""
    return parse_amount(f"{match[1]}{whole}" + (f".{decimals}" if decimals else ""), currency)


def _day(written: str) -> date | None:
    """A day in one of the ways the reports write it; nothing for what is none."""
    text = written.strip()
    for way in _DAYS:
        for candidate in (text, text[:10]):
            try:
                return datetime.strptime(candidate, way).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
    return None
