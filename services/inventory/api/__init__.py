"""The JSON API of inventory, below `/api/v1/inventory`: `products` (the sheets), `prices` (in lists), `stock` (what is
there), `bodies` (what is accepted), `answers` (what is answered), `access` (who may ask, and the service's tools).

A SKU may hold any printable character, slashes too: it stands last in a path, and lists about one SKU take it as a
parameter. Everything is the caller's shop's; whoever names another's SKU finds nothing.
"""

from services.inventory.api import locations, prices, products, sheets, stock
from services.inventory.api.access import Tools

__all__ = ["Tools", "routers"]

routers = [prices.router, products.router, locations.router, sheets.router, stock.router]
"""Each holds its whole path, by which traces and logs name a route."""
