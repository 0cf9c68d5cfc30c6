"""Every error is a problem that tells the caller what to do and nobody anything else."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator
from sqlalchemy import insert, text

from shared.database import Database
from shared.problems import Invalid, NotFound, Problem, Unavailable
from shared.runtime.http import Server
from shared.security import Caller, allow, open_to_all
from shared.web import BODY_LIMIT, create_app, json_response
from shared.web.policies import policies, unprotected
from tests.shared.model import things

CANARY = "jeanne.dupont@example.invalid"


class Taken(Problem):
    slug = "taken"
    title = "The name is taken"


class Line(BaseModel):
    sku: str
    quantity: int = Field(ge=1)


class Body(BaseModel):
    path: str = ""
    name: Annotated[str, AfterValidator(str.strip), StringConstraints(min_length=1, max_length=5)] = "x"
    lines: list[Line] = []
    parcels: Annotated[tuple[Line, ...], Field(min_length=1)] = (Line(sku="a", quantity=1),)

    @model_validator(mode="after")
    def together(self) -> "Body":
        if self.path == "together":
            raise ValueError("lines.0.sku: must differ")
        return self


def routes(db: Database) -> APIRouter:
    router = APIRouter(prefix="/api/v1/test", dependencies=[Depends(open_to_all)])
    problems = [NotFound("x"), Invalid("x", field="name"), Unavailable("x"), Taken("x", allowed=["a"])]
    raised: dict[str, Exception] = {type(problem).__name__: problem for problem in problems}
    raised |= {"bug": RuntimeError(f"while mailing {CANARY}"), "database": ConnectionRefusedError("database.internal")}

    @router.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise raised[what]

    @router.post("/body")
    async def take(body: Body, limit: int = 5) -> Body:
        return body

    @router.post("/raw")
    async def read(request: Request) -> int:
        return len(await request.body())

    @router.post("/form")
    async def fill(request: Request) -> int:
        return len(await request.form())

    @router.post("/store")
    async def store(row: dict[str, Any]) -> Response:
        async with db.write() as conn:
            await conn.execute(insert(things), row)
        return json_response({})

    @router.get("/wrong-statement")
    async def wrong() -> None:
        async with db.read() as conn:
            await conn.execute(text("SELECT nothing FROM things"))

    return router


@pytest.fixture
async def client(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("test", "1", [routes(db)], docs=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api/v1/test") as client:
        yield client


def problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["type"] == f"urn:comptoir:problem:{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


class TestProblems:
    @pytest.mark.parametrize(
        ("what", "status", "slug"),
        [
            ("NotFound", 404, "not-found"),
            ("Invalid", 422, "invalid"),
            ("Unavailable", 503, "unavailable"),
            ("Taken", 409, "taken"),
            ("bug", 500, "internal"),
            ("database", 503, "database-unavailable"),
        ],
    )
    async def test_every_kind_of_error(self, client: httpx.AsyncClient, what: str, status: int, slug: str) -> None:
        response = await client.get(f"/raise/{what}")
        problem(response, status, slug)
        assert ("retry-after" in response.headers) == (status == 503)
        assert len(response.headers["comptoir-trace"]) == 32

    async def test_a_problem_has_its_members(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/raise/Taken")).json()["allowed"] == ["a"]
        assert (await client.get("/raise/Invalid")).json()["errors"] == [{"field": "name", "detail": "x"}]

    async def test_an_unknown_route_and_a_wrong_method(self, client: httpx.AsyncClient) -> None:
        problem(await client.get("/nowhere"), 404, "not-found")
        response = await client.delete("/body")
        problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "POST"

    async def test_an_unexpected_error_says_nothing_to_the_caller(self, client: httpx.AsyncClient) -> None:
        for what in ("bug", "database"):
            answer = await client.get(f"/raise/{what}")
            assert not {"Traceback", "Error", CANARY, "database.internal"} & set(answer.text.replace('"', " ").split())
            assert CANARY not in answer.text

    async def test_a_wrong_statement_is_our_fault(self, client: httpx.AsyncClient) -> None:
        problem(await client.get("/wrong-statement"), 500, "internal")

    async def test_nothing_of_a_request_or_an_exception_is_written(
        self, db: Database, written: Callable[[], str]
    ) -> None:
        """Through the real server, which has a log of its own."""
        server = Server(create_app("test", "1", [routes(db)], docs=False), "127.0.0.1", 0)
        await server.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/api/v1/test") as client:
            await client.get("/raise/bug", params={"email": CANARY}, headers={"Authorization": f"Bearer {CANARY}"})
            await client.post("/store", json={"name": CANARY})
            await client.post("/store", json={"name": CANARY, "number": CANARY})
        await server.stop()
        text = written()
        [failed] = [line for line in map(json.loads, text.splitlines()) if "/raise/" in line.get("route", "")]
        assert failed["event"] == "http.failed"
        assert failed["exception"].startswith("RuntimeError at ")
        assert failed["route"] == "/api/v1/test/raise/{what}"
        assert "dupont" not in text


class TestInput:
    @pytest.mark.parametrize(
        ("body", "query", "fields"),
        [
            ({"lines": [{"sku": "a", "quantity": 0}]}, "", ["lines.0.quantity"]),
            ({"lines": [{}]}, "", ["lines.0.sku", "lines.0.quantity"]),
            ({"path": 5, "lines": 6}, "", ["path", "lines"]),
            ({}, "?limit=many", ["limit"]),
            ({"path": "together"}, "", ["lines.0.sku"]),
            ({"parcels": [{"sku": "a", "quantity": 0}]}, "", ["parcels.0.quantity"]),
            ({"parcels": []}, "", ["parcels"]),
            ([], "", ["body"]),
            (None, "", ["body"]),
        ],
    )
    async def test_the_fields_are_named(
        self, client: httpx.AsyncClient, body: Any, query: str, fields: list[str]
    ) -> None:
        document = problem(await client.post(f"/body{query}", json=body), 422, "invalid")
        assert [error["field"] for error in document["errors"]] == fields
        assert fields[0] in document["detail"]

    async def test_a_text_is_measured_in_characters(self, client: httpx.AsyncClient) -> None:
        for name, words in (("", "at least 1 character"), ("abcdef", "at most 5 characters")):
            [error] = problem(await client.post("/body", json={"name": name}), 422, "invalid")["errors"]
            assert error == {"field": "name", "detail": f"String should have {words}"}

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"path": "caf\xe9"}', b"[" * 100_000])
    async def test_what_is_no_json_at_all(self, client: httpx.AsyncClient, content: bytes) -> None:
        response = await client.post("/body", content=content, headers={"Content-Type": "application/json"})
        [error] = problem(response, 422, "invalid")["errors"]
        assert error["field"] == "body"

    async def test_half_a_surrogate_pair(self, client: httpx.AsyncClient) -> None:
        headers = {"Content-Type": "application/json"}
        problem(await client.post("/body", content=b'{"path": "\\ud800"}', headers=headers), 422, "invalid")

    async def test_a_form_that_is_none(self, client: httpx.AsyncClient) -> None:
        headers = {"Content-Type": "multipart/form-data; boundary=a"}
        [error] = problem(await client.post("/form", content=b"x", headers=headers), 422, "invalid")["errors"]
        assert error["field"] == "body"

    @pytest.mark.parametrize("row", [{"name": "nul \0"}, {"name": "a", "number": 2**70}, {"name": "\ud800"}])
    async def test_a_value_that_cannot_be_stored_is_not_our_fault(
        self, client: httpx.AsyncClient, db: Database, row: dict[str, Any]
    ) -> None:
        response = await client.post("/store", content=json.dumps(row), headers={"Content-Type": "application/json"})
        if db.dialect == "sqlite" and response.status_code == 200:
            return  # SQLite has no objection to a NUL
        problem(response, 422, "invalid")

    @pytest.mark.parametrize("route", ["/raw", "/body"])
    @pytest.mark.parametrize("announced", [True, False])
    async def test_a_body_over_the_limit(self, client: httpx.AsyncClient, route: str, announced: bool) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(BODY_LIMIT // 65536 + 1):
                yield b" " * 65536

        content = b" " * (BODY_LIMIT + 1) if announced else pieces()
        response = await client.post(route, content=content, headers={"Content-Type": "application/json"})
        problem(response, 413, "too-large")

    async def test_a_body_at_the_limit(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/raw", content=b" " * BODY_LIMIT)).text == str(BODY_LIMIT)

    @pytest.mark.parametrize("length", ["-1", "many", "9" * 30])
    async def test_a_nonsense_length(self, client: httpx.AsyncClient, length: str) -> None:
        problem(await client.post("/raw", content=b"", headers={"Content-Length": length}), 413, "too-large")


class TestPolicies:
    def test_a_route_without_a_policy_is_found(self) -> None:
        router = APIRouter()

        @router.get("/protected")
        async def protected(caller: Annotated[Caller, Depends(allow("orders:read"))]) -> None: ...

        @router.get("/open", dependencies=[Depends(open_to_all)])
        async def everyone() -> None: ...

        @router.post("/forgotten")
        async def forgotten() -> None: ...

        async def nested(_caller: Annotated[Caller, Depends(allow("orders:write"))]) -> None: ...

        @router.put("/nested")
        async def inside(_: Annotated[None, Depends(nested)]) -> None: ...

        app = create_app("test", "1", [router], docs=True)
        assert unprotected(app) == ["POST /forgotten"]
        assert policies(app) == {
            "GET /protected": {"orders:read"},
            "GET /open": {"everyone"},
            "POST /forgotten": frozenset(),
            "PUT /nested": {"orders:write"},
        }
