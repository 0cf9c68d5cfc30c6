"""A shop's theme: what of its documents' looks a seller may choose, and what a reader must still be able to read.

A theme is never changed: each change is a new version, and a document names the version under which it was issued.
`documents.looks` hands it to the templates.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FONTS = ("source-sans", "libertinus-serif", "new-computer-modern")
ACCENT = "#1f4d43"
LEAST_CONTRAST = 4.5
"""WCAG 2 AA: white letters stand on the accent, and the accent stands on white."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Logo:
    """A stored picture: its hash, kind and size in its own units."""

    sha256: str
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Theme:
    """Version 0 is what documents look like where a shop has chosen nothing. Texts are by language."""

    version: int = 0
    logo: Logo | None = None
    accent: str = ACCENT
    font: str = FONTS[0]
    footer: Mapping[str, str] = field(default_factory=dict)
    mentions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


PLAIN = Theme()


def contrast_with_white(colour: str) -> float:
    """The contrast of `#rrggbb` with white, 1 to 21, as WCAG 2 counts it. Raises `ValueError` on anything else."""
    if not _COLOUR.fullmatch(colour):
        raise ValueError("a colour is written like #1f4d43")
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
