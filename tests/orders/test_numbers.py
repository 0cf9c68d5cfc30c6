"""The numbers that invoices need: of the seller, of the client, of the client's own order; checked and told on."""

from typing import Any

import pytest

from shared.contracts import Shop
from tests.orders.clients import client
from tests.orders.driver import Driver, shop_input

BUSINESS = {
    "company": "Les Caves du Port",
    "vat_number": "FR83404833048",
    "siret": "404 833 048 00022",
    "electronic_address": "0225:404833048_COMPTA",
}


async def test_an_order_tells_them(orders: Driver) -> None:
    placed = await orders.place(customer=client(**BUSINESS), purchase_order="PO-4711")
    assert placed["purchase_order"] == "PO-4711"
    assert placed["customer"]["siret"] == "40483304800022"
    told = await orders.message(placed["id"])
    assert (told.purchase_order, told.customer.siret) == ("PO-4711", "40483304800022")
    assert told.customer.electronic_address == "0225:404833048_COMPTA"
    changed = await orders.http.patch(f"/api/v1/orders/{placed['code']}", json={"purchase_order": None})
    assert (changed.json()["purchase_order"], changed.json()["version"]) == (None, placed["version"] + 1)


async def test_a_client_keeps_them(orders: Driver) -> None:
    placed = await orders.place(customer=client(**BUSINESS))
    kept = await orders.get(f"customers/{placed['customer_id']}")
    assert {name: kept[name] for name in BUSINESS} == BUSINESS | {"siret": "40483304800022"}
    answer = await orders.http.patch(f"/api/v1/customers/{placed['customer_id']}", json={"siren": "404 833 048"})
    assert answer.json()["siren"] == "404833048"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("siren", "404833049"),
        ("siret", "40483304800023"),
        ("siren", "12"),
        ("electronic_address", "404833048"),
        ("electronic_address", "0225:404 833"),
        ("electronic_address", "EM:a\0b"),
    ],
)
async def test_a_wrong_number_is_named(orders: Driver, field: str, value: str) -> None:
    body: dict[str, Any] = {"customer": {field: value}}
    placed = await orders.place()
    answer = await orders.http.patch(f"/api/v1/orders/{placed['code']}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"customer.{field}")


async def test_a_shop_tells_how_it_invoices(orders: Driver) -> None:
    body = shop_input("cave", invoicing="external", payment_days=30).model_dump(mode="json")
    body["legal"] |= {"siren": "732829320", "siret": "73282932000074", "vat_on_debits": True, "exemption": "Art. 261."}
    answer = await orders.http.put("/api/v1/shop", json=body)
    assert answer.status_code == 200, answer.text
    told = Shop.decode((await orders.said(Shop.name))["cave"][1])
    assert (told.invoicing, told.payment_days, told.legal.siret) == ("external", 30, "73282932000074")
    body["legal"]["siret"] = "40483304800022"
    wrong = await orders.http.put("/api/v1/shop", json=body)
    assert wrong.status_code == 422
    assert "another SIREN" in wrong.text
