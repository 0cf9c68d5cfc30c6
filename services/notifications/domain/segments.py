"""How many parts a text message is sent, and paid, in: GSM-7 where its alphabet has every character, else UCS-2.

One "ê" or "ç" turns a text of 160 characters in one part into one of 70, which a seller wants to see before it leaves.
A part of several gives up room for the header that joins them, and no character is cut in two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038, one septet each."""
EXTENSION = frozenset("\f^{}\\[~]|€")
"""Its extension table: an escape and a septet."""


class Encoding(StrEnum):
    """How the characters travel."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


_ALONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
_JOINED = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Segments:
    """`count` parts; `units` are septets of GSM-7, or 16-bit units of UCS-2. An empty text has no part.

    `foreign` are the characters that GSM-7 lacks.
    """

    encoding: Encoding
    count: int
    units: int
    foreign: str = ""


def segments(text: str) -> Segments:
    """What sending this text takes."""
    foreign = "".join(sorted(set(text) - BASIC - EXTENSION))
    encoding = Encoding.UCS_2 if foreign else Encoding.GSM_7
    sizes = [_size(character, encoding) for character in text]
    units = sum(sizes)
    count = min(units, 1) if units <= _ALONE[encoding] else _parts(sizes, _JOINED[encoding])
    return Segments(encoding, count, units, foreign)


def _size(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.UCS_2:
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in EXTENSION else 1


def _parts(sizes: Iterable[int], room: int) -> int:
    """How many parts of this room are needed where no character may be cut."""
    count, filled = 1, 0
    for size in sizes:
        if filled + size > room:
            count, filled = count + 1, 0
        filled += size
    return count
