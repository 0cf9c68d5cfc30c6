"""An open page of orders hears what every service did, without asking: the mail that left, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from tests.flow.suite import Suite

SECONDS = 30.0


@pytest.mark.row("S2-11", owners="ON")
async def test_an_open_page_is_told_that_the_mail_has_left(suite: Suite) -> None:
    """Each event is a reason to look again; the one that the mail's outcome made shows it."""
    sku = await suite.product(stock=1)
    async with suite.client.stream("GET", "/api/v1/orders/events") as page, asyncio.timeout(SECONDS):
        assert page.headers["content-type"].startswith("text/event-stream")
        events = _events(page.aiter_lines())
        await anext(events)
        code = (await suite.placed((sku, 1)))["code"]
        kinds = []
        async for told in events:
            if told.get("code") != code:
                continue
            kinds.append(told["kind"])
            mails = [entry["text"] for entry in await _timeline(suite, code) if entry["kind"] == "delivery"]
            if "mail to client: done" in mails:
                break
    assert kinds[0] == "created"
    assert set(kinds[1:]) == {"changed"}


async def _timeline(suite: Suite, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await suite.get(f"/api/v1/orders/{code}/timeline"))["items"]
    return found


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    """What the stream says; its greeting as an empty one."""
    async for line in lines:
        if line.startswith("data: "):
            yield orjson.loads(line.removeprefix("data: "))
        elif line.startswith("id: "):
            yield {}
