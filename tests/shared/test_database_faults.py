"""Real faults of real databases, and what `is_transient` says of each.

A wrong answer parks good work, or stops a queue for ever.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.postgres import Postgres
from shared.database import Database, engines, is_transient
from tests.eventually import eventually
from tests.servers.fault_proxy import FaultProxy
from tests.shared.model import things


async def fault_of(work: Awaitable[object]) -> BaseException:
    """The error that the work ends with."""
    async with asyncio.timeout(30):
        [outcome] = await asyncio.gather(work, return_exceptions=True)
    assert isinstance(outcome, Exception), outcome
    return outcome


async def rows(db: Database) -> int:
    async with db.read() as conn:
        return len((await conn.execute(select(things.c.name))).all())


async def put(db: Database, name: str, number: int | None = None) -> None:
    async with db.write() as conn:
        await conn.execute(insert(things), {"name": name, "number": number})


class TestTheDataIsAtFault:
    @pytest.mark.parametrize(
        "row",
        [{"name": "twice"}, {"name": None}, {"name": "a", "number": 2**70}],
        ids=["duplicate", "null", "number too large"],
    )
    async def test_a_row_that_cannot_be_stored(self, db: Database, row: dict[str, object]) -> None:
        await put(db, "twice")

        async def store() -> None:
            async with db.write() as conn:
                await conn.execute(insert(things), row)

        assert not is_transient(await fault_of(store()))
        assert await rows(db) == 1

    async def test_a_statement_that_is_wrong(self, db: Database) -> None:
        async def ask(statement: str) -> None:
            async with db.write() as conn:
                await conn.execute(text(statement))

        for statement in ("SELECT * FROM nowhere", "SELECT nothing FROM things", "SELEKT"):
            assert not is_transient(await fault_of(ask(statement))), statement

    @pytest.mark.parametrize("name", ["nul \0", "longer than twenty characters"])
    async def test_a_text_that_postgresql_refuses(self, postgres_db: Database, name: str) -> None:
        assert not is_transient(await fault_of(put(postgres_db, name)))

    def test_an_error_about_a_named_file_is_a_bug(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError) as error:
            (tmp_path / "template.html").read_text()
        assert not is_transient(error.value)

    @pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), SQLAlchemyError("x")])
    def test_an_error_of_ours(self, error: Exception) -> None:
        assert not is_transient(error)


class TestTheServerIsAtFault:
    async def test_a_session_that_was_killed(self, postgres_db: Database, postgres: Postgres) -> None:
        """From another session, as an administrator or a fail-over does it."""

        async def be_killed() -> None:
            async with postgres_db.write() as conn:
                pid = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
                async with postgres_db.write() as administrator:
                    await administrator.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
                await conn.execute(insert(things), {"name": "lost"})

        assert is_transient(await fault_of(be_killed()))
        assert await rows(postgres_db) == 0

    async def test_a_session_that_was_killed_while_it_worked(self, postgres_db: Database) -> None:
        async def be_killed() -> None:
            async with postgres_db.write() as conn:
                await conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        assert is_transient(await fault_of(be_killed()))

    @pytest.mark.parametrize("end", ["restart", "kill"])
    async def test_a_server_that_went_away(self, postgres_db: Database, postgres: Postgres, end: str) -> None:
        async def be_interrupted() -> None:
            async with postgres_db.write() as conn:
                await conn.execute(insert(things), {"name": "lost"})
                await asyncio.to_thread(postgres.stop if end == "restart" else postgres.kill)

        try:
            assert is_transient(await fault_of(be_interrupted()))
            assert is_transient(await fault_of(put(postgres_db, "refused")))
        finally:
            await asyncio.to_thread(postgres.start)
        await eventually(lambda: recovered(postgres_db))
        assert await rows(postgres_db) == 1

    async def test_a_deadlock(self, postgres_db: Database) -> None:
        await put(postgres_db, "a")
        await put(postgres_db, "b")
        both = asyncio.Barrier(2)

        async def lock(first: str, second: str) -> None:
            async with postgres_db.write() as conn:
                await conn.execute(update(things).where(things.c.name == first).values(number=1))
                await both.wait()
                await conn.execute(update(things).where(things.c.name == second).values(number=1))

        outcomes = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)
        [victim] = [outcome for outcome in outcomes if outcome is not None]
        assert is_transient(victim)

    async def test_a_serialization_failure(self, postgres_db: Database) -> None:
        await put(postgres_db, "a")
        serializable = postgres_db.engine.execution_options(isolation_level="SERIALIZABLE")

        async def lose() -> None:
            async with serializable.begin() as conn:
                await conn.execute(select(things))
                async with postgres_db.write() as other:
                    await other.execute(update(things).values(number=1))
                await conn.execute(update(things).values(number=2))

        assert is_transient(await fault_of(lose()))

    @pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
    async def test_a_wait_that_took_too_long(self, postgres_db: Database, setting: str) -> None:
        await put(postgres_db, "a")

        async def wait() -> None:
            async with postgres_db.write() as conn:
                await conn.execute(text(f"SET LOCAL {setting} = 20"))
                await conn.execute(update(things).values(number=1))

        async with postgres_db.write() as holder:
            await holder.execute(update(things).values(number=2))
            assert is_transient(await fault_of(wait()))

    async def test_a_transaction_left_idle(self, postgres_db: Database) -> None:
        async def idle() -> None:
            async with postgres_db.write() as conn:
                await conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 20"))
                pid = (await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one()
                await eventually(lambda: gone(postgres_db, pid))
                await conn.execute(select(things))

        assert is_transient(await fault_of(idle()))

    async def test_a_plan_that_a_migration_made_stale(self, postgres_db: Database) -> None:
        one = Database(postgres_db.url.render_as_string(), pool_size=1)
        await put(one, "a")
        everything = text("SELECT * FROM things")
        async with one.write() as conn:
            await conn.execute(everything)
        async with postgres_db.write() as migration:
            await migration.execute(text("ALTER TABLE things ADD COLUMN another text"))

        async def look() -> None:
            async with one.write() as conn:
                await conn.execute(everything)

        assert is_transient(await fault_of(look()))
        await look()
        await one.close()

    async def test_a_server_without_free_connections(self, postgres_db: Database) -> None:
        async with postgres_db.write() as conn:
            name = (await conn.execute(text("SELECT current_database()"))).scalar_one()
            await conn.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0'))
            await conn.execute(text("DROP ROLE IF EXISTS visitor"))
            await conn.execute(text("CREATE ROLE visitor LOGIN"))
        visitor = Database(postgres_db.url.set(username="visitor").render_as_string())
        assert is_transient(await fault_of(rows(visitor)))
        await visitor.close()

    async def test_a_pool_without_free_connections(self, postgres_db: Database) -> None:
        small = Database(postgres_db.url.render_as_string(), pool_size=1)
        small.engine.sync_engine.pool._timeout = 0.02  # type: ignore[attr-defined]
        async with small.write():
            assert is_transient(await fault_of(put(small, "a")))
        await put(small, "a")
        await small.close()

    async def test_a_server_that_does_not_answer(
        self,
        postgres_db: Database,
        postgres: Postgres,
        fault_proxy: Callable[[str, int], Awaitable[FaultProxy]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Neither a transaction nor closing waits for a blackhole for ever."""
        monkeypatch.setattr(engines, "COMMAND_SECONDS", 0.3)
        monkeypatch.setattr(engines, "CONNECT_SECONDS", 0.3)
        proxy = await fault_proxy("127.0.0.1", postgres.port)
        through = Database(postgres_db.url.set(port=proxy.port).render_as_string())
        await put(through, "a")

        async def be_held() -> None:
            async with through.write() as conn:
                await conn.execute(select(things))
                proxy.blackhole()
                await conn.execute(select(things))

        assert is_transient(await fault_of(be_held()))
        assert is_transient(await fault_of(rows(through)))
        async with asyncio.timeout(10):
            await through.close()

    async def test_a_server_that_refuses(self) -> None:
        assert is_transient(await fault_of(rows(Database("postgresql://nobody@127.0.0.1:1/none"))))


async def gone(db: Database, pid: int) -> bool:
    async with db.read() as conn:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        return not (await conn.execute(query, {"pid": pid})).scalar_one()


async def recovered(db: Database) -> bool:
    """A pool finds its broken connections one by one."""
    try:
        await put(db, "after")
    except (SQLAlchemyError, OSError) as error:
        if not is_transient(error):
            raise
        return False
    return True
