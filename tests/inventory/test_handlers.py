"""What an order message does to the stock, and what is answered; on both databases."""

import asyncio

from services.inventory.tables import metadata
from shared.contracts import Order, Reservation, StockState
from tests.inventory.driver import Driver, line, order, order_id
from tests.statements import statements


def got(answer: Reservation) -> list[tuple[int, int, int]]:
    return [(found.line, found.hold, found.allocated) for found in answer.lines]


async def test_order_is_held_and_answered(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3)))
    answer = await inventory.answer(1)
    assert (answer.heard, answer.stock, answer.open) == (1, StockState.RESERVED, 0)
    assert got(answer) == [(1, 3, 3)]
    assert await inventory.stock("wine") == (5, 3, 3)
    assert order_id(1) in await inventory.said(Reservation.name)
    await inventory.verify()


async def test_status_change_without_other_quantities_touches_no_stock(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3)))
    before = await inventory.rows("products"), await inventory.rows("demands")
    await inventory.hear(order(1, 2, line("wine", 3)))
    assert (await inventory.rows("products"), await inventory.rows("demands")) == before
    answer = await inventory.answer(1)
    assert (answer.heard, answer.version) == (2, 2)


async def test_a_test_order_takes_no_stock(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3), test=True))
    assert (await inventory.answer(1)).stock == StockState.NONE
    await inventory.hear(order(1, 2, line("wine", 0, shipped=3), test=True))
    assert (await inventory.answer(1)).heard == 2
    assert await inventory.stock("wine") == (5, 0, 0)
    await inventory.verify()


async def test_what_a_test_order_took_before_is_given_back(inventory: Driver) -> None:
    """Before it was spared, it was held and shipped like any other."""
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 1, shipped=2)))
    assert await inventory.stock("wine") == (3, 1, 1)
    await inventory.hear(order(1, 2, line("wine", 1, shipped=2), test=True))
    assert await inventory.stock("wine") == (5, 0, 0)
    await inventory.verify()


async def test_older_version_does_nothing_and_equal_one_is_answered_again(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 2, line("wine", 3)))
    await inventory.forget_said()
    await inventory.hear(order(1, 1, line("wine", 5)))
    assert await inventory.said(Reservation.name) == {}
    await inventory.hear(order(1, 2, line("wine", 3)))
    [body] = (await inventory.said(Reservation.name)).values()
    assert Reservation.decode(body) == await inventory.answer(1)
    assert await inventory.stock("wine") == (5, 3, 3)


async def test_shipment_leaves_and_return_comes_back(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3)))
    await inventory.hear(order(1, 2, line("wine", 1, shipped=2)))
    assert await inventory.stock("wine") == (3, 1, 1)
    await inventory.hear(order(1, 3, line("wine", 0, shipped=3)))
    assert (await inventory.answer(1)).stock == StockState.COMMITTED
    await inventory.hear(order(1, 4, line("wine", 0, shipped=3, restocked=3)))
    assert (await inventory.answer(1)).stock == StockState.NONE
    ledger = await inventory.get("movements", sku="wine")
    booked = [(item["quantity"], item["reason"], item["on_hand"]) for item in ledger["items"]]
    assert booked == [(3, "restock", 5), (-1, "shipment", 2), (-2, "shipment", 3), (5, "receipt", 5)]
    await inventory.verify()


async def test_what_comes_back_broken_is_never_to_be_had(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.hear(order(1, 1, line("wine", 0, shipped=1)))
    await inventory.hear(order(2, 1, line("wine", 1)))
    await inventory.forget_said()
    back = line("wine", 0, shipped=1, restocked=1, scrapped=1)
    for _ in range(2):  # it may come twice
        await inventory.hear(order(1, 2, back))
    await inventory.answer_marked()
    assert (await inventory.answer(1)).stock == StockState.NONE
    assert (await inventory.answer(2)).stock == StockState.SHORT
    assert await inventory.stock("wine") == (0, 1, 0)
    assert await inventory.product("wine") is None, "it was sold out, and stays so"
    ledger = (await inventory.get("movements", sku="wine"))["items"]
    booked = [(item["quantity"], item["reason"], item["on_hand"], item["order"]) for item in ledger[:2]]
    assert booked == [(-1, "scrap", 0, order_id(1)), (1, "restock", 1, order_id(1))]
    await inventory.verify()
    await inventory.hear(order(1, 3, line("wine", 0, shipped=2, restocked=1, scrapped=1)))
    assert await inventory.stock("wine") == (-1, 1, 0), "what is shipped again is another unit"
    await inventory.verify()


async def test_what_left_before_the_import_takes_nothing_but_may_come_back_and_leave_again(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 0, shipped=3, shipped_before=3)))
    assert (await inventory.answer(1)).stock == StockState.NONE
    assert await inventory.stock("wine") == (5, 0, 0)
    await inventory.hear(order(1, 2, line("wine", 0, shipped=3, shipped_before=3, restocked=2)))
    assert (await inventory.answer(1)).stock == StockState.NONE
    assert await inventory.stock("wine") == (7, 0, 0)
    await inventory.verify()
    await inventory.hear(order(1, 3, line("wine", 0, shipped=5, shipped_before=3, restocked=2)))
    assert await inventory.stock("wine") == (5, 0, 0)
    await inventory.verify()


