"""Prices in lists: of one product, of many at once (for imports), and which lists there are.

The public price in a product's own currency stands in its sheet (`products`). A SKU that ends in `/prices` cannot be
put by its path, only in a batch of products.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.inventory.api.access import Inventory, Reader, Writer
from services.inventory.api.answers import PriceBatchAnswer, PriceLists, ProductAnswer
from services.inventory.api.bodies import PriceBatch, PricesBody
from services.inventory.api.products import IfMatch, SkuInPath, edition_of, product_response
from services.inventory.commands.prices import Priced, put_prices, replace_prices
from services.inventory.queries.prices import list_price_lists
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/inventory", tags=["prices"])


@router.put("/products/{sku:path}/prices", response_model=ProductAnswer)
async def put_prices_of(
    caller: Writer, inventory: Inventory, sku: SkuInPath, body: PricesBody, if_match: IfMatch = None
) -> Response:
    """Give the product these prices in lists and no others; its sheet, as it then is."""
    wanted = [price.listed for price in body.prices]
    async with inventory.outbox.transaction() as tx:
        row = await replace_prices(tx, (caller.shop, sku), wanted, if_match=edition_of(if_match))
    return product_response(row, 200)


@router.post("/prices/batch", response_model=PriceBatchAnswer)
async def post_prices(request: Request, caller: Writer, inventory: Inventory, body: PriceBatch) -> Response:
    """Put up to 500 prices, all or none; prices in other lists and currencies stay."""
    places = [(item.sku, item.price_list, item.currency) for item in body.prices]
    if len(set(places)) < len(places):
        raise Invalid("A SKU stands in the batch more than once for a list and currency.", field="prices")

    async def command(tx: Transaction) -> Response:
        changed = await put_prices(tx, caller.shop, [Priced(item.sku, item.listed) for item in body.prices])
        return json_response({"total": len(body.prices), "changed": changed})

    return await once(request, inventory.outbox, caller, command)


@router.get("/price-lists", response_model=PriceLists)
async def get_price_lists(caller: Reader, inventory: Inventory) -> Response:
    """The lists that some product on offer has a price in, with how many products each prices by currency."""
    async with inventory.db.read() as conn:
        items = await list_price_lists(conn, caller.shop)
    return json_response({"items": items, "next": None, "total": len(items)})
