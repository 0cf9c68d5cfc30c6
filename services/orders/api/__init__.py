"""The JSON API of orders: `orders` (the fixed points), `waiting` (`Prefer: wait`), `shop` (statuses, shops, keys),
`operations` (what is not settled, and saying it all again). `tools` holds what the routes are made of.
"""

from fastapi import APIRouter

from services.orders.api.operations import operations_routes
from services.orders.api.orders import order_routes
from services.orders.api.shop import shop_routes
from services.orders.api.tools import Tools

__all__ = ["Tools", "routers"]


def routers(tools: Tools) -> list[APIRouter]:
    """All routes below `/api/v1` that are orders' own."""
    return [order_routes(tools), shop_routes(tools), operations_routes(tools)]
