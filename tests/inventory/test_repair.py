"""The proof sees what is wrong at a location, too; a repair mends projections and never touches a fact."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.inventory.driver import Driver, line, order

BASE = "/api/v1/inventory"


@pytest.fixture
async def spread(inventory: Driver) -> Driver:
    """Wine, 3 at north and 4 at main; one order has got 5, another waits for 3 of its 5."""
    north = {"name": "North", "priority": 0}
    assert (await inventory.http.put(f"{BASE}/locations/north", json=north)).status_code == 200
    await inventory.make("wine", 4)
    movement = {"sku": "wine", "quantity": 3, "reason": "receipt", "location": "north"}
    assert (await inventory.http.post(f"{BASE}/movements", json=movement)).status_code == 201
    await inventory.hear(order(1, 1, line("wine", 5)))
    await inventory.hear(order(2, 1, line("wine", 5, since=1)))
    await inventory.verify()
    return inventory


async def damage(inventory: Driver, *statements: str) -> set[str]:
    """Do it, and give what the proof says of it."""
    async with inventory.service.db.write() as conn:
        for statement in statements:
            await conn.execute(text(statement))
    return {difference["check"] for difference in (await inventory.get("verify"))["differences"]}


async def repair(inventory: Driver) -> Any:
    answer = await inventory.http.post(f"{BASE}/verify/repair")
    assert answer.status_code == 200, answer.text
    await inventory.answer_marked()
    return answer.json()


DAMAGES = {
    "a shelf has more than came": ("UPDATE balances SET on_hand = 9 WHERE location = 'main'",),
    "a shelf is gone": (
        "DELETE FROM allocations WHERE location = 'north'",
        "DELETE FROM balances WHERE location = 'north'",
    ),
    "nobody has what is taken": ("DELETE FROM allocations",),
    "a line has it twice": ("UPDATE allocations SET quantity = quantity + 1 WHERE location = 'north'",),
    "the total is another": ("UPDATE products SET on_hand = 8, demand = 8, allocated = 8",),
    "movements are counted wrongly": ("UPDATE products SET movements = 9",),
    "a tranche has less": ("UPDATE demands SET allocated = 1",),
    "it is thought to be at the default location alone": (
        "DELETE FROM allocations",
        "DELETE FROM balances",
        "UPDATE products SET spread = false",
    ),
}


@pytest.mark.parametrize("statements", DAMAGES.values(), ids=DAMAGES.keys())
async def test_projections_are_made_anew(spread: Driver, statements: tuple[str, ...]) -> None:
    facts = [await spread.rows(table) for table in ("movements", "order_lines")]
    assert await damage(spread, *statements)
    repaired = await repair(spread)
    assert (repaired["ok"], repaired["repaired"]) == (True, ["wine"]), repaired
    await spread.verify()
    assert await spread.stock("wine") == (7, 10, 7)
    assert {at["location"]: at["on_hand"] for at in (await spread.get("stock/wine"))["locations"]} == {
        "north": 3,
        "main": 4,
    }
    assert [await spread.rows(table) for table in ("movements", "order_lines")] == facts


async def test_facts_that_contradict_one_another_are_left_to_a_person(spread: Driver) -> None:
    assert await damage(spread, "UPDATE order_lines SET shipped = 2 WHERE line = 1") == {"shipments = orders' lines"}
    assert await damage(spread, "UPDATE order_lines SET scrapped = 1 WHERE line = 1") == {
        "shipments = orders' lines",
        "scrapped = orders' lines",
    }
    repaired = await repair(spread)
    assert not repaired["ok"]
    assert {left["check"] for left in repaired["differences"]} == {
        "shipments = orders' lines",
        "scrapped = orders' lines",
    }


async def test_what_is_in_order_stays_as_it_is(spread: Driver) -> None:
    before = [await spread.rows(table) for table in ("products", "balances", "allocations", "demands")]
    assert (await repair(spread))["repaired"] == []
    assert [await spread.rows(table) for table in ("products", "balances", "allocations", "demands")] == before


async def test_only_who_may_write_repairs(spread: Driver) -> None:
    await spread.open_shop("other", "reader", ("inventory:read",))
    refused = await spread.http.post(f"{BASE}/verify/repair", headers={"Authorization": "Bearer reader"})
    assert refused.status_code == 403
