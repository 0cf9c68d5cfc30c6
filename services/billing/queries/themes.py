"""The shops' themes by version, and as a template takes them: with the logo's bytes."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.documents import PLAIN_LOOK, Look
from services.billing.domain import Logo, Theme
from services.billing.tables import blobs, themes
from shared.database import among

Issued = tuple[str, int | None]
"""A shop, and the version of its theme under which something was issued; None where it had none."""


async def newest_themes(conn: AsyncConnection, shops: Collection[str]) -> dict[str, int]:
    """The newest version of each shop that has chosen anything."""
    newest = select(themes.c.shop, func.max(themes.c.version).label("version")).group_by(themes.c.shop)
    rows = await conn.execute(newest.where(among(themes.c.shop, sorted(shops))))
    return {row.shop: row.version for row in rows}


async def find_theme(conn: AsyncConnection, shop: str) -> Theme:
    """What a shop has chosen last; version 0 where it has chosen nothing."""
    statement = select(themes).where(themes.c.shop == shop).order_by(themes.c.version.desc()).limit(1)
    row = (await conn.execute(statement)).one_or_none()
    return Theme() if row is None else _theme(row.version, json.loads(row.body))


async def find_looks(conn: AsyncConnection, wanted: Iterable[Issued]) -> dict[Issued, Look]:
    """The looks of these versions."""
    found: dict[Issued, Look] = {}
    for shop, version in set(wanted):
        row = None
        if version is not None:
            own = (themes.c.shop == shop) & (themes.c.version == version)
            row = (await conn.execute(select(themes).where(own))).one_or_none()
        found[shop, version] = (
            PLAIN_LOOK if row is None else await look_of(conn, _theme(version or 0, json.loads(row.body)))
        )
    return found


async def look_of(conn: AsyncConnection, theme: Theme) -> Look:
    """A theme with its logo."""
    return Look.of(theme, None if theme.logo is None else await find_logo(conn, theme.logo))


async def find_logo(conn: AsyncConnection, logo: Logo) -> bytes | None:
    """The bytes of a logo."""
    statement = select(blobs.c.content).where(blobs.c.sha256 == logo.sha256)
    content: bytes | None = (await conn.execute(statement)).scalar_one_or_none()
    return content


def theme_body(theme: Theme) -> dict[str, Any]:
    """A theme in plain values, without its version."""
    logo = theme.logo
    return {
        "logo": logo
        and {"sha256": logo.sha256, "media_type": logo.media_type, "width": logo.width, "height": logo.height},
        "accent": theme.accent,
        "font": theme.font,
        "footer": dict(theme.footer),
        "mentions": {language: list(said) for language, said in theme.mentions.items()},
        "texts": {language: dict(texts) for language, texts in theme.texts.items()},
    }


def _theme(version: int, body: Mapping[str, Any]) -> Theme:
    return Theme(
        version=version,
        logo=body["logo"] and Logo(**body["logo"]),
        accent=body["accent"],
        font=body["font"],
        footer=body["footer"],
        mentions={language: tuple(said) for language, said in body["mentions"].items()},
        texts=body["texts"],
    )
