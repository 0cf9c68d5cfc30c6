"""The JSON API of inventory, below `/api/v1/inventory`: `products` (the sheets), `prices` (in lists), `stock` (what is
there), `bodies` (what is accepted), `answers` (what is answered), `access` (who may ask, and the service's tools).

A SKU may hold any printable character, slashes too: it stands last in a path, and lists about one SKU take it as a
parameter. Everything is the caller's shop's; whoever names another's SKU finds nothing.
"""

from fastapi import APIRouter

from services.inventory.api import locations, prices, products, sheets, stock
from services.inventory.api.access import Tools

__all__ = ["Tools", "router"]

router = APIRouter(prefix="/api/v1/inventory")
router.include_router(prices.router)
router.include_router(products.router)
router.include_router(locations.router)
router.include_router(sheets.router)
router.include_router(stock.router)
