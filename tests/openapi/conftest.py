"""A Comptoir with one of everything, and its OpenAPI documents, for requests that nobody thought of."""

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from schemathesis import SerializationContext
from schemathesis.schemas import BaseSchema

from shared.web.routes import SERVICES
from tests.cli.processes import KEY, Running, started

HEADERS = {"Authorization": f"Bearer {KEY}"}


@schemathesis.serializer("message/rfc822")
def mail_of(_context: SerializationContext, value: object) -> bytes:
    """A mail is text."""
    return str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demonstration shop in a process of its own."""
    with started(tmp_path_factory.mktemp("var")) as found:
        yield found


@pytest.fixture(scope="module")
def known(running: Running) -> dict[str, list[str]]:
    """Path parameter -> values that mean something here, so that requests reach what lies behind the 404."""
    with httpx.Client(base_url=running.url, headers=HEADERS, timeout=30) as api:
        line = {"sku": "W-1", "name": "Wine", "quantity": 1, "unit_price": "12.00", "tax_rate": "20"}
        body = {"currency": "EUR", "customer": {"name": "Zoé", "email": "zoe@example.org"}, "lines": [line]}
        placed = api.post("/api/v1/orders", json=body)
        assert placed.status_code == 201, placed.text
        products = api.get("/api/v1/inventory/products").json()["items"]
        statuses = api.get("/api/v1/statuses").json()["items"]
        orders = api.get("/api/v1/orders").json()["items"]
    return {
        "code": [order["code"] for order in orders],
        "order": [order["id"] for order in orders],
        "sku": [product["sku"] for product in products],
        "mnemonic": [status["mnemonic"] for status in statuses],
        "number": ["1", "2"],
    }


@pytest.fixture(scope="module")
def apis(running: Running, known: dict[str, list[str]]) -> dict[str, BaseSchema]:
    """The services whose routes are tried."""
    return {service: _schema(running, service, known) for service in SERVICES}


def _schema(running: Running, service: str, known: dict[str, list[str]]) -> BaseSchema:
    whole = schemathesis.openapi.from_url(f"{running.url}/docs/{service}/openapi.json")
    schema = whole.exclude(path_regex="/events$")  # which goes on for ever: tests/orders/test_events

    @schema.hook("map_path_parameters")
    def meaningful(_context, parameters):  # type: ignore[no-untyped-def]
        """Every other made-up value is replaced by one that exists."""
        return {
            name: known[name][len(str(value)) % len(known[name])]
            if name in known and len(str(value)) % 2 == 0
            else value
            for name, value in (parameters or {}).items()
        }

    return schema
