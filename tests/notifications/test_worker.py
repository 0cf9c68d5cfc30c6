"""What the worker does with due obligations: order, repetition, uncertainty, breakers, quotas, leases."""

import asyncio

import pytest
from sqlalchemy import select, update

from services.notifications.commands.claim import Claimed, LaneKey, claim
from services.notifications.commands.record import Finished, record
from services.notifications.domain.results import done
from services.notifications.tables import attempts, lanes, obligations
from shared.contracts import Channel, Outcome
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Clock, Driver, entry, marketplace_order, order, parcel

MAIL = LaneKey("mail", "cave", "send")


async def test_everything_an_order_asks_for_leaves_the_house_once(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True, mail_admins=True, sms=True)))
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), parcel(2, (2, 2)), number=2))
    await house.hear(marketplace_order(Channel.EBAY, 1, parcel(1), number=3))
    await house.deliver()
    await house.deliver()
    seen = {name: [call["order"] for call in await house.calls(name)] for name in ("mail", "sms", "amazon", "ebay")}
    assert seen == {"mail": ["CO-1"] * 2, "sms": ["CO-1"], "amazon": ["902-0000002"] * 2, "ebay": ["902-0000003"]}
    for number in (1, 2, 3):
        answer = await house.answer(number)
        assert answer.open == 0
        assert {item.outcome for item in answer.items} == {Outcome.DONE}
        assert all(item.attempts == 1 and item.reference for item in answer.items)


async def test_mails_of_an_order_leave_in_the_order_of_its_entries(house: Driver, clock: Clock) -> None:
    await house.fault("mail", "429")
    await house.hear(order(1, 1, entry(1, mail=True)), order(1, 2, entry(2, version=2, mail=True)))
    await house.deliver()
    await house.hear(order(2, 1, entry(3, mail=True)))
    await house.deliver()
    assert await house.outcomes(1) == [("mail", "retry"), ("mail", "due")]
    assert await house.outcomes(2) == [("mail", "done")]
    clock.forward(seconds=5)
    await house.deliver()
    assert await house.outcomes(1) == [("mail", "done"), ("mail", "done")]
    taken = [
        call for call in await house.calls("mail") if call["order"] == "CO-1" and call["response"]["status"] == 250
    ]
    answer = await house.answer(1)
    assert [call["request"]["message_id"] for call in taken] == [f"<{item.id}@example.com>" for item in answer.items]


@pytest.mark.failure_mode(3)
async def test_a_mail_of_unknown_outcome_goes_again_under_its_message_id(house: Driver, clock: Clock) -> None:
    await house.fault("mail", "timeout_after_accept")
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    assert await house.outcomes() == [("mail", "unknown")]
    clock.forward(seconds=5)
    await house.deliver()
    assert await house.outcomes() == [("mail", "done")]
    first, second = await house.calls("mail")
    assert first["request"]["message_id"] == second["request"]["message_id"]
    assert (first["response"]["answered"], second["response"]["answered"]) == (False, True)


@pytest.mark.failure_mode(3)
async def test_an_sms_that_was_taken_without_an_answer_is_found(make_driver: MakeDriver, clock: Clock) -> None:
    house = await make_driver(call_seconds=0.2)
    await house.fault("sms", "timeout_after_accept")
    await house.hear(order(1, 1, entry(1, sms=True)))
    await house.deliver()
    assert await house.outcomes() == [("sms", "unknown")]
    clock.forward(seconds=5)
    await house.deliver()
    [item] = (await house.answer()).items
    assert (item.outcome, len(await house.calls("sms"))) == (Outcome.DONE, 1)
    assert str(item.reference).startswith("SM")


