"""The payment page: `/p/{token}`, for whoever has the link, without JavaScript and without a key.

It shows what is to be paid and how; choosing a way begins an attempt and leads on to the provider's page. In any status
that asks for no money it says that the payment is correct, and nothing can be charged. Neighbours: `queries.links`
(what a token opens), `commands.checkout` (the attempt), `payments.words`.
"""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.billing.commands.checkout import NotPayable, Wish, begin, come_back
from services.billing.domain.charging import ChargeState
from services.billing.payments.providers import Providers
from services.billing.payments.words import WORDS
from services.billing.queries.charges import charges_of, find_charge
from services.billing.queries.links import find_asked
from services.billing.queries.methods import find_methods
from services.billing.queries.payment_page import page_of
from shared.contracts import Shop
from shared.database import Database
from shared.outbox import Outbox
from shared.problems import Invalid
from shared.security import open_to_all
from shared.security.links import payment_path

WAIT_SECONDS = 6.0
"""How long a client waits for the provider's page before this one says so."""
LOOK_SECONDS = 0.2

Token = Annotated[str, Path(max_length=200)]
ChargeId = Annotated[str, Path(max_length=36)]

_STYLE = Markup(files("services.billing").joinpath("templates/pay.css").read_text().strip())  # noqa: S704 - our own
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_pages = Environment(
    loader=PackageLoader("services.billing"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the page works with; `asked` is called when a provider is to be called."""

    db: Database
    outbox: Outbox
    providers: Providers
    asked: Callable[[], object]


async def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.payment_page
    return tools


Paying = Annotated[Tools, Depends(_tools)]

router = APIRouter(prefix="/p", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""The page, what it posts to, and the ways to the provider and back."""


@router.get("/{token}")
async def show(tools: Paying, token: Token, back: str | None = None) -> Response:
    """What is to be paid, and how."""
    return await _page(tools, token, back=back)


@router.post("/{token}")
async def pay(request: Request, tools: Paying, token: Token) -> Response:
    """The client has chosen how to pay."""
    chosen = parse_qs((await request.body()).decode("utf-8", "replace")).get("method", [""])[0]
    async with tools.db.read() as conn:
        asked = await find_asked(conn, token)
    if asked is None:
        return _unknown()
    here = f"{asked.shop.public_url.rstrip('/') or str(request.base_url).rstrip('/')}/p/{token}"
    try:
        async with tools.outbox.transaction() as tx:
            wish = Wish(chosen, here)
            charge = await begin(tx, asked.shop.shop, asked.order.id, wish, tools.providers.name_for)
            tx.after_commit(tools.asked)
    except (NotPayable, Invalid):
        return _to(f"/p/{token}")
    return _to(f"/p/{token}/go/{charge.id}" if charge.account else f"/p/{token}")


@router.get("/{token}/go/{charge_id}")
async def go(tools: Paying, token: Token, charge_id: ChargeId) -> Response:
    """On to the provider's page, as soon as there is one."""
    return await _go(tools, token, charge_id)


@router.get("/{token}/back/{charge_id}")
async def back(tools: Paying, token: Token, charge_id: ChargeId) -> Response:
    """The client is back from the provider."""
    async with tools.db.read() as conn:
        asked = await find_asked(conn, token)
    if asked is None:
        return _unknown()
    async with tools.outbox.transaction() as tx:
        await come_back(tx, asked.order.id, charge_id)
        tx.after_commit(tools.asked)
    return _to(f"/p/{token}?back={charge_id}")


async def _go(tools: Tools, token: str, charge_id: str) -> Response:
    """Wait a moment for the worker; then the page says so, and asks again by itself."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        async with tools.db.read() as conn:
            asked, charge = await find_asked(conn, token), await find_charge(conn, charge_id)
        if asked is None or charge is None or charge.order_id != asked.order.id:
            return _unknown()
        if charge.state is ChargeState.OPEN and charge.url and asked.amount:
            return _to(charge.url)
        if charge.state is not ChargeState.DUE or not asked.amount:
            return _to(f"/p/{token}?back={charge_id}")
        if asyncio.get_running_loop().time() > deadline:
            return await _page(tools, token, opening=charge_id)
        await asyncio.sleep(LOOK_SECONDS)


async def _page(tools: Tools, token: str, *, back: str | None = None, opening: str | None = None) -> Response:
    async with tools.db.read() as conn:
        asked = await find_asked(conn, token)
        if asked is None:
            return _unknown()
        tried = await charges_of(conn, [asked.order.id])
        offered = await find_methods(conn, asked.shop.shop)
    account = tools.providers.name_for(asked.shop.shop)
    content = page_of(asked, tried, offered, account=account is not None, back=back, opening=opening is not None)
    path = payment_path(asked.shop, asked.order.id)
    context: dict[str, Any] = content | {"style": _STYLE, "path": path, "refresh": _refresh(content, path, opening)}
    html = _pages.get_template("pay.html.j2").render(context)
    return HTMLResponse(html, headers=_headers(str(content["language"]), _provider_pages(tools, asked.shop)))


def _refresh(content: dict[str, Any], path: str, opening: str | None) -> str | None:
    if opening is not None:
        return f"2; url={path}/go/{opening}"
    return "3" if content["waiting"] else None


def _headers(language: str, pages: str = "") -> dict[str, str]:
    """A link is a key: nobody keeps it. The form may lead to the provider's `pages`, and nothing else may be loaded."""
    policy = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self' {pages}".rstrip()
    return {
        "Content-Security-Policy": f"{policy}; base-uri 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Content-Language": language,
    }


def _provider_pages(tools: Tools, shop: Shop) -> str:
    name = tools.providers.name_for(shop.shop)
    account = tools.providers.account(name) if name else None
    return account.pages if account else ""


def _unknown() -> Response:
    html = _pages.get_template("unknown.html.j2").render(fr=WORDS["fr"], en=WORDS["en"], style=_STYLE)
    return HTMLResponse(html, 404, headers=_headers("fr, en"))


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
