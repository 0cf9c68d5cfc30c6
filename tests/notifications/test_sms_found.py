"""An SMS in doubt is looked for by what it looks like, and is never taken for another's that looks the same."""

from typing import Any

from sqlalchemy import select

from services.notifications.jobs.reports import heed_reports
from services.notifications.queries.sms_taken import taken
from services.notifications.tables import attempts
from shared.contracts import Customer, Order, Texts
from tests.notifications.driver import NOON, Clock, Driver, entry, order

SAME = Texts(name="Reçue", sms="Votre commande avance.")


def texted(number: int, phone: str = "06 12 34 56 78") -> Order:
    """An order whose client is sent the same words as every other's."""
    client = Customer(name="Camille Dubois", email="camille@example.com", phone=phone)
    return order(number, 1, entry(number, sms=True, texts=SAME), customer=client)


async def sms(house: Driver, number: int) -> dict[str, Any]:
    [found] = await house.deliveries(order=f"CO-{number}")
    return found


async def look_until_it_ends(house: Driver, clock: Clock) -> None:
    for _ in range(10):
        clock.forward(seconds=6)
        await house.deliver()


async def test_one_that_never_left_is_not_taken_for_one_that_did(house: Driver, clock: Clock) -> None:
    await house.hear(texted(1))
    await house.deliver()
    clock.forward(seconds=1)
    await house.fault("sms", "500")
    await house.hear(texted(2))
    await house.deliver()
    await look_until_it_ends(house, clock)
    first, second = await sms(house, 1), await sms(house, 2)
    assert first["outcome"] == "done"
    assert (second["outcome"], second["reference"], second["needs_person"]) == ("unknown", None, True)


async def test_of_two_in_doubt_one_alone_has_what_left(house: Driver, clock: Clock) -> None:
    for number, fault in ((1, "reset_after_accept"), (2, "500")):
        await house.fault("sms", fault)
        await house.hear(texted(number))
        await house.deliver()
    found = [await sms(house, number) for number in (1, 2)]
    assert [one["outcome"] for one in found] == ["unknown", "unknown"]
    await look_until_it_ends(house, clock)
    found = [await sms(house, number) for number in (1, 2)]
    assert sorted(one["outcome"] for one in found) == ["done", "unknown"]


async def test_one_sent_again_is_not_taken_for_the_one_before(house: Driver, clock: Clock) -> None:
    await house.hear(texted(1, "+33639980001"))
    await house.deliver()
    for _ in range(2):
        await house.service.state["sandbox"].sms.deliver()
    await heed_reports(house.service.outbox)
    never = await sms(house, 1)
    assert never["outcome"] == "rejected"
    clock.forward(seconds=1)
    await house.fault("sms", "500")
    again = await house.http.post(f"/api/v1/notifications/deliveries/{never['id']}/retry")
    assert again.status_code == 200
    await house.deliver()
    await look_until_it_ends(house, clock)
    assert (await sms(house, 1))["outcome"] == "unknown"


async def test_what_an_attempt_brought_that_was_given_up_is_its_deliverys(house: Driver, clock: Clock) -> None:
    """Its outcome came when another worker had taken over: the look-up of that one finds it."""
    await house.hear(texted(1))
    await house.deliver()
    [(delivery, sid)] = await house.rows(select(attempts.c.obligation_id, attempts.c.reference))
    asked = [(delivery, NOON), ("another", NOON), (delivery, clock.now.replace(second=1))]
    async with house.service.db.read() as conn:
        had = [await taken(conn, "cave", which, since, [sid]) for which, since in asked]
    assert had == [frozenset(), {sid}, {sid}]
