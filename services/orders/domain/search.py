"""The words by which an order is found: the same folding for what is stored and for what somebody types.

Case and accents do not count. A text gives its words, and also each word's letters-and-digits parts, so that
`Anne-Marie` is found by `marie`. A search is a beginning of each of its words; a name is therefore found by its words'
beginnings and not by the middle of one, which is what lets an ordinary index answer it. Neighbours:
`commands.searching` stores the words, `queries.search_terms` looks for them.
"""

import re
import unicodedata
from enum import StrEnum

LONGEST = 80
"""Characters of a word that are kept; what is typed is cut there, too."""
MOST = 6
"""Words of a search that count."""

_PARTS = re.compile(r"[^\W_]+")


class Kind(StrEnum):
    """What of the order a word stands in."""

    CODE = "code"
    CLIENT = "client"
    EXTERNAL = "external"
    SKU = "sku"
    TRACKING = "tracking"
    TAG = "tag"
    OPERATOR = "operator"
    ORIGIN = "origin"
    PAYMENT = "payment"
    SHIPPING = "shipping"


APART = (Kind.TAG, Kind.OPERATOR, Kind.ORIGIN, Kind.PAYMENT, Kind.SHIPPING)
"""Where the one box does not look: filters of their own, which want the whole text."""


def folded(text: str) -> str:
    """The text without case, accents and needless blanks: `Zoé  MARTIN` is `zoe martin`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(kept.split())[:LONGEST]


def words(text: str) -> set[str]:
    """What a name is found by: its words, and their parts where a word is made of several."""
    found = set(folded(text).split())
    return found.union(*(_PARTS.findall(word) for word in found))


def identifier(text: str) -> set[str]:
    """What a number is found by: itself, and its words where it has several."""
    whole = folded(text)
    return ({whole} | set(whole.split())) - {""}


def code_words(code: str) -> set[str]:
    """What an order's code is found by: itself, with its dashes and without."""
    return {folded(code), folded(code).replace("-", "")}


def email_words(address: str) -> set[str]:
    """What an e-mail address is found by: itself, and its host."""
    return {folded(address), folded(address.rpartition("@")[2])} - {""}


def typed(text: str) -> list[str]:
    """The words of a search, the longest first: the order must have a word that begins with each."""
    return sorted(set(folded(text).split()), key=lambda word: (-len(word), word))[:MOST]
