"""Keys as every service verifies them: by what it has heard of the shops, and by nothing else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends
from fastapi.responses import Response

from shared.contracts import ShopKey
from shared.database import Database
from shared.outbox import Outbox
from shared.problems import Problem
from shared.security import Caller, Keyring, allow, hash_key, hear_shops
from shared.web import create_app, json_response
from tests.shared.conftest import Clock
from tests.shared.model import shop
from tests.shared.test_web import problem


class TestKeys:
    @pytest.fixture
    def keys(self, clock: Clock) -> dict[str, ShopKey]:
        expired = clock() - timedelta(seconds=1)
        return {
            "reader": ShopKey(id="k1", name="till", sha256=hash_key("ck_reader"), scopes=("orders:read",)),
            "admin": ShopKey(id="k2", sha256=hash_key("ck_admin"), scopes=("admin",)),
            "expired": ShopKey(id="k3", sha256=hash_key("ck_expired"), scopes=("admin",), expires_at=expired),
            "both": ShopKey(id="k4", sha256=hash_key("ck_both"), scopes=("orders:read",)),
        }

    @pytest.fixture
    async def keyring(self, db: Database, clock: Clock, keys: dict[str, ShopKey], outbox: Outbox) -> Keyring:
        async with outbox.transaction() as tx:
            await hear_shops(tx, [shop("main", *keys.values()), shop("second", keys["both"])])
        return Keyring(db, clock)

    @pytest.fixture
    async def client(self, keyring: Keyring) -> AsyncIterator[httpx.AsyncClient]:
        router = APIRouter()

        @router.get("/orders")
        async def orders(caller: Annotated[Caller, Depends(allow("orders:read"))]) -> Response:
            return json_response({"shop": caller.shop, "actor": caller.actor, "admin": caller.is_admin})

        app = create_app("test", "1", [router], docs=False)
        app.state.keyring = keyring
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            yield client

    async def ask(self, client: httpx.AsyncClient, key: str, shop: str | None = None) -> httpx.Response:
        headers = {"Authorization": key} | ({"Comptoir-Shop": shop} if shop else {})
        return await client.get("/orders", headers=headers)

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Basic ck_reader", "Bearer ck_unknown", "Bearer ck_expired", "ck_reader"]
    )
    async def test_no_valid_key(self, client: httpx.AsyncClient, header: str) -> None:
        response = await self.ask(client, header)
        problem(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"

    async def test_a_scope_is_enough_or_admin(self, client: httpx.AsyncClient) -> None:
        assert (await self.ask(client, "Bearer ck_reader")).json() == {"shop": "main", "actor": "till", "admin": False}
        assert (await self.ask(client, "bearer ck_admin")).json() == {"shop": "main", "actor": "k2", "admin": True}

    async def test_a_scope_that_is_missing_is_named(self, keyring: Keyring) -> None:
        with pytest.raises(Problem) as refusal:
            await keyring.caller("Bearer ck_reader", None, "orders:write")
        assert (refusal.value.status, refusal.value.members) == (403, {"scope": "orders:write"})

    async def test_a_key_of_several_shops_names_one(self, client: httpx.AsyncClient) -> None:
        assert problem(await self.ask(client, "Bearer ck_both"), 403, "forbidden")["shops"] == ["main", "second"]
        assert (await self.ask(client, "Bearer ck_both", "second")).json()["shop"] == "second"

    async def test_another_shop_is_out_of_reach(self, client: httpx.AsyncClient) -> None:
        problem(await self.ask(client, "Bearer ck_reader", "second"), 403, "forbidden")

    async def test_a_key_that_expires_stops_at_that_moment(
        self, db: Database, clock: Clock, outbox: Outbox, keyring: Keyring
    ) -> None:
        soon = ShopKey(id="k", sha256=hash_key("ck_soon"), scopes=("admin",), expires_at=clock() + timedelta(minutes=1))
        await self.publish(outbox, 2, soon)
        assert (await keyring.caller("Bearer ck_soon", None, "x")).shop == "main"
        clock.forward(minutes=1)
        with pytest.raises(Problem):
            await keyring.caller("Bearer ck_soon", None, "x")

    async def test_a_revoked_key_stops_when_the_shop_is_heard(self, outbox: Outbox, keyring: Keyring) -> None:
        assert (await keyring.caller("Bearer ck_reader", None, "orders:read")).shop == "main"
        await self.publish(outbox, 2)
        keyring.forget()
        with pytest.raises(Problem):
            await keyring.caller("Bearer ck_reader", None, "orders:read")

    async def test_an_older_shop_does_not_bring_a_revoked_key_back(
        self, outbox: Outbox, keyring: Keyring, keys: dict[str, ShopKey]
    ) -> None:
        await self.publish(outbox, 3)
        await self.publish(outbox, 2, keys["reader"])
        with pytest.raises(Problem):
            await keyring.caller("Bearer ck_reader", None, "orders:read")

    async def test_guessing_does_not_read_the_database_every_time(
        self, db: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads = 0
        read = keyring._read

        async def counted() -> None:
            nonlocal reads
            reads += 1
            await read()

        monkeypatch.setattr(keyring, "_read", counted)
        for number in range(100):
            with pytest.raises(Problem):
                await keyring.caller(f"Bearer ck_guess{number}", None, "orders:read")
        assert reads < 20

    async def publish(self, outbox: Outbox, version: int, *keys: ShopKey) -> None:
        async with outbox.transaction() as tx:
            await hear_shops(tx, [shop("main", *keys, version=version)])