@pytest.mark.failure_mode(2)
async def test_an_sms_that_is_not_found_is_left_to_a_person(house: Driver, clock: Clock) -> None:
    await house.fault("sms", "500")
    await house.hear(order(1, 1, entry(1, sms=True)))
    for _ in range(4):
        await house.deliver()
        clock.forward(seconds=20)
    [delivery] = await house.deliveries(order="CO-1")
    assert (delivery["outcome"], delivery["needs_person"], delivery["next_attempt_at"]) == ("unknown", True, None)
    assert len(await house.calls("sms")) == 1
    assert (await house.answer()).open == 1
    answer = await house.http.post(f"/api/v1/notifications/deliveries/{delivery['id']}/retry")
    assert answer.json()["outcome"] == "due"
    await house.deliver()
    assert await house.outcomes() == [("sms", "done")]
    assert len(await house.calls("sms")) == 2


@pytest.mark.parametrize("channel", [Channel.AMAZON, Channel.EBAY])
@pytest.mark.failure_mode(3)
async def test_a_confirmation_taken_without_an_answer_is_found(
    make_driver: MakeDriver, clock: Clock, channel: Channel
) -> None:
    house = await make_driver(call_seconds=0.2)
    await house.fault(channel, "timeout_after_accept")
    await house.hear(marketplace_order(channel, 1, parcel(1)))
    await house.deliver()
    assert await house.outcomes() == [(channel, "unknown")]
    clock.forward(seconds=5)
    await house.deliver()
    assert await house.outcomes() == [(channel, "done")]
    assert len(await house.calls(channel)) == 1


async def test_a_breaker_opens_and_one_probe_heals_the_lane(house: Driver, clock: Clock) -> None:
    await house.fault("amazon", "500", 1000)
    for number in range(1, 9):
        await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=number))
    for _ in range(3):
        await house.deliver()
        clock.forward(seconds=60)
    failed = len(await house.calls("amazon"))
    assert (await house.rows(select(lanes.c.opened_at)))[0][0] is not None
    await house.deliver()
    assert len(await house.calls("amazon")) == failed + 1, "one probe at a time"
    await house.deliver()
    assert len(await house.calls("amazon")) == failed + 1, "and the next only after 15 s"
    await house.fault("amazon", "none")
    clock.forward(seconds=15)
    await house.deliver()
    await house.deliver()
    assert [await house.outcomes(number) for number in range(1, 9)] == [[("amazon", "done")]] * 8
    assert (await house.rows(select(lanes.c.opened_at)))[0][0] is None


async def test_one_sellers_trouble_is_not_anothers(house: Driver, clock: Clock) -> None:
    await house.fault("ebay", "500", 1000)
    await house.hear(marketplace_order(Channel.EBAY, 1, parcel(1), number=1))
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=2))
    await house.deliver()
    assert await house.outcomes(1) == [("ebay", "retry")]
    assert await house.outcomes(2) == [("amazon", "done")]


@pytest.mark.failure_mode(1)
async def test_a_429_silences_the_lane(house: Driver, clock: Clock) -> None:
    await house.fault("amazon", "429")
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=1))
    await house.deliver()
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=2))
    await house.deliver()
    assert await house.outcomes(2) == [("amazon", "due")]
    clock.forward(seconds=5)
    await house.deliver()
    assert [await house.outcomes(number) for number in (1, 2)] == [[("amazon", "done")]] * 2


@pytest.mark.failure_mode(17)
async def test_amazons_quota_is_kept(house: Driver, clock: Clock) -> None:
    await house.hear(marketplace_order(Channel.AMAZON, 1, *(parcel(number) for number in range(1, 16))))
    await house.deliver()
    assert len(await house.calls("amazon")) == 10
    clock.forward(seconds=1)
    await house.deliver()
    assert len(await house.calls("amazon")) == 12


async def test_a_call_that_became_obsolete_in_flight_and_failed_stays_so(house: Driver, clock: Clock) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    [held] = await _claim(house)
    await house.hear(order(1, 2, entry(1, mail=False)))
    await house.deliver()
    assert await house.calls("mail") == []
    await _record(house, held)
    assert await house.outcomes() == [("mail", "done")], "it did leave"


