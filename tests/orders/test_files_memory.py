"""A file is never held in memory, whatever it is, and neither is what becomes of its rows."""

import tracemalloc
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.orders.files.columns import Cell
from services.orders.files.countries import country_code
from services.orders.files.deciding import Kind
from services.orders.files.documents import Sender
from services.orders.files.mapping import Mapping
from services.orders.files.staging import Staging
from services.orders.files.taking import take
from services.orders.files.writing import Format, writer_of

MAPPING = Mapping.model_validate(
    {
        "currency": "EUR",
        "fields": {"order": "No", "sku": "Art", "quantity": "Qty", "unit_price": "Price", "name": "Name"},
    }
)
ROWS = 3000
WIDE = "a wide cell " * 200
"""Nobody maps this one: 2,400 bytes a row."""
MOST = 2_500_000
"""Bytes: a third of the file."""


def written(path: Path, form: Format) -> None:
    """Orders of two lines each, one in a hundred without a price."""
    writer = writer_of(form)
    with path.open("wb") as file:
        file.write(writer.rows([["No", "Art", "Qty", "Price", "Name", "Notes"]]))
        for number in range(ROWS):
            price = "12.50" if number % 100 else "none"
            row: list[Cell] = [f"N-{number // 2}", f"SKU-{number % 10}", 2, price, "Vin", f"{number} {WIDE}"]
            file.write(writer.rows([row]))
        file.write(writer.end())


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_is_taken_in_without_being_held(tmp_path: Path, form: Format) -> None:
    path = tmp_path / f"orders.{form}"
    written(path, form)
    country_code("France")  # the names of the world's countries are loaded once
    with Staging() as staging:
        tracemalloc.start()
        try:
            take(path, MAPPING, ZoneInfo("UTC"), staging)
            sender = Sender(MAPPING, {}, staging.name_of)
            orders = sum(1 for number, rows in staging.orders() if sender.order(number, rows)["external_id"])
            rejected = sum(1 for _ in staging.rejects())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (orders, rejected, staging.count(Kind.REJECTED)) == (ROWS // 2 - ROWS // 100, ROWS // 50, ROWS // 50)
    assert peak < MOST < ROWS * len(WIDE) / 2
