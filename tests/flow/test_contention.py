"""Many buyers, little stock: nobody is sold what is not there, and the waiting are served in their order."""

import asyncio

from tests.eventually import eventually
from tests.flow.suite import Suite


async def test_last_unit_wanted_by_fifty(suite: Suite) -> None:
    sku = await suite.product(stock=1)
    codes = [(await suite.placed((sku, 1)))["code"] for _ in range(10)]
    codes += [order["code"] for order in await asyncio.gather(*(suite.placed((sku, 1)) for _ in range(40)))]
    facts = [(await suite.settled(code))["facts"]["stock"] for code in codes]
    assert facts.count("reserved") == 1
    assert facts.count("short") == 49
    stock = await suite.stock(sku)
    assert (stock["demand"], stock["allocated"], stock["available"], stock["sold_out"]) == (50, 1, 0, True)

    await suite.receive(sku, 4)
    waiting = codes[1:5] if facts[0] == "reserved" else None

    async def served() -> list[str]:
        found = [code for code in codes if (await suite.order(code))["facts"]["stock"] == "reserved"]
        assert len(found) == 5
        return found

    reserved = await eventually(served, seconds=20.0, every=0.2)
    assert waiting is None or set(waiting) <= set(reserved)
    assert set(reserved) <= set(codes[:10]), "the first ten were placed one after the other, before the rest"


async def test_fifty_buyers_of_twenty_are_told_at_once(suite: Suite) -> None:
    sku = await suite.product(stock=20)
    responses = await asyncio.gather(*(suite.place((sku, 1), wait=30, on_short="cancel") for _ in range(50)))
    assert {response.status_code for response in responses} == {201}
    assert all(response.headers.get("Preference-Applied") == "wait" for response in responses)
    types = [response.json()["status"]["type"] for response in responses]
    assert types.count("cancelled") == 30
    held = [response.json() for response in responses if response.json()["status"]["type"] != "cancelled"]
    assert [order["facts"]["stock"] for order in held] == ["reserved"] * 20
    for response in responses:
        await suite.settled(response.json()["code"])
    stock = await suite.stock(sku)
    assert (stock["on_hand"], stock["demand"], stock["allocated"]) == (20, 20, 20)
