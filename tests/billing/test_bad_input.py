"""Requests that make no sense: each is a problem that names the field, on either database."""

from typing import Any

import httpx

from shared.money import from_minor
from tests.billing.builders import line
from tests.billing.driver import Driver, order, order_id

PAYMENT = {"amount": "1.00", "currency": "EUR", "method": "cash"}
REFUND = {"amount": "1.00", "currency": "EUR"}
PAYOUT = {"source": "bank", "reference": "R", "currency": "EUR", "lines": [{"kind": "sale", "amount": "1.00"}]}
METHOD = {"id": "till", "kind": "cash", "names": {"fr": "Caisse"}}
ORDER = "orders/C-1"

BODIES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", f"{ORDER}/payments", PAYMENT | {"amount": 1}, "amount"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"amount": "-1.00"}, "amount"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"amount": "1e5"}, "amount"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"amount": "999999999999999"}, "amount"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"currency": "USD"}, "currency"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"currency": "XXX"}, "currency"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"method": "a\0"}, "method"),
    ("POST", f"{ORDER}/payments", PAYMENT | {"reference": "a\0"}, "reference"),
    ("POST", f"{ORDER}/refunds", REFUND | {"method": "\0"}, "method"),
    ("POST", f"{ORDER}/refunds", REFUND | {"credit_note": "a\0"}, "credit_note"),
    ("PUT", f"{ORDER}/payment-state", {"state": "paid", "method": "\0"}, "method"),
    ("POST", "documents/x/credit-notes", {"reason": "\0"}, "reason"),
    ("POST", "documents/x/credit-notes", {"reason": "x", "lines": [{"line": 1, "quantity": -1}]}, "lines.0.quantity"),
    ("POST", "external-invoices/x/void", {"reason": "\0"}, "reason"),
    ("POST", "documents/bulk", {"orders": ["a\0"]}, "orders.0"),
    ("POST", "payouts", PAYOUT | {"reference": "\0"}, "reference"),
    ("POST", "payouts", PAYOUT | {"lines": [{"kind": "sale", "amount": "1.00", "text": "\0"}]}, "lines.0.text"),
    ("POST", "payouts", PAYOUT | {"lines": [{"kind": "sale", "amount": "1.00", "order": "\0"}]}, "lines.0.order"),
    ("POST", "payouts", PAYOUT | {"currency": "JPY"}, "lines.0.amount"),
    ("PUT", "payment-methods", {"items": [METHOD | {"names": {"fr": "\0"}}]}, "items.0.names.fr"),
    ("PUT", "payment-methods", {"items": [METHOD | {"instructions": {"fr": "\0"}}]}, "items.0.instructions.fr"),
]


def fields(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


async def test_the_field_is_named(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(1)))
    for method, path, body, field in BODIES:
        assert fields(await billing.http.request(method, path, json=body)) == [field], (path, body)


async def test_a_file_with_a_nul_is_refused(billing: Driver) -> None:
    columns = {"source": "bank", "columns": '{"reference": "a", "amount": "b", "text": "c"}'}
    for row in ("r\0,2,text", "r,2,te\0xt"):
        answer = await billing.http.post("payouts/files", params=columns, content=f"a,b,c\n{row}\n")
        assert fields(answer) == ["body"]
    assert await billing.rows("payouts") == []


async def test_another_shop_finds_nothing(billing: Driver) -> None:
    heard = order(1, 1, line(1, shipped=1))
    await billing.hear(heard)
    await billing.pay(1, str(from_minor(heard.totals.gross, "EUR")))
    [invoice] = await billing.documents(1)
    await billing.open_shop(shop="other", key="theirs")
    of_order = ("", "/payments", "/money", "/payment-link", "/documents/invoice.pdf")
    of_document = ("", "/pdf", "/xml", "/original")
    paths = [f"orders/{order_id(1)}{path}" for path in of_order] + [
        f"documents/{invoice['id']}{path}" for path in of_document
    ]
    for path in paths:
        answer = await billing.http.get(path, headers={"Authorization": "Bearer theirs"})
        assert answer.status_code == 404, path
    for path, body in (
        (f"orders/{order_id(1)}/payments", PAYMENT),
        (f"orders/{order_id(1)}/refunds", REFUND),
        (f"documents/{invoice['id']}/credit-notes", {"reason": "x"}),
        (f"documents/{invoice['id']}/reissue", {"reason": "x"}),
    ):
        answer = await billing.http.post(path, json=body, headers={"Authorization": "Bearer theirs"})
        assert answer.status_code == 404, path
