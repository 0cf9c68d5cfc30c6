"""How a shop's documents look beyond the layout: logo, colour, typeface and words of its own, as a template takes them.

A look is a version of the shop's theme with the logo's bytes put in. typst takes texts alone from outside, so a picture
travels inside an SVG. Neighbours: `domain.theme` (what a theme may be), `logos` (which pictures are taken).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from services.billing.domain.theme import PLAIN, Theme

FONTS: Mapping[str, str] = {
    "source-sans": "Source Sans Pro",
    "libertinus-serif": "Libertinus Serif",
    "new-computer-modern": "New Computer Modern",
}
"""The families of `domain.theme.FONTS`: the first stands in `fonts/`, the others come with typst."""


@dataclass(frozen=True, slots=True)
class Look:
    """A theme, and its logo as an SVG."""

    theme: Theme = PLAIN
    logo: str | None = None

    @classmethod
    def of(cls, theme: Theme, logo: bytes | None) -> "Look":
        """`logo`: the bytes that the theme names, None where it names none."""
        if theme.logo is None or logo is None:
            return cls(theme)
        if theme.logo.media_type == "image/svg+xml":
            return cls(theme, logo.decode())
        size = f'width="{theme.logo.width}" height="{theme.logo.height}"'
        data = f"data:{theme.logo.media_type};base64,{base64.b64encode(logo).decode()}"
        return cls(theme, f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{data}"/></svg>')

    @property
    def font(self) -> str:
        return FONTS[self.theme.font]


PLAIN_LOOK = Look()
