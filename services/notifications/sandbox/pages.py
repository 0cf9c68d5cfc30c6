"""The sandboxes to look at: one page of every call, of all or of one, with a filter and switches for faults.

Mails are shown in a frame that may do nothing. The page works without scripts. Neighbour: `words`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, ValidationError

from services.notifications.sandbox.words import FAULTS, WORDS, language_of
from shared.problems import Invalid, NotFound
from shared.security import open_to_all
from shared.web.sandbox import Fault, Kind, Ledger, Seen

SHOWN = 50
TITLES = {"mail": "Mail", "sms": "SMS", "amazon": "Amazon", "ebay": "eBay", "webhooks": "Webhooks"}
RESULTS = ("accepted", "refused", "unanswered")
_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
POLICY = {"Content-Security-Policy": _ALLOWED}

_pages = Environment(
    loader=PackageLoader("services.notifications.sandbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class Asked(BaseModel):
    """The filter, as the address says it; what it does not know is as good as nothing."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    vendor: str = ""
    order: str = ""
    result: str = ""
    lang: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.order or self.result in RESULTS)

    def query(self, **changes: str) -> str:
        """The address of the same page, changed so."""
        said = {name: value for name, value in (self.model_dump() | changes).items() if value}
        return f"/sandbox?{urlencode(said)}" if said else "/sandbox"


@dataclass(frozen=True, slots=True)
class Shelf:
    """All ledgers, as the pages show them."""

    ledgers: Sequence[Ledger]

    def of(self, vendor: str) -> list[Ledger]:
        """The one of this name; all where there is none."""
        return [ledger for ledger in self.ledgers if ledger.name == vendor] or list(self.ledgers)

    def calls(self, asked: Asked) -> list[tuple[Ledger, Seen]]:
        """What matches, newest first."""
        found = [(ledger, call) for ledger in self.of(asked.vendor) for call in _matching(ledger, asked)]
        return sorted(found, key=lambda one: (one[1].at, one[1].number), reverse=True)


async def _shelf(request: Request) -> Shelf:
    return Shelf(list(request.app.state.ledgers.values()))


Ledgers = Annotated[Shelf, Depends(_shelf)]
Language = Annotated[str, Header()]

router = APIRouter(prefix="/sandbox", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""`/sandbox`, the same below each counterpart's name, and what the page's forms are sent to."""


@router.get("")
async def index(shelf: Ledgers, asked: Annotated[Asked, Query()], accept_language: Language = "") -> HTMLResponse:
    """Every call."""
    return _page(shelf, asked, accept_language)


@router.post("")
async def switch(request: Request, shelf: Ledgers, asked: Annotated[Asked, Query()]) -> Response:
    """Order a fault, or forget the calls; then back to the page."""
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    if form.get("vendor") not in TITLES:
        raise NotFound("There is no such sandbox.")
    [ledger] = shelf.of(form["vendor"])
    _act(ledger, form)
    return RedirectResponse(asked.query(), 303)


async def show_vendor(
    request: Request, shelf: Ledgers, asked: Annotated[Asked, Query()], accept_language: Language = ""
) -> HTMLResponse:
    """The calls of the sandbox that the path names."""
    vendor = request.url.path.split("/")[2]
    return _page(shelf, asked.model_copy(update={"vendor": vendor}), accept_language)


for name in TITLES:
    router.add_api_route(f"/{name}", show_vendor, methods=["GET"])


def _act(ledger: Ledger, form: dict[str, str]) -> None:
    if form.get("act") == "forget":
        ledger.clear()
        return
    try:
        fault = Fault.model_validate({"kind": form.get("kind", ""), "count": form.get("count", "1")})
    except ValidationError as error:
        raise Invalid("This is no fault that can be ordered.") from error
    ledger.fault = fault if fault.count else Fault()


def _matching(ledger: Ledger, asked: Asked) -> Iterator[Seen]:
    for call in ledger.newest(len(ledger)):
        if asked.order and call.order != asked.order:
            continue
        if asked.result in RESULTS and asked.result != _result(call):
            continue
        yield call


def _result(call: Seen) -> str:
    if not call.answered:
        return "unanswered"
    return "refused" if call.response["status"] >= 400 else "accepted"


def _page(shelf: Shelf, asked: Asked, accepted: str) -> HTMLResponse:
    language = language_of(asked.lang, accepted)
    found = shelf.calls(asked)
    say = WORDS[language]
    html = _pages.get_template("calls.html.j2").render(
        say=say,
        language=language,
        asked=asked,
        titles=TITLES,
        results=RESULTS,
        counts=[(ledger.name, TITLES[ledger.name], len(ledger)) for ledger in shelf.ledgers],
        ledgers=shelf.of(asked.vendor),
        faults=FAULTS[language],
        normal=Kind.NONE,
        calls=[_shown(ledger, call) for ledger, call in found[:SHOWN]],
        summary=say["calls"].format(count=len(found), shown=min(len(found), SHOWN)),
    )
    return HTMLResponse(html, headers=POLICY | {"Content-Language": language, "Cache-Control": "no-store"})


def _shown(ledger: Ledger, call: Seen) -> dict[str, Any]:
    request = dict(call.request)
    html, text = request.pop("html", None), request.pop("text", None)
    return {
        "vendor": TITLES[ledger.name],
        "at": f"{call.at:%Y-%m-%d %H:%M:%S} UTC",
        "order": call.order or "–",
        "status": call.response["status"],
        "result": _result(call),
        "subject": request.get("subject") or request.get("path"),
        "to": ", ".join(request.get("to", ())) if isinstance(request.get("to"), list) else None,
        "html": html,
        "text": text,
        "request": orjson.dumps(request, option=orjson.OPT_INDENT_2).decode(),
        "response": orjson.dumps(call.response, option=orjson.OPT_INDENT_2).decode(),
    }
