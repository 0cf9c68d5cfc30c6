"""The JSON API of orders.

`listing`, `reading`, `placing` (with `waiting` for `Prefer: wait`) and `changing` are about orders, `views` about saved
lists of them, `shop` about statuses, shops and keys, `operations` about what is not settled and saying it all again.
`tools` holds what the routes are made of.
"""

from fastapi import APIRouter

from services.orders.api.changing import add_changes
from services.orders.api.listing import add_listing
from services.orders.api.operations import operations_routes
from services.orders.api.placing import add_placing
from services.orders.api.reading import add_reads
from services.orders.api.shop import shop_routes
from services.orders.api.statistics import statistics_routes
from services.orders.api.tools import Tools
from services.orders.api.views import view_routes

__all__ = ["Tools", "routers"]


def routers(tools: Tools) -> list[APIRouter]:
    """All routes below `/api/v1` that are orders' own."""
    orders = APIRouter(prefix="/api/v1/orders", tags=["orders"])
    for add in (add_listing, add_reads, add_placing, add_changes):
        add(orders, tools)
    return [orders, view_routes(tools), statistics_routes(tools), shop_routes(tools), operations_routes(tools)]
