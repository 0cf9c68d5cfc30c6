"""How the numbers of a series are written: `{series}{year}-{n:05}` unless the seller says otherwise.

A format keeps series apart by construction: it begins with the series' own letters and its year, and a sign that is
neither letter nor digit stands before the number, so that no two series can ever write the same one.
"""

import re

DEFAULT_FORMAT = "{series}{year}-{n:05}"
LONGEST = 20
"""Characters that the French rules for e-invoices leave a number."""

_FORMAT = re.compile(
    r"(?P<series>\{series\}|[A-Z0-9]{1,10})(?P<gap>[-/_]?)\{(?:year|yy)\}[-/_]\{n(?::0[1-9])?\}", re.ASCII
)


class WrongFormat(ValueError):
    """The text says no format of the series."""


def checked_format(text: str, series: str) -> str:
    """The text itself, if it can write the numbers of this series; raises `WrongFormat`."""
    match = _FORMAT.fullmatch(text)
    if match is None:
        raise WrongFormat("write the series, {year} or {yy}, one of - / _ and {n} or {n:05}, like 'FA-{year}/{n:05}'")
    if match["series"] not in ("{series}", series):
        raise WrongFormat(f"the numbers of series {series} begin with {series}, not with {match['series']}")
    if len(number_of(text, series, 2026, 999_999)) > LONGEST:
        raise WrongFormat(f"a number has at most {LONGEST} characters")
    return text


def number_of(format_: str, series: str, year: int, n: int) -> str:
    """How a document's number is written: `FA2026-00042`."""
    return format_.format(series=series, year=f"{year:04}", yy=f"{year % 100:02}", n=n)
