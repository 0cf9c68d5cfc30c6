"""The sandboxes to look at: pages that show what left the house, mails rendered in a frame that may do nothing."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger, Seen

SHOWN = 50
TITLES = {"mail": "Mail", "sms": "SMS", "amazon": "Amazon", "ebay": "eBay", "webhooks": "Webhooks"}
POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'"
}

_pages = Environment(
    loader=PackageLoader("services.notifications.sandbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

SCRIPT = """document.addEventListener("click", async (event) => {
  const { method, path, body } = event.target.dataset;
  if (!method) return;
  await fetch(path, { method, body, headers: { "Content-Type": "application/json" } });
  location.reload();
});
"""


def pages_router(ledgers: Sequence[Ledger]) -> APIRouter:
    """`/sandbox` and one page for each."""
    router = APIRouter(prefix="/sandbox", dependencies=[Depends(open_to_all)], include_in_schema=False)
    names = [(ledger.name, TITLES[ledger.name], ledger) for ledger in ledgers]

    @router.get("")
    async def index() -> HTMLResponse:
        listed = [(name, title, len(ledger)) for name, title, ledger in names]
        return HTMLResponse(_pages.get_template("index.html.j2").render(sandboxes=listed), headers=POLICY)

    @router.get("/page.js")
    async def script() -> HTMLResponse:
        return HTMLResponse(SCRIPT, media_type="text/javascript")

    def add(ledger: Ledger) -> None:
        async def page() -> HTMLResponse:
            return HTMLResponse(_render(ledger, names), headers=POLICY)

        router.add_api_route(f"/{ledger.name}", page, methods=["GET"])

    for ledger in ledgers:
        add(ledger)
    return router


def _render(ledger: Ledger, names: Sequence[tuple[str, str, Ledger]]) -> str:
    return _pages.get_template("calls.html.j2").render(
        name=ledger.name,
        title=TITLES[ledger.name],
        sandboxes=[(name, title, len(other)) for name, title, other in names],
        calls=[_shown(call) for call in ledger.newest(SHOWN)],
        total=len(ledger),
        fault=ledger.fault,
        kinds=[(kind, orjson.dumps({"kind": kind, "count": 1}).decode()) for kind in Kind],
    )


def _shown(call: Seen) -> dict[str, Any]:
    request = dict(call.request)
    html, text = request.pop("html", None), request.pop("text", None)
    return {
        "at": f"{call.at:%Y-%m-%d %H:%M:%S} UTC",
        "order": call.order or "–",
        "status": call.response["status"],
        "answered": call.answered,
        "subject": request.get("subject") or request.get("path"),
        "to": ", ".join(request.get("to", ())) if isinstance(request.get("to"), list) else None,
        "html": html,
        "text": text,
        "request": orjson.dumps(request, option=orjson.OPT_INDENT_2).decode(),
        "response": orjson.dumps(call.response, option=orjson.OPT_INDENT_2).decode(),
    }
