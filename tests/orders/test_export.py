"""A filtered list as a file: everything in it, read back as it was, no formula, and flat memory."""

import asyncio
import csv
import io
import tracemalloc
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from services.orders.files.columns import LINE, ORDER
from services.orders.files.deciding import decide
from services.orders.files.documents import Sender
from services.orders.files.loading import shipped_mapping
from services.orders.files.reading import Layout, read_records
from services.orders.files.staging import Staging
from tests.orders.driver import Driver, Json, line

EXPORT = "/api/v1/orders/export"
COMPTOIR = shipped_mapping("comptoir")
TRAPS = ('=HYPERLINK("http://x")', "+33612345678", "-1+1|cmd", "@SUM(A1)", "'=already", "\tTab", "été; «été»")
KEPT = (
    "channel", "placed_at", "currency", "prices_include_tax", "language", "customer", "billing_address",
    "shipping_address", "payment_method", "operator", "origin", "indicator", "tags", "test",
    "purchase_order",
)  # fmt: skip


async def exported(orders: Driver, **query: Any) -> bytes:
    """The file."""
    answer = await orders.http.get(EXPORT, params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


async def table(orders: Driver, **query: Any) -> list[dict[str, str]]:
    """The rows of the CSV file."""
    return list(csv.DictReader(io.StringIO((await exported(orders, **query)).decode("utf-8-sig"))))


def bodies_of(path: Path) -> list[Json]:
    """The orders of an export, as an import would send them."""
    with Staging() as staging:
        records = read_records(path, Layout.of(COMPTOIR))
        staging.add((decide(record, COMPTOIR, ZoneInfo("UTC")), record.cells) for record in records)
        staging.close_reading(whole_orders=True)
        assert list(staging.rejects()) == []
        sender = Sender(COMPTOIR, {}, staging.name_of)
        return [sender.order(number, rows) for number, rows in staging.orders()]


async def some_orders(orders: Driver) -> list[Json]:
    """Orders with everything that a cell may hold."""
    lines = [line(f"SKU-{place}", name=trap) for place, trap in enumerate(TRAPS)]
    lines.append(line("GIFT", kind="service", price="0.00"))
    customer = {"name": TRAPS[0], "email": "zoe@example.org", "phone": "+33612345678", "company": "'=Cie"}
    more: Json = {"operator": "@lea", "origin": "-google", "indicator": "late", "tags": ["a,b", "vip"]}
    first = await orders.place(*lines, customer=customer, test=True, payment_method="card", **more)
    await orders.http.post("/api/v1/promotions", json={"name": "Un dixième", "kind": "percent", "value": "10"})
    orders.clock.advance(hours=1)
    second = await orders.place(line(quantity=3, price="19.99"), channel="amazon", external_id="=404-1")
    business = {"name": "Dépôt SAS", "email": "depot@example.org", "siren": "404833048", "siret": "40483304800022"}
    business |= {"vat_number": "FR83404833048", "electronic_address": "0225:404833048"}
    priced = {"prices_include_tax": False, "currency": "TND"}
    third = await orders.place(line(price="12.3456"), customer=business, purchase_order="PO-4711", **priced)
    return [first, second, third]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_export_is_read_back_as_it_was(orders: Driver, tmp_path: Path, form: str, lang: str) -> None:
    await orders.open_shop("autre", "a-secret-of-the-other")
    placed = await some_orders(orders)
    path = tmp_path / f"orders.{form}"
    path.write_bytes(await exported(orders, format=form, lang=lang))
    again = bodies_of(path)
    same = await orders.http.post("/api/v1/orders/batch", json={"orders": again})
    assert sorted(item["code"] for item in same.json()["items"]) == sorted(order["code"] for order in placed)
    assert {item["status"] for item in same.json()["items"]} == {200}  # they are here already

    other = orders.client("a-secret-of-the-other")
    made = await other.post("/api/v1/orders/batch", json={"orders": again})
    assert [item["status"] for item in made.json()["items"]] == [201] * len(placed), made.text
    for order in placed:
        found = (
            await other.get("/api/v1/orders", params={"external_id": order["external_id"] or order["code"]})
        ).json()
        [copy] = found["items"]
        assert {name: copy[name] for name in KEPT} == {name: order[name] for name in KEPT}
        assert copy["totals"] == order["totals"]
        names = ("sku", "name", "kind", "quantity", "tax_rate", "gross", "net")
        assert [[one[name] for name in names] for one in copy["lines"]] == [
            [one[name] for name in names] for one in order["lines"]
        ]
    await other.aclose()


async def test_no_cell_of_an_export_is_a_formula(orders: Driver, tmp_path: Path) -> None:
    await some_orders(orders)
    cells = [cell for row in await table(orders) for cell in row.values()]
    assert '\'=HYPERLINK("http://x")' in cells
    assert "''=already" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    path = tmp_path / "orders.xlsx"
    path.write_bytes(await exported(orders, format="xlsx"))
    sheet = load_workbook(path).active
    assert sheet is not None
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


async def test_every_filter_and_both_kinds_of_rows(orders: Driver) -> None:
    first, second, third = await some_orders(orders)
    assert [row["Code"] for row in await table(orders, channel="amazon")] == [second["code"]]
    assert {row["Code"] for row in await table(orders, q="zoe@example.org")} == {first["code"]}
    rows = await table(orders, rows="orders", lang="fr", sort="placed_at")
    assert rows[0]["Code"] == first["code"]
    by_code = {row["Code"]: row for row in rows}
    assert (by_code[second["code"]]["Total TTC"], by_code[second["code"]]["Unités"]) == ("59.97", "3")
    assert by_code[third["code"]]["Total TTC"] == third["totals"]["gross"]


@pytest.mark.parametrize(
    "query", [{"format": "pdf"}, {"status": "nonsense"}, {"colour": "red"}, {"lang": "de"}, {"limit": 5}]
)
async def test_a_wrong_question_is_a_problem(orders: Driver, query: Json) -> None:
    answer = await orders.http.get(EXPORT, params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_another_shop_sees_nothing_of_it(orders: Driver) -> None:
    await some_orders(orders)
    await orders.open_shop("autre", "a-secret-of-the-other")
    async with orders.client("a-secret-of-the-other") as other:
        assert len((await other.get(EXPORT)).text.splitlines()) == 1


def test_the_mapping_reads_what_the_columns_write() -> None:
    known = {column for rule in COMPTOIR.fields.values() for column in rule.columns}
    for language in ("en", "fr"):
        titles = {column.en if language == "en" else column.fr for column in (*ORDER, *LINE)}
        assert all(titles & set(names) for names in COMPTOIR.needed), language
        unread = titles - known
        assert len(unread) == 8, unread  # status, other facts, parcels, and the amounts that follow from the rest


async def test_a_long_list_takes_no_more_memory(orders: Driver) -> None:
    """Four times the orders, and the same peak: an export that was collected would need four times as much."""
    peaks = []
    for wanted in (500, 2000):
        await fill(orders, wanted)
        tracemalloc.start()
        assert await streamed(orders) > wanted * 150
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]


async def streamed(orders: Driver) -> int:
    """The size of the whole export, of which nothing is kept (the client of the other tests collects an answer)."""
    size = 0

    async def receive() -> Json:
        never: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        return await never

    async def send(message: Any) -> None:
        nonlocal size
        assert message.get("status", 200) == 200
        size += len(message.get("body", b""))

    headers = [(b"authorization", b"Bearer a-secret-of-the-administrator")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": EXPORT, "raw_path": EXPORT.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": None, "server": None,
    }  # fmt: skip
    await orders.service.app(scope, receive, send)
    return size


async def fill(orders: Driver, wanted: int) -> None:
    """So many orders of one line."""
    there = (await orders.get("orders/counts"))["total"]
    for start in range(there, wanted, 100):
        body = [
            {
                "currency": "EUR",
                "imported": True,
                "external_id": f"F-{number}",
                "customer": {"name": "Zoé", "email": "zoe@example.org"},
                "lines": [line()],
            }
            for number in range(start, min(start + 100, wanted))
        ]
        answer = await orders.http.post("/api/v1/orders/batch", json={"orders": body})
        assert answer.status_code == 200, answer.text
