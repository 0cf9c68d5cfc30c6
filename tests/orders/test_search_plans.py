"""What PostgreSQL does for the list: every filter, sort and search is answered from an index.

On 20,000 orders with a shop's distributions; the planner's costs are its own. No plan may read the whole of `orders`
or of the words, and a page of common values is a walk along an index that needs no sorting of the whole.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from services.orders.settings import Settings
from services.orders.wiring import build
from tests.bench.large_data import fill
from tests.conftest import MakeDatabase
from tests.orders.driver import Clock, Driver

ORDERS = 20_000
Asked = tuple[str, Any]
QUERIES: list[dict[str, Any]] = [
    {},
    {"sort": "total"},
    {"sort": "-updated"},
    {"sort": "code"},
    {"status": "completed"},
    {"status": "on_hold"},
    {"status": ["received", "ready"]},
    {"type": "refunded"},
    {"channel": "web"},
    {"channel": "manual"},
    {"payment": "paid"},
    {"payment": "failed"},
    {"stock": "committed"},
    {"stock": "short"},
    {"invoice": "issued"},
    {"invoice": "imported"},
    {"language": "de"},
    {"country": "FR"},
    {"country": "PT"},
    {"currency": "CHF"},
    {"carrier": "Colissimo"},
    {"carrier": "Coursier"},
    {"settled": "true"},
    {"settled": "false"},
    {"test": "true"},
    {"total_min": "600"},
    {"total_min": "20", "total_max": "20.10", "sort": "total"},
    {"placed_from": "2026-05-01", "placed_to": "2026-05-03"},
    {"updated_since": "2026-06-01", "sort": "updated"},
    {"code": "0000-0000-00000"},
    {"email": "first1.last1.1@example1.org"},
    {"client": "first1"},
    {"external_id": "AMAZON-100000001"},
    {"tracking": "6A10000000001"},
    {"sku": "SKU-1"},
    {"q": "first1 last2"},
    {"q": "f"},
    {"q": "6a1000"},
    {"q": "nobody"},
    {"payment": "failed", "sort": "-total", "channel": "web"},
]


@pytest.fixture
async def many(service_database: MakeDatabase) -> AsyncIterator[Driver]:
    """A shop with many orders."""
    url = await service_database("orders")
    await fill(url.replace("+asyncpg", ""), "cave", ORDERS)
    clock = Clock()
    driver = Driver(build(Settings(database_url=url), clock), clock)
    await driver.open_shop("cave", "a-secret-of-the-administrator")
    yield driver
    await driver.close()


@pytest.mark.slow
async def test_every_filter_sort_and_search_uses_an_index(many: Driver) -> None:
    for query in QUERIES:
        with asked(many) as seen:
            await many.get("orders", **query)
        assert seen, query
        for statement, parameters in seen:
            plan = await explained(many, statement, parameters)
            assert "Seq Scan on orders" not in plan, (query, plan)
            assert "Seq Scan on order_terms" not in plan, (query, plan)


@contextmanager
def asked(many: Driver) -> Iterator[list[Asked]]:
    """The statements about orders and their words that are executed meanwhile, each with its values."""
    seen: list[Asked] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "FROM orders" in statement or "FROM order_terms" in statement:
            seen.append((statement, parameters))

    engine = many.service.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def explained(many: Driver, statement: str, parameters: Any) -> str:
    """The plan for these very values."""
    async with many.service.db.read() as conn:
        lines = await conn.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(lines.scalars())


@pytest.mark.row("S2-49")
async def test_a_page_a_search_and_the_counts_keep_to_a_budget(many: Driver) -> None:
    """In statements, and in blocks that PostgreSQL looks at (all of `orders` would be some 2,500)."""
    for query in ({}, {"status": "received"}, {"q": "first1"}, {"q": "6A10000000001"}, {"sort": "-total"}):
        with asked(many) as seen:
            await many.get("orders", **query)
        blocks = sum([await blocks_read(many, statement, parameters) for statement, parameters in seen])
        assert len(seen) <= 4, query
        assert blocks <= 500, query


async def blocks_read(many: Driver, statement: str, parameters: Any) -> int:
    """Blocks of 8 kB, from memory or disk, that the statement needs for these very values."""
    async with many.service.db.read() as conn:
        found = await conn.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        plan = found.scalar_one()[0]["Plan"]
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_the_orders_made_for_measuring_are_found_by_their_words(many: Driver) -> None:
    (order,) = (await many.get("orders", q="6a10000000040"))["items"]
    name = order["customer"]["name"]
    for query in (
        {"q": order["code"]},
        {"client": name},
        {"email": order["customer"]["email"]},
        {"sku": order["lines"][0]["sku"]},
    ):
        codes = set()
        page = await many.get("orders", **query, limit=200)
        codes |= {item["code"] for item in page["items"]}
        while page["next"]:
            page = await many.get("orders", **query, limit=200, after=page["next"])
            codes |= {item["code"] for item in page["items"]}
        assert order["code"] in codes, query


async def test_a_list_is_planned_for_its_values_however_often_it_was_asked(many: Driver) -> None:
    """From its sixth time on PostgreSQL would take one plan for all values, the wrong one for rare ones."""
    for _ in range(8):
        await many.get("orders", status="cancelled", stock="reserved")
    found = "FROM pg_prepared_statements WHERE statement LIKE 'SELECT orders.id %orders.stock = %'"
    async with many.service.db.read() as conn:
        (planned,) = await conn.exec_driver_sql(f"SELECT sum(custom_plans), sum(generic_plans) {found}")
    assert tuple(planned) == (8, 0)
