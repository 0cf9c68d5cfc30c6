"""What the demonstration shop sells: `make run` founds it in orders, its products and their stock are here.

Only an empty installation is filled; a product that a seller changed or deleted is never touched again.
"""

from decimal import Decimal

from sqlalchemy import select

from services.inventory.commands.movements import Booking, book_movements
from services.inventory.commands.products import Sheet, put_products
from services.inventory.domain.stock import Reason
from services.inventory.tables import products
from shared.outbox import Transaction
from shared.settings import FIRST_SHOP

ACTOR = "first start"

# SKU, title, price with tax (EUR), tax rate (percent), units on hand
SHELF = (
    ("BX-2019-MED", "Médoc 2019, Château des Ormes, 75 cl", "18.50", "20", 120),
    ("BX-2020-STE", "Saint-Émilion 2020, Clos du Rocher, 75 cl", "26.90", "20", 72),
    ("BX-2022-EDM", "Entre-deux-Mers 2022, blanc sec, 75 cl", "9.80", "20", 240),
    ("BX-2018-SAU", "Sauternes 2018, demi-bouteille 37,5 cl", "21.00", "20", 36),
    ("CH-BRUT-75", "Champagne brut, Maison Lefort, 75 cl", "32.00", "20", 60),
    ("CR-ROSE-75", "Crémant de Bordeaux rosé, 75 cl", "12.50", "20", 96),
    ("COF-3-BOIS", "Coffret bois de trois bouteilles", "64.00", "20", 24),
    ("TIRE-BOUCHON", "Tire-bouchon sommelier, manche olivier", "24.90", "20", 40),
    ("CARAFE-1L", "Carafe à décanter, verre soufflé, 1 l", "39.00", "20", 18),
    ("VERRES-6", "Six verres à dégustation", "29.90", "20", 30),
    ("CANELES-8", "Huit canelés de Bordeaux", "11.20", "5.5", 50),
    ("LIVRE-VINS", "Les vins de Bordeaux, guide illustré", "22.00", "5.5", 15),
)


async def fill_shelf(tx: Transaction) -> int:
    """Make the products and book their opening receipts; how many were made (none where any product exists)."""
    if (await tx.execute(select(products.c.sku).limit(1))).first() is not None:
        return 0
    sheets = {
        (FIRST_SHOP, sku): Sheet(title, Decimal(price), "EUR", Decimal(rate)) for sku, title, price, rate, _ in SHELF
    }
    made = {row.key[1] for row, is_new in await put_products(tx, sheets) if is_new}
    receipts = [Booking(sku, units, Reason.RECEIPT, "opening stock") for sku, *_, units in SHELF if sku in made]
    await book_movements(tx, FIRST_SHOP, ACTOR, receipts)
    return len(made)
