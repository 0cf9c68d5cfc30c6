"""What the three HTTP sandboxes have in common: reading a request as a vendor does, refusing it, meeting a fault.

Each vendor's own module (`twilio`, `amazon`, `ebay`) says which path it is, what its schema refuses, and what a call
does to its small memory.
"""

import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jsonschema import Draft202012Validator

from shared.web import json_response
from shared.web.sandbox import BrokenAnswer, Kind, Ledger

Answer = tuple[int, Any, dict[str, str]]
"""Status, document (None: no body) and headers."""


REFUSING = frozenset({Kind.BUSY, Kind.BUSY_FOR, Kind.FAILING, Kind.EXPIRED, Kind.INVALID})
"""Faults in whose place the call is not acted upon."""


def violations(validator: Draft202012Validator, document: Any) -> list[str]:
    """What a schema has against a document, one sentence per place."""
    found = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    return [f"{'.'.join(map(str, error.path)) or 'body'}: {error.message[:200]}" for error in found]


def as_json(content: bytes) -> Any:
    """The JSON in a body; None for what is none, which every schema here refuses."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def as_form(content: bytes) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))


def seen(request: Request, body: Any) -> dict[str, Any]:
    """A request as the ledger shows it: without credentials."""
    return {"method": request.method, "path": request.url.path.removeprefix("/sandbox"), "body": body}


async def effect(
    ledger: Ledger,
    order: str | None,
    request: dict[str, Any],
    act: Callable[[], Answer],
    fault: Callable[[Kind], Answer],
) -> Response:
    """Answer a call that changes something: act, note it, and show the fault that was ordered."""
    kind = ledger.take_fault()
    status, document, headers = fault(kind) if kind in REFUSING else act()
    if kind is Kind.BUSY_FOR:
        headers = headers | {"Retry-After": "2"}
    answered = kind not in (Kind.SILENT, Kind.RESET)
    ledger.write(order, request, {"status": status, "body": document}, answered=answered)
    await ledger.linger(kind)
    if kind is Kind.RESET:
        return BrokenAnswer()
    if kind is Kind.GARBAGE:
        return HTMLResponse("<h1>Something went wrong</h1>", 502)
    return respond((status, document, headers))


def respond(answer: Answer) -> Response:
    """The HTTP form of an answer."""
    status, document, headers = answer
    if document is None:
        return Response(status_code=status, headers=headers)
    return json_response(document, status, headers)


class Bearer:
    """The access tokens a vendor's token endpoint gave out."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._known: set[str] = set()

    def grant(self, content: bytes, *, identified: bool) -> Answer:
        """Answer an OAuth token request of the kind `refresh_token`."""
        form = as_form(content)
        if not identified:
            return 401, {"error": "invalid_client", "error_description": "client authentication failed"}, {}
        if form.get("grant_type") != "refresh_token":
            return 400, {"error": "unsupported_grant_type", "error_description": "refresh_token only"}, {}
        if not form.get("refresh_token"):
            return 400, {"error": "invalid_grant", "error_description": "the refresh token is missing"}, {}
        token = secrets.token_urlsafe(24)
        self._known.add(token)
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": self._seconds}, {}

    def accepts(self, token: str | None) -> bool:
        """Whether this token was given out here."""
        return token in self._known
