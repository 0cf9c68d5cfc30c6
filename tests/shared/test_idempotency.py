"""A POST sent twice does its work once, whoever comes second and whenever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import func, insert, select

import shared.web.idempotency
from shared.contracts import ShopKey
from shared.database import Database, new_id
from shared.outbox import Outbox, Transaction
from shared.problems import Problem
from shared.security import Caller, Keyring, allow, hash_key, hear_shops
from shared.web import create_app, json_response, once
from shared.web.idempotency import forget_keys, idempotency_keys
from tests.shared.conftest import Clock
from tests.shared.model import shop, things


class House:
    """A service with one command: note a name. It can be told to refuse, or to take its time."""

    def __init__(self, client: httpx.AsyncClient, outbox: Outbox) -> None:
        self.client = client
        self.outbox = outbox
        self.refuse = False
        self.inside = asyncio.Event()
        self.going = asyncio.Event()
        self.going.set()

    async def note(
        self, name: str, key: str | None = "k", *, caller: str = "ck_one", path: str = "/things", shop: str = "main"
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {caller}", "Comptoir-Shop": shop}
        headers |= {} if key is None else {"Idempotency-Key": key}
        return await self.client.post(path, json={"name": name}, headers=headers)

    async def command(self, tx: Transaction, name: str) -> Response:
        await tx.execute(insert(things), {"name": new_id()[-20:], "number": 1})
        self.inside.set()
        await self.going.wait()
        if self.refuse:
            raise Problem("not today")
        return json_response(
            {"name": name, "id": new_id()}, 201, {"ETag": '"1"', "Location": "/things/1", "X-Own": "1"}
        )

    async def done(self) -> int:
        async with self.outbox.db.read() as conn:
            return int((await conn.execute(select(func.count()).select_from(things))).scalar_one())


@pytest.fixture
async def house(db: Database, outbox: Outbox, clock: Clock) -> AsyncIterator[House]:
    keys = [ShopKey(id=name, sha256=hash_key(f"ck_{name}"), scopes=("admin",)) for name in ("one", "two")]
    async with outbox.transaction() as tx:
        await hear_shops(tx, [shop("main", *keys), shop("second", *keys)])
    router = APIRouter()
    made: list[House] = []

    @router.post("/things")
    @router.post("/others")
    async def note(request: Request, caller: Annotated[Caller, Depends(allow("x"))]) -> Response:
        name = (await request.json())["name"]
        return await once(request, outbox, caller, lambda tx: made[0].command(tx, name))

    app = create_app("test", "1", [router], docs=False)
    app.state.keyring = Keyring(db, clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        made.append(House(client, outbox))
        yield made[0]


async def test_the_same_key_gets_the_same_answer(house: House) -> None:
    first, second = await house.note("a"), await house.note("a")
    assert (first.status_code, first.text) == (second.status_code, second.text)
    for name in ("etag", "location", "content-type"):
        assert first.headers[name] == second.headers[name]
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert "x-own" not in second.headers
    assert await house.done() == 1


async def test_without_a_key_every_request_counts(house: House) -> None:
    for _ in range(2):
        assert (await house.note("a", None)).status_code == 201
    assert await house.done() == 2


async def test_the_same_key_for_another_body_is_refused(house: House) -> None:
    await house.note("a")
    response = await house.note("b")
    assert response.status_code == 422
    assert response.json()["type"].endswith("idempotency-key-reused")
    assert await house.done() == 1


@pytest.mark.parametrize("other", [{"caller": "ck_two"}, {"path": "/others"}, {"shop": "second"}])
async def test_a_key_is_scoped_to_shop_caller_and_route(house: House, other: dict[str, str]) -> None:
    await house.note("a")
    assert (await house.note("b", **other)).status_code == 201
    assert await house.done() == 2


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_a_length(house: House, key: str) -> None:
    assert (await house.note("a", key)).status_code == 422
    assert (await house.note("a", "x" * 255)).status_code == 201


async def test_the_second_of_two_at_once_waits_for_the_first(house: House) -> None:
    house.going.clear()
    first = asyncio.create_task(house.note("a"))
    await house.inside.wait()
    second = asyncio.create_task(house.note("a"))
    other = asyncio.create_task(house.note("b"))
    await asyncio.sleep(0)
    assert not second.done()
    house.going.set()
    async with asyncio.timeout(10):
        answers = await asyncio.gather(first, second, other)
    assert answers[0].text == answers[1].text
    assert answers[2].status_code == 422
    assert await house.done() == 1


async def test_a_refusal_leaves_no_key(house: House) -> None:
    house.refuse = True
    assert (await house.note("a")).status_code == 409
    house.refuse = False
    assert (await house.note("a")).status_code == 201
    assert await house.done() == 1


async def test_the_second_takes_over_when_the_first_is_refused(house: House) -> None:
    house.refuse = True
    house.going.clear()
    first = asyncio.create_task(house.note("a"))
    await house.inside.wait()
    second = asyncio.create_task(house.note("a"))
    await asyncio.sleep(0)
    house.going.set()
    async with asyncio.timeout(10):
        answers = await asyncio.gather(first, second)
    assert [answer.status_code for answer in answers] == [409, 409]
    assert await house.done() == 0


async def test_keys_are_forgotten_after_their_time(house: House, clock: Clock) -> None:
    await house.note("a", "old")
    clock.forward(hours=23)
    await house.note("a", "young")
    clock.forward(hours=2)
    async with house.outbox.transaction() as tx:
        assert await forget_keys(tx, hours=24) == 1
    assert (await house.note("a", "young")).headers["idempotent-replayed"] == "true"
    assert (await house.note("another", "old")).status_code == 201


async def test_off_without_the_claim_the_work_is_done_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row of the key, inserted first, is the one thing that makes it once."""

    async def unclaimed(_tx: Transaction, _scope: str, _digest: str) -> None:
        return None

    monkeypatch.setattr(shared.web.idempotency, "_claim", unclaimed)
    for _ in range(2):
        await house.note("a")
    assert await house.done() == 2
    async with house.outbox.db.read() as conn:
        assert (await conn.execute(select(idempotency_keys))).all() == []
