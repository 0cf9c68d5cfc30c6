"""The mappings that come along read the vendors' files: whole orders, to the cent, a reason for each row left out."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import checked_order
from services.orders.domain.types import StatusType
from services.orders.files.deciding import Kind, decide
from services.orders.files.documents import Sender
from services.orders.files.loading import format_names, shipped_mapping
from services.orders.files.reading import Layout, UnreadableFileError, read_records
from services.orders.files.staging import Staging
from shared.money import Item, basket, from_minor
from tests.orders.exports import FILES, SHOPIFY, written


def imported(
    folder: Path, name: str, content: str | None = None
) -> tuple[dict[str, dict[str, Any]], list[tuple[int, str]], dict[str, int]]:
    """The bodies by number, the rejected lines with their reasons, and why rows were skipped."""
    mapping = shipped_mapping(name)
    path = folder / f"{name}.csv"
    path.write_text(FILES[name]() if content is None else content, newline="", encoding="utf-8-sig")
    with Staging() as staging:
        records = read_records(path, Layout.of(mapping))
        staging.add((decide(record, mapping, ZoneInfo("Europe/Paris")), record.cells) for record in records)
        staging.close_reading(whole_orders=mapping.whole_orders)
        sender = Sender(mapping, {}, staging.name_of)
        bodies = {number: sender.order(number, rows) for number, rows in staging.orders()}
        for body in bodies.values():
            assert isinstance(checked_order(body), PlaceOrder), checked_order(body)
        rejects = [(row.line, row.reason) for row, _ in staging.rejects()]
        return bodies, rejects, staging.reasons(Kind.SKIPPED)


def gross(body: dict[str, Any]) -> str:
    """What the client pays."""
    lines = [Item(line["quantity"], Decimal(line["unit_price"]), Decimal(line["tax_rate"])) for line in body["lines"]]
    found = basket(lines, body["currency"], prices_include_tax=body["prices_include_tax"])
    return str(from_minor(found.gross, body["currency"]))


def lines_of(body: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(line.get(name) for name in names) for line in body["lines"]]


def test_every_mapping_that_comes_along_is_valid_and_names_its_file() -> None:
    assert {"amazon", "comptoir", "ebay", "online-retail", "shopify", "woocommerce"} <= set(format_names())
    assert all(shipped_mapping(name).title for name in format_names())


def test_shopify(tmp_path: Path) -> None:
    bodies, rejects, skipped = imported(tmp_path, "shopify")
    body, cancelled = bodies.pop("#1001"), bodies.pop("#1002")
    assert bodies == {}
    assert (body["status"], cancelled["status"], cancelled["takes_stock"]) == ("confirmed", "cancelled", False)
    assert gross(body) == "49.90"  # what Shopify says the total is, after a discount on the whole order
    assert lines_of(body, "sku", "kind", "quantity", "tax_rate") == [
        ("BX-2019-MED", "product", 2, "20"),
        ("Carte cadeau", "digital", 1, "20"),
        ("SHIPPING", "service", 1, "20"),
    ]
    assert body["billing_address"] == {
        "name": "Zoé Martin",
        "street": "3 rue des Vignes, Bât. B",
        "postal_code": "33000",
        "city": "Bordeaux",
        "country": "FR",
    }
    assert body["customer"] == {"name": "Zoé Martin", "email": "zoe@example.org", "phone": "+33612345678"}
    assert (body["placed_at"], body["tags"]) == ("2026-03-02T08:15:00+00:00", ["fidèle", "vip"])
    assert rejects == [
        (6, "the quantity 'two' is no whole number"),
        (7, "another row of the order was rejected: line 6"),
    ]
    assert skipped == {}


def test_a_shopify_order_that_left_in_part_says_which_items_have(tmp_path: Path) -> None:
    order = {
        "Email": "zoe@example.org", "Currency": "EUR", "Created at": "2026-03-02 09:15:00 +0100",
        "Billing Name": "Zoé Martin", "Financial Status": "paid", "Fulfillment Status": "partial",
    }  # fmt: skip

    def item(sku: str, status: str, quantity: str = "2") -> dict[str, str]:
        said = {"Lineitem quantity": quantity, "Lineitem name": sku, "Lineitem sku": sku, "Lineitem price": "5.00"}
        return said | {"Lineitem fulfillment status": status}

    totals = {"Subtotal": "20.00", "Total": "24.90", "Taxes": "4.15", "Shipping": "4.90"}
    rows = [
        order | totals | item("A", "fulfilled") | {"Name": "#1"}, {"Name": "#1"} | item("B", "pending"),
        order | totals | item("A", "fulfilled") | {"Name": "#2"}, {"Name": "#2"} | item("B", "partial"),
    ]  # fmt: skip
    bodies, rejects, skipped = imported(tmp_path, "shopify", written(SHOPIFY, rows))
    body = bodies.pop("#1")
    assert (body["status"], bodies, rejects) == ("partially_shipped", {}, [])
    assert lines_of(body, "sku", "quantity", "shipped") == [("A", 2, 2), ("B", 2, None), ("SHIPPING", 1, None)]
    assert skipped == {"a part of an item has left there and the file does not say how much": 2}


def test_the_rate_of_a_shopify_order_is_that_of_all_its_lines(tmp_path: Path) -> None:
    item = {"Lineitem quantity": "1", "Lineitem name": "Livre", "Lineitem price": "10.55", "Lineitem sku": "L"}
    head = {"Name": "#1", "Currency": "EUR", "Subtotal": "21.10", "Shipping": "2.11", "Email": "zoe@example.org"}
    head |= {"Created at": "2026-03-02 09:15:00 +0100", "Tax 1 Name": "FR TVA 5,5%"}
    several = {"Name": "#2", "Tax 1 Name": "FR TVA 20%", "Tax 2 Name": "FR TVA 5.5%", "Subtotal": "10.55"}
    content = written(SHOPIFY, [head | item, item | {"Name": "#1"}, head | item | several])
    bodies, rejects, skipped = imported(tmp_path, "shopify", content)
    assert lines_of(bodies["#1"], "sku", "tax_rate") == [("L", "5.5"), ("L", "5.5"), ("SHIPPING", "5.5")]
    assert (gross(bodies["#1"]), list(bodies), rejects) == ("23.21", ["#1"], [])
    assert skipped == {"it has several rates of tax and the file does not say on what": 1}


def test_woocommerce(tmp_path: Path) -> None:
    bodies, rejects, skipped = imported(tmp_path, "woocommerce")
    body = bodies.pop("501")
    assert (bodies, rejects) == ({}, [])
    assert (gross(body), body["status"]) == ("40.13", "processing")
    assert lines_of(body, "sku", "unit_price", "tax_rate") == [
        ("BX-2019-MED", "8.3333", "20"),
        ("78", "5.0500", "5.5"),
        ("SHIPPING", "4.00", "20"),
    ]
    assert body["customer"]["name"] == "Zoé Martin"
    assert body["placed_at"] == "2026-03-02T08:15:00+00:00"
    assert skipped == {"the order failed or was thrown away there": 1}


def test_amazon(tmp_path: Path) -> None:
    bodies, rejects, skipped = imported(tmp_path, "amazon")
    body = bodies.pop("404-1234567-1234567")
    assert (bodies, rejects) == ({}, [])
    assert gross(body) == "65.50"  # 60.00 - 1.00 + 5.00, and postage of 1.50, that of the other item being given
    assert lines_of(body, "sku", "quantity", "external_id") == [
        ("BX-2019-MED", 3, "404-1234567-12345670001"),
        ("VERRE", 1, "404-1234567-12345670002"),
        ("SHIPPING", 1, "404-1234567-12345670003"),
    ]
    assert (body["channel"], body["status"]) == ("amazon", "shipped")
    assert body["shipping_address"]["city"] == "BORDEAUX"
    assert skipped == {"Amazon has not released the order yet": 1, "the item was cancelled there": 1}


def test_ebay(tmp_path: Path) -> None:
    bodies, rejects, skipped = imported(tmp_path, "ebay")
    assert (rejects, skipped) == ([], {})
    body = bodies["01-14701-30101"]
    assert gross(body) == "73.10"
    assert lines_of(body, "sku", "quantity", "unit_price", "external_id") == [
        ("BX-2019-MED", 1, "20.00", "10071"),
        ("406802886617", 3, "15.50", "10072"),
        ("SHIPPING", 1, "6.60", "01-14701-301010003"),
    ]
    assert body["shipping_address"] | {"city": "Bordeaux", "country": "FR"} == body["shipping_address"]
    assert body["customer"]["email"] == "zoe@example.org"
    single = bodies["16-14679-61003"]
    assert (single["currency"], gross(single)) == ("AUD", "3013.00")
    assert (body["status"], single["status"]) == ("received", "shipped")


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ({"Financial Status": "paid", "Fulfillment Status": "fulfilled"}, "shipped"),
        ({"Financial Status": "paid", "Fulfillment Status": "partial"}, "partially_shipped"),
        ({"Financial Status": "paid", "Fulfillment Status": "unfulfilled"}, "confirmed"),
        ({"Financial Status": "pending", "Fulfillment Status": ""}, "received"),
        ({"Financial Status": "refunded", "Fulfillment Status": "fulfilled"}, "refunded"),
        ({"Financial Status": "voided", "Fulfillment Status": "unfulfilled"}, "cancelled"),
        ({"Financial Status": "paid", "Fulfillment Status": "fulfilled", "Cancelled at": "2026-03-03"}, "cancelled"),
    ],
)
def test_several_columns_say_what_a_shopify_order_is(cells: dict[str, str], status: str) -> None:
    statuses = shipped_mapping("shopify").status
    assert statuses is not None
    assert statuses.read(cells) == status


@pytest.mark.parametrize("name", sorted({*FILES, "comptoir"}))
def test_the_statuses_of_a_format_are_types(name: str) -> None:
    """Every shop has a status of each type, whatever it is called there."""
    statuses = shipped_mapping(name).status
    assert statuses is not None
    said = {word for rule in statuses.by for word in (*rule.values.values(), rule.filled, statuses.otherwise) if word}
    assert said <= {str(type_) for type_ in StatusType}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_of_another_format_is_refused_by_the_missing_column(tmp_path: Path, name: str) -> None:
    other = "ebay" if name == "shopify" else "shopify"
    path = tmp_path / "orders.csv"
    path.write_text(FILES[other](), newline="")
    with pytest.raises(UnreadableFileError, match="is missing; the columns are"):
        next(read_records(path, Layout.of(shipped_mapping(name))))
