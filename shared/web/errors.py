"""Whatever is raised becomes a problem document: what the caller can do something about, and what is our fault.

The answer to an unexpected error says nothing of the error, and the log nothing of the request's data: kind and place
of the exception, the route's template, the trace.
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.database import is_transient
from shared.observability import get_logger
from shared.problems import Invalid, Problem
from shared.web.limits import TooLarge, too_large
from shared.web.responses import problem_document, problem_response

log = get_logger(__name__)

OWN_FIELD = re.compile(r"([a-z_]+(?:\.\w+)*): (.+)", re.DOTALL)
NO_UTF8 = "surrogates not allowed"
"""What every serializer says of half a surrogate pair, which JSON can spell and nothing can store."""
BOUNDS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}
SHOWN = 5
"""Errors named in the sentence; the list has them all."""
PLACES = frozenset({"body", "query", "path", "header", "cookie"})
SLUGS = {404: "not-found", 405: "method-not-allowed"}
HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}


def add_handlers(app: FastAPI) -> None:
    """The expected errors; `EveryError` has the rest."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)


class EveryError:
    """Answers an unexpected exception, inside the span of the request and instead of the server's own traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            await _on_error(scope, error)(scope, receive, send)


def _on_error(scope: Scope, error: Exception) -> Response:
    where = {"route": getattr(scope.get("route"), "path", None), "method": scope["method"]}
    if is_transient(error):
        log.warning("http.database_unavailable", **where, exc_info=error)
        detail = "The database does not answer now. Send the request again; with an Idempotency-Key it is done once."
        document = problem_document(503, "database-unavailable", "The database is not available", detail)
        return problem_response(document, {"Retry-After": "5"})
    if _cannot_be_stored(error):
        log.warning("http.unstorable", **where, exc_info=error)
        detail = "A value is too long, too large, or has characters that cannot be stored."
        return problem_response(problem_document(422, "invalid", "The input is not valid", detail, errors=[]))
    log.error("http.failed", **where, exc_info=error)
    detail = "The request could not be completed."
    return problem_response(problem_document(500, "internal", "An error on our side", detail))


def _cannot_be_stored(error: Exception) -> bool:
    """Whether the database refused a value as such (SQLSTATE class 22, or SQLite's binding): only input does that."""
    if isinstance(error, UnicodeEncodeError | OverflowError) or NO_UTF8 in str(error):
        return True
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return isinstance(state, str) and state.startswith("22")


async def _on_problem(_request: Request, error: Any) -> Response:
    return problem_response(error.document(), HEADERS.get(error.status))


async def _on_invalid(_request: Request, error: Any) -> Response:
    errors = [_named(found) for found in _meant(error.errors())]
    detail = "; ".join(f"{found['field']}: {found['detail']}" for found in errors[:SHOWN])
    return problem_response(problem_document(422, "invalid", "The input is not valid", detail, errors=errors))


def _meant(errors: Sequence[Any]) -> list[Any]:
    """Without the complaint that a list is too short where its items are wrong: pydantic counted the right ones."""
    places = [found["loc"] for found in errors]
    return [
        found
        for found in errors
        if found["type"] != "too_short" or not any(_is_within(place, found["loc"]) for place in places)
    ]


def _is_within(inner: Sequence[Any], outer: Sequence[Any]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _named(found: Any) -> dict[str, Any]:
    """The field and what is wrong with it; a check of the whole body names its field before a colon.

    A check of a text adds the `line` and `column` where it knows them, counted from 1.
    """
    field, detail = _field(found["loc"]), _detail(found)
    if found["type"] == "text":
        return {"field": field, "detail": detail, **(found["ctx"]["place"] or {})}
    named = OWN_FIELD.fullmatch(detail) if found["type"] == "value_error" else None
    if named is None:
        return {"field": field, "detail": detail}
    return {"field": named[1] if field == "body" else f"{field}.{named[1]}", "detail": named[2]}


def _detail(found: Any) -> str:
    """Pydantic's words; of a text that it measures after another check it would speak as of a list of items."""
    if found["type"] in BOUNDS and isinstance(found["input"], str):
        words, name = BOUNDS[found["type"]]
        count = found["ctx"][name]
        return f"String should have {words} {count} character{'' if count == 1 else 's'}"
    return str(found["msg"].removeprefix("Value error, "))


def _field(location: Sequence[Any]) -> str:
    """`lines.0.sku` of `("body", "lines", 0, "sku")`; where the body is no JSON at all, `body`."""
    place, *parts = location
    if place not in PLACES:
        parts = [place, *parts]
    return ".".join(map(str, parts)) if any(isinstance(part, str) for part in parts) else "body"


async def _on_http_error(request: Request, error: Any) -> Response:
    if isinstance(error, TooLarge):
        return too_large(error.limit)
    if error.status_code == 400:  # only those who read a body raise it: no UTF-8, nested without end, a broken form
        return await _on_problem(request, Invalid(f"The body cannot be read: {error.detail}", field="body"))
    slug = SLUGS.get(error.status_code, "refused")
    document = problem_document(error.status_code, slug, str(error.detail), str(error.detail))
    return problem_response(document, dict(error.headers or {}))
