"""The real file, decided: the figures that the rules give for it, and that no row is lost between them."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.orders.files.countries import country_code
from services.orders.files.deciding import Kind, Row, decide
from services.orders.files.documents import Sender
from services.orders.files.loading import shipped_mapping
from services.orders.files.reading import Layout, read_records
from services.orders.files.staging import Staging

ONLINE_RETAIL = shipped_mapping("online-retail")
SERVICES = ONLINE_RETAIL.services
Decided = list[tuple[Row, dict[str, str]]]


@pytest.fixture(scope="module")
def decided(data_dir: Path) -> Decided:
    records = read_records(data_dir / "online-retail.csv", Layout.of(ONLINE_RETAIL))
    return [(decide(record, ONLINE_RETAIL, ZoneInfo("Europe/Paris")), record.cells) for record in records]


@pytest.fixture(scope="module")
def staging(decided: Decided) -> Iterator[Staging]:
    with Staging() as staging:
        staging.add(decided)
        staging.close_reading()
        yield staging


def rows_of(decided: Decided, kind: Kind) -> list[Row]:
    return [row for row, _ in decided if row.kind is kind]


def test_every_row_is_decided(decided: Decided) -> None:
    assert Counter(row.kind for row, _ in decided) == {Kind.TAKEN: 6427, Kind.CREDIT: 80, Kind.REJECTED: 14}


def test_the_orders_and_their_totals(staging: Staging) -> None:
    orders = list(staging.orders())
    rows = [row for _, found in orders for row in found]
    assert (len(orders), len(rows)) == (297, 6427)
    assert sum(row.quantity for row in rows) == 65_950
    assert sum((row.quantity * row.unit_price for row in rows), Decimal(0)) == Decimal("127966.47")


def test_the_stock_covers_the_file_to_the_unit(decided: Decided, staging: Staging) -> None:
    services = sum(row.quantity for row in rows_of(decided, Kind.TAKEN) if row.sku in SERVICES)
    assert sum(need.quantity for need in staging.needs() if need.is_stocked) == 65_950 - services
    skus = [need.sku for need in staging.needs()]
    assert len(skus) > len({sku.casefold() for sku in skus})  # some differ by their case alone


def test_every_country_is_known(decided: Decided) -> None:
    assert None not in {country_code((row.details or {})["country"]) for row in rows_of(decided, Kind.TAKEN)}


def test_credits_go_to_lines_of_the_same_customer(staging: Staging) -> None:
    lines = {row.line: row for _, rows in staging.orders() for row in rows}
    credits = list(staging.credits())
    matched = [credit for credit in credits if credit.of_line is not None]
    assert 0 < len(matched) < len(credits) == 80
    for credit in matched:
        line = lines[credit.of_line or 0]
        assert (line.customer, line.sku, line.order) == (credit.row.customer, credit.row.sku, credit.of_order)
        assert line.quantity >= credit.row.quantity


def test_orders_are_written_for_the_api(staging: Staging) -> None:
    sender = Sender(ONLINE_RETAIL, {"536365": "amazon"}, staging.name_of)
    bodies = {number: sender.order(number, rows) for number, rows in staging.orders()}
    first = bodies["536365"]
    assert first["customer"] == {"email": "customer-17850@import.invalid", "name": "Customer 17850"}
    assert first["shipping_address"] == {"country": "GB"}
    assert first["placed_at"] == "2010-12-01T07:26:00+00:00"
    assert [line["external_id"] for line in first["lines"]] == [f"536365000{place}" for place in range(1, 8)]
    guests = [body for body in bodies.values() if body["customer"]["email"].startswith("guest-")]
    assert {body["customer"]["email"] for body in guests} <= {f"guest-{number}@import.invalid" for number in bodies}
    assert guests
    assert max(len(body["lines"]) for body in bodies.values()) == 593
    assert all(line["name"] for body in bodies.values() for line in body["lines"])
