"""What must never be untrue is refused by the database itself, on both: each constraint is seen to bite once."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import Database
from shared.database.migrations import differences
from tests.inventory.driver import Driver, line, order

WRONG = {
    "less than nothing is allocated": ("UPDATE products SET allocated = -1", "allocated_is_there"),
    "more is allocated than is there": ("UPDATE products SET demand = 9, allocated = 6", "allocated_is_there"),
    "more is allocated than is asked for": ("UPDATE products SET allocated = 4", "nothing_waits"),
    "somebody waits while stock is free": ("UPDATE products SET demand = 5", "nothing_waits"),
    "a discrepancy goes unnoticed": (
        "UPDATE products SET on_hand = -1, demand = 0, allocated = 0",
        "ck_products_discrepancy",
    ),
    "a known product was never published": ("UPDATE products SET version = 0", "ck_products_version"),
    "a tranche has more than it asks for": ("UPDATE demands SET allocated = 4", "ck_demands_allocated"),
    "a tranche asks for nothing": ("UPDATE demands SET quantity = 0, allocated = 0", "ck_demands_quantity"),
    "a movement moves nothing": (
        "INSERT INTO movements (id, shop, sku, number, quantity, on_hand, reason, actor, at) "
        "VALUES ('x', 'cave', 'wine', 9, 0, 5, 'receipt', 'me', '2024-01-01 00:00:00')",
        "ck_movements_quantity",
    ),
    "a movement has the number of another": (
        "INSERT INTO movements (id, shop, sku, number, quantity, on_hand, reason, actor, at) "
        "VALUES ('x', 'cave', 'wine', 1, 1, 5, 'receipt', 'me', '2024-01-01 00:00:00')",
        "number",
    ),
    "a movement is changed": ("UPDATE movements SET quantity = 6", "immutable"),
    "a movement is taken away": ("DELETE FROM movements", "immutable"),
    "a line has a SKU without a row": ("UPDATE order_lines SET sku = 'gone'", "(?i)foreign key"),
}


@pytest.mark.parametrize(("statement", "said"), WRONG.values(), ids=WRONG.keys())
async def test_refused(inventory: Driver, statement: str, said: str) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3)))
    with pytest.raises(DBAPIError, match=said):
        async with inventory.service.db.write() as conn:
            await conn.execute(text(statement))
    await inventory.verify()


async def test_ledger_cannot_be_emptied_at_once(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    statement = {"sqlite": "DELETE FROM movements", "postgresql": "TRUNCATE movements"}[inventory.service.db.dialect]
    with pytest.raises(DBAPIError, match="immutable"):
        async with inventory.service.db.write() as conn:
            await conn.execute(text(statement))


async def test_migrations_make_what_the_tables_say(database_url: str) -> None:
    database = Database(database_url)
    async with database.read() as conn:
        found: list[Any] = await conn.run_sync(differences, "inventory")
    await database.close()
    assert found == []
