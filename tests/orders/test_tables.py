"""The migrations make what the tables say, on both databases."""

from typing import Any

from services.orders.domain.types import StatusType
from shared.database import Database
from shared.database.migrations import differences
from tests.orders.driver import Driver


async def test_migrations_make_what_the_tables_say(database_url: str) -> None:
    database = Database(database_url)
    async with database.read() as conn:
        found: list[Any] = await conn.run_sync(differences, "orders")
    await database.close()
    assert found == []


async def test_a_new_shop_has_a_status_per_type_in_two_languages(orders: Driver) -> None:
    found = (await orders.get("statuses"))["items"]
    assert [status["mnemonic"] for status in found] == [type_.value for type_ in StatusType]
    for status in found:
        assert status["default_of_type"]
        for language in ("fr", "en"):
            assert all(status["texts"][language][name] for name in ("name", "comment", "subject", "mail", "sms"))
