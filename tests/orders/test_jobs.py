"""Healing: re-sends to who lags, digests, resync, terms of payment."""

from datetime import timedelta

from services.orders.jobs import Look, Unsettled, continue_resync, expire_payment_terms, publish_shops
from services.orders.queries.hearings import SERVICES, HearingRecord, lagging, reasons_unsettled
from shared.contracts import Digest, DigestItem, Order, Shop
from tests.orders.driver import Driver, Json


class TestLagging:
    """Who is told again, and what a person is told of it."""

    def test_every_service_that_owes_something(self) -> None:
        known = {
            "inventory": HearingRecord(1, heard=2),
            "billing": HearingRecord(1, heard=1),
            "notifications": HearingRecord(1, heard=2, open=3, heard_account=1),
        }
        assert lagging(2, known) == ["billing", "notifications"]
        assert reasons_unsettled(2, known)["billing"] == ["has heard version 1 of 2"]
        assert reasons_unsettled(2, known)["notifications"] == ["has 3 open"]

    def test_a_lost_account_is_asked_of_billing(self) -> None:
        known = {service: HearingRecord(4, heard=2, heard_account=3) for service in SERVICES}
        assert lagging(2, known) == ["billing"]

    def test_nobody_lags_of_a_settled_order(self) -> None:
        known = {service: HearingRecord(4, heard=2, heard_account=4) for service in SERVICES}
        assert lagging(2, known) == []


async def test_back_off_and_drained_decide(orders: Driver) -> None:
    now = orders.clock.now
    row = Unsettled("1", 1, now - timedelta(seconds=20))

    def may(
        hearing: HearingRecord | None = None, *, reached: int | None = None, empty: bool = False, at_once: bool = False
    ) -> bool:
        seen = {} if reached is None else {"billing": now - timedelta(seconds=reached)}
        look = Look(now, [row], {"1": {"billing": hearing} if hearing else {}}, seen, {"billing": empty})
        return look.may_resend(row, "billing", at_once=at_once)

    assert may(empty=True)
    assert not may(), "the service may simply be busy"
    assert may(reached=10), "it has answered something sent later"
    assert not may(reached=30)
    resent = HearingRecord(resent_at=now - timedelta(seconds=20), resends=1)
    assert not may(resent, empty=True), "the second time waits 30 s"
    assert may(resent, empty=True, at_once=True), "but not after a start"


async def resync(orders: Driver, service: str) -> None:
    answer = await orders.http.post("/api/v1/operations/resync", json={"service": service})
    assert answer.status_code == 202, answer.text


async def test_resync_says_everything_again_to_one_service(orders: Driver) -> None:
    made = [await orders.place() for _ in range(5)]
    await orders.forget_said()
    await resync(orders, "billing")
    while (await orders.get("operations/resync"))["items"][0]["finished_at"] is None:
        await continue_resync(orders.service.outbox, 2)
    said = await orders.said(Order.name)
    assert {key: detail for key, (detail, _body) in said.items()} == {one["id"]: "billing" for one in made}
    assert [detail for detail, _body in (await orders.said(Shop.name)).values()] == ["billing"]
    assert (await orders.get("operations/resync"))["items"][0]["sent"] == 5
    assert (await orders.http.post("/api/v1/operations/resync", json={"service": "nobody"})).status_code == 422


def digest(document: Json, version: int, service: str = "billing") -> Digest:
    return Digest(shop="cave", service=service, items=(DigestItem(id=document["id"], version=version),))


async def test_digest_asks_for_the_answers_that_are_missing(orders: Driver) -> None:
    made = await orders.place()
    await orders.settle(made)
    await orders.forget_said()
    orders.clock.advance(minutes=1)
    submit = orders.service.hears[Digest.name].submit
    await submit(digest(made, 1).encode())
    assert await orders.said(Order.name) == {}, "nothing is missing"
    await submit(digest(made, 2).encode())
    assert (await orders.said(Order.name))[made["id"]][0] == "billing"
    await orders.forget_said()
    await submit(digest(made, 2).encode())
    assert await orders.said(Order.name) == {}, "not again before the back-off is over"
    orders.clock.advance(minutes=1)
    await submit(digest(made, 2).encode())
    assert (await orders.said(Order.name))[made["id"]][0] == "billing"
    await submit(b"nonsense")
    await submit(digest({"id": "unknown"}, 2).encode())


async def test_shops_are_said_again(orders: Driver) -> None:
    await orders.forget_said()
    await publish_shops(orders.service.outbox)
    ((_detail, body),) = (await orders.said(Shop.name)).values()
    assert Shop.decode(body).keys[0].name == "key of cave"


class TestTerms:
    """Awaiting payment expires, unless money is on its way."""

    async def awaiting(self, orders: Driver) -> Json:
        await orders.open_shop("patient", "a-secret-of-the-patient", payment_term_hours=24)
        orders.http = orders.client("a-secret-of-the-patient")
        return await orders.place(status="awaiting_payment")

    async def status(self, orders: Driver, document: Json) -> str:
        await expire_payment_terms(orders.service.outbox)
        return str((await orders.read(document["code"]))["status"]["type"])

    async def test_unpaid_order_is_cancelled(self, orders: Driver) -> None:
        made = await self.awaiting(orders)
        orders.clock.advance(hours=23)
        assert await self.status(orders, made) == "awaiting_payment"
        orders.clock.advance(hours=2)
        assert await self.status(orders, made) == "cancelled"
        entry = (await orders.timeline(made["code"]))[-1]
        assert entry["actor"] == "automatic: expiry"

    async def test_pending_payment_keeps_it(self, orders: Driver) -> None:
        made = await self.awaiting(orders)
        await orders.hear(orders.account(made, "pending"))
        orders.clock.advance(hours=25)
        assert await self.status(orders, made) == "awaiting_payment"
        await orders.hear(orders.account(made, "failed"))
        orders.clock.advance(hours=1)
        assert await self.status(orders, made) == "cancelled"

    async def test_moved_order_has_no_term_any_more(self, orders: Driver) -> None:
        made = await self.awaiting(orders)
        await orders.move(made["code"], "processing")
        orders.clock.advance(hours=25)
        assert await self.status(orders, made) == "processing"
