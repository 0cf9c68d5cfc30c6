"""The page on which an operator has a browser or a phone told of orders: `/push`, with its service worker below.

The page holds no data: its script asks the API (`api.push`) with a key that the operator gives, which stays in the tab.
The worker shows what arrives; a click opens the order here.
"""

from importlib.resources import files
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.notifications.domain.push import OFFERED
from services.notifications.pages.words import WORDS, language_of
from shared.problems import NotFound
from shared.security import open_to_all

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {"push.js": "text/javascript", "worker.js": "text/javascript", "push.css": "text/css"}
HOUR = "max-age=3600"

_static = files("services.notifications.pages").joinpath("static")
_pages = Environment(
    loader=PackageLoader("services.notifications.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

router = APIRouter(prefix="/push", dependencies=[Depends(open_to_all)], include_in_schema=False)


@router.get("")
async def show_page(
    lang: Annotated[str | None, Query()] = None, accept_language: Annotated[str, Header()] = ""
) -> HTMLResponse:
    """The page, in French or English."""
    language = language_of(lang, accept_language)
    words = WORDS[language]
    said = orjson.dumps(words).decode().replace("<", "\\u003c")
    html = _pages.get_template("push.html.j2").render(
        language=language,
        say=words,
        events=[str(event) for event in OFFERED],
        words=Markup(said),  # noqa: S704 - our own words, and no "<" in them
    )
    headers = {"Content-Security-Policy": POLICY, "Content-Language": language, "Vary": "Accept-Language"}
    return HTMLResponse(html, headers=headers | {"Referrer-Policy": "no-referrer"})


@router.get("/manifest.webmanifest")
async def show_manifest() -> Response:
    """What a phone needs to put the page on its home screen, without which an iPhone has no notifications."""
    manifest = {
        "name": "Comptoir",
        "short_name": "Comptoir",
        "start_url": "/push",
        "scope": "/",
        "display": "standalone",
    }
    return Response(orjson.dumps(manifest), media_type="application/manifest+json", headers={"Cache-Control": HOUR})


@router.get("/{name}")
async def show_file(name: Annotated[str, Path(max_length=40)]) -> Response:
    """Script, style, and the service worker, which a browser asks for again when it likes."""
    if name not in TYPES:
        raise NotFound("No such file.")
    content = _static.joinpath(name).read_bytes()
    return Response(content, media_type=TYPES[name], headers={"Cache-Control": "no-cache"})
