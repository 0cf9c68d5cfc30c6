"""How every service speaks HTTP: problems, keys, size limits, health, pages of lists, idempotency keys.

`create_app` makes the FastAPI application of one service. Neighbours: `errors` (any exception becomes a problem),
`limits` (bodies), `idempotency` (`once`), `paging` (`Page`), `operations` (outbox and parked messages, the same for
every service), `policies` (no route without one), `openapi` (what a route answers), `health`, `documentation`, `routes`
(which service answers which path).
"""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, FastAPI

from shared.web.errors import EveryError, add_handlers
from shared.web.idempotency import once
from shared.web.limits import BODY_LIMIT, BodyLimit
from shared.web.openapi import describe
from shared.web.paging import Page, after_key, page_of
from shared.web.responses import json_response, problem_response
from shared.web.tracing import TracedRequests

__all__ = ["BODY_LIMIT", "Page", "after_key", "create_app", "json_response", "once", "page_of", "problem_response"]


def create_app(
    service: str, version: str, routers: Sequence[APIRouter], *, docs: bool, uploads: Mapping[str, int] | None = None
) -> FastAPI:
    """The application of one service; `app.state.keyring` and the rest are set by `shared.runtime`.

    `uploads` are the routes whose bodies may be larger, and how large.
    """
    app = FastAPI(
        title=f"Comptoir {service}",
        version=version,
        openapi_url=f"/docs/{service}/openapi.json" if docs else None,
        docs_url=None,
        redoc_url=None,
    )
    for router in routers:
        app.router.routes.extend(router.routes)  # `include_router` would make every route a second time, just the same
    app.openapi = describe(app)  # type: ignore[method-assign]
    add_handlers(app)
    app.add_middleware(BodyLimit, uploads=uploads)
    app.add_middleware(EveryError)
    app.add_middleware(TracedRequests)
    return app
