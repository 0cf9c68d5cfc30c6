"""Countries: the codes of ISO 3166-1, and names as exports and marketplaces spell them.

The names are the CLDR's, English and French; what wholesalers write beside them stands in `SPELLINGS`.
"""

import re
import unicodedata
from functools import cache

from babel import Locale

SPELLINGS = {
    "channel islands": "JE",
    "czech republic": "CZ",
    "eire": "IE",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "hong kong": "HK",
    "ivory coast": "CI",
    "korea": "KR",
    "macao": "MO",
    "macau": "MO",
    "northern ireland": "GB",
    "rsa": "ZA",
    "scotland": "GB",
    "turkey": "TR",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
    "viet nam": "VN",
    "wales": "GB",
}
UNSAID = frozenset({"", "-", "n/a", "unknown", "unspecified"})
"""What stands in a cell of which nobody knew the country."""
_NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""What the CLDR knows beside the countries: exceptional reservations, groups, and codes for tests."""


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2, and XK, by which everybody calls Kosovo."""
    territories = map(str, Locale("en").territories)
    return frozenset(code for code in territories if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


@cache
def country_code(name: str) -> str | None:
    """The code of a country by its name or code, however it is accented; None where nobody knows it."""
    return _names().get(_folded(name))


def _folded(name: str) -> str:
    """As it is looked for: without case, accents, hyphens and article, `Saint` as the CLDR shortens it."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    words = re.sub(r"[\s-]+", " ", plain.casefold().replace("\u2019", "'").replace("&", "and")).strip()
    return words.removeprefix("the ").replace("saint ", "st. ")


@cache
def _names() -> dict[str, str]:
    """A name that two countries share is nobody's."""
    found: dict[str, set[str]] = {}
    for language in ("fr", "en"):
        for code, name in Locale(language).territories.items():
            if code in country_codes():
                found.setdefault(_folded(name), set()).add(code)
    names = {name: codes.pop() for name, codes in found.items() if len(codes) == 1}
    return names | {code.casefold(): code for code in country_codes()} | SPELLINGS
