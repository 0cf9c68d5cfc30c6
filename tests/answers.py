"""Every answer that a test gets from a service is held to the service's OpenAPI document, to the letter.

The document promises no more than it must: clients have to bear fields that it does not name. Here a field without a
name fails, so that the thousands of requests of the other tests prove the schemas whole (`test_answers` proves this
file). A route's schema is compiled when it first answers.
"""

from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match

Schema = dict[str, Any]
Checks = dict[tuple[str, str, int], jsonschema_rs.Draft202012Validator | None]

_documents: dict[str, "Documented"] = {}
"""By service: every test builds its services anew, and always the same ones."""


class Undocumented(AssertionError):
    """An answer is not as its document says."""


class Documented:
    """The answers of one service."""

    def __init__(self, app: FastAPI) -> None:
        document = app.openapi()
        self._paths = document["paths"]
        self._components = strict(document["components"])
        self._routes = [route for route in iter_route_contexts(app.routes) if route.include_in_schema]
        self._checks: Checks = {}

    def check(self, request: httpx.Request, response: httpx.Response) -> None:
        """Raises `Undocumented` for an answer of JSON that its route's schema does not describe."""
        path = self._path(request)
        if path is None:
            return
        key = (path, request.method.lower(), response.status_code)
        if key not in self._checks:
            self._checks[key] = self._compiled(*key)
        check = self._checks[key]
        if check is not None:
            found = [f"at {error.instance_path}: {error.message}" for error in check.iter_errors(response.json())]
            if found:
                raise Undocumented(f"{request.method} {path} {response.status_code}: " + "; ".join(found))

    def _path(self, request: httpx.Request) -> str | None:
        """The route as the document names it; None for a page."""
        scope = {"type": "http", "method": request.method, "path": request.url.path}
        for route in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                return str(route.path_format)
        return None

    def _compiled(self, path: str, method: str, status: int) -> jsonschema_rs.Draft202012Validator | None:
        said = self._paths[path][method]["responses"].get(str(status))
        if said is None:
            raise Undocumented(f"{method.upper()} {path} answers {status}, which its document does not name")
        schema = said["content"]["application/json"]["schema"]
        return jsonschema_rs.Draft202012Validator(
            {**strict(schema), "components": self._components}, validate_formats=True
        )


def strict(schema: Any) -> Any:
    """The same schema, whose objects have the properties that it names and no others."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(part) for name, part in schema.items()}
    return found if "properties" not in found else {"additionalProperties": False, **found}


class CheckedTransport(httpx.ASGITransport):
    """Calls a service in this process, and checks what it answers."""

    def __init__(self, app: FastAPI, *, raise_app_exceptions: bool = False) -> None:
        super().__init__(app, raise_app_exceptions=raise_app_exceptions)
        if app.title not in _documents:
            _documents[app.title] = Documented(app)
        self._documented = _documents[app.title]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if response.is_success and response.headers.get("content-type") == "application/json":
            await response.aread()
            self._documented.check(request, response)
        return response
