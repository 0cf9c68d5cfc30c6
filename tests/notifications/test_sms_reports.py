"""What SMS providers report: proven by the provider's own library, in any order, twice, late, or too early."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from twilio.request_validator import RequestValidator

from services.notifications.channels.sms.reports import twilio_signature
from services.notifications.commands.sms_reports import heed
from services.notifications.domain.sms_reports import Reached, Report, settled
from services.notifications.jobs.reports import heed_reports
from services.notifications.jobs.retention import forget_old
from services.notifications.settings import Settings
from services.notifications.tables import obligations, sms_reports
from shared.contracts import Customer, Outcome
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import NOON, Clock, Driver, entry, order, order_id, shop

ACCOUNT = f"AC{'0' * 32}"
TOKEN = "0123456789abcdef"
PUBLIC = "https://oms.example.com"
STATUS = "/api/v1/notifications/sms/status"
UNDELIVERED, REFUSED, SILENT, MUDDLED = (f"+3363998000{number}" for number in (1, 2, 3, 4))
REAL: dict[str, Any] = {
    "sandbox": False,
    "public_url": PUBLIC,
    "twilio": {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": "+33700000000", "base_url": "http://127.0.0.1:9"},
}


def texted(number: int = 1, phone: str = "06 12 34 56 78", **changes: Any) -> Any:
    """An order whose client is sent an SMS."""
    client = Customer(name="Camille Dubois", email="camille@example.com", phone=phone)
    return order(number, 1, entry(number, sms=True), customer=client, **changes)


async def step(house: Driver) -> None:
    """Let the sandbox's messages go one step on, and their reports be heeded."""
    await house.service.state["sandbox"].sms.deliver()
    await heed_reports(house.service.outbox)


async def shown(house: Driver) -> dict[str, Any]:
    """The one SMS with what was reported of it."""
    [listed] = await house.deliveries(channel="sms")
    found: dict[str, Any] = (await house.http.get(f"/api/v1/notifications/deliveries/{listed['id']}")).json()
    return found


async def report(house: Driver, delivery: str, status: str, sid: str = "SM1", **changes: Any) -> httpx.Response:
    """A status callback of Twilio's, signed by Twilio's own library."""
    form = {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT} | changes.pop("more", {})
    path = changes.pop("path", f"{STATUS}/twilio/cave/{delivery}")
    token = changes.pop("token", TOKEN)
    signed = RequestValidator(token).compute_signature(f"{PUBLIC}{path}", form)
    return await house.http.post(path, data=changes.pop("sent", form), headers={"X-Twilio-Signature": signed})


async def sent(house: Driver, state: Outcome = Outcome.DONE, reference: str | None = "SM1") -> str:
    """The id of a delivery that Twilio took, or may have."""
    await house.hear(texted())
    [listed] = await house.deliveries(channel="sms")
    values: dict[str, Any] = {"state": str(state), "reference": reference, "due_at": None}
    if state == Outcome.UNKNOWN:
        values["unsure_since"] = NOON
    async with house.service.outbox.transaction() as tx:
        await tx.execute(update(obligations).where(obligations.c.id == listed["id"]).values(values))
    return str(listed["id"])


def test_twilios_published_signature() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
        "To": "+18005551212",
    }  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert twilio_signature("12345", url, form) == RequestValidator("12345").compute_signature(url, form)


async def test_an_sms_is_followed_to_the_telephone(house: Driver) -> None:
    await house.hear(texted())
    await house.deliver()
    assert (await shown(house))["report"] is None
    for reached in ("sent", "delivered"):
        await step(house)
        assert (await shown(house))["report"] == {"reached": reached, "at": "2026-03-02T12:00:00Z", "code": None}
    assert await house.outcomes() == [("sms", "done")]
    assert [call["response"]["status"] for call in await house.calls("sms")] == [201, 204, 204]


@pytest.mark.parametrize(
    ("phone", "reason"),
    [(UNDELIVERED, "undelivered: 30003"), (REFUSED, "failed: 30007")],
    ids=["undelivered", "failed"],
)
async def test_what_never_arrives_is_rejected_and_told_to_the_order(house: Driver, phone: str, reason: str) -> None:
    await house.hear(texted(phone=phone))
    await house.deliver()
    before = (await house.answer()).version
    await step(house)
    await step(house)
    found = await shown(house)
    assert (found["outcome"], found["reason"], found["needs_person"]) == ("rejected", reason, True)
    answer = await house.answer()
    assert (answer.items[0].outcome, answer.items[0].reason) == (Outcome.REJECTED, reason)
    assert answer.version > before


async def test_reports_come_twice_late_and_in_the_wrong_order(house: Driver) -> None:
    await house.hear(texted(phone=MUDDLED))
    await house.deliver()
    for _ in range(3):
        await step(house)
        assert (await shown(house))["report"]["reached"] == "delivered"
    assert await house.outcomes() == [("sms", "done")]


async def test_a_report_settles_what_nobody_knew(house: Driver) -> None:
    await house.fault("sms", "reset_after_accept")
    await house.hear(texted())
    await house.deliver()
    assert await house.outcomes() == [("sms", "unknown")]
    await step(house)
    assert await house.outcomes() == [("sms", "done")]
    assert (await shown(house))["reference"].startswith("SM")
    await house.deliver()
    posted = [call for call in await house.calls("sms") if call["request"]["path"].endswith("Messages.json")]
    assert len(posted) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"token": "another"},
        {"more": {"ErrorCode": "0"}, "sent": {"MessageSid": "SM1", "MessageStatus": "failed"}},
        {"sent": b"\xff"},
        {"sent": {"MessageSid": "SM1", "MessageStatus": "failed", "AccountSid": "AC1"}},
    ],
    ids=["another token", "a field less", "no form", "another field"],
)
async def test_nobody_else_is_believed(make_driver: MakeDriver, change: dict[str, Any]) -> None:
    house = await make_driver(**REAL)
    delivery = await sent(house)
    form = change.get("sent")
    if isinstance(form, bytes):
        answer = await house.http.post(f"{STATUS}/twilio/cave/{delivery}", content=form)
    else:
        answer = await report(house, delivery, "failed", **change)
    assert answer.status_code in (400, 403), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await house.rows(select(sms_reports)) == []


