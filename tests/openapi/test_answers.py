"""Every route says what it answers, and the tests' own check of answers (`tests/answers.py`) sees a wrong one."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from services.__main__ import build
from shared.security import open_to_all
from shared.web import Page, create_app, json_response
from shared.web.answers import Listed
from shared.web.routes import SERVICES
from tests.answers import CheckedTransport, Undocumented

Schema = dict[str, Any]
JSON = "application/json"


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_has_a_schema(service: str) -> None:
    document = build(service, database_url="sqlite+aiosqlite://", sandbox=True).app.openapi()
    assert len(document["paths"]) > 10
    assert list(unsaid(document)) == []


def unsaid(document: Schema) -> Iterator[str]:
    """The routes that keep from clients what they answer when all goes well."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if status.startswith("2") and status != "204" and not _is_said(answer, document):
                    yield f"{method.upper()} {path} {status}"


def _is_said(answer: Schema, document: Schema) -> bool:
    content: Schema = answer.get("content", {})
    said = [_has_shape(kind.get("schema", {}), document) for name, kind in content.items() if name == JSON]
    return bool(content) and all(said)


def _has_shape(schema: Schema, document: Schema) -> bool:
    """Whether a client can be made from it: an object with properties, a list of such, or a plain value."""
    if "$ref" in schema:
        return _has_shape(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if choices := schema.get("anyOf", schema.get("oneOf")):
        return all(_has_shape(choice, document) for choice in choices)
    if schema.get("type") == "object":
        listed = schema.get("properties", {}).get("items")
        return "properties" in schema and (listed is None or _has_shape(listed, document))
    if schema.get("type") == "array":
        return _has_shape(schema["items"], document)
    return "type" in schema


class Apple(BaseModel):
    weight: int


@pytest.fixture
def orchard() -> APIRouter:
    """Routes that say something, nothing, too little and the wrong."""
    router = APIRouter(prefix="/apples", dependencies=[Depends(open_to_all)])

    @router.get("/said", response_model=Listed[Apple])
    async def said() -> Response:
        return json_response({"items": [{"weight": 1}], "next": None, "total": 1})

    @router.get("/unsaid")
    async def nothing() -> Response:
        return json_response({})

    @router.get("/page")
    async def page() -> Page:
        return Page(items=[{"weight": 1}], next=None, total=1)

    @router.get("/more", response_model=Apple)
    async def more() -> Response:
        return json_response({"weight": 1, "colour": "red"})

    @router.get("/less", response_model=Apple)
    async def less() -> Response:
        return json_response({})

    @router.get("/other", response_model=Apple)
    async def other() -> Response:
        return json_response({"weight": 1}, 202)

    return router


def test_a_route_that_does_not_say_what_it_answers_is_seen(orchard: APIRouter) -> None:
    document = create_app("orders", "0", [orchard], docs=True).openapi()
    assert list(unsaid(document)) == ["GET /apples/unsaid 200", "GET /apples/page 200"]


@pytest.mark.parametrize(
    ("path", "objection"),
    [
        ("more", "'colour' was unexpected"),
        ("less", '"weight" is a required property'),
        ("other", "answers 202, which its document does not name"),
    ],
)
async def test_an_answer_that_breaks_its_word_fails_the_test_that_asked(
    orchard: APIRouter, path: str, objection: str
) -> None:
    app = create_app("an orchard", "0", [orchard], docs=True)
    async with httpx.AsyncClient(transport=CheckedTransport(app), base_url="http://test/apples/") as http:
        assert (await http.get("said")).status_code == 200
        with pytest.raises(Undocumented, match=objection):
            await http.get(path)
