"""The migrations make what the tables say, on both databases."""

from sqlalchemy import Connection

from shared.database.migrations import differences, is_current
from tests.billing.driver import Driver


async def test_migrations_equal_the_tables(unopened: Driver) -> None:
    database = unopened.service.db
    assert await is_current(database, "billing")

    def compare(connection: Connection) -> list[object]:
        return differences(connection, "billing")

    async with database.write() as conn:
        assert await conn.run_sync(compare) == []
