"""The sandbox's protocol: the part of Stripe's API that billing calls, with its keys, its forms and its errors.

Rules that Stripe states are kept: the same Idempotency-Key gives the same answer, and another request under it is
refused; a session that is over cannot be ended; more than was captured is not refunded.
"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from jsonschema import Draft202012Validator

from services.billing.sandbox.bank import Bank, Document
from shared.security import open_to_all
from shared.web import json_response
from shared.web.sandbox import BrokenAnswer, Kind, Ledger

WHOLE = {"type": "string", "pattern": "^[1-9][0-9]{0,11}$"}
SESSION = Draft202012Validator(
    {
        "type": "object",
        "required": ["mode", "success_url", "line_items"],
        "properties": {
            "mode": {"const": "payment"},
            "success_url": {"type": "string", "pattern": "^https?://"},
            "cancel_url": {"type": "string", "pattern": "^https?://"},
            "expires_at": WHOLE,
            "locale": {"enum": ["fr", "en", "auto"]},
            "line_items": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {
                    "type": "object",
                    "required": ["quantity", "price_data"],
                    "properties": {
                        "quantity": WHOLE,
                        "price_data": {
                            "type": "object",
                            "required": ["currency", "unit_amount", "product_data"],
                            "properties": {"currency": {"pattern": "^[a-z]{3}$"}, "unit_amount": WHOLE},
                        },
                    },
                },
            },
        },
    }
)
REFUND = Draft202012Validator(
    {
        "type": "object",
        "required": ["payment_intent"],
        "properties": {
            "amount": WHOLE,
            "reason": {"enum": ["duplicate", "fraudulent", "requested_by_customer"]},
        },
    }
)

Answer = tuple[int, Document]


class Calls:
    """What every call has in common: the key, the fault that was ordered, the ledger; and the bank it is about."""

    def __init__(self, bank: Bank, ledger: Ledger, key: str) -> None:
        self.bank = bank
        self.ledger = ledger
        self._key = f"Bearer {key}"

    async def read(self, request: Request, look: Callable[[], Answer]) -> Response:
        if request.headers.get("authorization") != self._key:
            return _respond(_error(401, "Invalid API Key provided"))
        return _respond(look())

    async def change(self, request: Request, act: Callable[[Document], Answer]) -> Response:
        """One call that changes something, done once for each Idempotency-Key."""
        if request.headers.get("authorization") != self._key:
            return _respond(_error(401, "Invalid API Key provided"))
        body = await request.body()
        form = read_form(body)
        kind = self.ledger.take_fault()
        answer = _FAULTS[kind] if kind in _FAULTS else self._once(request, body, lambda: act(form))
        seen: Document = {"method": request.method, "path": request.url.path, "body": form}
        seen["key"] = request.headers.get("idempotency-key")
        code = _order(form, answer[1])
        answered = kind not in (Kind.SILENT, Kind.RESET)
        self.ledger.write(code, seen, {"status": answer[0], "body": answer[1]}, answered=answered)
        await self.ledger.linger(kind)
        return BrokenAnswer() if kind is Kind.RESET else _respond(answer)

    def _once(self, request: Request, body: bytes, act: Callable[[], Answer]) -> Answer:
        key = request.headers.get("idempotency-key")
        known = self.bank.answers.get(key or "")
        if known is not None:
            if known[0] != request.url.path.encode() + body:
                return _error(400, "Keys for idempotent requests can only be used for the same request")
            return known[1], known[2]
        answer = act()
        if key is not None:
            self.bank.answers[key] = (request.url.path.encode() + body, *answer)
        return answer


async def _calls(request: Request) -> Calls:
    found: Calls = request.app.state.payment_sandbox
    return found


Asked = Annotated[Calls, Depends(_calls)]

router = APIRouter(prefix="/sandbox/payments/v1", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""The vendor's paths below `/sandbox/payments`."""


@router.post("/checkout/sessions")
async def open_session(request: Request, calls: Asked) -> Response:
    return await calls.change(request, lambda form: _open(calls.bank, form))


@router.get("/checkout/sessions/{session}")
async def read_session(request: Request, calls: Asked, session: str) -> Response:
    return await calls.read(request, lambda: _session(calls.bank, session))