async def test_a_report_is_good_for_its_own_delivery_and_shop_alone(make_driver: MakeDriver) -> None:
    house = await make_driver(**REAL)
    delivery = await sent(house)
    for path in (f"{STATUS}/twilio/cave/{order_id(7)}", f"{STATUS}/twilio/other/{delivery}"):
        signed = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{STATUS}/twilio/cave/{delivery}", {})
        assert (await house.http.post(path, headers={"X-Twilio-Signature": signed})).status_code == 403
    assert (await house.http.post(f"{STATUS}/gateway/cave", json={})).status_code == 404
    elsewhere = await report(house, delivery, "failed", path=f"{STATUS}/twilio/other/{delivery}")
    assert elsewhere.status_code == 204, "proven by the installation's account, and of no delivery of that shop"
    await heed_reports(house.service.outbox)
    assert (await shown(house))["outcome"] == "done"


async def test_a_report_that_comes_before_its_delivery_is_known_waits_for_it(make_driver: MakeDriver) -> None:
    house = await make_driver(**REAL)
    assert (await report(house, order_id(9), "undelivered", more={"ErrorCode": "30003"})).status_code == 204
    await heed_reports(house.service.outbox)
    delivery = await sent(house)
    async with house.service.outbox.transaction() as tx:
        await tx.execute(update(sms_reports).values(delivery=None))
    await heed_reports(house.service.outbox)
    assert (await shown(house))["outcome"] == "rejected"
    [row] = await house.rows(select(sms_reports.c.delivery))
    assert row.delivery == delivery


async def test_a_call_that_is_out_keeps_its_reports_waiting(make_driver: MakeDriver) -> None:
    house = await make_driver(**REAL)
    delivery = await sent(house, Outcome.DUE, None)
    mine = update(obligations).where(obligations.c.id == delivery)
    async with house.service.outbox.transaction() as tx:
        await tx.execute(mine.values(lease_until=1e12))
    await report(house, delivery, "failed")
    async with house.service.outbox.transaction() as tx:
        assert not await heed(tx)
    async with house.service.outbox.transaction() as tx:
        await tx.execute(mine.values(lease_until=None, state="done", reference="SM1"))
    await heed_reports(house.service.outbox)
    assert (await shown(house))["outcome"] == "rejected"


async def test_a_status_that_twilio_invents_says_nothing(make_driver: MakeDriver) -> None:
    house = await make_driver(**REAL)
    delivery = await sent(house)
    assert (await report(house, delivery, "teleported")).status_code == 204
    assert await house.rows(select(sms_reports)) == []


def said(reached: Reached, reference: str = "SM1") -> Report:
    return Report("cave", reference, None, reached)


@pytest.mark.parametrize(
    ("state", "unsure", "heard", "becomes"),
    [
        (Outcome.DONE, False, said(Reached.FAILED), Outcome.REJECTED),
        (Outcome.DONE, False, said(Reached.FAILED, "SM0"), None),
        (Outcome.DONE, False, said(Reached.DELIVERED), None),
        (Outcome.REJECTED, False, said(Reached.DELIVERED), Outcome.DONE),
        (Outcome.REJECTED, False, said(Reached.SENT), None),
        (Outcome.UNKNOWN, True, said(Reached.TAKEN, "SM0"), Outcome.DONE),
        (Outcome.UNKNOWN, True, said(Reached.UNDELIVERED, "SM0"), Outcome.REJECTED),
        (Outcome.OBSOLETE, True, said(Reached.DELIVERED), Outcome.DONE),
        (Outcome.OBSOLETE, True, said(Reached.FAILED), None),
        (Outcome.DUE, False, said(Reached.DELIVERED, "SM0"), None),
    ],
)
def test_what_a_report_means(state: Outcome, unsure: bool, heard: Report, becomes: Outcome | None) -> None:
    step = settled(state, ("SM1",), unsure, heard)
    assert (None if step is None else step.state) == becomes


@pytest.mark.row("S4-14")
async def test_off_means_off_for_what_waits_too(house: Driver) -> None:
    await house.hear(texted(1), texted(2))
    await house.fault("sms", "timeout_after_accept")
    await house.hear(shop(version=2, sms=False))
    async with house.service.outbox.transaction() as tx:
        doubted = update(obligations).where(obligations.c.order_id == order_id(2))
        await tx.execute(doubted.values(state="unknown", unsure_since=NOON))
    await house.deliver()
    assert await house.outcomes(1) == [("sms", "obsolete")]
    assert await house.outcomes(2) == [("sms", "unknown")], "it may have left: it is looked for"
    assert await house.calls("sms") == []


async def test_what_was_reported_is_forgotten(house: Driver, clock: Clock) -> None:
    await house.hear(texted(1), texted(2))
    await house.deliver()
    await step(house)
    assert len(await house.rows(select(sms_reports))) == 2
    await house.hear(order(1, 2, erased=True))
    assert len(await house.rows(select(sms_reports))) == 1
    clock.forward(days=91)
    await forget_old(house.service.outbox, Settings(sandbox=True))
    assert await house.rows(select(sms_reports)) == []
