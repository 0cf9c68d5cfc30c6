"""The database means the same on both dialects: statements, types, transactions, and the order of writers."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from shared.database import Database, among, new_id, upsert, utcnow
from shared.database.turn import WriterTurn
from tests.shared.model import things

PARIS = timezone(timedelta(hours=2))


async def names(db: Database) -> list[str]:
    async with db.read() as conn:
        return list((await conn.execute(select(things.c.name).order_by(things.c.name))).scalars())


async def store(db: Database, *rows: dict[str, object]) -> None:
    async with db.write() as conn:
        await conn.execute(insert(things), list(rows))


class TestStatements:
    async def test_upsert_takes_the_named_columns_of_the_new_row(self, db: Database) -> None:
        async with db.write() as conn:
            statement = upsert(conn, things, keys=["name"], update=["number"])
            await conn.execute(
                statement, [{"name": "a", "number": 1, "data": [1]}, {"name": "b", "number": 1, "data": None}]
            )
            await conn.execute(statement, [{"name": "a", "number": 2, "data": [2]}])
        async with db.read() as conn:
            rows = (await conn.execute(select(things.c.name, things.c.number, things.c.data).order_by("name"))).all()
        assert [tuple(row) for row in rows] == [("a", 2, [1]), ("b", 1, None)]

    async def test_upsert_without_columns_leaves_what_is_there(self, db: Database) -> None:
        await store(db, {"name": "a", "number": 1})
        async with db.write() as conn:
            await conn.execute(upsert(conn, things, keys=["name"]), [{"name": "a", "number": 2}])
            assert (await conn.execute(select(things.c.number))).scalar_one() == 1

    async def test_upsert_leaves_what_is_newer(self, db: Database) -> None:
        await store(db, {"name": "a", "number": 5}, {"name": "b", "number": 5})
        async with db.write() as conn:
            newer = upsert(
                conn,
                things,
                keys=["name"],
                set_=lambda new: {"number": things.c.number + new.number},
                newest_by="number",
            )
            await conn.execute(newer, [{"name": "a", "number": 4}, {"name": "b", "number": 6}])
            found = (await conn.execute(select(things.c.number).order_by(things.c.name))).scalars().all()
        assert found == [5, 11]

    @pytest.mark.parametrize("wanted", [[], ["a"], ["a", "c", "nobody"], [f"x{n}" for n in range(2000)] + ["b"]])
    async def test_among_texts(self, db: Database, wanted: list[str]) -> None:
        for name in "abc":
            await store(db, {"name": name})
        async with db.read() as conn:
            found = await conn.execute(select(things.c.name).where(among(things.c.name, wanted)).order_by("name"))
            assert list(found.scalars()) == [name for name in "abc" if name in wanted]

    async def test_among_numbers_and_awkward_texts(self, db: Database) -> None:
        awkward = ["'", '"', "é☃", "{,}", "\\"]
        await store(db, *({"name": name, "number": 2**40 + at} for at, name in enumerate(awkward)))
        async with db.read() as conn:
            by_text = select(func.count()).where(among(things.c.name, awkward))
            assert (await conn.execute(by_text)).scalar_one() == len(awkward)
            by_number = select(func.count()).where(among(things.c.number, [2**40, 2**40 + 1, 7]))
            assert (await conn.execute(by_number)).scalar_one() == 2

    async def test_among_is_one_statement_for_any_length(self, db: Database) -> None:
        compiled = {
            str(select(things).where(among(things.c.name, ["a"] * length)).compile(db.engine)) for length in (0, 1, 50)
        }
        assert len(compiled) == 1


class TestTypes:
    async def test_a_moment_comes_back_in_utc(self, db: Database) -> None:
        moment = datetime(2026, 3, 1, 14, 0, 0, 123456, tzinfo=PARIS)
        await store(db, {"name": "a", "at": moment}, {"name": "b", "at": None})
        async with db.read() as conn:
            found = (await conn.execute(select(things.c.at).order_by(things.c.name))).scalars().all()
        assert found == [moment, None]
        assert found[0] is not None
        assert found[0].tzinfo is UTC

    async def test_a_moment_without_zone_is_refused(self, db: Database) -> None:
        with pytest.raises(StatementError, match="without a zone"):
            await store(db, {"name": "a", "at": datetime(2026, 3, 1)})  # noqa: DTZ001 - that is the mistake

    async def test_moments_compare(self, db: Database) -> None:
        now = utcnow()
        await store(db, {"name": "early", "at": now - timedelta(microseconds=1)}, {"name": "late", "at": now})
        async with db.read() as conn:
            found = await conn.execute(select(things.c.name).where(things.c.at < now))
            assert list(found.scalars()) == ["early"]

    async def test_a_document_keeps_its_types(self, db: Database) -> None:
        data = {"text": "é", "list": [1, 2.5, None, True], "empty": {}}
        await store(db, {"name": "a", "data": data})
        async with db.read() as conn:
            assert (await conn.execute(select(things.c.data))).scalar_one() == data

    def test_ids_sort_by_time(self) -> None:
        ids = [new_id() for _ in range(1000)]
        assert ids == sorted(ids)
        assert len({*ids}) == 1000
        assert len(ids[0]) == 36


class TestTransactions:
    async def test_a_failed_block_leaves_nothing(self, db: Database) -> None:
        async def fail() -> None:
            async with db.write() as conn:
                await conn.execute(insert(things), {"name": "a"})
                raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError):
            await fail()
        assert await names(db) == []

    async def test_a_reader_cannot_write(self, db: Database) -> None:
        async with db.read() as conn:
            with pytest.raises(DBAPIError):
                await conn.execute(insert(things), {"name": "a"})

    async def test_a_reader_sees_one_moment_and_waits_for_nobody(self, db: Database) -> None:
        async with db.read() as reader:
            assert (await reader.execute(select(func.count()).select_from(things))).scalar_one() == 0
            async with asyncio.timeout(5):
                await store(db, {"name": "a"})
            assert (await reader.execute(select(func.count()).select_from(things))).scalar_one() == 0
        assert await names(db) == ["a"]

    async def test_a_cancelled_writer_leaves_nothing_and_the_next_one_writes(self, db: Database) -> None:
        inside = asyncio.Event()

        async def hang() -> None:
            async with db.write() as conn:
                await conn.execute(insert(things), {"name": "a"})
                inside.set()
                await asyncio.Event().wait()

        writer = asyncio.create_task(hang())
        await inside.wait()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        async with asyncio.timeout(5):
            await store(db, {"name": "b"})
        assert await names(db) == ["b"]

    async def test_error_texts_hide_parameters(self, db: Database) -> None:
        await store(db, {"name": "secret"})
        with pytest.raises(DBAPIError) as error:
            await store(db, {"name": "secret", "number": 4711})
        assert "4711" not in str(error.value)

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
    def test_the_driver_is_ours_whatever_the_url_says(self, scheme: str) -> None:
        db = Database(f"{scheme}://user:p%40ss@db.invalid/orders?ssl=require")
        assert (db.url.drivername, db.url.password, db.dialect) == ("postgresql+asyncpg", "p@ss", "postgresql")


class TestSqliteWriters:
    async def test_a_writer_locks_when_it_begins(self, sqlite_db: Database, tmp_path: Path) -> None:
        """BEGIN IMMEDIATE: a transaction that reads first can never find its snapshot stale when it writes."""
        stranger = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.db'}", synchronous="OFF")
        async with sqlite_db.write(), stranger.engine.connect() as other:
            raw = await other.get_raw_connection()
            await raw.driver_connection.execute("PRAGMA busy_timeout=1")  # type: ignore[union-attr]
            with pytest.raises(DBAPIError, match="locked"):
                await other.execute(text("SELECT 1"))
        await stranger.close()

    async def test_requests_pass_before_batches_in_their_order(self, sqlite_db: Database) -> None:
        done: list[str] = []

        async def write(name: str, *, batch: bool) -> None:
            async with sqlite_db.write(batch=batch):
                done.append(name)

        async with sqlite_db.write():
            writers = []
            for name in ("batch 1", "batch 2", "request 1", "batch 3", "request 2"):
                writers.append(asyncio.create_task(write(name, batch=name.startswith("batch"))))
                await asyncio.sleep(0)
        await asyncio.gather(*writers)
        assert done == ["request 1", "request 2", "batch 1", "batch 2", "batch 3"]

    async def test_cancellation_in_the_queue_does_not_lose_the_turn(self) -> None:
        turn = WriterTurn()
        reached: list[str] = []

        async def take(name: str) -> None:
            async with turn.taken(batch=False):
                reached.append(name)

        async with turn.taken(batch=False):
            waiting = [asyncio.create_task(take(name)) for name in ("cancelled early", "cancelled late", "next")]
            await asyncio.sleep(0)
            waiting[0].cancel()
        waiting[1].cancel()  # its turn was given, it has not run yet
        async with asyncio.timeout(5):
            await asyncio.gather(*waiting, return_exceptions=True)
        assert reached == ["next"]
        async with asyncio.timeout(5), turn.taken(batch=True):
            reached.append("free again")
