"""A file's faults: a full disk, a lock that somebody else holds, a folder that is not there."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from shared.database import Database, is_transient
from tests.servers.require import require
from tests.shared.model import create_tables, things
from tests.shared.test_database_faults import fault_of, put, rows

TMPFS_KILOBYTES = 512


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    root = "root" if os.geteuid() == 0 else None
    require("The right to mount a small file system", root, "run the tests as root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_KILOBYTES}k", "tmpfs", str(folder)], check=True, timeout=10
    )
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)


class TestTheFileIsAtFault:
    async def test_a_full_disk_heals(self, small_disk: Path) -> None:
        db = Database(f"sqlite+aiosqlite:///{small_disk / 'service.db'}")
        await create_tables(db)
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            await asyncio.to_thread(fill, file.fileno())

        async def store() -> None:
            async with db.write() as conn:
                await conn.execute(insert(things), [{"name": f"n{n}", "data": "x" * 500} for n in range(200)])

        assert is_transient(await fault_of(store()))
        ballast.unlink()
        await store()
        assert await rows(db) == 200
        await db.close()

    async def test_a_lock_of_another_process(self, sqlite_db: Database, tmp_path: Path) -> None:
        stranger = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.db'}", synchronous="OFF")
        async with stranger.engine.connect() as conn:
            raw = await conn.get_raw_connection()
            await raw.driver_connection.execute("PRAGMA busy_timeout=1")  # type: ignore[union-attr]
        async with sqlite_db.write():
            assert is_transient(await fault_of(put(stranger, "a")))
        await stranger.close()

    async def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert is_transient(await fault_of(rows(Database(f"sqlite:///{tmp_path / 'nowhere' / 'service.db'}"))))


def fill(descriptor: int) -> None:
    """Write until the disk refuses; a few pages stay free for what is in SQLite's journal already."""
    try:
        while True:
            os.write(descriptor, b"\0" * 4096)
    except OSError:
        return
