"""What an operator sees and does: lists page by page; parked messages shown, replayed, dropped; each shop its own."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from shared.batch import Consumer
from shared.contracts import Order, ShopKey
from shared.database import Database
from shared.outbox import Outbox, Transaction
from shared.problems import Invalid
from shared.security import Keyring, hash_key, hear_shops
from shared.web import after_key, create_app, page_of
from shared.web.operations import operations_router
from shared.web.paging import encode_key
from tests.shared.conftest import Clock
from tests.shared.hearing import POISON, aside, guard, hear
from tests.shared.model import applied_versions, converge, order, shop

DEAD = "/api/v1/billing/operations/dead"
OUTBOX = "/api/v1/billing/operations/outbox"


class House:
    """A service that hears orders, with its operations; `healed` makes it able to apply what it could not."""

    def __init__(self, outbox: Outbox) -> None:
        self.name = "billing"
        self.db = outbox.db
        self.outbox = outbox
        self.healed = False
        self.consumer: Consumer[Order, Transaction] = Consumer(Order, outbox.transaction, self.apply)
        self.hears = {Order.name: self.consumer}

    async def apply(self, tx: Transaction, orders: Sequence[Order]) -> None:
        if not self.healed and any(heard.totals.gross == POISON for heard in orders):
            raise ValueError("poison")
        await converge(tx, orders)


@pytest.fixture
async def house(outbox: Outbox) -> AsyncIterator[House]:
    made = House(outbox)
    yield made
    await made.consumer.stop()


@pytest.fixture
async def client(house: House, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    keys = {
        "operator": ("main", ("operations",)),
        "reader": ("main", ("orders:read",)),
        "admin": ("main", ("admin",)),
        "stranger": ("second", ("operations",)),
    }
    async with house.outbox.transaction() as tx:
        for name in ("main", "second"):
            held = [
                ShopKey(id=key, sha256=hash_key(key), scopes=scopes) for key, (of, scopes) in keys.items() if of == name
            ]
            await hear_shops(tx, [shop(name, *held)])
    app = create_app("billing", "1", [operations_router("billing")], docs=False)
    app.state.keyring, app.state.service = Keyring(house.db, clock), house
    headers = {"Authorization": "Bearer operator"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers) as client:
        yield client


def as_(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


class TestParked:
    async def test_it_is_listed_and_shown_with_its_body(self, house: House, client: httpx.AsyncClient) -> None:
        poison = order(2, id="bad", gross=POISON)
        await hear(house.consumer, poison)
        [listed] = (await client.get(DEAD)).json()["items"]
        assert (listed["key"], listed["version"], listed["reason"]) == ("bad", 2, "ValueError: poison")
        assert "body" not in listed
        shown = (await client.get(f"{DEAD}/{Order.name}/bad")).json()
        assert Order.decode(shown["body"]) == poison

    async def test_replayed_it_is_applied_or_still_parked(
        self, house: House, client: httpx.AsyncClient, db: Database
    ) -> None:
        await hear(house.consumer, order(2, id="bad", gross=POISON))
        url = f"{DEAD}/{Order.name}/bad"
        assert (await client.post(url)).json()["parked"] is True
        house.healed = True
        assert (await client.post(url)).json()["parked"] is False
        assert await applied_versions(db) == {"bad": 2}
        assert await guard(db, "bad") == (2, False)
        assert (await client.post(url)).status_code == 404

    async def test_the_fields_this_version_does_not_know_are_kept(
        self, house: House, client: httpx.AsyncClient
    ) -> None:
        """A newer version of the service may need them when the message is replayed."""
        body = order(1, id="bad", gross=POISON).encode().replace(b"{", b'{"from_the_future":1,', 1)
        await hear(house.consumer, body)
        assert (await client.get(f"{DEAD}/{Order.name}/bad")).json()["body"].encode() == body

    async def test_dropped_it_is_gone_and_a_newer_version_comes_through(
        self, house: House, client: httpx.AsyncClient, db: Database
    ) -> None:
        await hear(house.consumer, order(2, id="bad", gross=POISON))
        assert (await client.delete(f"{DEAD}/{Order.name}/bad")).status_code == 204
        assert await aside(db) == {}
        assert await guard(db, "bad") == (0, False)
        await hear(house.consumer, order(3, id="bad"))
        assert await applied_versions(db) == {"bad": 3}

    async def test_another_shops_is_not_there(self, house: House, client: httpx.AsyncClient) -> None:
        await hear(house.consumer, order(2, id="bad", gross=POISON))
        url = f"{DEAD}/{Order.name}/bad"
        assert (await client.get(DEAD, headers=as_("stranger"))).json()["items"] == []
        for method in ("GET", "POST", "DELETE"):
            assert (await client.request(method, url, headers=as_("stranger"))).status_code == 404
            assert (await client.request(method, url, headers=as_("reader"))).status_code == 403

    async def test_bytes_of_no_shop_are_for_administrators(
        self, house: House, client: httpx.AsyncClient, db: Database
    ) -> None:
        await hear(house.consumer, b"nonsense \xff\x00")
        [key] = await aside(db)
        assert (await client.get(DEAD)).json()["items"] == []
        [listed] = (await client.get(DEAD, headers=as_("admin"))).json()["items"]
        assert (listed["key"], listed["shop"]) == (key, "-")
        url = f"{DEAD}/{Order.name}/{key}"
        assert (await client.post(url)).status_code == 404
        assert (await client.post(url, headers=as_("admin"))).json()["parked"] is True
        assert list(await aside(db)) == [key], "replayed, it is the same nonsense under the same key"
        assert (await client.delete(url, headers=as_("admin"))).status_code == 204

    async def test_bytes_that_a_newer_service_understands_are_applied(
        self, house: House, client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decode = Order.decode
        monkeypatch.setattr(Order, "decode", lambda _body: decode(b"{}"))
        await hear(house.consumer, order(1, id="o1").encode())
        monkeypatch.setattr(Order, "decode", decode)
        [key] = await aside(db)
        answer = await client.post(f"{DEAD}/{Order.name}/{key}", headers=as_("admin"))
        assert answer.json()["parked"] is False
        assert await applied_versions(db) == {"o1": 1}

    async def test_a_message_nobody_hears_any_more(self, house: House, client: httpx.AsyncClient) -> None:
        await hear(house.consumer, order(2, id="bad", gross=POISON))
        house.hears.clear()
        assert (await client.post(f"{DEAD}/{Order.name}/bad")).status_code == 404


class TestLists:
    async def test_pages_follow_one_another_to_the_end(self, house: House, client: httpx.AsyncClient) -> None:
        async with house.outbox.transaction() as tx:
            for number in range(7):
                tx.send(order(id=f"o{number}"))
            tx.send(order(id="theirs", shop="second"))
        seen, after, pages = [], None, 0
        while after or not pages:
            page = (await client.get(OUTBOX, params={"limit": 3} | ({"after": after} if after else {}))).json()
            seen += [item["key"] for item in page["items"]]
            after, pages = page["next"], pages + 1
            assert page["total"] == 7
        assert seen == [f"o{number}" for number in range(7)]
        assert pages == 3

    async def test_messages_that_are_just_being_said_can_be_left_out(
        self, house: House, client: httpx.AsyncClient, clock: Clock
    ) -> None:
        for name in ("o1", "o2"):
            async with house.outbox.transaction() as tx:
                tx.send(order(id=name))
            clock.forward(seconds=6)
        for age, expected in ((0, ["o1", "o2"]), (6, ["o1", "o2"]), (7, ["o1"]), (12, ["o1"]), (13, [])):
            page = (await client.get(OUTBOX, params={"older_than": age})).json()
            assert ([item["key"] for item in page["items"]], page["total"]) == (expected, len(expected))

    @pytest.mark.parametrize("query", ["older_than=-1", "older_than=99999999999", "older_than=x"])
    async def test_an_age_that_is_none_is_refused(self, client: httpx.AsyncClient, query: str) -> None:
        response = await client.get(f"{OUTBOX}?{query}")
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "older_than")

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=x", "after=WzFd", "after=WzEsMl0"])
    async def test_what_this_list_did_not_hand_out_is_refused(self, client: httpx.AsyncClient, query: str) -> None:
        response = await client.get(f"{OUTBOX}?{query}")
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] in {"limit", "after"}

    def test_an_exact_page_is_the_last(self) -> None:
        assert page_of([1, 2], 2, 2, [2]).next is None
        following = page_of([1, 2, 3], 2, 3, [2])
        assert (following.items, after_key(following.next, 1)) == ([1, 2], [2])

    @pytest.mark.parametrize("values", [[{}], [[1]], [True], ["nul \0"], ["1"]])
    def test_the_kinds_of_a_key_are_checked(self, values: list[object]) -> None:
        with pytest.raises(Invalid):
            after_key(encode_key(values), 1, kinds=(int,))
