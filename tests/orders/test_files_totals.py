"""An order comes in at the total that its file says, or is rejected with both figures."""

from pathlib import Path
from typing import Any

import pytest

from services.orders.files.totals import OrderMismatch
from tests.orders.exports import EBAY, SHOPIFY, WOOCOMMERCE, written
from tests.orders.test_files_formats import gross, imported, lines_of

ITEM = {"Lineitem quantity": "2", "Lineitem name": "Médoc", "Lineitem price": "50.00", "Lineitem sku": "BX"}
HEAD = {"Name": "#1", "Currency": "EUR", "Email": "zoe@example.org", "Created at": "2026-03-02 09:15:00 +0100"}


def shopify(folder: Path, *more: dict[str, str], **cells: str) -> dict[str, Any]:
    content = written(SHOPIFY, [HEAD | ITEM | cells, *({"Name": "#1"} | row for row in more)])
    return imported(folder, "shopify", content)[0]["#1"]


@pytest.mark.parametrize(
    ("shipping", "taxes", "total", "included"),
    [
        ("0.00", "20.00", "120.00", False),
        ("10.00", "22.00", "132.00", False),
        ("0.00", "16.67", "100.00", True),
        ("10.00", "18.33", "110.00", True),
        ("", "", "", True),
    ],
)
def test_the_total_of_shopify_tells_whether_prices_include_tax(
    tmp_path: Path, shipping: str, taxes: str, total: str, *, included: bool
) -> None:
    body = shopify(tmp_path, Subtotal="100.00", Shipping=shipping, Taxes=taxes, Total=total)
    assert body["prices_include_tax"] is included
    assert gross(body) == (total or "100.00")


def test_without_tax_there_is_none_and_what_is_not_taxable_bears_none(tmp_path: Path) -> None:
    abroad = shopify(tmp_path, Subtotal="100.00", Shipping="5.00", Taxes="0.00", Total="105.00")
    assert lines_of(abroad, "sku", "tax_rate") == [("BX", "0"), ("SHIPPING", "0")]
    card = ITEM | {"Lineitem sku": "CARD", "Lineitem quantity": "1", "Lineitem taxable": "false"}
    both = shopify(tmp_path, card, Subtotal="150.00", Taxes="16.67", Total="150.00", **{"Lineitem taxable": "true"})
    assert lines_of(both, "sku", "tax_rate") == [("BX", "20"), ("CARD", "0")]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Taxes": "20.00", "Total": "121.00"}, "the order comes to 100.00, the file's total is 121.00"),
        ({"Taxes": "5.21", "Total": "100.00"}, "the tax of the order comes to 16.67, the file says 5.21"),
    ],
)
def test_a_shopify_order_of_another_total_or_tax_is_rejected(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    with pytest.raises(OrderMismatch, match=reason):
        shopify(tmp_path, Subtotal="100.00", **cells)


@pytest.mark.parametrize(("total", "fits"), [("12.00", True), ("12.01", True), ("12.02", False), ("10.00", False)])
def test_a_woocommerce_order_may_be_off_by_a_cent_a_line(tmp_path: Path, total: str, *, fits: bool) -> None:
    order = {
        "order_id": "1", "date": "2026-03-02 09:15:00", "status": "processing", "order_currency": "EUR",
        "billing_email": "zoe@example.org", "item_product_id": "7", "item_name": "Verre", "item_quantity": "1",
        "item_total": "10.00", "item_total_tax": "2.00", "order_total": total,
    }  # fmt: skip
    content = written(WOOCOMMERCE, [order])
    if fits:
        assert gross(imported(tmp_path, "woocommerce", content)[0]["1"]) == "12.00"
    else:
        with pytest.raises(OrderMismatch, match=f"comes to 12.00, the file's total is {total}"):
            imported(tmp_path, "woocommerce", content)


@pytest.mark.parametrize("total", ["€26.00", "€31.20", "€27.00"])
def test_ebay_may_have_its_own_tax_in_the_total(tmp_path: Path, total: str) -> None:
    row = {
        "Order Number": "1-1", "Buyer Username": "zoe", "Sale Date": "Mar-02-26", "Item Number": "4", "Quantity": "2",
        "Item Title": "Verre", "Sold For": "€10.00", "Shipping And Handling": "€6.00", "Total Price": total,
        "eBay Collected Tax": "€5.20",
    }  # fmt: skip
    content = written(EBAY, [row])
    if total == "€27.00":
        with pytest.raises(OrderMismatch, match=r"comes to 26.00, the file's total is 27.00"):
            imported(tmp_path, "ebay", content)
    else:
        assert gross(imported(tmp_path, "ebay", content)[0]["1-1"]) == "26.00"