async def test_two_workers_never_hold_the_same_obligation(make_driver: MakeDriver) -> None:
    one, two = await make_driver(), await make_driver()
    await asyncio.gather(*(one.hear(order(number, 1, entry(1, mail=True))) for number in range(1, 31)))
    claims = await asyncio.gather(*(_claim(house, 10) for house in (one, two, one, two)))
    ids = [held.id for claim in claims for held in claim]
    assert len(ids) == len(set(ids))


async def test_two_workers_send_every_mail_once(make_driver: MakeDriver) -> None:
    one, two = await make_driver(concurrency=4), await make_driver(concurrency=4)

    async def work(house: Driver, numbers: range) -> None:
        for number in numbers:
            await house.hear(order(number, 1, entry(number, mail=True), entry(-number, mail=True)))
            await house.deliverer.run()
        await house.deliver()

    await asyncio.gather(work(one, range(1, 31)), work(two, range(31, 61)))
    await asyncio.gather(one.deliver(), two.deliver())
    sent = [call["request"]["message_id"] for house in (one, two) for call in await house.calls("mail")]
    assert len(sent) == len(set(sent)) == 120
    assert {(await one.answer(number)).open for number in range(1, 61)} == {0}


async def test_an_overdue_lease_is_taken_over_and_the_first_outcome_comes_late(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    [first] = await _claim(house, lease=-1.0)
    [second] = await _claim(house)
    assert first.unsure_since is None
    assert second.unsure_since == house.clock.now
    assert await _record(house, first) == 0
    assert await house.outcomes() == [("mail", "due")]
    assert await _record(house, second) == 1
    assert await house.outcomes() == [("mail", "done")]
    columns = (attempts.c.fence, attempts.c.outcome, attempts.c.late)
    journal = await house.rows(select(*columns).order_by(attempts.c.fence))
    assert [tuple(row) for row in journal] == [(1, "done", True), (2, "done", False)]


async def test_the_journal_is_committed_before_the_call(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    await _claim(house)
    [row] = await house.rows(select(attempts.c.started_at, attempts.c.outcome))
    assert tuple(row) == (house.clock.now, None)


async def test_a_call_ends_before_its_lease_does(make_driver: MakeDriver) -> None:
    house = await make_driver(call_seconds=30, lease_seconds=0.5)
    await house.fault("ebay", "timeout_after_accept")
    await house.hear(marketplace_order(Channel.EBAY, 1, parcel(1)))
    await house.deliver()
    [item] = (await house.answer()).items
    assert (item.outcome, item.reason) == (Outcome.UNKNOWN, "no end within 0.4 s")


async def test_without_an_account_the_delivery_is_rejected(make_driver: MakeDriver) -> None:
    house = await make_driver(sandbox=False)
    await house.hear(marketplace_order(Channel.EBAY, 1, parcel(1)))
    await house.deliver()
    [item] = (await house.answer()).items
    assert (item.outcome, item.reason) == (Outcome.REJECTED, "no ebay account is set up for this shop")
    assert (await house.answer()).open == 0


async def test_a_fault_of_ours_is_left_to_a_person(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    async with house.service.db.write() as conn:
        await conn.execute(update(obligations).values(payload={"nonsense": True}))
    await house.deliver()
    [item] = (await house.answer()).items
    assert (item.outcome, item.reason) == (Outcome.UNKNOWN, "internal error: ValidationError")
    assert (await house.deliveries(order="CO-1"))[0]["needs_person"]


async def _claim(house: Driver, limit: int = 10, lease: float = 60.0) -> list[Claimed]:
    async with house.service.outbox.transaction(batch=True) as tx:
        return await claim(tx, MAIL, limit, lease)


async def _record(house: Driver, held: Claimed) -> int:
    async with house.service.outbox.transaction(batch=True) as tx:
        return await record(tx, MAIL, [Finished(held, done("reference"))], lambda: 0.5)
