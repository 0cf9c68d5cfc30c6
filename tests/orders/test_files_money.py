"""What was paid and paid back elsewhere comes along with an order, so that nobody is asked for it again."""

from pathlib import Path
from typing import Any

import pytest

from services.orders.files.totals import OrderMismatch
from tests.orders.exports import EBAY, SHOPIFY, WOOCOMMERCE, written
from tests.orders.test_files_formats import imported

SHOPIFY_ORDER = {
    "Name": "#1", "Currency": "EUR", "Email": "zoe@example.org", "Created at": "2026-03-02 09:15:00 +0100",
    "Lineitem quantity": "2", "Lineitem name": "Médoc", "Lineitem price": "50.00", "Subtotal": "100.00",
    "Taxes": "16.67", "Total": "100.00", "Refunded Amount": "0.00",
}  # fmt: skip
WOOCOMMERCE_ORDER = {
    "order_id": "1", "date": "2026-03-02 09:15:00", "order_currency": "EUR", "billing_email": "zoe@example.org",
    "item_product_id": "7", "item_name": "Verre", "item_quantity": "1", "item_total": "20.00", "item_total_tax": "4.00",
    "order_total": "24.00", "refunded_total": "0", "payment_method": "stripe",
}  # fmt: skip


def money(body: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return body["status"], body.get("paid_before"), body.get("refunded_before")


@pytest.mark.parametrize(
    ("financial", "fulfilled", "refunded", "found"),
    [
        ("paid", "unfulfilled", "0.00", ("confirmed", "100.00", None)),
        ("paid", "fulfilled", "", ("shipped", "100.00", None)),
        ("partially_refunded", "fulfilled", "40.00", ("shipped", "100.00", "40.00")),
        ("partially_refunded", "fulfilled", "100.00", ("refunded", "100.00", "100.00")),
        ("refunded", "fulfilled", "100.00", ("refunded", "100.00", "100.00")),
        ("refunded", "fulfilled", "", ("refunded", "100.00", "100.00")),
        ("authorized", "unfulfilled", "0.00", ("confirmed", None, None)),
        ("pending", "unfulfilled", "0.00", ("received", None, None)),
    ],
)
def test_shopify(tmp_path: Path, financial: str, fulfilled: str, refunded: str, found: tuple[str, ...]) -> None:
    cells = {"Financial Status": financial, "Fulfillment Status": fulfilled, "Refunded Amount": refunded}
    bodies, _, _ = imported(tmp_path, "shopify", written(SHOPIFY, [SHOPIFY_ORDER | cells]))
    assert money(bodies["#1"]) == found


def test_shopify_does_not_say_how_much_of_an_order_was_paid_in_part(tmp_path: Path) -> None:
    content = written(SHOPIFY, [SHOPIFY_ORDER | {"Financial Status": "partially_paid"}])
    assert imported(tmp_path, "shopify", content) == ({}, [], {"a part of it was paid there": 1})


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"status": "completed"}, ("completed", "24.00", None)),
        ({"status": "completed", "refunded_total": "-24.00"}, ("refunded", "24.00", "24.00")),
        ({"status": "completed", "refunded_total": "5.00"}, ("completed", "24.00", "5.00")),
        ({"status": "refunded", "refunded_total": "24.00"}, ("refunded", "24.00", "24.00")),
        ({"status": "cancelled", "refunded_total": "24.00"}, ("cancelled", "24.00", "24.00")),
        ({"status": "processing"}, ("processing", "24.00", None)),
        ({"status": "processing", "payment_method": "cod"}, ("processing", None, None)),
        ({"status": "completed", "payment_method": "cod"}, ("completed", "24.00", None)),
        ({"status": "on-hold"}, ("received", None, None)),
    ],
)
def test_woocommerce(tmp_path: Path, cells: dict[str, str], found: tuple[str, ...]) -> None:
    bodies, _, _ = imported(tmp_path, "woocommerce", written(WOOCOMMERCE, [WOOCOMMERCE_ORDER | cells]))
    assert money(bodies["1"]) == found


def test_the_vendors_rounding_leaves_nothing_to_pay(tmp_path: Path) -> None:
    """Its total may be a cent beside ours."""
    order = WOOCOMMERCE_ORDER | {"status": "completed", "order_total": "24.01", "refunded_total": "24.01"}
    bodies, _, _ = imported(tmp_path, "woocommerce", written(WOOCOMMERCE, [order]))
    assert money(bodies["1"]) == ("refunded", "24.00", "24.00")


def test_more_paid_back_than_paid_is_rejected(tmp_path: Path) -> None:
    order = WOOCOMMERCE_ORDER | {"status": "cancelled", "refunded_total": "5.00"}
    assert money(imported(tmp_path, "woocommerce", written(WOOCOMMERCE, [order]))[0]["1"])[1:] == ("5.00", "5.00")
    order |= {"status": "completed", "refunded_total": "30.00"}
    with pytest.raises(OrderMismatch, match=r"30.00 was paid back of 24.00, says the file"):
        imported(tmp_path, "woocommerce", written(WOOCOMMERCE, [order]))


def test_a_marketplaces_money_is_told_by_its_payouts(tmp_path: Path) -> None:
    row = {
        "Order Number": "1-1", "Buyer Username": "zoe", "Sale Date": "Mar-02-26", "Item Number": "4", "Quantity": "1",
        "Item Title": "Verre", "Sold For": "€10.00", "Total Price": "€10.00", "Paid On Date": "Mar-02-26",
    }  # fmt: skip
    bodies, _, _ = imported(tmp_path, "ebay", written(EBAY, [row]))
    assert money(bodies["1-1"]) == ("confirmed", None, None)
