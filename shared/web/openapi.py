"""What a route answers besides its own success, as its OpenAPI document says it.

Routes raise problems and return prepared answers, and FastAPI sees neither: it would promise its own validation errors
and nothing else. `describe` takes what a route is made of (its policy, its parameters, its method) and says which
problems can come of that. Schemathesis holds every route to it (`tests/openapi`).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.web.policies import EVERYONE, policies

PROBLEM = {
    "type": "object",
    "description": "RFC 9457; more members say more, `current` the present state for one.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:comptoir:problem:", "description": "what to decide by"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, and what to do"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "line": {"type": "integer", "description": "of a text with variables, from 1"},
                    "column": {"type": "integer", "description": "in that line, from 1"},
                },
            },
        },
    },
}
TITLES = {
    400: "The request is not proven to come from who it says",
    401: "No key, or one that is not valid",
    403: "The key lacks the scope, or is of another shop",
    404: "There is no such thing in this shop",
    409: "It conflicts with the present state",
    410: "It was there, and is no more",
    413: "The body is too large",
    422: "Something that was given is not valid; `errors` names it",
    503: "Something needed does not answer now: ask again",
}
CONVERTOR = re.compile(r":\w+}")
"""`{sku:path}` of a route is `{sku}` in the document."""
REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
KEY = {"type": "http", "scheme": "bearer", "description": "A key of the shop, or an administrator's."}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "The same request with the same key is done once; kept for 24 hours.",
}


def also(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route with problems that its shape does not tell."""
    return {status: _problem(status) for status in statuses}


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What `app.openapi` shall be; made at the first asking, when all routes are there."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    return document


def _described(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, routes=app.routes)
    scopes = {CONVERTOR.sub("}", name): found for name, found in policies(app).items()}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path, method, scopes[f"{method.upper()} {path}"])
    components = made.setdefault("components", {})
    schemas = components.get("schemas", {}) | {"Problem": PROBLEM}
    used = _used(made["paths"], schemas)
    components["schemas"] = {name: schema for name, schema in schemas.items() if name in used}
    components["securitySchemes"] = {"key": KEY}
    return made


def _used(paths: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The schemas that the routes refer to, at once or by others: FastAPI tells of some that we say otherwise."""
    used, found = set[str](), _references(paths)
    while fresh := found - used:
        used |= fresh
        found = {name for one in fresh for name in _references(schemas[one])}
    return used


def _references(part: dict[str, Any]) -> set[str]:
    return set(REFERENCE.findall(orjson.dumps(part).decode()))


def _complete(operation: dict[str, Any], path: str, method: str, scopes: frozenset[str]) -> None:
    if method == "post":
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    if scopes != {EVERYONE}:
        operation["security"] = [{"key": []}]
        asked = ", ".join(f"`{scope}`" for scope in sorted(scopes))
        operation["description"] = f"{operation.get('description', '')}\n\nScope: {asked}.".strip()
    operation["responses"].pop("422", None)
    for status in _problems(operation, path, method, scopes):
        operation["responses"][str(status)] = _problem(status)


def _problem(status: int) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {"application/problem+json": {"schema": reference}}}


def _problems(operation: dict[str, Any], path: str, method: str, scopes: frozenset[str]) -> Iterator[int]:
    if scopes != {EVERYONE}:
        yield from (401, 403)
    yield 404
    if method != "get":
        yield 409
    if "requestBody" in operation:
        yield 413
    if operation.get("parameters") or "requestBody" in operation:
        yield 422
    yield 503
