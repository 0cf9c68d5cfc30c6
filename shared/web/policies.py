"""Every route says who may use it: a key's scope, a session of its service, or all.

A test of every service walks its routes and fails for one that says nothing.
"""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from shared.security import open_to_all

EVERYONE = "everyone"


def policies(app: FastAPI) -> dict[str, frozenset[str]]:
    """`GET /path` -> the scopes asked for, or `everyone`; an empty set is a route that nobody thought of.

    A dependency is a policy when it is `open_to_all` or has an attribute `scope`, as those made by `allow` have.
    """
    found: dict[str, frozenset[str]] = {}
    for route in iter_route_contexts(app.routes):
        if route.path == app.openapi_url:  # settings decide whether there is one
            continue
        scopes = frozenset(_scopes(route.dependant)) if isinstance(route.original_route, APIRoute) else frozenset()
        for method in sorted((route.methods or {"ANY"}) - {"HEAD"}):
            found[f"{method} {route.path}"] = scopes
    return found


def unprotected(app: FastAPI) -> list[str]:
    """Routes without a policy."""
    return sorted(name for name, found in policies(app).items() if not found)


def _scopes(dependant: Dependant) -> Iterator[str]:
    if dependant.call is open_to_all:
        yield EVERYONE
    elif isinstance(scope := getattr(dependant.call, "scope", None), str):
        yield scope
    for inner in dependant.dependencies:
        yield from _scopes(inner)
