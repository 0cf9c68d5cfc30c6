"""Each row is taken, credited or rejected, with the reason a person can act on."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.files.deciding import Kind, Row, decide
from services.orders.files.loading import shipped_mapping
from services.orders.files.mapping import Mapping
from services.orders.files.reading import Record

ONLINE_RETAIL = shipped_mapping("online-retail")
LONDON = ZoneInfo("Europe/London")
CELLS = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": " WHITE HANGING HEART T-LIGHT HOLDER ",
    "Quantity": "6",
    "InvoiceDate": "1/7/2010 08:26",
    "UnitPrice": "2.55",
    "CustomerID": "17850",
    "Country": "United Kingdom",
}


def decided(**cells: str) -> Row:
    return decide(Record(2, CELLS | cells), ONLINE_RETAIL, LONDON)


def test_a_clean_row_is_taken() -> None:
    assert decided() == Row(
        Kind.TAKEN,
        2,
        "536365",
        "85123A",
        6,
        Decimal("2.55"),
        datetime(2010, 7, 1, 7, 26, tzinfo=UTC),  # day first, and summer time in the shop's zone
        "17850",
        is_stocked=True,
        details={"name": "WHITE HANGING HEART T-LIGHT HOLDER", "country": "United Kingdom"},
    )


@pytest.mark.parametrize("sku", ["POST", "DOT", "C2", "D", "M", "BANK CHARGES"])
def test_a_code_for_a_service_needs_no_stock(sku: str) -> None:
    assert not decided(StockCode=sku).is_stocked
    assert decided(StockCode=sku.lower()).is_stocked  # SKUs are case-sensitive


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"UnitPrice": "0"}, "the price is 0, not above 0"),
        ({"UnitPrice": "-11062.06"}, "the price is -11062.06, not above 0"),
        ({"UnitPrice": "2,55"}, "the price '2,55' is no number"),
        ({"UnitPrice": ""}, "the price '' is no number"),
        ({"UnitPrice": "NaN"}, "the price 'NaN' is no number"),
        ({"Quantity": "-10", "UnitPrice": "0"}, "the quantity is -10, not above 0"),
        ({"Quantity": "0"}, "the quantity is 0, not above 0"),
        ({"Quantity": "1.5"}, "the quantity '1.5' is no whole number"),
        ({"Quantity": "٣"}, "the quantity '٣' is no whole number"),
        ({"InvoiceDate": "31/2/2010 08:26"}, "the date '31/2/2010 08:26' is not as expected"),
        ({"InvoiceDate": "12/31/2010 08:26"}, "the date '12/31/2010 08:26' is not as expected"),
        ({"InvoiceNo": " "}, "there is no order number"),
        ({"StockCode": ""}, "there is no SKU"),
        ({"InvoiceNo": "C536365", "Quantity": "3"}, "the quantity is 3, not below 0"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(cells: dict[str, str], reason: str) -> None:
    row = decided(**cells)
    assert (row.kind, row.reason) == (Kind.REJECTED, reason)


def test_a_row_of_a_cancellation_is_a_credit_of_as_many_units() -> None:
    row = decided(InvoiceNo="C536379", StockCode="D", Quantity="-1", UnitPrice="27.5")
    assert (row.kind, row.order, row.quantity, row.unit_price) == (Kind.CREDIT, "C536379", 1, Decimal("27.5"))


@given(
    order=st.sampled_from(["536365", "C536365", ""]),
    quantity=st.integers(-3, 3),
    price=st.decimals(-2, 2, places=2),
)
def test_taken_means_no_cancellation_and_above_zero(order: str, quantity: int, price: Decimal) -> None:
    row = decided(InvoiceNo=order, Quantity=str(quantity), UnitPrice=str(price))
    assert (row.kind is Kind.TAKEN) == (order == "536365" and quantity > 0 and price > 0)
    assert (row.kind is Kind.REJECTED) == bool(row.reason)


def test_a_mapping_may_name_a_decimal_comma_and_leave_out_the_moment() -> None:
    fields = {"order": "No", "sku": "Art", "quantity": "Qté", "unit_price": "Prix"}
    mapping = Mapping.model_validate({"fields": fields, "currency": "EUR", "decimal_comma": True})
    row = decide(Record(2, {"No": "1", "Art": "A", "Qté": "2", "Prix": "1.234,50"}), mapping, LONDON)
    assert (row.unit_price, row.placed_at) == (Decimal("1234.50"), None)


def test_a_moment_with_a_zone_of_its_own_keeps_it() -> None:
    fields = {"order": "No", "sku": "Art", "quantity": "Qty", "unit_price": "Price", "placed_at": "At"}
    mapping = Mapping.model_validate({"fields": fields, "currency": "EUR"})
    cells = {"No": "1", "Art": "A", "Qty": "2", "Price": "1", "At": "2026-11-20T09:15:00+05:00"}
    row = decide(Record(2, cells), mapping, LONDON)
    assert row.placed_at == datetime(2026, 11, 20, 4, 15, tzinfo=UTC)