async def test_partial_and_short_orders_say_so(inventory: Driver) -> None:
    await inventory.make("wine", 2)
    await inventory.hear(order(1, 1, line("wine", 3)))
    await inventory.hear(order(2, 1, line("wine", 3, since=1)))
    assert (await inventory.answer(1)).stock == StockState.PARTLY
    assert (await inventory.answer(2)).stock == StockState.SHORT


async def test_work_on_a_sku_only_marks_the_orders_it_served(inventory: Driver) -> None:
    await inventory.make("wine")
    await inventory.hear(order(1, 1, line("wine", 3)))
    await inventory.book("wine", 3)
    assert (await inventory.answer(1)).stock == StockState.SHORT
    await inventory.answer_marked()
    answer = await inventory.answer(1)
    assert (answer.stock, answer.heard, answer.version) == (StockState.RESERVED, 1, 2)
    assert await inventory.rows("marks") == []


async def test_cancelled_order_serves_others_in_the_order_of_waiting(inventory: Driver) -> None:
    await inventory.make("wine", 3)
    await inventory.hear(order(1, 1, line("wine", 3, since=0)))
    await inventory.hear(order(3, 1, line("wine", 2, since=2)))
    await inventory.hear(order(2, 1, line("wine", 2, since=1)))
    await inventory.hear(order(1, 2, line("wine", 0)))
    await inventory.answer_marked()
    assert got(await inventory.answer(2)) == [(1, 2, 2)]
    assert got(await inventory.answer(3)) == [(1, 2, 1)]
    waiting = await inventory.get("waiting", sku="wine")
    assert [(item["order"], item["waiting"]) for item in waiting["items"]] == [(order_id(3), 1)]
    await inventory.verify()


async def test_goods_that_left_are_taken_from_the_newest_holder(inventory: Driver) -> None:
    await inventory.make("wine", 4)
    await inventory.hear(order(1, 1, line("wine", 2, since=1)))
    await inventory.hear(order(2, 1, line("wine", 2, since=2)))
    await inventory.hear(order(3, 1, line("wine", 0, shipped=1)))
    await inventory.answer_marked()
    assert got(await inventory.answer(1)) == [(1, 2, 2)]
    assert got(await inventory.answer(2)) == [(1, 2, 1)]
    await inventory.verify()


async def test_more_left_than_was_there_is_a_discrepancy_until_it_is_counted(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.hear(order(1, 1, line("wine", 0, shipped=3)))
    await inventory.hear(order(2, 1, line("wine", 1)))
    assert await inventory.stock("wine") == (-2, 1, 0)
    [found] = (await inventory.get("discrepancies"))["items"]
    assert (found["sku"], found["on_hand"], found["task"]) == ("wine", -2, "count")
    counted = await inventory.http.post("/api/v1/inventory/counts", json={"sku": "wine", "counted": 1})
    assert counted.json()["movement"]["quantity"] == 3
    assert (await inventory.get("discrepancies"))["items"] == []
    assert await inventory.stock("wine") == (1, 1, 1)


async def test_unknown_sku_is_short_until_the_product_exists(inventory: Driver) -> None:
    await inventory.hear(order(1, 1, line("new", 2)))
    [found] = (await inventory.answer(1)).lines
    assert (found.allocated, found.reason) == (0, "unknown_sku")
    assert (await inventory.http.get("/api/v1/inventory/products/new")).status_code == 404
    assert await inventory.product("new") is None
    await inventory.make("new")
    await inventory.answer_marked()
    [found] = (await inventory.answer(1)).lines
    assert (found.allocated, found.reason) == (0, None)
    await inventory.book("new", 2)
    await inventory.answer_marked()
    assert (await inventory.answer(1)).stock == StockState.RESERVED


async def test_deleted_product_breaks_nothing(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3)))
    assert (await inventory.http.delete("/api/v1/inventory/products/wine")).status_code == 204
    await inventory.hear(order(1, 2, line("wine", 0)))
    await inventory.hear(order(2, 1, line("wine", 1)))
    assert (await inventory.answer(2)).stock == StockState.RESERVED
    assert await inventory.stock("wine") == (5, 1, 1)


