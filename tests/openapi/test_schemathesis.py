"""Requests that nobody thought of: no route fails, and none answers what its OpenAPI document does not say."""

import gc
from typing import Any

import pytest
import schemathesis
from fastapi import APIRouter, Depends, Response
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok, Result
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from shared.security import open_to_all
from shared.web import create_app
from shared.web.routes import SERVICES
from tests.openapi.conftest import HEADERS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
EXAMPLES = 20
"""Requests a route, the same ones in every run."""

patient = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("service", SERVICES)
def test_every_route_answers_what_it_says(apis: dict[str, BaseSchema], service: str) -> None:
    operations = list(apis[service].get_all_operations())
    assert len(operations) > 10
    said = [objection for found in operations for objection in objections(_right(found))]
    gc.collect()  # Schemathesis leaves its connections to whichever test comes next
    assert not said, "\n\n".join(said)


def _right(found: Result[APIOperation[Any, Any, Any, Any], InvalidSchema]) -> APIOperation[Any, Any, Any, Any]:
    assert isinstance(found, Ok), found.err()
    return found.ok()


def objections(operation: APIOperation[Any, Any, Any, Any]) -> list[str]:
    """What is wrong with the route's answers, with a request that shows it."""

    @patient
    @given(case=operation.as_strategy())
    def answers(case: Case[Any]) -> None:
        case.call_and_validate(headers=HEADERS, checks=CHECKS, timeout=30)

    try:
        answers()
    except FailureGroup as found:
        return [f"{operation.label}: {failure}\n{found.message}" for failure in found.exceptions]
    return []


def test_a_route_that_breaks_its_word_is_seen() -> None:
    router = APIRouter(dependencies=[Depends(open_to_all)])

    @router.get("/good")
    async def good() -> dict[str, int]:
        return {"one": 1}

    @router.get("/odd")
    async def odd() -> Response:
        return Response("", 418)

    @router.get("/broken")
    async def broken(number: int) -> float:
        return 1 / (number - number)

    app = create_app("orders", "0", [router], docs=True)
    schema = schemathesis.openapi.from_asgi("/docs/orders/openapi.json", app)
    said = {found.path: objections(found) for found in map(_right, schema.get_all_operations())}
    assert said["/good"] == []
    assert "Received: 418" in said["/odd"][0]
    assert any("500" in objection for objection in said["/broken"])
