"""How routes are declared: each with its whole path, by which traces and logs name it, and none that needs a thread.

Their functions are made once: FastAPI remembers each that it has seen, and what it encloses, for as long as the process
lives, such as the services of ended tests.
"""

from collections.abc import Iterator
from inspect import isasyncgenfunction, iscoroutinefunction

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.__main__ import build
from shared.web.routes import SERVICES


def faults(app: FastAPI) -> Iterator[str]:
    """What is not as it should be, a line each."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield from (f"{route.path} calls {name}" for name in _plain(route.dependant))
        elif not hasattr(route, "path"):
            yield f"{route!r} includes routes"


def _plain(dependant: Dependant) -> Iterator[str]:
    """Functions that are not `async`: each would cost every request a thread."""
    call = dependant.call
    if call is not None and not any(map(_is_async, (call, getattr(call, "__call__", None)))):  # noqa: B004 - an object
        yield getattr(call, "__name__", repr(call))
    for one in dependant.dependencies:
        yield from _plain(one)


def _is_async(call: object) -> bool:
    return iscoroutinefunction(call) or isasyncgenfunction(call)


@pytest.mark.parametrize("service", SERVICES)
def test_routes_have_their_whole_path_and_need_no_thread(service: str) -> None:
    app = build(service, database_url="sqlite+aiosqlite://", sandbox=True, docs=True).app
    assert len(app.routes) > 20
    assert list(faults(app)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_routes_are_made_once_for_all_applications(service: str) -> None:
    def endpoints() -> list[object]:
        app = build(service, database_url="sqlite+aiosqlite://", sandbox=True, docs=True).app
        return [route.endpoint for route in app.routes if isinstance(route, APIRoute)]

    first, second = endpoints(), endpoints()
    assert [one for one, other in zip(first, second, strict=True) if one is not other] == []


def test_others_are_found() -> None:
    def plain() -> int:
        return 1

    inner, app = APIRouter(), FastAPI(openapi_url=None)
    inner.add_api_route("/included", plain)
    app.include_router(inner, prefix="/api")
    app.add_api_route("/slow", faultless, dependencies=[Depends(plain)])
    found = list(faults(app))
    assert [line.partition(" ")[2] for line in found if line.startswith("/slow")] == ["calls plain"]
    assert any("includes" in line or "/included" in line for line in found)


async def faultless() -> int:
    return 1
