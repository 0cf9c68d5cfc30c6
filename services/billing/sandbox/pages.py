"""What people see of the sandbox: the page on which a client pays, and the list of calls with switches for faults.

Both work without scripts.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.billing.payments.units import from_provider
from services.billing.sandbox.api import Asked
from services.billing.sandbox.bank import Bank, Card, Document
from shared.money import from_minor
from shared.security import open_to_all
from shared.web.sandbox import Fault, Kind, Ledger

SHOWN = 50
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
CARDS = {
    Card.GOOD: "4242 4242 4242 4242 · succeeds",
    Card.DECLINED: "4000 0000 0000 0002 · is declined",
    Card.ACTION: "4000 0027 6000 3184 · needs the client's confirmation (3-D Secure)",
    Card.SLOW: "4000 0000 0000 0077 · is decided later",
    Card.TIMEOUT: "Leave the page until its time is over",
}

_pages = Environment(
    loader=PackageLoader("services.billing.sandbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


router = APIRouter(prefix="/sandbox/payments", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""`/sandbox/payments` and the payment pages below it."""


@router.get("")
async def show_calls(calls: Asked) -> HTMLResponse:
    return HTMLResponse(_calls(calls.bank, calls.ledger), headers=POLICY)


@router.post("")
async def switch(request: Request, calls: Asked) -> Response:
    """Order a fault for the next call, or forget the calls; then back to the page."""
    form = await _form(request)
    if form.get("act") == "forget":
        calls.ledger.clear()
    elif form.get("kind") in list(Kind):
        calls.ledger.fault = Fault(kind=Kind(form["kind"]))
    return RedirectResponse("/sandbox/payments", 303)


@router.get("/pay/{session}")
async def page(calls: Asked, session: str) -> Response:
    found = calls.bank.sessions.get(session)
    return _gone() if found is None else HTMLResponse(_pay(calls.bank, found), headers=POLICY)


@router.post("/pay/{session}")
async def pay(request: Request, calls: Asked, session: str) -> Response:
    """The client's choice: a card, or what the bank decides about it; then back to the shop."""
    bank, found = calls.bank, calls.bank.sessions.get(session)
    if found is None:
        return _gone()
    chosen = await _form(request)
    choice = chosen.get("card", chosen.get("decision", ""))
    acts = _acts(bank, found)
    if choice in acts:
        acts[choice]()
    return RedirectResponse(_next(bank, found, choice), 303)


async def _form(request: Request) -> dict[str, str]:
    """The first value of each field."""
    sent = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[0] for name, values in sent.items()}


def _acts(bank: Bank, session: Document) -> dict[str, Callable[[], object]]:
    """What can be chosen now."""
    status = bank.shown(session)["status"]
    intent = bank.intents.get(session["payment_intent"] or "")
    state = intent["status"] if intent else None
    if status != "expired" and state in ("requires_action", "processing"):
        return {
            "confirm": lambda: bank.decide(session, good=True),
            "refuse": lambda: bank.decide(session, good=False),
        }
    if status == "open":
        acts: dict[str, Callable[[], object]] = {
            str(card): _paying(bank, session, card) for card in Card if card is not Card.TIMEOUT
        }
        return acts | {str(Card.TIMEOUT): lambda: bank.expire(session)}
    if intent is not None and state == "succeeded":
        return {
            word: _disputing(bank, intent, status)
            for word, status in (("dispute", "needs_response"), ("win", "won"), ("lose", "lost"))
        } | {"refund": lambda: _refund_rest(bank, intent)}
    return {}


def _paying(bank: Bank, session: Document, card: Card) -> Callable[[], object]:
    return lambda: bank.pay(session, card)


def _disputing(bank: Bank, intent: Document, status: str) -> Callable[[], object]:
    return lambda: bank.dispute(intent, status)


def _refund_rest(bank: Bank, intent: Document) -> None:
    """As from the provider's own back office."""
    left = intent["amount_received"] - intent["latest_charge"]["amount_refunded"]
    if left > 0:
        bank.refund(intent, left, {})


def _next(bank: Bank, session: Document, choice: str) -> str:
    here = f"/sandbox/payments/pay/{session['id']}"
    intent = bank.intents.get(session["payment_intent"] or "")
    if choice == Card.TIMEOUT:
        return str(session["cancel_url"] or here)
    if session["status"] == "complete" and choice in (Card.GOOD, Card.SLOW, "confirm"):
        return str(session["success_url"])
    if intent is not None and choice in (Card.DECLINED, Card.ACTION, "refuse"):
        return here
    return here


def _pay(bank: Bank, session: Document) -> str:
    shown = bank.shown(session)
    currency = session["currency"].upper()
    intent = bank.intents.get(session["payment_intent"] or "")
    error = (intent or {}).get("last_payment_error") or {}
    acts = _acts(bank, session)
    return _pages.get_template("pay.html.j2").render(
        amount=f"{from_minor(from_provider(session['amount_total'], currency), currency)} {currency}",
        order=session["client_reference_id"] or session["id"],
        status=intent["status"] if intent and shown["status"] != "expired" else shown["status"],
        error=error.get("message"),
        cards=[(str(card), text) for card, text in CARDS.items() if str(card) in acts],
        decisions=[act for act in acts if act not in set(map(str, Card))],
        back=session["cancel_url"],
    )


def _calls(bank: Bank, ledger: Ledger) -> str:
    return _pages.get_template("calls.html.j2").render(
        calls=[_shown(call.document()) for call in ledger.newest(SHOWN)],
        total=len(ledger),
        fault=ledger.fault,
        kinds=[str(kind) for kind in Kind],
        sessions=[(one["id"], one["client_reference_id"], bank.shown(one)["status"]) for one in _newest(bank)],
    )


def _newest(bank: Bank) -> list[Document]:
    return list(bank.sessions.values())[: -SHOWN - 1 : -1]


def _shown(call: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": call["at"][:19].replace("T", " "),
        "order": call["order"] or "–",
        "status": call["response"]["status"],
        "answered": call["response"]["answered"],
        "path": f"{call['request']['method']} {call['request']['path']}",
        "request": orjson.dumps(call["request"], option=orjson.OPT_INDENT_2).decode(),
        "response": orjson.dumps(call["response"], option=orjson.OPT_INDENT_2).decode(),
    }


def _gone() -> Response:
    return HTMLResponse(_pages.get_template("gone.html.j2").render(), 404, headers=POLICY)
