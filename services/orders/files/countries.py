"""Countries as exports spell them, as ISO 3166 codes.

The names are the CLDR's, English and French; what wholesalers write beside them stands in `SPELLINGS`.
"""

from functools import cache

from babel import Locale

UNKNOWN = "ZZ"
"""What the CLDR calls an unknown region; an address must have some country."""

SPELLINGS = {
    "channel islands": "JE",
    "czech republic": "CZ",
    "eire": "IE",
    "england": "GB",
    "great britain": "GB",
    "holland": "NL",
    "korea": "KR",
    "northern ireland": "GB",
    "rsa": "ZA",
    "scotland": "GB",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
    "wales": "GB",
}


@cache
def country_code(name: str) -> str:
    """The code of a country by its name or code, in any case; `ZZ` where nobody knows it."""
    return _names().get(name.strip().casefold(), UNKNOWN)


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("fr", "en"):
        territories = Locale(language).territories
        countries = {code: name for code, name in territories.items() if len(code) == 2 and code != UNKNOWN}
        names |= {name.casefold(): code for code, name in countries.items()}
        names |= {code.casefold(): code for code in countries}
    return names | SPELLINGS
