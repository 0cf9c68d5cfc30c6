"""What every sandbox tells of its calls, page by page."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from shared.web import create_app
from shared.web.paging import encode_key
from shared.web.sandbox import Ledger, control_router


@pytest.fixture
def app() -> FastAPI:
    ledger = Ledger("till", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    for order in ("one", "two", "one"):
        ledger.write(order, {"path": "/pay"}, {"status": 200})
    app = create_app("test", "1", [control_router("till")], docs=False)
    app.state.ledgers = {"till": ledger}
    return app


async def test_calls_come_oldest_first_and_page_by_page(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        first = (await client.get("/sandbox/till/calls?limit=2")).json()
        assert [call["order"] for call in first["items"]] == ["one", "two"]
        rest = (await client.get(f"/sandbox/till/calls?limit=2&after={first['next']}")).json()
        assert ([call["order"] for call in rest["items"]], rest["next"], rest["total"]) == (["one"], None, 3)


@pytest.mark.parametrize("forged", ["one", None, 1.5])
async def test_a_forged_place_is_refused(app: FastAPI, forged: object) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get(f"/sandbox/till/calls?after={encode_key([forged])}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")
