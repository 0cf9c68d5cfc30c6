"""The JSON API of orders.

`reading`, `placing` (with `waiting` for `Prefer: wait`), `previewing`, `changing` and `details` are about orders,
`shop` about statuses, shops and keys, `checkout` and `promotions` about what orders may choose among and use,
`operations` about what is not settled and saying it all again. `tools` holds what the routes are made of.
"""

from fastapi import APIRouter

from services.orders.api.changing import add_changes
from services.orders.api.checkout import checkout_routes
from services.orders.api.details import add_details
from services.orders.api.operations import operations_routes
from services.orders.api.placing import add_placing
from services.orders.api.previewing import add_previews
from services.orders.api.promotions import promotion_routes
from services.orders.api.reading import add_reads
from services.orders.api.shop import shop_routes
from services.orders.api.tools import Tools

__all__ = ["Tools", "routers"]


def routers(tools: Tools) -> list[APIRouter]:
    """All routes below `/api/v1` that are orders' own."""
    orders = APIRouter(prefix="/api/v1/orders", tags=["orders"])
    for add in (add_reads, add_placing, add_changes, add_details, add_previews):
        add(orders, tools)
    return [orders, shop_routes(tools), checkout_routes(tools), promotion_routes(tools), operations_routes(tools)]
