"""Several locations: stock at each, reservations split by priority, transfers, shipments, returns; nothing oversold."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.inventory.driver import Driver, line, order, order_id
from tests.statements import statements

BASE = "/api/v1/inventory"


async def transfer(inventory: Driver, source: str, target: str, quantity: int) -> Any:
    body = {"sku": "wine", "quantity": quantity, "from": source, "to": target}
    return await inventory.http.post(f"{BASE}/transfers", json=body)


class TestLocations:
    async def test_every_shop_has_the_default(self, inventory: Driver) -> None:
        [main] = (await inventory.get("locations"))["items"]
        assert (main["code"], main["default"], main["closed"]) == ("main", True, False)

    async def test_they_are_listed_as_they_serve(self, cellar: Driver) -> None:
        listed = (await cellar.get("locations"))["items"]
        assert [at["code"] for at in listed] == ["north", "main", "south"]
        await cellar.open_location("north", 9)
        assert [at["code"] for at in (await cellar.get("locations"))["items"]] == ["main", "south", "north"]

    async def test_one_takes_returns(self, cellar: Driver) -> None:
        await cellar.open_location("north", 0, takes_returns=True)
        assert not (await cellar.get("locations/south"))["takes_returns"]

    async def test_closed_when_empty_and_never_the_default(self, cellar: Driver) -> None:
        refused = await cellar.http.delete(f"{BASE}/locations/south")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:comptoir:problem:location-in-use")
        assert (await cellar.http.delete(f"{BASE}/locations/main")).status_code == 409
        await cellar.book_at("south", -2, "scrap")
        assert (await cellar.http.delete(f"{BASE}/locations/south")).status_code == 204
        assert (await cellar.http.delete(f"{BASE}/locations/south")).status_code == 404
        assert (await cellar.get("locations/south"))["closed"]
        movement = {"sku": "wine", "quantity": 1, "reason": "receipt", "location": "south"}
        refused = await cellar.http.post(f"{BASE}/movements", json=movement)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "location")
        await cellar.open_location("south", 5)
        await cellar.book_at("south", 1)
        await cellar.verify()

    async def test_of_one_shop_alone(self, cellar: Driver) -> None:
        await cellar.open_shop("other", "other-secret")
        theirs = {"Authorization": "Bearer other-secret"}
        assert (await cellar.http.get(f"{BASE}/locations/north", headers=theirs)).status_code == 404
        assert (await cellar.http.get(f"{BASE}/reservations/{order_id(1)}", headers=theirs)).status_code == 404


class TestStock:
    async def test_totals_are_those_of_all_locations(self, cellar: Driver) -> None:
        assert await cellar.stock("wine") == (9, 0, 0)
        assert await cellar.shelves() == {"north": (3, 0), "main": (4, 0), "south": (2, 0)}
        listed = (await cellar.get("movements", location="south"))["items"]
        assert [(entry["quantity"], entry["location"], entry["on_hand"]) for entry in listed] == [(2, "south", 9)]

    async def test_a_product_that_was_never_elsewhere_is_at_the_default(self, inventory: Driver) -> None:
        await inventory.make("wine", 5)
        await inventory.hear(order(1, 1, line("wine", 3)))
        assert await inventory.shelves() == {"main": (5, 3)}
        assert await inventory.places(1) == {"main": 3}

    async def test_what_orders_had_before_a_product_was_spread_stays_where_it_was(self, inventory: Driver) -> None:
        await inventory.make("wine", 5)
        await inventory.hear(order(1, 1, line("wine", 3)))
        await inventory.open_location("north", 0)
        await inventory.book_at("north", 2)
        assert await inventory.places(1) == {"main": 3}
        assert await inventory.shelves() == {"main": (5, 3), "north": (2, 0)}
        await inventory.verify()

    async def test_counted_at_a_location(self, cellar: Driver) -> None:
        count = {"sku": "wine", "counted": 1, "location": "north"}
        counted = (await cellar.http.post(f"{BASE}/counts", json=count)).json()
        assert (counted["movement"]["quantity"], counted["movement"]["location"]) == (-2, "north")
        assert await cellar.stock("wine") == (7, 0, 0)

    async def test_less_than_nothing_at_a_location_is_to_be_counted(self, cellar: Driver) -> None:
        await cellar.book_at("south", -3, "loss")
        [found] = (await cellar.get("discrepancies"))["items"]
        assert (found["sku"], found["task"], found["on_hand"]) == ("wine", "count", 6)
        await cellar.hear(order(1, 1, line("wine", 6)))
        assert await cellar.places(1) == {"north": 3, "main": 3}
        await cellar.verify()

    async def test_the_database_refuses_more_allocated_than_is_there(self, cellar: Driver) -> None:
        with pytest.raises(DBAPIError, match="ck_balances_allocated_is_there"):
            async with cellar.service.db.write() as conn:
                await conn.execute(text("UPDATE balances SET allocated = 4 WHERE location = 'north'"))


class TestOrders:
    async def test_reserved_by_priority(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 2)))
        await cellar.hear(order(2, 1, line("wine", 4, since=1)))
        assert await cellar.places(1) == {"north": 2}
        assert await cellar.places(2) == {"north": 1, "main": 3}
        assert await cellar.stock("wine") == (9, 6, 6)
        await cellar.verify()

    async def test_shipped_from_where_it_was_reserved(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 5)))
        await cellar.hear(order(1, 2, line("wine", 1, shipped=4)))
        assert await cellar.shelves() == {"north": (0, 0), "main": (3, 1), "south": (2, 0)}
        assert await cellar.places(1) == {"main": 1}
        shipped = [entry for entry in (await cellar.get("movements"))["items"] if entry["reason"] == "shipment"]
        assert {(entry["location"], entry["quantity"]) for entry in shipped} == {("north", -3), ("main", -1)}
        await cellar.verify()

    async def test_come_back_where_returns_are_taken(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 0, shipped=3)))
        await cellar.hear(order(1, 2, line("wine", 0, shipped=3, restocked=2)))
        assert await cellar.shelves() == {"north": (0, 0), "main": (4, 0), "south": (4, 0)}
        await cellar.book_at("south", -2, "scrap")
        assert await cellar.stock("wine") == (6, 0, 0)
        await cellar.verify()

    async def test_scrapped_where_they_come_back(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 0, shipped=3)))
        await cellar.hear(order(1, 2, line("wine", 0, shipped=3, restocked=2, scrapped=1)))
        assert await cellar.shelves() == {"north": (0, 0), "main": (4, 0), "south": (3, 0)}
        [scrapped] = [entry for entry in (await cellar.get("movements"))["items"] if entry["reason"] == "scrap"]
        assert (scrapped["location"], scrapped["quantity"]) == ("south", -1)
        await cellar.verify()

    async def test_come_back_elsewhere_though_the_product_never_was(self, inventory: Driver) -> None:
        await inventory.make("wine", 5)
        await inventory.hear(order(1, 1, line("wine", 1, shipped=2)))
        await inventory.open_location("south", 5, takes_returns=True)
        await inventory.hear(order(1, 2, line("wine", 1, shipped=2, restocked=2)))
        assert await inventory.shelves() == {"main": (3, 1), "south": (2, 0)}
        await inventory.verify()

    async def test_a_waiting_order_is_served_where_goods_come(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 10)))
        await cellar.hear(order(2, 1, line("wine", 2, since=1)))
        await cellar.book_at("south", 2)
        await cellar.answer_marked()
        assert await cellar.places(1) == {"north": 3, "main": 4, "south": 3}
        assert await cellar.places(2) == {"south": 1}
        await cellar.verify()

    async def test_a_loss_moves_the_newest_order_elsewhere(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 2)))
        await cellar.hear(order(2, 1, line("wine", 1, since=1)))
        await cellar.book_at("north", -1, "loss")
        assert await cellar.places(1) == {"north": 2}
        assert await cellar.places(2) == {"main": 1}
        await cellar.verify()

    async def test_another_product_on_the_line_frees_every_shelf(self, cellar: Driver) -> None:
        await cellar.make("gift", 1)
        await cellar.hear(order(1, 1, line("wine", 5)))
        await cellar.hear(order(1, 2, line("gift", 1)))
        assert await cellar.shelves() == {"north": (3, 0), "main": (4, 0), "south": (2, 0)}
        assert await cellar.places(1) == {"main": 1}
        await cellar.verify()

    @pytest.mark.parametrize("spread", [False, True])
    async def test_statements_do_not_grow_with_the_lines(self, inventory: Driver, spread: bool) -> None:
        await inventory.make("wine", 90)
        if spread:
            await inventory.open_location("north", 0)
            await inventory.book_at("north", 5)
        counts = []
        for number, lines in enumerate((1, 8), 1):
            with statements(inventory.service.db) as seen:
                await inventory.hear(order(number, 1, *(line("wine", 2, id=id) for id in range(1, lines + 1))))
            counts.append(len(seen))
            assert any("balances" in statement for statement in seen) == spread
        assert counts[0] == counts[1]


class TestTransfers:
    async def test_two_movements_and_the_orders_go_along(self, cellar: Driver) -> None:
        await cellar.hear(order(1, 1, line("wine", 3)))
        done = (await transfer(cellar, "north", "south", 2)).json()["movements"]
        assert [(at["location"], at["quantity"], at["reason"], at["actor"]) for at in done] == [
            ("north", -2, "transfer", "Alix of cave"),
            ("south", 2, "transfer", "Alix of cave"),
        ]
        assert await cellar.stock("wine") == (9, 3, 3)
        assert await cellar.shelves() == {"north": (1, 1), "main": (4, 2), "south": (4, 0)}
        assert await cellar.places(1) == {"north": 1, "main": 2}
        await cellar.verify()

    async def test_more_than_is_there_is_refused(self, cellar: Driver) -> None:
        refused = await transfer(cellar, "north", "south", 4)
        assert (refused.status_code, refused.json()["detail"]) == (409, "There are 3 units of 'wine' at 'north'.")
        assert await cellar.shelves() == {"north": (3, 0), "main": (4, 0), "south": (2, 0)}

    @pytest.mark.parametrize(("source", "target", "field"), [("north", "north", "to"), ("north", "moon", "location")])
    async def test_to_nowhere_is_refused(self, cellar: Driver, source: str, target: str, field: str) -> None:
        refused = await transfer(cellar, source, target, 1)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
