"""Routes on a shop's theme: look at it, change it, see it on a sample.

A theme is typeset as a sample before it is kept, so no document can fail for it later; what is wrong names its field.
"""

import asyncio
import base64
from typing import Annotated, Literal

import typst
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.billing.api.answers.books import ThemeAnswer
from services.billing.api.tools import PDF, Billing, Reader, Tools, Writer, pdf_response
from services.billing.commands.theming import put_theme
from services.billing.documents import Look, missing_characters
from services.billing.documents.logos import read_logo
from services.billing.documents.proofs import proof
from services.billing.domain import LEAST_CONTRAST, Logo, Theme, contrast_with_white
from services.billing.queries.themes import find_logo, find_theme, look_of, theme_body
from shared.problems import Invalid, NotFound, Unavailable
from shared.security import Caller, find_shop
from shared.web import json_response

router = APIRouter(prefix="/api/v1/billing/theme", tags=["billing"])

Font = Literal["source-sans", "libertinus-serif", "new-computer-modern"]
Language = Literal["fr", "en"]
Kind = Literal["invoice", "order_form", "receipt", "packing_slip"]
Sentence = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]*$")
]


def _readable(colour: str) -> str:
    if (contrast := contrast_with_white(colour)) < LEAST_CONTRAST:
        raise ValueError(f"its contrast with white is {contrast:.1f}, and {LEAST_CONTRAST} is the least for reading")
    return colour


Colour = Annotated[
    str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$"), AfterValidator(str.lower), AfterValidator(_readable)
]


class LogoBody(BaseModel):
    """A picture as base64 in `content`, or the `sha256` of the one that is there, as GET tells it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    content: Annotated[str, StringConstraints(max_length=700_000)] | None = None
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class Texts(BaseModel):
    """Words of the shop's own, in one language, in place of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    greeting: Sentence | None = Field(default=None, description="above an order form")
    terms: Sentence | None = Field(default=None, description="how an invoice is to be paid")
    thanks: Sentence | None = Field(default=None, description="that an invoice is paid")
    farewell: Sentence | None = Field(default=None, description="below a packing slip and a receipt for a roll")


class ThemeBody(BaseModel):
    """What a shop chooses of its documents' looks; what is left out is as documents look without a theme."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo: LogoBody | None = None
    accent: Colour = Theme().accent
    font: Font = "source-sans"
    footer: dict[Language, Sentence] = {}
    mentions: dict[Language, Annotated[list[Sentence], Field(max_length=8)]] = {}
    texts: dict[Language, Texts] = {}


@router.get("", response_model=ThemeAnswer)
async def get_theme(caller: Reader, billing: Billing) -> Response:
    """The theme that new documents are issued under; version 0: nothing was chosen."""
    async with billing.db.read() as conn:
        theme = await find_theme(conn, caller.shop)
    return json_response(_document(theme))


@router.put("", response_model=ThemeAnswer)
async def change_theme(caller: Writer, billing: Billing, body: ThemeBody) -> Response:
    """Choose another theme; issued documents keep theirs."""
    logo, content = await _logo(caller, billing, body.logo)
    theme = Theme(
        logo=logo,
        accent=body.accent,
        font=body.font,
        footer={str(language): said for language, said in body.footer.items()},
        mentions={language: tuple(said) for language, said in body.mentions.items()},
        texts={language: texts.model_dump(exclude_none=True) for language, texts in body.texts.items()},
    )
    await _prove(caller, billing, Look.of(theme, content))
    async with billing.outbox.transaction() as tx:
        return json_response(_document(await put_theme(tx, caller.shop, theme, content, caller.actor)))


@router.get("/sample.pdf", response_class=Response, responses=PDF)
async def get_sample(
    request: Request,
    caller: Reader,
    billing: Billing,
    kind: Kind = "invoice",
    format: Literal["a4", "80mm"] = "a4",  # the public name
    language: Language = "fr",
) -> Response:
    """A sample document under the shop's theme, marked as such."""
    if format == "80mm" and kind != "receipt":
        raise Invalid("Only a receipt is printed on an 80 mm roll.", field="format")
    async with billing.db.read() as conn:
        look = await look_of(conn, await find_theme(conn, caller.shop))
        shop = await find_shop(conn, caller.shop)
    if shop is None:
        raise Unavailable("The shop has not been heard of yet.")
    content = await billing.printing.typesetters.one(proof(shop, kind, language, look, format))
    return pdf_response(request, content, f"sample-{kind}", kept=False)


@router.get("/logo", response_class=Response, responses={200: {"content": {"image/*": {}}, "description": "the logo"}})
async def get_logo(caller: Reader, billing: Billing) -> Response:
    """The logo as it was sent."""
    async with billing.db.read() as conn:
        theme = await find_theme(conn, caller.shop)
        content = None if theme.logo is None else await find_logo(conn, theme.logo)
    if theme.logo is None or content is None:
        raise NotFound("The shop has no logo.")
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(content, media_type=theme.logo.media_type, headers=headers | {"X-Content-Type-Options": "nosniff"})


async def _logo(caller: Caller, billing: Tools, body: LogoBody | None) -> tuple[Logo | None, bytes | None]:
    """The logo that is asked for, and its bytes. Raises `Invalid`."""
    if body is None:
        return None, None
    if body.content is not None:
        try:
            content = base64.b64decode(body.content, validate=True)
            return read_logo(content), content
        except ValueError as error:  # a `WrongLogo`, or no base64
            raise Invalid(f"The logo cannot be used: {error}.", field="logo.content") from None
    async with billing.db.read() as conn:
        present = (await find_theme(conn, caller.shop)).logo
        if present is None or present.sha256 != body.sha256:
            raise Invalid("The shop's theme has no such logo: send its content.", field="logo.sha256")
        return present, await find_logo(conn, present)


async def _prove(caller: Caller, billing: Tools, look: Look) -> None:
    """Typeset a sample in each language. Raises `Invalid` for texts or a logo that cannot be set, or not as PDF/A."""
    async with billing.db.read() as conn:
        shop = await find_shop(conn, caller.shop)
    if shop is None:
        raise Unavailable("The shop has not been heard of yet.")
    if errors := await asyncio.to_thread(_unprintable, look.theme):
        raise Invalid("A PDF/A cannot be made of texts whose characters no typeface here has.", errors=errors)
    for language in ("fr", "en"):
        try:
            await billing.printing.typesetters.one(proof(shop, "invoice", language, look))
        except typst.TypstError:
            raise Invalid("The logo cannot be typeset: it is broken.", field="logo.content") from None


def _unprintable(theme: Theme) -> list[dict[str, str]]:
    """The texts with characters that no typeface here has."""
    said = {f"footer.{language}": text for language, text in theme.footer.items()}
    for language, texts in theme.mentions.items():
        said |= {f"mentions.{language}.{place}": text for place, text in enumerate(texts)}
    for language, named in theme.texts.items():
        said |= {f"texts.{language}.{name}": text for name, text in named.items()}
    if not missing_characters(" ".join(said.values())):
        return []
    missing = {field: missing_characters(text) for field, text in said.items()}
    return [{"field": field, "detail": f"no typeface has {lacks}"} for field, lacks in missing.items() if lacks]


def _document(theme: Theme) -> dict[str, object]:
    return {"version": theme.version, **theme_body(theme)}
