"""Databases of before: the text of marketplace orders that are over, kept by mistake, is forgotten by the migration."""

from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select

from services.notifications.tables import channel_orders
from shared.database import Database
from shared.database.migrations import upgrade
from tests.notifications.driver import NOON

ROW = {"shop": "cave", "channel": "amazon", "version": 1, "digest": "d", "body": "{}", "alerted": False, "repeats": 5}


def _before(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("services.notifications") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0006")
    rows = [("over", False, None), ("open", True, None), ("said again", False, NOON)]
    for name, is_open, repeat_at in rows:
        values = ROW | {"external_id": name, "open": is_open, "repeat_at": repeat_at, "changed_at": NOON}
        connection.execute(insert(channel_orders).values(values))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'notifications.db'}"
    make = request.getfixturevalue("fresh_database")
    return str(await make("notifications"))


async def test_what_is_over_is_forgotten_and_nothing_else(address: str) -> None:
    db = Database(address, synchronous="OFF")
    async with db.write() as conn:
        await conn.run_sync(_before)
    await upgrade(db, "notifications")
    async with db.read() as conn:
        rows = (await conn.execute(select(channel_orders.c.external_id, channel_orders.c.body))).all()
    assert dict(map(tuple, rows)) == {"over": None, "open": "{}", "said again": "{}"}
    await db.close()
