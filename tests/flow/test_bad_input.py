"""Bad input gets a clear problem that names the field, and what was there before stays as it was."""

from typing import Any

import httpx
import pytest

from tests.flow.suite import Suite, order_body


def _problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert "Traceback" not in response.text
    return problem


def _fields(problem: dict[str, Any]) -> set[str]:
    return {error["field"] for error in problem["errors"]}


@pytest.fixture
async def order(suite: Suite) -> dict[str, Any]:
    sku = await suite.product(stock=5)
    code = (await suite.placed((sku, 2)))["code"]
    return await suite.settled(code)


async def _unchanged(suite: Suite, order: dict[str, Any]) -> None:
    assert await suite.order(order["code"]) == order


async def test_unknown_status(suite: Suite, order: dict[str, Any]) -> None:
    response = await suite.client.post(f"/api/v1/orders/{order['code']}/status", json={"status": "teleported"})
    assert "status" in _fields(_problem(response, 422))
    await _unchanged(suite, order)


async def test_refused_transition_names_the_allowed(suite: Suite, order: dict[str, Any]) -> None:
    response = await suite.client.post(f"/api/v1/orders/{order['code']}/status", json={"status": "returned"})
    problem = _problem(response, 409)
    assert "shipped" in problem["allowed"]
    assert "returned" not in problem["allowed"]
    await _unchanged(suite, order)


async def test_missing_decision_is_asked_for(suite: Suite, order: dict[str, Any]) -> None:
    response = await suite.client.post(f"/api/v1/orders/{order['code']}/status", json={"status": "closed"})
    problem = _problem(response, 409)
    assert problem["type"].endswith("decision-required")
    assert problem["questions"]
    await _unchanged(suite, order)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XXQ"}, "currency"),
        ({"channel": "pigeon"}, "channel"),
        ({"customer": {"name": "Zoé", "email": "nobody"}}, "customer.email"),
        ({"surprise": 1}, "surprise"),
        ({"lines": []}, "lines"),
    ],
)
async def test_field_is_named(suite: Suite, change: dict[str, Any], field: str) -> None:
    response = await suite.client.post("/api/v1/orders", json=order_body(("X-1", 1), **change))
    assert field in _fields(_problem(response, 422))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": -1}, "lines.0.quantity"),
        ({"quantity": 0}, "lines.0.quantity"),
        ({"unit_price": "12.000000001"}, "lines.0.unit_price"),
        ({"unit_price": "a lot"}, "lines.0.unit_price"),
        ({"tax_rate": "-5"}, "lines.0.tax_rate"),
    ],
)
async def test_line_is_named(suite: Suite, change: dict[str, Any], field: str) -> None:
    body = order_body(("X-1", 1))
    body["lines"][0] |= change
    assert field in _fields(_problem(await suite.client.post("/api/v1/orders", json=body), 422))


async def test_payment_in_another_currency(suite: Suite, order: dict[str, Any]) -> None:
    paid = {"amount": "24.00", "currency": "USD", "method": "card"}
    response = await suite.client.post(f"/api/v1/billing/orders/{order['code']}/payments", json=paid)
    assert "currency" in _fields(_problem(response, 422))
    await _unchanged(suite, order)


async def test_broken_json(suite: Suite) -> None:
    headers = {"Content-Type": "application/json"}
    response = await suite.client.post("/api/v1/orders", content=b'{"channel": "web", ', headers=headers)
    _problem(response, 422)


async def test_ten_megabytes(suite: Suite) -> None:
    headers = {"Content-Type": "application/json"}
    response = await suite.client.post("/api/v1/orders", content=b" " * 10_000_000, headers=headers)
    _problem(response, 413)


async def test_order_of_nobody(suite: Suite) -> None:
    _problem(await suite.client.get("/api/v1/orders/0000-0000-00000"), 404)


async def test_without_a_key(suite: Suite, order: dict[str, Any]) -> None:
    url = suite.client.base_url.join(f"/api/v1/orders/{order['code']}")
    async with httpx.AsyncClient() as stranger:
        _problem(await stranger.get(url), 401)
        _problem(await stranger.get(url, headers={"Authorization": "Bearer ck_wrong"}), 401)
