"""An order says where its goods left from and came back to: they are booked there, and what is unknown is told."""

import asyncio

from sqlalchemy import text

from tests.inventory.driver import Driver, line, order, order_id
from tests.statements import statements


async def test_shipped_from_there_and_the_rest_stays_reserved(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 5)))
    for _ in range(2):  # it may come twice
        await cellar.hear(order(1, 2, line("wine", 3, shipped=2, at={"south": (2, 0, 0)})))
    assert await cellar.shelves() == {"north": (3, 3), "main": (4, 0), "south": (0, 0)}
    assert await cellar.places(1) == {"north": 3}
    await cellar.verify()


async def test_what_is_not_there_leaves_from_there_all_the_same(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 0, shipped=3, at={"south": (3, 0, 0)})))
    assert await cellar.shelves() == {"north": (3, 0), "main": (4, 0), "south": (-1, 0)}
    [found] = (await cellar.get("discrepancies"))["items"]
    assert (found["sku"], found["on_hand"]) == ("wine", 6)
    await cellar.verify()


async def test_come_back_to_several_and_are_scrapped_there(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 0, shipped=4)))
    back = {"north": (0, 2, 1), "main": (0, 1, 0)}
    await cellar.hear(order(1, 2, line("wine", 0, shipped=4, restocked=4, scrapped=1, at=back)))
    assert await cellar.shelves() == {"north": (1, 0), "main": (4, 0), "south": (3, 0)}
    [scrapped] = [entry for entry in (await cellar.get("movements"))["items"] if entry["reason"] == "scrap"]
    assert (scrapped["location"], scrapped["order"]) == ("north", order_id(1))
    assert (await cellar.answer(1)).lines[0].unknown_locations == ()
    await cellar.verify()


async def test_messages_lost_between_change_nothing(cellar: Driver) -> None:
    await cellar.hear(order(1, 4, line("wine", 0, shipped=3, restocked=2, at={"south": (3, 0, 0), "north": (0, 2, 0)})))
    await cellar.hear(order(1, 2, line("wine", 0, shipped=3, at={"south": (3, 0, 0)})))
    assert await cellar.shelves() == {"north": (5, 0), "main": (4, 0), "south": (-1, 0)}
    await cellar.verify()


async def test_a_location_of_its_own_for_a_product_that_was_never_elsewhere(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.open_location("south", 5)
    await inventory.hear(order(1, 1, line("wine", 1, shipped=2, at={"main": (2, 0, 0)})))
    assert await inventory.shelves() == {"main": (3, 1)}
    await inventory.hear(
        order(1, 2, line("wine", 1, shipped=2, restocked=2, at={"main": (2, 0, 0), "south": (0, 2, 0)}))
    )
    assert await inventory.shelves() == {"main": (3, 1), "south": (2, 0)}
    await inventory.verify()


async def test_one_that_is_not_open_is_told_and_booked_as_if_none_were_named(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 0, shipped=3)))
    back = line("wine", 0, shipped=3, restocked=2, scrapped=1, at={"moon": (0, 2, 1)})
    await cellar.hear(order(1, 2, back))
    assert await cellar.shelves() == {"north": (0, 0), "main": (4, 0), "south": (3, 0)}
    assert (await cellar.answer(1)).lines[0].unknown_locations == ("moon",)
    await cellar.verify()
    await cellar.open_location("moon", 9)
    await cellar.hear(order(1, 3, back))
    assert await cellar.shelves() == {"north": (0, 0), "main": (4, 0), "south": (3, 0)}
    again = line("wine", 0, shipped=3, restocked=3, scrapped=1, at={"moon": (0, 3, 1)})
    await cellar.hear(order(1, 4, again))
    assert (await cellar.shelves())["moon"] == (1, 0)
    assert (await cellar.answer(1)).lines[0].unknown_locations == ("moon",)
    await cellar.verify()


async def test_what_an_older_release_booked_without_its_location_moves_there(cellar: Driver) -> None:
    """It ignored what it did not know; the totals stay, and the next version says where."""
    await cellar.hear(order(1, 1, line("wine", 0, shipped=2, restocked=2)))
    assert await cellar.shelves() == {"north": (1, 0), "main": (4, 0), "south": (4, 0)}
    await cellar.hear(order(1, 2, line("wine", 0, shipped=2, restocked=2, at={"main": (0, 2, 0)})))
    assert await cellar.shelves() == {"north": (1, 0), "main": (6, 0), "south": (2, 0)}
    await cellar.verify()


async def test_one_of_another_shop_is_unknown(cellar: Driver) -> None:
    await cellar.open_shop("other", "other-secret")
    body = {"name": "Theirs", "priority": 1}
    theirs = {"Authorization": "Bearer other-secret"}
    opened = await cellar.http.put("/api/v1/inventory/locations/theirs", json=body, headers=theirs)
    assert opened.status_code == 200
    there = line("wine", 0, shipped=1, at={"theirs": (1, 0, 0)})
    await asyncio.gather(cellar.hear(order(1, 1, there)), cellar.hear(order(2, 1, there, shop="other")))
    assert (await cellar.answer(1)).lines[0].unknown_locations == ("theirs",)
    assert (await cellar.answer(2)).lines[0].unknown_locations == ()
    assert await cellar.shelves() == {"north": (2, 0), "main": (4, 0), "south": (2, 0)}
    await cellar.verify()


async def test_one_that_was_closed_since_keeps_what_was_booked(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 1, shipped=2, at={"south": (2, 0, 0)})))
    assert (await cellar.http.delete("/api/v1/inventory/locations/south")).status_code == 204
    await cellar.hear(order(1, 2, line("wine", 0, shipped=3, restocked=1, at={"south": (2, 1, 0)})))
    assert await cellar.shelves() == {"north": (2, 0), "main": (5, 0), "south": (0, 0)}
    assert (await cellar.answer(1)).lines[0].unknown_locations == ("south",)
    await cellar.verify()


async def test_the_proof_sees_goods_that_were_booked_elsewhere(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 0, shipped=2, at={"south": (2, 0, 0)})))
    async with cellar.service.db.write() as conn:
        await conn.execute(text("UPDATE order_lines SET named = '[[\"north\", [2, 0, 0], [0, 0, 0]]]'"))
    [found] = (await cellar.get("verify"))["differences"]
    assert (found["check"], found["location"], found["left"], found["right"]) == (
        "shipped at the location",
        "north",
        2,
        0,
    )


async def test_the_newest_order_gives_way_where_goods_leave(cellar: Driver) -> None:
    await cellar.hear(order(1, 1, line("wine", 3)))
    await cellar.hear(order(2, 1, line("wine", 2, since=1)))
    await cellar.hear(order(2, 2, line("wine", 0, shipped=2, at={"north": (2, 0, 0)})))
    assert await cellar.shelves() == {"north": (1, 1), "main": (4, 2), "south": (2, 0)}
    assert await cellar.places(1) == {"north": 1, "main": 2}
    await cellar.verify()


async def test_statements_do_not_grow_with_the_locations(cellar: Driver) -> None:
    counts = []
    for number, lines in enumerate((1, 6), 1):
        named = {"north": (1, 0, 0), "south": (1, 0, 0)}
        with statements(cellar.service.db) as seen:
            await cellar.hear(
                order(number, 1, *(line("wine", 0, id=id, shipped=2, at=named) for id in range(1, lines + 1)))
            )
        counts.append(len(seen))
    assert counts[0] == counts[1]
