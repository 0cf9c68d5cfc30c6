"""What somebody with a shell on billing's database can do, and whether the proof finds it."""

from typing import Any

from sqlalchemy import text

from tests.billing.driver import Driver

SEALED = ("documents", "blobs", "closings", "renderings")


async def problems(billing: Driver) -> set[tuple[str, str]]:
    """What the proof finds; in pages of two documents it finds the same."""
    whole = await billing.get("verify")
    page = await billing.get("verify", limit=2)
    found, checked, heads = page["problems"], page["checked"], _heads(page)
    while page["next"]:
        page = await billing.get("verify", limit=2, after=page["next"])
        found, checked, heads = found + page["problems"], checked + page["checked"], heads | _heads(page)
    assert [*map(_told, found)] == [*map(_told, whole["problems"])]
    assert (checked, page["closings"], heads) == (whole["checked"], whole["closings"], _heads(whole))
    return {_told(problem) for problem in found}


def _heads(proof: dict[str, Any]) -> dict[str, tuple[int, str]]:
    return {one["series"]: (one["documents"], one["hash"]) for one in proof["series"]}


def _told(problem: dict[str, str]) -> tuple[str, str]:
    return problem["number"], problem["problem"]


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
