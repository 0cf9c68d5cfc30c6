"""The demonstration shop's shelf: filled once, and never put back over what a seller changed."""

from sqlalchemy import func, select

from services.inventory.commands.demonstration import SHELF, fill_shelf
from services.inventory.commands.products import Sheet, put_products
from services.inventory.tables import movements, products
from shared.settings import FIRST_SHOP
from tests.inventory.driver import Driver


async def test_an_empty_installation_is_filled_once(inventory: Driver) -> None:
    outbox = inventory.service.outbox
    async with outbox.transaction() as tx:
        assert await fill_shelf(tx) == len(SHELF)
    async with outbox.transaction() as tx:
        key = (FIRST_SHOP, SHELF[0][0])
        await put_products(tx, {key: Sheet("Autre nom")})
    async with outbox.transaction() as tx:
        assert await fill_shelf(tx) == 0
    async with outbox.db.read() as conn:
        title = (await conn.execute(select(products.c.title).where(products.c.sku == SHELF[0][0]))).scalar_one()
        assert title == "Autre nom"
        units = (await conn.execute(select(func.sum(movements.c.quantity)))).scalar_one()
    assert units == sum(row[-1] for row in SHELF)
