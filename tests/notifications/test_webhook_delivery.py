"""What becomes of a webhook whose receiver fails: the schedule, throttling, shutting off, replaying, the log."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.commands.claim import LaneKey, claim
from services.notifications.domain.lifecycle import SCHEDULES
from services.notifications.tables import lanes, webhook_endpoints
from shared.contracts import Status, StatusType
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import ADMINISTRATORS, NOON, Clock, Driver, entry, order
from tests.notifications.receiving import WEBHOOKS, Receiver, listen

SEEN = {"outcome": "done", "reason": "seen"}
SHIPPED = Status(mnemonic="shipped", type=StatusType.SHIPPED)


async def the_delivery(house: Driver, code: str = "CO-1") -> dict[str, Any]:
    [found] = await house.deliveries(order=code)
    return found


async def the_endpoint(house: Driver, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await house.http.get(f"{WEBHOOKS}/{made['id']}")).json()
    return found


async def next_try(house: Driver, clock: Clock) -> float | None:
    """Move on to the next try and make it; how long it was waited for."""
    at = (await the_delivery(house))["next_attempt_at"]
    if at is None:
        return None
    due = datetime.fromisoformat(at)
    waited = (due - clock.now).total_seconds()
    clock.now = due
    await house.deliver()
    return waited


@pytest.mark.failure_mode(14)
async def test_ten_tries_in_75_hours_then_the_endpoint_is_shut_off(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    made = await listen(house, receiver)
    receiver.answer(500, body="broken")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    waits = []
    while (waited := await next_try(house, clock)) is not None:
        waits.append(waited)
    schedule = SCHEDULES["webhook"]
    assert len(waits) == len(schedule)
    assert all(due <= waited <= 1.1 * due + 1 for due, waited in zip(schedule, waits, strict=True))
    assert timedelta(hours=75) < clock.now - NOON < timedelta(hours=84)
    assert len(receiver.got) == 10
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1, "one message over all tries"
    assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 10, "of the moment of each"
    assert (await the_delivery(house))["reason"] == "given up: 500 broken"
    assert (await house.answer()).open == 0
    shut = await the_endpoint(house, made)
    await house.deliver()
    [mail] = await house.calls("mail")
    assert mail["request"]["to"] == list(ADMINISTRATORS)
    assert mail["request"]["subject"] == "La Cave : le webhook « 127.0.0.1 » ne répond plus"
    assert "500 broken" in mail["request"]["text"]
    [told] = await house.deliveries(role="administrator")
    again = await house.http.post(f"/api/v1/notifications/deliveries/{told['id']}/settle", json=SEEN)
    assert again.status_code == 409
    assert shut["disabled_at"]
    assert "500 broken" in shut["disabled_reason"]


async def test_an_endpoint_that_was_shut_off_is_told_the_newest_once_enabled(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    made = await listen(house, receiver)
    receiver.answer(410)
    await house.hear(order(1, 1, entry(1)), order(2, 1, entry(2)))
    await house.deliver()
    assert (await the_endpoint(house, made))["disabled_reason"] == "it answered 410 Gone"
    receiver.got.clear()
    await house.hear(order(1, 2, entry(3, version=2), status=SHIPPED), order(3, 1, entry(4)))
    await house.deliver()
    assert receiver.got == [], "it is called no more"
    assert [await house.outcomes(number) for number in (1, 2, 3)] == [[("webhook", "rejected")]] * 3
    assert (await the_delivery(house, "CO-3"))["reason"] == "the endpoint is off: it answered 410 Gone"
    receiver.answer(200)
    enabled = await house.http.post(f"{WEBHOOKS}/{made['id']}/enable")
    assert enabled.json() == {"count": 3, "dry_run": False}
    await house.deliver()
    await house.deliver()
    assert sorted(receiver.types()) == [("CO-1", "order.placed"), ("CO-2", "order.placed"), ("CO-3", "order.placed")]
    newest = next(one for one in receiver.documents() if one["data"]["code"] == "CO-1")
    assert newest["data"]["events"] == ["order.placed", "order.shipped", "order.status_changed"]
    assert newest["data"]["order"]["status"]["type"] == "shipped"
    assert (await the_endpoint(house, made))["disabled_at"] is None


async def test_after_two_hours_away_everything_is_told_once_as_it_now_is(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    await listen(house, receiver)
    receiver.answer(503)
    for minute in range(120):
        if minute < 40:
            await house.hear(order(minute, 1, entry(minute)))
        elif minute < 60:
            await house.hear(order(minute - 40, 2, entry(minute, version=2), status=SHIPPED))
        await house.deliver()
        clock.forward(minutes=1)
    calls_while_away = len(receiver.got)
    assert calls_while_away < 40 * 5, "an open breaker spares a receiver that is down"
    receiver.answer(200)
    receiver.got.clear()
    for _ in range(120):
        await house.deliver()
        clock.forward(minutes=2)
    told = {one["data"]["code"]: one["data"] for one in receiver.documents()}
    assert len(receiver.got) == len(told) == 40, "each order once"
    assert {code for code, data in told.items() if data["version"] == 2} == {f"CO-{number}" for number in range(20)}
    assert {(await house.answer(number)).open for number in range(40)} == {0}


@pytest.mark.failure_mode(1)
async def test_429_silences_the_endpoint_for_as_long_as_it_asks(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    await listen(house, receiver)
    receiver.answer(429, 200, retry_after="90")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    await house.hear(order(2, 1, entry(2)))
    clock.forward(seconds=89)
    await house.deliver()
    assert len(receiver.got) == 1
    clock.forward(seconds=11)
    await house.deliver()
    assert sorted(receiver.types()) == [("CO-1", "order.placed")] * 2 + [("CO-2", "order.placed")]


@pytest.mark.parametrize(
    ("status", "quiet", "failures"), [(502, True, 0), (504, True, 0), (503, False, 1), (302, False, 1), (404, False, 1)]
)
async def test_what_a_refusal_does_to_the_lane(
    house: Driver, receiver: Receiver, status: int, quiet: bool, failures: int
) -> None:
    await listen(house, receiver)
    receiver.answer(status, location="http://127.0.0.1:9/")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    assert await house.outcomes() == [("webhook", "retry")]
    [lane] = await house.rows(select(lanes.c.quiet_until, lanes.c.failures))
    assert (lane.quiet_until is not None, lane.failures) == (quiet, failures)


async def test_an_order_that_is_refused_delays_no_other(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    receiver.answer(422, 422, 422, 422, 200)
    for number in range(1, 7):
        await house.hear(order(number, 1, entry(number)))
        await house.deliver()
    outcomes = [(await house.outcomes(number))[0][1] for number in range(1, 7)]
    assert outcomes == ["retry"] * 4 + ["done"] * 2


async def test_one_endpoints_trouble_is_not_anothers(make_driver: MakeDriver, receiver: Receiver) -> None:
    house = await make_driver(webhook_seconds=2.0)
    await listen(house, receiver, "/slow")
    await listen(house, receiver)
    for number in range(1, 6):
        await house.hear(order(number, 1, entry(number)))
    await house.deliver()
    assert len(receiver.documents()) == 5
    slow = [one for one in await house.deliveries() if one["outcome"] == "retry"]
    assert {one["reason"] for one in slow if one["attempts"]} == {"no answer within 2 s"}


async def test_a_range_is_replayed(house: Driver, receiver: Receiver, clock: Clock) -> None:
    made = await listen(house, receiver)
    for number in range(1, 4):
        await house.hear(order(number, 1, entry(number, at=clock.now)))
        await house.deliver()
        clock.forward(hours=1)
    first = {got.headers["webhook-id"] for got in receiver.got}
    receiver.got.clear()
    url = f"{WEBHOOKS}/{made['id']}/replay"
    wanted = {"since": (NOON + timedelta(minutes=30)).isoformat(), "until": clock.now.isoformat()}
    dry = await house.http.post(url, json=wanted | {"dry_run": True})
    assert dry.json() == {"count": 2, "dry_run": True}
    await house.deliver()
    assert receiver.got == []
    assert (await house.http.post(url, json=wanted)).json() == {"count": 2, "dry_run": False}
    await house.deliver()
    assert sorted(receiver.types()) == [("CO-2", "order.placed"), ("CO-3", "order.placed")]
    assert {got.headers["webhook-id"] for got in receiver.got} < first, "the same messages once more"
    one = await house.http.post(url, json=wanted | {"order": "CO-3"})
    assert one.json()["count"] == 1
    wrong = await house.http.post(url, json={"since": clock.now.isoformat(), "until": NOON.isoformat()})
    assert wrong.status_code == 422


async def test_what_was_off_or_not_asked_for_is_replayed_as_it_now_is(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    made = await listen(house, receiver, filters={"events": ["order.placed"]})
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    await house.hear(order(1, 2, entry(2, version=2), status=SHIPPED))
    url = f"{WEBHOOKS}/{made['id']}"
    receiver.answer(503)
    await house.hear(order(2, 1, entry(3)))
    await house.deliver()
    off = await house.http.put(url, json={"url": made["url"], "active": False})
    assert off.json()["active"] is False
    await house.deliver()
    assert (await the_delivery(house, "CO-2"))["reason"] == "the endpoint is off: its seller switched it off"
    await house.hear(order(2, 2, entry(4, version=2), status=SHIPPED), order(3, 1, entry(5)))
    await house.deliver()
    refused = await house.http.post(f"{url}/replay", json={"since": NOON.isoformat()})
    assert refused.status_code == 409
    await house.http.put(url, json={"url": made["url"]})
    receiver.answer(200)
    receiver.got.clear()
    clock.forward(seconds=1)
    assert (await house.http.post(f"{url}/replay", json={"since": NOON.isoformat()})).json()["count"] == 2
    await house.deliver()
    told = {one["data"]["code"]: one for one in receiver.documents()}
    assert {one["data"]["order"]["status"]["type"] for one in told.values()} == {"shipped"}
    assert {code: one["type"] for code, one in told.items()} == {"CO-1": "order.placed", "CO-2": "order.placed"}


async def test_a_person_who_retries_gives_it_all_its_tries_again(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    made = await listen(house, receiver)
    receiver.answer(422)
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    while await next_try(house, clock) is not None:
        pass
    url = f"/api/v1/notifications/deliveries/{(await the_delivery(house))['id']}"
    await house.http.post(f"{WEBHOOKS}/{made['id']}/enable")
    await house.deliver()
    assert (await house.http.post(f"{url}/retry")).json()["outcome"] == "due"
    await house.deliver()
    again = await the_delivery(house)
    assert (again["outcome"], again["attempts"]) == ("retry", 1)
    assert (await the_endpoint(house, made))["disabled_at"] is None


async def test_a_worker_that_died_during_a_call_costs_one_more_try(
    house: Driver, receiver: Receiver, clock: Clock
) -> None:
    made = await listen(house, receiver)
    await house.hear(order(1, 1, entry(1)))
    async with house.service.outbox.transaction(batch=True) as tx:
        await claim(tx, LaneKey("webhook", "cave", made["id"]), 1, -1.0)
    receiver.answer(500, 200)
    await house.deliver()
    assert await house.outcomes() == [("webhook", "retry")], "not unknown: a receiver drops what comes twice"
    clock.forward(minutes=6)
    await house.deliver()
    assert await house.outcomes() == [("webhook", "done")]


async def test_the_log_shows_every_call(house: Driver, receiver: Receiver, clock: Clock) -> None:
    made = await listen(house, receiver)
    receiver.answer(500, 200, body="la caisse\x00 est <en panne>")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    clock.forward(seconds=6)
    await house.deliver()
    page = (await house.http.get(f"{WEBHOOKS}/{made['id']}/calls", params={"limit": 1})).json()
    [newest] = page["items"]
    assert (newest["order"], newest["attempt"], newest["outcome"], newest["status"]) == ("CO-1", 2, "done", 200)
    assert 0 <= newest["seconds"] < 20
    rest = await house.http.get(f"{WEBHOOKS}/{made['id']}/calls", params={"limit": 1, "after": page["next"]})
    [older] = rest.json()["items"]
    assert (older["status"], older["answer"]) == (500, "la caisse est <en panne>")
    assert (page["total"], rest.json()["next"]) == (2, None)
    [row] = await house.rows(select(webhook_endpoints.c.failing_since, webhook_endpoints.c.delivered_at))
    assert (row.failing_since, row.delivered_at) == (None, clock.now)


async def test_what_waits_for_an_endpoint_that_is_removed_is_settled(house: Driver, receiver: Receiver) -> None:
    made = await listen(house, receiver)
    receiver.answer(503)
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    assert (await house.http.delete(f"{WEBHOOKS}/{made['id']}")).status_code == 204
    await house.deliver()
    assert (await the_delivery(house))["reason"] == "the endpoint was removed"
    assert (await house.answer()).open == 0