async def test_lines_without_stock_are_ignored(inventory: Driver) -> None:
    await inventory.hear(order(1, 1, line("POST", 1, stocked=False)))
    answer = await inventory.answer(1)
    assert (answer.stock, answer.lines) == (StockState.NONE, ())
    assert await inventory.rows("products") == []


async def test_changed_lines_move_only_their_difference(inventory: Driver) -> None:
    for sku in ("wine", "gift", "box"):
        await inventory.make(sku, 5)
    await inventory.hear(order(1, 1, line("wine", 2, id=1), line("gift", 1, id=2)))
    await inventory.hear(order(1, 2, line("box", 2, id=1), line("wine", 4, id=3, waits=[(0, 3), (5, 1)])))
    assert await inventory.stock("wine") == (5, 4, 4)
    assert await inventory.stock("gift") == (5, 0, 0)
    assert await inventory.stock("box") == (5, 2, 2)
    assert got(await inventory.answer(1)) == [(1, 2, 2), (3, 4, 4)]
    await inventory.verify()


async def test_batch_serves_and_answers_orders_of_its_own(inventory: Driver) -> None:
    """A cancellation and a waiting order in one batch: the waiting one is answered there, without a mark."""
    await inventory.make("wine", 1)
    await inventory.hear(order(1, 1, line("wine", 1)))
    await inventory.hear(order(2, 1, line("wine", 1, since=1)))
    await asyncio.gather(
        inventory.hear(order(1, 2, line("wine", 0))), inventory.hear(order(2, 2, line("wine", 1, since=1)))
    )
    assert (await inventory.answer(2)).stock == StockState.RESERVED
    assert await inventory.rows("marks") == []


async def test_same_sku_of_two_shops_is_two_stocks(inventory: Driver) -> None:
    await inventory.open_shop("epicerie", "other")
    await inventory.make("wine", 1)
    await inventory.hear(order(1, 1, line("wine", 1), shop="epicerie"))
    assert (await inventory.answer(1)).stock == StockState.SHORT
    assert await inventory.stock("wine") == (1, 0, 0)


async def test_statements_of_a_batch_do_not_grow_with_it(inventory: Driver) -> None:
    counted: list[int] = []
    skus = [f"sku-{number}" for number in range(30)]
    for sku in skus:
        await inventory.make(sku, 2)
    for first, size in ((100, 2), (200, 50)):
        with statements(inventory.service.db) as seen:
            baskets = [(line(skus[n % 30], 3, since=n), line(skus[(n + 7) % 30], 1, id=2)) for n in range(size)]
            await asyncio.gather(*(inventory.hear(order(first + n, 1, *lines)) for n, lines in enumerate(baskets)))
        counted.append(len(seen))
    assert counted[1] <= counted[0] + 1, seen
    await inventory.answer_marked()
    await inventory.verify()


async def test_message_that_cannot_be_applied_is_parked_and_answered_as_blocked(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 2)))
    await inventory.hear(order(1, 2, line("wine", 2**70)))
    answer = await inventory.answer(1)
    assert answer.blocked
    assert (answer.heard, got(answer)) == (1, [(1, 2, 2)])
    assert [row.version for row in await inventory.rows("parked")] == [2]
    await inventory.hear(order(1, 3, line("wine", 1)))
    answer = await inventory.answer(1)
    assert (answer.blocked, answer.heard, got(answer)) == (None, 3, [(1, 1, 1)])
    assert await inventory.rows("parked") == []


def test_every_table_of_the_order_message_is_scoped_by_shop() -> None:
    assert all("shop" in metadata.tables[name].c for name in ("products", "movements", "order_lines", "demands"))
    assert Order.name == "orders.order.v1"
