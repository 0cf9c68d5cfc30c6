"""The start page: where everything is, for whoever opens the address for the first time.

Answered by orders, which has the front port's `/`. French or English by the browser's wish.
"""

from functools import cache
from html import escape

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from shared.security import open_to_all
from shared.web.routes import SERVICES

SANDBOXES = {"mail": "Mail", "sms": "SMS", "amazon": "Amazon", "ebay": "eBay", "payments": "Stripe"}

WORDS = {
    "en": {
        "title": "Comptoir is running",
        "lead": "One status change moves stock, mail, SMS, invoice and marketplace.",
        "docs": "API documentation",
        "sandboxes": "Sandboxes: what left the house",
        "state": "State",
        "ready": "Readiness",
        "metrics": "Metrics",
        "off": "switched off on this installation",
        "messages": "messages (AsyncAPI)",
        "push": "Push messages on this device",
    },
    "fr": {
        "title": "Comptoir est en marche",
        "lead": "Un changement de statut met à jour stock, mail, SMS, facture et place de marché.",
        "docs": "Documentation de l’API",
        "sandboxes": "Bacs à sable : ce qui est parti",
        "state": "État",
        "ready": "Disponibilité",
        "metrics": "Mesures",
        "off": "désactivés sur cette installation",
        "messages": "messages (AsyncAPI)",
        "push": "Notifications sur cet appareil",
    },
}

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --accent: light-dark(#7a1f3d, #f0a3bd); }
:root { background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; font-weight: 600; margin: 0; } h2 { font-size: 1rem; font-weight: 600; margin: 2rem 0 .5rem; }
p { margin: .25rem 0 0; opacity: .8; }
ul { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line); }
li { border-bottom: 1px solid var(--line); padding: .45rem 0; }
li { display: flex; gap: 1rem; justify-content: space-between; }
a { color: var(--accent); text-underline-offset: .2em; } small { opacity: .7; }
"""


ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#7a1f3d"/>
<path d="M11 5.5a4 4 0 1 0 0 5" fill="none" stroke="#fff" stroke-width="2"/></svg>"""
"""Browsers ask for one whether a page has named it or not; all of them go by the type, not by the name's end."""


@cache
def start_router(*, docs: bool, sandbox: bool) -> APIRouter:
    """`/`, with the links that this installation answers, and the icon of every page."""
    router = APIRouter(dependencies=[Depends(open_to_all)], include_in_schema=False)

    @router.get("/")
    async def start(request: Request) -> HTMLResponse:
        language = _language(request.headers.get("accept-language", ""))
        headers = {"Vary": "Accept-Language", "Content-Language": language}
        return HTMLResponse(_page(language, docs=docs, sandbox=sandbox), headers=headers)

    @router.get("/favicon.ico")
    async def icon() -> Response:
        return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    return router


def _language(accepted: str) -> str:
    """French first, unless English is asked for before it."""
    wishes = [part.split(";")[0].strip()[:2].lower() for part in accepted.split(",")]
    return next((wish for wish in wishes if wish in WORDS), "fr")


def _page(language: str, *, docs: bool, sandbox: bool) -> str:
    words = {name: escape(text) for name, text in WORDS[language].items()}
    documentation = "".join(_item(service, f"/docs/{service}", "OpenAPI") for service in SERVICES)
    documentation += _item(words["messages"], "/docs/orders/messages", "AsyncAPI")
    sandboxes = "".join(_item(title, f"/sandbox/{name}") for name, title in SANDBOXES.items())
    state = _item(words["push"], "/push") + _item(words["ready"], "/readyz") + _item(words["metrics"], "/metrics")
    off = f"<li><small>{words['off']}</small></li>"
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comptoir</title><style>{STYLE}</style></head><body><main>
<h1>{words["title"]}</h1><p>{words["lead"]}</p>
<h2>{words["docs"]}</h2><ul>{documentation if docs else off}</ul>
<h2>{words["sandboxes"]}</h2><ul>{sandboxes if sandbox else off}</ul>
<h2>{words["state"]}</h2><ul>{state}</ul>
</main></body></html>"""


def _item(title: str, path: str, note: str = "") -> str:
    return f'<li><a href="{path}">{title}</a><small>{note or path}</small></li>'
