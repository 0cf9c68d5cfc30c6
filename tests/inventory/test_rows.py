"""What the acceptance list asks of the stock, in its words: orders as messages, stock over HTTP, flips as messages."""

import pytest

from tests.inventory.driver import Driver, line, order


async def flip(inventory: Driver, sku: str = "wine") -> tuple[int, bool]:
    """What was published of a SKU since this was last asked: available, sold out."""
    said = await inventory.product(sku)
    assert said is not None, "nothing was published"
    await inventory.forget_said()
    return said.available, said.sold_out


@pytest.mark.row("S0-02")
async def test_what_is_no_physical_product_reserves_no_stock(inventory: Driver) -> None:
    await inventory.make("ebook", 2)
    await inventory.hear(order(1, 1, line("ebook", 2, stocked=False)))
    assert await inventory.stock("ebook") == (2, 0, 0)
    assert (await inventory.answer(1)).stock == "none"
    await inventory.hear(order(2, 1, line("ebook", 1, id=1), line("ebook", 5, id=2, stocked=False)))
    assert await inventory.stock("ebook") == (2, 1, 1)


@pytest.mark.row("S1-02")
async def test_stock_follows_the_order_at_a_glance(inventory: Driver) -> None:
    await inventory.make("wine", 3)
    for version, (state, said) in enumerate(
        [
            (line("wine", 2), "reserved"),
            (line("wine", 1, shipped=1), "reserved"),
            (line("wine", 0, shipped=2), "committed"),
            (line("wine", 0, shipped=2, restocked=2), "none"),
        ],
        1,
    ):
        await inventory.hear(order(1, version, state))
        assert (await inventory.answer(1)).stock == said
    assert await inventory.stock("wine") == (3, 0, 0)


@pytest.mark.row("S1-15")
async def test_stock_follows_what_the_cart_tool_adds_removes_and_modifies(inventory: Driver) -> None:
    for sku in ("wine", "gift", "box"):
        await inventory.make(sku, 9)
    carts = [
        ((line("wine", 2), line("gift", 1, id=2)), (2, 1, 0)),
        ((line("wine", 2), line("gift", 1, id=2), line("box", 3, id=3)), (2, 1, 3)),
        ((line("wine", 5), line("box", 1, id=3)), (5, 0, 1)),
        ((line("box", 4),), (0, 0, 4)),
    ]
    for version, (cart, held) in enumerate(carts, 1):
        await inventory.hear(order(1, version, *cart))
        assert tuple([(await inventory.stock(sku))[1] for sku in ("wine", "gift", "box")]) == held
    await inventory.verify()


@pytest.mark.row("S1-30")
@pytest.mark.parametrize(("decided", "back"), [("put back", 2), ("one of them", 1), ("leave it", 0)])
async def test_stock_is_adjusted_as_the_command_answered(inventory: Driver, decided: str, back: int) -> None:
    """The answer comes as numbers per line: nothing is put back, or deducted, that nobody confirmed."""
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 0, shipped=2)))
    assert await inventory.stock("wine") == (3, 0, 0)
    await inventory.hear(order(1, 2, line("wine", 0, shipped=2, restocked=back)))
    assert await inventory.stock("wine") == (3 + back, 0, 0), decided
    await inventory.hear(order(1, 3, line("wine", back, shipped=2, restocked=back)))
    assert await inventory.stock("wine") == (3 + back, back, back), "taken again as the way out of it said"
    await inventory.verify()


@pytest.mark.row("S2-05")
async def test_an_order_drops_the_stock_and_zero_flips_to_sold_out(inventory: Driver) -> None:
    await inventory.make("wine", 3)
    await inventory.forget_said()
    await inventory.hear(order(1, 1, line("wine", 1)))
    assert (await inventory.get("stock/wine"))["available"] == 2
    await inventory.hear(order(2, 1, line("wine", 2)))
    assert await flip(inventory) == (0, True)


@pytest.mark.row("S2-24")
async def test_orders_and_stock_are_always_in_sync(inventory: Driver) -> None:
    await inventory.make("wine", 4)
    history = [
        order(1, 1, line("wine", 3)),
        order(2, 2, line("wine", 0, shipped=1)),
        order(2, 1, line("wine", 4)),
        order(1, 3, line("wine", 1, shipped=1, restocked=1)),
        order(1, 2, line("wine", 9)),
        order(1, 3, line("wine", 1, shipped=1, restocked=1)),
    ]
    for message in history:
        await inventory.hear(message)
        await inventory.verify()
    assert await inventory.stock("wine") == (3, 1, 1)


@pytest.mark.row("S2-25", "S2-26")
async def test_cancelling_returns_the_stock_and_any_other_status_takes_it_again(inventory: Driver) -> None:
    await inventory.make("wine", 2)
    await inventory.hear(order(1, 1, line("wine", 2)))
    await inventory.forget_said()
    await inventory.hear(order(1, 2, line("wine", 0)))
    assert await inventory.stock("wine") == (2, 0, 0)
    assert await flip(inventory) == (2, False)
    await inventory.hear(order(1, 3, line("wine", 2, since=9)))
    assert await inventory.stock("wine") == (2, 2, 2)
    assert await flip(inventory) == (0, True)
    await inventory.hear(order(1, 4, line("wine", 0, shipped=2)))
    assert await inventory.stock("wine") == (0, 0, 0)


@pytest.mark.row("S2-32")
async def test_edits_are_mirrored_and_a_deleted_product_is_no_error(inventory: Driver) -> None:
    await inventory.make("wine", 9)
    await inventory.make("gift", 1)
    await inventory.hear(order(1, 1, line("wine", 2), line("gift", 1, id=2)))
    await inventory.hear(order(1, 2, line("wine", 5), line("gift", 1, id=2)))
    assert await inventory.stock("wine") == (9, 5, 5)
    assert (await inventory.http.delete("/api/v1/inventory/products/gift")).status_code == 204
    await inventory.hear(order(1, 3, line("wine", 4)))
    assert await inventory.stock("wine") == (9, 4, 4)
    assert await inventory.stock("gift") == (1, 0, 0)
    assert (await inventory.answer(1)).blocked is None
    await inventory.verify()


@pytest.mark.row("S2-33")
async def test_a_sold_out_product_becomes_available_when_removed_from_an_order(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.make("gift", 1)
    await inventory.hear(order(1, 1, line("wine", 1), line("gift", 1, id=2)))
    await inventory.forget_said()
    await inventory.hear(order(1, 2, line("gift", 1, id=2)))
    assert await flip(inventory) == (1, False)


@pytest.mark.row("S2-47")
async def test_deletion_puts_the_stock_back_and_flips_sold_out_to_available(inventory: Driver) -> None:
    await inventory.make("wine", 2)
    await inventory.make("gift", 1)
    await inventory.hear(order(1, 1, line("wine", 2), line("gift", 1, id=2)))
    assert (await inventory.http.delete("/api/v1/inventory/products/gift")).status_code == 204
    await inventory.forget_said()
    await inventory.hear(order(1, 2, line("wine", 0), line("gift", 0, id=2), deleted=True))
    assert await flip(inventory) == (2, False)
    assert await inventory.product("gift") is None
    assert await inventory.stock("gift") == (1, 0, 0)
    await inventory.verify()
