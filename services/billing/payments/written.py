"""Amounts and days as the files of marketplaces write them (`payout_files`); what has two readings is refused.

`20,001` may be twenty thousand or a little more than twenty: the other amounts of its file tell which of comma and
point stands before the decimals, and where they do not, nobody guesses.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime

from shared.money import InvalidAmount, exponent, parse_amount

_NUMBER = re.compile(
    r"(?P<minus>-?)(?P<whole>[0-9]+|[0-9]{1,3}(?P<group>[ \u00a0\u202f.,])[0-9]{3}(?:(?P=group)[0-9]{3})*)"
    r"(?:(?P<sign>[.,])(?P<decimals>[0-9]{1,4}))?"
)
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%b %d, %Y", "%d %b %Y")
_NONE = ("", "-", "--")


class BadDay(ValueError):
    """It is no day in any of the ways that are known."""


def decimal_sign(amounts: Iterable[str]) -> str | None:
    """The one sign that surely stands before decimals in these amounts; None where none does, or both do."""
    found = set()
    for written in amounts:
        match = _match(written)
        if match is not None and match["sign"] and not _has_two_readings(match):
            found.add(match["sign"])
        elif match is not None and (match["group"] or "") in (".", ","):
            found.add("," if match["group"] == "." else ".")
    return found.pop() if len(found) == 1 else None


def read_amount(written: str, currency: str, sign: str | None) -> int:
    """`1 234,50`, `1,234.50` or `-12.5` in minor units; `sign` stands before the decimals of the other amounts.

    Raises `InvalidAmount`, also for more decimals than the currency has, and `UnknownCurrency`.
    """
    match = _match(written)
    if match is None or (match["sign"] and match["sign"] == match["group"]):
        raise InvalidAmount(f"{written!r} is no amount")
    whole, decimals = re.sub(r"[^0-9]", "", match["whole"]), match["decimals"] or ""
    if _has_two_readings(match):
        places = exponent(currency)
        if sign is None and places:
            raise InvalidAmount(f"{written!r} may be thousands or decimals: no other amount of the file tells")
        if sign == match["sign"] and places < len(decimals):
            raise InvalidAmount(f"{written!r} has more decimals than {currency}")
        if sign != match["sign"]:
            whole, decimals = whole + decimals, ""
    decimals = decimals.rstrip("0")
    return parse_amount(f"{match['minus']}{whole}" + (f".{decimals}" if decimals else ""), currency)


def read_day(written: str) -> date | None:
    """A day in one of the ways the reports write it; None for an empty cell. Raises `BadDay`."""
    text = written.strip()
    if text in _NONE:
        return None
    for way in _DAYS:
        for candidate in (text, text[:10]):
            try:
                return datetime.strptime(candidate, way).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
    raise BadDay(f"{written!r} is no day like 2026-11-14, 14/11/2026 or Nov 14, 2026")


def _match(written: str) -> re.Match[str] | None:
    return _NUMBER.fullmatch(written.strip().replace("\u2212", "-").replace("+", ""))


def _has_two_readings(match: re.Match[str]) -> bool:
    """`20,001`: three digits after the only sign, and as many before it as thousands have; `0,001` has one reading."""
    whole = match["whole"]
    return len(match["decimals"] or "") == 3 and not match["group"] and len(whole) <= 3 and not whole.startswith("0")
