"""What somebody with a shell on billing's database can do, and whether the proof finds it."""

from typing import Any

from sqlalchemy import text

from tests.billing.driver import Driver

SEALED = ("documents", "blobs", "closings")


async def problems(billing: Driver) -> set[tuple[str, str]]:
    return {(problem["number"], problem["problem"]) for problem in (await billing.get("verify"))["problems"]}


async def change(billing: Driver, *statements: str | tuple[str, dict[str, Any]]) -> None:
    """Statements as somebody with a database shell would write them."""
    async with billing.service.db.write() as conn:
        for statement in statements:
            sql, parameters = (statement, {}) if isinstance(statement, str) else statement
            await conn.execute(text(sql.replace(":", "\\:") if not parameters else sql), parameters)


async def tamper(billing: Driver, *statements: str | tuple[str, dict[str, Any]]) -> None:
    """The same by somebody who switches the triggers off first."""
    if billing.service.db.dialect == "sqlite":
        off = [f"DROP TRIGGER {table}_no_{event}" for table in SEALED for event in ("update", "delete")]
    else:
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in SEALED]
    await change(billing, *off, *statements)
