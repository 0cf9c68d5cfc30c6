"""`python -m tests.upgrade.make 0.1`: save the data of an installation at a release, for `test_upgrade` to keep.

A set is one SQL dump per service and database system, packed, and what the API said of them as JSON.
"""

import asyncio
import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.local.postgres import Postgres, find_postgres
from deploy.local.rabbitmq import RabbitMQ
from services.__main__ import embedded, together
from shared.settings import Settings
from shared.web.routes import SERVICES
from tests.flow.conftest import KEY, ready
from tests.upgrade.history import live, said

SAVED = Path(__file__).with_name("saved")


async def make(name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="comptoir-upgrade-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - PostgreSQL runs as another user
        for system, save in {"sqlite": _sqlite, "postgresql": _postgresql}.items():
            target = SAVED / name / system
            target.mkdir(parents=True)
            await save(target, Path(folder))


async def _sqlite(target: Path, var: Path) -> None:
    async with embedded(Settings(var=var), KEY, "127.0.0.1", 0) as server:
        await _record(f"http://127.0.0.1:{server.port}", target)
    for service in SERVICES:
        database = sqlite3.connect(var / f"{service}.db")
        _pack(target / f"{service}.sql.gz", "\n".join(database.iterdump()))
        database.close()


async def _postgresql(target: Path, folder: Path) -> None:
    postgres, rabbitmq = Postgres(folder / "postgres"), RabbitMQ(folder / "rabbitmq")
    await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(rabbitmq.start)
    try:
        for service in SERVICES:
            await postgres.create_database(service)
        settings = {"database_url": postgres.url("{service}"), "amqp_url": rabbitmq.url, "sandbox": True, "seed": True}
        async with together("127.0.0.1", 0, api_key=KEY, **settings) as server:
            await _record(f"http://127.0.0.1:{server.port}", target)
        for service in SERVICES:
            await asyncio.to_thread(_dump, postgres.url(service, driver="postgresql"), target / f"{service}.sql.gz")
    finally:
        await asyncio.to_thread(rabbitmq.close)
        await asyncio.to_thread(postgres.stop)


def _dump(url: str, target: Path) -> None:
    binaries = find_postgres()
    assert binaries is not None
    command = [str(binaries / "pg_dump"), "--inserts", "--no-owner", "--no-privileges", url]
    dumped = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    # psql's own commands are of no use to other clients, and an empty search path would outlive the restoring.
    kept = [line for line in dumped.splitlines() if not line.startswith("\\") and "set_config" not in line]
    _pack(target, "\n".join(kept))


async def _record(url: str, target: Path) -> None:
    suite = await ready(url)
    await live(suite)
    (target / "said.json").write_text(json.dumps(await said(suite), indent=1, ensure_ascii=False, sort_keys=True))
    await suite.close()


def _pack(target: Path, text: str) -> None:
    target.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1]))
