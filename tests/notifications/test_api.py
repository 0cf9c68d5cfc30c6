"""Deliveries as people and programs read them, and the decisions a person may take."""

import pytest

from shared.contracts import Channel
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Clock, Driver, entry, marketplace_order, order, parcel, shop

URL = "/api/v1/notifications/deliveries"


async def test_deliveries_of_an_order(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True, mail_admins=True)), order(2, 1, entry(2, sms=True)))
    await house.deliver()
    found = await house.deliveries(order="CO-1")
    assert [(one["channel"], one["role"], one["outcome"], one["attempts"]) for one in found] == [
        ("mail", "client", "done", 1),
        ("mail", "administrator", "done", 1),
    ]
    assert found[0]["order"] == "CO-1"
    assert found[0]["reference"].startswith("250")
    assert await house.deliveries(order="CO-9") == []
    assert {one["channel"] for one in await house.deliveries(outcome="done")} == {"mail", "sms"}


@pytest.mark.parametrize("filter_", ["outcome", "channel", "role"])
async def test_a_list_by_a_word_that_there_is_not_is_refused(house: Driver, filter_: str) -> None:
    answer = await house.http.get(URL, params={filter_: "fax"})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, filter_)
    assert {"outcome": "'done'", "channel": "'webhook'", "role": "'receiver'"}[filter_] in error["detail"]


async def test_a_list_is_paged(house: Driver) -> None:
    for number in range(1, 6):
        await house.hear(order(number, 1, entry(number, mail=True)))
    seen, after = [], None
    while True:
        page = (await house.http.get(URL, params={"limit": 2} | ({"after": after} if after else {}))).json()
        assert page["total"] == 5
        seen += [one["order"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [f"CO-{number}" for number in range(1, 6)]
    assert (await house.http.get(URL, params={"after": "nonsense"})).status_code == 422
    assert (await house.http.get(URL, params={"limit": 0})).status_code == 422


async def test_the_journal_of_a_delivery(house: Driver, clock: Clock) -> None:
    await house.fault("mail", "500")
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    clock.forward(seconds=5)
    await house.deliver()
    [delivery] = await house.deliveries(order="CO-1")
    shown = (await house.http.get(f"{URL}/{delivery['id']}")).json()
    assert [(one["number"], one["outcome"]) for one in shown["journal"]] == [(1, "retry"), (2, "done")]


async def test_a_rejected_delivery_is_retried_by_a_person(make_driver: MakeDriver) -> None:
    house = await make_driver(sandbox=False)
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1)))
    await house.deliver()
    [delivery] = await house.deliveries(order="CO-1")
    assert (delivery["outcome"], delivery["needs_person"]) == ("rejected", True)
    again = await make_driver()
    answer = await again.http.post(f"{URL}/{delivery['id']}/retry")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "due")
    await again.deliver()
    assert await again.outcomes() == [("amazon", "done")]
    assert (await again.http.post(f"{URL}/{delivery['id']}/retry")).status_code == 409


async def test_a_person_says_what_became_of_it(house: Driver) -> None:
    await house.fault("sms", "500")
    await house.hear(order(1, 1, entry(1, sms=True)))
    await house.deliver()
    [delivery] = await house.deliveries(order="CO-1")
    body = {"outcome": "done", "reason": "the client has it"}
    answer = await house.http.post(f"{URL}/{delivery['id']}/settle", json=body)
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("done", "the client has it (Alix)")
    told = await house.answer()
    assert (told.open, [str(item.outcome) for item in told.items]) == (0, ["done"])
    assert (await house.http.post(f"{URL}/{delivery['id']}/settle", json=body)).status_code == 409
    assert (await house.http.post(f"{URL}/{delivery['id']}/settle", json={"outcome": "due"})).status_code == 422


async def test_another_shop_sees_nothing(house: Driver) -> None:
    await house.hear(shop("other", keys=()), order(1, 1, entry(1, mail=True), shop="other"))
    assert await house.deliveries() == []
    assert (await house.http.get(f"{URL}/unknown")).status_code == 404
    assert (await house.http.post(f"{URL}/unknown/retry")).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", URL), ("GET", f"{URL}/x"), ("POST", f"{URL}/x/retry")])
async def test_a_key_is_needed(house: Driver, method: str, path: str) -> None:
    assert (await house.http.request(method, path, headers={"Authorization": "Bearer wrong"})).status_code == 401