@router.post("/checkout/sessions/{session}/expire")
async def expire_session(request: Request, calls: Asked, session: str) -> Response:
    return await calls.change(request, lambda _form: _expire(calls.bank, session))


@router.post("/payment_intents/{intent}/{verb}")
async def change_intent(request: Request, calls: Asked, intent: str, verb: str) -> Response:
    return await calls.change(request, lambda _form: _intent(calls.bank, intent, verb))


@router.post("/refunds")
async def make_refund(request: Request, calls: Asked) -> Response:
    return await calls.change(request, lambda form: _refund(calls.bank, form))


@router.get("/refunds")
async def list_refunds(request: Request, calls: Asked, payment_intent: str) -> Response:
    return await calls.read(request, lambda: _list(calls.bank.refunds, payment_intent))


@router.get("/disputes")
async def list_disputes(request: Request, calls: Asked, payment_intent: str) -> Response:
    return await calls.read(request, lambda: _list(calls.bank.disputes, payment_intent))


def read_form(body: bytes) -> Document:
    """A form with brackets as the document it stands for: `a[b][0]=1` is `{"a": {"b": ["1"]}}`."""
    found: Document = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        parts = name.replace("]", "").split("[")
        place = found
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    listed: Document = _listed(found)
    return listed


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(one) for key, one in value.items()}
    if inner and all(key == str(place) for place, key in enumerate(inner)):
        return list(inner.values())
    return inner


def _open(bank: Bank, form: Document) -> Answer:
    wrong = [f"{'.'.join(map(str, error.path))}: {error.message}" for error in SESSION.iter_errors(form)]
    if wrong:
        return _error(400, "; ".join(wrong))
    address = urlsplit(form["success_url"])
    return 200, bank.shown(bank.open(form, f"{address.scheme}://{address.netloc}"))


def _session(bank: Bank, id_: str) -> Answer:
    session = bank.sessions.get(id_)
    return _missing(id_) if session is None else (200, bank.shown(session, expanded=True))


def _expire(bank: Bank, id_: str) -> Answer:
    session = bank.sessions.get(id_)
    if session is None:
        return _missing(id_)
    if bank.shown(session)["status"] != "open":
        return _error(400, f'Only sessions with a status in ["open"] can be expired: it is {session["status"]}.')
    bank.expire(session)
    return 200, bank.shown(session)


def _intent(bank: Bank, id_: str, verb: str) -> Answer:
    intent = bank.intents.get(id_)
    if intent is None or verb not in ("capture", "cancel"):
        return _missing(id_)
    if intent["status"] != "requires_capture":
        return _error(400, f"This PaymentIntent could not be changed: its status is {intent['status']}.")
    (bank.capture if verb == "capture" else bank.cancel)(intent)
    return 200, intent


def _refund(bank: Bank, form: Document) -> Answer:
    wrong = [f"{'.'.join(map(str, error.path))}: {error.message}" for error in REFUND.iter_errors(form)]
    if wrong:
        return _error(400, "; ".join(wrong))
    intent = bank.intents.get(form["payment_intent"])
    if intent is None or not intent["latest_charge"]:
        return _missing(form["payment_intent"])
    left = intent["amount_received"] - intent["latest_charge"]["amount_refunded"]
    amount = int(form.get("amount", left))
    if amount > left:
        return _error(400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})")
    return 200, bank.refund(intent, amount, form.get("metadata", {}))


def _list(documents: dict[str, Document], intent: str) -> Answer:
    found = [one for one in documents.values() if one["payment_intent"] == intent]
    return 200, {"object": "list", "data": found[::-1], "has_more": False}


def _order(form: Document, answer: Document) -> str | None:
    for metadata in (form.get("metadata"), answer.get("metadata")):
        if isinstance(metadata, dict) and "order" in metadata:
            return str(metadata["order"])
    return None


def _missing(id_: str) -> Answer:
    return _error(404, f"No such object: '{id_}'")


def _error(status: int, message: str) -> Answer:
    return status, {"error": {"type": "invalid_request_error", "message": message}}


_FAULTS: dict[Kind, Answer] = {
    Kind.BUSY: _error(429, "Too many requests"),
    Kind.FAILING: _error(500, "Something went wrong on our end"),
}


def _respond(answer: Answer) -> Response:
    return json_response(answer[1], answer[0], {"Request-Id": "req_sandbox"})
