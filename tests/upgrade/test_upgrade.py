"""Today's code starts on the data of every release and loses nothing: all that the API said then it says now."""

import gzip
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.__main__ import embedded, together
from shared.settings import Settings
from shared.web.routes import SERVICES
from tests.conftest import FreshDatabase
from tests.flow.conftest import KEY, ready
from tests.flow.suite import Suite, parcel
from tests.servers.vhosts import VirtualHosts
from tests.upgrade.history import said
from tests.upgrade.make import SAVED

RELEASES = sorted(path.name for path in SAVED.iterdir())


def restored(release: str, system: str, service: str) -> str:
    return gzip.decompress((SAVED / release / system / f"{service}.sql.gz").read_bytes()).decode()


@asynccontextmanager
async def on_sqlite(release: str, var: Path) -> AsyncIterator[str]:
    for service in SERVICES:
        database = sqlite3.connect(var / f"{service}.db")
        database.executescript(restored(release, "sqlite", service))
        database.close()
    async with embedded(Settings(var=var, sqlite_synchronous="OFF"), KEY, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.port}"


@asynccontextmanager
async def on_postgresql(release: str, fresh: FreshDatabase, amqp_url: str) -> AsyncIterator[str]:
    urls = {service: await fresh(service) for service in SERVICES}
    for service, url in urls.items():
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute(restored(release, "postgresql", service))
        await connection.close()
    with pytest.MonkeyPatch.context() as patch:
        for service, url in urls.items():
            patch.setenv(f"COMPTOIR_DATABASE_URL_{service.upper()}", url)
        settings: dict[str, Any] = {"amqp_url": amqp_url, "sandbox": True, "seed": True}
        async with together("127.0.0.1", 0, api_key=KEY, **settings) as server:
            yield f"http://127.0.0.1:{server.port}"


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Where `after` does not say what `before` said; it may say more."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            yield from lost(value, after[name], f"{path}/{name}") if name in after else [f"{path}/{name} is gone"]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{path}/{number}")
    elif before != after:
        yield f"{path}: {before!r} is now {after!r}"


async def keeps(release: str, system: str, url: str) -> None:
    suite = await ready(url)
    try:
        before = json.loads((SAVED / release / system / "said.json").read_text())
        assert list(lost(before, await said(suite))) == []
        for code in before["orders"]:
            await suite.settled(code)
        await _goes_on(suite, before)
    finally:
        await suite.close()


async def _goes_on(suite: Suite, before: dict[str, Any]) -> None:
    """What was left open is finished, and numbers go on where they were."""
    numbers = {document["number"] for found in before["documents"].values() for document in found}
    for code, order in before["orders"].items():
        if order["status"]["type"] == "processing":
            await suite.move(code, "shipped", shipment=parcel("P-9"))
            await suite.settled(code)
            [invoice] = await suite.documents(code)
            invoices = sorted(number for number in numbers if number.startswith("FA"))
            assert invoice["number"] == f"{invoices[-1][:-5]}{int(invoices[-1][-5:]) + 1:05d}"


@pytest.mark.parametrize("release", RELEASES)
async def test_sqlite_files_of_a_release(release: str, tmp_path: Path) -> None:
    async with on_sqlite(release, tmp_path) as url:
        await keeps(release, "sqlite", url)


@pytest.mark.real
@pytest.mark.parametrize("release", RELEASES)
async def test_postgresql_databases_of_a_release(
    release: str, fresh_database: FreshDatabase, rabbitmq_vhosts: VirtualHosts
) -> None:
    with rabbitmq_vhosts.fresh() as amqp_url:
        async with on_postgresql(release, fresh_database, amqp_url) as url:
            await keeps(release, "postgresql", url)


def test_a_loss_is_seen() -> None:
    before = {"orders": {"A": {"lines": [1, 2], "name": "x"}}}
    assert list(lost(before, {"orders": {"A": {"lines": [1, 3], "more": 1}}})) == [
        "/orders/A/lines/1: 2 is now 3",
        "/orders/A/name is gone",
    ]
    assert list(lost(before, {"orders": {}})) == ["/orders/A is gone"]
    assert list(lost({"lines": [1]}, {"lines": [1, 2]})) == ["/lines: [1] is now [1, 2]"]
