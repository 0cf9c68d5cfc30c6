"""A log line holds ids and figures, whoever writes it and whatever went wrong: a canary never sings there."""

import ast
import asyncio
import gc
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert

from shared.contracts import Order
from shared.database import Database
from shared.observability import ALLOWED, describe, get_logger
from shared.settings import Settings
from tests.shared.model import order, things

ROOT = Path(__file__).parents[2]
CANARY = "jeanne.dupont@example.invalid"
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})

log = get_logger("tests.shared")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def failing(message: str) -> Exception:
    """An exception as it is caught: with a place, and a cause that says it too."""
    try:
        try:
            raise KeyError(message)
        except KeyError as cause:
            raise ValueError(message) from cause
    except ValueError as error:
        return error


class TestOurLines:
    def test_unknown_keys_are_dropped(self, written: Callable[[], str]) -> None:
        log.info("order.placed", order="o1", rows=3, email=CANARY, name=CANARY, detail=CANARY, reason=CANARY)
        [line] = lines(written())
        assert line["event"] == "order.placed"
        assert (line["order"], line["rows"], line["level"], line["component"]) == ("o1", 3, "info", "tests.shared")
        assert line.keys() <= ALLOWED

    @pytest.mark.parametrize("key", ["error", "exc_info"])
    def test_an_exception_is_its_kind_and_place(self, written: Callable[[], str], key: str) -> None:
        log.warning("it.failed", **{key: failing(CANARY)})
        text = written()
        [line] = lines(text)
        said = line["error" if key == "error" else "exception"]
        assert said.startswith("ValueError at shared/test_logs.py:")
        assert ", from KeyError at shared/test_logs.py:" in said
        assert "dupont" not in text

    def test_the_exception_of_the_moment(self, written: Callable[[], str]) -> None:
        try:
            raise ValueError(CANARY)
        except ValueError:
            log.exception("it.failed")
        text = written()
        assert "ValueError at " in text
        assert "dupont" not in text

    @pytest.mark.parametrize("text", [repr(ValueError(CANARY)), str(ValueError(CANARY)), f"ValueError: {CANARY}"])
    def test_a_text_made_of_an_exception_is_cut(self, written: Callable[[], str], text: str) -> None:
        log.warning("it.failed", error=text)
        said = lines(written())[0]["error"]
        assert said in {"ValueError", CANARY}
        assert said == "ValueError" or text == CANARY, "a bare text is what the next test forbids to write"

    def test_no_call_passes_a_text_of_an_exception_or_an_unknown_key(self) -> None:
        """Read from the code: what would be dropped, or is somebody's words."""
        wrong = [
            f"{path.relative_to(ROOT)}:{call.lineno}: {breach}"
            for package in ("services", "shared")
            for path in (ROOT / package).rglob("*.py")
            for call in log_calls(path)
            for breach in breaches(call)
        ]
        assert wrong == []

    async def test_a_database_error_is_its_code(self, db: Database, written: Callable[[], str]) -> None:
        async def store() -> None:
            async with db.write() as conn:
                await conn.execute(insert(things), [{"name": CANARY[:20]}, {"name": CANARY[:20]}])

        [error] = await asyncio.gather(store(), return_exceptions=True)
        log.warning("it.failed", exc_info=error)
        text = written()
        assert "IntegrityError[23505]" in text or "IntegrityError[SQLITE_CONSTRAINT_PRIMARYKEY]" in text
        assert "dupont" not in text

    def test_a_plain_line_for_a_person_hides_the_same(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What is written before anything is configured, and by `make run`."""
        log.warning("it.failed", exc_info=failing(CANARY), email=CANARY)
        text = capsys.readouterr().err
        assert "it.failed" in text
        assert "dupont" not in text


class TestOtherLibraries:
    def test_the_template_without_its_values(self, written: Callable[[], str]) -> None:
        logging.getLogger("aiosmtplib").warning("rejected %s: %s", CANARY, {"to": CANARY})
        text = written()
        [line] = lines(text)
        assert (line["event"], line["logger"], line["level"]) == ("rejected %s: %s", "aiosmtplib", "warning")
        assert "dupont" not in text

    def test_an_exception_without_its_text(self, written: Callable[[], str]) -> None:
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=failing(CANARY))
        text = written()
        [line] = lines(text)
        assert line["event"] == "Exception in ASGI application"
        assert line["exception"].startswith("ValueError at ")
        assert "dupont" not in text

    async def test_a_task_whose_exception_nobody_took(self, written: Callable[[], str]) -> None:
        async def fail() -> None:
            raise ValueError(CANARY)

        task = asyncio.create_task(fail())
        await asyncio.wait({task})
        del task
        gc.collect()
        text = written()
        assert "Task exception was never retrieved" in text
        assert "dupont" not in text

    def test_what_is_not_a_warning_is_not_written(self, written: Callable[[], str]) -> None:
        logging.getLogger("aio_pika").info("connected")
        assert written() == ""


class TestDescribing:
    def test_an_error_that_was_never_raised(self) -> None:
        assert describe(ValueError(CANARY)) == "ValueError"

    def test_the_code_of_the_system(self) -> None:
        assert describe(ConnectionRefusedError(111, CANARY)) == "ConnectionRefusedError[111]"

    def test_a_circle_of_causes_ends(self) -> None:
        one, other = ValueError(), KeyError()
        one.__cause__, other.__cause__ = other, one
        assert describe(one) == "ValueError, from KeyError"


class TestValidation:
    """pydantic quotes what it refuses, unless it is told not to."""

    def test_a_message_does_not_quote_a_client(self) -> None:
        broken = order(name=CANARY).encode().replace(b'"version":1', b'"version":"jeanne.dupont"')
        with pytest.raises(ValueError, match="version") as error:
            Order.decode(broken)
        assert "dupont" not in str(error.value)

    def test_settings_do_not_quote_a_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COMPTOIR_PORT", "hunter2")
        with pytest.raises(ValueError, match="COMPTOIR_PORT") as error:
            Settings()
        assert "hunter2" not in str(error.value)

    def test_off_pydantic_quotes(self) -> None:
        class Quoting(BaseModel):
            model_config = ConfigDict(frozen=True)
            version: int

        with pytest.raises(ValueError, match="dupont"):
            Quoting.model_validate({"version": CANARY})


def log_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target = node.func.value
            if isinstance(target, ast.Name) and target.id == "log" and node.func.attr in LEVELS:
                yield node


def breaches(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg not in ALLOWED | {"exc_info"}:
            yield f"the key {keyword.arg} is not allowed and would be dropped"
        made = keyword.value
        is_text = isinstance(made, ast.JoinedStr) or (
            isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id in {"repr", "str"}
        )
        if keyword.arg in {"error", "exc_info"} and is_text:
            yield f"{keyword.arg} is a text, not the exception"


@pytest.mark.parametrize(
    "source", ["log.info('x.y', email=1)", "log.error('x.y', error=repr(e))", "log.error('x.y', error=f'{e}')"]
)
def test_a_breach_is_seen(source: str, tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(source)
    [call] = log_calls(tmp_path / "it.py")
    assert list(breaches(call))
