"""How every service speaks HTTP: problems, keys, size limits, health, pages of lists, idempotency keys.

`create_app` makes the FastAPI application of one service. Neighbours: `idempotency` (`once`), `paging` (`Page`),
`operations` (outbox and parked messages, the same for every service), `health`, `documentation`, `routes` (which
service answers which path).
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.database import is_transient
from shared.observability import get_logger
from shared.problems import Problem
from shared.web.idempotency import once
from shared.web.paging import Page, after_key, page_of
from shared.web.responses import json_response, problem_response
from shared.web.tracing import TracedRequests

__all__ = ["Page", "after_key", "create_app", "json_response", "once", "page_of", "problem_response"]

log = get_logger(__name__)

OWN_FIELD = re.compile(r"([a-z_]+(?:\.\w+)*): (.+)", re.DOTALL)
BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request's body; an import sends its rows in pieces."""


def create_app(service: str, version: str, routers: Sequence[APIRouter], *, docs: bool) -> FastAPI:
    """The application of one service; `app.state.keyring` and the rest are set by `shared.runtime`."""
    app = FastAPI(
        title=f"Comptoir {service}",
        version=version,
        openapi_url=f"/docs/{service}/openapi.json" if docs else None,
        docs_url=None,
        redoc_url=None,
    )
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(SQLAlchemyError, _on_database_error)
    app.add_exception_handler(Exception, _on_error)
    app.add_middleware(BodyLimit)
    app.add_middleware(TracedRequests)
    return app


class BodyLimit:
    """Refuses a body over the limit before it is read into memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            await _too_large()(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_LIMIT:
                raise HTTPException(413)
            return message

        await self.app(scope, limited, send)


def _too_large() -> Response:
    detail = f"A request's body may have {BODY_LIMIT} bytes."
    return problem_response(_document(413, "too-large", "The request is too large", detail))


def _document(status: int, slug: str, title: str, detail: str, **members: Any) -> dict[str, Any]:
    return {"type": f"urn:comptoir:problem:{slug}", "title": title, "status": status, "detail": detail, **members}


async def _on_problem(_request: Request, error: Any) -> Response:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(error.status)
    return problem_response(error.document(), headers)


async def _on_invalid(_request: Request, error: Any) -> Response:
    errors = [_named(found) for found in error.errors()]
    detail = "; ".join(f"{found['field']}: {found['detail']}" for found in errors[:5])
    return problem_response(_document(422, "invalid", "The input is not valid", detail, errors=errors))


def _named(found: Any) -> dict[str, str]:
    """The field and what is wrong with it; a check of the whole body names its field before a colon."""
    field, detail = _field(found["loc"]), found["msg"].removeprefix("Value error, ")
    named = OWN_FIELD.fullmatch(detail)
    if named is None:
        return {"field": field, "detail": detail}
    return {"field": named[1] if field == "body" else f"{field}.{named[1]}", "detail": named[2]}


def _field(location: Sequence[Any]) -> str:
    return ".".join(str(part) for part in location if part not in {"body", "query", "path", "header"}) or "body"


async def _on_http_error(_request: Request, error: Any) -> Response:
    if error.status_code == 413:
        return _too_large()
    slug = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "refused")
    document = _document(error.status_code, slug, str(error.detail), str(error.detail))
    return problem_response(document, dict(error.headers or {}))


async def _on_database_error(request: Request, error: Any) -> Response:
    """A database that is away or full is no error of the request: nothing was changed, and it may be sent again."""
    if not is_transient(error):
        return await _on_error(request, error)
    log.warning("http.database_unavailable", path=request.url.path, method=request.method, exc_info=error)
    detail = "The database does not take the change now; nothing was changed. Send the request again later."
    document = _document(503, "database-unavailable", "The database is not available", detail)
    return problem_response(document, {"Retry-After": "5"})


async def _on_error(request: Request, error: Exception) -> Response:
    log.error("http.failed", path=request.url.path, method=request.method, exc_info=error)
    return problem_response(_document(500, "internal", "An error on our side", "The request could not be completed."))
